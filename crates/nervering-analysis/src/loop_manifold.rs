//! The loops that brains go round (Brennan & Proekt 2019), found by Asymmetric Diffusion Map
//! Modelling in each animal by itself and in all together: where every frame is on them, and how
//! far the place says what the animal does. [`loop_manifolds`] also decodes each animal from the
//! manifold of the others, since a bin of few frames always agrees with itself.

use super::error::{AnalysisError, at_least};
use nervering_models::adm::{Adm, FittedAdm};
use nervering_models::{DirectDecoder, LabelledFrames};
use nervering_prepare::{DerivativeMethod, DerivativeSource, N_FEATURES, Prepared, Scope, prepare};
use nervering_recording::{NeuronName, Recording, StateCoding};
use nervering_statistics::mean;
use nervering_statistics::metrics::recall;
use std::f64::consts::TAU;

/// Loops of several animals.
#[derive(Debug, Clone, PartialEq)]
pub struct LoopManifolds {
    /// The neurons.
    pub neurons: Vec<NeuronName>,
    /// The states told apart.
    pub coding: StateCoding,
    /// How each animal's derivative was computed.
    pub derivatives: Vec<DerivativeMethod>,
    /// Each animal's manifold by itself.
    pub alone: Vec<LoopManifold>,
    /// The manifold of all animals; `None` for a single one.
    pub together: Option<LoopManifold>,
    /// Each animal decoded from the manifold of all others; empty for a single one.
    pub unseen: Vec<Unseen>,
}

/// The manifold of one or more animals.
#[derive(Debug, Clone, PartialEq)]
pub struct LoopManifold {
    /// Names of the animals.
    pub animals: Vec<String>,
    /// Frames with enough history to have a place, by animal and time.
    pub frames: Vec<LoopFrame>,
    /// Loops.
    pub n_loops: usize,
    /// Bins of phase and loop that hold a frame.
    pub n_bins: usize,
    /// Seconds of one round: a full turn of the phase at the mean step of the eigenvalue.
    pub period_s: f64,
    /// Size of the eigenvalue in [0, 1]: what is left of the phase after a frame of diffusion.
    pub eigenvalue_size: f64,
    /// Share of the labelled frames whose state is the most frequent of their bin. In-sample: it is
    /// 1 where every bin has one frame.
    pub in_sample: Option<f64>,
}

/// The place of one frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LoopFrame {
    /// Index into [`LoopManifold::animals`].
    pub animal: usize,
    /// Frame of its recording, from 0.
    pub frame: usize,
    /// Time in the recording, in seconds.
    pub seconds: f64,
    /// Its labelled state, as an index into the coding's names.
    pub state: Option<u8>,
    /// Diffusion coordinates, of no unit.
    pub coordinates: [f64; 3],
    /// Phase in radians, from −π to π.
    pub theta: f64,
    /// The loop.
    pub alpha: usize,
    /// The bin of phase and loop.
    pub bin: usize,
}

/// An animal decoded from the manifold of the others.
#[derive(Debug, Clone, PartialEq)]
pub struct Unseen {
    /// The animal.
    pub animal: String,
    /// Share of labelled frames decoded rightly; `None` without any.
    pub accuracy: Option<f64>,
    /// Mean recall over the states that occur.
    pub balanced_accuracy: Option<f64>,
    /// Share of labelled frames in the state that is the others' most frequent.
    pub majority: Option<f64>,
}

/// Fits manifolds to the traces and derivatives of neurons that all animals have, min-max scaled to
/// [0, 1] per neuron over each whole recording. Deterministic.
///
/// # Errors
/// [`AnalysisError`] for a neuron that an animal lacks or that cannot be scaled, and animals too
/// short to have loops.
pub fn loop_manifolds(
    recordings: &[Recording],
    neurons: &[NeuronName],
    coding: StateCoding,
) -> Result<LoopManifolds, AnalysisError> {
    at_least("number of animals", recordings.len(), 1)?;
    let animal = |recording: &Recording| {
        let source = DerivativeSource::FileOrCentral;
        coding.resolve([recording])?;
        let prepared = prepare(recording, neurons, &coding, source, Scope::WholeRecording)?;
        let time = recording.time();
        Ok(Animal { prepared, seconds: time.seconds().to_vec(), fps: time.fps() })
    };
    let animals: Vec<Animal> =
        recordings.iter().map(animal).collect::<Result<_, AnalysisError>>()?;
    let all: Vec<&Animal> = animals.iter().collect();
    let alone = all.iter().map(|&animal| manifold(&[animal])).collect::<Result<_, _>>()?;
    let (mut together, mut unseen) = (None, Vec::new());
    if all.len() > 1 {
        together = Some(manifold(&all)?);
        for k in 0..all.len() {
            let others: Vec<&Animal> = [&all[..k], &all[k + 1..]].concat();
            unseen.push(decode(all[k], &others)?);
        }
    }
    let derivatives = animals.iter().map(|animal| animal.prepared.derivative_method).collect();
    Ok(LoopManifolds { neurons: neurons.to_vec(), coding, derivatives, alone, together, unseen })
}

struct Animal {
    prepared: Prepared,
    seconds: Vec<f64>,
    fps: f64,
}

/// Fits animals one after the other, each a stretch of its own.
fn fit(animals: &[&Animal]) -> Result<FittedAdm, AnalysisError> {
    fit_prepared(&animals.iter().map(|animal| &animal.prepared).collect::<Vec<_>>())
}

/// The same of what is known of animals, at least one.
pub(super) fn fit_prepared(animals: &[&Prepared]) -> Result<FittedAdm, AnalysisError> {
    let gather = |animal: &&Prepared| animal.features.clone();
    let features: Vec<f32> = animals.iter().flat_map(gather).collect();
    let labels: Vec<_> = animals.iter().flat_map(|animal| animal.labels.clone()).collect();
    let runs: Vec<usize> = animals.iter().map(|animal| animal.n_frames).collect();
    let first = animals[0];
    let frames = LabelledFrames {
        features: &features,
        n_inputs: first.neurons.len() * N_FEATURES,
        labels: &labels,
        runs: &runs,
        n_classes: first.coding.n_classes(),
    };
    Adm.fit_manifold(&frames).map_err(|error| {
        let names: Vec<&str> = animals.iter().map(|a| a.animal.as_str()).collect();
        AnalysisError::Manifold { animals: names.join(", "), reason: error.to_string() }
    })
}

fn manifold(animals: &[&Animal]) -> Result<LoopManifold, AnalysisError> {
    let fitted = fit(animals)?;
    let found = fitted.manifold();
    let (mut frames, mut animal, mut first) = (Vec::new(), 0, 0);
    for point in &found.points {
        while point.frame - first >= animals[animal].prepared.n_frames {
            first += animals[animal].prepared.n_frames;
            animal += 1;
        }
        let frame = point.frame - first;
        frames.push(LoopFrame {
            animal,
            frame,
            seconds: animals[animal].seconds[frame],
            state: animals[animal].prepared.labels[frame],
            coordinates: point.coordinates,
            theta: point.theta,
            alpha: point.alpha,
            bin: point.bin,
        });
    }
    let (re, im) = found.eigenvalue;
    let fps = mean(&animals.iter().map(|animal| animal.fps).collect::<Vec<_>>());
    let n_bins = found.chain.bins.len();
    Ok(LoopManifold {
        animals: animals.iter().map(|animal| animal.prepared.animal.clone()).collect(),
        n_loops: found.points.iter().map(|point| point.alpha + 1).max().unwrap_or(0),
        n_bins,
        period_s: TAU / im.atan2(re).abs() / fps,
        eigenvalue_size: re.hypot(im),
        in_sample: in_sample(&frames, n_bins, animals[0].prepared.coding.n_classes()),
        frames,
    })
}

/// Share of labelled frames in the most frequent state of their bin.
fn in_sample(frames: &[LoopFrame], n_bins: usize, n_classes: usize) -> Option<f64> {
    let mut counts = vec![vec![0usize; n_classes]; n_bins];
    for frame in frames {
        if let Some(state) = frame.state {
            counts[frame.bin][usize::from(state)] += 1;
        }
    }
    let n_labelled: usize = counts.iter().flatten().sum();
    let right: usize = counts.iter().filter_map(|of_bin| of_bin.iter().max()).sum();
    (n_labelled > 0).then(|| right as f64 / n_labelled as f64)
}

fn decode(animal: &Animal, others: &[&Animal]) -> Result<Unseen, AnalysisError> {
    let fitted = fit(others)?;
    let Prepared { features, labels, n_frames, coding, .. } = &animal.prepared;
    let predicted = fitted.predict(features, &[*n_frames]).classes;
    let n_classes = coding.n_classes();
    let mut confusion = vec![vec![0u64; n_classes]; n_classes];
    for (predicted, label) in predicted.iter().zip(labels) {
        if let Some(label) = label {
            confusion[usize::from(*predicted)][usize::from(*label)] += 1;
        }
    }
    let labelled = |class: usize| confusion.iter().map(|row| row[class]).sum::<u64>();
    let n_labelled: u64 = (0..n_classes).map(labelled).sum();
    let right: u64 = (0..n_classes).map(|class| confusion[class][class]).sum();
    let share = |n: u64| (n_labelled > 0).then(|| n as f64 / n_labelled as f64);
    let mut of_others = vec![0usize; n_classes];
    for label in others.iter().flat_map(|animal| &animal.prepared.labels).flatten() {
        of_others[usize::from(*label)] += 1;
    }
    // The first of equals, as the majority baseline of studies.
    let most = (0..n_classes).rev().max_by_key(|&class| of_others[class]).unwrap_or(0);
    let recalls: Vec<f64> = recall(&confusion).into_iter().flatten().collect();
    Ok(Unseen {
        animal: animal.prepared.animal.clone(),
        accuracy: share(right),
        balanced_accuracy: (!recalls.is_empty()).then(|| mean(&recalls)),
        majority: share(labelled(most)),
    })
}

#[cfg(test)]
mod tests {
    use super::super::aligned::tests::{names, recording, states};
    use super::*;
    use nervering_recording::State;

    /// Rounds of 40 frames at 2 frames per second, forward on one half and backward on the other.
    fn worm(animal: &str, n_frames: usize, seed: usize) -> Recording {
        let round = [(State::Forward, 20), (State::Reverse1, 20)];
        let s = states(&round.repeat(n_frames / 40));
        recording(animal, &["AVAL", "RIML", "RID"], &s, |t, k| {
            let noise = 0.02 * ((t * t + 7 * t * k + 31 * seed * t) as f64).sin();
            (t as f64 / 40. * TAU + k as f64 * 2.).sin() + noise
        })
    }

    #[test]
    fn a_round_has_its_length_and_unseen_animals_are_decoded() {
        let worms = [worm("a", 400, 1), worm("b", 400, 2)];
        let neurons = names(&["AVAL", "RIML", "RID"]);
        let found = loop_manifolds(&worms, &neurons, StateCoding::Two).unwrap();
        for manifold in found.alone.iter().chain(&found.together) {
            // The slowest mode that turns may be a harmonic: 20 s hold a whole number of its rounds.
            let rounds = 20. / manifold.period_s;
            assert!(rounds > 0.9 && (rounds - rounds.round()).abs() < 0.1, "{rounds} rounds");
            assert!(manifold.in_sample.unwrap() > 0.9);
            for frame in &manifold.frames {
                assert_eq!(frame.seconds, frame.frame as f64 / 2.);
                assert_eq!(frame.state, Some(u8::from(frame.frame % 40 >= 20)));
                assert!(frame.frame >= 50 && frame.frame < 399);
            }
        }
        let together = found.together.unwrap();
        let of_second = together.frames.iter().filter(|frame| frame.animal == 1).count();
        assert_eq!((of_second, together.frames.len()), (349, 2 * 349));
        for unseen in &found.unseen {
            assert!(unseen.accuracy.unwrap() > 0.85, "{unseen:?}");
            assert_eq!(unseen.majority, Some(0.5));
        }
    }

    #[test]
    fn an_animal_too_short_for_loops_is_named() {
        let worms = [worm("brief", 80, 1)];
        let error = loop_manifolds(&worms, &names(&["AVAL"]), StateCoding::Two).unwrap_err();
        assert!(error.to_string().contains("brief"), "{error}");
    }
}
