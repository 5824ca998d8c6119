//! The node MLP: every neuron is forecast from itself alone. In the text it "refers to individual MLPs for each
//! node" (supplement, model implementation), `node-mlp`; in the scripts all neurons share one,
//! `node-mlp-shared`.
//!
//! 2 → 256 → 256 → 2. The first two layers are the block `g`, with its batch norm ("we also applied
//! batch norm on the output of the two layers"), over the frames of the neuron, or of all neurons
//! where they share. To decode, which the paper does not have it do, every neuron's block, with weights of its own
//! where `mlp` shares them, is followed by the concatenation and readout of `mlp`.

use crate::body::{Body, Layers};
use crate::decoding::Decoding;
use crate::forecast::network::{ForecastingNetwork, Increment, ResidualOf};
use crate::forecasting::{Forecasting, TrajectoryConfig};
use crate::mlp::Mlp;
use crate::network::Dimensions;
use crate::written::{Extent, Place, Written};
use burn::module::Module;
use burn::tensor::{Device, Tensor};
use nervering_nn::block::MlpBlockConfig;
use nervering_nn::node_blocks::{NodeBlocks, NodeLinear};
use nervering_nn::pass::Pass;
use rand::Rng;

/// A block of its own for every neuron.
#[derive(Module, Debug)]
pub struct NodeMlp {
    nodes: NodeBlocks,
}

impl NodeMlp {
    /// One replica per generator.
    fn new<R: Rng>(layers: Layers, sizes: Dimensions, rngs: &mut [R], device: &Device) -> Self {
        let block = layers.block(sizes.n_features);
        Self { nodes: NodeBlocks::new(block, sizes.n_neurons, rngs, device) }
    }

    /// The network that decodes.
    pub fn decoding<R: Rng>(
        layers: Layers,
        sizes: Dimensions,
        rngs: &mut [R],
        device: &Device,
    ) -> Decoding<Self> {
        let body = Self::new(layers, sizes, rngs, device);
        let readout = layers.block(sizes.n_neurons * layers.width);
        let readout = MlpBlockConfig { batch_norm: false, ..readout };
        Decoding::of(body, readout, sizes, rngs, device)
    }

    /// The network that forecasts, one MLP for every neuron: the perceptron's body, a neuron by itself.
    pub fn shared<R: Rng>(
        config: TrajectoryConfig,
        sizes: Dimensions,
        rngs: &mut [R],
        device: &Device,
    ) -> Forecasting<Mlp> {
        let body = Mlp::encoding(config.layers().block(sizes.n_features), rngs, device);
        Forecasting::of_each_node(body, None, config, sizes, rngs, device)
    }
}

impl Body for NodeMlp {
    type Memory = ();

    fn heard(&self, pass: &Pass, x: Tensor<4>) -> Tensor<4> {
        self.nodes.forward(pass, x)
    }

    fn write(&self, to: &mut Written, _: Extent, x: Place) -> Place {
        to.layers("nodes", self.nodes.activation(), self.nodes.has_norm(), x)
    }
}

/// The network that forecasts, an MLP of its own for every neuron. Its head has a layer for each, too.
#[derive(Module, Debug)]
pub struct NodeMlpForecasting {
    body: NodeMlp,
    out: NodeLinear,
    #[module(skip)]
    increment: Increment,
}

impl NodeMlpForecasting {
    /// One replica per generator.
    pub fn new<R: Rng>(
        config: TrajectoryConfig,
        sizes: Dimensions,
        rngs: &mut [R],
        device: &Device,
    ) -> Self {
        let Dimensions { n_neurons, n_features, .. } = sizes;
        let width = config.width;
        let out = match config.residual_of {
            ResidualOf::Copy => NodeLinear::new(width, n_features, n_neurons, rngs, device),
            ResidualOf::Linear => {
                NodeLinear::zeros(width, n_features, n_neurons, rngs.len(), device)
            }
        };
        let body = NodeMlp::new(config.layers(), sizes, rngs, device);
        Self { body, out, increment: config.increment }
    }
}

impl ForecastingNetwork for NodeMlpForecasting {
    type Memory = ();

    fn next(&self, pass: &Pass, x: Tensor<4>, (): &mut ()) -> Tensor<4> {
        let raw = self.out.forward(self.body.heard(pass, x.clone()));
        self.increment.added_to(x, raw)
    }

    fn write(&self, to: &mut Written, x: Place) -> Place {
        let hidden = to.within("body", |to| self.body.write(to, Extent::RollOut, x));
        let raw = to.dense("out", hidden);
        self.increment.write(to, x, raw)
    }
}
