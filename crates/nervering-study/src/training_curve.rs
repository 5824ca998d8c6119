//! How the loss of one fit fell: the curve that stands in its file, thinned.

use nervering_train::EpochLosses;
use serde::{Deserialize, Serialize};

/// Epochs of one fit that are kept at most, evenly spaced: a figure has no room for more, and 1,550
/// fits of 800 epochs would fill the folder with them.
pub(crate) const MOST_EPOCHS: usize = 200;

/// Losses of one fit, in nats per frame, to four digits. The `k`th value, from 0, is of epoch
/// `1 + k * every`; `None` is no finite number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainingCurve {
    /// Epochs from one value to the next.
    pub every: usize,
    /// Of the training frames, each animal under the weights that its step met.
    pub training: Vec<Option<f32>>,
    /// Of the validation frames, under the weights at the end of the epoch.
    pub validation: Vec<Option<f32>>,
    /// Adam's rate from an epoch on: the first, and every one in which it was lowered.
    pub learning_rates: Vec<(usize, f64)>,
}

impl TrainingCurve {
    /// Of every epoch of a fit.
    pub(crate) fn of(epochs: &[EpochLosses]) -> Self {
        let every = epochs.len().div_ceil(MOST_EPOCHS).max(1);
        let thinned = |loss: fn(&EpochLosses) -> f64| {
            epochs.iter().step_by(every).map(|epoch| to_four_digits(loss(epoch))).collect()
        };
        let mut learning_rates: Vec<(usize, f64)> = Vec::new();
        for (k, epoch) in epochs.iter().enumerate() {
            if learning_rates.last().is_none_or(|last| last.1 != epoch.learning_rate) {
                learning_rates.push((k + 1, epoch.learning_rate));
            }
        }
        Self {
            every,
            training: thinned(|epoch| epoch.training),
            validation: thinned(|epoch| epoch.validation),
            learning_rates,
        }
    }

    /// The epochs of the values, from 1.
    pub fn epochs(&self) -> impl Iterator<Item = usize> {
        (0..self.training.len()).map(|k| 1 + k * self.every)
    }

    /// Adam's rate in an epoch, from 1.
    pub fn learning_rate(&self, epoch: usize) -> Option<f64> {
        let until = self.learning_rates.iter().take_while(|(from, _)| *from <= epoch);
        until.last().map(|(_, rate)| *rate)
    }
}

pub(crate) fn to_four_digits(loss: f64) -> Option<f32> {
    loss.is_finite().then(|| format!("{loss:.3e}").parse().expect("a number that was just written"))
}
