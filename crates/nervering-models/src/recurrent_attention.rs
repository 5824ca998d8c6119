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
//! sequences is said in [`lstm`](nervering_nn::lstm); in a forecast the memory goes on through burn-in and
//! roll-out. Concatenation and readout are those of `gnn`.
//!
//! The paper gives no equations; the choice of these is ours.

use crate::body::{Body, Layers};
use crate::gnn::GivenEdges;
use crate::heads::TwoHeads;
use crate::network::NetworkInputs;
use crate::written::{Extent, Listening, Operation, Place, Written};
use burn::module::{Module, Param};
use burn::tensor::activation::{sigmoid, softmax};
use burn::tensor::{Device, Tensor};
use nervering_nn::block::MlpBlock;
use nervering_nn::edges::EdgeWeights;
use nervering_nn::init::constant;
use nervering_nn::linear::Linear;
use nervering_nn::lstm::{BURN_IN, Cut, along_sequences};
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

/// One step of attention and memory, the same for every neuron.
#[derive(Module, Debug)]
struct Cell {
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
    /// As [`TwoHeads::body`].
    fn new<R: Rng>(
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
    fn step(&self, f: Tensor<4>, before: Option<Tensor<4>>) -> (Tensor<4>, Tensor<5>) {
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
    fn write(&self, to: &mut Written, extent: Extent, f: Place) -> Place {
        let named = |to: &Written, part: &str| to.name(&format!("cell.{part}"));
        let layer =
            |to: &Written, part: &str| ["w", "b"].map(|k| named(to, &format!("{part}.{k}")));
        let layers = Listening {
            heads: n_heads(self.query.w.dims()[2]),
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
}

impl RecurrentAttention {
    /// The states after one more frame, and who was listened to.
    fn remembered(
        &self,
        pass: &Pass,
        x: Tensor<4>,
        memory: &mut Option<Tensor<4>>,
    ) -> (Tensor<4>, Tensor<5>) {
        let f = self.node.forward_nodes(pass, x);
        let (after, weights) = self.cell.step(f, memory.take());
        *memory = Some(after.clone());
        (after, weights)
    }
}

impl TwoHeads for RecurrentAttention {
    type Chosen = Leaning;

    /// Without a connectome the body is the same for any number of neurons.
    fn body<R: Rng>(
        layers: Layers,
        leaning: Leaning,
        inputs: &NetworkInputs,
        rngs: &mut [R],
        device: &Device,
    ) -> Self {
        Self {
            node: layers.block(inputs.sizes.n_features).init(rngs, device),
            cell: Cell::new(layers.width, leaning, inputs, rngs, device),
        }
    }
}

impl Body for RecurrentAttention {
    /// The states.
    type Memory = Option<Tensor<4>>;

    fn burn_in(&self) -> usize {
        BURN_IN
    }

    fn heard(&self, pass: &Pass, x: Tensor<4>) -> Tensor<4> {
        let f = self.node.forward_nodes(pass, x);
        along_sequences(pass, Cut::WINDOWS, f, |f, before: Option<Tensor<4>>| {
            let (after, _) = self.cell.step(f, before);
            (after.clone(), after)
        })
    }

    fn heard_next(&self, pass: &Pass, x: Tensor<4>, memory: &mut Self::Memory) -> Tensor<4> {
        self.remembered(pass, x, memory).0
    }

    fn write(&self, to: &mut Written, extent: Extent, x: Place) -> Place {
        let f = to.block("node", &self.node, x);
        self.cell.write(to, extent, f)
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

    fn edges_next(
        &self,
        pass: &Pass,
        x: Tensor<4>,
        memory: &mut Self::Memory,
    ) -> Option<Tensor<3>> {
        let (_, weights) = self.remembered(pass, x, memory);
        let listening = EdgeWeights::Dynamic(weights.mean_dim(2).squeeze_dim(2));
        Some(listening.mean_over_frames(&pass.frames))
    }
}
