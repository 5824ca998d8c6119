//! Dense products on tiles of rows: the two shapes that every layer's forward and backward is
//! made of. Matrices on the right are packed into panels of sixteen columns ([`Panels`]), so
//! that a panel streams through the cache whatever the width; results go to tiles whose rows are
//! whole panels.

use super::activation::Activate;
use super::simd::{Kernel, Simd};

/// Rows of a tile: its hidden activations stay in the first-level cache.
pub(super) const TILE: usize = 64;
/// Rows summed in float32 before the sum moves to float64.
pub(super) const CHUNK: usize = 256;

/// A matrix `[n_in, n_out]` in panels of sixteen columns, zero beyond the last column:
/// `panels[panel * n_in + row]`.
pub(super) struct Panels {
    pub(super) n_in: usize,
    pub(super) n_panels: usize,
    panels: Vec<[f32; 16]>,
}

impl Panels {
    /// Packs `w`, row-major `[n_in, n_out]`.
    pub(super) fn pack(w: &[f32], n_in: usize, n_out: usize) -> Self {
        Self::from_fn(n_in, n_out, |row, column| w[row * n_out + column])
    }

    /// Packs the transpose of `w`, row-major `[n_out, n_in]`.
    pub(super) fn pack_transposed(w: &[f32], n_in: usize, n_out: usize) -> Self {
        Self::from_fn(n_in, n_out, |row, column| w[column * n_in + row])
    }

    fn from_fn(n_in: usize, n_out: usize, w: impl Fn(usize, usize) -> f32) -> Self {
        let n_panels = n_out.div_ceil(16);
        let mut panels = vec![[0f32; 16]; n_panels * n_in];
        for panel in 0..n_panels {
            for row in 0..n_in {
                let to = &mut panels[panel * n_in + row];
                for (lane, to) in to.iter_mut().take(n_out - panel * 16).enumerate() {
                    *to = w(row, panel * 16 + lane);
                }
            }
        }
        Self { n_in, n_panels, panels }
    }

    fn panel(&self, panel: usize) -> &[[f32; 16]] {
        &self.panels[panel * self.n_in..(panel + 1) * self.n_in]
    }
}

/// A vector of `n` numbers as whole panels, zero beyond the last.
pub(super) fn pad(v: &[f32]) -> Vec<[f32; 16]> {
    let mut panels = vec![[0f32; 16]; v.len().div_ceil(16)];
    panels.as_flattened_mut()[..v.len()].copy_from_slice(v);
    panels
}

/// `out[row] = bias + x[row] · w` for all rows of `x`, row-major `[rows, n_in]`;
/// `out` is `[rows, n_panels]`.
#[inline(always)]
pub(super) fn product<S: Simd>(
    s: S,
    x: &[f32],
    w: &Panels,
    bias: &[[f32; 16]],
    out: &mut [[f32; 16]],
) {
    s.call(Product { x, w, bias, out });
}

/// The same with an activation on the result, in a second pass over the tile.
#[inline(always)]
pub(super) fn activated_product<S: Simd, A: Activate>(
    s: S,
    x: &[f32],
    w: &Panels,
    bias: &[[f32; 16]],
    out: &mut [[f32; 16]],
) {
    product(s, x, w, bias, out);
    for a in out {
        s.store(A::apply(s, s.load(a)), a);
    }
}

struct Product<'a> {
    x: &'a [f32],
    w: &'a Panels,
    bias: &'a [[f32; 16]],
    out: &'a mut [[f32; 16]],
}

impl Kernel for Product<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd, const ROWS: usize>(self, s: S) {
        // A constant width lets the compiler address all rows of a block from one register.
        match self.w.n_in {
            16 => self.of_width::<S, ROWS, 16>(s),
            _ => self.of_width::<S, ROWS, 0>(s),
        }
    }
}

impl Product<'_> {
    #[inline(always)]
    fn of_width<S: Simd, const ROWS: usize, const WIDTH: usize>(self, s: S) {
        let Self { x, w, bias, out } = self;
        let n_in = if WIDTH > 0 { WIDTH } else { w.n_in };
        let n_rows = out.len() / w.n_panels;
        let mut row = 0;
        while row + ROWS <= n_rows {
            let (x, out) = (&x[row * n_in..], &mut out[row * w.n_panels..]);
            product_rows::<S, ROWS>(s, x, n_in, w, bias, out);
            row += ROWS;
        }
        while row + 4 <= n_rows {
            let (x, out) = (&x[row * n_in..], &mut out[row * w.n_panels..]);
            product_rows::<S, 4>(s, x, n_in, w, bias, out);
            row += 4;
        }
        while row < n_rows {
            let (x, out) = (&x[row * n_in..], &mut out[row * w.n_panels..]);
            product_rows::<S, 1>(s, x, n_in, w, bias, out);
            row += 1;
        }
    }
}

#[inline(always)]
fn product_rows<S: Simd, const N: usize>(
    s: S,
    x: &[f32],
    n_in: usize,
    w: &Panels,
    bias: &[[f32; 16]],
    out: &mut [[f32; 16]],
) {
    // One slice for all rows: sixteen would not leave registers for their addresses.
    let x = &x[..N * n_in];
    for panel in 0..w.n_panels {
        let mut sums = [s.load(&bias[panel]); N];
        for (k, weights) in w.panel(panel)[..n_in].iter().enumerate() {
            let weights = s.load(weights);
            for (row, sum) in sums.iter_mut().enumerate() {
                *sum = s.mul_add(s.splat(x[row * n_in + k]), weights, *sum);
            }
        }
        for row in 0..N {
            s.store(sums[row], &mut out[row * w.n_panels + panel]);
        }
    }
}

/// `sums[k] += Σ_row x[row][k] · g[row]` for `x` row-major `[rows, n_in]` and `g` of
/// `[rows, n_panels]`; `sums` is `[n_in, n_panels]`.
#[inline(always)]
pub(super) fn add_outer<S: Simd>(
    s: S,
    x: &[f32],
    n_in: usize,
    g: &[[f32; 16]],
    sums: &mut [[f32; 16]],
) {
    s.call(AddOuter { x, n_in, g, sums });
}

struct AddOuter<'a> {
    x: &'a [f32],
    n_in: usize,
    g: &'a [[f32; 16]],
    sums: &'a mut [[f32; 16]],
}

impl Kernel for AddOuter<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd, const ROWS: usize>(mut self, s: S) {
        for panel in 0..self.sums.len() / self.n_in {
            let mut k = 0;
            while k + ROWS <= self.n_in {
                self.columns::<S, ROWS>(s, k, panel);
                k += ROWS;
            }
            while k + 4 <= self.n_in {
                self.columns::<S, 4>(s, k, panel);
                k += 4;
            }
            while k < self.n_in {
                self.columns::<S, 1>(s, k, panel);
                k += 1;
            }
        }
    }
}

impl AddOuter<'_> {
    #[inline(always)]
    fn columns<S: Simd, const N: usize>(&mut self, s: S, first: usize, panel: usize) {
        let n_panels = self.sums.len() / self.n_in;
        let at = |k: usize| (first + k) * n_panels + panel;
        let mut acc: [S::V; N] = [s.zero(); N];
        for (k, acc) in acc.iter_mut().enumerate() {
            *acc = s.load(&self.sums[at(k)]);
        }
        for (x, g) in self.x.chunks_exact(self.n_in).zip(self.g.chunks_exact(n_panels)) {
            let x: &[f32; N] = x[first..].first_chunk().expect("columns within the row");
            let g = s.load(&g[panel]);
            for k in 0..N {
                acc[k] = s.mul_add(s.splat(x[k]), g, acc[k]);
            }
        }
        for (k, acc) in acc.into_iter().enumerate() {
            s.store(acc, &mut self.sums[at(k)]);
        }
    }
}

/// Adds a float32 chunk of sums to the float64 totals and empties it.
pub(super) fn flush(chunk: &mut [[f32; 16]], totals: &mut [f64]) {
    for (sum, total) in chunk.as_flattened_mut().iter_mut().zip(totals) {
        *total += f64::from(*sum);
        *sum = 0.;
    }
}

/// Adds every row of `g`, `[rows, n_panels]`, to `sums`; four sums in flight, since an addition
/// must wait for the one before it.
#[inline(always)]
pub(super) fn add_rows<S: Simd>(s: S, g: &[[f32; 16]], sums: &mut [[f32; 16]]) {
    let n_panels = sums.len();
    for (panel, sum) in sums.iter_mut().enumerate() {
        let mut acc = [s.load(sum), s.zero(), s.zero(), s.zero()];
        let mut fours = g.chunks_exact(4 * n_panels);
        for four in &mut fours {
            for (k, acc) in acc.iter_mut().enumerate() {
                *acc = s.add(*acc, s.load(&four[k * n_panels + panel]));
            }
        }
        for row in fours.remainder().chunks_exact(n_panels) {
            acc[0] = s.add(acc[0], s.load(&row[panel]));
        }
        s.store(s.add(s.add(acc[0], acc[1]), s.add(acc[2], acc[3])), sum);
    }
}
