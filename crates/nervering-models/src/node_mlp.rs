//! The node MLP: "individual MLPs for each node" (supplement, model implementation): `node-mlp`.
//!
//! The paper has it forecast; to decode, every neuron's block, with weights of its own where `mlp`
//! shares them, is followed by the concatenation and readout of `mlp`.

use crate::network::{DecodingNetwork, Dimensions, concatenated};
use crate::written::{Operation, Place, Written};
use burn::module::Module;
use burn::tensor::{Device, Tensor};
use nervering_nn::activation::Activation;
use nervering_nn::block::{MlpBlock, MlpBlockConfig};
use nervering_nn::linear::Linear;
use nervering_nn::node_blocks::NodeBlocks;
use nervering_nn::pass::Pass;
use rand::Rng;

/// What a [`NodeMlp`] is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NodeMlpConfig {
    /// Hidden units of every layer.
    pub width: usize,
    /// After each layer.
    pub activation: Activation,
}

impl NodeMlpConfig {
    /// In the frame of the scripts' networks.
    pub fn scripts() -> Self {
        Self { width: 16, activation: Activation::Elu }
    }

    /// One replica per generator.
    pub fn init<R: Rng>(self, sizes: Dimensions, rngs: &mut [R], device: &Device) -> NodeMlp {
        let Self { width, activation } = self;
        let block = |n_in, batch_norm| MlpBlockConfig { n_in, width, activation, batch_norm };
        let n = sizes.n_neurons;
        NodeMlp {
            nodes: NodeBlocks::new(block(sizes.n_features, true), n, rngs, device),
            readout: block(n * width, false).init(rngs, device),
            out: Linear::new(width, sizes.n_classes, rngs, device),
        }
    }
}

/// The node MLP.
#[derive(Module, Debug)]
pub struct NodeMlp {
    nodes: NodeBlocks,
    readout: MlpBlock,
    out: Linear,
}

impl DecodingNetwork for NodeMlp {
    fn hidden(&self, pass: &Pass, x: Tensor<4>) -> Tensor<3> {
        let nodes = self.nodes.forward(pass, x);
        self.readout.forward(pass, concatenated(nodes), 1)
    }

    fn readout(&self) -> &Linear {
        &self.out
    }

    fn write(&self, to: &mut Written, x: Place) -> Place {
        let nodes = to.layers("nodes", self.nodes.activation(), self.nodes.has_norm(), x);
        let all = to.add(Operation::SideBySide, &[nodes]);
        let hidden = to.block("readout", &self.readout, all);
        to.dense("out", hidden)
    }

    fn edges(&self, _: &Pass, _: Tensor<4>) -> Option<Tensor<3>> {
        None
    }
}
