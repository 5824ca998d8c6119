//! The graph attention network (Veličković et al. 2018, eq. 1–4) on the fully connected graph with
//! self edges, one head: `gat`. "Similar to our model when edges are dynamically inferred each
//! timestep" (supplement, model selection).
//!
//! `e_ij = LeakyReLU(a · [W f_i ‖ W f_j])` with slope 0.2, `α_ij = softmax_j(e_ij)`,
//! `h_i = σ(Σ_j α_ij W f_j + b)`; the bias as in PyTorch Geometric, which the paper used. Node
//! encoder, concatenation and readout are those of `gnn`.

use crate::network::{DecodingNetwork, Dimensions, concatenated};
use crate::written::{Operation, Place, Written};
use burn::module::{Module, Param};
use burn::tensor::activation::{leaky_relu, softmax};
use burn::tensor::{Device, Tensor};
use nervering_nn::activation::Activation;
use nervering_nn::block::{MlpBlock, MlpBlockConfig};
use nervering_nn::edges::EdgeWeights;
use nervering_nn::init::{BIAS, constant, xavier_normal};
use nervering_nn::linear::Linear;
use nervering_nn::pass::Pass;
use rand::Rng;

/// Of the LeakyReLU, below 0.
const SLOPE: f64 = 0.2;

/// What a [`Gat`] is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GatConfig {
    /// Hidden units of every layer.
    pub width: usize,
    /// After each layer; σ above.
    pub activation: Activation,
}

impl GatConfig {
    /// In the frame of the scripts' networks.
    pub fn scripts() -> Self {
        Self { width: 16, activation: Activation::Elu }
    }

    /// One replica per generator.
    pub fn init<R: Rng>(self, sizes: Dimensions, rngs: &mut [R], device: &Device) -> Gat {
        let Self { width, activation } = self;
        let block = |n_in| MlpBlockConfig { n_in, width, activation, batch_norm: true };
        Gat {
            node: block(sizes.n_features).init(rngs, device),
            w: xavier_normal(width, width, rngs, device),
            attention: xavier_normal(2 * width, 1, rngs, device),
            b: constant(BIAS, width, rngs.len(), device),
            readout: block(sizes.n_neurons * width).init(rngs, device),
            out: Linear::new(width, sizes.n_classes, rngs, device),
            activation,
        }
    }
}

/// The graph attention network.
#[derive(Module, Debug)]
pub struct Gat {
    node: MlpBlock,
    /// `[replica, width, width]`.
    w: Param<Tensor<3>>,
    /// `a`, the receiver's half first: `[replica, 2 · width, 1]`.
    attention: Param<Tensor<3>>,
    /// `[replica, width]`.
    b: Param<Tensor<2>>,
    readout: MlpBlock,
    out: Linear,
    #[module(skip)]
    activation: Activation,
}

impl Gat {
    /// `W f`, `[replica, frame, node, width]`, and α, `[replica, frame, receiver, sender]`.
    fn attend(&self, pass: &Pass, x: Tensor<4>) -> (Tensor<4>, Tensor<4>) {
        attend(self.node.forward_nodes(pass, x), self.w.val(), self.attention.val())
    }
}

/// `W f`, `[replica, frame, node, width]`, and α, `[replica, frame, receiver, sender]`, of encoded
/// nodes `[replica, frame, node, width]`, for `W` `[replica, width, width]` and `a`, the receiver's
/// half first, `[replica, 2 · width, 1]`.
pub(crate) fn attend(f: Tensor<4>, w: Tensor<3>, a: Tensor<3>) -> (Tensor<4>, Tensor<4>) {
    let [n_replicas, n_frames, n, width] = f.dims();
    let z = f.reshape([n_replicas, n_frames * n, width]).matmul(w);
    // a · [z_i ‖ z_j] is one number of the receiver and one of the sender.
    let halves = a.reshape([n_replicas, 2, width]).swap_dims(1, 2);
    let scores = z.clone().matmul(halves).reshape([n_replicas, n_frames, n, 2]);
    let of_receivers = scores.clone().narrow(3, 0, 1);
    let of_senders = scores.narrow(3, 1, 1).swap_dims(2, 3);
    let weights = softmax(leaky_relu(of_receivers + of_senders, SLOPE), 3);
    (z.reshape([n_replicas, n_frames, n, width]), weights)
}

/// What nodes of `f` hear, `Σ_j α_ij W f_j + b`.
pub(crate) fn write_attention(to: &mut Written, f: Place) -> Place {
    let z = to.add(Operation::Dense { w: to.name("w"), b: None }, &[f]);
    let scores = to.add(Operation::PairScores { a: to.name("attention") }, &[z]);
    let scores = to.add(Operation::LeakyRelu { slope: SLOPE }, &[scores]);
    let weights = to.add(Operation::SoftmaxOverSenders, &[scores]);
    let mixed = to.add(Operation::Mix, &[weights, z]);
    let b = to.add(Operation::Parameter { name: to.name("b") }, &[]);
    to.add(Operation::Add, &[mixed, b])
}

impl DecodingNetwork for Gat {
    fn hidden(&self, pass: &Pass, x: Tensor<4>) -> Tensor<3> {
        let (z, weights) = self.attend(pass, x);
        let [n_replicas, _, _, width] = z.dims();
        let heard = weights.matmul(z) + self.b.val().reshape([n_replicas, 1, 1, width]);
        self.readout.forward(pass, concatenated(self.activation.apply(heard)), 1)
    }

    fn readout(&self) -> &Linear {
        &self.out
    }

    fn write(&self, to: &mut Written, x: Place) -> Place {
        let f = to.block("node", &self.node, x);
        let heard = write_attention(to, f);
        let heard = to.activation(self.activation, heard);
        let heard = to.add(Operation::SideBySide, &[heard]);
        let hidden = to.block("readout", &self.readout, heard);
        to.dense("out", hidden)
    }

    fn edges(&self, pass: &Pass, x: Tensor<4>) -> Option<Tensor<3>> {
        let (_, weights) = self.attend(pass, x);
        Some(EdgeWeights::Dynamic(weights).mean_over_frames(&pass.frames))
    }
}
