//! Kernel of the MLP block: linear → activation → linear → activation → batch norm over rows,
//! optionally the mean over frames, for one replica. Here are its weights and results; the two
//! passes are in [`forward`] and [`backward`].

mod backward;
mod forward;

pub(crate) use backward::{BlockSaved, backward};
pub(crate) use forward::{ForwardCall, forward};

/// Weights of one replica: `w1 [n_in, width]`, `w2 [width, width]`, vectors of `width`.
/// `gamma` and `beta` are empty when the block has no batch norm.
#[derive(Clone, Copy)]
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

impl BlockWeights<'_> {
    /// Whether the first activation is kept for the backward pass. From few inputs it is computed
    /// again sooner than it is written to memory and read back.
    pub(crate) fn saves_hidden(&self) -> bool {
        self.n_in > 4
    }
}

/// What normalises the block's output.
#[derive(Clone, Copy)]
pub(crate) enum Norm<'a> {
    /// Nothing.
    None,
    /// Mean and variance of the rows given.
    Batch { eps: f32 },
    /// Given mean and variance.
    Fixed { mean: &'a [f32], var: &'a [f32], eps: f32 },
}

/// Results of a forward pass, grown replica by replica.
#[derive(Default)]
pub(crate) struct BlockForward {
    /// `[rows, width]`, or `[pool, width]` when pooled. Left empty where `a2` is saved and is the
    /// result.
    pub(crate) y: Vec<f32>,
    /// Batch mean and variance, `[width]` (empty without batch norm).
    pub(crate) mean: Vec<f32>,
    pub(crate) var: Vec<f32>,
    /// The activations `[rows, width]`, kept when `save` was asked for; the first only where
    /// [`BlockWeights::saves_hidden`].
    pub(crate) a1: Vec<f32>,
    pub(crate) a2: Vec<f32>,
    /// Mean over frames of the second activation, `[pool, width]`, when pooled.
    pub(crate) pooled: Vec<f32>,
}

/// Gradients of one replica, appended to the vectors given.
#[derive(Default)]
pub(crate) struct BlockGradients {
    pub(crate) dx: Vec<f32>,
    pub(crate) dw1: Vec<f32>,
    pub(crate) db1: Vec<f32>,
    pub(crate) dw2: Vec<f32>,
    pub(crate) db2: Vec<f32>,
    pub(crate) dgamma: Vec<f32>,
    pub(crate) dbeta: Vec<f32>,
}

/// The activation as a type.
macro_rules! with_activation {
    ($activation:expr, $A:ident => $body:expr) => {
        match $activation {
            Activation::Relu => {
                type $A = $crate::kernel::activation::Relu;
                $body
            }
            Activation::Elu => {
                type $A = $crate::kernel::activation::Elu;
                $body
            }
        }
    };
}
pub(in crate::kernel) use with_activation;
