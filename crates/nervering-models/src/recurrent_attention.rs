//! The recurrent graph network with attention that the paper proposes ("future work"): at every frame
//! neurons hear each other by multi-head attention, and each takes what it has heard into a gated
//! recurrent state of its own: `rgnn`. With a connectome, whose weights are added to what
//! decides who is listened to: `rgnn-connectome`.
//!
//! With `f_i` the encoded features of neuron i (eq. 8) and `h_i` its state after the frame before,
//! `z_i = [f_i ‖ h_i]`, `s_ij = q(z_i) · k(z_j) / √d + β C_ij` for each head,
//! `m_i = Σ_j softmax_j(s_ij) v(z_j)` of all heads side by side (Vaswani et al. 2017, eq. 1), and
//! `h_i ← GRU([f_i ‖ m_i], h_i)` (Cho et al. 2014, in PyTorch's form), as in the gated graph networks of Li
//! et al. (2016). `C` is the connectome, its rows adding up to 1, and β a number for each head that is
//! trained and starts at 1. Nothing is looked at but the frames up to the present; how frames are cut into
//! sequences is said in [`lstm`](nervering_nn::lstm). Concatenation and readout are those of `gnn`.
//!
//! The paper gives no equations; the choice of these is ours.

use crate::gnn::GivenEdges;
use crate::network::{DecodingNetwork, NetworkInputs, concatenated};
use crate::written::{Extent, Listening, Operation, Place, Written};
use burn::module::{Module, Param};
use burn::tensor::activation::{sigmoid, softmax};
use burn::tensor::{Device, Tensor};
use nervering_nn::activation::Activation;
use nervering_nn::block::{MlpBlock, MlpBlockConfig};
use nervering_nn::edges::EdgeWeights;
use nervering_nn::init::constant;
use nervering_nn::linear::Linear;
use nervering_nn::lstm::{BURN_IN, Cut, along_sequences, without_burn_in};
use nervering_nn::ops::Labels;
use nervering_nn::pass::Pass;
use rand::Rng;

/// Heads at most; as many as the width can be divided by.
const HEADS: usize = 4;

/// What decides who is listened to, besides what neurons do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leaning {
    /// Nothing.
    None,
    /// A connectome.
    Connectome,
}

impl Leaning {
    /// Where its edges come from.
    pub fn given_edges(self) -> Option<GivenEdges> {
        match self {
            Self::None => None,
            Self::Connectome => Some(GivenEdges::Connectome),
        }
    }
}

/// What a [`RecurrentAttention`] is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecurrentAttentionConfig {
    /// Hidden units of every layer, and of a neuron's state.
    pub width: usize,
    /// After each layer of a block.
    pub activation: Activation,
    /// What attention leans to.
    pub leaning: Leaning,
}

impl RecurrentAttentionConfig {
    /// In the frame of the scripts' networks.
    pub fn scripts(leaning: Leaning) -> Self {
        Self { width: 16, activation: Activation::Elu, leaning }
    }

    /// One replica per generator.
    ///
    /// # Panics
    /// When a connectome is leant to and `inputs` do not hold one number per pair of neurons.
    pub fn init<R: Rng>(
        self,
        inputs: impl Into<NetworkInputs>,
        rngs: &mut [R],
        device: &Device,
    ) -> RecurrentAttention {
        let inputs = inputs.into();
        let Self { width, activation, leaning } = self;
        let block = |n_in| MlpBlockConfig { n_in, width, activation, batch_norm: true };
        RecurrentAttention {
            node: block(inputs.sizes.n_features).init(rngs, device),
            cell: Cell::new(width, leaning, &inputs, rngs, device),
            readout: block(inputs.sizes.n_neurons * width).init(rngs, device),
            out: Linear::new(width, inputs.sizes.n_classes, rngs, device),
        }
    }
}

/// One step of attention and memory, the same for every neuron.
#[derive(Module, Debug)]
pub(crate) struct Cell {
    query: Linear,
    key: Linear,
    value: Linear,
    /// From `[f ‖ m]` to the reset and update gates and the candidate, side by side.
    heard: Linear,
    /// From the state to the same.
    state: Linear,
    /// β, `[replica, head]`, and `C`, `[replica, receiver, sender]`.
    leaning: Option<Param<Tensor<2>>>,
    connectome: Option<Param<Tensor<3>>>,
}

impl Cell {
    /// For nodes of so many units.
    ///
    /// # Panics
    /// As [`RecurrentAttentionConfig::init`].
    pub(crate) fn new<R: Rng>(
        width: usize,
        leaning: Leaning,
        inputs: &NetworkInputs,
        rngs: &mut [R],
        device: &Device,
    ) -> Self {
        let mut layer = |n_in, n_out| Linear::new(n_in, n_out, rngs, device);
        let [query, key, value] = [(); 3].map(|()| layer(2 * width, width));
        let heard = layer(2 * width, 3 * width);
        let state = layer(width, 3 * width);
        let given = leaning.given_edges();
        Self {
            query,
            key,
            value,
            heard,
            state,
            leaning: given.map(|_| constant(1., n_heads(width), rngs.len(), device)),
            connectome: given.map(|given| given.init(inputs, rngs, device)),
        }
    }

    /// The state after one more frame, `[replica, sequence, node, width]`, and who was listened to,
    /// `[replica, sequence, head, receiver, sender]`.
    pub(crate) fn step(&self, f: Tensor<4>, before: Option<Tensor<4>>) -> (Tensor<4>, Tensor<5>) {
        let [n_replicas, n_sequences, n, width] = f.dims();
        let zeros = || Tensor::zeros(f.dims(), (&f.device(), f.dtype()));
        let before = before.unwrap_or_else(zeros);
        let z = Tensor::cat(vec![f.clone(), before.clone()], 3);
        let heads = n_heads(width);
        let by_head = |x: Tensor<4>| -> Tensor<5> {
            x.reshape([n_replicas, n_sequences, n, heads, width / heads]).swap_dims(2, 3)
        };
        let query = by_head(self.query.forward_nodes(z.clone()));
        let key = by_head(self.key.forward_nodes(z.clone()));
        let value = by_head(self.value.forward_nodes(z));
        let scale = 1. / ((width / heads) as f64).sqrt();
        let mut scores = query.matmul(key.swap_dims(3, 4)) * scale;
        if let (Some(leaning), Some(connectome)) = (&self.leaning, &self.connectome) {
            let beta = leaning.val().reshape([n_replicas, 1, heads, 1, 1]);
            scores = scores + connectome.val().reshape([n_replicas, 1, 1, n, n]) * beta;
        }
        let weights = softmax(scores, 4);
        let messages = weights.clone().matmul(value).swap_dims(2, 3);
        let messages = messages.reshape([n_replicas, n_sequences, n, width]);
        let of_heard = self.heard.forward_nodes(Tensor::cat(vec![f, messages], 3));
        let of_state = self.state.forward_nodes(before.clone());
        let part = |x: &Tensor<4>, k: usize| x.clone().narrow(3, k * width, width);
        let reset = sigmoid(part(&of_heard, 0) + part(&of_state, 0));
        let update = sigmoid(part(&of_heard, 1) + part(&of_state, 1));
        let candidate = (part(&of_heard, 2) + reset * part(&of_state, 2)).tanh();
        let after = candidate.clone() + update * (before - candidate);
        (after, weights)
    }

    /// [`Cell::step`] written out.
    pub(crate) fn write(&self, to: &mut Written, width: usize, extent: Extent, f: Place) -> Place {
        let named = |to: &Written, part: &str| to.name(&format!("cell.{part}"));
        let layer =
            |to: &Written, part: &str| ["w", "b"].map(|k| named(to, &format!("{part}.{k}")));
        let layers = Listening {
            heads: n_heads(width),
            query: layer(to, "query"),
            key: layer(to, "key"),
            value: layer(to, "value"),
            heard: layer(to, "heard"),
            state: layer(to, "state"),
            gates: ["reset", "update", "candidate"],
            leaning: self.leaning.as_ref().map(|_| named(to, "leaning")),
            connectome: self.connectome.as_ref().map(|_| named(to, "connectome")),
            sequence: extent.cut().map(|cut| cut.sequence),
            burn_in: extent.cut().map_or(BURN_IN, |cut| cut.burn_in),
        };
        to.add(Operation::RecurrentAttention(Box::new(layers)), &[f])
    }
}

/// Heads that a width is divided into.
fn n_heads(width: usize) -> usize {
    (1..=HEADS).rev().find(|heads| width.is_multiple_of(*heads)).unwrap_or(1)
}

/// The recurrent graph network with attention.
#[derive(Module, Debug)]
pub struct RecurrentAttention {
    node: MlpBlock,
    cell: Cell,
    readout: MlpBlock,
    out: Linear,
}

impl DecodingNetwork for RecurrentAttention {
    fn hidden(&self, pass: &Pass, x: Tensor<4>) -> Tensor<3> {
        let f = self.node.forward_nodes(pass, x);
        let states = along_sequences(pass, Cut::WINDOWS, f, |f, before: Option<Tensor<4>>| {
            let (after, _) = self.cell.step(f, before);
            (after.clone(), after)
        });
        self.readout.forward(pass, concatenated(states), 1)
    }

    fn readout(&self) -> &Linear {
        &self.out
    }

    fn write(&self, to: &mut Written, x: Place) -> Place {
        let f = to.block("node", &self.node, x);
        let width = self.out.w.dims()[1];
        let states = self.cell.write(to, width, Extent::Recording(Cut::WINDOWS), f);
        let all = to.add(Operation::SideBySide, &[states]);
        let hidden = to.block("readout", &self.readout, all);
        to.dense("out", hidden)
    }

    /// The mean of the heads.
    fn edges(&self, pass: &Pass, x: Tensor<4>) -> Option<Tensor<3>> {
        let f = self.node.forward_nodes(pass, x);
        let listening = along_sequences(pass, Cut::WINDOWS, f, |f, before: Option<Tensor<4>>| {
            let (after, weights) = self.cell.step(f, before);
            (weights.mean_dim(2).squeeze_dim(2), after)
        });
        Some(EdgeWeights::Dynamic(listening).mean_over_frames(&pass.frames))
    }

    fn counted(&self, pass: &Pass, labels: &Labels) -> Labels {
        without_burn_in(&pass.runs(), labels)
    }
}
