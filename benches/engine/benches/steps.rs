//! Times whole training steps, forward, backward and Adam, at the sizes of the paper and of
//! `benches/peers`: decoders on 2,640 training frames of 15 neurons with seven states, forecasters
//! on 330 sequences of 3 neurons rolled out over 8 steps; and every network that forecasts, with 3
//! and with 15 neurons (`forecast`). One thread, no recording.
//!
//! `cargo bench --manifest-path benches/engine/Cargo.toml --bench steps` runs all of them; a name after `--` selects.

use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};
use criterion::{
    BenchmarkGroup, Criterion, criterion_group, criterion_main, measurement::WallTime,
};
use nervering_models::gnn::GnnConfig;
use nervering_models::mlp::MlpConfig;
use nervering_models::trajectory::{
    TrajectoryConfig, TrajectoryEdges, TrajectoryNetwork, TrajectoryVisitor,
};
use nervering_models::{
    DecodingNetwork, Dimensions, ForecastModel, ForecastingNetwork, Loss, NetworkInputs,
};
use nervering_nn::activation::Activation;
use nervering_nn::adam::Adam;
use nervering_nn::ops::{Engine, Frames, Labels};
use nervering_nn::pass::Pass;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// The program's own: temporaries of megabytes must not go back to the system at every step.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const LEARNING_RATE: f64 = 1e-3;
const FEATURES: usize = 2;
const DECODED: Dimensions = Dimensions { n_neurons: 15, n_features: FEATURES, n_classes: 7 };
const DECODED_FRAMES: usize = 2640;
const FORECAST_NEURONS: [usize; 2] = [3, 15];
const SEQUENCES: usize = 330;
const ROLLED_OUT: usize = 8;

fn wave<const D: usize>(shape: [usize; D], device: &Device) -> Tensor<D> {
    let n = shape.iter().product::<usize>();
    let values: Vec<f32> = (0..n).map(|k| ((k * k % 1013) as f32 * 0.37).sin() * 0.5).collect();
    Tensor::from_data(TensorData::new(values, shape), device)
}

/// Steps of one replica, each from where the last one ended.
fn steps<N: Module>(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    network: N,
    loss_of: impl Fn(&N) -> Tensor<1>,
) {
    let mut adam = Adam::new();
    let mut network = Some(network);
    group.bench_function(name, |b| {
        b.iter(|| {
            let now = network.take().expect("the network of the last step");
            let gradients = loss_of(&now).backward();
            network = Some(adam.step(now, gradients, &[LEARNING_RATE]));
        });
    });
}

fn decoder<N: DecodingNetwork>(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, network: N) {
    let device = Device::flex().autodiff();
    let frames = Frames::new([DECODED_FRAMES]);
    let state = |frame| (frame / 13 % DECODED.n_classes) as i32;
    let classes: Vec<i32> = (0..DECODED_FRAMES).map(state).collect();
    let labels = Labels { classes: classes.into(), frames: frames.clone() };
    let x = wave([1, DECODED_FRAMES, DECODED.n_neurons, FEATURES], &device);
    steps(group, name, network, |network| {
        let pass = Pass::with_batch_statistics(Engine::fastest(), frames.clone());
        network.loss(&pass, x.clone(), &labels)
    });
}

/// Steps of a network that forecasts.
struct Forecaster<'a, 'b> {
    group: &'a mut BenchmarkGroup<'b, WallTime>,
    name: &'a str,
    n_neurons: usize,
}

impl TrajectoryVisitor for Forecaster<'_, '_> {
    type Output = ();

    fn visit<N: ForecastingNetwork>(self, network: N) {
        let Self { group, name, n_neurons } = self;
        let device = Device::flex().autodiff();
        let sequences = Frames::new([SEQUENCES]);
        let history = wave([1, SEQUENCES, network.burn_in(), n_neurons, FEATURES], &device);
        let targets = wave([1, SEQUENCES, ROLLED_OUT, n_neurons, FEATURES], &device);
        steps(group, name, network, |network| {
            let pass = Pass::with_batch_statistics(Engine::fastest(), sequences.clone());
            let predicted = network.roll_out(&pass, history.clone(), ROLLED_OUT);
            Loss::SquaredError.mean(&sequences, predicted - targets.clone())
        });
    }
}

fn forecaster(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    network: TrajectoryNetwork,
    activation: Activation,
    n_neurons: usize,
) {
    let config = TrajectoryConfig { activation, ..TrajectoryConfig::scripts() };
    let sizes = Dimensions { n_neurons, n_features: FEATURES, n_classes: 0 };
    let adjacency = Some(vec![1. / n_neurons as f32; n_neurons * n_neurons].into());
    let inputs = NetworkInputs { sizes, adjacency, classes: None };
    let rngs = &mut [ChaCha8Rng::seed_from_u64(0)];
    let visitor = Forecaster { group, name, n_neurons };
    network.init_with(config, inputs, rngs, &Device::flex().autodiff(), visitor);
}

fn all(c: &mut Criterion) {
    let device = Device::flex().autodiff();
    for activation in [Activation::Relu, Activation::Elu] {
        let mut group = c.benchmark_group(format!("step/{activation:?}"));
        let rngs = &mut [ChaCha8Rng::seed_from_u64(0)];
        let mlp = MlpConfig { activation, ..MlpConfig::scripts() };
        decoder(&mut group, "mlp", mlp.init(DECODED, rngs, &device));
        let gnn_text = GnnConfig { activation, ..GnnConfig::text() };
        decoder(&mut group, "gnn-text", gnn_text.init(DECODED, rngs, &device));
        let gnn = GnnConfig { activation, ..GnnConfig::scripts() };
        decoder(&mut group, "gnn", gnn.init(DECODED, rngs, &device));
        let mut forecaster = |name, network| {
            forecaster(&mut group, name, network, activation, FORECAST_NEURONS[0]);
        };
        forecaster("trajectory-mlp", TrajectoryNetwork::Mlp);
        forecaster("trajectory-gnn", TrajectoryNetwork::Gnn(TrajectoryEdges::Dynamic));
    }
    for n_neurons in FORECAST_NEURONS {
        let mut group = c.benchmark_group(format!("forecast/{n_neurons}"));
        for model in ForecastModel::ALL {
            if let Some(network) = model.network() {
                forecaster(&mut group, model.as_str(), network, Activation::Elu, n_neurons);
            }
        }
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10);
    targets = all
}
criterion_main!(benches);
