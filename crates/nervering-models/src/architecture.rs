//! The architectures that decode and forecast by one body: [`Architecture`] is the one place that lists them.
//! The perceptron, the graph network and the graph network with a memory, whose switches differ between the two
//! tasks, have entries of their own in [`NetworkConfig`](crate::NetworkConfig) and
//! [`TrajectoryNetwork`](crate::trajectory::TrajectoryNetwork).

use crate::attention::Attention;
use crate::body::Layers;
use crate::forecast::network::ForecastingNetwork;
use crate::forecasting::TrajectoryConfig;
use crate::gat::Gat;
use crate::gin::{Epsilon, Gin};
use crate::gnn::GivenEdges;
use crate::heads::TwoHeads;
use crate::lstm_mlp::LstmMlp;
use crate::network::{NetworkInputs, NetworkVisitor};
use crate::node_mlp::{NodeMlp, NodeMlpForecasting};
use crate::recurrent_attention::{Leaning, RecurrentAttention};
use crate::sage::Sage;
use burn::tensor::Device;
use rand::Rng;

/// Code that runs on whichever network an architecture stands for, so that callers need not list
/// networks: [`TrajectoryNetwork::init_with`](crate::trajectory::TrajectoryNetwork::init_with) hands it the network.
pub trait TrajectoryVisitor {
    /// What comes of it.
    type Output;

    /// Takes the freshly initialised network.
    fn visit<N: ForecastingNetwork>(self, network: N) -> Self::Output;
}

/// What nodes hear, whatever is made of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Architecture {
    /// An MLP for each neuron.
    NodeMlp,
    /// LSTM before the MLP.
    LstmMlp,
    /// Graph attention network.
    Gat,
    /// Graph isomorphism network.
    Gin(Epsilon),
    /// GraphSAGE.
    Sage,
    /// Global attention pooling.
    Attention,
    /// Attention among neurons with a memory each.
    RecurrentAttention(Leaning),
}

impl Architecture {
    /// Where its edges come from, of one that is given some.
    pub fn given_edges(self) -> Option<GivenEdges> {
        match self {
            Self::RecurrentAttention(leaning) => leaning.given_edges(),
            _ => None,
        }
    }

    /// Whether a result rests on the frames before its own.
    pub fn has_memory(self) -> bool {
        matches!(self, Self::LstmMlp | Self::RecurrentAttention(_))
    }

    /// Initialises the network that decodes, one replica per generator, and hands it to `visitor`.
    ///
    /// # Panics
    /// When edges must come from outside and `inputs` do not hold one per pair of neurons.
    pub fn decoding_with<R: Rng, V: NetworkVisitor>(
        self,
        layers: Layers,
        inputs: &NetworkInputs,
        rngs: &mut [R],
        device: &Device,
        visitor: V,
    ) -> V::Output {
        match self {
            Self::NodeMlp => visitor.visit(NodeMlp::decoding(layers, inputs.sizes, rngs, device)),
            Self::LstmMlp => visitor.visit(LstmMlp::decoding(layers, (), inputs, rngs, device)),
            Self::Gat => visitor.visit(Gat::decoding(layers, (), inputs, rngs, device)),
            Self::Gin(epsilon) => {
                visitor.visit(Gin::decoding(layers, epsilon, inputs, rngs, device))
            }
            Self::Sage => visitor.visit(Sage::decoding(layers, (), inputs, rngs, device)),
            Self::Attention => visitor.visit(Attention::decoding(layers, (), inputs, rngs, device)),
            Self::RecurrentAttention(leaning) => {
                visitor.visit(RecurrentAttention::decoding(layers, leaning, inputs, rngs, device))
            }
        }
    }

    /// Initialises the network that forecasts, one replica per generator, and hands it to `visitor`.
    ///
    /// # Panics
    /// As [`Self::decoding_with`].
    pub fn forecasting_with<R: Rng, V: TrajectoryVisitor>(
        self,
        config: TrajectoryConfig,
        inputs: &NetworkInputs,
        rngs: &mut [R],
        device: &Device,
        visitor: V,
    ) -> V::Output {
        match self {
            Self::NodeMlp => {
                visitor.visit(NodeMlpForecasting::new(config, inputs.sizes, rngs, device))
            }
            Self::LstmMlp => visitor.visit(LstmMlp::forecasting(config, (), inputs, rngs, device)),
            Self::Gat => visitor.visit(Gat::forecasting(config, (), inputs, rngs, device)),
            Self::Gin(epsilon) => {
                visitor.visit(Gin::forecasting(config, epsilon, inputs, rngs, device))
            }
            Self::Sage => visitor.visit(Sage::forecasting(config, (), inputs, rngs, device)),
            Self::Attention => {
                visitor.visit(Attention::forecasting(config, (), inputs, rngs, device))
            }
            Self::RecurrentAttention(leaning) => visitor
                .visit(RecurrentAttention::forecasting(config, leaning, inputs, rngs, device)),
        }
    }
}
