//! One application of a block: on rows or on pairs of nodes, every row or their mean over frames,
//! with what is taken over frames from where the pass says.

use super::over_frames::{EPSILON, FrameMean};
use super::running::{Affine, RunningMean, RunningNorm};
use crate::activation::Activation;
use crate::ops::{
    self, BlockResult, BlockSpec, BlockTensors, EncodedSpec, Engine, Frames, NormStatistics,
};
use crate::pass::{OverFrames, Pass, Source};
use burn::tensor::{Tensor, TensorData};
use std::sync::Arc;

/// Records what a batch norm has used, where the pass records.
fn note(pass: &Pass, (mean, var): (Tensor<2>, Tensor<2>)) {
    pass.record(|| {
        let statistics = NormStatistics { mean: values(mean), var: values(var) };
        OverFrames::Norm(Arc::new(statistics))
    });
}

/// The block `behind` on the nodes of every frame side by side, `x` `[replica, frame, node, in]`
/// encoded by the block `encoder`, both under the statistics of the batch; `None` where the two are
/// to be run one after the other.
pub(crate) fn encoded(
    pass: &Pass,
    activation: Activation,
    x: Tensor<4>,
    encoder: BlockTensors,
    behind: BlockTensors,
) -> Option<Tensor<3>> {
    let is_of_width = |w: &BlockTensors| w.b1.dims()[1].is_multiple_of(KERNEL_WIDTH);
    let together = pass.is_of_batch()
        && encoder.scale_and_shift.is_some()
        && is_of_width(&encoder)
        && is_of_width(&behind);
    if !together {
        return None;
    }
    let spec = EncodedSpec { activation, epsilon: EPSILON, frames: pass.frames.clone() };
    let result = ops::encoded_block(pass.engine, x, encoder, behind, &spec);
    note(pass, result.encoder_statistics);
    if let Some(statistics) = result.statistics {
        note(pass, statistics);
    }
    Some(result.y)
}

/// What the kernels' widths are multiples of; other blocks are widened to it.
const KERNEL_WIDTH: usize = 16;

/// Rows of pairs that running statistics compose at once, to spare memory.
const ROWS_AT_ONCE: usize = 1 << 16;

/// What a block is applied to.
#[derive(Clone)]
pub(crate) enum BlockInput {
    /// `[replica, frame · row, in]`.
    Rows(Tensor<3>),
    /// Rows whose features lie in two arrays, each as in [`BlockInput::Rows`].
    Both(Box<[Tensor<3>; 2]>),
    /// All ordered pairs of `[replica, frame, node, in / 2]`.
    Pairs(Tensor<4>),
}

/// The batch norm within a block of which only the mean over frames runs along, if it does.
enum NormWithin {
    /// None, or one that runs along itself and is done outside.
    None,
    /// Over all frames.
    Batch,
    Fixed(Arc<NormStatistics>),
}

/// One application of a block.
pub(crate) struct Call<'a> {
    pub(crate) pass: &'a Pass,
    pub(crate) frames: &'a Frames,
    pub(crate) rows_per_frame: usize,
    pub(crate) activation: Activation,
}

/// What is done with every row of a block's result, each by itself: `[replica, row, width]` →
/// `[replica, row, any]`.
pub(crate) type Then<'a> = dyn Fn(Tensor<3>) -> Tensor<3> + 'a;

/// A prior and how many frames it counts as.
type Prior<T> = (Arc<T>, f64);

impl Call<'_> {
    /// `then` of `[replica, frame · row, width]`.
    pub(crate) fn every_row(
        &self,
        input: BlockInput,
        weights: BlockTensors,
        then: &Then,
    ) -> Tensor<3> {
        match weights.scale_and_shift.as_ref().map(|_| self.pass.norm()) {
            None => then(self.run(input, weights, &self.spec(false, None)).y),
            Some(Source::Batch) => {
                then(self.noted(self.run(input, weights, &self.spec(true, None))))
            }
            Some(Source::Fixed(fixed)) => {
                then(self.run(input, weights, &self.spec(true, Some(fixed))).y)
            }
            norm @ Some(Source::Running { .. }) => self.running(input, weights, norm, None, then),
        }
    }

    /// `then` of the mean over frames.
    pub(crate) fn mean_over_frames(
        &self,
        input: BlockInput,
        weights: BlockTensors,
        then: &Then,
    ) -> FrameMean {
        let n_replicas = self.frames.present().len();
        let norm = weights.scale_and_shift.as_ref().map(|_| self.pass.norm());
        match (self.pass.mean(), norm) {
            (Source::Batch, norm @ Some(Source::Running { .. })) => {
                let y = self.running(input, weights, norm, None, &|y| y);
                FrameMean::Shared(then(self.mean_of(y)))
            }
            (Source::Batch, norm) => {
                let fixed = match &norm {
                    Some(Source::Fixed(fixed)) => Some(fixed.clone()),
                    _ => None,
                };
                let spec = BlockSpec { mean_over_frames: true, ..self.spec(norm.is_some(), fixed) };
                let mean = self.noted(self.run(input, weights, &spec));
                self.pass.record(|| OverFrames::Mean(Arc::new(values(mean.clone()))));
                FrameMean::Shared(then(mean))
            }
            (Source::Fixed(mean), _) => {
                let like = weights.b1;
                let shape = [n_replicas, self.rows_per_frame, like.dims()[1]];
                let data = TensorData::new(mean.to_vec(), shape);
                FrameMean::Shared(then(Tensor::from_data(data, (&like.device(), like.dtype()))))
            }
            (Source::Running { prior, prior_frames }, norm) => {
                let y = self.running(input, weights, norm, Some((prior, prior_frames)), then);
                let shape = [n_replicas, self.frames.padded(), self.rows_per_frame, y.dims()[2]];
                FrameMean::UpToEach(y.reshape(shape))
            }
        }
    }

    /// `[replica, frame · row, width]` → `[replica, row, width]`, over the present frames, where the
    /// rows of padded frames are zero.
    fn mean_of(&self, y: Tensor<3>) -> Tensor<3> {
        let [n_replicas, _, width] = y.dims();
        let n_frames: Vec<f32> = self.frames.present().iter().map(|&n| n as f32).collect();
        let n_frames = TensorData::new(n_frames, [n_replicas, 1, 1]);
        let n_frames = Tensor::<3>::from_data(n_frames, (&y.device(), y.dtype()));
        let by_frame = [n_replicas, self.frames.padded(), self.rows_per_frame, width];
        y.reshape(by_frame).sum_dim(1).squeeze_dim(1) / n_frames
    }

    /// The block where its batch norm, or the mean over frames, runs along: `then` of
    /// `[replica, frame · row, width]`. Pairs go some frames at a time.
    fn running(
        &self,
        input: BlockInput,
        mut weights: BlockTensors,
        norm: Option<Source<NormStatistics>>,
        mean: Option<Prior<Vec<f32>>>,
        then: &Then,
    ) -> Tensor<3> {
        let (present, n_frames) = (self.frames.present(), self.frames.padded());
        let n = present.len();
        let (within, norm) = match norm {
            None => (NormWithin::None, None),
            Some(Source::Batch) => (NormWithin::Batch, None),
            Some(Source::Fixed(fixed)) => (NormWithin::Fixed(fixed), None),
            Some(Source::Running { prior, prior_frames }) => {
                (NormWithin::None, Some((prior, prior_frames)))
            }
        };
        let affine = match norm {
            Some(_) => weights.scale_and_shift.take().map(|(g, b)| (values(g), values(b))),
            None => None,
        };
        let norm_of = |r: usize| {
            let ((prior, prior_frames), (scale, shift)) = norm.as_ref().zip(affine.as_ref())?;
            let of = |values| of_replica(values, n, r);
            let (scale, shift) = (of(scale).to_vec(), of(shift).to_vec());
            let affine = Affine { scale, shift, epsilon: EPSILON };
            Some(RunningNorm::new(of(&prior.mean), of(&prior.var), *prior_frames, affine))
        };
        let mean_of = |r: usize| {
            let (prior, prior_frames) = mean.as_ref()?;
            Some(RunningMean::new(of_replica(prior, n, r), *prior_frames))
        };
        let mut states: Vec<_> = (0..n).map(|r| (norm_of(r), mean_of(r))).collect();
        let at_once = match (&input, &within) {
            // A norm over all frames needs all of them.
            (_, NormWithin::Batch) | (BlockInput::Rows(_) | BlockInput::Both(_), _) => n_frames,
            (BlockInput::Pairs(_), _) => (ROWS_AT_ONCE / self.rows_per_frame).max(1),
        };
        let mut parts = Vec::with_capacity(n_frames.div_ceil(at_once));
        for start in (0..n_frames).step_by(at_once) {
            let n_part = at_once.min(n_frames - start);
            let y = self.part(&input, &weights, &within, start, n_part);
            let (shape, device, dtype) = (y.dims(), y.device(), y.dtype());
            let frame_len = self.rows_per_frame * shape[2];
            let mut all = values(y);
            let replicas = all.chunks_exact_mut(n_part * frame_len).zip(present);
            for ((replica, &n_present), (norm, mean)) in replicas.zip(&mut states) {
                let n_present = n_present.saturating_sub(start).min(n_part);
                let (present, padding) = replica.split_at_mut(n_present * frame_len);
                padding.fill(0.);
                for frame in present.chunks_exact_mut(frame_len) {
                    norm.iter_mut().for_each(|norm| norm.advance(frame));
                    mean.iter_mut().for_each(|mean| mean.advance(frame));
                }
            }
            parts.push(then(Tensor::from_data(TensorData::new(all, shape), (&device, dtype))));
        }
        Tensor::cat(parts, 1)
    }

    /// Some frames of the block. The kernel for pairs works on groups of frames and rounds by what is
    /// in the group, so that a frame would depend, in its last bits, on later ones: pairs are composed
    /// here, unless their norm rests on later frames anyway.
    fn part(
        &self,
        input: &BlockInput,
        weights: &BlockTensors,
        within: &NormWithin,
        start: usize,
        n_frames: usize,
    ) -> Tensor<3> {
        let spec = match within {
            NormWithin::None => self.spec(false, None),
            NormWithin::Batch => self.spec(true, None),
            NormWithin::Fixed(fixed) => self.spec(true, Some(fixed.clone())),
        };
        match (input, within) {
            (BlockInput::Rows(_) | BlockInput::Both(_), _) | (_, NormWithin::Batch) => {
                self.run(input.clone(), weights.clone(), &spec).y
            }
            (BlockInput::Pairs(nodes), _) => {
                let frames = Frames::new(vec![n_frames; nodes.dims()[0]]);
                let nodes = nodes.clone().narrow(1, start, n_frames);
                let spec = BlockSpec { frames, ..spec };
                ops::edge_block(Engine::Composed, nodes, weights.clone(), &spec).y
            }
        }
    }

    fn run(&self, input: BlockInput, weights: BlockTensors, spec: &BlockSpec) -> BlockResult {
        let width = weights.b1.dims()[1];
        let added = width.next_multiple_of(KERNEL_WIDTH) - width;
        if added == 0 || self.pass.engine == Engine::Composed {
            return self.run_as_it_is(input, weights, spec);
        }
        let fixed = spec.fixed.as_ref().map(|norm| Arc::new(widened_norm(norm, width, added)));
        let spec = BlockSpec { fixed, ..spec.clone() };
        let result = self.run_as_it_is(input, widened(weights, added), &spec);
        let narrow = |t: Tensor<2>| t.narrow(1, 0, width);
        BlockResult {
            y: result.y.narrow(2, 0, width),
            statistics: result.statistics.map(|(mean, var)| (narrow(mean), narrow(var))),
        }
    }

    fn run_as_it_is(
        &self,
        input: BlockInput,
        weights: BlockTensors,
        spec: &BlockSpec,
    ) -> BlockResult {
        match input {
            BlockInput::Rows(x) => ops::mlp_block(self.pass.engine, x, weights, spec),
            BlockInput::Both(x) => ops::mlp_block_on_both(self.pass.engine, *x, weights, spec),
            BlockInput::Pairs(nodes) => ops::edge_block(self.pass.engine, nodes, weights, spec),
        }
    }

    fn spec(&self, batch_norm: bool, fixed: Option<Arc<NormStatistics>>) -> BlockSpec {
        BlockSpec {
            activation: self.activation,
            batch_norm: batch_norm.then_some(EPSILON),
            fixed,
            frames: self.frames.clone(),
            rows_per_frame: self.rows_per_frame,
            mean_over_frames: false,
        }
    }

    fn noted(&self, result: BlockResult) -> Tensor<3> {
        if let Some(statistics) = result.statistics {
            note(self.pass, statistics);
        }
        result.y
    }
}

/// Weights of a block with so many more units, which are always zero and reach no other.
fn widened(weights: BlockTensors, added: usize) -> BlockTensors {
    let vector = |t: Tensor<2>| {
        let zeros = Tensor::zeros([t.dims()[0], added], (&t.device(), t.dtype()));
        Tensor::cat(vec![t, zeros], 1)
    };
    let outputs = |t: Tensor<3>| {
        let [n_replicas, n_in, _] = t.dims();
        let zeros = Tensor::zeros([n_replicas, n_in, added], (&t.device(), t.dtype()));
        Tensor::cat(vec![t, zeros], 2)
    };
    let inputs = |t: Tensor<3>| {
        let [n_replicas, _, n_out] = t.dims();
        let zeros = Tensor::zeros([n_replicas, added, n_out], (&t.device(), t.dtype()));
        Tensor::cat(vec![t, zeros], 1)
    };
    BlockTensors {
        w1: outputs(weights.w1),
        b1: vector(weights.b1),
        w2: inputs(outputs(weights.w2)),
        b2: vector(weights.b2),
        scale_and_shift: weights.scale_and_shift.map(|(g, b)| (vector(g), vector(b))),
    }
}

/// Statistics for a widened block.
fn widened_norm(norm: &NormStatistics, width: usize, added: usize) -> NormStatistics {
    let widened = |values: &[f32]| {
        let of_replica = |replica: &[f32]| [replica, &vec![0.; added]].concat();
        values.chunks_exact(width).flat_map(of_replica).collect()
    };
    NormStatistics { mean: widened(&norm.mean), var: widened(&norm.var) }
}

fn values<const D: usize>(t: Tensor<D>) -> Vec<f32> {
    t.into_data().convert::<f32>().try_to_vec().expect("converted to float32")
}

/// The part of `values` that belongs to one of `n` replicas.
fn of_replica(values: &[f32], n: usize, r: usize) -> &[f32] {
    let len = values.len() / n;
    &values[r * len..(r + 1) * len]
}
