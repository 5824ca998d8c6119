//! A block on the nodes of a frame side by side, each encoded by another block: what the two can
//! spare when they know of each other. Batch norm is an affine map of every unit, so the encoder's
//! goes into the first weights of the block behind it: normalised nodes are never written. On the
//! way back, the sums over all rows that batch norm needs are sums over the gradients of those
//! weights; and a node's gradient is made of its frame's, tile by tile, where it is needed, and never
//! written either. What is written, once, is the second activation of every node.

use super::backward::Through;
use super::parts::{BlockForward, BlockGradients, BlockWeights, Features, Input, Keep, Norm};
use super::{BackwardCall, BlockSaved, ForwardCall, Upstream};
use crate::activation::Activation;
use crate::kernel::lines::Lines;
use crate::kernel::norm::{NormBackward, affine};
use crate::kernel::product::Panels;
use crate::kernel::simd::InstructionSet;

/// How both passes are run.
#[derive(Clone, Copy)]
pub(crate) struct EncodedCall {
    pub(crate) set: InstructionSet,
    pub(crate) activation: Activation,
    /// Of the encoder's batch norm, and of the other block's where it has one.
    pub(crate) eps: f32,
    /// Whether the block behind has batch norm.
    pub(crate) has_norm: bool,
}

/// The weights of both blocks; the encoder has batch norm.
#[derive(Clone, Copy)]
pub(crate) struct EncodedWeights<'a> {
    pub(crate) encoder: BlockWeights<'a>,
    /// Its `n_in` is nodes × width of the encoder.
    pub(crate) behind: BlockWeights<'a>,
}

/// Of both blocks, grown replica by replica. The encoder has no `y`.
#[derive(Default)]
pub(crate) struct EncodedForward {
    pub(crate) encoder: BlockForward,
    pub(crate) behind: BlockForward,
}

/// Of both blocks, appended.
#[derive(Default)]
pub(crate) struct EncodedGradients {
    pub(crate) encoder: BlockGradients,
    pub(crate) behind: BlockGradients,
}

/// Rows of a tile of the encoder's backward pass, and the fewest frames: a product of few rows
/// waits for its own sums.
const TILE_ROWS: usize = 128;
const TILE_FRAMES: usize = 8;

impl<'a> EncodedWeights<'a> {
    fn n_nodes(&self) -> usize {
        self.behind.n_in / self.encoder.width
    }

    /// The first weights of the block behind and its bias, for activations that are not
    /// normalised.
    fn folded(&self, scale: &[f32], shift: &[f32]) -> (Vec<f32>, Vec<f32>) {
        let BlockWeights { width, w1, b1, .. } = self.behind;
        let mut bias: Vec<f64> = b1.iter().copied().map(f64::from).collect();
        let mut folded = Vec::with_capacity(w1.len());
        for (k, w) in w1.chunks_exact(width).enumerate() {
            let unit = k % self.encoder.width;
            let (scale, shift) = (scale[unit], f64::from(shift[unit]));
            folded.extend(w.iter().map(|w| w * scale));
            bias.iter_mut().zip(w).for_each(|(bias, &w)| *bias += shift * f64::from(w));
        }
        (folded, bias.into_iter().map(|bias| bias as f32).collect())
    }
}

/// Appends the forward pass of one replica to `out`, for the features `x` of every node of every
/// frame.
pub(crate) fn forward(
    call: EncodedCall,
    x: Features,
    weights: &EncodedWeights,
    keep: Keep,
    out: &mut EncodedForward,
) {
    let EncodedCall { set, activation, eps, has_norm } = call;
    let (start, start_of_mean) = (out.encoder.a2.len(), out.encoder.mean.len());
    let (pool, norm) = (0, Norm::Behind);
    let encoder = ForwardCall { set, activation, norm, pool, keep: Keep::Second };
    super::forward(encoder, Input::rows(alone(x)), &weights.encoder, &mut out.encoder);
    let mean = &out.encoder.mean[start_of_mean..];
    let var = &out.encoder.var[start_of_mean..];
    let (scale, shift) = affine(&weights.encoder, mean, var, eps);
    let (w1, b1) = weights.folded(&scale, &shift);
    let behind = BlockWeights { w1: &w1, b1: &b1, ..weights.behind };
    let norm = if has_norm { Norm::Batch { eps } } else { Norm::None };
    let nodes = Features { values: &out.encoder.a2[start..], width: behind.n_in };
    let call = ForwardCall { set, activation, norm, pool, keep };
    super::forward(call, Input::rows(alone(nodes)), &behind, &mut out.behind);
}

/// Appends the gradients of one replica to `out`; `gy` is the gradient of the result.
pub(crate) fn backward(
    call: EncodedCall,
    gy: &[f32],
    x: Features,
    weights: &EncodedWeights,
    [of_encoder, of_behind]: [&BlockSaved; 2],
    want_dx: bool,
    out: &mut EncodedGradients,
) {
    let EncodedCall { set, activation, eps, has_norm } = call;
    let EncodedWeights { encoder, behind } = weights;
    let (width, n_nodes) = (encoder.width, weights.n_nodes());
    let (scale, shift) = affine(encoder, of_encoder.mean, of_encoder.var, eps);
    let (w1, b1) = weights.folded(&scale, &shift);
    let folded = BlockWeights { w1: &w1, b1: &b1, ..*behind };
    let nodes = Features { values: of_encoder.a2, width: behind.n_in };
    let own =
        BackwardCall { set, activation, eps: has_norm.then_some(eps), pool: 0, want_dx: false };
    let (start, start_of_bias) = (out.behind.dw1.len(), out.behind.db1.len());
    out.behind.dsums = Some(Vec::with_capacity(gy.len()));
    let upstream = Upstream::Given(gy);
    let input = Input::rows(alone(nodes));
    super::backward(own, &upstream, input, &folded, of_behind, &mut out.behind);
    let dsums = out.behind.dsums.take().expect("asked for");

    // The sums over rows of the nodes' gradients, and of their products with the activations.
    let dw1 = &mut out.behind.dw1[start..];
    let db1 = &out.behind.db1[start_of_bias..];
    let (mut sum_g, mut sum_ga) = (vec![0f64; width], vec![0f64; width]);
    let rows = dw1.chunks_exact_mut(behind.width).zip(behind.w1.chunks_exact(behind.width));
    for (k, (dw, w)) in rows.enumerate() {
        let unit = k % width;
        let (scale, shift, mean) = (scale[unit], shift[unit], f64::from(of_encoder.mean[unit]));
        for ((dw, &w), &db) in dw.iter_mut().zip(w).zip(db1) {
            let (w, with_a) = (f64::from(w), f64::from(*dw));
            sum_g[unit] += w * f64::from(db);
            sum_ga[unit] += w * (with_a - mean * f64::from(db));
            *dw = *dw * scale + shift * db;
        }
    }
    let n_rows = of_encoder.a2.len() / width;
    let (mean, var) = (of_encoder.mean, of_encoder.var);
    let norm = NormBackward::new(encoder.gamma, mean, var, eps, n_rows, &sum_g, &sum_ga);
    let of_unit = |values: &Lines, k: usize| values.as_flattened()[k % width];
    let scaled: Vec<f32> = behind
        .w1
        .chunks_exact(behind.width)
        .enumerate()
        .flat_map(|(k, w)| {
            let scale = of_unit(&norm.on_gradient, k);
            w.iter().map(move |w| w * scale)
        })
        .collect();
    let repeated = |values: &Lines| -> Lines {
        Lines::pad(&(0..behind.n_in).map(|k| of_unit(values, k)).collect::<Vec<f32>>())
    };
    let through = Through {
        g: &dsums,
        weights: Panels::pack_transposed(&scaled, behind.width, behind.n_in),
        constant: repeated(&norm.constant),
        on_activation: repeated(&norm.on_activation),
        norm,
    };
    let upstream = Upstream::Through(&through);
    let tile = (TILE_ROWS / n_nodes).max(TILE_FRAMES) * n_nodes;
    let input = Input::Rows { features: alone(x), tile };
    let own = BackwardCall { set, activation, eps: Some(eps), pool: 0, want_dx };
    super::backward(own, &upstream, input, encoder, of_encoder, &mut out.encoder);
}

/// Features that have none beside them.
fn alone(features: Features) -> [Features; 2] {
    [features, Features { values: &[], width: 0 }]
}
