//! What a study has found: one [`FitResult`] per fit, with one [`Evaluation`] per evaluated
//! animal. These are the file schemas of `fits/*.json`, versioned by the study's format.

use serde::{Deserialize, Serialize};

/// Which frames of which animals an evaluation is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// The test fold of an animal that the fit was trained on.
    SameAnimal,
    /// The whole recording of an animal that the fit has never seen.
    UnseenAnimal,
}

/// One fit: model × subset of animals × fold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FitResult {
    /// Name of the model, for example `gnn`.
    pub model: String,
    /// Animals trained on, by name, in the order of the study.
    pub trained_on: Vec<String>,
    /// Test fold, from 0.
    pub fold: usize,
    /// How training went; `None` for models that are not trained by gradient steps.
    pub training: Option<Training>,
    /// One entry per evaluated animal.
    pub evaluations: Vec<Evaluation>,
}

/// How the training of one fit went.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Training {
    /// Epochs run.
    pub epochs: usize,
    /// Epoch whose weights were kept, from 1.
    pub best_epoch: usize,
    /// Validation loss (mean negative log-likelihood) at that epoch.
    pub best_validation_loss: f64,
    /// Learning rate at the end.
    pub final_learning_rate: f64,
    /// Whether the loss ended as something else than a finite number.
    pub diverged: bool,
}

/// The predictions of one fit on one animal, counted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evaluation {
    /// Name of the animal.
    pub animal: String,
    /// Which frames of it.
    pub role: Role,
    /// Frames evaluated, unknown ones included.
    pub n_frames: usize,
    /// Frames with a known state: all metrics are over these.
    pub n_labelled: usize,
    /// Share of labelled frames predicted rightly, in [0, 1]; `None` without a labelled frame.
    pub accuracy: Option<f64>,
    /// Mean recall over the states that occur, in [0, 1].
    pub balanced_accuracy: Option<f64>,
    /// Mean negative log-likelihood; `None` for decoders without probabilities.
    pub nll: Option<f64>,
    /// Counts `confusion[predicted][labelled]`.
    pub confusion: Vec<Vec<u64>>,
}
