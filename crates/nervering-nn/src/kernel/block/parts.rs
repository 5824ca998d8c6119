//! Weights of the MLP block, what its rows are, what its passes keep and give.

use crate::kernel::product::TILE;

/// Weights of one replica: `w1 [n_in, width]`, `w2 [width, width]`, vectors of `width`.
/// `gamma` and `beta` are empty when the block has no batch norm.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BlockWeights<'a> {
    pub(crate) n_in: usize,
    pub(crate) width: usize,
    pub(crate) w1: &'a [f32],
    pub(crate) b1: &'a [f32],
    pub(crate) w2: &'a [f32],
    pub(crate) b2: &'a [f32],
    pub(crate) gamma: &'a [f32],
    pub(crate) beta: &'a [f32],
}

/// What the rows of a block are, present frames only.
#[derive(Clone, Copy)]
pub(crate) enum Input<'a> {
    /// `[row, n_in]`, the features of a row perhaps from two arrays side by side: the second of
    /// no width otherwise. `tile` rows are worked on at once.
    Rows { features: [Features<'a>; 2], tile: usize },
    /// Every ordered pair of the `n` nodes of each frame, for nodes `[frame, n, n_in / 2]`.
    Pairs { nodes: &'a [f32], n: usize },
}

/// Some features of every row, `[row, width]`.
#[derive(Clone, Copy)]
pub(crate) struct Features<'a> {
    pub(crate) values: &'a [f32],
    pub(crate) width: usize,
}

impl<'a> Input<'a> {
    /// Rows in tiles of the usual size.
    pub(crate) fn rows(features: [Features<'a>; 2]) -> Self {
        Self::Rows { features, tile: TILE }
    }
}

/// What normalises the block's output.
#[derive(Clone, Copy)]
pub(crate) enum Norm<'a> {
    /// Nothing.
    None,
    /// Mean and variance of the rows given.
    Batch { eps: f32 },
    /// Whoever reads the output: mean and variance of the rows given are measured here.
    Behind,
    /// Given mean and variance.
    Fixed { mean: &'a [f32], var: &'a [f32], eps: f32 },
}

/// What a forward pass keeps for the backward pass; what it does not keep is computed again, which
/// costs less where writing to memory and reading back would cost more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keep {
    /// Nothing.
    Nothing,
    /// The second activation; the first is soon made of few inputs.
    Second,
    /// Both activations.
    Both,
}

/// Bytes of a second activation that stay in the last-level cache until the backward pass.
const CACHED_BYTES: usize = 8 << 20;

impl Keep {
    /// What pays for a backward pass over `n_rows` rows of one replica. Without a mean over frames
    /// the second activation is kept in any case: batch norm needs it twice.
    pub(crate) fn for_backward(
        input: &Input,
        w: &BlockWeights,
        n_rows: usize,
        pool: usize,
    ) -> Self {
        let is_cached = n_rows * w.width * size_of::<f32>() <= CACHED_BYTES;
        match (pool, input) {
            (1.., _) if !is_cached => Self::Nothing,
            (1.., Input::Pairs { .. }) => Self::Second,
            _ if w.n_in <= 4 => Self::Second,
            _ => Self::Both,
        }
    }
}

/// Results of a forward pass, grown replica by replica.
#[derive(Default)]
pub(crate) struct BlockForward {
    /// `[rows, width]`, or `[pool, width]` when pooled. Left empty where `a2` is kept and is the
    /// result.
    pub(crate) y: Vec<f32>,
    /// Batch mean and variance, `[width]` (empty without batch norm).
    pub(crate) mean: Vec<f32>,
    pub(crate) var: Vec<f32>,
    /// The activations `[rows, width]`, where kept.
    pub(crate) a1: Vec<f32>,
    pub(crate) a2: Vec<f32>,
    /// Mean over frames of the second activation, `[pool, width]`, when pooled.
    pub(crate) pooled: Vec<f32>,
}

/// Gradients of one replica, appended to the vectors given.
#[derive(Default)]
pub(crate) struct BlockGradients {
    /// Of the rows, as they were given, or of the nodes.
    pub(crate) dx: [Vec<f32>; 2],
    pub(crate) dw1: Vec<f32>,
    pub(crate) db1: Vec<f32>,
    pub(crate) dw2: Vec<f32>,
    pub(crate) db2: Vec<f32>,
    pub(crate) dgamma: Vec<f32>,
    pub(crate) dbeta: Vec<f32>,
    /// Of the sums of the first layer, `[rows, width]`, for whoever goes on from there.
    pub(crate) dsums: Option<Vec<f32>>,
}
