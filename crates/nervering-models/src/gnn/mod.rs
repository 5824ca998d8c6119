//! The graph neural network: eq. 8–14, with every switch in which the text and the scripts differ,
//! and with edges that are inferred or given.
//!
//! Neurons are nodes. Edge weights `w[receiver, sender]` come from the encoded features of each
//! ordered pair (eq. 8–11), or from outside; message passing mixes the nodes with them (eq. 12,
//! 14); the result is aggregated over nodes and read out (eq. 13). Inferred edges are static, one
//! weight per pair and animal, or dynamic, one per pair and frame. [`GnnConfig`] says which.

mod config;
mod given;

pub use config::{Edges, GnnConfig, Message, Readout};
pub use given::GivenEdges;

use crate::network::{DecodingNetwork, concatenated};
use crate::written::{Operation, Place, Written};
use burn::module::{Module, Param};
use burn::tensor::Tensor;
use burn::tensor::activation::sigmoid;
use nervering_nn::block::MlpBlock;
use nervering_nn::edges::{EdgeWeights, PairScore};
use nervering_nn::linear::Linear;
use nervering_nn::pass::Pass;

/// The graph neural network.
#[derive(Module, Debug)]
pub struct Gnn {
    node: Option<MlpBlock>,
    embed: Option<MlpBlock>,
    edge: Option<MlpBlock>,
    edge_out: Option<Linear>,
    /// Given edges, `[replica, receiver, sender]`.
    adjacency: Option<Param<Tensor<3>>>,
    message: Option<MlpBlock>,
    message_out: Option<Linear>,
    /// Logits of free edges, `[replica, receiver, sender]`.
    free: Option<Param<Tensor<3>>>,
    /// Steps after the first.
    more: Vec<MessageStep>,
    readout: MlpBlock,
    out: Linear,
    #[module(skip)]
    config: GnnConfig,
}

/// What follows a message-passing step.
#[derive(Module, Debug)]
struct MessageStep {
    block: MlpBlock,
    out: Linear,
}

impl Gnn {
    /// Eq. 8, `g_enc` of every neuron at every frame, when messages are encoded.
    fn encoded(&self, pass: &Pass, x: &Tensor<4>) -> Option<Tensor<4>> {
        let node = self.node.as_ref().filter(|_| self.config.message == Message::Encoded)?;
        Some(node.forward_nodes(pass, x.clone()))
    }

    /// Eq. 8–11. `x` is `[replica, frame, neuron, feature]`; `encoded`, of `width` features, is
    /// at hand when messages are encoded.
    fn weights(&self, pass: &Pass, x: &Tensor<4>, encoded: Option<&Tensor<4>>) -> EdgeWeights {
        if let Some(adjacency) = &self.adjacency {
            return EdgeWeights::Static(adjacency.val());
        }
        if let Some(free) = &self.free {
            return EdgeWeights::Static(sigmoid(free.val()));
        }
        let score = PairScore {
            block: self.edge.as_ref().expect("a block for pairs"),
            out: self.edge_out.as_ref().expect("a layer after it"),
            scale: f64::from(self.config.edge_scale),
        };
        let encoder = self.embed.as_ref().or(self.node.as_ref()).expect("one of the two encoders");
        let shared = encoded.filter(|_| self.embed.is_none());
        let nodes = || match shared {
            Some(encoded) => encoded.clone(),
            None => encoder.forward_nodes(pass, x.clone()),
        };
        let weights = match self.config.edges {
            Edges::StaticPooledBefore => {
                let [n_replicas, n_frames, n, n_features] = x.dims();
                let rows = x.clone().reshape([n_replicas, n_frames * n, n_features]);
                score.pooled_before_block(pass, encoder.mean_over_frames(pass, rows, n))
            }
            Edges::StaticPooledAfter => score.pooled_after_block(pass, nodes()),
            Edges::Dynamic => EdgeWeights::Dynamic(score.dynamic(pass, nodes())),
            Edges::Free | Edges::Given(_) => unreachable!("such networks hold their edges"),
        };
        if self.config.self_edges { weights } else { weights.without_self_edges() }
    }

    /// [`Gnn::weights`] written out.
    fn write_weights(&self, to: &mut Written, x: Place, encoded: Option<Place>) -> Place {
        let Some(edge) = &self.edge else {
            let given = |to: &mut Written, name: &str| {
                to.add(Operation::Parameter { name: to.name(name) }, &[])
            };
            return match self.config.edges {
                Edges::Free => {
                    let free = given(to, "free");
                    to.add(Operation::Sigmoid, &[free])
                }
                _ => given(to, "adjacency"),
            };
        };
        let nodes = match (&self.embed, &self.node, encoded) {
            (Some(embed), ..) => to.block("embed", embed, x),
            (None, _, Some(encoded)) if self.config.edges != Edges::StaticPooledBefore => encoded,
            (None, Some(node), _) => to.block("node", node, x),
            (None, None, _) => unreachable!("one of the two encoders"),
        };
        let pairs_of = |to: &mut Written, nodes: Place| {
            let pairs = to.add(Operation::Pairs, &[nodes]);
            to.block("edge", edge, pairs)
        };
        let pairs = match self.config.edges {
            Edges::StaticPooledBefore => {
                let mean = to.add(Operation::MeanOverFrames, &[nodes]);
                pairs_of(to, mean)
            }
            Edges::StaticPooledAfter => {
                let pairs = pairs_of(to, nodes);
                to.add(Operation::MeanOverFrames, &[pairs])
            }
            Edges::Dynamic => pairs_of(to, nodes),
            Edges::Free | Edges::Given(_) => unreachable!("such networks have no block for pairs"),
        };
        let weights = to.edge_weights("edge_out", f64::from(self.config.edge_scale), pairs);
        match self.config.self_edges {
            true => weights,
            false => to.add(Operation::WithoutSelf, &[weights]),
        }
    }

    /// Eq. 12–13 for static edges, raw messages and nothing but them in a concatenation: the
    /// message passing is linear and folds into the first layer of the readout,
    /// `W'[j] = Σ_i w[i, j] · W[i]`, so that no frame's messages are ever computed.
    fn readout_of_raw_messages(&self, pass: &Pass, w: Tensor<3>, x: Tensor<4>) -> Tensor<3> {
        let [n_replicas, _, n, n_features] = x.dims();
        let width = self.config.width;
        let mut weights = self.readout.tensors();
        let by_node = weights.w1.reshape([n_replicas, n, n_features * width]);
        weights.w1 = w.swap_dims(1, 2).matmul(by_node).reshape([n_replicas, n * n_features, width]);
        self.readout.forward_with(pass, concatenated(x), 1, weights)
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

/// `[own ‖ messages]` of each node.
fn beside(own: Option<Tensor<4>>, messages: Tensor<4>) -> Tensor<4> {
    match own {
        None => messages,
        Some(own) => Tensor::cat(vec![own, messages], 3),
    }
}

impl DecodingNetwork for Gnn {
    fn hidden(&self, pass: &Pass, x: Tensor<4>) -> Tensor<3> {
        let encoded = self.encoded(pass, &x);
        let weights = self.weights(pass, &x, encoded.as_ref());
        let sent = encoded.unwrap_or(x);
        let concatenates = self.config.readout == Readout::Concatenate;
        let alone =
            !self.config.own_features && !self.config.message_block && self.config.steps == 1;
        if let (EdgeWeights::Static(w), Message::Raw, true, true) =
            (&weights, self.config.message, concatenates, alone)
        {
            return self.readout_of_raw_messages(pass, w.clone(), sent);
        }
        let own = self.config.own_features.then(|| sent.clone());
        let mut messages = weights.mix(pass, sent);
        if let (Some(block), Some(out)) = (&self.message, &self.message_out) {
            let mut passed = block.forward_nodes(pass, messages);
            let mut last = out;
            for step in &self.more {
                let heard = weights.mix(pass, last.forward_nodes(passed));
                passed = step.block.forward_nodes(pass, heard);
                last = &step.out;
            }
            if concatenates {
                return self.readout_of_blocks(pass, own, passed, last);
            }
            messages = last.forward_nodes(passed);
        } else {
            for _ in 1..self.config.steps {
                messages = weights.mix(pass, messages);
            }
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

    fn write(&self, to: &mut Written, x: Place) -> Place {
        let encoded = match (&self.node, self.config.message) {
            (Some(node), Message::Encoded) => Some(to.block("node", node, x)),
            _ => None,
        };
        let weights = self.write_weights(to, x, encoded);
        let sent = encoded.unwrap_or(x);
        let mut messages = to.add(Operation::Mix, &[weights, sent]);
        if let Some(block) = &self.message {
            let passed = to.block("message", block, messages);
            messages = to.dense("message_out", passed);
            for (place, step) in self.more.iter().enumerate() {
                let heard = to.add(Operation::Mix, &[weights, messages]);
                let passed = to.block(&format!("more.{place}.block"), &step.block, heard);
                messages = to.dense(&format!("more.{place}.out"), passed);
            }
        } else {
            for _ in 1..self.config.steps {
                messages = to.add(Operation::Mix, &[weights, messages]);
            }
        }
        let nodes = match self.config.own_features {
            true => to.add(Operation::Join, &[sent, messages]),
            false => messages,
        };
        let nodes = match self.config.readout {
            Readout::Concatenate => nodes,
            Readout::Sum => to.add(Operation::SumOverNeurons, &[nodes]),
        };
        let all = to.add(Operation::SideBySide, &[nodes]);
        let hidden = to.block("readout", &self.readout, all);
        to.dense("out", hidden)
    }

    fn edges(&self, pass: &Pass, x: Tensor<4>) -> Option<Tensor<3>> {
        let encoded = self.encoded(pass, &x);
        Some(self.weights(pass, &x, encoded.as_ref()).mean_over_frames(&pass.frames))
    }
}
