//! GraphSAGE ([`sage`](crate::sage)) substituted for `f`: `sage`.

use super::TrajectoryConfig;
use crate::forecast::{ForecastingNetwork, Increment};
use crate::network::Dimensions;
use crate::sage::beside_others;
use crate::written::{Operation, Place, Written};
use burn::module::Module;
use burn::tensor::{Device, Tensor};
use nervering_nn::activation::Activation;
use nervering_nn::block::MlpBlock;
use nervering_nn::linear::Linear;
use nervering_nn::pass::Pass;
use rand::Rng;

/// GraphSAGE that forecasts.
#[derive(Module, Debug)]
pub struct TrajectorySage {
    node: MlpBlock,
    /// `W` and `b` of the aggregator.
    gather: Linear,
    message: MlpBlock,
    out: Linear,
    #[module(skip)]
    activation: Activation,
    #[module(skip)]
    increment: Increment,
}

impl TrajectorySage {
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
            gather: Linear::new(2 * width, width, rngs, device),
            message: config.block(width).init(rngs, device),
            out: config.out(sizes.n_features, rngs, device),
            activation: config.activation,
            increment: config.increment,
        }
    }
}

impl ForecastingNetwork for TrajectorySage {
    type Memory = ();

    fn next(&self, pass: &Pass, x: Tensor<4>, (): &mut ()) -> Tensor<4> {
        let beside = beside_others(self.node.forward_nodes(pass, x.clone()));
        let heard = self.activation.apply(self.gather.forward_nodes(beside));
        let raw = self.out.forward_nodes(self.message.forward_nodes(pass, heard));
        self.increment.added_to(x, raw)
    }

    fn write(&self, to: &mut Written, x: Place) -> Place {
        let f = to.block("node", &self.node, x);
        let others = to.add(Operation::MeanOfOthers, &[f]);
        let beside = to.add(Operation::Join, &[f, others]);
        let heard = to.dense("gather", beside);
        let heard = to.activation(self.activation, heard);
        let hidden = to.block("message", &self.message, heard);
        let raw = to.dense("out", hidden);
        self.increment.write(to, x, raw)
    }
}
