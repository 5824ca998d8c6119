//! Training through the roll-out: it learns, repeats itself to the bit, keeps the best epoch of a
//! fit that diverges, and under training statistics forecasts each start by itself.

use burn::tensor::Device;
use nervering_models::gnn::Gnn;
use nervering_models::mlp::Mlp;
use nervering_models::trajectory::{TrajectoryConfig, TrajectoryEdges, TrajectoryVisitor};
use nervering_models::{
    Dimensions, ForecastModel, ForecastingNetwork, Increment, Loss, NetworkInputs,
};
use nervering_nn::ops::Engine;
use nervering_nn::snapshot::Snapshot;
use nervering_train::{
    FittedForecaster, ForecastFitConfig, ForecastStatistics, RollOutStatistics, ScheduledSampling,
    SequenceLength, Sequences, fit_forecaster, forecast,
};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

const SIZES: Dimensions = Dimensions { n_neurons: 2, n_features: 2, n_classes: 0 };
const N_FRAMES: usize = 400;

/// Two neurons that go round, `[frame, neuron, feature]` in [0, 1].
fn features() -> Vec<f32> {
    let value = |k: usize| {
        let (t, column) = ((k / 4) as f32, (k % 4) as f32);
        0.5 + 0.4 * (t / 5. + column).sin()
    };
    (0..N_FRAMES * 4).map(value).collect()
}

fn sequences(burn_in: usize, starts: std::ops::Range<usize>, device: &Device) -> Vec<Sequences> {
    let starts: Vec<usize> = starts.step_by(8).collect();
    let length = SequenceLength { burn_in, n_steps: 8 };
    vec![Sequences::new(&features(), [2, 2], &starts, length, device)]
}

fn config(learning_rate: f64, epochs: usize) -> ForecastFitConfig {
    let sampling = ScheduledSampling { ends_at: epochs / 2 };
    let config = ForecastFitConfig::paper(Engine::fastest());
    ForecastFitConfig { epochs, learning_rate, sampling, ..config }
}

fn fit<N: ForecastingNetwork>(network: N, config: &ForecastFitConfig) -> FittedForecaster<N> {
    let burn_in = network.burn_in();
    let train = sequences(burn_in, 3..300, &Device::flex().autodiff());
    let validation = sequences(burn_in, 310..390, &Device::flex());
    let rng = &mut ChaCha8Rng::seed_from_u64(5);
    fit_forecaster(network, &train, &validation, config, rng, || true).expect("not stopped")
}

fn mlp(increment: Increment) -> impl ForecastingNetwork {
    let rngs = &mut [ChaCha8Rng::seed_from_u64(1)];
    let config = TrajectoryConfig { width: 16, increment, ..TrajectoryConfig::scripts() };
    Mlp::forecasting(config, SIZES, rngs, &Device::flex().autodiff())
}

fn gnn() -> impl ForecastingNetwork {
    let rngs = &mut [ChaCha8Rng::seed_from_u64(1)];
    let config = TrajectoryConfig { width: 16, ..TrajectoryConfig::scripts() };
    let edges = TrajectoryEdges::Dynamic;
    Gnn::forecasting(config, edges, SIZES, rngs, &Device::flex().autodiff())
}

#[test]
fn training_lowers_the_error_of_the_roll_out() {
    let first = fit(mlp(Increment::Tanh), &config(1e-2, 1)).report;
    let last = fit(mlp(Increment::Tanh), &config(1e-2, 60)).report;
    assert!(last.best_validation_error < first.best_validation_error / 4., "{last:?}, {first:?}");
    let (first, last) = (fit(gnn(), &config(1e-2, 1)).report, fit(gnn(), &config(1e-2, 40)).report);
    assert!(last.best_validation_error < first.best_validation_error, "{last:?}, {first:?}");
    assert_eq!(last.diverged_in, None);
}

/// Reports of a short and of a longer training.
struct Learning;

impl TrajectoryVisitor for Learning {
    type Output = [f64; 2];

    fn visit<N: ForecastingNetwork>(self, network: N) -> [f64; 2] {
        let after = |epochs| fit(network.clone(), &config(3e-3, epochs)).report;
        [after(1), after(30)].map(|report| {
            assert_eq!(report.diverged_in, None);
            report.best_validation_error
        })
    }
}

#[test]
fn every_network_learns_through_its_roll_out() {
    for model in ForecastModel::ALL {
        let Some(network) = model.network() else { continue };
        let config = TrajectoryConfig { width: 16, ..TrajectoryConfig::scripts() };
        let rngs = &mut [ChaCha8Rng::seed_from_u64(1)];
        let device = Device::flex().autodiff();
        let adjacency = Some(vec![0.5f32, 0.5, 0., 1.].into());
        let inputs = NetworkInputs { sizes: SIZES, adjacency, classes: None };
        let [first, last] = network.init_with(config, inputs, rngs, &device, Learning);
        assert!(last < 0.8 * first, "{model}: {last} after {first}");
    }
}

#[test]
fn a_fit_is_validated_by_the_loss_that_it_is_trained_by() {
    for loss in Loss::ALL {
        let config = ForecastFitConfig { loss, ..config(1e-2, 3) };
        let fitted = fit(mlp(Increment::Tanh), &config);
        let validation = &sequences(1, 310..390, &Device::flex())[0];
        let statistics = ForecastStatistics::Evaluated;
        let forecasts = forecast(&fitted.network, validation, 8, config.engine, &statistics);
        let truth = validation.targets.clone().into_data().try_to_vec::<f32>().unwrap();
        let each = forecasts.iter().zip(&truth).map(|(f, t)| match loss {
            Loss::SquaredError => f64::from(f - t).powi(2),
            Loss::AbsoluteError => f64::from(f - t).abs(),
        });
        let mean = each.sum::<f64>() / truth.len() as f64;
        let found = fitted.report.best_validation_error;
        assert!((found - mean).abs() < 1e-5 * mean, "{loss}: {found} against {mean}");
    }
}

#[test]
fn the_same_seed_gives_the_same_bits() {
    let weights = || Snapshot::of(&fit(mlp(Increment::Tanh), &config(1e-2, 6)).network);
    assert_eq!(weights(), weights());
}

#[test]
fn a_fit_that_diverges_stops_and_keeps_its_best_epoch() {
    // A rate at which increments without a bound leave single precision.
    let fitted = fit(mlp(Increment::Unbounded), &config(1e37, 50));
    let diverged = fitted.report.diverged_in.expect("diverges");
    assert!(diverged <= 3 && fitted.report.best_epoch < diverged, "{:?}", fitted.report);
    let kept = Snapshot::of(&fitted.network);
    assert!(kept.parameters().iter().flat_map(|p| &p.values).all(|value| value.is_finite()));
}

#[test]
fn under_training_statistics_a_forecast_rests_on_its_start_alone() {
    let engine = Engine::fastest();
    let network = fit(mlp(Increment::Tanh), &config(1e-2, 5)).network;
    let train = sequences(1, 3..300, &Device::flex());
    let table = RollOutStatistics::measure(&network, &train, 16, engine);
    let training = ForecastStatistics::Training(table);
    let of = |starts: &[usize], statistics: &ForecastStatistics| {
        let length = SequenceLength { burn_in: 1, n_steps: 16 };
        let sequences = Sequences::new(&features(), [2, 2], starts, length, &Device::flex());
        forecast(&network, &sequences, 16, engine, statistics)[..16 * 4].to_vec()
    };
    assert_eq!(of(&[310, 320], &training), of(&[310, 377], &training));
    let evaluated = ForecastStatistics::Evaluated;
    assert_ne!(of(&[310, 320], &evaluated), of(&[310, 377], &evaluated));
}
