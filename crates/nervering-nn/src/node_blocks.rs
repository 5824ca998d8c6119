//! A block `g`, and a linear layer, of its own for every node, with a replica axis.

use crate::activation::Activation;
use crate::block::{BlockInput, Call, MlpBlockConfig};
use crate::init::{BIAS, constant, of_values, xavier_normal_of_nodes};
use crate::ops::{self, BlockTensors, Frames};
use crate::pass::Pass;
use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};
use rand::Rng;

/// As [`MlpBlock`](crate::block::MlpBlock), with one set of weights per replica and node. Batch
/// norm, where there is one, is over the frames of each node.
#[derive(Module, Debug)]
pub struct NodeBlocks {
    /// `[replica, node, in, width]`.
    w1: Param<Tensor<4>>,
    /// `[replica, node · width]`, as all vectors.
    b1: Param<Tensor<2>>,
    /// `[replica, node, width, width]`.
    w2: Param<Tensor<4>>,
    b2: Param<Tensor<2>>,
    gamma: Option<Param<Tensor<2>>>,
    beta: Option<Param<Tensor<2>>>,
    #[module(skip)]
    activation: Activation,
}

impl NodeBlocks {
    /// A block of the given kind for each of `n_nodes` nodes, initialised as such blocks are; one
    /// replica per generator.
    pub fn new<R: Rng>(
        block: MlpBlockConfig,
        n_nodes: usize,
        rngs: &mut [R],
        device: &Device,
    ) -> Self {
        let MlpBlockConfig { n_in, width, activation, batch_norm } = block;
        let n = rngs.len();
        let vector = |value| constant(value, n_nodes * width, n, device);
        Self {
            w1: xavier_normal_of_nodes(n_nodes, n_in, width, rngs, device),
            b1: vector(BIAS),
            w2: xavier_normal_of_nodes(n_nodes, width, width, rngs, device),
            b2: vector(BIAS),
            gamma: batch_norm.then(|| vector(1.)),
            beta: batch_norm.then(|| vector(0.)),
            activation,
        }
    }

    /// What stands after each layer.
    pub fn activation(&self) -> Activation {
        self.activation
    }

    /// Whether each ends with a batch norm.
    pub fn has_norm(&self) -> bool {
        self.gamma.is_some()
    }

    /// `[replica, frame, node, in]` → `[replica, frame, node, width]`.
    pub fn forward(&self, pass: &Pass, x: Tensor<4>) -> Tensor<4> {
        let [n_replicas, n_frames, n, n_in] = x.dims();
        let width = self.w1.dims()[3];
        // Blocks of nodes share nothing, like those of replicas: to the operation they are such.
        let n_blocks = n_replicas * n;
        let present = pass.frames.present().iter();
        let frames = Frames::new(present.flat_map(|&t| vec![t; n]).collect::<Vec<_>>());
        let vector = |v: &Param<Tensor<2>>| v.val().reshape([n_blocks, width]);
        let weights = BlockTensors {
            w1: self.w1.val().reshape([n_blocks, n_in, width]),
            b1: vector(&self.b1),
            w2: self.w2.val().reshape([n_blocks, width, width]),
            b2: vector(&self.b2),
            scale_and_shift: self
                .gamma
                .as_ref()
                .zip(self.beta.as_ref())
                .map(|(scale, shift)| (vector(scale), vector(shift))),
        };
        let call = Call { pass, frames: &frames, rows_per_frame: 1, activation: self.activation };
        let rows = x.swap_dims(1, 2).reshape([n_blocks, n_frames, n_in]);
        let y = call.every_row(BlockInput::Rows(rows), weights, &|y| y);
        y.reshape([n_replicas, n, n_frames, width]).swap_dims(1, 2)
    }
}

/// As [`Linear`](crate::linear::Linear), with one set of weights per replica and node.
#[derive(Module, Debug)]
pub struct NodeLinear {
    /// `[replica, node, in, out]`.
    w: Param<Tensor<4>>,
    /// `[replica, node · out]`, as all vectors.
    b: Param<Tensor<2>>,
}

impl NodeLinear {
    /// A layer from `n_in` to `n_out` units for each of `n_nodes` nodes, initialised as such layers
    /// are; one replica per generator.
    pub fn new<R: Rng>(
        n_in: usize,
        n_out: usize,
        n_nodes: usize,
        rngs: &mut [R],
        device: &Device,
    ) -> Self {
        Self {
            w: xavier_normal_of_nodes(n_nodes, n_in, n_out, rngs, device),
            b: constant(BIAS, n_nodes * n_out, rngs.len(), device),
        }
    }

    /// Layers whose results are zero until they are trained.
    pub fn zeros(
        n_in: usize,
        n_out: usize,
        n_nodes: usize,
        n_replicas: usize,
        device: &Device,
    ) -> Self {
        let shape = [n_replicas, n_nodes, n_in, n_out];
        Self {
            w: of_values(vec![0.; shape.iter().product()], shape, device),
            b: constant(0., n_nodes * n_out, n_replicas, device),
        }
    }

    /// `[replica, frame, node, in]` → `[replica, frame, node, out]`.
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let [n_replicas, n_frames, n, n_in] = x.dims();
        let n_out = self.w.dims()[3];
        let n_layers = n_replicas * n;
        let rows = x.swap_dims(1, 2).reshape([n_layers, n_frames, n_in]);
        let w = self.w.val().reshape([n_layers, n_in, n_out]);
        let y = ops::linear(rows, w, self.b.val().reshape([n_layers, n_out]));
        y.reshape([n_replicas, n, n_frames, n_out]).swap_dims(1, 2)
    }
}
