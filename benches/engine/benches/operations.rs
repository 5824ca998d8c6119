//! Every fused operation, forward and backward through `burn`, at the sizes of the paper: 2,640
//! training frames (3,300 in ten folds), 15 neurons, width 16, and a forecaster's block of width
//! 256, on one core; before them what the core itself can do. Throughput is in floating-point
//! operations of the matrix products, so that it can be held against that. Run with
//! `cargo bench --manifest-path benches/engine/Cargo.toml --bench operations`; a name after `--` selects.

use burn::tensor::{Device, Tensor, TensorData};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use nervering_nn::activation::Activation;
use nervering_nn::ops::{self, BlockSpec, BlockTensors, EncodedSpec, Engine, Frames, Labels};
use nervering_nn::{InstructionSet, OPERATIONS_PER_TURN, multiply_add};
use std::hint::black_box;

/// The program's own: temporaries of megabytes must not go back to the system at every step.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const FRAMES: usize = 2640;
const NEURONS: usize = 15;
const WIDTH: usize = 16;
/// Of a forecaster: three neurons in ten folds of sequences.
const SEQUENCES: usize = 330;
const FORECAST_WIDTH: usize = 256;

fn leaf<const D: usize>(shape: [usize; D]) -> Tensor<D> {
    let n = shape.iter().product::<usize>();
    let values: Vec<f32> = (0..n).map(|k| ((k * k % 1013) as f32 * 0.37).sin() * 0.5).collect();
    let device = Device::flex().autodiff();
    Tensor::from_data(TensorData::new(values, shape), &device).require_grad()
}

fn tensors(n_in: usize, width: usize) -> BlockTensors {
    let vector = || leaf([1, width]);
    BlockTensors {
        w1: leaf([1, n_in, width]),
        b1: vector(),
        w2: leaf([1, width, width]),
        b2: vector(),
        scale_and_shift: Some((vector(), vector())),
    }
}

fn spec(
    activation: Activation,
    n_frames: usize,
    rows_per_frame: usize,
    mean_over_frames: bool,
) -> BlockSpec {
    BlockSpec {
        activation,
        batch_norm: Some(1e-5),
        fixed: None,
        frames: Frames::new([n_frames]),
        rows_per_frame,
        mean_over_frames,
    }
}

/// Operations of the products of a block on `rows` rows, forward and backward without the
/// gradient of the input: three products for each of the two layers, less one.
fn block_operations(rows: usize, n_in: usize, width: usize) -> Throughput {
    Throughput::Elements((rows * (2 * n_in * width * 2 + 2 * width * width * 3)) as u64)
}

fn blocks(c: &mut Criterion) {
    let engine = Engine::fastest();
    for activation in [Activation::Relu, Activation::Elu] {
        let mut group = c.benchmark_group(format!("block/{activation:?}"));
        for (name, n, n_in, pool) in [
            ("encoder", NEURONS, 2, false),
            ("encoder, mean over frames", NEURONS, 2, true),
            ("readout of features", 1, NEURONS * 2, false),
            ("readout of encoded", 1, NEURONS * 2 * WIDTH, false),
        ] {
            let x = leaf([1, FRAMES * n, n_in]).detach();
            let (w, spec) = (tensors(n_in, WIDTH), spec(activation, FRAMES, n, pool));
            group.throughput(block_operations(FRAMES * n, n_in, WIDTH));
            group.bench_function(name, |b| {
                b.iter(|| ops::mlp_block(engine, x.clone(), w.clone(), &spec).y.sum().backward());
            });
        }
        let x = leaf([1, FRAMES, NEURONS, 2]).detach();
        let encoder = tensors(2, WIDTH);
        let behind = BlockTensors { scale_and_shift: None, ..tensors(NEURONS * WIDTH, WIDTH) };
        let frames = Frames::new([FRAMES]);
        let both = EncodedSpec { activation, epsilon: 1e-5, frames };
        // The gradient of the nodes is one product more.
        let of_nodes = 2 * NEURONS * WIDTH * WIDTH;
        let operations = NEURONS * (2 * 2 * WIDTH * 2 + 2 * WIDTH * WIDTH * 3)
            + NEURONS * 2 * WIDTH * WIDTH * 2
            + 2 * WIDTH * WIDTH * 3
            + of_nodes;
        group.throughput(Throughput::Elements((FRAMES * operations) as u64));
        group.bench_function("readout of encoded nodes", |b| {
            b.iter(|| {
                let (encoder, behind) = (encoder.clone(), behind.clone());
                ops::encoded_block(engine, x.clone(), encoder, behind, &both).y.sum().backward()
            });
        });
        let x = leaf([1, SEQUENCES, 6]).detach();
        let (w, wide) = (tensors(6, FORECAST_WIDTH), spec(activation, SEQUENCES, 1, false));
        group.throughput(block_operations(SEQUENCES, 6, FORECAST_WIDTH));
        group.bench_function("forecaster, width 256", |b| {
            b.iter(|| ops::mlp_block(engine, x.clone(), w.clone(), &wide).y.sum().backward());
        });
        let nodes = leaf([1, FRAMES, NEURONS, WIDTH]);
        let w = tensors(2 * WIDTH, WIDTH);
        let spec = spec(activation, FRAMES, NEURONS * NEURONS, true);
        let pairs = FRAMES * NEURONS * NEURONS;
        group.throughput(Throughput::Elements((pairs * 2 * WIDTH * WIDTH * 3) as u64));
        group.bench_function("edges, mean over frames", |b| {
            b.iter(|| ops::edge_block(engine, nodes.clone(), w.clone(), &spec).y.sum().backward());
        });
    }
}

fn others(c: &mut Criterion) {
    let engine = Engine::fastest();
    let mut group = c.benchmark_group("other");
    let frames = Frames::new([FRAMES]);
    let (w, f) = (leaf([1, NEURONS, NEURONS]), leaf([1, FRAMES, NEURONS, WIDTH]));
    let products = FRAMES * NEURONS * NEURONS * WIDTH * 2 * 3;
    group.throughput(Throughput::Elements(products as u64));
    group.bench_function("message passing", |b| {
        b.iter(|| ops::mix(engine, w.clone(), f.clone(), &frames).sum().backward());
    });
    let n_classes = 7;
    let (hidden, w, b) =
        (leaf([1, FRAMES, WIDTH]), leaf([1, WIDTH, n_classes]), leaf([1, n_classes]));
    let classes: Vec<i32> = (0..FRAMES).map(|frame| (frame / 13 % n_classes) as i32).collect();
    let labels = Labels { classes: classes.into(), frames };
    group.throughput(Throughput::Elements((FRAMES * WIDTH * n_classes * 2 * 3) as u64));
    group.bench_function("linear and negative log-likelihood", |bencher| {
        bencher.iter(|| {
            ops::linear_nll(engine, hidden.clone(), w.clone(), b.clone(), &labels).backward()
        });
    });
}

/// What the machine can do: multiply-adds in registers with each instruction set, a large matrix
/// product is below that; and a copy between arrays that no cache holds, bytes read and written.
fn ceilings(c: &mut Criterion) {
    let mut group = c.benchmark_group("ceiling");
    let n_turns = 10_000;
    group.throughput(Throughput::Elements((n_turns * OPERATIONS_PER_TURN) as u64));
    for set in InstructionSet::available() {
        group.bench_function(format!("multiply-add, {}", set.name()), |b| {
            b.iter(|| multiply_add(set, n_turns));
        });
    }
    let from = vec![1f32; 64 << 20];
    let mut to = from.clone();
    group.throughput(Throughput::Bytes((2 * from.len() * size_of::<f32>()) as u64));
    group.bench_function("copy", |b| {
        b.iter(|| black_box(&mut to).copy_from_slice(black_box(&from)))
    });
}

criterion_group! {
    name = operations;
    config = Criterion::default().sample_size(20);
    targets = ceilings, blocks, others
}
criterion_main!(operations);
