//! How the free graph is trained: on single steps from frames drawn at random, increments in units of their SD.

use super::network::{FreeGraph, Scales};
use crate::forecast::{ForecastError, ForecastFrames};
use burn::module::Module;
use burn::tensor::activation::sigmoid;
use burn::tensor::{Device, Tensor, TensorData};
use nervering_nn::adam::Adam;
use rand::{Rng, RngExt};

/// Gradient steps.
const STEPS: usize = 3_000;
/// Frames of a step.
const BATCH: usize = 64;
/// At the beginning; it falls to nothing along a cosine.
const LEARNING_RATE: f64 = 5e-3;
/// Of the weights, at every step, times the rate.
const WEIGHT_DECAY: f64 = 1e-4;
/// Largest norm of the gradient.
const LARGEST_GRADIENT: f64 = 1.;
/// τ of the gates.
const TEMPERATURE: f64 = 0.5;

/// A frame and the increments after it, `[neuron, feature]` each.
struct Steps<'a> {
    before: Vec<&'a [f32]>,
    after: Vec<&'a [f32]>,
}

/// Trains on all pairs of training frames that follow each other.
pub(super) fn fit(
    frames: &ForecastFrames<'_>,
    rng: &mut dyn Rng,
) -> Result<(FreeGraph, Scales), ForecastError> {
    fit_in(frames, STEPS, rng)
}

/// The same in so many steps.
pub(super) fn fit_in(
    frames: &ForecastFrames<'_>,
    n_steps: usize,
    rng: &mut dyn Rng,
) -> Result<(FreeGraph, Scales), ForecastError> {
    let (n, n_features) = (frames.n_neurons, frames.n_features);
    let steps = Steps::new(frames);
    if steps.before.is_empty() {
        return Err(ForecastError::NoFrames { n_lags: 1 });
    }
    let scales = steps.scales(n_features);
    let device = Device::flex().autodiff();
    let mut network = FreeGraph::new(n, n_features, rng, &device);
    let mut adam = Adam::decoupled(WEIGHT_DECAY, LARGEST_GRADIENT);
    // Features that never change have no error.
    let moves = scales.increments.iter().map(|&sd| f32::from(u8::from(sd > 0.))).collect();
    let moves = Tensor::<4>::from_data(TensorData::new(moves, [1, 1, 1, n_features]), &device);
    for step in 0..n_steps {
        let drawn: Vec<usize> =
            (0..BATCH).map(|_| rng.random_range(0..steps.before.len())).collect();
        let (x, targets) = steps.batch(&drawn, &scales, n_features);
        let shape = [1, BATCH, n, n_features];
        let x = Tensor::<4>::from_data(TensorData::new(x, shape), &device);
        let targets = Tensor::<4>::from_data(TensorData::new(targets, shape), &device);
        let noise: Vec<f32> = (0..BATCH * n * n).map(|_| logistic(rng)).collect();
        let noise = Tensor::<4>::from_data(TensorData::new(noise, [1, BATCH, n * n, 1]), &device);
        let gates = sigmoid((network.logits() + noise) / TEMPERATURE);
        let said = network.forward(x, FreeGraph::without_self(gates, n));
        let loss = ((said - targets) * moves.clone()).powi_scalar(2).mean();
        let share = step as f64 / n_steps as f64;
        let rate = LEARNING_RATE * (1. + (std::f64::consts::PI * share).cos()) / 2.;
        network = adam.step(network, loss.backward(), &[rate]);
    }
    let network = network.valid();
    match network.edges().iter().all(|weight| weight.is_finite()) {
        true => Ok((network, scales)),
        false => Err(ForecastError::NotFinite),
    }
}

/// A number of the standard logistic distribution.
fn logistic(rng: &mut dyn Rng) -> f32 {
    let u: f64 = rng.random_range(1e-6..1. - 1e-6);
    (u / (1. - u)).ln() as f32
}

impl<'a> Steps<'a> {
    fn new(frames: &ForecastFrames<'a>) -> Self {
        let n = frames.n_columns();
        let (mut before, mut after) = (Vec::new(), Vec::new());
        for animal in frames.animals {
            let row = |frame: usize| &animal.features[frame * n..(frame + 1) * n];
            for pair in animal.train.windows(2).filter(|pair| pair[0] + 1 == pair[1]) {
                before.push(row(pair[0]));
                after.push(row(pair[1]));
            }
        }
        Self { before, after }
    }

    fn scales(&self, n_features: usize) -> Scales {
        let moments = |of: &dyn Fn(usize, usize) -> f64| -> Vec<(f64, f64)> {
            let of_feature = |feature: usize| {
                let places = (feature..self.before[0].len()).step_by(n_features);
                let all = (0..self.before.len())
                    .flat_map(|step| places.clone().map(move |at| of(step, at)));
                let (mut count, mut sum, mut squares) = (0., 0., 0.);
                for value in all {
                    count += 1.;
                    sum += value;
                    squares += value * value;
                }
                let mean = sum / count;
                (mean, (squares / count - mean * mean).max(0.).sqrt())
            };
            (0..n_features).map(of_feature).collect()
        };
        let states = moments(&|step, at| f64::from(self.before[step][at]));
        let increments = moments(&|step, at| self.increment(step, at));
        Scales {
            means: states.iter().map(|(mean, _)| *mean).collect(),
            sds: states.iter().map(|&(_, sd)| if sd > 0. { sd } else { 1. }).collect(),
            increments: increments.iter().map(|(_, sd)| *sd).collect(),
        }
    }

    fn increment(&self, step: usize, at: usize) -> f64 {
        f64::from(self.after[step][at]) - f64::from(self.before[step][at])
    }

    /// Standardised frames, and increments in units of their SD, `[frame, neuron, feature]`.
    fn batch(&self, drawn: &[usize], scales: &Scales, n_features: usize) -> (Vec<f32>, Vec<f32>) {
        let (mut x, mut targets) = (Vec::new(), Vec::new());
        for &step in drawn {
            let before: Vec<f64> =
                self.before[step].iter().map(|&value| f64::from(value)).collect();
            x.extend(scales.standardised(&before));
            targets.extend((0..before.len()).map(|at| match scales.increments[at % n_features] {
                sd if sd > 0. => (self.increment(step, at) / sd) as f32,
                _ => 0.,
            }));
        }
        (x, targets)
    }
}
