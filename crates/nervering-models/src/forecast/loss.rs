//! What a forecaster is trained to lower, and chosen by.

use burn::tensor::{Tensor, TensorData};
use nervering_nn::ops::Frames;
use std::fmt;
use std::str::FromStr;

/// How errors of a roll-out become one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Loss {
    /// Mean of the squares: the text, and the scripts' training.
    #[default]
    SquaredError,
    /// Mean of the absolute values: what the scripts' evaluator computes and calls a mean squared
    /// error.
    AbsoluteError,
}

impl Loss {
    /// Both of them.
    pub const ALL: [Self; 2] = [Self::SquaredError, Self::AbsoluteError];

    /// The name, for example `squared-error`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SquaredError => "squared-error",
            Self::AbsoluteError => "absolute-error",
        }
    }

    /// The loss over the present sequences, all steps, neurons and features of each replica,
    /// `[replica]`. `errors` is `[replica, sequence, step, neuron, feature]`; where one is exactly
    /// zero, so is its gradient.
    pub fn mean(self, sequences: &Frames, errors: Tensor<5>) -> Tensor<1> {
        let [n_replicas, n_sequences, n_steps, n_neurons, n_features] = errors.dims();
        let per_sequence = n_steps * n_neurons * n_features;
        let errors = errors.reshape([n_replicas, n_sequences, per_sequence]);
        let weights = weights(sequences, per_sequence, &errors);
        let each = match self {
            Self::SquaredError => errors.clone() * errors,
            Self::AbsoluteError => errors.abs(),
        };
        (each * weights).sum_dim(2).sum_dim(1).reshape([n_replicas])
    }
}

/// What each number of a present sequence counts in the mean; nothing in a padded one.
/// `[replica, sequence, 1]`.
fn weights(sequences: &Frames, per_sequence: usize, like: &Tensor<3>) -> Tensor<3> {
    let of_replica = |&n: &usize| {
        let weight = 1. / (n * per_sequence) as f64;
        (0..sequences.padded()).map(move |k| if k < n { weight } else { 0. })
    };
    let values: Vec<f64> = sequences.present().iter().flat_map(of_replica).collect();
    let data = TensorData::new(values, [sequences.present().len(), sequences.padded(), 1]);
    Tensor::from_data(data, (&like.device(), like.dtype()))
}

/// A text that names no loss.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("found loss {found:?}, expected squared-error or absolute-error")]
pub struct UnknownLoss {
    /// The text as it was written.
    pub found: String,
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Loss {
    type Err = UnknownLoss;

    fn from_str(text: &str) -> Result<Self, UnknownLoss> {
        let by_name = |loss: &Self| loss.as_str() == text;
        Self::ALL.into_iter().find(by_name).ok_or(UnknownLoss { found: text.to_owned() })
    }
}
