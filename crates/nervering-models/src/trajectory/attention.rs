//! Global attention pooling ([`attention`](crate::attention)) substituted for `f`: `attention`.
//!
//! It makes one vector of all nodes. So that neurons can be forecast differently, each node's own
//! encoded features stand beside it, as beside the messages of the scripts' decoding graph network.

use super::TrajectoryConfig;
use crate::attention::{pooled, write_pooled};
use crate::forecast::{ForecastingNetwork, Increment};
use crate::network::Dimensions;
use crate::written::{Operation, Place, Written};
use burn::module::Module;
use burn::tensor::{Device, Tensor};
use nervering_nn::block::MlpBlock;
use nervering_nn::linear::Linear;
use nervering_nn::pass::Pass;
use rand::Rng;

/// Global attention pooling that forecasts.
#[derive(Module, Debug)]
pub struct TrajectoryAttention {
    node: MlpBlock,
    gate: Linear,
    value: Linear,
    message: MlpBlock,
    out: Linear,
    #[module(skip)]
    increment: Increment,
}

impl TrajectoryAttention {
    /// One replica per generator. The network is the same for any number of neurons.
    pub fn new<R: Rng>(
        config: TrajectoryConfig,
        sizes: Dimensions,
        rngs: &mut [R],
        device: &Device,
    ) -> Self {
        let width = config.width;
        Self {
            node: config.block(sizes.n_features).init(rngs, device),
            gate: Linear::new(width, 1, rngs, device),
            value: Linear::new(width, width, rngs, device),
            message: config.block(2 * width).init(rngs, device),
            out: config.out(sizes.n_features, rngs, device),
            increment: config.increment,
        }
    }
}

impl ForecastingNetwork for TrajectoryAttention {
    type Memory = ();

    fn next(&self, pass: &Pass, x: Tensor<4>, (): &mut ()) -> Tensor<4> {
        let f = self.node.forward_nodes(pass, x.clone());
        let heard = pooled(f.clone(), &self.gate, &self.value).expand(f.dims());
        let hidden = self.message.forward_nodes(pass, Tensor::cat(vec![f, heard], 3));
        self.increment.added_to(x, self.out.forward_nodes(hidden))
    }

    fn write(&self, to: &mut Written, x: Place) -> Place {
        let f = to.block("node", &self.node, x);
        let pooled = write_pooled(to, f);
        let heard = to.add(Operation::ToEveryNeuron, &[pooled, f]);
        let beside = to.add(Operation::Join, &[f, heard]);
        let hidden = to.block("message", &self.message, beside);
        let raw = to.dense("out", hidden);
        self.increment.write(to, x, raw)
    }
}
