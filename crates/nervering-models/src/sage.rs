//! GraphSAGE with the mean aggregator (Hamilton et al. 2017, algorithm 1) on the fully connected
//! graph, one of the "established models" of the supplement's model selection: `sage`.
//!
//! `h_i = σ(W · [f_i ‖ mean_{j ≠ i} f_j] + b)`. Algorithm 1 then scales each `h_i` to length 1; like
//! PyTorch Geometric, which the paper used, we leave that out. Node encoder, concatenation and
//! readout are those of `gnn`.

use crate::network::{DecodingNetwork, Dimensions, concatenated};
use crate::written::{Operation, Place, Written};
use burn::module::Module;
use burn::tensor::{Device, Tensor};
use nervering_nn::activation::Activation;
use nervering_nn::block::{MlpBlock, MlpBlockConfig};
use nervering_nn::linear::Linear;
use nervering_nn::pass::Pass;
use rand::Rng;

/// What a [`Sage`] is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SageConfig {
    /// Hidden units of every layer.
    pub width: usize,
    /// After each layer; σ above.
    pub activation: Activation,
}

impl SageConfig {
    /// In the frame of the scripts' networks.
    pub fn scripts() -> Self {
        Self { width: 16, activation: Activation::Elu }
    }

    /// One replica per generator.
    pub fn init<R: Rng>(self, sizes: Dimensions, rngs: &mut [R], device: &Device) -> Sage {
        let Self { width, activation } = self;
        let block = |n_in| MlpBlockConfig { n_in, width, activation, batch_norm: true };
        Sage {
            node: block(sizes.n_features).init(rngs, device),
            message: Linear::new(2 * width, width, rngs, device),
            readout: block(sizes.n_neurons * width).init(rngs, device),
            out: Linear::new(width, sizes.n_classes, rngs, device),
            activation,
        }
    }
}

/// GraphSAGE.
#[derive(Module, Debug)]
pub struct Sage {
    node: MlpBlock,
    message: Linear,
    readout: MlpBlock,
    out: Linear,
    #[module(skip)]
    activation: Activation,
}

/// `[f_i ‖ mean_{j ≠ i} f_j]` of nodes `[replica, frame, node, width]`.
pub(crate) fn beside_others(f: Tensor<4>) -> Tensor<4> {
    let n = f.dims()[2];
    // A neuron alone has no others, and hears zeros.
    let share = 1. / (n - 1).max(1) as f64;
    let of_others = (f.clone().sum_dim(2) - f.clone()) * share;
    Tensor::cat(vec![f, of_others], 3)
}

impl DecodingNetwork for Sage {
    fn hidden(&self, pass: &Pass, x: Tensor<4>) -> Tensor<3> {
        let beside = beside_others(self.node.forward_nodes(pass, x));
        let nodes = self.message.forward_nodes(beside);
        self.readout.forward(pass, concatenated(self.activation.apply(nodes)), 1)
    }

    fn readout(&self) -> &Linear {
        &self.out
    }

    fn write(&self, to: &mut Written, x: Place) -> Place {
        let f = to.block("node", &self.node, x);
        let others = to.add(Operation::MeanOfOthers, &[f]);
        let beside = to.add(Operation::Join, &[f, others]);
        let nodes = to.dense("message", beside);
        let nodes = to.activation(self.activation, nodes);
        let nodes = to.add(Operation::SideBySide, &[nodes]);
        let hidden = to.block("readout", &self.readout, nodes);
        to.dense("out", hidden)
    }

    fn edges(&self, _: &Pass, _: Tensor<4>) -> Option<Tensor<3>> {
        None
    }
}
