//! What of a network may be chosen otherwise than its architecture has it: [`NetworkChoices`].

use crate::any::AnyConfig;
use crate::body::Layers;
use crate::encoded::EncodedConfig;
use crate::gnn::{Edges, GnnConfig};
use crate::lstm::LstmConfig;
use crate::mlp::MlpConfig;
use crate::registry::NetworkConfig;
use crate::tcn::TcnConfig;
use nervering_nn::activation::Activation;

/// Hidden units, activation and scale of the edges; `None` leaves what the architecture has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct NetworkChoices {
    /// Hidden units of every layer; 16 in the paper.
    pub width: Option<usize>,
    /// After each layer; ReLU in the text, ELU in the scripts.
    pub activation: Option<Activation>,
    /// What the two outputs of an inferred edge are multiplied by inside the softmax; 1 in the paper,
    /// more for edges that are nearly 0 or 1. Of networks that infer their edges alone.
    pub edge_scale: Option<u32>,
}

impl NetworkChoices {
    /// Whether everything is as the architecture has it.
    pub fn are_none(self) -> bool {
        self == Self::default()
    }
}

impl NetworkConfig {
    /// The architecture with what was chosen otherwise. What it does not have, as the scale where no
    /// edges are inferred, is passed over.
    #[must_use]
    pub fn with(mut self, choices: NetworkChoices) -> Self {
        let (width, activation, scale) = self.parts();
        set(width, choices.width);
        set(activation, choices.activation);
        set(scale, choices.edge_scale);
        self
    }

    /// What it has of all that can be chosen.
    pub fn chosen(mut self) -> NetworkChoices {
        let (width, activation, scale) = self.parts();
        NetworkChoices {
            width: width.copied(),
            activation: activation.copied(),
            edge_scale: scale.copied(),
        }
    }

    /// What can be chosen, where there is such a thing.
    fn parts(&mut self) -> (Option<&mut usize>, Option<&mut Activation>, Option<&mut u32>) {
        match self {
            Self::Mlp(MlpConfig { width, activation, .. })
            | Self::Of(_, Layers { width, activation })
            | Self::Encoded(EncodedConfig::Mlp(MlpConfig { width, activation, .. })) => {
                (Some(width), Some(activation), None)
            }
            Self::Tcn(TcnConfig { width, .. })
            | Self::Any(AnyConfig { width, .. })
            | Self::Lstm(LstmConfig { width, .. }) => (Some(width), None, None),
            Self::Gnn(gnn) | Self::LstmGnn(gnn) | Self::Encoded(EncodedConfig::Gnn(gnn)) => {
                let scale = gnn.infers_edges().then_some(&mut gnn.edge_scale);
                (Some(&mut gnn.width), Some(&mut gnn.activation), scale)
            }
        }
    }

    /// Whether the edges are inferred by the network, so that they have a scale.
    pub fn infers_edges(self) -> bool {
        self.gnn().is_some_and(GnnConfig::infers_edges)
    }

    /// Whether the edges are inferred once for all frames, so that a mean over frames decides them.
    pub fn has_static_edges(self) -> bool {
        let is_static = |gnn: GnnConfig| {
            matches!(gnn.edges, Edges::StaticPooledBefore | Edges::StaticPooledAfter)
        };
        self.gnn().is_some_and(is_static)
    }

    fn gnn(self) -> Option<GnnConfig> {
        match self {
            Self::Gnn(gnn) | Self::LstmGnn(gnn) | Self::Encoded(EncodedConfig::Gnn(gnn)) => {
                Some(gnn)
            }
            _ => None,
        }
    }
}

fn set<T>(place: Option<&mut T>, chosen: Option<T>) {
    if let (Some(place), Some(chosen)) = (place, chosen) {
        *place = chosen;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::{DecoderModel, ModelName};

    fn network(name: ModelName) -> NetworkConfig {
        match name.model() {
            DecoderModel::Network(config) => config,
            DecoderModel::Direct(_) => panic!("{name} is no network"),
        }
    }

    #[test]
    fn what_is_chosen_is_what_a_network_is_made_of() {
        let width = Some(24);
        let choices =
            NetworkChoices { width, activation: Some(Activation::Relu), edge_scale: Some(7) };
        for &name in ModelName::ALL {
            let DecoderModel::Network(config) = name.model() else { continue };
            assert_eq!(config.with(NetworkChoices::default()), config, "{name}");
            let text = format!("{:?}", config.with(choices));
            if config.chosen().activation.is_none() {
                assert!(text.contains("width: 24"), "{name}: {text}");
                continue;
            }
            assert!(text.contains("width: 24") && text.contains("Relu"), "{name}: {text}");
            assert!(!text.contains("width: 16") && !text.contains("Elu,"), "{name}: {text}");
        }
        assert_eq!(network(ModelName::GnnOnehot).chosen().edge_scale, Some(10));
        assert_eq!(network(ModelName::GnnOnehot).with(choices).chosen(), choices);
        assert_eq!(network(ModelName::GnnUniform).with(choices).chosen().edge_scale, None);
    }

    #[test]
    fn static_edges_are_those_of_networks_that_average_over_frames() {
        let has = |name| network(name).has_static_edges();
        assert!(has(ModelName::Gnn) && has(ModelName::GnnText) && has(ModelName::LstmGnn));
        assert!(!has(ModelName::GnnDynamic) && !has(ModelName::GnnConnectome));
        assert!(!has(ModelName::Gat) && network(ModelName::GnnDynamic).infers_edges());
    }
}
