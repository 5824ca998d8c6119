//! Forward pass and gradients of every network against PyTorch, in float64 composed and in
//! float32 fused. `pytorch/generate.py` has made the numbers; its header states the command and
//! the versions.

mod common;

use burn::module::Module;
use burn::tensor::{DType, Device, Tensor, TensorData};
use common::{Values, gradients, load, values};
use nervering_models::gnn::{Edges, Gnn, GnnConfig, Readout};
use nervering_models::mlp::{Mlp, MlpConfig};
use nervering_models::{DecodingNetwork, Dimensions};
use nervering_nn::activation::Activation;
use nervering_nn::ops::{Engine, Frames, Labels};
use nervering_nn::pass::Pass;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

#[derive(Deserialize)]
struct Case {
    model: String,
    activation: String,
    n_frames: usize,
    n_neurons: usize,
    width: usize,
    n_classes: usize,
    x: Vec<f64>,
    labels: Vec<i32>,
    params: BTreeMap<String, Values>,
    logits: Vec<f64>,
    loss: f64,
    edges: Option<Vec<f64>>,
    grads: BTreeMap<String, Vec<f64>>,
    grad_x: Vec<f64>,
}

enum Network {
    Mlp(Box<Mlp>),
    Gnn(Box<Gnn>),
}

fn network(case: &Case, device: &Device) -> Network {
    let activation = match case.activation.as_str() {
        "relu" => Activation::Relu,
        "elu" => Activation::Elu,
        other => panic!("activation {other}"),
    };
    let width = case.width;
    let sizes = Dimensions { n_neurons: case.n_neurons, n_features: 2, n_classes: case.n_classes };
    let rngs = || [ChaCha8Rng::seed_from_u64(0)];
    let gnn = |config: GnnConfig| {
        let config = GnnConfig { width, activation, ..config };
        Network::Gnn(Box::new(config.init(sizes, &mut rngs(), device)))
    };
    match case.model.as_str() {
        "mlp" => {
            let config = MlpConfig { width, activation, ..MlpConfig::scripts() };
            Network::Mlp(Box::new(config.init(sizes, &mut rngs(), device)))
        }
        "mlp-text" => {
            let config = MlpConfig { width, activation, ..MlpConfig::text() };
            Network::Mlp(Box::new(config.init(sizes, &mut rngs(), device)))
        }
        "gnn" => gnn(GnnConfig::scripts()),
        "gnn-text" => gnn(GnnConfig::text()),
        "gnn-dynamic" => gnn(GnnConfig { edges: Edges::Dynamic, ..GnnConfig::scripts() }),
        "gnn-sum" => gnn(GnnConfig { readout: Readout::Sum, ..GnnConfig::scripts() }),
        other => panic!("model {other}"),
    }
}

/// Largest difference, relative to the largest entry or to a hundredth where all are tiny.
fn error(found: &[f64], exact: &[f64]) -> f64 {
    assert_eq!(found.len(), exact.len());
    let scale = exact.iter().fold(1e-2f64, |m, v| m.max(v.abs()));
    found.iter().zip(exact).fold(0f64, |m, (a, b)| m.max((a - b).abs())) / scale
}

fn check<N: DecodingNetwork>(name: &str, case: &Case, network: N, engine: Engine, bound: f64) {
    let dtype = if engine == Engine::Composed { DType::F64 } else { DType::F32 };
    let network = load(network, &case.params, dtype);
    let device = Device::flex().autodiff();
    let frames = Frames::new([case.n_frames]);
    let labels = Labels { classes: case.labels.clone().into(), frames: frames.clone() };
    let data = TensorData::new(case.x.clone(), [1, case.n_frames, case.n_neurons, 2]);
    let x = Tensor::<4>::from_data(data, (&device, dtype)).require_grad();
    let pass = Pass::with_batch_statistics(engine, frames);
    let assert_close = |what: &str, found: &[f64], exact: &[f64]| {
        let error = error(found, exact);
        assert!(error < bound, "{name}, {engine:?}, {what}: relative error {error:.1e}");
    };

    let hidden = network.hidden(&pass, x.clone());
    let logits = network.readout().forward(hidden);
    assert_close("logits", &values(logits), &case.logits);
    if let Some(w) = network.edges(&pass, x.clone()) {
        assert_close("edges", &values(w), case.edges.as_ref().expect("edges of a GNN"));
    }
    let loss = network.loss(&pass, x.clone(), &labels);
    assert_close("loss", &values(loss.clone()), &[case.loss]);
    let backward = loss.sum().backward();
    assert_close("gradient of x", &values(x.grad(&backward).unwrap()), &case.grad_x);
    let found = gradients(&network, &backward);
    for (parameter, exact) in &case.grads {
        assert_close(parameter, &found[parameter], exact);
    }
}

#[test]
fn every_network_agrees_with_pytorch_forward_and_backward() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pytorch");
    let mut n_cases = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let case: Case = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        for (engine, bound) in [(Engine::Composed, 1e-9), (Engine::fastest(), 2e-4)] {
            match network(&case, &Device::flex().autodiff()) {
                Network::Mlp(network) => check(&name, &case, *network, engine, bound),
                Network::Gnn(network) => check(&name, &case, *network, engine, bound),
            }
        }
        n_cases += 1;
    }
    assert_eq!(n_cases, 15);
}

/// FACTS, section 2: the counts that follow from the scripts' architecture.
#[test]
fn parameter_counts_are_those_of_the_scripts() {
    let device = Device::flex();
    let rngs = || [ChaCha8Rng::seed_from_u64(0)];
    for (n_neurons, n_classes, gnn, mlp) in [(15, 7, 10_505, 4_599), (3, 4, 4_310, 1_476)] {
        let sizes = Dimensions { n_neurons, n_features: 2, n_classes };
        assert_eq!(GnnConfig::scripts().init(sizes, &mut rngs(), &device).num_params(), gnn);
        assert_eq!(MlpConfig::scripts().init(sizes, &mut rngs(), &device).num_params(), mlp);
    }
}

/// Relabelling the neurons relabels the edges: `w[π i, π j]` of permuted input is `w[i, j]`.
#[test]
fn edges_are_equivariant_to_permutations_of_the_neurons() {
    let device = Device::flex();
    let (n, n_frames) = (5, 40);
    let permutation = [3, 0, 4, 1, 2];
    let sizes = Dimensions { n_neurons: n, n_features: 2, n_classes: 4 };
    let x: Vec<f32> = (0..n_frames * n * 2).map(|k| (k as f32 * 0.37).sin().abs()).collect();
    let permuted: Vec<f32> = (0..n_frames * n * 2)
        .map(|k| {
            let (frame, neuron, feature) = (k / (2 * n), k / 2 % n, k % 2);
            x[frame * 2 * n + permutation[neuron] * 2 + feature]
        })
        .collect();
    for config in [
        GnnConfig::scripts(),
        GnnConfig::text(),
        GnnConfig { self_edges: false, ..GnnConfig::scripts() },
    ] {
        let network = config.init(sizes, &mut [ChaCha8Rng::seed_from_u64(3)], &device);
        let edges = |x: &[f32]| {
            let data = TensorData::new(x.to_vec(), [1, n_frames, n, 2]);
            let x = Tensor::<4>::from_data(data, &device);
            let pass = Pass::with_batch_statistics(Engine::fastest(), Frames::new([n_frames]));
            values(network.edges(&pass, x).unwrap())
        };
        let (original, relabelled) = (edges(&x), edges(&permuted));
        for i in 0..n {
            for j in 0..n {
                let expected = original[permutation[i] * n + permutation[j]];
                assert!((relabelled[i * n + j] - expected).abs() < 1e-5, "edge {i} ← {j}");
                assert_eq!(i == j && !config.self_edges, relabelled[i * n + j] == 0.);
            }
        }
    }
}
