//! The graph isomorphism network (Xu et al. 2019, eq. 4.1) on the fully connected graph, one of the
//! "established models" of the supplement's model selection: `gin-0` and `gin-eps`.
//!
//! `h_i = MLP((1 + ε) · f_i + Σ_{j ≠ i} f_j)`. With ε = 0 every node gets the same features, so the
//! network does not tell neurons apart at all: "GIN-0 simply symmetrizes node features".
//!
//! Node encoder, concatenation and readout are those of `gnn`; the MLP is the paper's block `g`,
//! and a node's own features do not stand beside it. Source for the rest: the text says no more.

use crate::network::{DecodingNetwork, Dimensions, concatenated};
use crate::written::{Operation, Place, Written};
use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};
use nervering_nn::activation::Activation;
use nervering_nn::block::{MlpBlock, MlpBlockConfig};
use nervering_nn::init::constant;
use nervering_nn::linear::Linear;
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

/// What a [`Gin`] is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GinConfig {
    /// Hidden units of every layer.
    pub width: usize,
    /// After each layer.
    pub activation: Activation,
    /// GIN-0 or GIN-ε.
    pub epsilon: Epsilon,
}

impl GinConfig {
    /// In the frame of the scripts' networks.
    pub fn scripts(epsilon: Epsilon) -> Self {
        Self { width: 16, activation: Activation::Elu, epsilon }
    }

    /// One replica per generator.
    pub fn init<R: Rng>(self, sizes: Dimensions, rngs: &mut [R], device: &Device) -> Gin {
        let Self { width, activation, epsilon } = self;
        let block = |n_in| MlpBlockConfig { n_in, width, activation, batch_norm: true };
        let learned = epsilon == Epsilon::Learned;
        Gin {
            node: block(sizes.n_features).init(rngs, device),
            epsilon: learned.then(|| constant(0., 1, rngs.len(), device)),
            message: block(width).init(rngs, device),
            readout: block(sizes.n_neurons * width).init(rngs, device),
            out: Linear::new(width, sizes.n_classes, rngs, device),
        }
    }
}

/// The graph isomorphism network.
#[derive(Module, Debug)]
pub struct Gin {
    node: MlpBlock,
    /// `[replica, 1]`.
    epsilon: Option<Param<Tensor<2>>>,
    message: MlpBlock,
    readout: MlpBlock,
    out: Linear,
}

/// `(1 + ε) f_i + Σ_{j ≠ i} f_j` of nodes `[replica, frame, node, width]`, for ε `[replica, 1]`; one
/// node that stands for all where there is no ε.
pub(crate) fn heard(f: Tensor<4>, epsilon: Option<Tensor<2>>) -> Tensor<4> {
    let n_replicas = f.dims()[0];
    // That is ε f_i and everybody's sum.
    let all = f.clone().sum_dim(2);
    match epsilon {
        None => all,
        Some(epsilon) => f * epsilon.reshape([n_replicas, 1, 1, 1]) + all,
    }
}

/// ε f, of a network that learns ε, and what all say.
pub(crate) fn own_and_all(to: &mut Written, f: Place, all: Place) -> Place {
    let epsilon = to.add(Operation::Parameter { name: to.name("epsilon") }, &[]);
    let own = to.add(Operation::Multiply, &[f, epsilon]);
    to.add(Operation::Add, &[own, all])
}

impl DecodingNetwork for Gin {
    fn hidden(&self, pass: &Pass, x: Tensor<4>) -> Tensor<3> {
        let f = self.node.forward_nodes(pass, x);
        let shape = f.dims();
        let heard = heard(f, self.epsilon.as_ref().map(|epsilon| epsilon.val()));
        let nodes = self.message.forward_nodes(pass, heard.expand(shape));
        self.readout.forward(pass, concatenated(nodes), 1)
    }

    fn readout(&self) -> &Linear {
        &self.out
    }

    fn write(&self, to: &mut Written, x: Place) -> Place {
        let f = to.block("node", &self.node, x);
        let all = to.add(Operation::SumOverNeurons, &[f]);
        let heard = match &self.epsilon {
            None => to.add(Operation::ToEveryNeuron, &[all, f]),
            Some(_) => own_and_all(to, f, all),
        };
        let nodes = to.block("message", &self.message, heard);
        let nodes = to.add(Operation::SideBySide, &[nodes]);
        let hidden = to.block("readout", &self.readout, nodes);
        to.dense("out", hidden)
    }

    fn edges(&self, _: &Pass, _: Tensor<4>) -> Option<Tensor<3>> {
        None
    }
}
