//! The multi-layer perceptron, agnostic to graph structure: eq. 6–7, aggregation by
//! concatenation of the neurons.
//!
//! The text concatenates the features and applies the block `g`, to decode and to forecast (eq. 4–5). To decode,
//! the scripts first encode every neuron by a shared block and leave the batch norm out of the second one. Two
//! controls ask what of the graph network's lead is its batch norm and what its size.

use crate::body::{Body, concatenated};
use crate::decoding::Decoding;
use crate::forecasting::{Forecasting, TrajectoryConfig};
use crate::gnn::GnnConfig;
use crate::network::Dimensions;
use crate::written::{Extent, Place, Written};
use burn::module::Module;
use burn::tensor::{Device, Tensor};
use nervering_nn::activation::Activation;
use nervering_nn::block::{MlpBlock, MlpBlockConfig};
use nervering_nn::linear::Linear;
use nervering_nn::pass::Pass;
use rand::Rng;

/// What an [`Mlp`] is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MlpConfig {
    /// Hidden units of every layer; 16 in the paper.
    pub width: usize,
    /// ReLU in the text, ELU in the scripts.
    pub activation: Activation,
    /// What encodes each neuron before the concatenation.
    pub node_encoder: NodeEncoder,
    /// What normalises the block after the concatenation.
    pub readout_norm: ReadoutNorm,
    /// Hidden units of the block after the concatenation.
    pub readout_width: ReadoutWidth,
}

/// What encodes each neuron.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeEncoder {
    /// Nothing: neurons are as they are.
    None,
    /// A block that all share.
    Shared,
}

/// What normalises the block after the concatenation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadoutNorm {
    /// Nothing.
    None,
    /// A batch norm.
    Batch,
}

/// How wide the block after the concatenation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadoutWidth {
    /// As all other layers.
    Same,
    /// As gives the network the number of parameters nearest to that of the scripts' graph network
    /// of the same width.
    MatchingGnn,
}

impl MlpConfig {
    /// Eq. 6–7 as written.
    pub fn text() -> Self {
        Self {
            width: 16,
            activation: Activation::Relu,
            node_encoder: NodeEncoder::None,
            readout_norm: ReadoutNorm::Batch,
            readout_width: ReadoutWidth::Same,
        }
    }

    /// The scripts' architecture.
    pub fn scripts() -> Self {
        Self {
            width: 16,
            activation: Activation::Elu,
            node_encoder: NodeEncoder::Shared,
            readout_norm: ReadoutNorm::None,
            readout_width: ReadoutWidth::Same,
        }
    }

    /// `mlp-norm`: a batch norm after every block, as on the graph network's way from features to
    /// states. (That way has a block more; `gnn-self` is the control that has it too.)
    pub fn norm() -> Self {
        Self { readout_norm: ReadoutNorm::Batch, ..Self::scripts() }
    }

    /// `mlp-wide`: as many parameters as the graph network, within 3 %, by a wider second block.
    pub fn wide() -> Self {
        Self { readout_width: ReadoutWidth::MatchingGnn, ..Self::scripts() }
    }

    /// The network that decodes, one replica per generator.
    pub fn init<R: Rng>(self, sizes: Dimensions, rngs: &mut [R], device: &Device) -> Decoding<Mlp> {
        let body = Mlp { node: self.node(sizes).map(|node| node.init(rngs, device)) };
        Decoding::of(body, self.readout(sizes), sizes, rngs, device)
    }

    /// Parameters of a replica.
    pub fn n_parameters(self, sizes: Dimensions) -> usize {
        let readout = self.readout(sizes);
        self.node(sizes).map_or(0, MlpBlockConfig::n_parameters)
            + readout.n_parameters()
            + Linear::n_parameters(readout.width, sizes.n_classes)
    }

    fn node(self, sizes: Dimensions) -> Option<MlpBlockConfig> {
        let Self { width, activation, .. } = self;
        let n_in = sizes.n_features;
        let block = MlpBlockConfig { n_in, width, activation, batch_norm: true };
        (self.node_encoder == NodeEncoder::Shared).then_some(block)
    }

    fn readout(self, sizes: Dimensions) -> MlpBlockConfig {
        let activation = self.activation;
        let batch_norm = self.readout_norm == ReadoutNorm::Batch;
        let per_neuron = match self.node_encoder {
            NodeEncoder::None => sizes.n_features,
            NodeEncoder::Shared => self.width,
        };
        let n_in = sizes.n_neurons * per_neuron;
        let of_width = |width| MlpBlockConfig { n_in, width, activation, batch_norm };
        match self.readout_width {
            ReadoutWidth::Same => of_width(self.width),
            ReadoutWidth::MatchingGnn => {
                let gnn = GnnConfig { width: self.width, ..GnnConfig::scripts() };
                let wanted = gnn.n_parameters(sizes);
                let of_node = self.node(sizes).map_or(0, MlpBlockConfig::n_parameters);
                let found = |width| {
                    let out = Linear::n_parameters(width, sizes.n_classes);
                    of_node + of_width(width).n_parameters() + out
                };
                // The count grows with the width: the nearest is the first above or the one before.
                let above = (1..).find(|&width| found(width) >= wanted).expect("grows for ever");
                let below = (above - 1).max(1);
                let is_below = found(above) - wanted > wanted.abs_diff(found(below));
                of_width(if is_below { below } else { above })
            }
        }
    }
}

/// The neurons, encoded or as they are.
#[derive(Module, Debug)]
pub struct Mlp {
    node: Option<MlpBlock>,
}

impl Mlp {
    /// The neurons, encoded by a block that they share.
    pub(crate) fn encoding<R: Rng>(node: MlpBlockConfig, rngs: &mut [R], device: &Device) -> Self {
        Self { node: Some(node.init(rngs, device)) }
    }

    /// The network that forecasts.
    pub fn forecasting<R: Rng>(
        config: TrajectoryConfig,
        sizes: Dimensions,
        rngs: &mut [R],
        device: &Device,
    ) -> Forecasting<Self> {
        let n_in = sizes.n_neurons * sizes.n_features;
        Forecasting::of_all_nodes(Self { node: None }, n_in, config, sizes, rngs, device)
    }
}

impl Body for Mlp {
    type Memory = ();

    fn heard(&self, pass: &Pass, x: Tensor<4>) -> Tensor<4> {
        match &self.node {
            None => x,
            Some(node) => node.forward_nodes(pass, x),
        }
    }

    fn read(&self, pass: &Pass, block: &MlpBlock, x: Tensor<4>) -> Tensor<3> {
        match &self.node {
            None => block.forward(pass, concatenated(x), 1),
            Some(node) => block.forward_encoded(pass, node, x),
        }
    }

    fn write(&self, to: &mut Written, _: Extent, x: Place) -> Place {
        match &self.node {
            None => x,
            Some(node) => to.block("node", node, x),
        }
    }
}
