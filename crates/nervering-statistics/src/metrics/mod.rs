//! Metrics of one evaluation. [`evaluate`] makes an [`Evaluation`] of a prediction: counts and what
//! follows from them (`confusion`), what follows from probabilities (`probability`), and, where
//! the frames are consecutive, when transitions come (`timing`) and how long bouts last
//! (`dwell`). All are over the frames with a known state.

mod confusion;
mod dwell;
mod probability;
mod runs;
#[cfg(test)]
mod tests;
mod timeline;
mod timing;

pub use confusion::{accuracy, balanced_accuracy, macro_f1, recall};
pub use probability::most_probable;

use crate::{Evaluation, Role};

/// What a prediction is measured against.
#[derive(Debug, Clone, Copy)]
pub struct EvaluatedFrames<'a> {
    /// Name of the animal.
    pub animal: &'a str,
    /// Which frames of it.
    pub role: Role,
    /// The label of every frame of its recording.
    pub labels: &'a [Option<u8>],
    /// The time of every frame of its recording, in seconds.
    pub times_s: &'a [f64],
    /// The evaluated frames, ascending.
    pub frames: &'a [usize],
}

/// What a decoder says of the evaluated frames, in their order.
#[derive(Debug, Clone, Copy)]
pub struct Predicted<'a> {
    /// The class of each frame.
    pub classes: &'a [u8],
    /// Natural logarithms of probabilities, row-major `[frame, class]`; `None` for decoders without.
    pub log_probabilities: Option<&'a [f32]>,
}

/// Measures a prediction of the evaluated frames, in their order.
///
/// # Panics
/// When prediction and frames differ in length, or a frame lies outside the recording.
pub fn evaluate(
    evaluated: &EvaluatedFrames<'_>,
    predicted: Predicted<'_>,
    n_classes: usize,
) -> Evaluation {
    let EvaluatedFrames { animal, role, labels, times_s, frames } = *evaluated;
    let Predicted { classes, log_probabilities } = predicted;
    assert_eq!(frames.len(), classes.len(), "one prediction per frame");
    let labels_here: Vec<Option<u8>> = frames.iter().map(|&frame| labels[frame]).collect();
    let confusion = confusion::confusion(&labels_here, classes, n_classes);
    let n_labelled = labels_here.iter().flatten().count();
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
        timeline: runs.as_deref().map(|runs| timeline::timeline(runs, n_classes)),
        dwell_distance_s: runs.as_deref().and_then(|runs| dwell::dwell_distance(runs, n_classes)),
        confusion,
        predicted: None,
        edges: None,
    }
}
