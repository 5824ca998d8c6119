//! The information that a linear decoder gets across to an animal that it has never seen: the entropy of
//! its states less the decoder's cross-entropy. It cannot exceed the mutual information of neurons and
//! state in expectation (Barber & Agakov 2003), and being measured on frames that nothing was fitted to
//! it has no bias upwards.

use crate::error::AnalysisError;
use nervering_models::logistic::Logistic;
use nervering_models::{DirectModel, LabelledFrames};
use nervering_prepare::{N_FEATURES, Prepared};

/// Where the minimum of the decoder's loss counts as reached; far below what moves a bit.
const TOLERANCE: f64 = 1e-5;

/// What one decoder tells of one animal.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Told {
    /// Entropy less cross-entropy, per frame; `None` without a labelled frame.
    pub(super) bits: Option<f64>,
    /// Share of frames decoded rightly.
    pub(super) accuracy: Option<f64>,
    /// Mean recall over the states that occur.
    pub(super) balanced: Option<f64>,
}

/// Trains on some neurons of `known` animals and tells another.
pub(super) fn tell(
    known: &[&Prepared],
    animal: &Prepared,
    neurons: &[usize],
) -> Result<Told, AnalysisError> {
    let features: Vec<f32> = known.iter().flat_map(|animal| selected(animal, neurons)).collect();
    let labels: Vec<Option<u8>> = known.iter().flat_map(|animal| animal.labels.clone()).collect();
    let runs: Vec<usize> = known.iter().map(|animal| animal.n_frames).collect();
    let frames = LabelledFrames {
        features: &features,
        n_inputs: neurons.len() * N_FEATURES,
        labels: &labels,
        runs: &runs,
        n_classes: animal.coding.n_classes(),
    };
    let decoder = Logistic { tolerance: TOLERANCE, ..Logistic::default() };
    let decoder = decoder.fit(&frames).map_err(|error| {
        let names: Vec<&str> = known.iter().map(|animal| animal.animal.as_str()).collect();
        AnalysisError::Decoder { animals: names.join(", "), reason: error.to_string() }
    })?;
    let said = decoder.predict(&selected(animal, neurons), &[animal.n_frames]);
    let n_states = animal.coding.n_classes();
    let log_p = said.log_probabilities.unwrap_or_default();
    let (mut nats, mut n) = (0., 0.);
    let (mut right, mut counts) = (vec![0.; n_states], vec![0.; n_states]);
    for (frame, label) in animal.labels.iter().enumerate() {
        let Some(state) = label.map(usize::from) else { continue };
        nats -= f64::from(log_p[frame * n_states + state]);
        n += 1.;
        counts[state] += 1.;
        right[state] += f64::from(u8::from(usize::from(said.classes[frame]) == state));
    }
    let occurs: Vec<usize> = (0..n_states).filter(|&state| counts[state] > 0.).collect();
    let recalls: f64 = occurs.iter().map(|&state| right[state] / counts[state]).sum();
    let entropy = entropy(&animal.labels);
    Ok(Told {
        bits: entropy.map(|entropy| entropy - nats / n / std::f64::consts::LN_2),
        accuracy: entropy.map(|_| right.iter().sum::<f64>() / n),
        balanced: entropy.map(|_| recalls / occurs.len() as f64),
    })
}

/// The inputs of some neurons, `[frame, neuron, feature]`.
fn selected(animal: &Prepared, neurons: &[usize]) -> Vec<f32> {
    let rows = animal.features.chunks_exact(animal.neurons.len() * N_FEATURES);
    let of = |row: &[f32], neuron: usize| [row[neuron * N_FEATURES], row[neuron * N_FEATURES + 1]];
    rows.flat_map(|row| neurons.iter().flat_map(move |&neuron| of(row, neuron))).collect()
}

/// Entropy of the known states in bits; `None` without any.
pub(super) fn entropy(labels: &[Option<u8>]) -> Option<f64> {
    let mut counts = [0usize; 256];
    labels.iter().flatten().for_each(|&state| counts[usize::from(state)] += 1);
    let n: usize = counts.iter().sum();
    let bits = |&count: &usize| {
        let share = count as f64 / n as f64;
        if count > 0 { -share * share.log2() } else { 0. }
    };
    (n > 0).then(|| counts.iter().map(bits).sum())
}
