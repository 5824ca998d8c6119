//! What a block takes over frames, and what it adds to a variance.

use burn::tensor::Tensor;

/// What batch norms add to the variance: PyTorch's value, which the scripts leave alone.
pub const EPSILON: f64 = 1e-5;

/// The mean over frames of a block's result.
#[derive(Debug, Clone)]
pub enum FrameMean {
    /// One for all frames, `[replica, row, width]`.
    Shared(Tensor<3>),
    /// At each frame over the frames up to it, `[replica, frame, row, width]`.
    UpToEach(Tensor<4>),
}
