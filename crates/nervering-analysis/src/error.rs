//! Why a recording cannot be analysed.

use nervering_prepare::PrepareError;
use nervering_recording::{CodingError, NeuronName};

/// What an analysis found, where, and what it would need.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum AnalysisError {
    /// The recording has no states.
    #[error("animal {animal:?} has no states, expected one per frame; leave it out or label it")]
    NoBehavior {
        /// The animal.
        animal: String,
    },
    /// The recording does not have the states that are to be told apart.
    #[error(transparent)]
    Coding(#[from] CodingError),
    /// A neuron that the recording lacks.
    #[error(
        "animal {animal:?}: no neuron is identified as {neuron}; choose neurons that all share"
    )]
    MissingNeuron {
        /// The animal.
        animal: String,
        /// The neuron.
        neuron: NeuronName,
    },
    /// A missing value.
    #[error(
        "animal {animal:?}, neuron {neuron}, frame {frame} (from 0): found no value, expected a number; leave the neuron out"
    )]
    MissingValue {
        /// The animal.
        animal: String,
        /// The neuron as the file names it.
        neuron: String,
        /// The frame.
        frame: usize,
    },
    /// A neuron whose values are all equal.
    #[error(
        "animal {animal:?}, neuron {neuron}: found {value} at every frame, expected values that vary; leave the neuron out"
    )]
    Flat {
        /// The animal.
        animal: String,
        /// The neuron as the file names it.
        neuron: String,
        /// The value.
        value: f64,
    },
    /// A setting out of range.
    #[error("{what}: found {found}, expected {expected}")]
    Setting {
        /// The setting.
        what: &'static str,
        /// What it was set to.
        found: String,
        /// What is possible.
        expected: String,
    },
    /// A matrix of edges whose size does not fit the neurons, or with a value that is no number.
    #[error("edges {place}: found {found}, expected {expected}")]
    Edges {
        /// Which.
        place: String,
        /// What was found.
        found: String,
        /// What was expected.
        expected: String,
    },
    /// A recording that cannot be brought to a range.
    #[error(transparent)]
    Prepare(#[from] PrepareError),
    /// Animals in which no loops were found.
    #[error("animals {animals:?}: failed to find loops: {reason}")]
    Manifold {
        /// The animals fitted together.
        animals: String,
        /// Why.
        reason: String,
    },
    /// Animals on which a decoder could not be fitted.
    #[error("animals {animals:?}: failed to fit a decoder: {reason}")]
    Decoder {
        /// The animals trained on.
        animals: String,
        /// Why.
        reason: String,
    },
    /// The singular value decomposition did not converge.
    #[error("animal {animal:?}: the principal components of {n_frames} frames did not converge")]
    NoConvergence {
        /// The animal, or `all animals`.
        animal: String,
        /// Frames.
        n_frames: usize,
    },
}

/// Refuses a setting below its smallest possible value.
pub(super) fn at_least(
    what: &'static str,
    found: usize,
    smallest: usize,
) -> Result<(), AnalysisError> {
    if found >= smallest {
        return Ok(());
    }
    let (found, expected) = (found.to_string(), format!("at least {smallest}"));
    Err(AnalysisError::Setting { what, found, expected })
}
