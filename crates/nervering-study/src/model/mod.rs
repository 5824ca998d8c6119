//! One trained model, to be used: [`fit_one`] trains it on some recordings, [`Model::predict`] says
//! what it makes of another, [`Model::edges`] how its neurons hear each other there. Its file is
//! [`crate::model_file`]'s.
//!
//! A [`Model`] holds everything that turns a recording into states: neurons in order, derivative,
//! normalisation, decoder, state coding; and where it came from. Training is the studies' own, with
//! one difference: no frame is kept to test.

mod error;
mod fit;
mod likeness;
mod mismatch;
mod network;
mod predict;

pub use error::ModelError;
pub(crate) use fit::trained_animal;
pub use fit::{AnimalFigures, FitReport, ModelConfig, fit_one};
pub use mismatch::Mismatch;
pub(crate) use network::{HeldNetwork, Load};
pub use predict::ModelPrediction;

use crate::config::{Normalisation, Protocol};
use crate::result::Training;
use nervering_models::{DirectDecoder, ModelName};
use nervering_prepare::{DerivativeSource, Interval, Ranges};
use nervering_recording::{NeuronName, StateCoding};

/// A trained model with everything needed to use it.
pub struct Model {
    pub(crate) name: ModelName,
    pub(crate) neurons: Vec<NeuronName>,
    pub(crate) coding: StateCoding,
    pub(crate) derivative: DerivativeSource,
    pub(crate) scaling: Scaling,
    pub(crate) interval: Interval,
    pub(crate) decoder: Decoder,
    pub(crate) provenance: ModelProvenance,
}

/// What features are normalised by.
pub(crate) enum Scaling {
    WholeRecording,
    /// The ranges of the training frames.
    Training(Ranges),
    Causal,
}

impl Scaling {
    /// Its name.
    pub(crate) fn normalisation(&self) -> Normalisation {
        match self {
            Self::WholeRecording => Normalisation::WholeRecording,
            Self::Training(_) => Normalisation::Training,
            Self::Causal => Normalisation::Causal,
        }
    }
}

/// What turns features into states.
pub(crate) enum Decoder {
    Network {
        network: Box<dyn HeldNetwork>,
        /// `[receiver, sender]`: mean over training animals, each over its training frames.
        edges: Option<Vec<f32>>,
    },
    Direct(Box<dyn DirectDecoder>),
}

/// Where a model came from.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelProvenance {
    /// Version of this program.
    pub nervering: String,
    /// How frames were split.
    pub protocol: Protocol,
    /// The animals trained on, in the order of the steps.
    pub animals: Vec<TrainedAnimal>,
    /// Seed of everything random.
    pub seed: u64,
    /// How training went; `None` for models that are not trained by gradient steps.
    pub training: Option<Training>,
    /// Name of the connectome, of networks that were given its edges.
    pub connectome: Option<String>,
}

/// An animal that a model was trained on.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainedAnimal {
    /// Its name.
    pub name: String,
    /// SHA-256 of its times, traces, derivatives and states.
    pub sha256: String,
    /// Frames of its recording.
    pub n_frames: usize,
    /// Some values of its first neuron, by which it is known again.
    pub likeness: Vec<f32>,
    /// Frames trained on.
    pub n_training_frames: usize,
    /// Frames that chose the epoch.
    pub n_validation_frames: usize,
    /// Volumes per second of its recording.
    pub fps: f64,
    /// What its traces were: `delta-f`, `ratio`, `z-score`, `fluorescence` or `unknown`.
    pub unit: String,
}

impl Model {
    /// Name of the architecture.
    pub fn name(&self) -> ModelName {
        self.name
    }

    /// The neurons that a recording must have, in the order of the features.
    pub fn neurons(&self) -> &[NeuronName] {
        &self.neurons
    }

    /// The states told apart.
    pub fn coding(&self) -> &StateCoding {
        &self.coding
    }

    /// What features are normalised by.
    pub fn normalisation(&self) -> Normalisation {
        self.scaling.normalisation()
    }

    /// Where it came from.
    pub fn provenance(&self) -> &ModelProvenance {
        &self.provenance
    }

    /// Whether it is a network, which takes statistics over frames.
    pub fn is_network(&self) -> bool {
        matches!(self.decoder, Decoder::Network { .. })
    }
}

impl std::fmt::Debug for Model {
    /// Everything but the numbers of the decoder.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Model")
            .field("name", &self.name)
            .field("neurons", &self.neurons)
            .field("coding", &self.coding)
            .field("derivative", &self.derivative)
            .field("normalisation", &self.normalisation())
            .field("provenance", &self.provenance)
            .finish_non_exhaustive()
    }
}
