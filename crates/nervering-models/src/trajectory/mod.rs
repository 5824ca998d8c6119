//! The networks that forecast, one per file: what is substituted for `f` in eq. 4–5,
//! `x_{t+1} = x_t + f(x_t)`, on trace and derivative of every neuron.
//!
//! [`TrajectoryNetwork`] names the architectures and is the one place that lists them;
//! [`TrajectoryConfig`] holds what all of them have alike. The paper's two are [`mlp`] and [`gnn`];
//! [`node_mlp`], [`lstm_mlp`] and [`lstm_gnn`] are its variants, [`recurrent_attention`] what it proposes. [`gat`], [`gin`], [`sage`] and
//! [`attention`] are the "established models" of the supplement's model selection. Text and scripts
//! do not say what stood around those; here it is what stands around the message passing of the
//! paper's own graph network: `g_enc` (eq. 8) encodes each node, the established layer lets nodes
//! hear each other, and the block `g` and a linear layer, shared by all nodes, turn what a node has
//! heard into its increment. So they forecast a neuron in the same way wherever it stands among the
//! others, and take any number of neurons.

pub mod attention;
pub mod gat;
pub mod gin;
pub mod gnn;
pub mod lstm_gnn;
pub mod lstm_mlp;
pub mod mlp;
pub mod node_mlp;
pub mod recurrent_attention;
pub mod sage;

use crate::forecast::{ForecastingNetwork, Increment, ResidualOf};
use crate::gin::Epsilon;
use crate::gnn::GivenEdges;
use crate::network::NetworkInputs;
use crate::recurrent_attention::Leaning;
use attention::TrajectoryAttention;
use burn::tensor::Device;
use gat::TrajectoryGat;
use gin::TrajectoryGin;
use gnn::{TrajectoryEdges, TrajectoryGnn};
use lstm_gnn::TrajectoryLstmGnn;
use lstm_mlp::TrajectoryLstmMlp;
use mlp::TrajectoryMlp;
use nervering_nn::activation::Activation;
use nervering_nn::block::MlpBlockConfig;
use nervering_nn::linear::Linear;
use node_mlp::{TrajectoryNodeMlp, TrajectorySharedMlp};
use rand::Rng;
use recurrent_attention::TrajectoryRecurrentAttention;
use sage::TrajectorySage;

/// What all networks that forecast have alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrajectoryConfig {
    /// Hidden units of every layer, and of the memory where there is one; 256 in the paper.
    pub width: usize,
    /// ReLU in the text, ELU in the scripts.
    pub activation: Activation,
    /// From the last layer to the increment.
    pub increment: Increment,
    /// What is corrected.
    pub residual_of: ResidualOf,
}

impl TrajectoryConfig {
    /// The scripts'.
    pub fn scripts() -> Self {
        Self {
            width: 256,
            activation: Activation::Elu,
            increment: Increment::Tanh,
            residual_of: ResidualOf::Copy,
        }
    }

    /// The block `g` on rows of so many features.
    fn block(self, n_in: usize) -> MlpBlockConfig {
        let Self { width, activation, .. } = self;
        MlpBlockConfig { n_in, width, activation, batch_norm: true }
    }

    /// The last layer, which says so many numbers: zeros at first where another forecast is corrected.
    fn out<R: Rng>(self, n_out: usize, rngs: &mut [R], device: &Device) -> Linear {
        match self.residual_of {
            ResidualOf::Copy => Linear::new(self.width, n_out, rngs, device),
            ResidualOf::Linear => Linear::zeros(self.width, n_out, rngs.len(), device),
        }
    }
}

/// Code that runs on whichever network an architecture stands for, so that callers need not list
/// networks: [`TrajectoryNetwork::init_with`] hands it the network.
pub trait TrajectoryVisitor {
    /// What comes of it.
    type Output;

    /// Takes the freshly initialised network.
    fn visit<N: ForecastingNetwork>(self, network: N) -> Self::Output;
}

/// An architecture for `f`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrajectoryNetwork {
    /// On all neurons side by side.
    Mlp,
    /// An MLP of its own for every neuron: the text.
    NodeMlp,
    /// One MLP for every neuron by itself: the scripts.
    SharedMlp,
    /// Message passing along inferred edges.
    Gnn(TrajectoryEdges),
    /// LSTM before the MLP.
    LstmMlp,
    /// LSTM before the graph network with dynamic edges.
    LstmGnn,
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

impl TrajectoryNetwork {
    /// Adam's rate at the start: of the scripts, 5e-4 for the graph network and 1e-3 for the
    /// perceptrons. Neither text nor scripts give the others', and each is here given the rate of
    /// the one of the two that it is a variant of, or stands in for.
    pub fn learning_rate(self) -> f64 {
        match self {
            Self::Mlp | Self::NodeMlp | Self::SharedMlp | Self::LstmMlp => 1e-3,
            Self::Gnn(_)
            | Self::LstmGnn
            | Self::Gat
            | Self::Gin(_)
            | Self::Sage
            | Self::Attention
            | Self::RecurrentAttention(_) => 5e-4,
        }
    }

    /// Where its edges come from, of a network that is given some.
    pub fn given_edges(self) -> Option<GivenEdges> {
        match self {
            Self::RecurrentAttention(leaning) => leaning.given_edges(),
            _ => None,
        }
    }

    /// Initialises the network, one replica per generator, and hands it to `visitor`. Classes do
    /// not matter.
    ///
    /// # Panics
    /// When edges must come from outside and `inputs` do not hold one per pair of neurons.
    pub fn init_with<R: Rng, V: TrajectoryVisitor>(
        self,
        config: TrajectoryConfig,
        inputs: impl Into<NetworkInputs>,
        rngs: &mut [R],
        device: &Device,
        visitor: V,
    ) -> V::Output {
        let inputs = inputs.into();
        let sizes = inputs.sizes;
        match self {
            Self::Mlp => visitor.visit(TrajectoryMlp::new(config, sizes, rngs, device)),
            Self::NodeMlp => visitor.visit(TrajectoryNodeMlp::new(config, sizes, rngs, device)),
            Self::SharedMlp => visitor.visit(TrajectorySharedMlp::new(config, sizes, rngs, device)),
            Self::Gnn(edges) => {
                visitor.visit(TrajectoryGnn::new(config, edges, sizes, rngs, device))
            }
            Self::LstmMlp => visitor.visit(TrajectoryLstmMlp::new(config, sizes, rngs, device)),
            Self::LstmGnn => visitor.visit(TrajectoryLstmGnn::new(config, sizes, rngs, device)),
            Self::Gat => visitor.visit(TrajectoryGat::new(config, sizes, rngs, device)),
            Self::Gin(epsilon) => {
                visitor.visit(TrajectoryGin::new(config, epsilon, sizes, rngs, device))
            }
            Self::Sage => visitor.visit(TrajectorySage::new(config, sizes, rngs, device)),
            Self::Attention => visitor.visit(TrajectoryAttention::new(config, sizes, rngs, device)),
            Self::RecurrentAttention(leaning) => {
                let network =
                    TrajectoryRecurrentAttention::new(config, leaning, &inputs, rngs, device);
                visitor.visit(network)
            }
        }
    }
}
