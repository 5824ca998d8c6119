//! The network against plain loops, its gradients against their central differences; graphs of simulations that
//! were not trained on are read, and what is saved reads the same.

use super::network::Network;
use super::training::{divergence, fit_in, inferred};
use super::{FittedNri, Nri, Prior};
use crate::arrays::ForecasterSizes;
use crate::forecast::following::follow_each;
use crate::forecast::markov::{WIDTH, without_self};
use crate::forecast::{BaselineForecast, ForecastAnimal, ForecastFrames, Forecaster, follow};
use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::activation::sigmoid;
use burn::tensor::{Device, Gradients, Tensor, TensorData};
use nervering_nn::ops::Engine;
use nervering_nn::snapshot::{SavedParameter, Snapshot};
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

pub(super) const N: usize = 4;
pub(super) const FEATURES: usize = 2;
pub(super) const N_FRAMES: usize = 40;
pub(super) const SIZES: ForecasterSizes = ForecasterSizes { n_neurons: N, n_features: FEATURES };

/// Points on lines, each pair of which pulls at each other or does not, from anywhere: place and speed of each; and
/// who pulls, `[receiver, sender]`.
pub(super) fn simulation(rng: &mut ChaCha8Rng) -> (Vec<f32>, Vec<bool>) {
    let mut pairs = vec![true, true, true, false, false, false];
    pairs.shuffle(rng);
    let mut joined = vec![false; N * N];
    for (a, b) in (0..N).flat_map(|a| (0..a).map(move |b| (a, b))) {
        let is = pairs.pop().unwrap();
        joined[a * N + b] = is;
        joined[b * N + a] = is;
    }
    let mut drawn = || std::array::from_fn::<f64, N, _>(|_| rng.random_range(-1.0..1.0));
    let (mut at, mut speed) = (drawn(), drawn());
    let mut frames = Vec::new();
    for _ in 0..N_FRAMES {
        let pull = |k: usize| {
            let of = |j: usize| if joined[k * N + j] { 0.5 * (at[j] - at[k]) } else { 0. };
            (0..N).map(of).sum::<f64>() - 0.3 * at[k]
        };
        let pulls: [f64; N] = std::array::from_fn(pull);
        for k in 0..N {
            speed[k] += 0.2 * pulls[k];
            at[k] += 0.2 * speed[k];
            frames.extend([at[k] as f32, speed[k] as f32]);
        }
    }
    (frames, joined)
}

/// All frames of simulations.
pub(super) fn animals<'a>(
    simulations: &'a [(Vec<f32>, Vec<bool>)],
    frames: &'a [usize],
) -> Vec<ForecastAnimal<'a>> {
    let of = |(features, _): &'a (Vec<f32>, Vec<bool>)| ForecastAnimal {
        features,
        train: frames,
        validation: &[],
        validation_starts: &[],
    };
    simulations.iter().map(of).collect()
}

/// Of pairs of any of these simulations, by the graphs that are read out of them.
pub(super) fn auroc(fitted: &dyn Forecaster, simulations: &[(Vec<f32>, Vec<bool>)]) -> f64 {
    let (mut joined, mut apart) = (Vec::new(), Vec::new());
    for (features, truth) in simulations {
        let read = fitted.edges(features).unwrap();
        for k in (0..N * N).filter(|k| k / N != k % N) {
            if truth[k] { &mut joined } else { &mut apart }.push(read[k]);
        }
    }
    let above = joined.iter().map(|j| apart.iter().filter(|a| j > a).count()).sum::<usize>();
    above as f64 / (joined.len() * apart.len()) as f64
}

#[test]
fn graphs_of_other_simulations_are_read_and_what_is_saved_reads_the_same() {
    let rng = &mut ChaCha8Rng::seed_from_u64(3);
    let all: Vec<_> = (0..440).map(|_| simulation(rng)).collect();
    let (train, others) = all.split_at(400);
    let frames: Vec<usize> = (0..N_FRAMES).collect();
    let animals = animals(train, &frames);
    let frames =
        ForecastFrames { animals: &animals, n_neurons: N, n_features: FEATURES, n_steps: 8 };
    let fit = |n_steps: usize, rng: &mut ChaCha8Rng| {
        let (network, scales) = fit_in(&frames, Prior::Uniform, n_steps, rng).unwrap();
        FittedNri { network, scales, sizes: SIZES }
    };
    let fitted = fit(500, &mut rng.clone());
    let auroc = auroc(&fitted, others);
    assert!(auroc > 0.9, "{auroc}");

    let short = || fit(20, &mut rng.clone()).arrays();
    assert_eq!(short(), short(), "the same each time");
    let again = Nri { prior: Prior::Uniform }.restore(&fitted.arrays(), SIZES).unwrap();
    assert_reads_alike(&fitted, &*again, &others[0].0);
}

/// One that is restored reads and says the same; many at once are what each is; what is said from the second frame on
/// does not rest on later ones, and the graph of more frames is another.
pub(super) fn assert_reads_alike(
    fitted: &dyn Forecaster,
    again: &dyn Forecaster,
    features: &[f32],
) {
    assert_eq!(again.edges(features), fitted.edges(features));
    let said = |forecaster: &dyn Forecaster, features: &[f32]| {
        follow(forecaster, features, N * FEATURES, &[1, 20], 4)
    };
    let found = said(fitted, features);
    assert_eq!(said(again, features), found);
    let starts: Vec<usize> = (1..N_FRAMES).filter(|start| start % 7 != 3).collect();
    let each = follow_each(fitted, features, N * FEATURES, &starts, 3);
    assert_eq!(fitted.at_once(features, &starts, 3).unwrap(), each);
    let until = 2 * N * FEATURES;
    let mut later = features.to_vec();
    later[until..].fill(0.5);
    assert_eq!(said(fitted, &later)[..4 * N * FEATURES], found[..4 * N * FEATURES]);
    assert_ne!(fitted.edges(&features[..until]), fitted.edges(features));
}

#[test]
fn nodes_in_another_order_have_their_graph_in_that_order() {
    let rng = &mut ChaCha8Rng::seed_from_u64(5);
    let network = drawn(Network::zeros(FEATURES), rng);
    let seen: Vec<f32> = (0..N * 2 * FEATURES).map(|_| rng.random_range(-1.0..1.0)).collect();
    let order = [2, 0, 3, 1];
    let of_node = |node: usize| &seen[node * 2 * FEATURES..][..2 * FEATURES];
    let turned: Vec<f32> = order.iter().flat_map(|&node| of_node(node)).copied().collect();
    let (logits, turned) =
        (network.logits_of(seen.clone(), SIZES), network.logits_of(turned, SIZES));
    for k in (0..N * N).filter(|k| k / N != k % N) {
        let there = logits[order[k / N] * N + order[k % N]];
        assert!((turned[k] - there).abs() < 1e-5, "{} and {there}", turned[k]);
    }
}

/// The same with all its parameters drawn, biases too.
pub(super) fn drawn<M: Module>(like: M, rng: &mut ChaCha8Rng) -> M {
    let of = |parameter: &SavedParameter| SavedParameter {
        values: parameter.values.iter().map(|_| rng.random_range(-0.5..0.5)).collect(),
        ..parameter.clone()
    };
    let parameters = Snapshot::of(&like).parameters().iter().map(of).collect();
    Snapshot::for_module(parameters, &like).unwrap().restore(like)
}

/// Animals of the loss that is differentiated, steps that their graphs are read out of, and steps that these explain.
const ANIMALS: usize = 2;
const READ: usize = 3;
const EXPLAINED: usize = 2;
/// Of the divergence of each animal.
const WEIGHTS: [f64; ANIMALS] = [0.7, 0.2];

/// The equations of the modules, loop by loop in float64.
pub(super) struct Plain(pub(super) Vec<(String, Vec<f64>)>);

impl Plain {
    pub(super) fn of(network: &impl Module) -> Self {
        let parameters = Snapshot::of(network).parameters().to_vec();
        let of = |parameter: SavedParameter| {
            (parameter.name, parameter.values.iter().map(|&value| f64::from(value)).collect())
        };
        Self(parameters.into_iter().map(of).collect())
    }

    pub(super) fn part(&self, name: &str) -> &[f64] {
        &self.0.iter().find(|(found, _)| found == name).unwrap().1
    }

    pub(super) fn dense(&self, [w, b]: [String; 2], x: &[f64]) -> Vec<f64> {
        let (w, b) = (self.part(&w), self.part(&b));
        let of_unit = |k: usize| {
            let terms = x.iter().enumerate().map(|(at, x)| x * w[at * b.len() + k]);
            terms.sum::<f64>() + b[k]
        };
        (0..b.len()).map(of_unit).collect()
    }

    fn block(&self, name: &str, x: Vec<f64>) -> Vec<f64> {
        ["1", "2"].into_iter().fold(x, |x, layer| {
            let names = ["w", "b"].map(|part| format!("{name}.{part}{layer}"));
            let elu = |x: f64| if x > 0. { x } else { x.exp() - 1. };
            self.dense(names, &x).into_iter().map(elu).collect()
        })
    }

    pub(super) fn out(&self, name: &str, x: &[f64]) -> Vec<f64> {
        self.dense(["w", "b"].map(|part| format!("{name}.{part}")), x)
    }

    /// What each pair makes of a step, `[neuron, 2 · feature]`.
    pub(super) fn embedded(&self, seen: &[f64]) -> Vec<Vec<f64>> {
        let node = |k: usize| &seen[k * 2 * FEATURES..][..2 * FEATURES];
        let pair = |i: usize, j: usize| self.block("encoder.step", [node(i), node(j)].concat());
        let heard = |i: usize| {
            let mut mean = vec![0.; WIDTH];
            for j in (0..N).filter(|&j| j != i) {
                let shares = pair(i, j).into_iter().map(|value| value / (N - 1) as f64);
                mean.iter_mut().zip(shares).for_each(|(mean, share)| *mean += share);
            }
            self.block("encoder.node", mean)
        };
        let nodes: Vec<Vec<f64>> = (0..N).map(heard).collect();
        let of_pair = |k: usize| {
            let (i, j) = (k / N, k % N);
            self.block("encoder.pair", [nodes[i].clone(), nodes[j].clone(), pair(i, j)].concat())
        };
        (0..N * N).map(of_pair).collect()
    }

    /// `[receiver, sender]` of a step.
    fn logits(&self, seen: &[f64]) -> Vec<f64> {
        let of_pair = |hidden: Vec<f64>| self.edge("out", &hidden);
        self.embedded(seen).into_iter().map(of_pair).collect()
    }

    /// Gradients are the central differences of the loss, at some places of each parameter.
    pub(super) fn assert_differences(&mut self, found: Vec<Vec<f32>>, loss: impl Fn(&Self) -> f64) {
        assert_eq!(found.len(), self.0.len());
        for (at, found) in found.into_iter().enumerate() {
            for k in (0..found.len()).step_by(found.len().div_ceil(5)) {
                let mut at_value = |by: f64| {
                    self.0[at].1[k] += by;
                    let loss = loss(self);
                    self.0[at].1[k] -= by;
                    loss
                };
                let difference = (at_value(1e-5) - at_value(-1e-5)) / 2e-5;
                assert_close(found[k], difference, &self.0[at].0);
            }
        }
    }

    /// The logit of an edge over none by a layer that says both.
    pub(super) fn edge(&self, name: &str, hidden: &[f64]) -> f64 {
        let both = self.out(name, hidden);
        both[1] - both[0]
    }

    /// Increments `[neuron, feature]` after a frame, by weights `[receiver, sender]`.
    pub(super) fn said(&self, x: &[f64], weights: &[f64]) -> Vec<f64> {
        let node = |k: usize| &x[k * FEATURES..][..FEATURES];
        let of_node = |i: usize| {
            let mut messages = vec![0.; WIDTH];
            for j in (0..N).filter(|&j| j != i) {
                let message = self.block("decoder.edge", [node(i), node(j)].concat());
                messages
                    .iter_mut()
                    .zip(message)
                    .for_each(|(sum, value)| *sum += weights[i * N + j] * value);
            }
            let hidden = self.block("decoder.message", [node(i), &messages].concat());
            self.out("decoder.out", &hidden)
        };
        (0..N).flat_map(of_node).collect()
    }

    /// Squares of what is said of `x`, and the weighted divergence from a sparse prior.
    fn loss(&self, seen: &[f64], x: &[f64]) -> f64 {
        let p = Prior::Sparse.probability();
        let mut loss = 0.;
        for (animal, weight) in WEIGHTS.into_iter().enumerate() {
            let steps = seen.chunks_exact(N * 2 * FEATURES).skip(animal * READ).take(READ);
            let mut logits = [0.; N * N];
            for step in steps {
                let shares = self.logits(step).into_iter().map(|logit| logit / READ as f64);
                logits.iter_mut().zip(shares).for_each(|(mean, share)| *mean += share);
            }
            let weights: Vec<f64> = logits.iter().map(|l| 1. / (1. + (-l).exp())).collect();
            for x in x.chunks_exact(N * FEATURES).skip(animal * EXPLAINED).take(EXPLAINED) {
                loss += self.said(x, &weights).iter().map(|value| value * value).sum::<f64>();
            }
            for k in (0..N * N).filter(|k| k / N != k % N) {
                let q = weights[k];
                let divergence = q * (q / p).ln() + (1. - q) * ((1. - q) / (1. - p)).ln();
                loss += weight / ANIMALS as f64 * divergence;
            }
        }
        loss
    }
}

/// Gradients by the parameters, in the order of the module's traversal.
struct Collected<'a> {
    gradients: &'a Gradients,
    found: Vec<Vec<f32>>,
}

impl ModuleVisitor for Collected<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let gradient = param.val().grad(self.gradients).expect("every parameter counts");
        self.found.push(gradient.into_data().convert::<f32>().try_to_vec().unwrap());
    }
}

/// The loss of [`Plain::loss`] composed of tensors, and the logits that it rests on, `[animal, receiver, sender]`.
fn composed(network: &Network, engine: Engine, seen: &[f32], x: &[f32]) -> (Vec<f32>, Tensor<1>) {
    let device = Device::flex().autodiff();
    let tensor = |values: &[f32], shape: [usize; 4]| {
        Tensor::<4>::from_data(TensorData::new(values.to_vec(), shape), &device)
    };
    let of_read = tensor(seen, [1, ANIMALS * READ, N, 2 * FEATURES]);
    let logits = inferred(network, engine, of_read, ANIMALS);
    let weights = without_self(sigmoid(logits.clone()), N).reshape([ANIMALS, 1, N * N, 1]);
    let weights = weights.repeat_dim(1, EXPLAINED).reshape([1, ANIMALS * EXPLAINED, N * N, 1]);
    let of_explained = tensor(x, [1, ANIMALS * EXPLAINED, N, FEATURES]);
    let said = network.decoder.forward(engine, of_explained, weights);
    let loss = said.powi_scalar(2).sum() + divergence(logits.clone(), Prior::Sparse, &WEIGHTS);
    (logits.into_data().try_to_vec().unwrap(), loss)
}

pub(super) fn gradients(network: &impl Module, loss: Tensor<1>) -> Vec<Vec<f32>> {
    let gradients = loss.backward();
    let mut collected = Collected { gradients: &gradients, found: Vec::new() };
    network.visit(&mut collected);
    collected.found
}

pub(super) fn assert_close(found: f32, expected: f64, what: &str) {
    let apart = (f64::from(found) - expected).abs();
    assert!(apart < 2e-4 * expected.abs().max(1.), "{what}: {found} for {expected}");
}

#[test]
fn passes_and_gradients_are_those_of_plain_loops() {
    let (rng, device) = (&mut ChaCha8Rng::seed_from_u64(9), &Device::flex().autodiff());
    let network = drawn(Network::new(FEATURES, rng, device), rng);
    let mut numbers = |n: usize| (0..n).map(|_| rng.random_range(-1.0..1.0)).collect::<Vec<f32>>();
    let seen = numbers(ANIMALS * READ * N * 2 * FEATURES);
    let x = numbers(ANIMALS * EXPLAINED * N * FEATURES);
    let wide = |values: &[f32]| values.iter().map(|&v| f64::from(v)).collect::<Vec<_>>();
    let mut plain = Plain::of(&network);
    let expected = plain.loss(&wide(&seen), &wide(&x));
    let of_plain = |plain: &Plain| plain.loss(&wide(&seen), &wide(&x));
    for engine in [Engine::fastest(), Engine::Composed] {
        let (_, loss) = composed(&network, engine, &seen, &x);
        assert_close(loss.clone().into_scalar::<f32>(), expected, "loss");
        plain.assert_differences(gradients(&network, loss), of_plain);
    }
}

/// Numbers of `tests/nri/reference.py`, whose header says what goes in.
#[derive(serde::Deserialize)]
struct Reference {
    logits: Vec<f64>,
    loss: f64,
    gradients: Vec<(String, usize, f64)>,
}

#[test]
fn passes_are_those_of_another_program() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/nri/reference.json");
    let reference: Reference =
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let like =
        Network::new(FEATURES, &mut ChaCha8Rng::seed_from_u64(0), &Device::flex().autodiff());
    let of = |(at, parameter): (usize, &SavedParameter)| {
        let wave = |k: usize| 1.3 * at as f64 + k as f64 + 0.7 * (k * k % 101) as f64;
        let values = (0..parameter.values.len()).map(|k| (0.4 * wave(k).sin()) as f32);
        SavedParameter { values: values.collect(), ..parameter.clone() }
    };
    let parameters = Snapshot::of(&like).parameters().iter().enumerate().map(of).collect();
    let network = Snapshot::for_module(parameters, &like).unwrap().restore(like);
    let wave = |rate: f64, phase: f64, n: usize| -> Vec<f32> {
        (0..n).map(|k| (rate * k as f64 + phase).sin() as f32).collect()
    };
    let seen = wave(0.37, 0.1, ANIMALS * READ * N * 2 * FEATURES);
    let x = wave(0.53, 0.2, ANIMALS * EXPLAINED * N * FEATURES);
    let (logits, loss) = composed(&network, Engine::fastest(), &seen, &x);
    for (found, expected) in logits.iter().zip(&reference.logits) {
        assert_close(*found, *expected, "logit");
    }
    assert_close(loss.clone().into_scalar::<f32>(), reference.loss, "loss");
    let parameters = Snapshot::of(&network).parameters().to_vec();
    let found = gradients(&network, loss);
    assert!(reference.gradients.len() > 2 * parameters.len());
    for (name, k, expected) in &reference.gradients {
        let at = parameters.iter().position(|parameter| parameter.name == *name).unwrap();
        assert_close(found[at][*k], *expected, name);
    }
}
