//! Knowing an animal again that a model was trained on: by its name, or by its data, since the same
//! worm goes by other names in other files, and a text file rounds its numbers. A recording that was
//! cut to another length, or scaled, is not recognised.

use super::TrainedAnimal;
use nervering_prepare::{N_FEATURES, Selected};

/// Values kept of an animal.
const N_VALUES: usize = 16;
/// How far a value may be from the one kept, as a share of its size and of 1 ΔF/F: far more than
/// six digits lose, far less than two worms differ by.
const TOLERANCE: f32 = 1e-4;

/// The trace of the first neuron at evenly spaced frames.
pub(super) fn likeness(selected: &Selected) -> Vec<f32> {
    let row = selected.neurons.len() * N_FEATURES;
    let last = selected.n_frames.saturating_sub(1);
    let frames = (0..N_VALUES).map(|k| last * k / (N_VALUES - 1));
    frames.filter_map(|frame| selected.values.get(frame * row)).map(|&value| value as f32).collect()
}

impl TrainedAnimal {
    /// Whether a recording is of this animal, as far as can be told.
    pub(crate) fn is(&self, selected: &Selected) -> bool {
        let values = likeness(selected);
        let near = |(a, b): (&f32, &f32)| (a - b).abs() <= TOLERANCE * (1. + a.abs());
        let same_data = self.n_frames == selected.n_frames
            && self.likeness.len() == values.len()
            && self.likeness.iter().zip(&values).all(near);
        self.name == selected.animal || same_data
    }
}
