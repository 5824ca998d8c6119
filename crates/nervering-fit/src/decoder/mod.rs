//! Decoders: [`DecoderFit`] trains some, [`fit_one`] one that is to be used; [`Model::predict`] says
//! what it makes of a recording, [`Model::edges`] how its neurons hear each other there. Its file is
//! [`crate::model_file`]'s.
//!
//! A [`Model`] holds everything that turns a recording into states: neurons in order, derivative,
//! normalisation, decoder, state coding; and where it came from. [`fit_rows`] makes one of plain numbers.

mod adapt;
mod asked;
mod crops;
mod fit;
mod live;
mod live_features;
mod network;
mod one;
mod outputs;
mod predict;
mod readout;
mod rows;
mod seen;
mod trained;
mod weight;

pub use adapt::Adapted;
pub use asked::{DecoderFit, Features, check_neurons};
pub use fit::FittedDecoders;
pub use live::{LiveAnswer, LiveDecoder};
pub(crate) use network::{HeldNetwork, Load};
pub use one::{AnimalFigures, FitReport, ModelConfig, can_be_saved, fit_one, fit_to_use};
pub(crate) use outputs::{Outputs, classes};
pub use predict::ModelPrediction;
pub(crate) use readout::Readout;
pub use readout::predicted;
pub use rows::{LabelledRows, Rows, fit_rows, takes_single_frames};
pub use seen::Seen;
pub use trained::TrainedNetworks;

use crate::animal::TrainedAnimal;
use crate::preparation::{Normalisation, Protocol};
use crate::scaling::Scaling;
use crate::training::Training;
use nervering_models::{DecoderModel, DirectDecoder, ModelName, NetworkChoices, NetworkConfig};
use nervering_prepare::{DerivativeSource, Interval};
use nervering_recording::{NeuronName, StateCoding};

/// A trained model with everything needed to use it.
pub struct Model {
    pub(crate) name: ModelName,
    /// What of a network is otherwise than the name has it.
    pub(crate) choices: NetworkChoices,
    pub(crate) neurons: Vec<NeuronName>,
    pub(crate) coding: StateCoding,
    /// The states that its networks tell apart.
    pub(crate) network_coding: StateCoding,
    pub(crate) derivative: DerivativeSource,
    pub(crate) scaling: Scaling,
    pub(crate) interval: Interval,
    pub(crate) decoder: Decoder,
    /// How states are chosen together; `None` where each frame is taken by itself.
    pub(crate) readout: Option<Readout>,
    pub(crate) provenance: ModelProvenance,
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

impl Model {
    /// Name of the architecture.
    pub fn name(&self) -> ModelName {
        self.name
    }

    /// What its network is made of; `None` for other decoders.
    pub fn network(&self) -> Option<NetworkConfig> {
        match self.name.model() {
            DecoderModel::Network(config) => Some(config.with(self.choices)),
            DecoderModel::Direct(_) => None,
        }
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

    /// Whether it takes statistics over frames, as most networks do.
    pub fn takes_statistics(&self) -> bool {
        match &self.decoder {
            Decoder::Network { network, .. } => network.takes_statistics(),
            Decoder::Direct(_) => false,
        }
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
