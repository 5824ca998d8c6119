//! What a forecasting study has found: one [`ForecastFit`] per fit, with one [`ForecastEvaluation`]
//! per evaluated animal. These are the file schemas of its `fits/*.json`, versioned by the study's
//! format.

use nervering_fit::{FanScores, ForecastTraining, Outcome, ShownFans, StepErrors};
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
    /// Which initial weights; left out for the first.
    #[serde(default, skip_serializing_if = "is_first")]
    pub initialisation: usize,
    /// What the fit has chosen, for people: `3 lags, penalty 1e-4`, `epoch 57 of 60`; empty where
    /// nothing is chosen.
    pub chosen: String,
    /// How training went; `None` for models that are not trained by gradient steps.
    pub training: Option<ForecastTraining>,
    /// One entry per evaluated animal.
    pub evaluations: Vec<ForecastEvaluation>,
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
    /// Forecasts that started at every frame.
    pub n_every: usize,
    /// The errors of those.
    pub every: Outcome,
    /// The same of the first, the middle and the last third of those starts. Empty where one of them was
    /// not finite, or there are fewer than three.
    pub thirds: Vec<StepErrors>,
    /// The weights by which its neurons hear each other, row-major `[receiver, sender]`; left out of studies
    /// that keep none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edges: Option<Vec<f32>>,
    /// How sure forecasts from every frame were of traces, and with what right, under `strict`. Nothing
    /// where one was not finite, or no stretch of validation frames tells.
    pub fans: Option<FanScores>,
    /// Some of these with their intervals, of the first animal that was not trained on.
    pub shown: Option<ShownFans>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_first(initialisation: &usize) -> bool {
    *initialisation == 0
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
