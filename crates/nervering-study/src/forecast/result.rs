//! What a forecasting study has found: one [`ForecastFit`] per fit, with one [`ForecastEvaluation`]
//! per evaluated animal. These are the file schemas of its `fits/*.json`, versioned by the study's
//! format. [`ForecastResults`] is all of them.

use super::config::ForecastConfig;
use super::errors::{Outcome, StepErrors};
use nervering_statistics::Role;
use serde::{Deserialize, Serialize};

/// One fit: model × subset of animals, under one variant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForecastFit {
    /// Name of the variant, for example `strict`.
    pub variant: String,
    /// Name of the model, for example `gnn`.
    pub model: String,
    /// Animals trained on, by name, in the order of the study.
    pub trained_on: Vec<String>,
    /// What the fit has chosen, for people: `3 lags, penalty 1e-4`, `epoch 57 of 60`; empty where
    /// nothing is chosen.
    pub chosen: String,
    /// How training went; `None` for models that are not trained by gradient steps.
    pub training: Option<ForecastTraining>,
    /// One entry per evaluated animal.
    pub evaluations: Vec<ForecastEvaluation>,
}

/// How the training of a network went. Errors are those of the features as the protocol scales
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

/// The forecasts of one fit in one animal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForecastEvaluation {
    /// Name of the animal.
    pub animal: String,
    /// Which frames of it.
    pub role: Role,
    /// Forecasts that were evaluated; one starts at every 16th frame.
    pub n_forecasts: usize,
    /// Their errors per step in [0, 1]² whatever the protocol, or that one of them was not finite.
    pub outcome: Outcome,
}

impl ForecastFit {
    /// Whether training ended because an error was not finite. Such a fit keeps its best epoch and
    /// its errors, but enters no mean.
    pub fn training_diverged(&self) -> bool {
        self.training.as_ref().is_some_and(|training| training.diverged_in.is_some())
    }

    /// The errors in one animal, unless training or a forecast diverged.
    pub fn errors<'a>(&self, evaluation: &'a ForecastEvaluation) -> Option<&'a StepErrors> {
        evaluation.outcome.errors().filter(|_| !self.training_diverged())
    }
}

/// What a forecasting study has found.
#[derive(Debug, Clone, PartialEq)]
pub struct ForecastResults {
    /// All fits, by variant, training size, model (in the order of the study) and subset.
    pub fits: Vec<ForecastFit>,
    /// What was asked for.
    pub config: ForecastConfig,
    /// What a reader of the tables must know.
    pub notes: Vec<String>,
}
