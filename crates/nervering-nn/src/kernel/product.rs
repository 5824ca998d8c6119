//! Products on tiles of rows, the shape that every layer's forward pass and the way back to its input are
//! made of. Matrices on the right are packed into panels of sixteen columns ([`Panels`]), so that a
//! panel streams through the cache whatever the width; results go to tiles whose rows are whole panels.
//! Sums over rows are in [`super::outer`].

use super::activation::Activate;
use super::lines::{Lines, OnLines};
use super::simd::{Kernel, Simd};
use std::marker::PhantomData;

/// Rows of a tile: its hidden activations stay in the first-level cache.
pub(super) const TILE: usize = 64;

/// A matrix `[n_in, n_out]` in panels of sixteen columns, zero beyond the last column:
/// `panels[panel * n_in + row]`.
pub(super) struct Panels {
    pub(super) n_in: usize,
    pub(super) n_panels: usize,
    panels: Lines,
}

impl Panels {
    /// Packs `w`, row-major `[n_in, n_out]`.
    pub(super) fn pack(w: &[f32], n_in: usize, n_out: usize) -> Self {
        let mut packed = Self::zeros(n_in, n_out);
        for (row, w) in w.chunks_exact(n_out.max(1)).enumerate() {
            for (panel, w) in w.chunks(16).enumerate() {
                let to = &mut packed.panels[panel * n_in + row];
                match w.first_chunk() {
                    Some(w) => *to = *w,
                    None => to[..w.len()].copy_from_slice(w),
                }
            }
        }
        packed
    }

    /// Packs the transpose of `w`, row-major `[n_out, n_in]`.
    pub(super) fn pack_transposed(w: &[f32], n_in: usize, n_out: usize) -> Self {
        let mut packed = Self::zeros(n_in, n_out);
        for (panel, w) in w[..n_out * n_in].chunks(16 * n_in).enumerate() {
            let to = &mut packed.panels[panel * n_in..(panel + 1) * n_in];
            for (lane, w) in w.chunks_exact(n_in).enumerate() {
                for (to, &w) in to.iter_mut().zip(w) {
                    to[lane] = w;
                }
            }
        }
        packed
    }

    fn zeros(n_in: usize, n_out: usize) -> Self {
        let n_panels = n_out.div_ceil(16);
        Self { n_in, n_panels, panels: Lines::zeros(n_panels * n_in) }
    }

    fn panel(&self, panel: usize) -> &[[f32; 16]] {
        &self.panels[panel * self.n_in..(panel + 1) * self.n_in]
    }
}

/// Rows of a product that are done at once: in registers, one panel wide.
#[derive(Clone, Copy)]
pub(super) struct Block {
    /// Row of the first.
    pub(super) first: usize,
    pub(super) panel: usize,
    /// Panels of a row.
    pub(super) n_panels: usize,
}

impl Block {
    /// The `N` rows of this block, all panels, of `values` `[rows, n_panels]`.
    #[inline(always)]
    pub(super) fn of<const N: usize>(self, values: &[[f32; 16]]) -> &[[f32; 16]] {
        &values[self.first * self.n_panels..][..N * self.n_panels]
    }

    /// Stores the block's panel in its rows, all panels.
    #[inline(always)]
    pub(super) fn put<S: Simd, const N: usize>(
        self,
        s: S,
        values: [S::V; N],
        rows: &mut [[f32; 16]],
    ) {
        let rows = &mut rows[..N * self.n_panels];
        for (row, value) in values.into_iter().enumerate() {
            s.store(value, &mut rows[row * self.n_panels + self.panel]);
        }
    }
}

/// What is done to sums while they are in registers.
pub(super) trait Finish {
    /// Takes the sums of a block, and stores what becomes of them in its rows of the result.
    fn rows<S: Simd, const N: usize>(
        &mut self,
        s: S,
        at: Block,
        sums: [S::V; N],
        out: &mut [[f32; 16]],
    );
}

/// Nothing.
#[derive(Clone, Copy)]
pub(super) struct Plain;

impl Finish for Plain {
    #[inline(always)]
    fn rows<S: Simd, const N: usize>(
        &mut self,
        s: S,
        at: Block,
        sums: [S::V; N],
        out: &mut [[f32; 16]],
    ) {
        at.put(s, sums, out);
    }
}

/// The activation.
#[derive(Clone, Copy)]
pub(super) struct Activated<A>(PhantomData<A>);

impl<A> Activated<A> {
    pub(super) fn new() -> Self {
        Self(PhantomData)
    }
}

impl<A: Activate> Finish for Activated<A> {
    #[inline(always)]
    fn rows<S: Simd, const N: usize>(
        &mut self,
        s: S,
        at: Block,
        mut sums: [S::V; N],
        out: &mut [[f32; 16]],
    ) {
        for sum in &mut sums {
            *sum = A::apply(s, *sum);
        }
        at.put(s, sums, out);
    }
}

/// The slope of the activation whose outputs these are: the product is their gradient.
#[derive(Clone, Copy)]
pub(super) struct Sloped<'a, A> {
    outputs: &'a [[f32; 16]],
    activation: PhantomData<A>,
}

impl<'a, A> Sloped<'a, A> {
    pub(super) fn new(outputs: &'a [[f32; 16]]) -> Self {
        Self { outputs, activation: PhantomData }
    }
}

impl<A: Activate> Finish for Sloped<'_, A> {
    #[inline(always)]
    fn rows<S: Simd, const N: usize>(
        &mut self,
        s: S,
        at: Block,
        mut sums: [S::V; N],
        out: &mut [[f32; 16]],
    ) {
        let outputs = at.of::<N>(self.outputs);
        for (row, sum) in sums.iter_mut().enumerate() {
            *sum = A::slope(s, s.load(&outputs[row * at.n_panels + at.panel]), *sum);
        }
        at.put(s, sums, out);
    }
}

/// `out[row] = finish(bias + x[row] · w)` for all rows of `x`, row-major `[rows, n_in]`;
/// `out` is `[rows, n_panels]`.
#[inline(always)]
pub(super) fn product<S: Simd, F: Finish>(
    s: S,
    x: &[f32],
    w: &Panels,
    bias: &[[f32; 16]],
    finish: F,
    out: &mut [[f32; 16]],
) {
    s.call(Product::<F, 1> { x, apart: 0, w, bias, finish, out });
}

/// `out[row] = finish(bias + Σ_tap x[row + tap · apart] · w[tap])`: a convolution whose taps stand so many rows
/// apart. `x` has as many rows more than `out` as the last tap is away; `w` is `[tap · n_in, n_out]`.
#[inline(always)]
pub(super) fn product_of_taps<S: Simd, F: Finish, const TAPS: usize>(
    s: S,
    x: &[f32],
    apart: usize,
    w: &Panels,
    bias: &[[f32; 16]],
    finish: F,
    out: &mut [[f32; 16]],
) {
    s.call(Product::<F, TAPS> { x, apart, w, bias, finish, out });
}

struct Product<'a, F, const TAPS: usize> {
    x: &'a [f32],
    /// Rows from tap to tap.
    apart: usize,
    w: &'a Panels,
    bias: &'a [[f32; 16]],
    finish: F,
    out: &'a mut [[f32; 16]],
}

impl<F: Finish, const TAPS: usize> Kernel for Product<'_, F, TAPS> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd, const ROWS: usize>(self, s: S) {
        // Constant widths let the compiler address all rows of a block from one register, and
        // leave out the checks of indices: for the paper's widths and its two features.
        match (self.w.n_in / TAPS, self.w.n_panels) {
            (32, 2) if ROWS >= 16 => self.of_two_panels::<S, 8, 32>(s),
            (32, 2) => self.of_width::<S, ROWS, 32, 2>(s),
            _ if TAPS > 1 => self.of_width::<S, ROWS, 0, 0>(s),
            (2, 1) => self.of_width::<S, ROWS, 2, 1>(s),
            // What is done to the sums of one panel takes the registers of two rows.
            (16, 1) if ROWS == 6 => self.of_width::<S, 4, 16, 1>(s),
            (16, 1) => self.of_width::<S, ROWS, 16, 1>(s),
            (16, _) => self.of_width::<S, ROWS, 16, 0>(s),
            (256, _) => self.of_width::<S, ROWS, 256, 0>(s),
            _ => self.of_width::<S, ROWS, 0, 0>(s),
        }
    }
}

impl<F: Finish, const TAPS: usize> Product<'_, F, TAPS> {
    /// Zero for a width that is not a constant. One panel meets all rows before the next: it stays in the
    /// first-level cache, where all panels of a wide matrix would not.
    #[inline(always)]
    fn of_width<S: Simd, const ROWS: usize, const N_IN: usize, const PANELS: usize>(
        mut self,
        s: S,
    ) {
        let n_panels = if PANELS > 0 { PANELS } else { self.w.n_panels };
        let n_rows = self.out.len() / n_panels;
        for panel in 0..n_panels {
            let mut first = 0;
            let mut at = |n_rows: usize| {
                let at = Block { first, panel, n_panels };
                first += n_rows;
                at
            };
            for _ in 0..n_rows / ROWS {
                self.block::<S, ROWS, N_IN>(s, at(ROWS));
            }
            let mut left = n_rows % ROWS;
            if ROWS > 12 && left >= 12 {
                self.block::<S, 12, N_IN>(s, at(12));
                left -= 12;
            }
            if ROWS > 8 && left >= 8 {
                self.block::<S, 8, N_IN>(s, at(8));
                left -= 8;
            }
            if ROWS > 4 && left >= 4 {
                self.block::<S, 4, N_IN>(s, at(4));
                left -= 4;
            }
            // What is left of few tiles: not worth code for every width.
            if ROWS > 2 && left >= 2 {
                self.block::<S, 2, 0>(s, at(2));
                left -= 2;
            }
            if left > 0 {
                self.block::<S, 1, 0>(s, at(1));
            }
        }
    }

    /// Two panels at once, where registers are many: each number of `x` is read once for both.
    #[inline(always)]
    fn of_two_panels<S: Simd, const N: usize, const N_IN: usize>(mut self, s: S) {
        let n_rows = self.out.len() / 2;
        let whole = n_rows - n_rows % N;
        for first in (0..whole).step_by(N) {
            self.both::<S, N, N_IN>(s, first);
        }
        for first in whole..n_rows {
            self.both::<S, 1, N_IN>(s, first);
        }
    }

    #[inline(always)]
    fn both<S: Simd, const N: usize, const N_IN: usize>(&mut self, s: S, first: usize) {
        let mut sums = [[s.load(&self.bias[0]); N], [s.load(&self.bias[1]); N]];
        for tap in 0..TAPS {
            let x = &self.x[(first + tap * self.apart) * N_IN..][..N * N_IN];
            let weights = [0, 1].map(|panel| &self.w.panel(panel)[tap * N_IN..][..N_IN]);
            for k in 0..N_IN {
                let weights = [s.load(&weights[0][k]), s.load(&weights[1][k])];
                for row in 0..N {
                    let x = s.splat(x[row * N_IN + k]);
                    sums[0][row] = s.mul_add(x, weights[0], sums[0][row]);
                    sums[1][row] = s.mul_add(x, weights[1], sums[1][row]);
                }
            }
        }
        for (panel, sums) in sums.into_iter().enumerate() {
            let at = Block { first, panel, n_panels: 2 };
            let out = &mut self.out[first * 2..][..N * 2];
            self.finish.rows(s, at, sums, out);
        }
    }

    #[inline(always)]
    fn block<S: Simd, const N: usize, const N_IN: usize>(&mut self, s: S, at: Block) {
        let n_in = if N_IN > 0 { N_IN } else { self.w.n_in / TAPS };
        let out = &mut self.out[at.first * at.n_panels..][..N * at.n_panels];
        let mut sums = [s.load(&self.bias[at.panel]); N];
        for tap in 0..TAPS {
            // One slice for all rows: sixteen would not leave registers for their addresses.
            let x = &self.x[(at.first + tap * self.apart) * n_in..][..N * n_in];
            let weights = &self.w.panel(at.panel)[tap * n_in..][..n_in];
            if N_IN > 0 {
                for (k, weights) in weights.iter().enumerate() {
                    let weights = s.load(weights);
                    for (row, sum) in sums.iter_mut().enumerate() {
                        *sum = s.mul_add(s.splat(x[row * n_in + k]), weights, *sum);
                    }
                }
            } else {
                for (first, weights) in (0..n_in).step_by(16).zip(weights.chunks(16)) {
                    add_columns(s, x, n_in, first, weights, &mut sums);
                }
            }
        }
        self.finish.rows(s, at, sums, out);
    }
}

/// `sums[row] += x[row][first..] · weights` for at most sixteen columns of `x`, which are copied
/// side by side first: a row's address at an unknown distance costs more than the copy.
#[inline(always)]
fn add_columns<S: Simd, const N: usize>(
    s: S,
    x: &[f32],
    n_in: usize,
    first: usize,
    weights: &[[f32; 16]],
    sums: &mut [S::V; N],
) {
    let mut columns = OnLines([[0f32; 16]; N]);
    if let Some(weights) = weights.first_chunk::<16>() {
        for (row, to) in columns.0.iter_mut().enumerate() {
            let x = x[row * n_in + first..].first_chunk().expect("sixteen columns of the row");
            s.store(s.load(x), to);
        }
        for (k, weights) in weights.iter().enumerate() {
            let weights = s.load(weights);
            for (columns, sum) in columns.0.iter().zip(sums.iter_mut()) {
                *sum = s.mul_add(s.splat(columns[k]), weights, *sum);
            }
        }
    } else {
        for (row, to) in columns.0.iter_mut().enumerate() {
            to[..weights.len()].copy_from_slice(&x[row * n_in + first..][..weights.len()]);
        }
        for (k, weights) in weights.iter().enumerate().take(16) {
            let weights = s.load(weights);
            for (columns, sum) in columns.0.iter().zip(sums.iter_mut()) {
                *sum = s.mul_add(s.splat(columns[k]), weights, *sum);
            }
        }
    }
}
