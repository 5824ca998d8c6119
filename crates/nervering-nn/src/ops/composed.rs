//! The operations composed from `burn`'s primitives and differentiated by `burn`: the readable
//! definition, on any device and in any precision.

use super::spec::{
    BlockResult, BlockSpec, BlockTensors, EncodedResult, EncodedSpec, Frames, Labels, Shares,
    TemporalSpec, TemporalTensors,
};
use crate::kernel::temporal::is_kept;
use burn::tensor::activation::{log_softmax, sigmoid};
use burn::tensor::{Device, Int, Tensor, TensorData};

/// `[replica, row, 1]`, one where a row is present; `None` when all are.
fn row_mask(frames: &Frames, rows_per_frame: usize, like: &Tensor<3>) -> Option<Tensor<3>> {
    if frames.is_full() {
        return None;
    }
    let n_rows = frames.padded() * rows_per_frame;
    let present = |&n: &usize| (0..n_rows).map(move |row| f32::from(row < n * rows_per_frame));
    let mask: Vec<f32> = frames.present().iter().flat_map(present).collect();
    let data = TensorData::new(mask, [frames.present().len(), n_rows, 1]);
    Some(Tensor::from_data(data, (&like.device(), like.dtype())))
}

/// `[replica, 1, 1]`: one number per replica.
fn per_replica(values: impl Iterator<Item = f64>, like: &Tensor<3>) -> Tensor<3> {
    let values: Vec<f64> = values.collect();
    let n = values.len();
    Tensor::from_data(TensorData::new(values, [n, 1, 1]), (&like.device(), like.dtype()))
}

pub(super) fn linear(x: Tensor<3>, w: Tensor<3>, b: Tensor<2>) -> Tensor<3> {
    x.matmul(w) + b.unsqueeze_dim(1)
}

pub(super) fn linear_of_frames(
    x: Tensor<3>,
    w: Tensor<3>,
    b: Tensor<2>,
    frames: &Frames,
) -> Tensor<3> {
    let y = linear(x, w, b);
    match row_mask(frames, 1, &y) {
        Some(mask) => y * mask,
        None => y,
    }
}

pub(super) fn mlp_block(x: Tensor<3>, w: BlockTensors, spec: &BlockSpec) -> BlockResult {
    let hidden = spec.activation.apply(linear(x, w.w1, w.b1));
    let top = spec.activation.apply(linear(hidden, w.w2, w.b2));
    let mask = row_mask(&spec.frames, spec.rows_per_frame, &top);
    let masked = |t: Tensor<3>| match &mask {
        Some(mask) => t * mask.clone(),
        None => t,
    };
    let mut statistics = None;
    let y = match (spec.batch_norm, w.scale_and_shift) {
        (Some(eps), Some((scale, shift))) => {
            let (mean, var) = match &spec.fixed {
                Some(fixed) => {
                    let [n_replicas, _, width] = top.dims();
                    let given = |v: &[f32]| {
                        let data = TensorData::new(v.to_vec(), [n_replicas, 1, width]);
                        Tensor::<3>::from_data(data, (&top.device(), top.dtype()))
                    };
                    (given(&fixed.mean), given(&fixed.var))
                }
                None => {
                    let rows = spec.frames.present().iter();
                    let n = per_replica(rows.map(|&n| (n * spec.rows_per_frame) as f64), &top);
                    let mean = masked(top.clone()).sum_dim(1) / n.clone();
                    let centred = masked(top.clone() - mean.clone());
                    let var = (centred.clone() * centred).sum_dim(1) / n;
                    statistics = Some((
                        mean.clone().squeeze_dim(1).detach(),
                        var.clone().squeeze_dim(1).detach(),
                    ));
                    (mean, var)
                }
            };
            let normal = (top - mean) / (var + eps).sqrt();
            normal * scale.unsqueeze_dim(1) + shift.unsqueeze_dim(1)
        }
        _ => top,
    };
    let y = masked(y);
    let y = if spec.mean_over_frames { mean_over_frames(y, spec) } else { y };
    BlockResult { y, statistics }
}

/// `x` is `[replica, frame · node, in]`, with `n` nodes in a frame.
pub(super) fn encoded_block(
    x: Tensor<3>,
    n: usize,
    encoder: BlockTensors,
    behind: BlockTensors,
    spec: &EncodedSpec,
) -> EncodedResult {
    let block = |rows_per_frame: usize, w: &BlockTensors| BlockSpec {
        activation: spec.activation,
        batch_norm: w.scale_and_shift.is_some().then_some(spec.epsilon),
        fixed: None,
        frames: spec.frames.clone(),
        rows_per_frame,
        mean_over_frames: false,
    };
    let of_encoder = block(n, &encoder);
    let encoded = mlp_block(x, encoder, &of_encoder);
    let [n_replicas, n_rows, width] = encoded.y.dims();
    let nodes = encoded.y.reshape([n_replicas, n_rows / n, n * width]);
    let of_behind = block(1, &behind);
    let result = mlp_block(nodes, behind, &of_behind);
    EncodedResult {
        y: result.y,
        encoder_statistics: encoded.statistics.expect("an encoder with batch norm"),
        statistics: result.statistics,
    }
}

/// `[replica, frame · row, width]` → `[replica, row, width]`, over the present frames; padded
/// rows are zero.
fn mean_over_frames(y: Tensor<3>, spec: &BlockSpec) -> Tensor<3> {
    let [n_replicas, _, width] = y.dims();
    let n_frames = per_replica(spec.frames.present().iter().map(|&n| n as f64), &y);
    let by_frame = y.reshape([n_replicas, spec.frames.padded(), spec.rows_per_frame, width]);
    by_frame.sum_dim(1).squeeze_dim(1) / n_frames
}

pub(super) fn pairs_of_frames(nodes: Tensor<4>) -> Tensor<3> {
    let [n_replicas, n_frames, n, width] = nodes.dims();
    let shape = [n_replicas, n_frames, n, n, width];
    let receiver = nodes.clone().unsqueeze_dim::<5>(3).expand(shape);
    let sender = nodes.unsqueeze_dim::<5>(2).expand(shape);
    Tensor::cat(vec![receiver, sender], 4).reshape([n_replicas, n_frames * n * n, 2 * width])
}

pub(super) fn mix(w: Tensor<3>, f: Tensor<4>) -> Tensor<4> {
    // One product per replica: nodes as rows, frames and units as columns.
    let [n_replicas, n_frames, n, width] = f.dims();
    let columns = f.swap_dims(1, 2).reshape([n_replicas, n, n_frames * width]);
    w.matmul(columns).reshape([n_replicas, n, n_frames, width]).swap_dims(1, 2)
}

pub(super) fn lstm_cell(gates: Tensor<3>, before: Tensor<3>) -> Tensor<3> {
    let width = gates.dims()[2] / 4;
    let gate = |k: usize| gates.clone().narrow(2, k * width, width);
    let kept = sigmoid(gate(1)) * before.narrow(2, width, width);
    let cell = sigmoid(gate(0)) * gate(2).tanh() + kept;
    let hidden = sigmoid(gate(3)) * cell.clone().tanh();
    Tensor::cat(vec![hidden, cell], 2)
}

pub(super) fn nll(logits: Tensor<3>, labels: &Labels) -> Tensor<1> {
    let [n_replicas, n_frames, _] = logits.dims();
    let device: Device = logits.device();
    let classes = &labels.classes;
    let known: Vec<f32> = classes.iter().map(|&class| f32::from(class >= 0)).collect();
    let index: Vec<i32> = classes.iter().map(|&class| class.max(0)).collect();
    let shape = [n_replicas, n_frames, 1];
    let known = Tensor::<3>::from_data(TensorData::new(known, shape), (&device, logits.dtype()));
    let index = Tensor::<3, Int>::from_data(TensorData::new(index, shape), &device);
    let counts = classes.chunks_exact(n_frames).map(|replica| {
        let n_known = replica.iter().filter(|&&class| class >= 0).count();
        n_known.max(1) as f64
    });
    let counts = per_replica(counts, &logits);
    let of_label = log_softmax(logits, 2).gather(2, index) * known;
    (of_label.sum_dim(1) / counts).neg().reshape([n_replicas])
}

pub(super) fn cross_entropy(logits: Tensor<3>, shares: &Shares) -> Tensor<1> {
    let like = (&logits.device(), logits.dtype());
    let data = TensorData::new(shares.values.to_vec(), logits.dims());
    let of_classes = log_softmax(logits, 2) * Tensor::<3>::from_data(data, like);
    let [n_replicas, ..] = of_classes.dims();
    of_classes.sum_dim(2).sum_dim(1).neg().reshape([n_replicas])
}

pub(super) fn temporal_block(x: Tensor<3>, w: TemporalTensors, spec: &TemporalSpec) -> Tensor<3> {
    let [n_replicas, n_frames, width] = x.dims();
    let like = x.clone();
    let constant = move |values: Vec<f32>, shape: [usize; 3]| -> Tensor<3> {
        Tensor::from_data(TensorData::new(values, shape), (&like.device(), like.dtype()))
    };
    let tap = |offset: isize| {
        // The frame itself stands in for one that is not there, and counts as nothing.
        let (mut at, mut there) = (Vec::new(), Vec::new());
        for r in 0..n_replicas {
            let mut begin = 0;
            for &len in spec.runs.of_replica(r) {
                for frame in begin..begin + len {
                    let source = frame.checked_add_signed(offset);
                    let source = source.filter(|source| (begin..begin + len).contains(source));
                    at.push(source.unwrap_or(frame) as i64);
                    there.push(f32::from(source.is_some()));
                }
                begin += len;
            }
            at.resize((r + 1) * n_frames, 0);
            there.resize((r + 1) * n_frames, 0.);
        }
        let at = TensorData::new(at, [n_replicas, n_frames, 1]);
        let at = Tensor::<3, Int>::from_data(at, &x.device()).repeat_dim(2, width);
        x.clone().gather(1, at) * constant(there, [n_replicas, n_frames, 1])
    };
    let taps = Tensor::cat(spec.offsets().map(tap).to_vec(), 2);
    let mut hidden = burn::tensor::activation::relu(linear(taps, w.w1, w.b1));
    if let Some(dropout) = &spec.dropout {
        let scale = 1. / (1. - dropout.share);
        let kept = |seed| {
            let unit = move |unit: usize| is_kept(dropout.share, seed, unit as u32);
            (0..n_frames * width).map(move |k| if unit(k) { scale } else { 0. })
        };
        let mask = dropout.seeds.iter().flat_map(|&seed| kept(seed)).collect();
        hidden = hidden * constant(mask, [n_replicas, n_frames, width]);
    }
    let y = x + linear(hidden, w.w2, w.b2);
    match row_mask(&spec.frames, 1, &y) {
        Some(mask) => y * mask,
        None => y,
    }
}
