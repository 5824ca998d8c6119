//! What a graph neural network is made of: every switch in which the text, the scripts, the
//! paper's experiments and the controls differ, and the named ones among the combinations.

use super::given::GivenEdges;
use crate::body::Layers;
use crate::network::Dimensions;
use nervering_nn::activation::Activation;
use nervering_nn::block::MlpBlockConfig;
use nervering_nn::linear::Linear;

/// Where the weight of an edge comes from, and where its features are averaged over frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edges {
    /// Static: node features are averaged over frames before the pair's block. Our reading of
    /// the text, "the aggregation step in (9) also averages hidden features across all timesteps".
    StaticPooledBefore,
    /// Static: the pair's block runs at every frame and its result is averaged. The scripts.
    StaticPooledAfter,
    /// One weight per frame.
    Dynamic,
    /// Static, inferred from nothing: a number for each ordered pair, trained as any other parameter, whose
    /// logistic function is the weight. One graph for all animals.
    Free,
    /// Not inferred.
    Given(GivenEdges),
}

/// How long the edges of a roll-out stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrajectoryEdges {
    /// Inferred at every step, for every forecast.
    Dynamic,
    /// Inferred once, for all forecasts.
    Static,
}

/// What a node sends along its edges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Message {
    /// Its trace and derivative: eq. 12 as written.
    Raw,
    /// Its features as encoded by a block shared by all nodes. The scripts.
    Encoded,
}

/// What encodes the nodes that edges are inferred from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EdgeEncoder {
    /// `g_enc` of eq. 8, which messages share where they are encoded.
    Shared,
    /// One of their own, without batch norm. The scripts.
    Own,
}

/// Whether a node hears itself along inferred edges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SelfEdges {
    /// It does.
    Kept,
    /// It does not.
    Removed,
}

/// What follows a message-passing step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Passing {
    /// Nothing.
    Plain,
    /// A block and a linear layer. The scripts.
    Block,
}

/// What stands beside a node's messages in the readout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beside {
    /// Nothing.
    Nothing,
    /// What the node itself has sent. The scripts.
    OwnFeatures,
}

/// How the nodes of a frame are brought together for the readout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readout {
    /// Side by side, which the paper found better.
    Concatenate,
    /// Added up.
    Sum,
}

/// What a [`Gnn`](super::Gnn) is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GnnConfig {
    /// Hidden units of every layer; 16 in the paper.
    pub width: usize,
    /// ReLU in the text, ELU in the scripts.
    pub activation: Activation,
    /// Inferred, static or dynamic, or given.
    pub edges: Edges,
    /// What encodes the nodes that edges are inferred from. Inferred edges only.
    pub edge_encoder: EdgeEncoder,
    /// What the two outputs of an inferred edge are multiplied by inside the softmax: 1, or more
    /// for edges that are nearly 0 or 1.
    pub edge_scale: u32,
    /// Whether a node hears itself ("potentially along self edges"). Inferred edges only: given
    /// ones say so themselves.
    pub self_edges: SelfEdges,
    /// What is sent.
    pub message: Message,
    /// What follows each message-passing step.
    pub passing: Passing,
    /// Message-passing steps along the same edges, at least one; in the paper one.
    pub steps: usize,
    /// What stands beside a node's messages in the readout.
    pub beside: Beside,
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
            edge_encoder: EdgeEncoder::Shared,
            edge_scale: 1,
            self_edges: SelfEdges::Kept,
            message: Message::Raw,
            passing: Passing::Plain,
            steps: 1,
            beside: Beside::Nothing,
            readout: Readout::Concatenate,
        }
    }

    /// The scripts' architecture for classification: `gnn`.
    pub fn scripts() -> Self {
        Self {
            width: 16,
            activation: Activation::Elu,
            edges: Edges::StaticPooledAfter,
            edge_encoder: EdgeEncoder::Own,
            edge_scale: 1,
            self_edges: SelfEdges::Kept,
            message: Message::Encoded,
            passing: Passing::Block,
            steps: 1,
            beside: Beside::OwnFeatures,
            readout: Readout::Concatenate,
        }
    }

    /// The body of the network that forecasts, of the text and of the scripts alike: nodes hear each other's
    /// numbers, and themselves, as they are (eq. 8–12). Static edges are averaged before the pair's block.
    pub(crate) fn forecasting(layers: Layers, edges: TrajectoryEdges) -> Self {
        let Layers { width, activation } = layers;
        let edges = match edges {
            TrajectoryEdges::Dynamic => Edges::Dynamic,
            TrajectoryEdges::Static => Edges::StaticPooledBefore,
        };
        Self { width, activation, edges, ..Self::text() }
    }

    /// The scripts' architecture with edges that are given: `gnn-connectome` and its controls.
    pub fn given(edges: GivenEdges) -> Self {
        Self { edges: Edges::Given(edges), edge_encoder: EdgeEncoder::Shared, ..Self::scripts() }
    }

    /// The scripts' architecture with a free weight of each ordered pair: `gnn-free`. Not in the paper, whose
    /// encoder sees states averaged over frames, which hold no identity of a pair.
    pub fn free() -> Self {
        Self { edges: Edges::Free, edge_encoder: EdgeEncoder::Shared, ..Self::scripts() }
    }

    /// "One-hot encoding by adding a scaling factor within the softmax" (supplement): `gnn-onehot`.
    /// The paper does not give the factor; ours is 10, a temperature of 0.1.
    pub fn one_hot() -> Self {
        Self { edge_scale: 10, ..Self::scripts() }
    }

    /// Two message-passing steps, each with its own block: `gnn-2step`.
    pub fn two_steps() -> Self {
        Self { steps: 2, ..Self::scripts() }
    }

    /// Nodes added up, which the paper found worse: `gnn-sum`.
    pub fn sum() -> Self {
        Self { readout: Readout::Sum, ..Self::scripts() }
    }

    /// One set of edges per frame instead of one per animal, which the paper found worse ("globally
    /// evaluated edges resulted in better performance"): `gnn-dynamic`.
    pub fn dynamic() -> Self {
        Self { edges: Edges::Dynamic, ..Self::scripts() }
    }

    /// Trained parameters of a replica.
    pub fn n_parameters(self, sizes: Dimensions) -> usize {
        let parts = self.parts(sizes);
        let width = self.width;
        let layer = |is_there: bool, n_out| {
            if is_there { Linear::n_parameters(width, n_out) } else { 0 }
        };
        let blocks = [parts.node, parts.embed, parts.edge, parts.message, Some(parts.readout)];
        let of_blocks: usize = blocks.into_iter().flatten().map(MlpBlockConfig::n_parameters).sum();
        let of_step = self.block(width, true).n_parameters() + Linear::n_parameters(width, width);
        let more_steps = self.more_steps();
        let of_pairs = if self.edges == Edges::Free { sizes.n_neurons.pow(2) } else { 0 };
        of_blocks
            + of_pairs
            + layer(parts.edge.is_some(), 2)
            + layer(parts.message.is_some(), width)
            + more_steps * of_step
            + Linear::n_parameters(width, sizes.n_classes)
    }

    /// Whether the network infers its edges from what it sees.
    pub fn infers_edges(self) -> bool {
        !matches!(self.edges, Edges::Free | Edges::Given(_))
    }

    /// Whether a block follows each message-passing step.
    pub(super) fn has_block(self) -> bool {
        self.passing == Passing::Block
    }

    /// Steps after the first that have a block of their own.
    pub(super) fn more_steps(self) -> usize {
        if self.has_block() { self.steps - 1 } else { 0 }
    }

    /// The block of eq. 13.
    pub(crate) fn readout(self, sizes: Dimensions) -> MlpBlockConfig {
        self.parts(sizes).readout
    }

    pub(super) fn block(self, n_in: usize, batch_norm: bool) -> MlpBlockConfig {
        let Self { width, activation, .. } = self;
        MlpBlockConfig { n_in, width, activation, batch_norm }
    }

    pub(super) fn parts(self, sizes: Dimensions) -> Parts {
        let Dimensions { n_neurons, n_features, .. } = sizes;
        let width = self.width;
        let is_inferred = self.infers_edges();
        let sent = match self.message {
            Message::Raw => n_features,
            Message::Encoded => width,
        };
        let heard = if self.has_block() { width } else { sent };
        let per_node = heard + if self.beside == Beside::OwnFeatures { sent } else { 0 };
        let n_readout = match self.readout {
            Readout::Concatenate => n_neurons * per_node,
            Readout::Sum => per_node,
        };
        let embeds = is_inferred && self.edge_encoder == EdgeEncoder::Own;
        let needs_node = (is_inferred && !embeds) || self.message == Message::Encoded;
        Parts {
            node: needs_node.then(|| self.block(n_features, true)),
            embed: embeds.then(|| self.block(n_features, false)),
            edge: is_inferred.then(|| self.block(2 * width, true)),
            message: self.has_block().then(|| self.block(sent, true)),
            readout: self.block(n_readout, true),
        }
    }
}

/// The blocks of a network.
pub(super) struct Parts {
    pub(super) node: Option<MlpBlockConfig>,
    pub(super) embed: Option<MlpBlockConfig>,
    pub(super) edge: Option<MlpBlockConfig>,
    pub(super) message: Option<MlpBlockConfig>,
    pub(super) readout: MlpBlockConfig,
}
