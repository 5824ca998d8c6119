//! How these networks learn: AdamW on the squared error of increments, its rate falling along a cosine, by gates
//! instead of weights.

use super::{Scales, decoder::without_self};
use burn::module::Module;
use burn::tensor::activation::sigmoid;
use burn::tensor::{Device, Tensor, TensorData};
use nervering_nn::adam::Adam;
use rand::{Rng, RngExt};

/// At the beginning; it falls to nothing along a cosine.
const LEARNING_RATE: f64 = 5e-3;
/// Of the weights, at every step, times the rate.
const WEIGHT_DECAY: f64 = 1e-4;
/// Largest norm of the gradient.
const LARGEST_GRADIENT: f64 = 1.;
/// τ of the gates.
const TEMPERATURE: f64 = 0.5;

/// Where the training of a network stands.
pub(in crate::forecast) struct Learning {
    adam: Adam,
    step: usize,
    n_steps: usize,
    /// `[1, 1, 1, feature]`: 1, or 0 of features that never change, which have no error.
    moves: Tensor<4>,
}

impl Learning {
    /// At the first of so many steps.
    pub(in crate::forecast) fn new(scales: &Scales, n_steps: usize, device: &Device) -> Self {
        let moves: Vec<f32> =
            scales.increments.iter().map(|&sd| f32::from(u8::from(sd > 0.))).collect();
        let shape = [1, 1, 1, moves.len()];
        let moves = Tensor::from_data(TensorData::new(moves, shape), device);
        Self { adam: Adam::decoupled(WEIGHT_DECAY, LARGEST_GRADIENT), step: 0, n_steps, moves }
    }

    /// Mean squared error of increments, `[1, frame, neuron, feature]`.
    pub(in crate::forecast) fn error(&self, said: Tensor<4>, targets: Tensor<4>) -> Tensor<1> {
        ((said - targets) * self.moves.clone()).powi_scalar(2).mean()
    }

    /// The network after a step down the loss.
    pub(in crate::forecast) fn step<M: Module>(&mut self, network: M, loss: Tensor<1>) -> M {
        let share = self.step as f64 / self.n_steps as f64;
        let rate = LEARNING_RATE * (1. + (std::f64::consts::PI * share).cos()) / 2.;
        self.step += 1;
        self.adam.step(network, loss.backward(), &[rate])
    }
}

/// Binary-concrete gates (Maddison et al. 2017), `σ((l_ij + logistic noise) / τ)`, drawn `n_draws` times for every
/// graph of `logits` `[1, graph, receiver · sender, 1]`: `[1, graph · draw, receiver · sender, 1]`, 0 from each
/// neuron to itself.
pub(in crate::forecast) fn gates(
    logits: Tensor<4>,
    n_draws: usize,
    rng: &mut dyn Rng,
) -> Tensor<4> {
    let [_, n_graphs, n_pairs, _] = logits.dims();
    let noise: Vec<f32> = (0..n_graphs * n_draws * n_pairs).map(|_| logistic(rng)).collect();
    let noise = TensorData::new(noise, [n_graphs, n_draws, n_pairs, 1]);
    let noise = Tensor::<4>::from_data(noise, &logits.device());
    let drawn = logits.swap_dims(0, 1) + noise;
    let drawn = drawn.reshape([1, n_graphs * n_draws, n_pairs, 1]);
    without_self(sigmoid(drawn / TEMPERATURE), n_pairs.isqrt())
}

/// A number of the standard logistic distribution.
fn logistic(rng: &mut dyn Rng) -> f32 {
    let u: f64 = rng.random_range(1e-6..1. - 1e-6);
    (u / (1. - u)).ln() as f32
}
