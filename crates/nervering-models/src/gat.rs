//! The graph attention network (Veličković et al. 2018, eq. 1–4) on the fully connected graph with
//! self edges, one head: `gat`. "Similar to our model when edges are dynamically inferred each
//! timestep"; "we found that the GAT performs equally well on trajectory prediction" (supplement, model
//! selection).
//!
//! `e_ij = LeakyReLU(a · [W f_i ‖ W f_j])` with slope 0.2, `α_ij = softmax_j(e_ij)`,
//! `h_i = σ(Σ_j α_ij W f_j + b)`; the bias as in PyTorch Geometric, which the paper used. Node
//! encoder, concatenation and readout are those of `gnn`.

use crate::body::{Body, Layers};
use crate::heads::TwoHeads;
use crate::network::NetworkInputs;
use crate::written::{Extent, Operation, Place, Written};
use burn::module::{Module, Param};
use burn::tensor::activation::{leaky_relu, softmax};
use burn::tensor::{Device, Tensor};
use nervering_nn::activation::Activation;
use nervering_nn::block::MlpBlock;
use nervering_nn::edges::EdgeWeights;
use nervering_nn::init::{BIAS, constant, xavier_normal};
use nervering_nn::pass::Pass;
use rand::Rng;

/// Of the LeakyReLU, below 0.
const SLOPE: f64 = 0.2;

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
    #[module(skip)]
    activation: Activation,
}

impl Gat {
    /// `W f`, `[replica, frame, node, width]`, and α, `[replica, frame, receiver, sender]`.
    fn attend(&self, pass: &Pass, x: Tensor<4>) -> (Tensor<4>, Tensor<4>) {
        let f = self.node.forward_nodes(pass, x);
        let [n_replicas, n_frames, n, width] = f.dims();
        let z = f.reshape([n_replicas, n_frames * n, width]).matmul(self.w.val());
        // a · [z_i ‖ z_j] is one number of the receiver and one of the sender.
        let halves = self.attention.val().reshape([n_replicas, 2, width]).swap_dims(1, 2);
        let scores = z.clone().matmul(halves).reshape([n_replicas, n_frames, n, 2]);
        let of_receivers = scores.clone().narrow(3, 0, 1);
        let of_senders = scores.narrow(3, 1, 1).swap_dims(2, 3);
        let weights = softmax(leaky_relu(of_receivers + of_senders, SLOPE), 3);
        (z.reshape([n_replicas, n_frames, n, width]), weights)
    }
}

impl TwoHeads for Gat {
    type Chosen = ();

    /// The body is the same for any number of neurons.
    fn body<R: Rng>(
        layers: Layers,
        (): (),
        inputs: &NetworkInputs,
        rngs: &mut [R],
        device: &Device,
    ) -> Self {
        let width = layers.width;
        Self {
            node: layers.block(inputs.sizes.n_features).init(rngs, device),
            w: xavier_normal(width, width, rngs, device),
            attention: xavier_normal(2 * width, 1, rngs, device),
            b: constant(BIAS, width, rngs.len(), device),
            activation: layers.activation,
        }
    }
}

impl Body for Gat {
    type Memory = ();

    fn heard(&self, pass: &Pass, x: Tensor<4>) -> Tensor<4> {
        let (z, weights) = self.attend(pass, x);
        let [n_replicas, _, _, width] = z.dims();
        let heard = weights.matmul(z) + self.b.val().reshape([n_replicas, 1, 1, width]);
        self.activation.apply(heard)
    }

    fn write(&self, to: &mut Written, _: Extent, x: Place) -> Place {
        let f = to.block("node", &self.node, x);
        let z = to.add(Operation::Dense { w: to.name("w"), b: None }, &[f]);
        let scores = to.add(Operation::PairScores { a: to.name("attention") }, &[z]);
        let scores = to.add(Operation::LeakyRelu { slope: SLOPE }, &[scores]);
        let weights = to.add(Operation::SoftmaxOverSenders, &[scores]);
        let mixed = to.add(Operation::Mix, &[weights, z]);
        let b = to.add(Operation::Parameter { name: to.name("b") }, &[]);
        let heard = to.add(Operation::Add, &[mixed, b]);
        to.activation(self.activation, heard)
    }

    fn edges(&self, pass: &Pass, x: Tensor<4>) -> Option<Tensor<3>> {
        let (_, weights) = self.attend(pass, x);
        Some(EdgeWeights::Dynamic(weights).mean_over_frames(&pass.frames))
    }
}
