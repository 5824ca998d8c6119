//! Where the training of a forecaster stands, as numbers: everything that the steps to come rest
//! on, so that one that is left and taken up again gives the same bits as one that never was. The
//! training and validation frames, the configuration and the seed are not in it: whoever keeps a
//! checkpoint has to see that it goes back to the fit it is of.

use nervering_nn::adam::AdamState;
use nervering_nn::snapshot::{ParametersError, SavedParameter};

/// Where a training stands, between two of its steps.
#[derive(Debug, Clone, PartialEq)]
pub struct ForecastCheckpoint {
    /// The weights now.
    pub weights: Vec<SavedParameter>,
    /// The weights of the best epoch so far.
    pub best: Vec<SavedParameter>,
    /// The optimiser.
    pub adam: AdamState,
    /// Learning rate now.
    pub learning_rate: f64,
    /// Validation error of the best epoch; infinite before there is one.
    pub best_error: f64,
    /// The best epoch, from 1; 0 before there is one.
    pub best_epoch: usize,
    /// Epochs that the learning rate has waited for an improvement.
    pub waited: usize,
    /// Training errors of the epoch that is under way, one per animal whose step is done.
    pub errors_of_epoch: Vec<f64>,
    /// Mean training error of each epoch that is done.
    pub training_errors: Vec<f64>,
    /// Validation error of each epoch that is done.
    pub validation_errors: Vec<f64>,
    /// Place in the stream of the generator that draws when the truth is seen.
    pub rng_position: u128,
}

/// A checkpoint that is of another fit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// Its weights are of another network.
    #[error("the weights do not fit the network")]
    Weights(#[from] ParametersError),
    /// Its optimiser is of another network.
    #[error("found moments of {found} parameters, expected {expected} of the network's shapes")]
    Moments {
        /// Parameters with moments.
        found: usize,
        /// Parameters of the network.
        expected: usize,
    },
    /// It is past the end of the training, or its errors do not belong to its epochs.
    #[error(
        "found {epochs} epochs and {steps} steps done, expected fewer than {all_epochs} epochs and {all_steps} steps"
    )]
    Place {
        /// Epochs done.
        epochs: usize,
        /// Steps of the next epoch done.
        steps: usize,
        /// Epochs of the training.
        all_epochs: usize,
        /// Steps of each.
        all_steps: usize,
    },
}
