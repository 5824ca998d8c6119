//! The networks that forecast by name: what is substituted for `f` in eq. 4–5, `x_{t+1} = x_t + f(x_t)`.
//!
//! The paper's two are [`mlp`](crate::mlp) and [`gnn`](crate::gnn); [`node_mlp`](crate::node_mlp),
//! [`lstm_mlp`](crate::lstm_mlp) and [`lstm_gnn`](crate::lstm_gnn) are its variants,
//! [`recurrent_attention`](crate::recurrent_attention) what it proposes; [`gat`](crate::gat), [`gin`](crate::gin),
//! [`sage`](crate::sage) and [`attention`](crate::attention) are the "established models" of the supplement's model
//! selection. What stands behind each is told in [`forecasting`](crate::forecasting).

pub use crate::architecture::TrajectoryVisitor;
pub use crate::forecasting::TrajectoryConfig;
pub use crate::gnn::TrajectoryEdges;

use crate::architecture::Architecture;
use crate::gnn::{GivenEdges, Gnn};
use crate::lstm_gnn::LstmGnn;
use crate::mlp::Mlp;
use crate::network::NetworkInputs;
use crate::node_mlp::NodeMlp;
use burn::tensor::Device;
use rand::Rng;

/// An architecture for `f`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrajectoryNetwork {
    /// On all neurons side by side.
    Mlp,
    /// One MLP for every neuron by itself: the scripts.
    SharedMlp,
    /// Message passing along inferred edges.
    Gnn(TrajectoryEdges),
    /// LSTM before the graph network with dynamic edges.
    LstmGnn,
    /// One that decodes by the same body.
    Of(Architecture),
}

impl TrajectoryNetwork {
    /// Adam's rate at the start: of the scripts, 5e-4 for the graph network and 1e-3 for the
    /// perceptrons. Neither text nor scripts give the others', and each is here given the rate of
    /// the one of the two that it is a variant of, or stands in for.
    pub fn learning_rate(self) -> f64 {
        match self {
            Self::Mlp
            | Self::SharedMlp
            | Self::Of(Architecture::NodeMlp | Architecture::LstmMlp) => 1e-3,
            Self::Gnn(_) | Self::LstmGnn | Self::Of(_) => 5e-4,
        }
    }

    /// Where its edges come from, of a network that is given some.
    pub fn given_edges(self) -> Option<GivenEdges> {
        match self {
            Self::Of(architecture) => architecture.given_edges(),
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
            Self::Mlp => visitor.visit(Mlp::forecasting(config, sizes, rngs, device)),
            Self::SharedMlp => visitor.visit(NodeMlp::shared(config, sizes, rngs, device)),
            Self::Gnn(edges) => visitor.visit(Gnn::forecasting(config, edges, sizes, rngs, device)),
            Self::LstmGnn => visitor.visit(LstmGnn::forecasting(config, sizes, rngs, device)),
            Self::Of(architecture) => {
                architecture.forecasting_with(config, &inputs, rngs, device, visitor)
            }
        }
    }
}
