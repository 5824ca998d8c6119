//! How the free graph is trained: on single steps from frames drawn at random.

use super::network::FreeGraph;
use crate::arrays::ForecasterSizes;
use crate::forecast::markov::{Learning, Scales, Steps, gates};
use crate::forecast::{ForecastError, ForecastFrames};
use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};
use nervering_nn::ops::Engine;
use rand::{Rng, RngExt};

/// Times that each training frame is drawn, on average, unless that takes more than so many gradient steps.
const PASSES: usize = 33;
const MOST_STEPS: usize = 3_000;
/// Frames of a step.
const BATCH: usize = 64;

/// Trains on all pairs of training frames that follow each other.
pub(super) fn fit(
    frames: &ForecastFrames<'_>,
    rng: &mut dyn Rng,
) -> Result<(FreeGraph, Scales), ForecastError> {
    let n_frames: usize = frames.animals.iter().map(|animal| animal.train.len()).sum();
    fit_in(frames, (PASSES * n_frames).div_ceil(BATCH).min(MOST_STEPS), rng)
}

/// The same in so many steps.
pub(super) fn fit_in(
    frames: &ForecastFrames<'_>,
    n_steps: usize,
    rng: &mut dyn Rng,
) -> Result<(FreeGraph, Scales), ForecastError> {
    let ForecastFrames { n_neurons, n_features, .. } = *frames;
    let steps = Steps::new(frames)?;
    let scales = steps.scales();
    let device = Device::flex().autodiff();
    let mut network = FreeGraph::new(ForecasterSizes { n_neurons, n_features }, rng, &device);
    let mut learning = Learning::new(&scales, n_steps, &device);
    for _ in 0..n_steps {
        let drawn: Vec<usize> = (0..BATCH).map(|_| rng.random_range(0..steps.len())).collect();
        let [x, targets] = steps.batch(&drawn, &scales).map(|values| {
            let shape = [1, BATCH, n_neurons, n_features];
            Tensor::<4>::from_data(TensorData::new(values, shape), &device)
        });
        let gates = gates(network.logits(), BATCH, rng);
        let said = network.decoder.forward(Engine::fastest(), x, gates);
        let loss = learning.error(said, targets);
        network = learning.step(network, loss);
    }
    let network = network.valid();
    match network.edges().iter().all(|weight| weight.is_finite()) {
        true => Ok((network, scales)),
        false => Err(ForecastError::NotFinite),
    }
}
