//! Every fused operation against the same operation composed from primitives in float64: results
//! and all gradients, on random shapes that include one frame, one node, odd widths and padded
//! replicas, for both activations and every instruction set of the machine.

use burn::tensor::{DType, Device, Tensor, TensorData};
use nervering_nn::InstructionSet;
use nervering_nn::activation::Activation;
use nervering_nn::ops::{
    self, BlockSpec, BlockTensors, Dropout, EncodedSpec, Engine, Frames, Labels, Runs, Shares,
    Taps, TemporalSpec, TemporalTensors,
};
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// The stated bound: largest error over largest entry, against float64.
const BOUND: f64 = 1e-5;
/// That of the encoded block alone. Of forty runs of 48 drawn cases each, three found one at 1.0e-5 to 1.7e-5,
/// where few frames leave a batch norm little variance to divide by.
const ENCODED_BOUND: f64 = 4e-5;

/// Reproducible inputs for both forms of an operation.
struct Inputs {
    rng: ChaCha8Rng,
    device: Device,
}

/// A tensor that wants a gradient, in the precision of an engine.
fn leaf<const D: usize>(
    values: &[f32],
    shape: [usize; D],
    engine: Engine,
    device: &Device,
) -> Tensor<D> {
    let dtype = match engine {
        Engine::Fused(_) => DType::F32,
        Engine::Composed => DType::F64,
    };
    let data = TensorData::new(values.to_vec(), shape);
    Tensor::<D>::from_data(data, (device, dtype)).require_grad()
}

fn values<const D: usize>(t: Tensor<D>) -> Vec<f64> {
    t.into_data().convert::<f64>().try_to_vec().unwrap()
}

/// Largest difference over largest entry. Sums over rows may cancel (batch norm leaves no gradient
/// to a bias whose unit is always active) while each of their `n_terms` terms, of order one, is
/// rounded; so the entry counts as no smaller than a twentieth of their number, and than one.
fn error(found: &[f64], exact: &[f64], n_terms: usize) -> f64 {
    assert_eq!(found.len(), exact.len());
    let floor = (0.05 * n_terms as f64).max(1.);
    let scale = exact.iter().fold(floor, |m, v| m.max(v.abs()));
    found.iter().zip(exact).fold(0f64, |m, (a, b)| m.max((a - b).abs())) / scale
}

impl Inputs {
    fn new(seed: u64) -> Self {
        Self { rng: ChaCha8Rng::seed_from_u64(seed), device: Device::flex().autodiff() }
    }

    fn uniform(&mut self, n: usize) -> Vec<f32> {
        (0..n).map(|_| self.rng.random_range(-1.0..1.0)).collect()
    }
}

/// Result and gradients of `f` at `leaves`, each result weighted by `weights` for the gradient.
fn assert_agree(name: &str, n_terms: usize, results: [Vec<Vec<f64>>; 2]) {
    assert_within(BOUND, name, n_terms, results);
}

fn assert_within(bound: f64, name: &str, n_terms: usize, results: [Vec<Vec<f64>>; 2]) {
    let [fused, exact] = results;
    for (k, (fused, exact)) in fused.iter().zip(&exact).enumerate() {
        let error = error(fused, exact, n_terms);
        assert!(error < bound, "{name}, output {k}: relative error {error:.1e}");
    }
}

#[derive(Debug, Clone)]
struct BlockCase {
    frames: Vec<usize>,
    n: usize,
    n_in: usize,
    width: usize,
    activation: Activation,
    norm: bool,
    pool: bool,
    /// Whether the features of the rows come in two arrays, where there are two at least.
    beside: bool,
    seed: u64,
}

impl BlockCase {
    /// Rows whose gradients, of order one, are summed in one of a parameter: those of a frame where
    /// the result is the mean over frames.
    fn n_terms(&self, edges: bool) -> usize {
        let rows = if edges { self.n * self.n } else { self.n };
        if self.pool { rows } else { rows * self.frames.iter().max().expect("replicas") }
    }
}

fn block_case() -> impl Strategy<Value = BlockCase> {
    (
        prop::collection::vec(1usize..40, 1..4),
        prop::sample::select(vec![1usize, 2, 3, 4, 5, 6, 9, 15]),
        prop::sample::select(vec![1usize, 2, 3, 5, 16, 30, 33]),
        prop::sample::select(vec![16usize, 32, 48]),
        prop::sample::select(vec![Activation::Relu, Activation::Elu]),
        any::<bool>(),
        any::<bool>(),
        any::<bool>(),
        any::<u64>(),
    )
        .prop_map(|(frames, n, n_in, width, activation, norm, pool, beside, seed)| BlockCase {
            frames,
            n,
            n_in,
            width,
            activation,
            norm,
            pool,
            beside,
            seed,
        })
}

/// Runs the block (or the edge block) and returns result, statistics and gradients, and the
/// clearance of its activations.
fn run_block(case: &BlockCase, edges: bool, engine: Engine) -> (Vec<Vec<f64>>, f64) {
    let mut inputs = Inputs::new(case.seed);
    let device = inputs.device.clone();
    let (replicas, width, n) = (case.frames.len(), case.width, case.n);
    let frames = Frames::new(case.frames.clone());
    let w_in = if edges { 2 * case.n_in } else { case.n_in };
    let x_shape = [replicas, frames.padded(), n, case.n_in];
    let x = inputs.uniform(x_shape.iter().product());
    let x = leaf(&x, x_shape, engine, &device);
    let w = block_tensors(&mut inputs, replicas, [w_in, width], case.norm, engine);
    let (w1, w2) = (w.w1.clone(), w.w2.clone());
    let (b1, b2, scale_and_shift) = (w.b1.clone(), w.b2.clone(), w.scale_and_shift.clone());
    let spec = BlockSpec {
        activation: case.activation,
        // A large epsilon: over a few rows a variance near 0 would multiply the rounding of sums
        // that cancel exactly.
        batch_norm: case.norm.then_some(0.1),
        fixed: None,
        frames,
        rows_per_frame: if edges { n * n } else { n },
        mean_over_frames: case.pool,
    };
    let rows = if edges {
        ops::pairs(x.clone())
    } else {
        x.clone().reshape([replicas, x_shape[1] * n, case.n_in])
    };
    let clearance = clearance(case.activation, rows, &w);
    let result = if edges {
        ops::edge_block(engine, x.clone(), w, &spec)
    } else {
        let rows = x.clone().reshape([replicas, x_shape[1] * n, case.n_in]);
        if case.beside && case.n_in > 1 {
            let n_first = case.n_in / 2;
            let parts = rows.split_with_sizes(vec![n_first, case.n_in - n_first], 2);
            let parts = parts.try_into().expect("two parts");
            ops::mlp_block_on_both(engine, parts, w, &spec)
        } else {
            ops::mlp_block(engine, rows, w, &spec)
        }
    };
    let weights = inputs.uniform(result.y.dims().iter().product());
    let weights = leaf(&weights, result.y.dims(), engine, &device).set_require_grad(false);
    let gradients = (result.y.clone() * weights).sum().backward();
    let mut out = vec![values(result.y.inner())];
    if let Some((mean, var)) = result.statistics {
        out.extend([values(mean.inner()), values(var.inner())]);
    }
    out.push(values(x.grad(&gradients).unwrap()));
    out.extend([w1, w2].map(|w| values(w.grad(&gradients).unwrap())));
    out.extend([b1, b2].map(|b| values(b.grad(&gradients).unwrap())));
    if let Some((gamma, beta)) = scale_and_shift {
        out.extend([gamma, beta].map(|v| values(v.grad(&gradients).unwrap())));
    }
    (out, clearance)
}

/// Weights of a block with batch norm or without, each of them a leaf.
fn block_tensors(
    inputs: &mut Inputs,
    replicas: usize,
    [n_in, width]: [usize; 2],
    norm: bool,
    engine: Engine,
) -> BlockTensors {
    let device = inputs.device.clone();
    let mut matrix = |n_in: usize| {
        let scale = (2. / (n_in + width) as f32).sqrt() * 1.7;
        let values: Vec<f32> =
            inputs.uniform(replicas * n_in * width).iter().map(|v| v * scale).collect();
        leaf(&values, [replicas, n_in, width], engine, &device)
    };
    let (w1, w2) = (matrix(n_in), matrix(width));
    let mut vector = || leaf(&inputs.uniform(replicas * width), [replicas, width], engine, &device);
    let (b1, b2, gamma, beta) = (vector(), vector(), vector(), vector());
    BlockTensors { w1, b1, w2, b2, scale_and_shift: norm.then_some((gamma, beta)) }
}

/// Runs the block on encoded nodes; `case.width` is that of both blocks, `case.norm` says whether
/// the one behind has batch norm. Every frame is shifted by `offset`.
fn run_encoded(case: &BlockCase, offset: f32, engine: Engine) -> (Vec<Vec<f64>>, f64) {
    let mut inputs = Inputs::new(case.seed);
    let device = inputs.device.clone();
    let (replicas, width, n) = (case.frames.len(), case.width, case.n);
    let frames = Frames::new(case.frames.clone());
    let x_shape = [replicas, frames.padded(), n, case.n_in];
    let x: Vec<f32> = inputs.uniform(x_shape.iter().product()).iter().map(|v| v + offset).collect();
    let x = leaf(&x, x_shape, engine, &device);
    let encoder = block_tensors(&mut inputs, replicas, [case.n_in, width], true, engine);
    let behind = block_tensors(&mut inputs, replicas, [n * width, width], case.norm, engine);
    let spec = EncodedSpec { activation: case.activation, epsilon: 0.1, frames: frames.clone() };
    let result = ops::encoded_block(engine, x.clone(), encoder.clone(), behind.clone(), &spec);
    let rows = x.clone().reshape([replicas, x_shape[1] * n, case.n_in]);
    let block = BlockSpec {
        activation: case.activation,
        batch_norm: Some(spec.epsilon),
        fixed: None,
        frames,
        rows_per_frame: n,
        mean_over_frames: false,
    };
    let nodes = ops::mlp_block(Engine::Composed, rows.clone(), encoder.clone(), &block).y;
    let nodes = nodes.reshape([replicas, x_shape[1], n * width]);
    let clearance = clearance(case.activation, rows, &encoder).min(self::clearance(
        case.activation,
        nodes,
        &behind,
    ));
    let weights = inputs.uniform(result.y.dims().iter().product());
    let weights = leaf(&weights, result.y.dims(), engine, &device).set_require_grad(false);
    let gradients = (result.y.clone() * weights).sum().backward();
    let mut out = vec![values(result.y.inner())];
    for (mean, var) in [Some(result.encoder_statistics), result.statistics].into_iter().flatten() {
        out.extend([values(mean.inner()), values(var.inner())]);
    }
    out.push(values(x.grad(&gradients).unwrap()));
    for BlockTensors { w1, b1, w2, b2, scale_and_shift } in [encoder, behind] {
        out.extend([w1, w2].map(|w| values(w.grad(&gradients).unwrap())));
        out.extend([b1, b2].map(|b| values(b.grad(&gradients).unwrap())));
        if let Some((gamma, beta)) = scale_and_shift {
            out.extend([gamma, beta].map(|v| values(v.grad(&gradients).unwrap())));
        }
    }
    (out, clearance)
}

/// Batch norm's two sums over rows are differences here, of gradients times activations and times
/// their mean, which are large where the mean is far above the spread.
#[test]
fn encoded_block_whose_units_are_far_from_zero() {
    const OFFSET: f32 = 5.;
    for (n, activation) in [(3, Activation::Elu), (15, Activation::Relu)] {
        let case = BlockCase {
            frames: vec![300, 120],
            n,
            n_in: 2,
            width: 16,
            activation,
            norm: true,
            pool: false,
            beside: false,
            seed: 5,
        };
        let (exact, clearance) = run_encoded(&case, OFFSET, Engine::Composed);
        assert!(clearance > 1e-6, "{clearance:e}");
        for set in InstructionSet::available() {
            let (fused, _) = run_encoded(&case, OFFSET, Engine::Fused(set));
            assert_agree(set.name(), case.n_terms(false), [fused, exact.clone()]);
        }
    }
}

/// Distance to zero of the nearest input of a ReLU, whose gradient jumps there: nearer than
/// float32 can tell, no two precisions need agree.
fn clearance(activation: Activation, x: Tensor<3>, w: &BlockTensors) -> f64 {
    if activation == Activation::Elu {
        return f64::INFINITY;
    }
    let hidden = ops::linear(x, w.w1.clone(), w.b1.clone());
    let top = ops::linear(activation.apply(hidden.clone()), w.w2.clone(), w.b2.clone());
    let nearest = |t: Tensor<3>| values(t.abs().min())[0];
    nearest(hidden).min(nearest(top))
}

/// The exponential of a sum as a product of two overflows where the terms are large; such frames
/// take the direct way.
#[test]
fn pairs_of_large_terms_that_cancel() {
    let case = BlockCase {
        frames: vec![3],
        n: 2,
        n_in: 1,
        width: 16,
        activation: Activation::Elu,
        norm: false,
        pool: false,
        beside: false,
        seed: 1,
    };
    let run = |engine| {
        let mut inputs = Inputs::new(case.seed);
        let device = inputs.device.clone();
        let x = leaf(&[90., -95., 91., -91., 0.5, -0.25], [1, 3, 2, 1], engine, &device);
        let ones = leaf(&[1.; 32], [1, 2, 16], engine, &device);
        let w2 = leaf(&inputs.uniform(256), [1, 16, 16], engine, &device);
        let zero = leaf(&[0.; 16], [1, 16], engine, &device);
        let w = BlockTensors {
            w1: ones.clone(),
            b1: zero.clone(),
            w2: w2.clone(),
            b2: zero,
            scale_and_shift: None,
        };
        let spec = BlockSpec {
            activation: case.activation,
            batch_norm: None,
            fixed: None,
            frames: Frames::new(case.frames.clone()),
            rows_per_frame: 4,
            mean_over_frames: false,
        };
        let y = ops::edge_block(engine, x.clone(), w, &spec).y;
        let gradients = y.clone().sum().backward();
        let gradient = |t: Tensor<3>| values(t.grad(&gradients).unwrap());
        let of_x = values(x.grad(&gradients).unwrap());
        vec![values(y.inner()), of_x, gradient(ones), gradient(w2)]
    };
    let exact = run(Engine::Composed);
    for set in InstructionSet::available() {
        assert_agree(set.name(), 1, [run(Engine::Fused(set)), exact.clone()]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn mlp_block_agrees_with_float64(case in block_case()) {
        let (exact, clearance) = run_block(&case, false, Engine::Composed);
        prop_assume!(clearance > 1e-6);
        for set in InstructionSet::available() {
            let (fused, _) = run_block(&case, false, Engine::Fused(set));
            assert_agree(set.name(), case.n_terms(false), [fused, exact.clone()]);
        }
    }

    #[test]
    fn encoded_block_agrees_with_float64(case in block_case()) {
        let (exact, clearance) = run_encoded(&case, 0., Engine::Composed);
        prop_assume!(clearance > 1e-6);
        for set in InstructionSet::available() {
            let (fused, _) = run_encoded(&case, 0., Engine::Fused(set));
            let results = [fused, exact.clone()];
            assert_within(ENCODED_BOUND, set.name(), case.n_terms(false), results);
        }
    }

    #[test]
    fn edge_block_agrees_with_float64(case in block_case()) {
        let (exact, clearance) = run_block(&case, true, Engine::Composed);
        prop_assume!(clearance > 1e-6);
        for set in InstructionSet::available() {
            let (fused, _) = run_block(&case, true, Engine::Fused(set));
            assert_agree(set.name(), case.n_terms(true), [fused, exact.clone()]);
        }
    }

    #[test]
    fn mix_agrees_with_float64(case in block_case()) {
        let run = |engine| {
            let mut inputs = Inputs::new(case.seed);
            let device = inputs.device.clone();
            let (replicas, n) = (case.frames.len(), case.n);
            let frames = Frames::new(case.frames.clone());
            let w = leaf(&inputs.uniform(replicas * n * n), [replicas, n, n], engine, &device);
            let shape = [replicas, frames.padded(), n, case.width];
            let mut present = inputs.uniform(shape.iter().product());
            // Rows beyond the present frames are zero, as every operation leaves them.
            let len = present.len() / replicas;
            for (r, &n_present) in case.frames.iter().enumerate() {
                present[r * len + n_present * n * case.width..(r + 1) * len].fill(0.);
            }
            let f = leaf(&present, shape, engine, &device);
            let m = ops::mix(engine, w.clone(), f.clone(), &frames);
            let weights = leaf(&present, shape, engine, &device).set_require_grad(false);
            let gradients = (m.clone() * m.clone() * weights).sum().backward();
            vec![
                values(m.inner()),
                values(w.grad(&gradients).unwrap()),
                values(f.grad(&gradients).unwrap()),
            ]
        };
        let exact = run(Engine::Composed);
        for set in InstructionSet::available() {
            assert_agree(set.name(), 1, [run(Engine::Fused(set)), exact.clone()]);
        }
    }

    #[test]
    fn temporal_block_agrees_with_float64(
        runs in prop::collection::vec(prop::collection::vec(1usize..90, 1..4), 1..3),
        width in prop::sample::select(vec![16usize, 32, 48]),
        distance in 1usize..20,
        centred in any::<bool>(),
        dropped in any::<bool>(),
        seed in any::<u64>(),
    ) {
        let lengths: Vec<usize> = runs.iter().map(|runs| runs.iter().sum()).collect();
        let (n, frames) = (runs.len(), Frames::new(lengths));
        let n_terms = runs.iter().flatten().sum();
        let spec = TemporalSpec {
            taps: if centred { Taps::Centred } else { Taps::Past },
            distance,
            frames: frames.clone(),
            runs: Runs::new(runs),
            dropout: dropped.then(|| {
                let seeds = (0..n as u32).map(|r| seed as u32 ^ r).collect();
                Dropout { share: 0.3, seeds }
            }),
        };
        let run = |engine: Engine| {
            let mut inputs = Inputs::new(seed);
            let device = inputs.device.clone();
            let scaled = |values: Vec<f32>, scale: f32| -> Vec<f32> {
                values.iter().map(|value| value * scale).collect()
            };
            let mut draw = |len: usize, scale: f32| scaled(inputs.uniform(len), scale);
            let x = draw(n * frames.padded() * width, 1.);
            let small = 1. / (width as f32).sqrt();
            let [w1, w2] = [3 * width * width, width * width].map(|len| draw(n * len, small));
            let [b1, b2] = [(); 2].map(|()| draw(n * width, 0.5));
            let outer = draw(n * frames.padded() * width, 1.);
            let x = leaf(&x, [n, frames.padded(), width], engine, &device);
            let w1 = leaf(&w1, [n, 3 * width, width], engine, &device);
            let w2 = leaf(&w2, [n, width, width], engine, &device);
            let [b1, b2] = [b1, b2].map(|b| leaf(&b, [n, width], engine, &device));
            let w = TemporalTensors { w1: w1.clone(), b1: b1.clone(), w2: w2.clone(), b2: b2.clone() };
            let y = ops::temporal_block(engine, x.clone(), w, &spec);
            let outer = leaf(&outer, [n, frames.padded(), width], engine, &device);
            let gradients = (y.clone() * outer.detach()).sum().backward();
            let of = |t: &Tensor<3>| values(t.grad(&gradients).unwrap());
            let of_bias = |t: &Tensor<2>| values(t.grad(&gradients).unwrap());
            // What stands beyond the present frames has a gradient of its own choice.
            let dx = of(&x);
            let present = dx.chunks_exact(frames.padded() * width).zip(frames.present());
            let dx = present.flat_map(|(dx, n)| dx[..n * width].to_vec()).collect();
            vec![values(y), dx, of(&w1), of_bias(&b1), of(&w2), of_bias(&b2)]
        };
        let exact = run(Engine::Composed);
        for set in InstructionSet::available() {
            assert_agree("temporal", n_terms, [run(Engine::Fused(set)), exact.clone()]);
        }
    }

    #[test]
    fn linear_nll_agrees_with_float64(case in block_case(), n_classes in 2usize..=16) {
        let run = |engine| {
            let mut inputs = Inputs::new(case.seed);
            let device = inputs.device.clone();
            let (replicas, width) = (case.frames.len(), case.width);
            let frames = Frames::new(case.frames.clone());
            let n_rows = replicas * frames.padded();
            let classes: Vec<i32> = (0..n_rows)
                .map(|row| {
                    let present = row % frames.padded() < case.frames[row / frames.padded()];
                    let class = inputs.rng.random_range(-1..n_classes as i32);
                    if present { class } else { -1 }
                })
                .collect();
            let labels = Labels { classes: classes.into(), frames: frames.clone() };
            let h = inputs.uniform(n_rows * width);
            let h = leaf(&h, [replicas, frames.padded(), width], engine, &device);
            let w = inputs.uniform(replicas * width * n_classes);
            let w = leaf(&w, [replicas, width, n_classes], engine, &device);
            let b = leaf(&inputs.uniform(replicas * n_classes), [replicas, n_classes], engine, &device);
            let loss = ops::linear_nll(engine, h.clone(), w.clone(), b.clone(), &labels);
            let gradients = loss.clone().sum().backward();
            vec![
                values(loss.inner()),
                values(h.grad(&gradients).unwrap()),
                values(w.grad(&gradients).unwrap()),
                values(b.grad(&gradients).unwrap()),
            ]
        };
        let exact = run(Engine::Composed);
        for set in InstructionSet::available() {
            assert_agree(set.name(), 1, [run(Engine::Fused(set)), exact.clone()]);
        }
    }

    #[test]
    fn linear_cross_entropy_agrees_with_float64(case in block_case(), n_classes in 2usize..=16) {
        let run = |engine| {
            let mut inputs = Inputs::new(case.seed);
            let device = inputs.device.clone();
            let (replicas, width) = (case.frames.len(), case.width);
            let frames = Frames::new(case.frames.clone());
            let n_rows = replicas * frames.padded();
            // Some frames count nothing, as those beyond the present ones do.
            let shares = (0..n_rows).flat_map(|row| {
                let present = row % frames.padded() < case.frames[row / frames.padded()];
                let counts = present && inputs.rng.random_range(0..5) > 0;
                let of_frame = inputs.uniform(n_classes);
                of_frame.into_iter().map(move |share| if counts { share.abs() } else { 0. })
            });
            let shares = Shares { values: shares.collect(), frames: frames.clone() };
            let h = inputs.uniform(n_rows * width);
            let h = leaf(&h, [replicas, frames.padded(), width], engine, &device);
            let w = inputs.uniform(replicas * width * n_classes);
            let w = leaf(&w, [replicas, width, n_classes], engine, &device);
            let b = leaf(&inputs.uniform(replicas * n_classes), [replicas, n_classes], engine, &device);
            let loss = ops::linear_cross_entropy(engine, h.clone(), w.clone(), b.clone(), &shares);
            let gradients = loss.clone().sum().backward();
            vec![
                values(loss.inner()),
                values(h.grad(&gradients).unwrap()),
                values(w.grad(&gradients).unwrap()),
                values(b.grad(&gradients).unwrap()),
            ]
        };
        let exact = run(Engine::Composed);
        let n_terms = case.frames.iter().sum();
        for set in InstructionSet::available() {
            assert_agree(set.name(), n_terms, [run(Engine::Fused(set)), exact.clone()]);
        }
    }

    #[test]
    fn linear_of_frames_agrees_with_float64(case in block_case(), wants_x in any::<bool>()) {
        let run = |engine| {
            let mut inputs = Inputs::new(case.seed);
            let device = inputs.device.clone();
            let (replicas, n_in, width) = (case.frames.len(), case.n_in, case.width);
            let frames = Frames::new(case.frames.clone());
            let n_rows = replicas * frames.padded();
            let x = inputs.uniform(n_rows * n_in);
            let x = leaf(&x, [replicas, frames.padded(), n_in], engine, &device);
            let w = inputs.uniform(replicas * n_in * width);
            let w = leaf(&w, [replicas, n_in, width], engine, &device);
            let b = leaf(&inputs.uniform(replicas * width), [replicas, width], engine, &device);
            let outer = inputs.uniform(n_rows * width);
            let outer = leaf(&outer, [replicas, frames.padded(), width], engine, &device);
            let given = if wants_x { x.clone() } else { x.clone().detach() };
            let y = ops::linear_of_frames(engine, given, w.clone(), b.clone(), &frames);
            let gradients = (y.clone() * outer.detach()).sum().backward();
            let mut results = vec![
                values(y.inner()),
                values(w.grad(&gradients).unwrap()),
                values(b.grad(&gradients).unwrap()),
            ];
            results.extend(x.grad(&gradients).map(values));
            results
        };
        let exact = run(Engine::Composed);
        let n_terms = case.frames.iter().sum();
        for set in InstructionSet::available() {
            let fused = run(Engine::Fused(set));
            prop_assert_eq!(fused.len(), exact.len());
            assert_agree(set.name(), n_terms, [fused, exact.clone()]);
        }
    }
}
