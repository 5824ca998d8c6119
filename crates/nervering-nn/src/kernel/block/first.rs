//! What the two passes need of a block's first layer, so that rows of features and pairs of nodes
//! share everything behind it.

use super::parts::{BlockGradients, BlockWeights};
use crate::kernel::activation::Activate;
use crate::kernel::simd::Simd;

/// A first layer on rows that are visited in order, tile by tile.
pub(super) trait FirstLayer {
    /// Gradients that grow tile by tile.
    type Backward;

    fn n_rows(&self) -> usize;

    /// Where the tile that starts at row `first` ends: about [`crate::kernel::product::TILE`] rows
    /// further.
    fn tile_end(&self, first: usize) -> usize;

    /// Activations of the tile's rows, `[rows, n_panels]`.
    fn hidden<S: Simd, A: Activate>(&mut self, s: S, first: usize, out: &mut [[f32; 16]]);

    /// Empty gradients; those of the input only when `want_dx`.
    fn backward(&self, w: &BlockWeights, want_dx: bool) -> Self::Backward;

    /// Takes the gradient `g [rows, n_panels]` of the tile's sums before the activation; that of
    /// the input is appended to `dx` as soon as it is complete.
    fn add_gradient<S: Simd>(
        &self,
        s: S,
        first: usize,
        g: &[[f32; 16]],
        to: &mut Self::Backward,
        dx: &mut [Vec<f32>; 2],
    );

    /// Moves float32 sums to float64.
    fn flush(to: &mut Self::Backward);

    /// Appends the gradients of the layer's weights.
    fn finish(to: Self::Backward, out: &mut BlockGradients);
}
