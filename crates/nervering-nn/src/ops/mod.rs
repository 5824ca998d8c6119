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
mod spec;

pub use spec::{
    BlockResult, BlockSpec, BlockTensors, Dropout, EncodedResult, EncodedSpec, Frames, Labels,
    NormStatistics, Runs, Shares, Taps, TemporalSpec, TemporalTensors,
};

use crate::kernel::simd::InstructionSet;
use burn::tensor::{DType, Tensor};
use fused::Targets;

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
    linear_loss(engine, hidden, w, b, Targets::Labels(labels.clone()))
}

/// Linear layer, log-softmax and cross entropy: the sum over frames and classes of what each counts times the
/// negative logarithm of its probability. Shapes are those of [`linear_nll`].
pub fn linear_cross_entropy(
    engine: Engine,
    hidden: Tensor<3>,
    w: Tensor<3>,
    b: Tensor<2>,
    shares: &Shares,
) -> Tensor<1> {
    linear_loss(engine, hidden, w, b, Targets::Shares(shares.clone()))
}

fn linear_loss(
    engine: Engine,
    hidden: Tensor<3>,
    w: Tensor<3>,
    b: Tensor<2>,
    targets: Targets,
) -> Tensor<1> {
    let [_, width, n_classes] = w.dims();
    match (engine.kernel_for(&hidden, width), targets) {
        (Some(set), targets) if n_classes <= 16 => fused::linear_nll(set, hidden, w, b, targets),
        (_, Targets::Labels(labels)) => composed::nll(linear(hidden, w, b), &labels),
        (_, Targets::Shares(shares)) => composed::cross_entropy(linear(hidden, w, b), &shares),
    }
}

/// `x · w + b` for `x` `[replica, row, in]`, `w` `[replica, in, out]` and `b` `[replica, out]`.
pub fn linear(x: Tensor<3>, w: Tensor<3>, b: Tensor<2>) -> Tensor<3> {
    composed::linear(x, w, b)
}

/// [`linear`] on the present frames, `[replica, frame, in]`.
pub fn linear_of_frames(
    engine: Engine,
    x: Tensor<3>,
    w: Tensor<3>,
    b: Tensor<2>,
    frames: &Frames,
) -> Tensor<3> {
    match engine.kernel_for(&x, b.dims()[1]) {
        Some(set) => fused::linear_of_frames(set, x, w, b, frames),
        None => composed::linear_of_frames(x, w, b, frames),
    }
}
