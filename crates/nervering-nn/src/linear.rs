//! The linear layer, with a replica axis.

use crate::init::{BIAS, constant, of_values, xavier_normal};
use crate::ops::{self, Engine, Labels, Shares};
use crate::pass::Pass;
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

    /// A layer whose results are zero until it is trained.
    pub fn zeros(n_in: usize, n_out: usize, n_replicas: usize, device: &Device) -> Self {
        let w = of_values(vec![0.; n_replicas * n_in * n_out], [n_replicas, n_in, n_out], device);
        Self { w, b: constant(0., n_out, n_replicas, device) }
    }

    /// `[replica, row, in]` → `[replica, row, out]`.
    pub fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        linear(x, self.w.val(), self.b.val())
    }

    /// The layer on the present frames: `[replica, frame, in]` → `[replica, frame, out]`.
    pub fn of_frames(&self, pass: &Pass, x: Tensor<3>) -> Tensor<3> {
        ops::linear_of_frames(pass.engine, x, self.w.val(), self.b.val(), &pass.frames)
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

    /// The cross entropy of what classes count with this layer's results as logits:
    /// `[replica, frame, in]` → `[replica]`.
    pub fn cross_entropy(&self, engine: Engine, hidden: Tensor<3>, shares: &Shares) -> Tensor<1> {
        ops::linear_cross_entropy(engine, hidden, self.w.val(), self.b.val(), shares)
    }
}

/// `x · w + b` for `x` `[replica, row, in]`, `w` `[replica, in, out]` and `b` `[replica, out]`.
pub fn linear(x: Tensor<3>, w: Tensor<3>, b: Tensor<2>) -> Tensor<3> {
    if w.dims()[2] == 1 {
        // The CPU backend's matrix-vector product rounds differently from 256 rows on, so that a
        // replica's results would depend on how far its cohort is padded.
        return (x * w.swap_dims(1, 2)).sum_dim(2) + b.unsqueeze_dim(1);
    }
    ops::linear(x, w, b)
}

/// Columns of a matrix up to which the CPU backend's products are summed in an order that does not
/// depend on how many terms there are.
const COLUMNS_IN_FIXED_ORDER: usize = 64;

/// `x · w` for `[replica, row, in]` and `[replica, in, out]` of any size, with a gradient of `w`
/// that does not depend on padding. That gradient is a sum over rows; for wider matrices than the
/// above the CPU backend cuts the sum into blocks of a length that depends on the number of rows, so
/// that a replica's last bits would depend on the longest of its cohort. Hence narrow pieces.
pub(crate) fn product(x: Tensor<3>, w: Tensor<3>) -> Tensor<3> {
    let [_, n_in, n_out] = w.dims();
    let pieces = |len: usize| {
        (0..len).step_by(COLUMNS_IN_FIXED_ORDER).map(move |start| {
            let end = (start + COLUMNS_IN_FIXED_ORDER).min(len);
            (start, end - start)
        })
    };
    let of_outputs = |(first, len): (usize, usize)| {
        let w = w.clone().narrow(2, first, len);
        let of_inputs =
            |(at, n): (usize, usize)| x.clone().narrow(2, at, n).matmul(w.clone().narrow(1, at, n));
        pieces(n_in).map(of_inputs).reduce(|sum, part| sum + part).expect("an input")
    };
    let parts: Vec<_> = pieces(n_out).map(of_outputs).collect();
    Tensor::cat(parts, 2)
}
