//! The graph neural network that forecasts: edges are inferred anew from every frame, the
//! predicted ones included (eq. 4–5, 8–12 with dynamic edges).

use crate::forecast::{ForecastingNetwork, Increment};
use crate::network::Dimensions;
use burn::module::Module;
use burn::tensor::{Device, Tensor};
use nervering_nn::activation::Activation;
use nervering_nn::block::{MlpBlock, MlpBlockConfig};
use nervering_nn::edges::PairScore;
use nervering_nn::linear::Linear;
use nervering_nn::pass::Pass;
use rand::Rng;

/// What a [`TrajectoryGnn`] is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrajectoryGnnConfig {
    /// Hidden units of every layer; 256 in the paper.
    pub width: usize,
    /// ReLU in the text, ELU in the scripts.
    pub activation: Activation,
    /// From the last layer to the increment.
    pub increment: Increment,
}

impl TrajectoryGnnConfig {
    /// The scripts' predictor.
    pub fn scripts() -> Self {
        Self { width: 256, activation: Activation::Elu, increment: Increment::Tanh }
    }

    /// One replica per generator. The network is the same for any number of neurons, and classes
    /// do not matter here.
    pub fn init<R: Rng>(self, sizes: Dimensions, rngs: &mut [R], device: &Device) -> TrajectoryGnn {
        let Self { width, activation, increment } = self;
        let n_features = sizes.n_features;
        let block = |n_in| MlpBlockConfig { n_in, width, activation, batch_norm: true };
        TrajectoryGnn {
            embed: block(n_features).init(rngs, device),
            edge: block(2 * width).init(rngs, device),
            edge_out: Linear::new(width, 2, rngs, device),
            message: block(n_features).init(rngs, device),
            out: Linear::new(width, n_features, rngs, device),
            increment,
        }
    }
}

/// The graph neural network that forecasts.
#[derive(Module, Debug)]
pub struct TrajectoryGnn {
    embed: MlpBlock,
    edge: MlpBlock,
    edge_out: Linear,
    message: MlpBlock,
    out: Linear,
    #[module(skip)]
    increment: Increment,
}

impl ForecastingNetwork for TrajectoryGnn {
    fn next(&self, pass: &Pass, x: Tensor<4>) -> Tensor<4> {
        let shape = x.dims();
        let [n_replicas, n_sequences, n, n_features] = shape;
        let row_shape = [n_replicas, n_sequences * n, n_features];
        let embedded = self.embed.forward(pass, x.clone().reshape(row_shape), n);
        let width = embedded.dims()[2];
        let nodes = embedded.reshape([n_replicas, n_sequences, n, width]);
        let score = PairScore { block: &self.edge, out: &self.edge_out, scale: 1. };
        let w = score.dynamic(pass, nodes);
        let messages = w.matmul(x.clone()).reshape(row_shape);
        let increment = self.out.forward(self.message.forward(pass, messages, n));
        x + self.increment.apply(increment).reshape(shape)
    }
}
