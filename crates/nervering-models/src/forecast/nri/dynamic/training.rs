//! How the network is trained: on windows of steps, each explained by graphs that a posterior reads out of all of
//! it.

use super::network::{Logits, Network};
use crate::forecast::markov::{Learning, Scales, Steps, finite, gates, without_self};
use crate::forecast::nri::training::{NOISE, animals_of_a_step, beside, held_open};
use crate::forecast::{ForecastError, ForecastFrames};
use burn::module::Module;
use burn::tensor::activation::{relu, sigmoid};
use burn::tensor::{Device, Tensor, TensorData};
use nervering_nn::ops::Engine;
use rand::{Rng, RngExt};

/// Steps of a window, where training frames follow each other for so long.
const WINDOW: usize = 24;
/// Times that each training step is explained, on average, unless that takes more than so many gradient steps.
const PASSES: usize = 8;
const MOST_STEPS: usize = 3_000;

/// Trains on windows of training frames that follow each other.
pub(super) fn fit(
    frames: &ForecastFrames<'_>,
    rng: &mut dyn Rng,
) -> Result<(Network, Scales), ForecastError> {
    let n_explained = Steps::new(frames)?.len() * PASSES;
    let n_windows = animals_of_a_step(frames.n_neurons);
    let n_steps = n_explained.div_ceil(n_windows * WINDOW).min(MOST_STEPS);
    fit_in(frames, [n_steps, n_windows], rng)
}

/// The same in so many gradient steps of so many windows.
pub(super) fn fit_in(
    frames: &ForecastFrames<'_>,
    [n_steps, n_windows]: [usize; 2],
    rng: &mut dyn Rng,
) -> Result<(Network, Scales), ForecastError> {
    let ForecastFrames { n_neurons: n, n_features, .. } = *frames;
    let steps = Steps::new(frames)?;
    let scales = steps.scales();
    let device = Device::flex().autodiff();
    let mut network = Network::new(n_features, rng, &device);
    let mut learning = Learning::new(&scales, n_steps, &device);
    let (length, starts) = windows(&steps);
    for step in 0..n_steps {
        let drawn: Vec<usize> = (0..n_windows)
            .flat_map(|_| {
                let start = starts[rng.random_range(0..starts.len())];
                start..start + length
            })
            .collect();
        let [x, increments] = steps.batch(&drawn, &scales);
        let tensor = |values: Vec<f32>, n_numbers: usize| {
            let shape = [1, drawn.len(), n, n_numbers];
            Tensor::<4>::from_data(TensorData::new(values, shape), &device)
        };
        let seen = tensor(beside(&x, &increments, n_features), 2 * n_features);
        let [x, targets] = [x, increments].map(|values| tensor(values, n_features));
        let Logits { prior, posterior } = network.logits(Engine::fastest(), seen, n_windows);
        let gates = gates(posterior.clone(), 1, rng);
        let said = network.decoder.forward(Engine::fastest(), x, gates);
        // Of the bound, times 2 NOISE², divided by the increments of a frame.
        let of_bound = 2. * NOISE * NOISE / (n * n_features) as f64;
        let even = Tensor::zeros_like(&posterior);
        let loss = learning.error(said, targets)
            + divergence(posterior.clone(), prior) * of_bound
            + divergence(posterior, even) * held_open(step, n_steps, n);
        network = learning.step(network, loss);
    }
    Ok((finite(network.valid())?, scales))
}

/// How long windows are, and the steps that one may begin at: [`WINDOW`], or, where training frames are cut into
/// shorter stretches, what half of all steps lie in.
fn windows(steps: &Steps<'_>) -> (usize, Vec<usize>) {
    let mut lengths: Vec<usize> = steps.runs.iter().map(ExactSizeIterator::len).collect();
    lengths.sort_unstable_by(|a, b| b.cmp(a));
    let mut within = 0;
    let half = lengths.iter().find(|&&length| {
        within += length;
        2 * within >= steps.len()
    });
    let length = half.copied().unwrap_or(1).min(WINDOW);
    let of_run = |run: &std::ops::Range<usize>| run.start..(run.end + 1).saturating_sub(length);
    (length, steps.runs.iter().flat_map(of_run).collect())
}

/// Kullback–Leibler divergence of graphs from others by their logits, `[1, frame, receiver · sender, 1]`, summed over
/// the pairs of different neurons, mean over frames.
pub(super) fn divergence(of: Tensor<4>, from: Tensor<4>) -> Tensor<1> {
    let [_, n_frames, n_pairs, _] = of.dims();
    let softplus = |l: &Tensor<4>| relu(l.clone()) + (l.clone().abs().neg().exp() + 1.).log();
    let (softplus_of, softplus_from) = (softplus(&of), softplus(&from));
    let q = sigmoid(of.clone());
    let divergence = q * (of - from) - softplus_of + softplus_from;
    without_self(divergence, n_pairs.isqrt()).sum() / n_frames as f64
}
