//! Which neurons to read, chosen one after the other on some animals: each time the one with which a
//! decoder gets most across between these animals.

use super::decoded::tell;
use crate::error::AnalysisError;
use nervering_prepare::{N_FEATURES, Prepared};

/// Of so many frames one is looked at: a second of the recordings, in which states hardly change.
const EVERY: usize = 3;

/// The order in which `most` neurons are chosen on animals, at least two: each is told by all others.
pub(super) fn choose(animals: &[&Prepared], most: usize) -> Result<Vec<usize>, AnalysisError> {
    let thin: Vec<Prepared> = animals.iter().map(|animal| thinned(animal)).collect();
    let n_neurons = thin[0].neurons.len();
    let mut chosen: Vec<usize> = Vec::new();
    while chosen.len() < most {
        let mut best: Option<(usize, f64)> = None;
        for neuron in (0..n_neurons).filter(|neuron| !chosen.contains(neuron)) {
            let with: Vec<usize> = chosen.iter().copied().chain([neuron]).collect();
            let mut bits = 0.;
            for (k, animal) in thin.iter().enumerate() {
                let others: Vec<&Prepared> = thin[..k].iter().chain(&thin[k + 1..]).collect();
                bits += tell(&others, animal, &with)?.bits.unwrap_or(0.);
            }
            // Of equals the first.
            if best.is_none_or(|(_, most)| bits > most) {
                best = Some((neuron, bits));
            }
        }
        let Some((neuron, _)) = best else { break };
        chosen.push(neuron);
    }
    Ok(chosen)
}

/// Every so many frames.
fn thinned(animal: &Prepared) -> Prepared {
    let width = animal.neurons.len() * N_FEATURES;
    let labels: Vec<Option<u8>> = animal.labels.iter().step_by(EVERY).copied().collect();
    Prepared {
        n_frames: labels.len(),
        features: animal.features.chunks_exact(width).step_by(EVERY).flatten().copied().collect(),
        labels,
        ..animal.clone()
    }
}
