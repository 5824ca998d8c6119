//! From what a decoder says of frames to their states: the one place where probabilities become a
//! choice.

use nervering_models::Prediction;
use nervering_models::sequence::{Chain, Structure};
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

/// How a model's states follow each other, where they are chosen together.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Readout {
    pub(crate) structure: Structure,
    pub(crate) chain: Chain,
}

impl Readout {
    /// Chooses the states of some frames, ascending, from what was said of them: each stretch of
    /// consecutive frames by itself. Nothing changes where there are no probabilities.
    pub(crate) fn chosen(&self, said: Prediction, frames: &[usize]) -> Prediction {
        let Some(log_probabilities) = &said.log_probabilities else { return said };
        let n_classes = self.chain.n_classes();
        let mut classes = Vec::with_capacity(frames.len());
        let mut chosen = Vec::with_capacity(log_probabilities.len());
        let mut rest = log_probabilities.as_slice();
        for stretch in frames.chunk_by(|a, b| a + 1 == *b) {
            let (rows, after) = rest.split_at(stretch.len() * n_classes);
            rest = after;
            classes.extend(self.chain.most_probable(self.structure, rows));
            chosen.extend(self.chain.posterior(self.structure, rows));
        }
        Prediction { classes, log_probabilities: Some(chosen) }
    }
}
