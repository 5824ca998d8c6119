//! The first layer on rows of features, `[rows, n_in]`. A row's features may lie in two arrays side
//! by side: nobody needs to copy them together.

use super::first::FirstLayer;
use super::parts::{BlockGradients, BlockWeights, Features};
use crate::kernel::activation::Activate;
use crate::kernel::lines::Lines;
use crate::kernel::outer::{Sums, add_outer};
use crate::kernel::product::{Activated, Block, Finish, Panels, Plain, product};
use crate::kernel::simd::Simd;
use std::marker::PhantomData;

/// Rows and what the layer needs of the weights.
pub(super) struct Rows<'a> {
    first: Part<'a>,
    /// What stands beside it, where anything does.
    second: Option<Part<'a>>,
    b1: Lines,
    no_bias: Lines,
    /// Rows of a tile.
    tile: usize,
}

/// Some features of the rows and the weights that they meet.
struct Part<'a> {
    features: Features<'a>,
    w: Panels,
}

impl Part<'_> {
    fn tile(&self, first: usize, n_rows: usize) -> &[f32] {
        let Features { values, width } = self.features;
        &values[first * width..(first + n_rows) * width]
    }
}

impl<'a> Rows<'a> {
    pub(super) fn new([first, second]: [Features<'a>; 2], tile: usize, w: &BlockWeights) -> Self {
        let (of_first, of_second) = w.w1.split_at(first.width * w.width);
        let part = |features: Features<'a>, weights| Part {
            features,
            w: Panels::pack(weights, features.width, w.width),
        };
        Self {
            first: part(first, of_first),
            second: (second.width > 0).then(|| part(second, of_second)),
            b1: Lines::pad(w.b1),
            no_bias: Lines::zeros(w.width / 16),
            tile,
        }
    }
}

impl FirstLayer for Rows<'_> {
    type Backward = RowsBackward;

    fn n_rows(&self) -> usize {
        self.first.features.values.len() / self.first.features.width
    }

    fn tile_end(&self, first: usize) -> usize {
        (first + self.tile).min(self.n_rows())
    }

    #[inline(always)]
    fn hidden<S: Simd, A: Activate>(&mut self, s: S, first: usize, out: &mut [[f32; 16]]) {
        let n_rows = out.len() / self.b1.len();
        let x = self.first.tile(first, n_rows);
        match &self.second {
            None => product(s, x, &self.first.w, &self.b1, Activated::<A>::new(), out),
            Some(second) => {
                product(s, x, &self.first.w, &self.b1, Plain, out);
                let x = second.tile(first, n_rows);
                let added = AddedActivated::<A>(PhantomData);
                product(s, x, &second.w, &self.no_bias, added, out);
            }
        }
    }

    fn backward(&self, w: &BlockWeights, want_dx: bool) -> RowsBackward {
        let (of_first, of_second) = w.w1.split_at(self.first.features.width * w.width);
        let part = |part: &Part, weights| {
            let n_in = part.features.width;
            let wt = Panels::pack_transposed(weights, w.width, if want_dx { n_in } else { 0 });
            PartBackward {
                dw: Sums::new(n_in * w.width / 16),
                no_bias: Lines::zeros(wt.n_panels),
                dx: Lines::zeros(self.tile * wt.n_panels),
                wt,
            }
        };
        RowsBackward {
            first: part(&self.first, of_first),
            second: self.second.as_ref().map(|second| part(second, of_second)),
            db: Sums::new(w.width / 16),
        }
    }

    #[inline(always)]
    fn add_gradient<S: Simd>(
        &self,
        s: S,
        first: usize,
        g: &[[f32; 16]],
        to: &mut RowsBackward,
        [dx, dx_beside]: &mut [Vec<f32>; 2],
    ) {
        let n_rows = g.len() / self.b1.len();
        let x = self.first.tile(first, n_rows);
        to.first.add(s, x, self.first.features.width, g, Some(&mut to.db.chunk), dx);
        if let (Some(part), Some(to)) = (&self.second, &mut to.second) {
            to.add(s, part.tile(first, n_rows), part.features.width, g, None, dx_beside);
        }
    }

    fn flush(to: &mut RowsBackward) {
        to.db.flush();
        to.first.dw.flush();
        if let Some(second) = &mut to.second {
            second.dw.flush();
        }
    }

    fn finish(to: RowsBackward, out: &mut BlockGradients) {
        to.first.dw.append_to(&mut out.dw1);
        if let Some(second) = to.second {
            second.dw.append_to(&mut out.dw1);
        }
        to.db.append_to(&mut out.db1);
    }
}

/// The activation of the sums together with what is already in their place.
#[derive(Clone, Copy)]
struct AddedActivated<A>(PhantomData<A>);

impl<A: Activate> Finish for AddedActivated<A> {
    #[inline(always)]
    fn rows<S: Simd, const N: usize>(
        &mut self,
        s: S,
        at: Block,
        mut sums: [S::V; N],
        out: &mut [[f32; 16]],
    ) {
        for (row, sum) in sums.iter_mut().enumerate() {
            let before = s.load(&out[row * at.n_panels + at.panel]);
            *sum = A::apply(s, s.add(before, *sum));
        }
        at.put(s, sums, out);
    }
}

/// Gradients so far.
pub(super) struct RowsBackward {
    first: PartBackward,
    second: Option<PartBackward>,
    db: Sums,
}

/// Those of the weights that one part of the features meets.
struct PartBackward {
    dw: Sums,
    /// No panel when nobody wants the gradient of the rows.
    wt: Panels,
    no_bias: Lines,
    dx: Lines,
}

impl PartBackward {
    #[inline(always)]
    fn add<S: Simd>(
        &mut self,
        s: S,
        x: &[f32],
        n_in: usize,
        g: &[[f32; 16]],
        db: Option<&mut [[f32; 16]]>,
        dx: &mut Vec<f32>,
    ) {
        add_outer(s, x, n_in, g, &mut self.dw.chunk, db);
        let n_panels = self.wt.n_panels;
        if n_panels > 0 {
            let tile = &mut self.dx[..x.len() / n_in * n_panels];
            product(s, g.as_flattened(), &self.wt, &self.no_bias, Plain, tile);
            for row in tile.chunks_exact(n_panels) {
                dx.extend_from_slice(&row.as_flattened()[..n_in]);
            }
        }
    }
}
