//! The multi-layer perceptron that forecasts: eq. 4–7 on the neurons side by side, agnostic to
//! graph structure.

use crate::forecast::{ForecastingNetwork, Increment};
use crate::network::Dimensions;
use burn::module::Module;
use burn::tensor::{Device, Tensor};
use nervering_nn::activation::Activation;
use nervering_nn::block::{MlpBlock, MlpBlockConfig};
use nervering_nn::linear::Linear;
use nervering_nn::pass::Pass;
use rand::Rng;

/// What a [`TrajectoryMlp`] is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrajectoryMlpConfig {
    /// Hidden units of both layers; 256 in the paper.
    pub width: usize,
    /// ReLU in the text, ELU in the scripts.
    pub activation: Activation,
    /// From the last layer to the increment.
    pub increment: Increment,
}

impl TrajectoryMlpConfig {
    /// The scripts' predictor.
    pub fn scripts() -> Self {
        Self { width: 256, activation: Activation::Elu, increment: Increment::Tanh }
    }

    /// One replica per generator. Classes do not matter here.
    pub fn init<R: Rng>(self, sizes: Dimensions, rngs: &mut [R], device: &Device) -> TrajectoryMlp {
        let Self { width, activation, increment } = self;
        let n_in = sizes.n_neurons * sizes.n_features;
        let block = MlpBlockConfig { n_in, width, activation, batch_norm: true };
        TrajectoryMlp {
            readout: block.init(rngs, device),
            out: Linear::new(width, n_in, rngs, device),
            increment,
        }
    }
}

/// The multi-layer perceptron that forecasts.
#[derive(Module, Debug)]
pub struct TrajectoryMlp {
    readout: MlpBlock,
    out: Linear,
    #[module(skip)]
    increment: Increment,
}

impl ForecastingNetwork for TrajectoryMlp {
    fn next(&self, pass: &Pass, x: Tensor<4>) -> Tensor<4> {
        let shape = x.dims();
        let [n_replicas, n_sequences, n, n_features] = shape;
        let rows = x.clone().reshape([n_replicas, n_sequences, n * n_features]);
        let increment = self.out.forward(self.readout.forward(pass, rows, 1));
        x + self.increment.apply(increment).reshape(shape)
    }
}
