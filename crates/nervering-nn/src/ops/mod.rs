//! Operations on tensors with a replica axis, each in two forms that compute the same thing:
//! **fused**, a hand-written CPU kernel with its own backward pass, and **composed** from
//! `burn`'s primitives, differentiated by `burn`, for every other device, precision and width, and
//! as the oracle of the fused form in tests.
//!
//! Every tensor has the replica axis first; present frames come first along the frame axis and
//! are counted by [`Frames`]. Rows beyond them are padding: they never influence a result, and are
//! zero in results.

mod composed;
mod fused;

use crate::activation::Activation;
use crate::kernel::simd::InstructionSet;
use burn::tensor::{DType, Tensor};
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

/// Which form of an operation to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// The kernel where there is one for the device, precision and width; composed elsewhere.
    Fused(InstructionSet),
    /// From primitives everywhere.
    Composed,
}

impl Engine {
    /// Kernels with the widest instruction set of this CPU, or the one that the environment asks for.
    pub fn fastest() -> Self {
        Self::Fused(InstructionSet::detect())
    }

    /// The instruction set, when a kernel takes this tensor and width.
    fn kernel_for<const D: usize>(self, x: &Tensor<D>, width: usize) -> Option<InstructionSet> {
        match self {
            Self::Fused(set)
                if width > 0
                    && width.is_multiple_of(16)
                    && x.dtype() == DType::F32
                    && fused::runs_on(&x.device()) =>
            {
                Some(set)
            }
            _ => None,
        }
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

/// The paper's block `g`: linear → activation → linear → activation, batch norm over all present
/// rows of a replica where the spec says so. `x` is `[replica, row, in]`.
pub fn mlp_block(engine: Engine, x: Tensor<3>, w: BlockTensors, spec: &BlockSpec) -> BlockResult {
    match engine.kernel_for(&x, w.b1.dims()[1]) {
        Some(set) => fused::mlp_block(set, x, None, w, spec),
        None => composed::mlp_block(x, w, spec),
    }
}

/// [`mlp_block`] on rows `[a ‖ b]`, without bringing the two together first: `a` is
/// `[replica, row, in of a]`, `b` `[replica, row, in of b]`, and the rows of `w1` are those of `a`,
/// then those of `b`.
pub fn mlp_block_on_both(
    engine: Engine,
    [a, b]: [Tensor<3>; 2],
    w: BlockTensors,
    spec: &BlockSpec,
) -> BlockResult {
    match engine.kernel_for(&a, w.b1.dims()[1]) {
        Some(set) => fused::mlp_block(set, a, Some(b), w, spec),
        None => composed::mlp_block(Tensor::cat(vec![a, b], 2), w, spec),
    }
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

/// The block `behind` on the nodes of every frame side by side, each encoded by the block `encoder`,
/// which has batch norm: `x` is `[replica, frame, node, in]`.
pub fn encoded_block(
    engine: Engine,
    x: Tensor<4>,
    encoder: BlockTensors,
    behind: BlockTensors,
    spec: &EncodedSpec,
) -> EncodedResult {
    let [n_replicas, n_frames, n, n_in] = x.dims();
    let x = x.reshape([n_replicas, n_frames * n, n_in]);
    let widths = [encoder.b1.dims()[1], behind.b1.dims()[1]];
    match widths.map(|width| engine.kernel_for(&x, width)) {
        [Some(set), Some(_)] => fused::encoded_block(set, x, encoder, behind, spec),
        _ => composed::encoded_block(x, n, encoder, behind, spec),
    }
}

/// The block `g` on `[receiver ‖ sender]` for every ordered pair of nodes, self pairs included,
/// at every frame (eq. 9). `nodes` is `[replica, frame, node, in / 2]` and the spec's
/// `rows_per_frame` the number of pairs. The result is `[replica, frame · receiver · sender, width]`,
/// or, where the spec takes the mean over frames (static edges, pooled after the block as in the
/// scripts), `[replica, receiver · sender, width]`.
pub fn edge_block(
    engine: Engine,
    nodes: Tensor<4>,
    w: BlockTensors,
    spec: &BlockSpec,
) -> BlockResult {
    match engine.kernel_for(&nodes, w.b1.dims()[1]) {
        Some(set) => fused::edge_block(set, nodes, w, spec),
        None => composed::mlp_block(composed::pairs_of_frames(nodes), w, spec),
    }
}

/// `[receiver ‖ sender]` for every ordered pair of nodes, self pairs included:
/// `[replica, frame, node, width]` → `[replica, frame · node · node, 2 width]`. What
/// [`edge_block`] does without.
pub fn pairs(nodes: Tensor<4>) -> Tensor<3> {
    composed::pairs_of_frames(nodes)
}

/// Message passing with one adjacency per replica, eq. 12: `m_i = Σ_j w_ij f_j`, for `w`
/// `[replica, receiver, sender]` and `f` `[replica, frame, node, width]`.
pub fn mix(engine: Engine, w: Tensor<3>, f: Tensor<4>, frames: &Frames) -> Tensor<4> {
    match engine.kernel_for(&f, f.dims()[3]) {
        Some(set) => fused::mix(set, w, f, frames),
        None => composed::mix(w, f),
    }
}

/// One step of an LSTM after the products with its weights: from the input, forget, cell and output
/// gates before their non-linearities, `[replica, row, 4 · width]`, and hidden state and cell side by
/// side before the step, `[replica, row, 2 · width]`, to those after it.
pub fn lstm_cell(engine: Engine, gates: Tensor<3>, before: Tensor<3>) -> Tensor<3> {
    match engine.kernel_for(&gates, before.dims()[2] / 2) {
        Some(set) => fused::lstm_cell(set, gates, before),
        None => composed::lstm_cell(gates, before),
    }
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

/// A residual temporal convolution, `x + w2 · dropout(relu(w1 · taps of x + b1)) + b2`, for `x`
/// `[replica, frame, width]`.
pub fn temporal_block(
    engine: Engine,
    x: Tensor<3>,
    w: TemporalTensors,
    spec: &TemporalSpec,
) -> Tensor<3> {
    match engine.kernel_for(&x, w.b1.dims()[1]) {
        Some(set) => fused::temporal_block(set, x, w, spec),
        None => composed::temporal_block(x, w, spec),
    }
}

/// Classes of the frames of a cohort, `[replica, frame]`; negative where unknown or padded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labels {
    /// Row-major `[replica, frame]`.
    pub classes: Arc<[i32]>,
    /// Frames of each replica.
    pub frames: Frames,
}

/// Linear layer, log-softmax and the mean negative log-likelihood over the labelled frames of
/// each replica (0 without one): `hidden` is `[replica, frame, width]`, `w`
/// `[replica, width, class]`, `b` `[replica, class]`, the result `[replica]`.
pub fn linear_nll(
    engine: Engine,
    hidden: Tensor<3>,
    w: Tensor<3>,
    b: Tensor<2>,
    labels: &Labels,
) -> Tensor<1> {
    let [_, width, n_classes] = w.dims();
    match engine.kernel_for(&hidden, width) {
        Some(set) if n_classes <= 16 => fused::linear_nll(set, hidden, w, b, labels),
        _ => composed::nll(composed::linear(hidden, w, b), labels),
    }
}

/// `x · w + b` for `x` `[replica, row, in]`, `w` `[replica, in, out]` and `b` `[replica, out]`.
pub fn linear(x: Tensor<3>, w: Tensor<3>, b: Tensor<2>) -> Tensor<3> {
    composed::linear(x, w, b)
}
