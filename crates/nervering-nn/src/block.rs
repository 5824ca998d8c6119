//! The paper's block `g`: two linear layers with an activation after each, and batch norm on the
//! output ("Model Implementation"; weights, bias and statistics as in the scripts). What the block
//! takes over frames, mean and variance of its batch norm and the mean of its results, comes from
//! where the [`Pass`] says.

use crate::activation::Activation;
use crate::init::{BIAS, constant, xavier_normal};
use crate::ops::{self, BlockResult, BlockSpec, BlockTensors, Engine, Frames, NormStatistics};
use crate::pass::{OverFrames, Pass, Source};
use crate::running::{FrameRows, RunningNorm, mean_up_to, normalise};
use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor, TensorData};
use rand::Rng;
use std::sync::Arc;

/// PyTorch's epsilon, which the scripts leave alone.
const EPSILON: f64 = 1e-5;

/// What the kernels' widths are multiples of; other blocks are widened to it.
const KERNEL_WIDTH: usize = 16;

/// Rows of pairs that running statistics compose at once.
const ROWS_AT_ONCE: usize = 1 << 16;

/// What an [`MlpBlock`] is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MlpBlockConfig {
    /// Features of a row.
    pub n_in: usize,
    /// Units of both layers.
    pub width: usize,
    /// After each layer.
    pub activation: Activation,
    /// Whether the output is batch-normalised over all present rows.
    pub batch_norm: bool,
}

/// Linear → activation → linear → activation → batch norm, one set of weights per replica.
#[derive(Module, Debug)]
pub struct MlpBlock {
    w1: Param<Tensor<3>>,
    b1: Param<Tensor<2>>,
    w2: Param<Tensor<3>>,
    b2: Param<Tensor<2>>,
    gamma: Option<Param<Tensor<2>>>,
    beta: Option<Param<Tensor<2>>>,
    #[module(skip)]
    activation: Activation,
}

/// The mean over frames of a block's result.
#[derive(Debug, Clone)]
pub enum FrameMean {
    /// One for all frames, `[replica, row, width]`.
    Shared(Tensor<3>),
    /// At each frame over the frames up to it, `[replica, frame, row, width]`.
    UpToEach(Tensor<4>),
}

impl MlpBlockConfig {
    /// Xavier-normal weights, biases of 0.1, batch-norm scale 1 and shift 0; one replica per
    /// generator.
    pub fn init<R: Rng>(self, rngs: &mut [R], device: &Device) -> MlpBlock {
        let Self { n_in, width, activation, batch_norm } = self;
        let n = rngs.len();
        let vector = |value| constant(value, width, n, device);
        MlpBlock {
            w1: xavier_normal(n_in, width, rngs, device),
            b1: vector(BIAS),
            w2: xavier_normal(width, width, rngs, device),
            b2: vector(BIAS),
            gamma: batch_norm.then(|| vector(1.)),
            beta: batch_norm.then(|| vector(0.)),
            activation,
        }
    }

    /// Parameters of a replica.
    pub fn n_parameters(self) -> usize {
        let vectors = if self.batch_norm { 4 } else { 2 };
        (self.n_in + self.width + vectors) * self.width
    }
}

impl MlpBlock {
    /// `[replica, frame · row, in]` → `[replica, frame · row, width]`, for `rows_per_frame` rows
    /// in each frame.
    pub fn forward(&self, pass: &Pass, x: Tensor<3>, rows_per_frame: usize) -> Tensor<3> {
        self.forward_with(pass, x, rows_per_frame, self.tensors())
    }

    /// The block on every node of every frame: `[replica, frame, node, in]` →
    /// `[replica, frame, node, width]`.
    pub fn forward_nodes(&self, pass: &Pass, x: Tensor<4>) -> Tensor<4> {
        let [n_replicas, n_frames, n, n_in] = x.dims();
        let y = self.forward(pass, x.reshape([n_replicas, n_frames * n, n_in]), n);
        let width = y.dims()[2];
        y.reshape([n_replicas, n_frames, n, width])
    }

    /// As [`MlpBlock::forward`], with weights that a model has derived from this block's own: a
    /// linear step before the block can be folded into its first layer.
    pub fn forward_with(
        &self,
        pass: &Pass,
        x: Tensor<3>,
        rows_per_frame: usize,
        weights: BlockTensors,
    ) -> Tensor<3> {
        self.call(pass, &pass.frames, rows_per_frame).every_row(BlockInput::Rows(x), weights)
    }

    /// The block on every ordered pair of nodes at every frame:
    /// `[replica, frame, node, in / 2]` → `[replica, frame · receiver · sender, width]`. Frames
    /// are given, since nodes may have been averaged over those of the pass.
    pub fn forward_pairs(&self, pass: &Pass, frames: &Frames, nodes: Tensor<4>) -> Tensor<3> {
        let n = nodes.dims()[2];
        self.call(pass, frames, n * n).every_row(BlockInput::Pairs(nodes), self.tensors())
    }

    /// As [`MlpBlock::forward`], then the mean over frames.
    pub fn mean_over_frames(&self, pass: &Pass, x: Tensor<3>, rows_per_frame: usize) -> FrameMean {
        let call = self.call(pass, &pass.frames, rows_per_frame);
        call.mean_over_frames(BlockInput::Rows(x), self.tensors())
    }

    /// As [`MlpBlock::forward_pairs`], then the mean over frames, whose rows are
    /// `[receiver · sender]`.
    pub fn mean_over_frames_of_pairs(&self, pass: &Pass, nodes: Tensor<4>) -> FrameMean {
        let n = nodes.dims()[2];
        let call = self.call(pass, &pass.frames, n * n);
        call.mean_over_frames(BlockInput::Pairs(nodes), self.tensors())
    }

    /// The parameters as tensors.
    pub fn tensors(&self) -> BlockTensors {
        let scale_and_shift =
            self.gamma.as_ref().zip(self.beta.as_ref()).map(|(g, b)| (g.val(), b.val()));
        BlockTensors {
            w1: self.w1.val(),
            b1: self.b1.val(),
            w2: self.w2.val(),
            b2: self.b2.val(),
            scale_and_shift,
        }
    }

    fn call<'a>(&self, pass: &'a Pass, frames: &'a Frames, rows_per_frame: usize) -> Call<'a> {
        Call { pass, frames, rows_per_frame, activation: self.activation }
    }
}

/// What a block is applied to.
pub(crate) enum BlockInput {
    /// `[replica, frame · row, in]`.
    Rows(Tensor<3>),
    /// All ordered pairs of `[replica, frame, node, in / 2]`.
    Pairs(Tensor<4>),
}

/// One application of a block.
pub(crate) struct Call<'a> {
    pub(crate) pass: &'a Pass,
    pub(crate) frames: &'a Frames,
    pub(crate) rows_per_frame: usize,
    pub(crate) activation: Activation,
}

impl Call<'_> {
    /// `[replica, frame · row, width]`.
    pub(crate) fn every_row(&self, input: BlockInput, weights: BlockTensors) -> Tensor<3> {
        let norm = weights.scale_and_shift.as_ref().map(|_| self.pass.norm());
        self.normalised(input, weights, norm)
    }

    fn mean_over_frames(&self, input: BlockInput, weights: BlockTensors) -> FrameMean {
        let norm = weights.scale_and_shift.as_ref().map(|_| self.pass.norm());
        match self.pass.mean() {
            Source::Batch => {
                let spec = BlockSpec { mean_over_frames: true, ..self.spec(norm.is_some(), None) };
                let mean = self.noted(self.run(input, weights, &spec));
                self.pass.record(|| OverFrames::Mean(Arc::new(values(mean.clone()))));
                FrameMean::Shared(mean)
            }
            Source::Fixed(mean) => {
                let width = weights.b1.dims()[1];
                let shape = [self.frames.present().len(), self.rows_per_frame, width];
                let data = TensorData::new(mean.to_vec(), shape);
                let like = weights.b1;
                FrameMean::Shared(Tensor::from_data(data, (&like.device(), like.dtype())))
            }
            Source::Running { prior, prior_frames } => {
                let n_replicas = self.frames.present().len();
                let y = self.normalised(input, weights, norm);
                let width = y.dims()[2];
                let y = self.each_replica(y, |r, rows| {
                    mean_up_to(rows, of_replica(&prior, n_replicas, r), prior_frames);
                });
                let shape = [n_replicas, self.frames.padded(), self.rows_per_frame, width];
                FrameMean::UpToEach(y.reshape(shape))
            }
        }
    }

    /// The block, with the batch norm's statistics from `norm` where it has one.
    fn normalised(
        &self,
        input: BlockInput,
        mut weights: BlockTensors,
        norm: Option<Source<NormStatistics>>,
    ) -> Tensor<3> {
        match norm {
            None => self.run(input, weights, &self.spec(false, None)).y,
            Some(Source::Batch) => self.noted(self.run(input, weights, &self.spec(true, None))),
            Some(Source::Fixed(fixed)) => self.run(input, weights, &self.spec(true, Some(fixed))).y,
            Some(Source::Running { prior, prior_frames }) => {
                let (scale, shift) = weights.scale_and_shift.take().expect("of the batch norm");
                let (scale, shift) = (values(scale), values(shift));
                let n = self.frames.present().len();
                let y = self.frame_by_frame(input, weights);
                self.each_replica(y, |r, rows| {
                    let norm = RunningNorm {
                        mean: of_replica(&prior.mean, n, r),
                        var: of_replica(&prior.var, n, r),
                        scale: of_replica(&scale, n, r),
                        shift: of_replica(&shift, n, r),
                        epsilon: EPSILON,
                    };
                    normalise(rows, &norm, prior_frames);
                })
            }
        }
    }

    /// The block without its batch norm, for running statistics. The kernel for pairs works on
    /// groups of frames and rounds by what is in the group, so that a frame would depend, in its
    /// last bits, on later ones; pairs are composed here, some frames at a time to spare memory.
    fn frame_by_frame(&self, input: BlockInput, weights: BlockTensors) -> Tensor<3> {
        let nodes = match input {
            BlockInput::Rows(_) => return self.run(input, weights, &self.spec(false, None)).y,
            BlockInput::Pairs(nodes) => nodes,
        };
        let [n_replicas, n_frames, ..] = nodes.dims();
        let at_once = (ROWS_AT_ONCE / self.rows_per_frame).max(1);
        let part = |start: usize| {
            let len = at_once.min(n_frames - start);
            let frames = Frames::new(vec![len; n_replicas]);
            let spec = BlockSpec { frames, ..self.spec(false, None) };
            let nodes = nodes.clone().narrow(1, start, len);
            ops::edge_block(Engine::Composed, nodes, weights.clone(), &spec).y
        };
        Tensor::cat((0..n_frames).step_by(at_once).map(part).collect(), 1)
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
        if let Some((mean, var)) = result.statistics {
            self.pass.record(|| {
                let statistics = NormStatistics { mean: values(mean), var: values(var) };
                OverFrames::Norm(Arc::new(statistics))
            });
        }
        result.y
    }

    /// Lets `change` work on the present frames of every replica of `[replica, frame · row, width]`.
    fn each_replica(&self, y: Tensor<3>, change: impl Fn(usize, &mut FrameRows)) -> Tensor<3> {
        let ([n_replicas, n_rows, width], device, dtype) = (y.dims(), y.device(), y.dtype());
        let rows_per_frame = self.rows_per_frame;
        let mut all = values(y);
        let replicas = all.chunks_exact_mut(n_rows * width).zip(self.frames.present());
        for (r, (replica, &n_frames)) in replicas.enumerate() {
            let (present, padding) = replica.split_at_mut(n_frames * rows_per_frame * width);
            padding.fill(0.);
            change(r, &mut FrameRows { values: present, rows_per_frame, width });
        }
        Tensor::from_data(TensorData::new(all, [n_replicas, n_rows, width]), (&device, dtype))
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
