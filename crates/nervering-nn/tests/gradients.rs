//! The gradient of every layer, composed in float64, against central differences: the fused forms
//! are tested against the composed ones, so this is what both rest on.

use burn::tensor::{DType, Device, Tensor, TensorData};
use nervering_nn::activation::Activation;
use nervering_nn::ops::{self, BlockSpec, BlockTensors, Engine, Frames, Labels};

/// Half the distance of the two evaluations.
const STEP: f64 = 1e-6;
/// Error bound, relative to the largest gradient.
const BOUND: f64 = 1e-7;

/// Numbers without a pattern, in [-1, 1].
fn numbers(n: usize, phase: f64) -> Vec<f64> {
    (0..n).map(|k| (k as f64 * 12.9898 + phase).sin() * 43758.5453 % 1.).collect()
}

fn tensor<const D: usize>(values: &[f64], shape: [usize; D]) -> Tensor<D> {
    let data = TensorData::new(values.to_vec(), shape);
    Tensor::from_data(data, (&Device::flex().autodiff(), DType::F64))
}

/// Checks d(loss)/d(input) for every entry of every input. `loss` takes flat inputs.
fn check(name: &str, inputs: &[Vec<f64>], loss: impl Fn(&[Tensor<1>]) -> Tensor<1>) {
    let leaves: Vec<Tensor<1>> =
        inputs.iter().map(|input| tensor(input, [input.len()]).require_grad()).collect();
    let gradients = loss(&leaves).sum().backward();
    let value = |inputs: &[Vec<f64>]| -> f64 {
        let flat: Vec<Tensor<1>> =
            inputs.iter().map(|input| tensor(input, [input.len()])).collect();
        loss(&flat).sum().into_data().try_to_vec::<f64>().unwrap()[0]
    };
    for (which, leaf) in leaves.iter().enumerate() {
        let exact: Vec<f64> = leaf.grad(&gradients).unwrap().into_data().try_to_vec().unwrap();
        let scale = exact.iter().fold(1e-2f64, |m, v| m.max(v.abs()));
        for k in 0..exact.len() {
            let moved = |by: f64| {
                let mut inputs = inputs.to_vec();
                inputs[which][k] += by;
                value(&inputs)
            };
            let difference = (moved(STEP) - moved(-STEP)) / (2. * STEP);
            let error = (difference - exact[k]).abs() / scale;
            assert!(error < BOUND, "{name}, input {which}, entry {k}: {error:.1e}");
        }
    }
}

/// A weighted sum of a result, so that no gradient cancels by symmetry.
fn weighted<const D: usize>(y: Tensor<D>) -> Tensor<1> {
    let weights = numbers(y.shape().num_elements(), 0.5);
    (y.clone() * tensor(&weights, y.dims())).sum()
}

#[test]
fn mlp_block_and_edge_block() {
    let (n_in, width, n, replicas) = (3, 4, 2, 2);
    let frames = Frames::new([3, 2]);
    for activation in [Activation::Relu, Activation::Elu] {
        for (norm, pool, edges) in [
            (true, false, false),
            (false, false, false),
            (true, true, false),
            (true, true, true),
            (true, false, true),
        ] {
            let w_in = if edges { 2 * n_in } else { n_in };
            let inputs = [
                numbers(replicas * 3 * n * n_in, 0.),
                numbers(replicas * w_in * width, 1.),
                numbers(replicas * width, 2.),
                numbers(replicas * width * width, 3.),
                numbers(replicas * width, 4.),
                numbers(replicas * width, 5.),
                numbers(replicas * width, 6.),
            ];
            let spec = BlockSpec {
                activation,
                batch_norm: norm.then_some(1e-2),
                fixed: None,
                frames: frames.clone(),
                rows_per_frame: if edges { n * n } else { n },
                mean_over_frames: pool,
            };
            let name = format!("{activation:?}, norm {norm}, pool {pool}, edges {edges}");
            let inputs = if norm { &inputs[..] } else { &inputs[..5] };
            check(&name, inputs, |t| {
                let vector = |k: usize| t[k].clone().reshape([replicas, width]);
                let w = BlockTensors {
                    w1: t[1].clone().reshape([replicas, w_in, width]),
                    b1: vector(2),
                    w2: t[3].clone().reshape([replicas, width, width]),
                    b2: vector(4),
                    scale_and_shift: norm.then(|| (vector(5), vector(6))),
                };
                let result = if edges {
                    let nodes = t[0].clone().reshape([replicas, 3, n, n_in]);
                    ops::edge_block(Engine::Composed, nodes, w, &spec)
                } else {
                    let rows = t[0].clone().reshape([replicas, 3 * n, n_in]);
                    ops::mlp_block(Engine::Composed, rows, w, &spec)
                };
                weighted(result.y)
            });
        }
    }
}

#[test]
fn linear_mix_and_negative_log_likelihood() {
    let (replicas, n_frames, n, width, n_classes) = (2, 3, 3, 2, 4);
    let linear = [numbers(replicas * 5 * width, 0.), numbers(16, 1.), numbers(8, 2.)];
    check("linear", &linear, |t| {
        let x = t[0].clone().reshape([replicas, 5, width]);
        let w = t[1].clone().reshape([replicas, width, n_classes]);
        weighted(ops::linear(x, w, t[2].clone().reshape([replicas, n_classes])))
    });
    let frames = Frames::new([n_frames; 2]);
    let mix = [numbers(replicas * n * n, 0.), numbers(replicas * n_frames * n * width, 1.)];
    check("mix", &mix, |t| {
        let w = t[0].clone().reshape([replicas, n, n]);
        let f = t[1].clone().reshape([replicas, n_frames, n, width]);
        weighted(ops::mix(Engine::Composed, w, f, &frames))
    });
    let labels = Labels { classes: vec![0, 3, -1, 2, -1, 1].into(), frames };
    let nll = [numbers(replicas * n_frames * width, 0.), numbers(16, 1.), numbers(8, 2.)];
    check("negative log-likelihood", &nll, |t| {
        let hidden = t[0].clone().reshape([replicas, n_frames, width]);
        let w = t[1].clone().reshape([replicas, width, n_classes]);
        let b = t[2].clone().reshape([replicas, n_classes]);
        ops::linear_nll(Engine::Composed, hidden, w, b, &labels)
    });
}
