//! Dense products on tiles of rows: the two shapes that every layer's forward and backward is
//! made of. Matrices on the right are packed into panels of sixteen columns ([`Panels`]), so
//! that a panel streams through the cache whatever the width; results go to tiles whose rows are
//! whole panels.

use super::activation::Activate;
use super::simd::{Kernel, Simd};
use std::marker::PhantomData;

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

/// What is done to a product before it is stored, while it is in a register.
pub(super) trait Finish: Copy {
    /// `sum` belongs at `index` of the result, in the column `panel`.
    fn at<S: Simd>(self, s: S, index: usize, panel: usize, sum: S::V) -> S::V;
}

/// Nothing.
#[derive(Clone, Copy)]
pub(super) struct Plain;

impl Finish for Plain {
    #[inline(always)]
    fn at<S: Simd>(self, _: S, _: usize, _: usize, sum: S::V) -> S::V {
        sum
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
    fn at<S: Simd>(self, s: S, _: usize, _: usize, sum: S::V) -> S::V {
        A::apply(s, sum)
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
    fn at<S: Simd>(self, s: S, index: usize, _: usize, sum: S::V) -> S::V {
        A::slope(s, s.load(&self.outputs[index]), sum)
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
    s.call(Product { x, w, bias, finish, out });
}

struct Product<'a, F> {
    x: &'a [f32],
    w: &'a Panels,
    bias: &'a [[f32; 16]],
    finish: F,
    out: &'a mut [[f32; 16]],
}

impl<F: Finish> Kernel for Product<'_, F> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd, const ROWS: usize>(self, s: S) {
        // A constant width lets the compiler address all rows of a block from one register.
        match self.w.n_in {
            2 => self.of_width::<S, ROWS, 2>(s),
            16 => self.of_width::<S, ROWS, 16>(s),
            _ => self.of_width::<S, ROWS, 0>(s),
        }
    }
}

impl<F: Finish> Product<'_, F> {
    #[inline(always)]
    fn of_width<S: Simd, const ROWS: usize, const WIDTH: usize>(mut self, s: S) {
        let n_in = if WIDTH > 0 { WIDTH } else { self.w.n_in };
        let n_rows = self.out.len() / self.w.n_panels;
        let mut row = 0;
        while row + ROWS <= n_rows {
            self.rows::<S, ROWS>(s, row, n_in);
            row += ROWS;
        }
        if ROWS > 8 && row + 8 <= n_rows {
            self.rows::<S, 8>(s, row, n_in);
            row += 8;
        }
        while row + 4 <= n_rows {
            self.rows::<S, 4>(s, row, n_in);
            row += 4;
        }
        match n_rows - row {
            3 => self.rows::<S, 3>(s, row, n_in),
            2 => self.rows::<S, 2>(s, row, n_in),
            1 => self.rows::<S, 1>(s, row, n_in),
            _ => {}
        }
    }

    /// `N` rows from `first` on.
    #[inline(always)]
    fn rows<S: Simd, const N: usize>(&mut self, s: S, first: usize, n_in: usize) {
        let n_panels = self.w.n_panels;
        // One slice for all rows: sixteen would not leave registers for their addresses.
        let x = &self.x[first * n_in..(first + N) * n_in];
        let out = &mut self.out[first * n_panels..(first + N) * n_panels];
        for panel in 0..n_panels {
            let mut sums = [s.load(&self.bias[panel]); N];
            for (k, weights) in self.w.panel(panel)[..n_in].iter().enumerate() {
                let weights = s.load(weights);
                for (row, sum) in sums.iter_mut().enumerate() {
                    *sum = s.mul_add(s.splat(x[row * n_in + k]), weights, *sum);
                }
            }
            for (row, sum) in sums.into_iter().enumerate() {
                let at = row * n_panels + panel;
                let done = self.finish.at(s, first * n_panels + at, panel, sum);
                s.store(done, &mut out[at]);
            }
        }
    }
}

/// `sums[k] += Σ_row x[row][k] · g[row]` and, where wanted, `row_sums += Σ_row g[row]`, for `x`
/// row-major `[rows, n_in]` and `g` of `[rows, n_panels]`; `sums` is `[n_in, n_panels]`.
#[inline(always)]
pub(super) fn add_outer<S: Simd>(
    s: S,
    x: &[f32],
    n_in: usize,
    g: &[[f32; 16]],
    sums: &mut [[f32; 16]],
    row_sums: Option<&mut [[f32; 16]]>,
) {
    s.call(AddOuter { x, n_in, g, sums, row_sums });
}

struct AddOuter<'a> {
    x: &'a [f32],
    n_in: usize,
    g: &'a [[f32; 16]],
    sums: &'a mut [[f32; 16]],
    row_sums: Option<&'a mut [[f32; 16]]>,
}

impl Kernel for AddOuter<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd, const ROWS: usize>(mut self, s: S) {
        for panel in 0..self.sums.len() / self.n_in {
            let mut k = 0;
            while k + ROWS <= self.n_in {
                self.columns::<S, ROWS, 1>(s, k, panel);
                k += ROWS;
            }
            while k + 4 <= self.n_in {
                self.columns::<S, 4, 1>(s, k, panel);
                k += 4;
            }
            match self.n_in - k {
                3 => self.columns::<S, 3, 2>(s, k, panel),
                2 => self.columns::<S, 2, 2>(s, k, panel),
                1 => self.columns::<S, 1, 4>(s, k, panel),
                _ => {}
            }
        }
    }
}

impl AddOuter<'_> {
    /// `N` columns of `x`, and the sums of the rows beside the first of them. A multiply-add must
    /// wait for the one before it on the same sum: few columns keep sums for several rows each.
    #[inline(always)]
    fn columns<S: Simd, const N: usize, const APART: usize>(
        &mut self,
        s: S,
        first: usize,
        panel: usize,
    ) {
        let n_panels = self.sums.len() / self.n_in;
        let at = |k: usize| (first + k) * n_panels + panel;
        let mut acc = [[s.zero(); N]; APART];
        for (k, acc) in acc[0].iter_mut().enumerate() {
            *acc = s.load(&self.sums[at(k)]);
        }
        // One addition more per row, wanted or not: to skip it would double this code.
        let mut row_acc = [s.zero(); APART];
        let n_rows = self.g.len() / n_panels;
        let mut row = 0;
        while row + APART <= n_rows {
            for apart in 0..APART {
                let g = s.load(&self.g[(row + apart) * n_panels + panel]);
                self.multiply_add(s, row + apart, first, g, &mut acc[apart]);
                row_acc[apart] = s.add(row_acc[apart], g);
            }
            row += APART;
        }
        while row < n_rows {
            let g = s.load(&self.g[row * n_panels + panel]);
            self.multiply_add(s, row, first, g, &mut acc[0]);
            row_acc[0] = s.add(row_acc[0], g);
            row += 1;
        }
        if let Some(row_sums) = self.row_sums.as_deref_mut().filter(|_| first == 0) {
            let sum = row_acc.into_iter().reduce(|a, b| s.add(a, b)).expect("at least one");
            s.store(s.add(s.load(&row_sums[panel]), sum), &mut row_sums[panel]);
        }
        for k in 0..N {
            let sum = acc.iter().map(|acc| acc[k]).reduce(|a, b| s.add(a, b)).expect("one");
            s.store(sum, &mut self.sums[at(k)]);
        }
    }

    /// `acc[k] += x[row][first + k] · g`.
    #[inline(always)]
    fn multiply_add<S: Simd, const N: usize>(
        &self,
        s: S,
        row: usize,
        first: usize,
        g: S::V,
        acc: &mut [S::V; N],
    ) {
        let x = &self.x[row * self.n_in + first..];
        let x: &[f32; N] = x.first_chunk().expect("columns within the row");
        for k in 0..N {
            acc[k] = s.mul_add(s.splat(x[k]), g, acc[k]);
        }
    }
}

/// Sums in float32 over a chunk of rows, in float64 over chunks.
pub(super) struct Sums {
    pub(super) chunk: Vec<[f32; 16]>,
    total: Vec<f64>,
}

impl Sums {
    pub(super) fn new(n_panels: usize) -> Self {
        Self { chunk: vec![[0f32; 16]; n_panels], total: vec![0f64; n_panels * 16] }
    }

    /// Ends a chunk.
    pub(super) fn flush(&mut self) {
        flush(&mut self.chunk, &mut self.total);
    }

    /// The sums of all chunks that were ended.
    pub(super) fn append_to(&self, out: &mut Vec<f32>) {
        out.extend(self.total.iter().map(|&sum| sum as f32));
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
