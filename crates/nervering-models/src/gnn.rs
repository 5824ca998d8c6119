//! The graph neural network that infers its own edges: eq. 8–14, with every switch in which the
//! text and the scripts differ.
//!
//! Neurons are nodes. Edge weights `w[receiver, sender]` come from the encoded features of each
//! ordered pair (eq. 8–11); one message-passing step mixes the nodes with them (eq. 12, 14); the
//! result is aggregated over nodes and read out (eq. 13). Edges are static, one weight per pair
//! and animal, or dynamic, one per pair and frame.

use crate::network::{DecodingNetwork, Dimensions};
use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};
use nervering_nn::activation::Activation;
use nervering_nn::block::{MlpBlock, MlpBlockConfig};
use nervering_nn::edges;
use nervering_nn::linear::Linear;
use nervering_nn::ops;
use nervering_nn::pass::Pass;
use rand::Rng;

/// When the weight of an edge is inferred, and where its features are averaged over frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edges {
    /// Static: node features are averaged over frames before the pair's block. Our reading of
    /// the text, "the aggregation step in (9) also averages hidden features across all timesteps".
    StaticPooledBefore,
    /// Static: the pair's block runs at every frame and its result is averaged. The scripts.
    StaticPooledAfter,
    /// One weight per frame.
    Dynamic,
}

/// What a node sends along its edges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Message {
    /// Its trace and derivative: eq. 12 as written.
    Raw,
    /// Its features as encoded by a block shared by all nodes. The scripts.
    Encoded,
}

/// How the nodes of a frame are brought together for the readout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readout {
    /// Side by side, which the paper found better.
    Concatenate,
    /// Added up.
    Sum,
}

/// What a [`Gnn`] is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GnnConfig {
    /// Hidden units of every layer; 16 in the paper.
    pub width: usize,
    /// ReLU in the text, ELU in the scripts.
    pub activation: Activation,
    /// Static or dynamic edges.
    pub edges: Edges,
    /// Whether edges have an encoder of their own, without batch norm (the scripts), or share
    /// `g_enc` of eq. 8.
    pub edge_embedding: bool,
    /// Whether a node hears itself ("potentially along self edges").
    pub self_edges: bool,
    /// What is sent.
    pub message: Message,
    /// Whether a block and a linear layer follow the message passing (the scripts).
    pub message_block: bool,
    /// Whether a node's own features stand beside its messages in the readout (the scripts).
    pub own_features: bool,
    /// Aggregation of eq. 13.
    pub readout: Readout,
}

impl GnnConfig {
    /// Eq. 8–14 as written, static edges for classification: `gnn-text`.
    pub fn text() -> Self {
        Self {
            width: 16,
            activation: Activation::Relu,
            edges: Edges::StaticPooledBefore,
            edge_embedding: false,
            self_edges: true,
            message: Message::Raw,
            message_block: false,
            own_features: false,
            readout: Readout::Concatenate,
        }
    }

    /// The scripts' architecture for classification: `gnn`.
    pub fn scripts() -> Self {
        Self {
            width: 16,
            activation: Activation::Elu,
            edges: Edges::StaticPooledAfter,
            edge_embedding: true,
            self_edges: true,
            message: Message::Encoded,
            message_block: true,
            own_features: true,
            readout: Readout::Concatenate,
        }
    }

    /// One replica per generator.
    pub fn init<R: Rng>(self, sizes: Dimensions, rngs: &mut [R], device: &Device) -> Gnn {
        let Dimensions { n_neurons, n_features, n_classes } = sizes;
        let width = self.width;
        let block = |n_in, batch_norm| {
            let activation = self.activation;
            MlpBlockConfig { n_in, width, activation, batch_norm }
        };
        let sent = match self.message {
            Message::Raw => n_features,
            Message::Encoded => width,
        };
        let heard = if self.message_block { width } else { sent };
        let per_node = heard + if self.own_features { sent } else { 0 };
        let n_readout = match self.readout {
            Readout::Concatenate => n_neurons * per_node,
            Readout::Sum => per_node,
        };
        let needs_node = !self.edge_embedding || self.message == Message::Encoded;
        Gnn {
            node: needs_node.then(|| block(n_features, true).init(rngs, device)),
            embed: self.edge_embedding.then(|| block(n_features, false).init(rngs, device)),
            edge: block(2 * width, true).init(rngs, device),
            edge_out: Linear::new(width, 2, rngs, device),
            message: self.message_block.then(|| block(sent, true).init(rngs, device)),
            message_out: self.message_block.then(|| Linear::new(width, width, rngs, device)),
            readout: block(n_readout, true).init(rngs, device),
            out: Linear::new(width, n_classes, rngs, device),
            config: self,
        }
    }
}

/// The graph neural network with inferred edges.
#[derive(Module, Debug)]
pub struct Gnn {
    node: Option<MlpBlock>,
    embed: Option<MlpBlock>,
    edge: MlpBlock,
    edge_out: Linear,
    message: Option<MlpBlock>,
    message_out: Option<Linear>,
    readout: MlpBlock,
    out: Linear,
    #[module(skip)]
    config: GnnConfig,
}

/// Edge weights of a pass.
enum Weights {
    /// `[replica, receiver, sender]`.
    Static(Tensor<3>),
    /// `[replica, frame, receiver, sender]`.
    Dynamic(Tensor<4>),
}

impl Gnn {
    /// Eq. 8, `g_enc` of every neuron at every frame, when messages are encoded.
    fn encoded(&self, pass: &Pass, x: &Tensor<4>) -> Option<Tensor<4>> {
        let node = self.node.as_ref().filter(|_| self.config.message == Message::Encoded)?;
        let [n_replicas, n_frames, n, n_features] = x.dims();
        let rows = x.clone().reshape([n_replicas, n_frames * n, n_features]);
        let encoded = node.forward(pass, rows, n);
        Some(encoded.reshape([n_replicas, n_frames, n, self.config.width]))
    }

    /// Eq. 8–11. `x` is `[replica, frame, neuron, feature]`; `encoded`, of `width` features, is
    /// at hand when messages are encoded.
    fn weights(&self, pass: &Pass, x: &Tensor<4>, encoded: Option<&Tensor<4>>) -> Weights {
        let [n_replicas, n_frames, n, n_features] = x.dims();
        let rows = || x.clone().reshape([n_replicas, n_frames * n, n_features]);
        let encoder = self.embed.as_ref().or(self.node.as_ref()).expect("one of the two encoders");
        let shared = encoded.filter(|_| self.embed.is_none());
        let nodes = || match shared {
            Some(encoded) => encoded.clone(),
            None => {
                let width = self.config.width;
                encoder.forward(pass, rows(), n).reshape([n_replicas, n_frames, n, width])
            }
        };
        let weights = match self.config.edges {
            Edges::StaticPooledBefore => {
                let means = encoder.mean_over_frames(pass, rows(), n);
                Weights::Static(edges::pooled_before_block(pass, &self.edge, &self.edge_out, means))
            }
            Edges::StaticPooledAfter => Weights::Static(edges::pooled_after_block(
                pass,
                &self.edge,
                &self.edge_out,
                nodes(),
            )),
            Edges::Dynamic => {
                Weights::Dynamic(edges::dynamic(pass, &self.edge, &self.edge_out, nodes()))
            }
        };
        if self.config.self_edges { weights } else { weights.without_self_edges(n) }
    }

    /// Eq. 12 for features of any width, `[replica, frame, neuron, feature]`.
    fn mix(&self, pass: &Pass, weights: Weights, sent: Tensor<4>) -> Tensor<4> {
        match weights {
            Weights::Static(w) => ops::mix(pass.engine, w, sent, &pass.frames),
            Weights::Dynamic(w) => w.matmul(sent),
        }
    }

    /// Eq. 12–13 for static edges, raw messages and nothing but them in a concatenation: the
    /// message passing is linear and folds into the first layer of the readout,
    /// `W'[j] = Σ_i w[i, j] · W[i]`, so that no frame's messages are ever computed.
    fn readout_of_raw_messages(&self, pass: &Pass, w: Tensor<3>, x: Tensor<4>) -> Tensor<3> {
        let [n_replicas, n_frames, n, n_features] = x.dims();
        let width = self.config.width;
        let mut weights = self.readout.tensors();
        let by_node = weights.w1.reshape([n_replicas, n, n_features * width]);
        weights.w1 = w.swap_dims(1, 2).matmul(by_node).reshape([n_replicas, n * n_features, width]);
        let rows = x.reshape([n_replicas, n_frames, n * n_features]);
        self.readout.forward_with(pass, rows, 1, weights)
    }

    /// Eq. 13 for messages that have passed their block but not yet the linear layer behind it:
    /// in a concatenation that layer, too, folds into the first layer of the readout.
    fn readout_of_blocks(
        &self,
        pass: &Pass,
        own: Option<Tensor<4>>,
        messages: Tensor<4>,
        message_out: &Linear,
    ) -> Tensor<3> {
        let [n_replicas, _, n, width] = messages.dims();
        let mut weights = self.readout.tensors();
        let n_own = own.as_ref().map_or(0, |own| own.dims()[3]);
        let by_node = weights.w1.reshape([n_replicas, n, n_own + width, width]);
        let from_messages = by_node.clone().narrow(2, n_own, width);
        let message_w =
            message_out.w.val().unsqueeze_dim::<4>(1).expand([n_replicas, n, width, width]);
        let folded = message_w.matmul(from_messages.clone());
        let bias = message_out.b.val().unsqueeze_dim::<3>(1);
        let added = bias.matmul(from_messages.sum_dim(1).squeeze_dim(1)).squeeze_dim(1);
        weights.b1 = weights.b1 + added;
        let folded = folded.reshape([n_replicas, n * width, width]);
        let messages = concatenated(messages);
        match own {
            None => {
                weights.w1 = folded;
                self.readout.forward_with(pass, messages, 1, weights)
            }
            // The weights are sorted to those of all nodes' own features and those of all
            // messages, which costs less than to sort the features of every frame.
            Some(own) => {
                let of_own = by_node.narrow(2, 0, n_own).reshape([n_replicas, n * n_own, width]);
                weights.w1 = Tensor::cat(vec![of_own, folded], 1);
                self.readout.forward_both_with(pass, [concatenated(own), messages], weights)
            }
        }
    }
}

impl Weights {
    fn without_self_edges(self, n: usize) -> Self {
        let mask = |device: &Device, dtype| {
            let others = |k: usize| f32::from(k / n != k % n);
            let data = TensorData::new((0..n * n).map(others).collect(), [n, n]);
            Tensor::<2>::from_data(data, (device, dtype))
        };
        match self {
            Self::Static(w) => {
                let mask = mask(&w.device(), w.dtype()).unsqueeze();
                Self::Static(w * mask)
            }
            Self::Dynamic(w) => {
                let mask = mask(&w.device(), w.dtype()).unsqueeze();
                Self::Dynamic(w * mask)
            }
        }
    }
}

/// `[own ‖ messages]` of each node.
fn beside(own: Option<Tensor<4>>, messages: Tensor<4>) -> Tensor<4> {
    match own {
        None => messages,
        Some(own) => Tensor::cat(vec![own, messages], 3),
    }
}

/// Nodes side by side: `[replica, frame, node, feature]` → `[replica, frame, node · feature]`.
fn concatenated(nodes: Tensor<4>) -> Tensor<3> {
    let [n_replicas, n_frames, n, n_features] = nodes.dims();
    nodes.reshape([n_replicas, n_frames, n * n_features])
}

impl DecodingNetwork for Gnn {
    fn hidden(&self, pass: &Pass, x: Tensor<4>) -> Tensor<3> {
        let [n_replicas, n_frames, n, _] = x.dims();
        let rows = |t: Tensor<4>| {
            let width = t.dims()[3];
            t.reshape([n_replicas, n_frames * n, width])
        };
        let encoded = self.encoded(pass, &x);
        let weights = self.weights(pass, &x, encoded.as_ref());
        let sent = encoded.unwrap_or(x);
        let concatenates = self.config.readout == Readout::Concatenate;
        let alone = !self.config.own_features && self.message.is_none();
        if let (Weights::Static(w), Message::Raw, true, true) =
            (&weights, self.config.message, concatenates, alone)
        {
            return self.readout_of_raw_messages(pass, w.clone(), sent);
        }
        let own = self.config.own_features.then(|| sent.clone());
        let mut messages = self.mix(pass, weights, sent);
        if let (Some(block), Some(out)) = (&self.message, &self.message_out) {
            let width = self.config.width;
            let passed = block.forward(pass, rows(messages), n);
            if concatenates {
                let passed = passed.reshape([n_replicas, n_frames, n, width]);
                return self.readout_of_blocks(pass, own, passed, out);
            }
            messages = out.forward(passed).reshape([n_replicas, n_frames, n, width]);
        }
        let nodes = beside(own, messages);
        let aggregated = match self.config.readout {
            Readout::Concatenate => concatenated(nodes),
            Readout::Sum => nodes.sum_dim(2).squeeze_dim(2),
        };
        self.readout.forward(pass, aggregated, 1)
    }

    fn readout(&self) -> &Linear {
        &self.out
    }

    fn edges(&self, pass: &Pass, x: Tensor<4>) -> Option<Tensor<3>> {
        let encoded = self.encoded(pass, &x);
        match self.weights(pass, &x, encoded.as_ref()) {
            Weights::Static(w) => Some(w),
            Weights::Dynamic(_) => None,
        }
    }
}
