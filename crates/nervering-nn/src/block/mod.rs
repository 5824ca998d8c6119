//! The paper's block `g`: two linear layers with an activation after each, and batch norm on the
//! output ("Model Implementation"; weights, bias and statistics as in the scripts). What the block
//! takes over frames, mean and variance of its batch norm and the mean of its results, comes from
//! where the [`Pass`] says.

mod apply;
mod over_frames;
mod running;

pub(crate) use apply::{BlockInput, Call};
pub use over_frames::{EPSILON, FrameMean};

use crate::activation::Activation;
use crate::init::{BIAS, constant, xavier_normal};
use crate::ops::{BlockTensors, Frames};
use crate::pass::Pass;
use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};
use rand::Rng;

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

    /// The block on the nodes of every frame side by side, as `encoder` encodes them:
    /// `[replica, frame, node, in of the encoder]` → `[replica, frame, width]`.
    pub fn forward_encoded(&self, pass: &Pass, encoder: &Self, x: Tensor<4>) -> Tensor<3> {
        let (own, of_encoder) = (self.tensors(), encoder.tensors());
        if self.activation == encoder.activation
            && let Some(y) = apply::encoded(pass, self.activation, x.clone(), of_encoder, own)
        {
            return y;
        }
        let nodes = encoder.forward_nodes(pass, x);
        let [n_replicas, n_frames, n, width] = nodes.dims();
        self.forward(pass, nodes.reshape([n_replicas, n_frames, n * width]), 1)
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
        self.call(pass, &pass.frames, rows_per_frame).every_row(
            BlockInput::Rows(x),
            weights,
            &|y| y,
        )
    }

    /// As [`MlpBlock::forward_with`] for one row in each frame, whose features lie in two arrays
    /// side by side: `[replica, frame, in of the first]` and `[replica, frame, in of the second]`.
    pub fn forward_both_with(
        &self,
        pass: &Pass,
        features: [Tensor<3>; 2],
        weights: BlockTensors,
    ) -> Tensor<3> {
        let call = self.call(pass, &pass.frames, 1);
        call.every_row(BlockInput::Both(Box::new(features)), weights, &|y| y)
    }

    /// The block on every ordered pair of nodes at every frame, and `then` of each:
    /// `[replica, frame, node, in / 2]` → `[replica, frame · receiver · sender, any]`. Frames are
    /// given, since nodes may have been averaged over those of the pass.
    pub fn forward_pairs(
        &self,
        pass: &Pass,
        frames: &Frames,
        nodes: Tensor<4>,
        then: impl Fn(Tensor<3>) -> Tensor<3>,
    ) -> Tensor<3> {
        let n = nodes.dims()[2];
        let call = self.call(pass, frames, n * n);
        call.every_row(BlockInput::Pairs(nodes), self.tensors(), &then)
    }

    /// As [`MlpBlock::forward`], then the mean over frames.
    pub fn mean_over_frames(&self, pass: &Pass, x: Tensor<3>, rows_per_frame: usize) -> FrameMean {
        let call = self.call(pass, &pass.frames, rows_per_frame);
        call.mean_over_frames(BlockInput::Rows(x), self.tensors(), &|y| y)
    }

    /// The mean over frames of the block on every ordered pair of nodes, whose rows are
    /// `[receiver · sender]`, and `then` of it.
    pub fn mean_over_frames_of_pairs(
        &self,
        pass: &Pass,
        nodes: Tensor<4>,
        then: impl Fn(Tensor<3>) -> Tensor<3>,
    ) -> FrameMean {
        let n = nodes.dims()[2];
        let call = self.call(pass, &pass.frames, n * n);
        call.mean_over_frames(BlockInput::Pairs(nodes), self.tensors(), &then)
    }

    /// What stands after each layer.
    pub fn activation(&self) -> Activation {
        self.activation
    }

    /// Whether it ends with a batch norm.
    pub fn has_norm(&self) -> bool {
        self.gamma.is_some()
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
