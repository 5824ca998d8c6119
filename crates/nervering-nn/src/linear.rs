//! The linear layer, with a replica axis.

use crate::init::{BIAS, constant, xavier_normal};
use crate::ops::{self, Engine, Labels};
use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};
use rand::Rng;

/// `x · w + b`, one pair of weights per replica. Weights start Xavier-normal, biases at 0.1.
#[derive(Module, Debug)]
pub struct Linear {
    /// `[replica, in, out]`.
    pub w: Param<Tensor<3>>,
    /// `[replica, out]`.
    pub b: Param<Tensor<2>>,
}

impl Linear {
    /// A layer from `n_in` to `n_out` units, one replica per generator.
    pub fn new<R: Rng>(n_in: usize, n_out: usize, rngs: &mut [R], device: &Device) -> Self {
        let w = xavier_normal(n_in, n_out, rngs, device);
        Self { w, b: constant(BIAS, n_out, rngs.len(), device) }
    }

    /// `[replica, row, in]` → `[replica, row, out]`.
    pub fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let (w, b) = (self.w.val(), self.b.val());
        if w.dims()[2] == 1 {
            // The CPU backend's matrix-vector product rounds differently from 256 rows on, so that a
            // replica's results would depend on how far its cohort is padded.
            return (x * w.swap_dims(1, 2)).sum_dim(2) + b.unsqueeze_dim(1);
        }
        ops::linear(x, w, b)
    }

    /// The layer on every node of every frame: `[replica, frame, node, in]` →
    /// `[replica, frame, node, out]`.
    pub fn forward_nodes(&self, x: Tensor<4>) -> Tensor<4> {
        let [n_replicas, n_frames, n, n_in] = x.dims();
        let y = self.forward(x.reshape([n_replicas, n_frames * n, n_in]));
        let n_out = y.dims()[2];
        y.reshape([n_replicas, n_frames, n, n_out])
    }

    /// Parameters of a replica of a layer of these sizes.
    pub fn n_parameters(n_in: usize, n_out: usize) -> usize {
        (n_in + 1) * n_out
    }

    /// The mean negative log-likelihood of the labels with this layer's results as logits:
    /// `[replica, frame, in]` → `[replica]`.
    pub fn nll(&self, engine: Engine, hidden: Tensor<3>, labels: &Labels) -> Tensor<1> {
        ops::linear_nll(engine, hidden, self.w.val(), self.b.val(), labels)
    }
}
