//! Inferred edges: from node features to weights `w[receiver, sender]` in [0, 1], eq. 9–11.
//!
//! A block `g` encodes each ordered pair; a linear layer gives it two outputs; `w` is the second
//! component of their softmax. (Eq. 10 writes the softmax on the features themselves, a slip.)
//! Static edges average the hidden features over frames, before the block (the text's reading
//! here) or after it (the scripts). [`EdgeWeights`] are also what message passing goes by, wherever
//! they come from.

use crate::block::{FrameMean, MlpBlock};
use crate::linear::Linear;
use crate::ops::{self, Frames};
use crate::pass::Pass;
use burn::tensor::{Device, Tensor, TensorData, activation::sigmoid};

/// Edge weights of a pass.
#[derive(Debug, Clone)]
pub enum EdgeWeights {
    /// `[replica, receiver, sender]`.
    Static(Tensor<3>),
    /// `[replica, frame, receiver, sender]`.
    Dynamic(Tensor<4>),
}

impl EdgeWeights {
    /// Message passing, eq. 12: `m_i = Σ_j w_ij f_j` for `f` `[replica, frame, node, feature]`.
    pub fn mix(&self, pass: &Pass, f: Tensor<4>) -> Tensor<4> {
        match self {
            Self::Static(w) => ops::mix(pass.engine, w.clone(), f, &pass.frames),
            Self::Dynamic(w) => w.clone().matmul(f),
        }
    }

    /// The weights with zeros from each node to itself.
    pub fn without_self_edges(self) -> Self {
        let mask = |n: usize, device: &Device, dtype| {
            let others = |k: usize| f32::from(k / n != k % n);
            let data = TensorData::new((0..n * n).map(others).collect(), [n, n]);
            Tensor::<2>::from_data(data, (device, dtype))
        };
        match self {
            Self::Static(w) => {
                let mask = mask(w.dims()[2], &w.device(), w.dtype()).unsqueeze();
                Self::Static(w * mask)
            }
            Self::Dynamic(w) => {
                let mask = mask(w.dims()[3], &w.device(), w.dtype()).unsqueeze();
                Self::Dynamic(w * mask)
            }
        }
    }

    /// One weight per pair, `[replica, receiver, sender]`: the mean over the present frames of
    /// weights that differ from frame to frame.
    pub fn mean_over_frames(self, frames: &Frames) -> Tensor<3> {
        let w = match self {
            Self::Static(w) => return w,
            Self::Dynamic(w) => w,
        };
        let padded = frames.padded();
        let of_replica = |&n: &usize| {
            let share = 1. / n as f64;
            (0..padded).map(move |frame| if frame < n { share } else { 0. })
        };
        let shares: Vec<f64> = frames.present().iter().flat_map(of_replica).collect();
        let data = TensorData::new(shares, [frames.present().len(), padded, 1, 1]);
        let shares = Tensor::<4>::from_data(data, (&w.device(), w.dtype()));
        (w * shares).sum_dim(1).squeeze_dim(1)
    }
}

/// The layers that give an ordered pair its weight.
#[derive(Debug, Clone, Copy)]
pub struct PairScore<'a> {
    /// Encodes `[receiver ‖ sender]`.
    pub block: &'a MlpBlock,
    /// Two outputs.
    pub out: &'a Linear,
    /// What the outputs are multiplied by inside the softmax: 1, or more to push weights towards
    /// 0 and 1.
    pub scale: f64,
}

impl PairScore<'_> {
    /// From the encoded pairs' mean over frames: one weight per pair and replica, or, where the
    /// pass takes means up to each frame, one per frame. `nodes` is `[replica, frame, node, width]`.
    pub fn pooled_after_block(self, pass: &Pass, nodes: Tensor<4>) -> EdgeWeights {
        let [n_replicas, n_frames, n, _] = nodes.dims();
        match self.block.mean_over_frames_of_pairs(pass, nodes, |pairs| self.weights(pairs)) {
            FrameMean::Shared(w) => EdgeWeights::Static(w.reshape([n_replicas, n, n])),
            FrameMean::UpToEach(w) => EdgeWeights::Dynamic(w.reshape([n_replicas, n_frames, n, n])),
        }
    }

    /// From node features that are already averaged over frames: one weight per pair and replica,
    /// or, for means up to each frame, one per frame.
    pub fn pooled_before_block(self, pass: &Pass, nodes: FrameMean) -> EdgeWeights {
        match nodes {
            FrameMean::Shared(nodes) => {
                let [n_replicas, n, _] = nodes.dims();
                let one_frame = Frames::new(vec![1; n_replicas]);
                let nodes = nodes.unsqueeze_dim(1);
                let w = self.block.forward_pairs(pass, &one_frame, nodes, |y| self.weights(y));
                EdgeWeights::Static(w.reshape([n_replicas, n, n]))
            }
            FrameMean::UpToEach(nodes) => EdgeWeights::Dynamic(self.dynamic(pass, nodes)),
        }
    }

    /// One weight per pair and frame, `[replica, frame, receiver, sender]`.
    /// `nodes` is `[replica, frame, node, width]`.
    pub fn dynamic(self, pass: &Pass, nodes: Tensor<4>) -> Tensor<4> {
        let [n_replicas, n_frames, n, _] = nodes.dims();
        let w = self.block.forward_pairs(pass, &pass.frames, nodes, |y| self.weights(y));
        w.reshape([n_replicas, n_frames, n, n])
    }

    /// The softmax's second component: for two outputs, the logistic function of their difference.
    /// `[replica, row, width]` → `[replica, row, 1]`.
    fn weights(self, encoded: Tensor<3>) -> Tensor<3> {
        let logits = self.out.forward(encoded);
        // A product with (−1, 1) is one operation where taking the outputs apart is three, and as
        // exact.
        let of_both = TensorData::new(vec![-1f32, 1.], [1, 2, 1]);
        let of_both = Tensor::from_data(of_both, (&logits.device(), logits.dtype()));
        let difference = logits.matmul(of_both);
        sigmoid(if self.scale == 1. { difference } else { difference * self.scale })
    }
}
