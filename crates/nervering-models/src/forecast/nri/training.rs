//! How the network is trained: graphs read out of some steps of animals explain others.

use super::Prior;
use super::network::Network;
use crate::forecast::markov::{Learning, Scales, Steps, finite, gates};
use crate::forecast::{ForecastError, ForecastFrames};
use burn::module::Module;
use burn::tensor::activation::{relu, sigmoid};
use burn::tensor::{Device, Tensor, TensorData};
use nervering_nn::ops::Engine;
use rand::seq::SliceRandom;
use rand::{Rng, RngExt};

/// Times that each training step is explained, on average, unless that takes more than so many gradient steps.
const PASSES: usize = 4;
const MOST_STEPS: usize = 3_000;
/// Ordered pairs of a gradient step, at most, over its animals; one animal at least.
const PAIRS: usize = 800;
/// Steps of an animal that its graph is read out of.
const READ: usize = 16;
/// Steps of an animal that it explains.
const EXPLAINED: usize = 12;
/// SD of an increment about what is said of it, in units of the SD of increments: what the divergence is weighed by.
pub(super) const NOISE: f64 = 0.1;
/// Beside that, the weight of the mean divergence of a pair from an even chance at the beginning; it falls to
/// nothing along a line.
const HELD_OPEN: f64 = 0.1;
/// Share of the training until then.
const UNTIL: f64 = 0.3;

/// A frame beside the increment after it, `[neuron, 2 · feature]`, brought to one scale.
pub(super) fn seen(scales: &Scales, before: &[f32], after: &[f32], n_features: usize) -> Vec<f32> {
    let x: Vec<f64> = before.iter().map(|&value| f64::from(value)).collect();
    beside(&scales.standardised(&x), &scales.increment(before, after), n_features)
}

/// Two arrays `[…, feature]` side by side.
pub(super) fn beside(a: &[f32], b: &[f32], n_features: usize) -> Vec<f32> {
    let of_neurons = a.chunks_exact(n_features).zip(b.chunks_exact(n_features));
    of_neurons.flat_map(|(a, b)| a.iter().chain(b)).copied().collect()
}

/// Trains on all pairs of training frames that follow each other.
pub(super) fn fit(
    frames: &ForecastFrames<'_>,
    prior: Prior,
    rng: &mut dyn Rng,
) -> Result<(Network, Scales), ForecastError> {
    let steps = Steps::new(frames)?;
    let n_animals = animals_of_a_step(frames.n_neurons);
    let n_steps = (PASSES * steps.len()).div_ceil(n_animals * EXPLAINED).min(MOST_STEPS);
    fit_in(frames, prior, n_steps, rng)
}

/// Animals, or windows of them, of a gradient step.
pub(super) fn animals_of_a_step(n_neurons: usize) -> usize {
    (PAIRS / n_neurons.pow(2)).max(1)
}

/// The same in so many steps.
pub(super) fn fit_in(
    frames: &ForecastFrames<'_>,
    prior: Prior,
    n_steps: usize,
    rng: &mut dyn Rng,
) -> Result<(Network, Scales), ForecastError> {
    let ForecastFrames { n_neurons: n, n_features, .. } = *frames;
    let steps = Steps::new(frames)?;
    let scales = steps.scales();
    let device = Device::flex().autodiff();
    let mut network = Network::new(n_features, rng, &device);
    let mut learning = Learning::new(&scales, n_steps, &device);
    let n_animals = animals_of_a_step(n);
    let mut order = Vec::new();
    for step in 0..n_steps {
        let animals: Vec<usize> = (0..n_animals)
            .map(|_| {
                if order.is_empty() {
                    order = (0..steps.animals.len()).collect();
                    order.shuffle(rng);
                }
                order.pop().expect("an animal")
            })
            .collect();
        let mut drawn = |n_drawn: usize| {
            let of_animal = |animal: &usize| steps.animals[*animal].clone();
            let drawn: Vec<usize> = animals
                .iter()
                .map(of_animal)
                .flat_map(|all| {
                    (0..n_drawn).map(|_| rng.random_range(all.clone())).collect::<Vec<_>>()
                })
                .collect();
            steps.batch(&drawn, &scales)
        };
        let (read, explained) = (drawn(READ), drawn(EXPLAINED));
        let tensor = |values: Vec<f32>, n_steps: usize, n_numbers: usize| {
            let shape = [1, n_animals * n_steps, n, n_numbers];
            Tensor::<4>::from_data(TensorData::new(values, shape), &device)
        };
        let read = tensor(beside(&read[0], &read[1], n_features), READ, 2 * n_features);
        let [x, targets] = explained.map(|values| tensor(values, EXPLAINED, n_features));
        // Of the bound (eq. 5), times 2 NOISE², divided by the increments of an animal.
        let of_bound = |&animal: &usize| {
            2. * NOISE * NOISE / (steps.animals[animal].len() * n * n_features) as f64
        };
        let of_bound: Vec<f64> = animals.iter().map(of_bound).collect();
        let held_open = held_open(step, n_steps, n);
        let logits = inferred(&network, Engine::fastest(), read, n_animals);
        let gates = gates(logits.clone(), EXPLAINED, rng);
        let said = network.decoder.forward(Engine::fastest(), x, gates);
        let loss = learning.error(said, targets)
            + divergence(logits.clone(), prior, &of_bound)
            + divergence(logits, Prior::Uniform, &vec![held_open; n_animals]);
        network = learning.step(network, loss);
    }
    Ok((finite(network.valid())?, scales))
}

/// What the divergence of a graph of so many neurons from even chances is weighed by at a step of so many.
pub(super) fn held_open(step: usize, n_steps: usize, n: usize) -> f64 {
    let open = (1. - step as f64 / (UNTIL * n_steps as f64)).max(0.);
    HELD_OPEN * open / (n * (n - 1)).max(1) as f64
}

/// Logits of the graph of each of so many animals, `[1, animal, receiver · sender, 1]`, out of as many steps of
/// each, `[1, animal · step, neuron, 2 · feature]`.
pub(super) fn inferred(
    network: &Network,
    engine: Engine,
    seen: Tensor<4>,
    n_animals: usize,
) -> Tensor<4> {
    let [_, n_steps, n, _] = seen.dims();
    let of_animals = [n_animals, n_steps / n_animals, n * n, 1];
    network.logits(engine, seen).reshape(of_animals).mean_dim(1).swap_dims(0, 1)
}

/// Kullback–Leibler divergence of graphs from the prior, summed over the pairs of different neurons, by a weight
/// for each animal; mean over animals.
pub(super) fn divergence(logits: Tensor<4>, prior: Prior, weights: &[f64]) -> Tensor<1> {
    let [_, n_animals, n_pairs, _] = logits.dims();
    let n = n_pairs.isqrt();
    let p = prior.probability();
    // ln q = l − ln(1 + e^l) and ln(1 − q) = −ln(1 + e^l).
    let q = sigmoid(logits.clone());
    let known = q.clone() * (p / (1. - p)).ln() + (1. - p).ln();
    let softplus = relu(logits.clone()) + (logits.clone().abs().neg().exp() + 1.).log();
    let divergence = q * logits.clone() - softplus - known;
    let of_pairs = |weight: &f64| {
        let weight = weight / n_animals as f64;
        (0..n_pairs).map(move |k| if k / n == k % n { 0. } else { weight })
    };
    let weights: Vec<f64> = weights.iter().flat_map(of_pairs).collect();
    let weights = TensorData::new(weights, [1, n_animals, n_pairs, 1]);
    let weights = Tensor::<4>::from_data(weights, (&logits.device(), logits.dtype()));
    (divergence * weights).sum()
}
