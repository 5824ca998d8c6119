//! Global attention pooling (Li et al. 2016, eq. 7, in the form of PyTorch Geometric, which the
//! paper used): one of the "established models" of the supplement's model selection: `attention`.
//!
//! `r = Σ_i softmax_i(gate(f_i)) · value(f_i)`, with a linear layer each for gate and value. Li et
//! al. gate by a logistic function instead of the softmax. The sum over nodes takes the place of
//! the concatenation, so the network does not tell neurons apart. Node encoder and readout are
//! those of `gnn`.

use crate::network::{DecodingNetwork, Dimensions};
use crate::written::{Operation, Place, Written};
use burn::module::Module;
use burn::tensor::{Device, Tensor, activation::softmax};
use nervering_nn::activation::Activation;
use nervering_nn::block::{MlpBlock, MlpBlockConfig};
use nervering_nn::linear::Linear;
use nervering_nn::pass::Pass;
use rand::Rng;

/// What an [`Attention`] is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttentionConfig {
    /// Hidden units of every layer.
    pub width: usize,
    /// After each layer of a block.
    pub activation: Activation,
}

impl AttentionConfig {
    /// In the frame of the scripts' networks.
    pub fn scripts() -> Self {
        Self { width: 16, activation: Activation::Elu }
    }

    /// One replica per generator. The network is the same for any number of neurons.
    pub fn init<R: Rng>(self, sizes: Dimensions, rngs: &mut [R], device: &Device) -> Attention {
        let Self { width, activation } = self;
        let block = |n_in| MlpBlockConfig { n_in, width, activation, batch_norm: true };
        Attention {
            node: block(sizes.n_features).init(rngs, device),
            gate: Linear::new(width, 1, rngs, device),
            value: Linear::new(width, width, rngs, device),
            readout: block(width).init(rngs, device),
            out: Linear::new(width, sizes.n_classes, rngs, device),
        }
    }
}

/// Global attention pooling.
#[derive(Module, Debug)]
pub struct Attention {
    node: MlpBlock,
    gate: Linear,
    value: Linear,
    readout: MlpBlock,
    out: Linear,
}

/// `Σ_i softmax_i(gate(f_i)) · value(f_i)` of nodes `[replica, frame, node, width]`,
/// `[replica, frame, 1, width]`.
pub(crate) fn pooled(f: Tensor<4>, gate: &Linear, value: &Linear) -> Tensor<4> {
    let shares = softmax(gate.forward_nodes(f.clone()), 2);
    (value.forward_nodes(f) * shares).sum_dim(2)
}

/// [`pooled`] written out.
pub(crate) fn write_pooled(to: &mut Written, f: Place) -> Place {
    let gate = to.dense("gate", f);
    let shares = to.add(Operation::SoftmaxOverNeurons, &[gate]);
    let values = to.dense("value", f);
    let shared = to.add(Operation::Multiply, &[values, shares]);
    to.add(Operation::SumOverNeurons, &[shared])
}

impl DecodingNetwork for Attention {
    fn hidden(&self, pass: &Pass, x: Tensor<4>) -> Tensor<3> {
        let f = self.node.forward_nodes(pass, x);
        let pooled = pooled(f, &self.gate, &self.value);
        self.readout.forward(pass, pooled.squeeze_dim(2), 1)
    }

    fn readout(&self) -> &Linear {
        &self.out
    }

    fn write(&self, to: &mut Written, x: Place) -> Place {
        let f = to.block("node", &self.node, x);
        let pooled = write_pooled(to, f);
        let pooled = to.add(Operation::SideBySide, &[pooled]);
        let hidden = to.block("readout", &self.readout, pooled);
        to.dense("out", hidden)
    }

    fn edges(&self, _: &Pass, _: Tensor<4>) -> Option<Tensor<3>> {
        None
    }
}
