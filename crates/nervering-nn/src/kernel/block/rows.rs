//! The first layer on rows of features, `[rows, n_in]`.

use super::first::FirstLayer;
use super::{BlockGradients, BlockWeights};
use crate::kernel::activation::Activate;
use crate::kernel::dense::{Activated, Panels, Plain, Sums, TILE, add_outer, product};
use crate::kernel::lines::Lines;
use crate::kernel::simd::Simd;

/// Rows and what the layer needs of the weights.
pub(super) struct Rows<'a> {
    x: &'a [f32],
    n_in: usize,
    w1: Panels,
    b1: Lines,
}

impl<'a> Rows<'a> {
    pub(super) fn new(x: &'a [f32], w: &BlockWeights) -> Self {
        Self { x, n_in: w.n_in, w1: Panels::pack(w.w1, w.n_in, w.width), b1: Lines::pad(w.b1) }
    }

    fn tile(&self, first: usize, n_rows: usize) -> &'a [f32] {
        &self.x[first * self.n_in..(first + n_rows) * self.n_in]
    }
}

impl FirstLayer for Rows<'_> {
    type Backward = RowsBackward;

    fn n_rows(&self) -> usize {
        self.x.len() / self.n_in
    }

    fn tile_end(&self, first: usize) -> usize {
        (first + TILE).min(self.n_rows())
    }

    #[inline(always)]
    fn hidden<S: Simd, A: Activate>(&mut self, s: S, first: usize, out: &mut [[f32; 16]]) {
        let x = self.tile(first, out.len() / self.b1.len());
        product(s, x, &self.w1, &self.b1, Activated::<A>::new(), out);
    }

    fn backward(&self, w: &BlockWeights, want_dx: bool) -> RowsBackward {
        let w1t = Panels::pack_transposed(w.w1, w.width, if want_dx { w.n_in } else { 0 });
        let n_panels = w.width / 16;
        RowsBackward {
            dw: Sums::new(w.n_in * n_panels),
            db: Sums::new(n_panels),
            no_bias: Lines::zeros(w1t.n_panels),
            dx: Lines::zeros(TILE * w1t.n_panels),
            w1t,
        }
    }

    #[inline(always)]
    fn add_gradient<S: Simd>(
        &self,
        s: S,
        first: usize,
        g: &[[f32; 16]],
        to: &mut RowsBackward,
        dx: &mut Vec<f32>,
    ) {
        let n_rows = g.len() / self.b1.len();
        let x = self.tile(first, n_rows);
        add_outer(s, x, self.n_in, g, &mut to.dw.chunk, Some(&mut to.db.chunk));
        if to.w1t.n_panels > 0 {
            let tile = &mut to.dx[..n_rows * to.w1t.n_panels];
            product(s, g.as_flattened(), &to.w1t, &to.no_bias, Plain, tile);
            for row in tile.chunks_exact(to.w1t.n_panels) {
                dx.extend_from_slice(&row.as_flattened()[..self.n_in]);
            }
        }
    }

    fn flush(to: &mut RowsBackward) {
        to.dw.flush();
        to.db.flush();
    }

    fn finish(to: RowsBackward, out: &mut BlockGradients) {
        to.dw.append_to(&mut out.dw1);
        to.db.append_to(&mut out.db1);
    }
}

/// Gradients so far.
pub(super) struct RowsBackward {
    dw: Sums,
    db: Sums,
    /// No panel when nobody wants the gradient of the rows.
    w1t: Panels,
    no_bias: Lines,
    dx: Lines,
}
