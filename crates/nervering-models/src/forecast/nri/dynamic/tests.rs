//! The memories against plain loops, gradients against their central differences; graphs of simulations that were not
//! trained on are read, what is saved reads the same, and no graph rests on later frames.

use super::network::{Logits, Network};
use super::training::{divergence, fit_in};
use super::{Dnri, FittedDnri};
use crate::forecast::markov::{WIDTH, without_self};
use crate::forecast::nri::tests::{
    FEATURES, N, N_FRAMES, Plain, SIZES, animals, assert_close, assert_reads_alike, auroc, drawn,
    gradients, simulation,
};
use crate::forecast::{BaselineForecast, ForecastFrames};
use burn::tensor::activation::sigmoid;
use burn::tensor::{Device, Tensor, TensorData};
use nervering_nn::ops::Engine;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

#[test]
fn graphs_of_other_simulations_are_read_and_what_is_saved_reads_the_same() {
    let rng = &mut ChaCha8Rng::seed_from_u64(3);
    let all: Vec<_> = (0..240).map(|_| simulation(rng)).collect();
    let (train, others) = all.split_at(200);
    let frames: Vec<usize> = (0..N_FRAMES).collect();
    let animals = animals(train, &frames);
    let frames =
        ForecastFrames { animals: &animals, n_neurons: N, n_features: FEATURES, n_steps: 8 };
    let fit = |n_steps: usize, rng: &mut ChaCha8Rng| {
        let (network, scales) = fit_in(&frames, [n_steps, 16], rng).unwrap();
        FittedDnri { network, scales, sizes: SIZES }
    };
    let fitted = fit(700, &mut rng.clone());
    let auroc = auroc(&fitted, others);
    assert!(auroc > 0.65, "{auroc}");

    let short = || fit(5, &mut rng.clone()).arrays();
    assert_eq!(short(), short(), "the same each time");
    let again = Dnri.restore(&fitted.arrays(), SIZES).unwrap();
    assert_reads_alike(&fitted, &*again, &others[0].0);
}

const WINDOWS: usize = 2;
const STEPS: usize = 3;

/// Weight of the divergence from the prior.
const OF_BOUND: f64 = 0.3;

impl Plain {
    /// Hidden state and cell after a step, PyTorch's gates.
    fn lstm(&self, name: &str, x: &[f64], [hidden, cell]: &[Vec<f64>; 2]) -> [Vec<f64>; 2] {
        let part = |part: &str| self.part(&format!("{name}.{part}"));
        let (w_in, w_state, b) = (part("w_in"), part("w_state"), part("b"));
        let gate = |column: usize| {
            let of = |x: &[f64], w: &[f64]| {
                x.iter().enumerate().map(|(row, x)| x * w[row * b.len() + column]).sum::<f64>()
            };
            of(x, w_in) + of(hidden, w_state) + b[column]
        };
        let logistic = |x: f64| 1. / (1. + (-x).exp());
        let of_unit = |unit: usize| {
            let [input, forget, cell_gate, output] = [0, 1, 2, 3].map(|k| gate(k * WIDTH + unit));
            let cell = logistic(forget) * cell[unit] + logistic(input) * cell_gate.tanh();
            (logistic(output) * cell.tanh(), cell)
        };
        let (hidden, cell) = (0..WIDTH).map(of_unit).unzip();
        [hidden, cell]
    }

    /// Prior and posterior logits of a window of steps, `[step][receiver · sender]`.
    fn of_window(&self, seen: &[f64]) -> [Vec<Vec<f64>>; 2] {
        let steps: Vec<Vec<Vec<f64>>> =
            seen.chunks_exact(N * 2 * FEATURES).map(|step| self.embedded(step)).collect();
        let run = |name: &str, order: &mut dyn Iterator<Item = usize>| {
            let mut state = vec![[vec![0.; WIDTH], vec![0.; WIDTH]]; N * N];
            let mut hidden = vec![Vec::new(); steps.len()];
            for step in order {
                for (pair, state) in state.iter_mut().enumerate() {
                    *state = self.lstm(name, &steps[step][pair], state);
                }
                hidden[step] = state.iter().map(|[hidden, _]| hidden.clone()).collect();
            }
            hidden
        };
        let forward = run("forward", &mut (0..steps.len()));
        let backward = run("backward", &mut (0..steps.len()).rev());
        let prior = |step: usize, pair: usize| match step {
            0 => self.edge("prior", &[0.; WIDTH]),
            _ => self.edge("prior", &forward[step - 1][pair]),
        };
        let posterior = |step: usize, pair: usize| {
            self.edge(
                "posterior",
                &[forward[step][pair].clone(), backward[step][pair].clone()].concat(),
            )
        };
        let of = |logit: &dyn Fn(usize, usize) -> f64| {
            (0..steps.len())
                .map(|step| (0..N * N).map(|pair| logit(step, pair)).collect())
                .collect()
        };
        [of(&prior), of(&posterior)]
    }

    /// Squares of what is said by the posterior's graphs, and their weighted divergence from the prior's.
    fn loss_of_windows(&self, seen: &[f64], x: &[f64]) -> f64 {
        let mut loss = 0.;
        let windows = seen.chunks_exact(STEPS * N * 2 * FEATURES);
        for (seen, x) in windows.zip(x.chunks_exact(STEPS * N * FEATURES)) {
            let [prior, posterior] = self.of_window(seen);
            for ((x, prior), posterior) in x.chunks_exact(N * FEATURES).zip(prior).zip(posterior) {
                let logistic = |l: &f64| 1. / (1. + (-l).exp());
                let weights: Vec<f64> = posterior.iter().map(logistic).collect();
                loss += self.said(x, &weights).iter().map(|value| value * value).sum::<f64>();
                for k in (0..N * N).filter(|k| k / N != k % N) {
                    let (q, p) = (weights[k], logistic(&prior[k]));
                    let divergence = q * (q / p).ln() + (1. - q) * ((1. - q) / (1. - p)).ln();
                    loss += OF_BOUND / (WINDOWS * STEPS) as f64 * divergence;
                }
            }
        }
        loss
    }
}

#[test]
fn passes_and_gradients_are_those_of_plain_loops() {
    let (rng, device) = (&mut ChaCha8Rng::seed_from_u64(9), &Device::flex().autodiff());
    let network = drawn(Network::new(FEATURES, rng, device), rng);
    let mut numbers = |n: usize| (0..n).map(|_| rng.random_range(-1.0..1.0)).collect::<Vec<f32>>();
    let seen = numbers(WINDOWS * STEPS * N * 2 * FEATURES);
    let x = numbers(WINDOWS * STEPS * N * FEATURES);
    let wide = |values: &[f32]| values.iter().map(|&v| f64::from(v)).collect::<Vec<_>>();
    let mut plain = Plain::of(&network);
    let of_plain = |plain: &Plain| plain.loss_of_windows(&wide(&seen), &wide(&x));
    let expected = of_plain(&plain);
    for engine in [Engine::fastest(), Engine::Composed] {
        let tensor = |values: &[f32], n_numbers: usize| {
            let shape = [1, WINDOWS * STEPS, N, n_numbers];
            Tensor::<4>::from_data(TensorData::new(values.to_vec(), shape), device)
        };
        let Logits { prior, posterior } =
            network.logits(engine, tensor(&seen, 2 * FEATURES), WINDOWS);
        let weights = without_self(sigmoid(posterior.clone()), N);
        let said = network.decoder.forward(engine, tensor(&x, FEATURES), weights);
        let loss = said.powi_scalar(2).sum() + divergence(posterior, prior) * OF_BOUND;
        assert_close(loss.clone().into_scalar::<f32>(), expected, "loss");
        plain.assert_differences(gradients(&network, loss), of_plain);
    }
}

/// Frame by frame the prior is what it is over a window.
#[test]
fn a_graph_read_step_by_step_is_that_of_a_window() {
    let rng = &mut ChaCha8Rng::seed_from_u64(4);
    let network = drawn(Network::zeros(FEATURES), rng);
    let seen: Vec<f32> =
        (0..STEPS * N * 2 * FEATURES).map(|_| rng.random_range(-1.0..1.0)).collect();
    let shape = [1, STEPS, N, 2 * FEATURES];
    let given = Tensor::from_data(TensorData::new(seen.clone(), shape), &Device::flex());
    let prior = network.logits(Engine::fastest(), given, 1).prior;
    let whole: Vec<f32> = without_self(sigmoid(prior), N).into_data().try_to_vec().unwrap();
    let mut state = None;
    for (step, seen) in seen.chunks_exact(N * 2 * FEATURES).enumerate() {
        let weights = network.weights(state.as_ref(), SIZES);
        for (found, expected) in weights.iter().zip(&whole[step * N * N..]) {
            assert!((found - expected).abs() < 1e-6, "{found} for {expected}");
        }
        state = Some(network.after(state.take(), network.embedded(seen.to_vec(), SIZES)));
    }
}
