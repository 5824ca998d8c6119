//! Metrics of one evaluation. [`evaluate`] makes an [`Evaluation`] of a prediction: counts and what
//! follows from them ([`confusion`]), what follows from probabilities ([`probability`]), and, where
//! the frames are consecutive, when transitions come ([`timing`]) and how long bouts last
//! ([`dwell`]). All are over the frames with a known state.

mod confusion;
mod dwell;
mod probability;
mod runs;
#[cfg(test)]
mod tests;
mod timing;

pub(crate) use confusion::recall;
pub(crate) use probability::most_probable;

use crate::result::{Evaluation, Role};
use nervering_models::Prediction;

/// What a prediction is measured against.
pub(crate) struct EvaluatedFrames<'a> {
    /// Name of the animal.
    pub(crate) animal: &'a str,
    /// Which frames of it.
    pub(crate) role: Role,
    /// The label of every frame of its recording.
    pub(crate) labels: &'a [Option<u8>],
    /// The time of every frame of its recording, in seconds.
    pub(crate) times_s: &'a [f64],
    /// The evaluated frames, ascending.
    pub(crate) frames: &'a [usize],
}

/// Measures a prediction of the evaluated frames, in their order.
///
/// # Panics
/// When prediction and frames differ in length, or a frame lies outside the recording.
pub(crate) fn evaluate(
    evaluated: &EvaluatedFrames<'_>,
    prediction: &Prediction,
    n_classes: usize,
) -> Evaluation {
    let EvaluatedFrames { animal, role, labels, times_s, frames } = *evaluated;
    let classes = &prediction.classes;
    assert_eq!(frames.len(), classes.len(), "one prediction per frame");
    let labels_here: Vec<Option<u8>> = frames.iter().map(|&frame| labels[frame]).collect();
    let confusion = confusion::confusion(&labels_here, classes, n_classes);
    let n_labelled = labels_here.iter().flatten().count();
    let log_probabilities = prediction.log_probabilities.as_deref();
    let runs = runs::contiguous(frames, &labels_here, classes, times_s);
    Evaluation {
        animal: animal.to_owned(),
        role,
        statistics: None,
        n_frames: frames.len(),
        n_labelled,
        accuracy: confusion::accuracy(&confusion),
        balanced_accuracy: confusion::balanced_accuracy(&confusion),
        macro_f1: confusion::macro_f1(&confusion),
        nll: log_probabilities.and_then(|l| probability::nll(l, &labels_here, n_classes)),
        calibration_error: log_probabilities
            .and_then(|l| probability::calibration_error(l, &labels_here, classes, n_classes)),
        transitions: runs.as_deref().map(timing::transition_timing),
        dwell_distance_s: runs.as_deref().and_then(|runs| dwell::dwell_distance(runs, n_classes)),
        confusion,
        predicted: None,
        edges: None,
    }
}
