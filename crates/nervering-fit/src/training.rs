//! How trainings went, as results and model files keep it.

use nervering_train::{ForecastFitConfig, ForecastReport, ReplicaReport};
use serde::{Deserialize, Serialize};

/// How the training of a network that decodes went.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Training {
    /// Epochs run.
    pub epochs: usize,
    /// Epoch whose weights were kept, from 1.
    pub best_epoch: usize,
    /// Validation loss (mean negative log-likelihood) at that epoch; `None` where no validation chooses.
    pub best_validation_loss: Option<f64>,
    /// Learning rate at the end.
    pub final_learning_rate: f64,
    /// Whether the loss ended as something else than a finite number.
    pub diverged: bool,
}

impl Training {
    /// Of so many epochs.
    pub fn of(report: &ReplicaReport, epochs: usize) -> Self {
        Self {
            epochs,
            best_epoch: report.best_epoch,
            best_validation_loss: Some(report.best_validation_loss).filter(|loss| !loss.is_nan()),
            final_learning_rate: report.final_learning_rate,
            diverged: report.diverged,
        }
    }
}

/// How the training of a network that forecasts went. Errors are those of the features as the protocol scales
/// them: under `authors-code` [−1, 1]², under the others [0, 1]².
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForecastTraining {
    /// Epochs asked for.
    pub epochs: usize,
    /// Epoch whose weights were kept, from 1; 0 when no epoch had a finite validation error, and
    /// the weights are those of the start.
    pub best_epoch: usize,
    /// Validation error at that epoch; `None` when there is none.
    pub best_validation_error: Option<f64>,
    /// Learning rate at the start.
    pub learning_rate: f64,
    /// Learning rate at the end.
    pub final_learning_rate: f64,
    /// The epoch, from 1, in which an error was not finite and the fit ended.
    pub diverged_in: Option<usize>,
    /// Per epoch that was done, mean error over its gradient steps, each before its step, some of
    /// whose roll-outs start from the truth (scheduled sampling).
    pub training_errors: Vec<f64>,
    /// Per epoch that was done, error of roll-outs of 8 steps on the validation frames. One that is
    /// not finite ends the fit and stands in neither list.
    pub validation_errors: Vec<f64>,
}

impl ForecastTraining {
    pub(crate) fn of(report: ForecastReport, config: &ForecastFitConfig) -> Self {
        let best_error = report.best_validation_error;
        Self {
            epochs: config.epochs,
            best_epoch: report.best_epoch,
            best_validation_error: best_error.is_finite().then_some(best_error),
            learning_rate: config.learning_rate,
            final_learning_rate: report.final_learning_rate,
            diverged_in: report.diverged_in,
            training_errors: report.training_errors,
            validation_errors: report.validation_errors,
        }
    }
}
