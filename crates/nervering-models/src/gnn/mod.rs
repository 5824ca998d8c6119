//! The graph neural network: eq. 8–14, with every switch in which the text and the scripts differ,
//! and with edges that are inferred or given.
//!
//! Neurons are nodes. Edge weights `w[receiver, sender]` come from the encoded features of each
//! ordered pair (eq. 8–11), or from outside; message passing mixes the nodes with them (eq. 12,
//! 14); the result is aggregated over nodes and read out (eq. 13). Inferred edges are static, one
//! weight per pair and animal, or dynamic, one per pair and frame. [`GnnConfig`] says which.
//!
//! To forecast (eq. 4–5, 8–12), `gnn` infers its edges anew from every frame, the predicted ones included; those of
//! `gnn-static` stay: "the aggregation step in (9) also averages hidden features across all timesteps", in the
//! scripts before the pair's block. What is averaged here are the encoded frames from which the forecasts of the
//! batch start, so that a roll-out keeps the edges that it starts with. That mean is taken where batch norms take
//! theirs. Under batch statistics a forecast therefore rests on starts after its own; under the statistics of the
//! training animals the edges are theirs, and a forecast rests on its own start alone.

mod config;
mod given;

pub use config::{
    Beside, EdgeEncoder, Edges, GnnConfig, Message, Passing, Readout, SelfEdges, TrajectoryEdges,
};
pub use given::GivenEdges;

use crate::body::{Body, concatenated};
use crate::decoding::Decoding;
use crate::forecasting::{Forecasting, TrajectoryConfig};
use crate::network::{Dimensions, NetworkInputs};
use crate::written::{Extent, Operation, Place, Written};
use burn::module::{Module, Param};
use burn::tensor::activation::sigmoid;
use burn::tensor::{Device, Tensor};
use nervering_nn::block::{MlpBlock, MlpBlockConfig};
use nervering_nn::edges::{EdgeWeights, PairScore};
use nervering_nn::init::free;
use nervering_nn::linear::Linear;
use nervering_nn::pass::Pass;
use rand::Rng;

/// What nodes of the graph neural network hear.
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
    #[module(skip)]
    config: GnnConfig,
}

/// What follows a message-passing step.
#[derive(Module, Debug)]
struct MessageStep {
    block: MlpBlock,
    out: Linear,
}

impl GnnConfig {
    /// The network that decodes, one replica per generator.
    ///
    /// # Panics
    /// When edges must come from outside and `inputs` do not hold one per pair of neurons, or
    /// without a message-passing step.
    pub fn init<R: Rng>(
        self,
        inputs: impl Into<NetworkInputs>,
        rngs: &mut [R],
        device: &Device,
    ) -> Decoding<Gnn> {
        let inputs = inputs.into();
        let body = self.body(&inputs, rngs, device);
        Decoding::of(body, self.readout(inputs.sizes), inputs.sizes, rngs, device)
    }

    /// What stands before a head.
    ///
    /// # Panics
    /// As [`Self::init`].
    pub(crate) fn body<R: Rng>(
        self,
        inputs: &NetworkInputs,
        rngs: &mut [R],
        device: &Device,
    ) -> Gnn {
        assert!(self.steps > 0, "found 0 message-passing steps, expected at least 1");
        let parts = self.parts(inputs.sizes);
        let mut block = |config: Option<MlpBlockConfig>| config.map(|c| c.init(rngs, device));
        let node = block(parts.node);
        let embed = block(parts.embed);
        let edge = block(parts.edge);
        let width = self.width;
        let edge_out = edge.is_some().then(|| Linear::new(width, 2, rngs, device));
        let adjacency = match self.edges {
            Edges::Given(given) => Some(given.init(inputs, rngs, device)),
            _ => None,
        };
        let n_neurons = inputs.sizes.n_neurons;
        let is_free = self.edges == Edges::Free;
        let free = is_free.then(|| free(n_neurons, rngs.len(), device));
        let message = parts.message.map(|block| block.init(rngs, device));
        let message_out = message.is_some().then(|| Linear::new(width, width, rngs, device));
        let more_steps = self.more_steps();
        let more = (0..more_steps)
            .map(|_| MessageStep {
                block: self.block(width, true).init(rngs, device),
                out: Linear::new(width, width, rngs, device),
            })
            .collect();
        let config = self;
        Gnn { node, embed, edge, edge_out, adjacency, message, message_out, free, more, config }
    }
}

/// What nodes have heard.
struct Heard<'a> {
    /// A node's own numbers, where they stand beside.
    own: Option<Tensor<4>>,
    messages: Tensor<4>,
    /// The layer that messages still have before them, where a block has passed them on.
    last: Option<&'a Linear>,
}

impl Gnn {
    /// The network that forecasts. It is the same for any number of neurons.
    pub fn forecasting<R: Rng>(
        config: TrajectoryConfig,
        edges: TrajectoryEdges,
        sizes: Dimensions,
        rngs: &mut [R],
        device: &Device,
    ) -> Forecasting<Self> {
        let gnn = GnnConfig::forecasting(config.layers(), edges);
        let body = gnn.body(&sizes.into(), rngs, device);
        Forecasting::of_each_node(body, Some(sizes.n_features), config, sizes, rngs, device)
    }

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
        match self.config.self_edges {
            SelfEdges::Kept => weights,
            SelfEdges::Removed => weights.without_self_edges(),
        }
    }

    /// [`Gnn::weights`] at one more step of a roll-out: dynamic ones anew, others as they are `kept`, or kept from
    /// now on.
    fn weights_next(
        &self,
        pass: &Pass,
        x: &Tensor<4>,
        encoded: Option<&Tensor<4>>,
        kept: &mut Option<EdgeWeights>,
    ) -> EdgeWeights {
        match self.config.edges {
            Edges::Dynamic => self.weights(pass, x, encoded),
            _ => kept.get_or_insert_with(|| self.weights(pass, x, encoded)).clone(),
        }
    }

    /// [`Gnn::weights`] written out; over a roll-out all but dynamic ones stay.
    fn write_weights(
        &self,
        to: &mut Written,
        extent: Extent,
        x: Place,
        encoded: Option<Place>,
    ) -> Place {
        if extent == Extent::RollOut && self.config.edges != Edges::Dynamic {
            return to.once(|to| self.write_weights_of_frames(to, x, encoded));
        }
        self.write_weights_of_frames(to, x, encoded)
    }

    fn write_weights_of_frames(&self, to: &mut Written, x: Place, encoded: Option<Place>) -> Place {
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
            SelfEdges::Kept => weights,
            SelfEdges::Removed => to.add(Operation::WithoutSelf, &[weights]),
        }
    }

    /// Eq. 12–13 for static edges, raw messages and nothing but them in a concatenation: the
    /// message passing is linear and folds into the first layer of the readout,
    /// `W'[j] = Σ_i w[i, j] · W[i]`, so that no frame's messages are ever computed.
    fn readout_of_raw_messages(
        &self,
        pass: &Pass,
        readout: &MlpBlock,
        w: Tensor<3>,
        x: Tensor<4>,
    ) -> Tensor<3> {
        let [n_replicas, _, n, n_features] = x.dims();
        let width = self.config.width;
        let mut weights = readout.tensors();
        let by_node = weights.w1.reshape([n_replicas, n, n_features * width]);
        weights.w1 = w.swap_dims(1, 2).matmul(by_node).reshape([n_replicas, n * n_features, width]);
        readout.forward_with(pass, concatenated(x), 1, weights)
    }

    /// Eq. 13 for messages that have passed their block but not yet the linear layer behind it:
    /// in a concatenation that layer, too, folds into the first layer of the readout.
    fn readout_of_blocks(
        pass: &Pass,
        readout: &MlpBlock,
        own: Option<Tensor<4>>,
        messages: Tensor<4>,
        message_out: &Linear,
    ) -> Tensor<3> {
        let [n_replicas, _, n, width] = messages.dims();
        let mut weights = readout.tensors();
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
                readout.forward_with(pass, messages, 1, weights)
            }
            // The weights are sorted to those of all nodes' own features and those of all
            // messages, which costs less than to sort the features of every frame.
            Some(own) => {
                let of_own = by_node.narrow(2, 0, n_own).reshape([n_replicas, n * n_own, width]);
                weights.w1 = Tensor::cat(vec![of_own, folded], 1);
                readout.forward_both_with(pass, [concatenated(own), messages], weights)
            }
        }
    }
    /// Eq. 12 and 14: what is heard of what is sent.
    fn passed(&self, pass: &Pass, weights: &EdgeWeights, sent: Tensor<4>) -> Heard<'_> {
        let own = (self.config.beside == Beside::OwnFeatures).then(|| sent.clone());
        let mut messages = weights.mix(pass, sent);
        let (Some(block), Some(out)) = (&self.message, &self.message_out) else {
            for _ in 1..self.config.steps {
                messages = weights.mix(pass, messages);
            }
            return Heard { own, messages, last: None };
        };
        let mut passed = block.forward_nodes(pass, messages);
        let mut last = out;
        for step in &self.more {
            let heard = weights.mix(pass, last.forward_nodes(passed));
            passed = step.block.forward_nodes(pass, heard);
            last = &step.out;
        }
        Heard { own, messages: passed, last: Some(last) }
    }

    /// `[own ‖ messages]` of each node, or their sum over nodes.
    fn nodes(&self, heard: Heard<'_>) -> Tensor<4> {
        let messages = match heard.last {
            None => heard.messages,
            Some(last) => last.forward_nodes(heard.messages),
        };
        let nodes = match heard.own {
            None => messages,
            Some(own) => Tensor::cat(vec![own, messages], 3),
        };
        match self.config.readout {
            Readout::Concatenate => nodes,
            Readout::Sum => nodes.sum_dim(2),
        }
    }
}

impl Body for Gnn {
    /// Edges that stay, once they are inferred.
    type Memory = Option<EdgeWeights>;

    fn heard(&self, pass: &Pass, x: Tensor<4>) -> Tensor<4> {
        let encoded = self.encoded(pass, &x);
        let weights = self.weights(pass, &x, encoded.as_ref());
        self.nodes(self.passed(pass, &weights, encoded.unwrap_or(x)))
    }

    fn heard_next(&self, pass: &Pass, x: Tensor<4>, kept: &mut Self::Memory) -> Tensor<4> {
        let encoded = self.encoded(pass, &x);
        let weights = self.weights_next(pass, &x, encoded.as_ref(), kept);
        self.nodes(self.passed(pass, &weights, encoded.unwrap_or(x)))
    }

    fn read(&self, pass: &Pass, block: &MlpBlock, x: Tensor<4>) -> Tensor<3> {
        let encoded = self.encoded(pass, &x);
        let weights = self.weights(pass, &x, encoded.as_ref());
        let sent = encoded.unwrap_or(x);
        let concatenates = self.config.readout == Readout::Concatenate;
        let alone = self.config.beside == Beside::Nothing
            && !self.config.has_block()
            && self.config.steps == 1;
        if let (EdgeWeights::Static(w), Message::Raw, true, true) =
            (&weights, self.config.message, concatenates, alone)
        {
            return self.readout_of_raw_messages(pass, block, w.clone(), sent);
        }
        match self.passed(pass, &weights, sent) {
            Heard { own, messages, last: Some(last) } if concatenates => {
                Self::readout_of_blocks(pass, block, own, messages, last)
            }
            heard => block.forward(pass, concatenated(self.nodes(heard)), 1),
        }
    }

    fn write(&self, to: &mut Written, extent: Extent, x: Place) -> Place {
        let encoded = match (&self.node, self.config.message) {
            (Some(node), Message::Encoded) => Some(to.block("node", node, x)),
            _ => None,
        };
        let weights = self.write_weights(to, extent, x, encoded);
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
        let nodes = match self.config.beside {
            Beside::OwnFeatures => to.add(Operation::Join, &[sent, messages]),
            Beside::Nothing => messages,
        };
        match self.config.readout {
            Readout::Concatenate => nodes,
            Readout::Sum => to.add(Operation::SumOverNeurons, &[nodes]),
        }
    }

    fn edges(&self, pass: &Pass, x: Tensor<4>) -> Option<Tensor<3>> {
        let encoded = self.encoded(pass, &x);
        Some(self.weights(pass, &x, encoded.as_ref()).mean_over_frames(&pass.frames))
    }

    fn edges_next(&self, pass: &Pass, x: Tensor<4>, kept: &mut Self::Memory) -> Option<Tensor<3>> {
        let encoded = self.encoded(pass, &x);
        let weights = self.weights_next(pass, &x, encoded.as_ref(), kept);
        Some(weights.mean_over_frames(&pass.frames))
    }
}
