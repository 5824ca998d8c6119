//! The graph isomorphism network (Xu et al. 2019, eq. 4.1) on the fully connected graph, one of the
//! "established models" of the supplement's model selection: `gin-0` and `gin-eps`.
//!
//! `h_i = MLP((1 + ε) · f_i + Σ_{j ≠ i} f_j)`. With ε = 0 every node hears the same sum, so the network
//! does not tell neurons apart at all, and forecasts the same increment for each: "the GIN-0 simply symmetrizes
//! node features after a message passing step". That is what the definition says, and it is left so.
//!
//! Node encoder, concatenation and readout are those of `gnn`; the MLP is the paper's block `g`,
//! and a node's own features do not stand beside it. Source for the rest: the text says no more.

use crate::body::{Body, Layers};
use crate::forecasting::{Forecasting, TrajectoryConfig};
use crate::heads::TwoHeads;
use crate::network::{Dimensions, NetworkInputs};
use crate::written::{Extent, Operation, Place, Written};
use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};
use nervering_nn::block::MlpBlock;
use nervering_nn::init::constant;
use nervering_nn::pass::Pass;
use rand::Rng;

/// How much more a node weighs to itself than the others do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Epsilon {
    /// Nothing: GIN-0.
    Zero,
    /// Learned, one number per replica that starts at 0: GIN-ε.
    Learned,
}

/// The graph isomorphism network.
#[derive(Module, Debug)]
pub struct Gin {
    node: MlpBlock,
    /// `[replica, 1]`.
    epsilon: Option<Param<Tensor<2>>>,
    message: MlpBlock,
}

impl Gin {
    /// `(1 + ε) f_i + Σ_{j ≠ i} f_j` of encoded nodes, `[replica, frame, node, width]`; one node that stands
    /// for all where there is no ε.
    fn sums(&self, f: Tensor<4>) -> Tensor<4> {
        let n_replicas = f.dims()[0];
        // That is ε f_i and everybody's sum.
        let all = f.clone().sum_dim(2);
        match &self.epsilon {
            None => all,
            Some(epsilon) => f * epsilon.val().reshape([n_replicas, 1, 1, 1]) + all,
        }
    }
}

impl TwoHeads for Gin {
    type Chosen = Epsilon;

    /// The body is the same for any number of neurons.
    fn body<R: Rng>(
        layers: Layers,
        epsilon: Epsilon,
        inputs: &NetworkInputs,
        rngs: &mut [R],
        device: &Device,
    ) -> Self {
        let learned = epsilon == Epsilon::Learned;
        Self {
            node: layers.block(inputs.sizes.n_features).init(rngs, device),
            epsilon: learned.then(|| constant(0., 1, rngs.len(), device)),
            message: layers.block(layers.width).init(rngs, device),
        }
    }

    /// Its own MLP is the block that moves a node.
    fn moving<R: Rng>(
        self,
        config: TrajectoryConfig,
        sizes: Dimensions,
        rngs: &mut [R],
        device: &Device,
    ) -> Forecasting<Self> {
        Forecasting::of_each_node(self, None, config, sizes, rngs, device)
    }
}

impl Body for Gin {
    type Memory = ();

    fn heard(&self, pass: &Pass, x: Tensor<4>) -> Tensor<4> {
        let f = self.node.forward_nodes(pass, x);
        let shape = f.dims();
        self.message.forward_nodes(pass, self.sums(f).expand(shape))
    }

    /// Without ε, one node that stands for all, so that the block is computed once.
    fn heard_next(&self, pass: &Pass, x: Tensor<4>, (): &mut ()) -> Tensor<4> {
        let f = self.node.forward_nodes(pass, x);
        self.message.forward_nodes(pass, self.sums(f))
    }

    fn write(&self, to: &mut Written, extent: Extent, x: Place) -> Place {
        let f = to.block("node", &self.node, x);
        let all = to.add(Operation::SumOverNeurons, &[f]);
        let sums = match (&self.epsilon, extent) {
            (None, Extent::RollOut) => all,
            (None, Extent::Recording(_)) => to.add(Operation::ToEveryNeuron, &[all, f]),
            (Some(_), _) => {
                let epsilon = to.add(Operation::Parameter { name: to.name("epsilon") }, &[]);
                let own = to.add(Operation::Multiply, &[f, epsilon]);
                to.add(Operation::Add, &[own, all])
            }
        };
        to.block("message", &self.message, sums)
    }
}
