//! The node MLP: every neuron is forecast from itself alone. In the text it "refers to individual
//! MLPs for each node", `node-mlp`; in the scripts all neurons share one, `node-mlp-shared`.
//!
//! 2 → 256 → 256 → 2. The first two layers are the block `g`, with its batch norm ("we also applied
//! batch norm on the output of the two layers"), over the frames of the neuron, or of all neurons
//! where they share.

use super::TrajectoryConfig;
use crate::forecast::{ForecastingNetwork, Increment, ResidualOf};
use crate::network::Dimensions;
use crate::written::{Place, Written};
use burn::module::Module;
use burn::tensor::{Device, Tensor};
use nervering_nn::block::MlpBlock;
use nervering_nn::linear::Linear;
use nervering_nn::node_blocks::{NodeBlocks, NodeLinear};
use nervering_nn::pass::Pass;
use rand::Rng;

/// An MLP of its own for every neuron.
#[derive(Module, Debug)]
pub struct TrajectoryNodeMlp {
    nodes: NodeBlocks,
    out: NodeLinear,
    #[module(skip)]
    increment: Increment,
}

impl TrajectoryNodeMlp {
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
        Self {
            nodes: NodeBlocks::new(config.block(n_features), n_neurons, rngs, device),
            out,
            increment: config.increment,
        }
    }
}

impl ForecastingNetwork for TrajectoryNodeMlp {
    type Memory = ();

    fn next(&self, pass: &Pass, x: Tensor<4>, (): &mut ()) -> Tensor<4> {
        let raw = self.out.forward(self.nodes.forward(pass, x.clone()));
        self.increment.added_to(x, raw)
    }

    fn write(&self, to: &mut Written, x: Place) -> Place {
        let hidden = to.layers("nodes", self.nodes.activation(), self.nodes.has_norm(), x);
        let raw = to.dense("out", hidden);
        self.increment.write(to, x, raw)
    }
}

/// One MLP for every neuron.
#[derive(Module, Debug)]
pub struct TrajectorySharedMlp {
    node: MlpBlock,
    out: Linear,
    #[module(skip)]
    increment: Increment,
}

impl TrajectorySharedMlp {
    /// One replica per generator. The network is the same for any number of neurons.
    pub fn new<R: Rng>(
        config: TrajectoryConfig,
        sizes: Dimensions,
        rngs: &mut [R],
        device: &Device,
    ) -> Self {
        let n_features = sizes.n_features;
        Self {
            node: config.block(n_features).init(rngs, device),
            out: config.out(n_features, rngs, device),
            increment: config.increment,
        }
    }
}

impl ForecastingNetwork for TrajectorySharedMlp {
    type Memory = ();

    fn next(&self, pass: &Pass, x: Tensor<4>, (): &mut ()) -> Tensor<4> {
        let raw = self.out.forward_nodes(self.node.forward_nodes(pass, x.clone()));
        self.increment.added_to(x, raw)
    }

    fn write(&self, to: &mut Written, x: Place) -> Place {
        let hidden = to.block("node", &self.node, x);
        let raw = to.dense("out", hidden);
        self.increment.write(to, x, raw)
    }
}
