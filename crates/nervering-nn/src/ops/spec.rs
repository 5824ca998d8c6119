//! What operations are given besides the tensor that they work on, and what they give: which frames are there, the
//! tensors of blocks, and all that is no tensor.

use crate::activation::Activation;
use burn::tensor::Tensor;
use std::sync::Arc;

/// How many frames of each replica are present; the rest, up to the longest, is padding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frames {
    present: Arc<[usize]>,
    padded: usize,
}

impl Frames {
    /// `present` frames per replica.
    ///
    /// # Panics
    /// Without a replica, or when one has no frame.
    pub fn new(present: impl Into<Arc<[usize]>>) -> Self {
        let present = present.into();
        let padded = present.iter().copied().max().expect("at least one replica");
        assert!(present.iter().all(|&n| n > 0), "every replica has a frame");
        Self { present, padded }
    }

    /// Present frames of each replica.
    pub fn present(&self) -> &[usize] {
        &self.present
    }

    /// Length of the frame axis.
    pub fn padded(&self) -> usize {
        self.padded
    }

    /// Whether no replica is padded.
    pub fn is_full(&self) -> bool {
        self.present.iter().all(|&n| n == self.padded)
    }
}

/// Which frames of a batch follow each other in the recording: the lengths of the runs of
/// consecutive frames, in order, for every replica.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Runs(Arc<[Vec<usize>]>);

impl Runs {
    /// `lengths[replica]` add up to the present frames of the replica.
    pub fn new(lengths: impl Into<Arc<[Vec<usize>]>>) -> Self {
        Self(lengths.into())
    }

    /// Lengths of one replica's runs.
    pub fn of_replica(&self, replica: usize) -> &[usize] {
        &self.0[replica]
    }
}

/// Mean and variance that a batch norm has used, per replica.
#[derive(Debug, Clone, PartialEq)]
pub struct NormStatistics {
    /// `[replica, width]`.
    pub mean: Vec<f32>,
    /// Biased variance, `[replica, width]`.
    pub var: Vec<f32>,
}

/// Everything about an MLP block but its tensors.
#[derive(Debug, Clone)]
pub struct BlockSpec {
    /// After each of the two linear layers.
    pub activation: Activation,
    /// Batch norm over the present rows, with this epsilon.
    pub batch_norm: Option<f64>,
    /// Statistics to use instead of the batch's own; results then carry no gradient.
    pub fixed: Option<Arc<NormStatistics>>,
    /// Frames of each replica.
    pub frames: Frames,
    /// Rows of one frame: rows are `[frame, rows_per_frame]`.
    pub rows_per_frame: usize,
    /// Whether the result is the mean over frames, `[replica, rows_per_frame, width]`.
    pub mean_over_frames: bool,
}

/// Parameters of an MLP block, replica axis first.
#[derive(Debug, Clone)]
pub struct BlockTensors {
    /// `[replica, in, width]`.
    pub w1: Tensor<3>,
    /// `[replica, width]`.
    pub b1: Tensor<2>,
    /// `[replica, width, width]`.
    pub w2: Tensor<3>,
    /// `[replica, width]`.
    pub b2: Tensor<2>,
    /// Scale and shift of the batch norm, each `[replica, width]`.
    pub scale_and_shift: Option<(Tensor<2>, Tensor<2>)>,
}

/// Result of an MLP block.
#[derive(Debug, Clone)]
pub struct BlockResult {
    /// `[replica, row, width]`.
    pub y: Tensor<3>,
    /// Mean and biased variance `[replica, width]` of the batch norm, without gradient.
    pub statistics: Option<(Tensor<2>, Tensor<2>)>,
}

/// Everything about an encoder and the block behind it but their tensors.
#[derive(Debug, Clone)]
pub struct EncodedSpec {
    /// Of both blocks, after each of their linear layers.
    pub activation: Activation,
    /// Epsilon of the encoder's batch norm over all nodes of the present frames, and of the other
    /// block's over the frames where it has one.
    pub epsilon: f64,
    /// Frames of each replica.
    pub frames: Frames,
}

/// Result of a block on encoded nodes.
#[derive(Debug, Clone)]
pub struct EncodedResult {
    /// `[replica, frame, width]`.
    pub y: Tensor<3>,
    /// Mean and biased variance `[replica, width of the encoder]` of its batch norm, without
    /// gradient.
    pub encoder_statistics: (Tensor<2>, Tensor<2>),
    /// The same of the block behind, where it has batch norm.
    pub statistics: Option<(Tensor<2>, Tensor<2>)>,
}

/// Which frames a temporal convolution looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taps {
    /// The frame, and one before and one after it.
    Centred,
    /// The frame and two before it: nothing that comes later.
    Past,
}

impl Taps {
    /// From a frame to those that taps so far apart look at, earliest first.
    pub fn offsets(self, distance: usize) -> [isize; 3] {
        let distance = distance as isize;
        match self {
            Self::Centred => [-distance, 0, distance],
            Self::Past => [-2 * distance, -distance, 0],
        }
    }
}

/// Hidden units that are left out of a step of training; those that stay are scaled up.
#[derive(Debug, Clone)]
pub struct Dropout {
    /// Share that is left out, in [0, 1).
    pub share: f32,
    /// Of each replica; which units they are is a hash of it and their place.
    pub seeds: Arc<[u32]>,
}

/// Everything about a temporal block but its tensors.
#[derive(Debug, Clone)]
pub struct TemporalSpec {
    /// Which frames it looks at.
    pub taps: Taps,
    /// Frames from one tap to the next.
    pub distance: usize,
    /// Frames of each replica.
    pub frames: Frames,
    /// Which of them follow each other: a tap beyond the end of a run sees zeros.
    pub runs: Runs,
    /// In training.
    pub dropout: Option<Dropout>,
}

impl TemporalSpec {
    /// From a frame to those that its taps look at, earliest first.
    pub(crate) fn offsets(&self) -> [isize; 3] {
        self.taps.offsets(self.distance)
    }
}

/// Parameters of a temporal block, replica axis first.
#[derive(Debug, Clone)]
pub struct TemporalTensors {
    /// `[replica, 3 · width, width]`, the rows of the earliest tap first.
    pub w1: Tensor<3>,
    /// `[replica, width]`.
    pub b1: Tensor<2>,
    /// `[replica, width, width]`.
    pub w2: Tensor<3>,
    /// `[replica, width]`.
    pub b2: Tensor<2>,
}

/// Classes of the frames of a cohort, `[replica, frame]`; negative where unknown or padded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labels {
    /// Row-major `[replica, frame]`.
    pub classes: Arc<[i32]>,
    /// Frames of each replica.
    pub frames: Frames,
}

/// What each class of each frame of a cohort counts in a loss, `[replica, frame, class]`; 0 where padded.
#[derive(Debug, Clone, PartialEq)]
pub struct Shares {
    /// Row-major `[replica, frame, class]`.
    pub values: Arc<[f32]>,
    /// Frames of each replica.
    pub frames: Frames,
}
