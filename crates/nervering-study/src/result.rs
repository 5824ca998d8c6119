//! What a study has found: one [`FitResult`] per fit, with one [`Evaluation`] per evaluated animal
//! and source of batch statistics. These are the file schemas of `fits/*.json`, versioned by the study's format.

use crate::training_curve::TrainingCurve;
use nervering_fit::Training;
use nervering_statistics::{Evaluation, Measured};
use serde::{Deserialize, Serialize};

/// One fit: model × subset of animals × fold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FitResult {
    /// Name of the variant, for example `strict`.
    pub variant: String,
    /// Name of the model, for example `gnn`.
    pub model: String,
    /// Animals trained on, by name, in the order of the study.
    pub trained_on: Vec<String>,
    /// Test fold, from 0.
    pub fold: usize,
    /// Which initial weights, from 0; 0 for a model without any.
    pub initialisation: usize,
    /// How training went; `None` for models that are not trained by gradient steps.
    pub training: Option<Training>,
    /// How its losses fell; `None` for the same models.
    pub curve: Option<TrainingCurve>,
    /// One entry per evaluated animal.
    pub evaluations: Vec<Evaluation>,
}

impl FitResult {
    /// What of it is averaged over animals.
    pub fn measured(&self) -> Measured<'_> {
        let Self { model, trained_on, evaluations, .. } = self;
        Measured { model, trained_on, evaluations }
    }
}
