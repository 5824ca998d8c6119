//! From what a decoder says of frames to their states: the one place where probabilities become a
//! choice.

use nervering_models::Prediction;
use nervering_statistics::metrics::{Predicted, most_probable};

/// The most probable state of every frame. `log_probabilities` are `[frame, class]`.
pub(crate) fn states(log_probabilities: Vec<f32>, n_classes: usize) -> Prediction {
    let classes = most_probable(&log_probabilities, n_classes);
    Prediction { classes, log_probabilities: Some(log_probabilities) }
}

/// What is said of some frames.
pub(crate) fn at_frames(all: &Prediction, frames: &[usize], n_classes: usize) -> Prediction {
    let log_probabilities = all.log_probabilities.as_ref().map(|rows| {
        let row = |&frame: &usize| &rows[frame * n_classes..(frame + 1) * n_classes];
        frames.iter().flat_map(row).copied().collect()
    });
    let classes = frames.iter().map(|&frame| all.classes[frame]).collect();
    Prediction { classes, log_probabilities }
}

/// A prediction as the metrics take it.
pub fn predicted(prediction: &Prediction) -> Predicted<'_> {
    let Prediction { classes, log_probabilities } = prediction;
    Predicted { classes, log_probabilities: log_probabilities.as_deref() }
}
