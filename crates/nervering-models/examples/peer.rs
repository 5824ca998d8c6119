//! Times a training step of a case of `benches/peers`, and prints loss, gradients and times as the
//! peers there do, so that `measure.py` can hold them against each other:
//!
//!     cargo build --release --workspace --examples
//!     taskset -c 1 target/release/examples/peer CASE.json [--seconds S]
//!
//! `harness.py` says what a case and a result hold.

#[path = "../tests/common/mod.rs"]
mod common;

use burn::module::Module;
use burn::tensor::{DType, Device, Tensor, TensorData};
use common::{Values, gradients, load, values};
use nervering_models::gnn::{Gnn, GnnConfig};
use nervering_models::mlp::{Mlp, MlpConfig};
use nervering_models::tcn::TcnConfig;
use nervering_models::trajectory::{TrajectoryConfig, TrajectoryEdges};
use nervering_models::{DecodingNetwork, Dimensions, ForecastingNetwork, Loss};
use nervering_nn::InstructionSet;
use nervering_nn::activation::Activation;
use nervering_nn::adam::Adam;
use nervering_nn::ops::{Engine, Frames, Labels, Runs, Shares};
use nervering_nn::pass::Pass;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// The program's own.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const LEARNING_RATE: f64 = 1e-3;
/// Of `tcn` alone, as the next.
const WEIGHT_DECAY: f64 = 1e-2;
const LARGEST_GRADIENT: f64 = 1.;
const WARM_UP_STEPS: usize = 3;
const LEAST_TIMED_STEPS: usize = 5;

#[derive(Deserialize)]
struct Case {
    step: String,
    activation: String,
    n_neurons: usize,
    width: usize,
    x: Vec<f64>,
    params: BTreeMap<String, Values>,
    n_frames: Option<usize>,
    n_classes: Option<usize>,
    labels: Option<Vec<i32>>,
    n_sequences: Option<usize>,
    n_steps: Option<usize>,
    targets: Option<Vec<f64>>,
    n_crops: Option<usize>,
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().expect("usage: peer CASE.json [--seconds S]");
    let seconds = match arguments.next() {
        Some(_) => arguments.next().and_then(|s| s.parse().ok()).expect("--seconds S"),
        None => 5.,
    };
    let text = std::fs::read_to_string(&path).expect("a readable case");
    let case: Case = serde_json::from_str(&text).expect("a case as harness.py has it");
    let measured = measure(&case, Duration::from_secs_f64(seconds));
    let n_parameters: usize = case.params.values().map(|values| values.data.len()).sum();
    let mut times = measured.milliseconds;
    times.sort_by(f64::total_cmp);
    let result = serde_json::json!({
        "framework": format!("nervering {}", InstructionSet::detect().name()),
        "step": case.step,
        "threads": 1,
        "cores": std::thread::available_parallelism().map_or(0, usize::from),
        "n_parameters": n_parameters,
        "median_ms": times[times.len() / 2],
        "min_ms": times[0],
        "n_timed": times.len(),
        "loss": measured.loss,
        "warm_up_losses": measured.warm_up_losses,
        "grads": measured.gradients,
    });
    println!("{result}");
}

/// What the measurement of a step gives.
struct Measured {
    loss: f64,
    gradients: BTreeMap<String, Vec<f64>>,
    warm_up_losses: Vec<f64>,
    milliseconds: Vec<f64>,
}

fn measure(case: &Case, duration: Duration) -> Measured {
    let device = Device::flex().autodiff();
    let activation = match case.activation.as_str() {
        "relu" => Activation::Relu,
        "elu" => Activation::Elu,
        other => panic!("found activation {other:?}, expected relu or elu"),
    };
    let width = case.width;
    let n_classes = case.n_classes.unwrap_or(0);
    let sizes = Dimensions { n_neurons: case.n_neurons, n_features: 2, n_classes };
    let rngs = &mut [ChaCha8Rng::seed_from_u64(0)];
    let trajectory = TrajectoryConfig { width, activation, ..TrajectoryConfig::scripts() };
    match case.step.as_str() {
        "classify-mlp-text" => {
            let config = MlpConfig { width, activation, ..MlpConfig::text() };
            decoding(case, config.init(sizes, rngs, &device), duration)
        }
        "classify-mlp" => {
            let config = MlpConfig { width, activation, ..MlpConfig::scripts() };
            decoding(case, config.init(sizes, rngs, &device), duration)
        }
        "classify-gnn" => {
            let config = GnnConfig { width, activation, ..GnnConfig::scripts() };
            decoding(case, config.init(sizes, rngs, &device), duration)
        }
        "classify-gnn-text" => {
            let config = GnnConfig { width, activation, ..GnnConfig::text() };
            decoding(case, config.init(sizes, rngs, &device), duration)
        }
        "trajectory-mlp" => {
            let network = Mlp::forecasting(trajectory, sizes, rngs, &device);
            forecasting(case, network, duration)
        }
        "trajectory-gnn" => {
            let edges = TrajectoryEdges::Dynamic;
            let network = Gnn::forecasting(trajectory, edges, sizes, rngs, &device);
            forecasting(case, network, duration)
        }
        "tcn" => {
            let config = TcnConfig { width, ..TcnConfig::centred() };
            on_crops(case, config.init(sizes, rngs, &device), duration)
        }
        other => panic!("unknown step {other:?}"),
    }
}

fn tensor<const D: usize>(values: &[f64], shape: [usize; D]) -> Tensor<D> {
    let data = TensorData::new(values.to_vec(), shape);
    Tensor::from_data(data, (&Device::flex().autodiff(), DType::F32))
}

fn decoding<N: DecodingNetwork>(case: &Case, network: N, duration: Duration) -> Measured {
    let frames = Frames::new([case.n_frames.expect("frames")]);
    let labels =
        Labels { classes: case.labels.clone().expect("labels").into(), frames: frames.clone() };
    let x = tensor(&case.x, [1, frames.padded(), case.n_neurons, 2]);
    time(case, network, Adam::new(), duration, |network| {
        let pass = Pass::with_batch_statistics(Engine::fastest(), frames.clone());
        network.loss(&pass, x.clone(), &labels)
    })
}

fn forecasting<N: ForecastingNetwork>(case: &Case, network: N, duration: Duration) -> Measured {
    let (n, n_steps) = (case.n_neurons, case.n_steps.expect("steps"));
    let sequences = Frames::new([case.n_sequences.expect("sequences")]);
    let history = tensor(&case.x, [1, sequences.padded(), 1, n, 2]);
    let targets = case.targets.as_ref().expect("targets");
    let targets = tensor(targets, [1, sequences.padded(), n_steps, n, 2]);
    time(case, network, Adam::new(), duration, |network| {
        let pass = Pass::with_batch_statistics(Engine::fastest(), sequences.clone());
        let predicted = network.roll_out(&pass, history.clone(), n_steps);
        Loss::SquaredError.mean(&sequences, predicted - targets.clone())
    })
}

/// As `fit_crops` takes a step, but that no unit is left out.
fn on_crops<N: DecodingNetwork>(case: &Case, network: N, duration: Duration) -> Measured {
    let (n_crops, n_frames) = (case.n_crops.expect("crops"), case.n_frames.expect("frames"));
    let frames = Frames::new([n_crops * n_frames]);
    let runs = Runs::new([vec![n_frames; n_crops]]);
    let values = case.targets.as_ref().expect("targets").iter().map(|&share| share as f32);
    let shares = Shares { values: values.collect(), frames: frames.clone() };
    let x = tensor(&case.x, [1, frames.padded(), case.n_neurons, 2]);
    let adam = Adam::decoupled(WEIGHT_DECAY, LARGEST_GRADIENT);
    time(case, network, adam, duration, |network| {
        let pass = Pass::with_batch_statistics(Engine::fastest(), frames.clone());
        network.cross_entropy(&pass.with_runs(runs.clone()), x.clone(), &shares)
    })
}

/// Loss and gradients at the case's parameters, then whole steps as `harness.time_steps` has them.
fn time<N: Module>(
    case: &Case,
    network: N,
    mut adam: Adam,
    duration: Duration,
    loss_of: impl Fn(&N) -> Tensor<1>,
) -> Measured {
    let mut network = load(network, &case.params, DType::F32);
    let loss = loss_of(&network);
    let of_parameters = gradients(&network, &loss.clone().backward());
    let loss = values(loss)[0];
    let mut step = |network: N| {
        let loss = loss_of(&network);
        let network = adam.step(network, loss.clone().backward(), &[LEARNING_RATE]);
        (network, values(loss)[0])
    };
    let mut warm_up_losses = Vec::new();
    for _ in 0..WARM_UP_STEPS {
        let (next, loss) = step(network);
        network = next;
        warm_up_losses.push(loss);
    }
    let mut milliseconds = Vec::new();
    let begin = Instant::now();
    while milliseconds.len() < LEAST_TIMED_STEPS || begin.elapsed() < duration {
        let start = Instant::now();
        (network, _) = step(network);
        milliseconds.push(1e3 * start.elapsed().as_secs_f64());
    }
    Measured { loss, gradients: of_parameters, warm_up_losses, milliseconds }
}
