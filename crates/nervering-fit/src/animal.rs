//! What is remembered of an animal: its fingerprint, and, in a model, enough to know it again.
//!
//! An animal that a model was trained on is known by its name, or by its data, since the same worm goes
//! by other names in other files, and a text file rounds its numbers. A recording that was cut to
//! another length, or scaled, is not recognised.

use crate::error::ModelError;
use crate::view::View;
use nervering_grid::hex;
use nervering_prepare::{N_FEATURES, Selected};
use nervering_recording::{Recording, State};
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// Values kept of an animal.
const N_VALUES: usize = 16;
/// How far a value may be from the one kept, as a share of its size and of 1 ΔF/F: far more than
/// six digits lose, far less than two worms differ by.
const TOLERANCE: f32 = 1e-4;

/// An animal that a model was trained on.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainedAnimal {
    /// Its name.
    pub name: String,
    /// SHA-256 of its times, traces, derivatives and states.
    pub sha256: String,
    /// Frames of its recording.
    pub n_frames: usize,
    /// Some values of its first neuron that is among the model's, by which it is known again.
    pub likeness: Vec<f32>,
    /// Frames trained on.
    pub n_training_frames: usize,
    /// Frames that chose the epoch.
    pub n_validation_frames: usize,
    /// Volumes per second of its recording.
    pub fps: f64,
    /// What its traces were: `delta-f`, `ratio`, `z-score`, `fluorescence` or `unknown`.
    pub unit: String,
}

/// What a model remembers of the recordings that it was trained on, which are those of a view, in their
/// order.
pub(crate) fn trained_animals(view: &View, recordings: &[Recording]) -> Vec<TrainedAnimal> {
    let of_view = view.animals.iter().zip(recordings).map(|(animal, recording)| TrainedAnimal {
        name: animal.selected.animal.clone(),
        sha256: fingerprint(recording),
        n_frames: animal.selected.n_frames,
        likeness: likeness(&animal.selected),
        n_training_frames: animal.splits[0].train.len(),
        n_validation_frames: animal.splits[0].validation.len(),
        fps: recording.time().fps(),
        unit: recording.unit().unit.as_str().to_owned(),
    });
    of_view.collect()
}

/// SHA-256 of everything about an animal that can enter a fit.
pub fn fingerprint(recording: &Recording) -> String {
    let mut hash = Sha256::new();
    recording.time().seconds().iter().for_each(|s| hash.update(s.to_le_bytes()));
    for (column, label) in recording.neurons().iter().enumerate() {
        hash.update(label.to_string());
        recording.traces().neuron(column).for_each(|v| hash.update(v.to_le_bytes()));
        if let Some(derivative) = recording.file_derivative() {
            derivative.values.neuron(column).for_each(|v| hash.update(v.to_le_bytes()));
        }
    }
    if let Some(behavior) = recording.behavior() {
        for (state, name) in behavior.states().iter().zip(behavior.names()) {
            // Labels of one's own may be the beginnings of others.
            hash.update(name);
            if let State::Own(_) = state {
                hash.update([0]);
            }
        }
    }
    hex(&hash.finalize())
}

/// Recordings in the order of their animals' names, so that the order in which files are given changes
/// no number.
pub fn by_name(recordings: &[Recording]) -> Cow<'_, [Recording]> {
    if recordings.is_sorted_by_key(Recording::animal) {
        return Cow::Borrowed(recordings);
    }
    let mut sorted = recordings.to_vec();
    sort_by_name(&mut sorted);
    Cow::Owned(sorted)
}

/// Brings recordings into the order of [`by_name`].
pub fn sort_by_name(recordings: &mut [Recording]) {
    recordings.sort_by(|a, b| a.animal().cmp(b.animal()));
}

/// Refuses two recordings of one name.
///
/// # Errors
/// [`ModelError::SameAnimalTwice`].
pub fn check_names<'a>(recordings: impl Iterator<Item = &'a Recording>) -> Result<(), ModelError> {
    let mut names = BTreeSet::new();
    for recording in recordings {
        if !names.insert(recording.animal()) {
            return Err(ModelError::SameAnimalTwice { animal: recording.animal().to_owned() });
        }
    }
    Ok(())
}

/// Refuses a recording without states.
///
/// # Errors
/// [`ModelError::NoBehavior`].
pub fn check_behavior<'a>(
    mut recordings: impl Iterator<Item = &'a Recording>,
) -> Result<(), ModelError> {
    match recordings.find(|recording| recording.behavior().is_none()) {
        Some(recording) => Err(ModelError::NoBehavior { animal: recording.animal().to_owned() }),
        None => Ok(()),
    }
}

/// The trace of the first neuron that it has, at evenly spaced frames.
pub(crate) fn likeness(selected: &Selected) -> Vec<f32> {
    let row = selected.neurons.len() * N_FEATURES;
    let first = selected.present.iter().position(|&there| there).unwrap_or(0) * N_FEATURES;
    let last = selected.n_frames.saturating_sub(1);
    let frames = (0..N_VALUES).map(|k| last * k / (N_VALUES - 1));
    frames
        .filter_map(|frame| selected.values.get(frame * row + first))
        .map(|&value| value as f32)
        .collect()
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
