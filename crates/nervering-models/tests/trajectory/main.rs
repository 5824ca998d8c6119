//! Every network that forecasts against [`reference`], plain loops in float64: the roll-out, its
//! gradients against central differences of the reference, in both engines; and what each must hold
//! besides: equivariance, and that no frame before the burn-in counts.

#[path = "../common/mod.rs"]
mod common;
mod reference;

use burn::tensor::{DType, Device, Tensor, TensorData};
use common::{Values, gradients, load, values, without_body};
use nervering_models::trajectory::{TrajectoryConfig, TrajectoryNetwork, TrajectoryVisitor};
use nervering_models::{
    Dimensions, ForecastModel, ForecastingNetwork, Increment, Loss, NetworkInputs, ResidualOf,
};
use nervering_nn::activation::Activation;
use nervering_nn::ops::{Engine, Frames};
use nervering_nn::pass::Pass;
use nervering_nn::snapshot::{SavedParameter, Snapshot};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use reference::{Parameters, Reference};

const N: usize = 3;
const SEQUENCES: usize = 5;
const STEPS: usize = 3;
/// A width that kernels must widen.
const WIDTH: usize = 6;
/// Gradients of each parameter that are held against differences.
const ELEMENTS: usize = 6;

fn networks() -> impl Iterator<Item = (ForecastModel, TrajectoryNetwork)> {
    ForecastModel::ALL.iter().filter_map(|&model| Some((model, model.network()?)))
}

/// Something in [0, 1] that never repeats.
fn wave(n: usize, phase: f64) -> Vec<f64> {
    (0..n).map(|k| 0.5 + 0.5 * ((k * k % 101) as f64 * 0.7 + k as f64 + phase).sin()).collect()
}

/// Edges that a network may be given, `[receiver · sender]`.
const CONNECTOME: [f32; N * N] = [0.5, 0.25, 0.25, 0., 1., 0., 0.75, 0., 0.25];

fn inputs() -> NetworkInputs {
    let sizes = Dimensions { n_neurons: N, n_features: 2, n_classes: 0 };
    NetworkInputs { sizes, adjacency: Some(CONNECTOME.into()), classes: None }
}

/// Runs on a network of its own size.
fn with_network<V: TrajectoryVisitor>(
    network: TrajectoryNetwork,
    config: TrajectoryConfig,
    visitor: V,
) -> V::Output {
    let rngs = &mut [ChaCha8Rng::seed_from_u64(7)];
    network.init_with(config, inputs(), rngs, &Device::flex().autodiff(), visitor)
}

fn config(activation: Activation, increment: Increment) -> TrajectoryConfig {
    TrajectoryConfig { width: WIDTH, activation, increment, residual_of: ResidualOf::Copy }
}

/// Initial parameters, each moved a little, so that none is 0 or 1.
fn parameters<M: ForecastingNetwork>(network: &M) -> Parameters {
    let moved = |at: usize, value: f32| f64::from(value) + 0.1 * (at as f64 * 1.3 + 0.5).sin();
    let snapshot = Snapshot::of(network);
    let is_trained = |p: &&SavedParameter| !p.name.ends_with("connectome");
    let of = |p: &SavedParameter| {
        let values = p.values.iter().enumerate().map(|(at, &value)| moved(at, value)).collect();
        (without_body(&p.name), values)
    };
    snapshot.parameters().iter().filter(is_trained).map(of).collect()
}

/// The network with such parameters, in float64 where it is composed.
fn loaded<M: ForecastingNetwork>(network: M, parameters: &Parameters, dtype: DType) -> M {
    let of = |(name, data): (&String, &Vec<f64>)| (name.clone(), Values { data: data.clone() });
    load(network, &parameters.iter().map(of).collect(), dtype)
}

fn tensor<const D: usize>(values: Vec<f64>, shape: [usize; D], dtype: DType) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values, shape), (&Device::flex().autodiff(), dtype))
}

fn pass(engine: Engine) -> Pass {
    Pass::with_batch_statistics(engine, Frames::new([SEQUENCES]))
}

/// `[sequence][frame][neuron · feature]`.
fn nested(values: &[f64], n_frames: usize) -> Vec<Vec<Vec<f64>>> {
    let sequence = |values: &[f64]| values.chunks(2 * N).map(<[f64]>::to_vec).collect();
    values.chunks(n_frames * 2 * N).map(sequence).collect()
}

/// Largest difference, relative to the largest entry or to a hundredth where all are tiny.
fn error(found: &[f64], exact: &[f64]) -> f64 {
    assert_eq!(found.len(), exact.len());
    let scale = exact.iter().fold(1e-2f64, |m, v| m.max(v.abs()));
    found.iter().zip(exact).fold(0f64, |m, (a, b)| m.max((a - b).abs())) / scale
}

/// Holds a network against the reference.
struct Check {
    name: &'static str,
    network: TrajectoryNetwork,
    config: TrajectoryConfig,
    loss: Loss,
}

impl TrajectoryVisitor for Check {
    type Output = ();

    fn visit<M: ForecastingNetwork>(self, network: M) {
        let Self { name, config, loss, .. } = self;
        let mut parameters = parameters(&network);
        let burn_in = network.burn_in();
        let history = wave(SEQUENCES * burn_in * 2 * N, 0.);
        let targets = wave(SEQUENCES * STEPS * 2 * N, 3.);
        let frames = nested(&history, burn_in);
        let reference = |parameters: &Parameters| -> (Vec<f64>, f64, Option<Vec<f64>>) {
            let reference = Reference {
                network: self.network,
                activation: config.activation,
                increment: config.increment,
                parameters,
                n_neurons: N,
                connectome: &CONNECTOME,
            };
            let forecast = reference.roll_out(&frames, STEPS).concat().concat();
            let each = forecast.iter().zip(&targets).map(|(f, t)| match loss {
                Loss::SquaredError => (f - t).powi(2),
                Loss::AbsoluteError => (f - t).abs(),
            });
            let mean = each.sum::<f64>() / targets.len() as f64;
            (forecast, mean, reference.edges(&frames))
        };
        let (exact, exact_loss, exact_edges) = reference(&parameters);
        let mut differences = Vec::new();
        for name in parameters.keys().cloned().collect::<Vec<_>>() {
            let n = parameters[&name].len();
            for at in (0..n).step_by(n.div_ceil(ELEMENTS)) {
                let mut moved = |by: f64| {
                    let value = parameters[&name][at];
                    parameters.get_mut(&name).expect("of this name")[at] = value + by;
                    let (_, loss, _) = reference(&parameters);
                    parameters.get_mut(&name).expect("of this name")[at] = value;
                    loss
                };
                let step = 1e-6;
                differences.push((name.clone(), at, (moved(step) - moved(-step)) / (2. * step)));
            }
        }
        // Differences are off by the square of their step, the more so behind batch norms over
        // few rows, which float32 does not spare either.
        for (engine, dtype, bound, gradient_bound) in [
            (Engine::Composed, DType::F64, 1e-11, 1e-5),
            (Engine::fastest(), DType::F32, 1e-4, 2e-3),
        ] {
            let network = loaded(network.clone(), &parameters, dtype);
            let assert_close = |what: &str, found: &[f64], exact: &[f64], bound: f64| {
                let error = error(found, exact);
                assert!(error < bound, "{name}, {config:?}, {engine:?}, {what}: {error:.1e}");
            };
            let history = tensor(history.clone(), [1, SEQUENCES, burn_in, N, 2], dtype);
            let targets = tensor(targets.clone(), [1, SEQUENCES, STEPS, N, 2], dtype);
            let found = network.roll_out(&pass(engine), history.clone(), STEPS);
            assert_close("forecasts", &values(found.clone()), &exact, bound);
            let (x, mut memory) = network.start(&pass(engine), history);
            let edges = network.edges(&pass(engine), x, &mut memory).map(values);
            assert_eq!(edges.is_some(), exact_edges.is_some(), "{name}");
            if let (Some(edges), Some(exact)) = (edges, &exact_edges) {
                assert_close("edges", &edges, exact, bound);
            }
            let lost = loss.mean(&Frames::new([SEQUENCES]), found - targets);
            assert_close("loss", &values(lost.clone()), &[exact_loss], bound);
            let gradients = gradients(&network, &lost.backward());
            for same in differences.chunk_by(|a, b| a.0 == b.0) {
                let found: Vec<f64> =
                    same.iter().map(|(name, at, _)| gradients[name][*at]).collect();
                let exact: Vec<f64> = same.iter().map(|(_, _, difference)| *difference).collect();
                assert_close(&same[0].0, &found, &exact, gradient_bound);
            }
        }
    }
}

#[test]
fn every_network_agrees_with_plain_loops_forward_and_backward() {
    for (model, network) in networks() {
        for (width, activation, increment, loss) in [
            (WIDTH, Activation::Elu, Increment::Tanh, Loss::SquaredError),
            (WIDTH, Activation::Relu, Increment::Tanh, Loss::AbsoluteError),
            (16, Activation::Elu, Increment::Unbounded, Loss::AbsoluteError),
        ] {
            let config = TrajectoryConfig { width, ..config(activation, increment) };
            let check = Check { name: model.as_str(), network, config, loss };
            with_network(network, config, check);
        }
    }
}

/// Forecasts of a network with the neurons of its input in another order, put back.
struct InOrder([usize; N]);

impl TrajectoryVisitor for InOrder {
    type Output = Vec<f64>;

    fn visit<M: ForecastingNetwork>(self, network: M) -> Vec<f64> {
        let Self(order) = self;
        let parameters = parameters(&network);
        let network = loaded(network, &parameters, DType::F64);
        let burn_in = network.burn_in();
        let history = wave(SEQUENCES * burn_in * 2 * N, 0.);
        let moved: Vec<f64> = history
            .chunks(2 * N)
            .flat_map(|frame| order.iter().flat_map(|&node| frame[2 * node..][..2].to_vec()))
            .collect();
        let history = tensor(moved, [1, SEQUENCES, burn_in, N, 2], DType::F64);
        let forecast = values(network.roll_out(&pass(Engine::Composed), history, STEPS));
        let back = |frame: &[f64]| {
            let mut of_neurons = [0.; 2 * N];
            for (place, &node) in order.iter().enumerate() {
                of_neurons[2 * node..][..2].copy_from_slice(&frame[2 * place..][..2]);
            }
            of_neurons
        };
        forecast.chunks(2 * N).flat_map(back).collect()
    }
}

/// Forecasts of an untrained network along those of another, and what these are.
struct Along;

impl TrajectoryVisitor for Along {
    type Output = [Vec<f64>; 2];

    fn visit<M: ForecastingNetwork>(self, network: M) -> Self::Output {
        let burn_in = network.burn_in();
        let history = wave(SEQUENCES * burn_in * 2 * N, 0.);
        let drift = wave(SEQUENCES * STEPS * 2 * N, 1.);
        let mut expected = Vec::new();
        for (history, drift) in history.chunks(burn_in * 2 * N).zip(drift.chunks(STEPS * 2 * N)) {
            let mut frame = history[(burn_in - 1) * 2 * N..].to_vec();
            for step in drift.chunks(2 * N) {
                frame.iter_mut().zip(step).for_each(|(value, moved)| *value += moved);
                expected.extend_from_slice(&frame);
            }
        }
        let history = tensor(history, [1, SEQUENCES, burn_in, N, 2], DType::F32);
        let drift = tensor(drift, [1, SEQUENCES, STEPS, N, 2], DType::F32);
        let pass = pass(Engine::fastest());
        [values(network.roll_out_along(&pass, history, Some(&drift), STEPS)), expected]
    }
}

#[test]
fn an_untrained_network_says_what_it_is_to_correct() {
    for (model, network) in networks() {
        let of = |residual_of: ResidualOf| {
            let config = config(Activation::Elu, Increment::Tanh);
            let [found, expected] =
                with_network(network, TrajectoryConfig { residual_of, ..config }, Along);
            error(&found, &expected)
        };
        let (corrects, moves) = (of(ResidualOf::Linear), of(ResidualOf::Copy));
        assert!(corrects < 1e-6 && moves > 1e-3, "{model}: {corrects:.1e} {moves:.1e}");
    }
}

#[test]
fn networks_with_shared_weights_forecast_a_neuron_wherever_it_stands() {
    for (model, network) in networks() {
        let config = config(Activation::Elu, Increment::Tanh);
        let [as_it_is, moved] =
            [[0, 1, 2], [2, 0, 1]].map(|order| with_network(network, config, InOrder(order)));
        let error = error(&moved, &as_it_is);
        let by_place = [
            ForecastModel::Mlp,
            ForecastModel::NodeMlp,
            ForecastModel::LstmMlp,
            ForecastModel::RecurrentAttentionConnectome,
        ];
        if by_place.contains(&model) {
            assert!(error > 1e-2, "{model}: {error:.1e}");
        } else {
            assert!(error < 1e-11, "{model}: {error:.1e}");
        }
    }
}

/// Bits of the forecasts from a history of six frames, the first `n_poisoned` of which are none.
struct Poisoned {
    n_poisoned: usize,
}

impl TrajectoryVisitor for Poisoned {
    /// And the burn-in.
    type Output = (usize, Vec<u64>);

    fn visit<M: ForecastingNetwork>(self, network: M) -> Self::Output {
        let mut history = wave(SEQUENCES * 6 * 2 * N, 0.);
        for sequence in history.chunks_mut(6 * 2 * N) {
            sequence[..self.n_poisoned * 2 * N].fill(1e30);
        }
        let history = tensor(history, [1, SEQUENCES, 6, N, 2], DType::F32);
        let forecast = network.roll_out(&pass(Engine::fastest()), history, STEPS);
        (network.burn_in(), values(forecast).into_iter().map(f64::to_bits).collect())
    }
}

#[test]
fn a_forecast_rests_on_its_burn_in_and_on_nothing_before_it() {
    for (model, network) in networks() {
        let forecast = |n_poisoned: usize| {
            let config = config(Activation::Elu, Increment::Tanh);
            with_network(network, config, Poisoned { n_poisoned })
        };
        let (burn_in, as_it_is) = forecast(0);
        let has_memory = [
            ForecastModel::LstmMlp,
            ForecastModel::LstmGnn,
            ForecastModel::RecurrentAttention,
            ForecastModel::RecurrentAttentionConnectome,
        ]
        .contains(&model);
        assert_eq!(burn_in, if has_memory { 4 } else { 1 }, "{model}");
        assert_eq!(forecast(6 - burn_in).1, as_it_is, "{model}");
        assert_ne!(forecast(7 - burn_in).1, as_it_is, "{model}");
    }
}

/// Forecasts of a network with these weights, or its own.
struct WithWeights(Option<Vec<SavedParameter>>);

impl TrajectoryVisitor for WithWeights {
    /// And the weights.
    type Output = (Vec<f64>, Vec<SavedParameter>);

    fn visit<M: ForecastingNetwork>(self, network: M) -> Self::Output {
        let network = match self.0 {
            None => network,
            Some(saved) => Snapshot::for_module(saved, &network).expect("its own").restore(network),
        };
        let burn_in = network.burn_in();
        let history = wave(SEQUENCES * burn_in * 2 * N, 0.);
        let history = tensor(history, [1, SEQUENCES, burn_in, N, 2], DType::F32);
        let forecast = values(network.roll_out(&pass(Engine::fastest()), history, STEPS));
        (forecast, Snapshot::of(&network).parameters().to_vec())
    }
}

#[test]
fn every_network_is_restored_from_its_saved_weights() {
    for (model, network) in networks() {
        let run = |seed: u64, weights: Option<Vec<SavedParameter>>| {
            let config = config(Activation::Elu, Increment::Tanh);
            let rngs = &mut [ChaCha8Rng::seed_from_u64(seed)];
            let device = Device::flex().autodiff();
            network.init_with(config, inputs(), rngs, &device, WithWeights(weights))
        };
        let (forecast, weights) = run(1, None);
        assert_ne!(run(2, None).0, forecast, "{model}");
        assert_eq!(run(2, Some(weights)).0, forecast, "{model}");
    }
}

#[test]
fn the_isomorphism_network_without_epsilon_moves_every_neuron_alike() {
    let network = ForecastModel::Gin0.network().unwrap();
    let config = config(Activation::Elu, Increment::Tanh);
    let forecast = with_network(network, config, InOrder([0, 1, 2]));
    let start = wave(SEQUENCES * 2 * N, 0.);
    for (sequence, start) in forecast.chunks(STEPS * 2 * N).zip(start.chunks(2 * N)) {
        for feature in 0..2 {
            let moved = |node: usize| sequence[2 * node + feature] - start[2 * node + feature];
            assert!((1..N).all(|node| (moved(node) - moved(0)).abs() < 1e-12));
        }
    }
}

#[test]
fn the_gradient_of_the_absolute_error_is_the_sign_of_the_error() {
    let errors = tensor(vec![-2., 0., 0.5, 3.], [1, 2, 1, 1, 2], DType::F64).require_grad();
    let frames = Frames::new([2]);
    let loss = Loss::AbsoluteError.mean(&frames, errors.clone());
    assert_eq!(values(loss.clone()), [5.5 / 4.]);
    let gradient = values(errors.grad(&loss.backward()).unwrap());
    assert_eq!(gradient, [-0.25, 0., 0.25, 0.25]);
}

#[test]
fn padded_sequences_do_not_count_in_a_loss() {
    let errors = vec![1., 3., 2., 2., 100., 100., 1., 1.];
    let errors = tensor(errors, [2, 2, 1, 1, 2], DType::F64);
    // The second replica has one sequence, the first two.
    let mean = |loss: Loss| values(loss.mean(&Frames::new([2, 1]), errors.clone()));
    assert_eq!(mean(Loss::SquaredError), [18. / 4., 10_000.]);
    assert_eq!(mean(Loss::AbsoluteError), [2., 100.]);
    for loss in Loss::ALL {
        assert_eq!(loss.as_str().parse(), Ok(loss));
    }
    assert!("mse".parse::<Loss>().unwrap_err().to_string().contains("squared-error"));
}
