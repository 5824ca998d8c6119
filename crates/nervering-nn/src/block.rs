//! The paper's block `g`: two linear layers with an activation after each, and batch norm on the
//! output ("Model Implementation"; weights, bias and statistics as in the scripts).

use crate::activation::Activation;
use crate::init::{BIAS, constant, xavier_normal};
use crate::ops::{self, BlockResult, BlockSpec, BlockTensors, Frames, NormStatistics};
use crate::pass::Pass;
use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};
use rand::Rng;

/// PyTorch's epsilon, which the scripts leave alone.
const EPSILON: f64 = 1e-5;

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
}

impl MlpBlock {
    /// `[replica, frame · row, in]` → `[replica, frame · row, width]`, for `rows_per_frame` rows
    /// in each frame.
    pub fn forward(&self, pass: &Pass, x: Tensor<3>, rows_per_frame: usize) -> Tensor<3> {
        self.forward_with(pass, x, rows_per_frame, self.tensors())
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
        let spec = self.spec(pass, &pass.frames, rows_per_frame, false);
        self.noted(pass, ops::mlp_block(pass.engine, x, weights, &spec))
    }

    /// As [`MlpBlock::forward_with`] for one row in each frame, whose features lie in two arrays
    /// side by side: `[replica, frame, in of the first]` and `[replica, frame, in of the second]`.
    pub fn forward_both_with(
        &self,
        pass: &Pass,
        features: [Tensor<3>; 2],
        weights: BlockTensors,
    ) -> Tensor<3> {
        let spec = self.spec(pass, &pass.frames, 1, false);
        self.noted(pass, ops::mlp_block_on_both(pass.engine, features, weights, &spec))
    }

    /// The block on every ordered pair of nodes at every frame:
    /// `[replica, frame, node, in / 2]` → `[replica, frame · receiver · sender, width]`. Frames
    /// are given, since nodes may have been averaged over those of the pass.
    pub fn forward_pairs(&self, pass: &Pass, frames: &Frames, nodes: Tensor<4>) -> Tensor<3> {
        let n = nodes.dims()[2];
        let spec = self.spec(pass, frames, n * n, false);
        self.noted(pass, ops::edge_block(pass.engine, nodes, self.tensors(), &spec))
    }

    /// As [`MlpBlock::forward`], then the mean over the present frames:
    /// `[replica, rows_per_frame, width]`.
    pub fn mean_over_frames(&self, pass: &Pass, x: Tensor<3>, rows_per_frame: usize) -> Tensor<3> {
        let spec = self.spec(pass, &pass.frames, rows_per_frame, true);
        self.noted(pass, ops::mlp_block(pass.engine, x, self.tensors(), &spec))
    }

    /// As [`MlpBlock::forward_pairs`], then the mean over frames:
    /// `[replica, frame, node, in / 2]` → `[replica, receiver · sender, width]`.
    pub fn mean_over_frames_of_pairs(&self, pass: &Pass, nodes: Tensor<4>) -> Tensor<3> {
        let n = nodes.dims()[2];
        let spec = self.spec(pass, &pass.frames, n * n, true);
        self.noted(pass, ops::edge_block(pass.engine, nodes, self.tensors(), &spec))
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

    fn spec(
        &self,
        pass: &Pass,
        frames: &Frames,
        rows_per_frame: usize,
        mean_over_frames: bool,
    ) -> BlockSpec {
        let batch_norm = self.gamma.is_some().then_some(EPSILON);
        BlockSpec {
            activation: self.activation,
            batch_norm,
            fixed: batch_norm.and_then(|_| pass.next_fixed()),
            frames: frames.clone(),
            rows_per_frame,
            mean_over_frames,
        }
    }

    fn noted(&self, pass: &Pass, result: BlockResult) -> Tensor<3> {
        if let Some((mean, var)) = result.statistics {
            let values = |t: Tensor<2>| {
                let data = t.into_data().convert::<f32>();
                data.try_to_vec().expect("converted to float32")
            };
            pass.record(|| NormStatistics { mean: values(mean), var: values(var) });
        }
        result.y
    }
}
