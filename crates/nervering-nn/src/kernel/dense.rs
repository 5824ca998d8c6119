//! Dense products on tiles of rows: the two shapes that every layer's forward and backward is
//! made of. Matrices on the right are packed into panels of sixteen columns ([`Panels`]), so
//! that a panel streams through the cache whatever the width; results go to tiles whose rows are
//! whole panels.

use super::activation::Activate;
use super::lines::Lines;
use super::simd::{Kernel, Simd};
use std::marker::PhantomData;

/// Rows of a tile: its hidden activations stay in the first-level cache.
pub(super) const TILE: usize = 64;
/// Rows summed in float32 before the sum moves to float64.
pub(super) const CHUNK: usize = 256;

/// The same for gradients of weights, of which a wide layer has so many that the move is costly.
pub(super) const GRADIENT_CHUNK: usize = 512;

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
        // Constant widths let the compiler address all rows of a block from one register, and
        // leave out the checks of indices: for the paper's widths and its two features.
        match (self.w.n_in, self.w.n_panels) {
            (2, 1) => self.of_width::<S, ROWS, 2, 1>(s),
            (16, 1) => self.of_width::<S, ROWS, 16, 1>(s),
            (16, _) => self.of_width::<S, ROWS, 16, 0>(s),
            (256, _) => self.of_width::<S, ROWS, 256, 0>(s),
            _ => self.of_width::<S, ROWS, 0, 0>(s),
        }
    }
}

impl<F: Finish> Product<'_, F> {
    /// Zero for a width that is not a constant.
    #[inline(always)]
    fn of_width<S: Simd, const ROWS: usize, const N_IN: usize, const PANELS: usize>(
        mut self,
        s: S,
    ) {
        let n_rows = self.out.len() / if PANELS > 0 { PANELS } else { self.w.n_panels };
        let mut row = 0;
        while row + ROWS <= n_rows {
            self.rows::<S, ROWS, N_IN, PANELS>(s, row);
            row += ROWS;
        }
        if ROWS > 12 && row + 12 <= n_rows {
            self.rows::<S, 12, N_IN, PANELS>(s, row);
            row += 12;
        }
        if ROWS > 8 && row + 8 <= n_rows {
            self.rows::<S, 8, N_IN, PANELS>(s, row);
            row += 8;
        }
        while row + 4 <= n_rows {
            self.rows::<S, 4, N_IN, PANELS>(s, row);
            row += 4;
        }
        match n_rows - row {
            3 => self.rows::<S, 3, N_IN, PANELS>(s, row),
            2 => self.rows::<S, 2, N_IN, PANELS>(s, row),
            1 => self.rows::<S, 1, N_IN, PANELS>(s, row),
            _ => {}
        }
    }

    /// `N` rows from `first` on.
    #[inline(always)]
    fn rows<S: Simd, const N: usize, const N_IN: usize, const PANELS: usize>(
        &mut self,
        s: S,
        first: usize,
    ) {
        let n_in = if N_IN > 0 { N_IN } else { self.w.n_in };
        let n_panels = if PANELS > 0 { PANELS } else { self.w.n_panels };
        // One slice for all rows: sixteen would not leave registers for their addresses.
        let x = &self.x[first * n_in..][..N * n_in];
        let out = &mut self.out[first * n_panels..][..N * n_panels];
        for panel in 0..n_panels {
            let mut sums = [s.load(&self.bias[panel]); N];
            let weights = &self.w.panel(panel)[..n_in];
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
            self.finish.rows(s, Block { first, panel, n_panels }, sums, out);
        }
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

/// On the stack, each group of sixteen on one cache line.
#[repr(align(64))]
struct OnLines<const N: usize>([[f32; 16]; N]);

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
    fn run<S: Simd, const ROWS: usize>(self, s: S) {
        // Constant widths leave out the checks of indices, as in a product.
        match (self.n_in, self.sums.len() / self.n_in) {
            (2, 1) => self.of_width::<S, ROWS, 2, 1>(s),
            (16, 1) => self.of_width::<S, ROWS, 16, 1>(s),
            _ => self.of_width::<S, ROWS, 0, 0>(s),
        }
    }
}

impl AddOuter<'_> {
    /// Zero for a width that is not a constant.
    #[inline(always)]
    fn of_width<S: Simd, const ROWS: usize, const N_IN: usize, const PANELS: usize>(
        mut self,
        s: S,
    ) {
        let n_in = if N_IN > 0 { N_IN } else { self.n_in };
        for panel in 0..self.sums.len() / n_in {
            let mut k = 0;
            while k + ROWS <= n_in {
                self.columns::<S, ROWS, 1, N_IN, PANELS>(s, k, panel);
                k += ROWS;
            }
            if ROWS > 8 && k + 8 <= n_in {
                self.columns::<S, 8, 1, N_IN, PANELS>(s, k, panel);
                k += 8;
            }
            while k + 4 <= n_in {
                if ROWS > 8 {
                    self.columns::<S, 4, 4, N_IN, PANELS>(s, k, panel);
                } else {
                    self.columns::<S, 4, 1, N_IN, PANELS>(s, k, panel);
                }
                k += 4;
            }
            match n_in - k {
                3 => self.columns::<S, 3, 2, N_IN, PANELS>(s, k, panel),
                2 if ROWS > 8 => self.columns::<S, 2, 8, N_IN, PANELS>(s, k, panel),
                2 => self.columns::<S, 2, 2, N_IN, PANELS>(s, k, panel),
                1 => self.columns::<S, 1, 4, N_IN, PANELS>(s, k, panel),
                _ => {}
            }
        }
    }

    /// `N` columns of `x`, and the sums of the rows beside the first of them. A multiply-add must
    /// wait for the one before it on the same sum: few columns keep sums for several rows each.
    #[inline(always)]
    fn columns<
        S: Simd,
        const N: usize,
        const APART: usize,
        const N_IN: usize,
        const PANELS: usize,
    >(
        &mut self,
        s: S,
        first: usize,
        panel: usize,
    ) {
        let n_in = if N_IN > 0 { N_IN } else { self.n_in };
        let n_panels = if PANELS > 0 { PANELS } else { self.sums.len() / n_in };
        let at = |k: usize| (first + k) * n_panels + panel;
        let mut acc = [[s.zero(); N]; APART];
        for (k, acc) in acc[0].iter_mut().enumerate() {
            *acc = s.load(&self.sums[at(k)]);
        }
        // One addition more per row, wanted or not: to skip it would double this code.
        let mut row_acc = [s.zero(); APART];
        let mut x = self.x.chunks_exact(APART * n_in);
        let mut g = self.g.chunks_exact(APART * n_panels);
        for (x, g) in (&mut x).zip(&mut g) {
            for apart in 0..APART {
                let g = s.load(&g[apart * n_panels..][..n_panels][panel]);
                add_multiples(s, &x[apart * n_in..][..n_in][first..], g, &mut acc[apart]);
                row_acc[apart] = s.add(row_acc[apart], g);
            }
        }
        let (x, g) = (x.remainder().chunks_exact(n_in), g.remainder().chunks_exact(n_panels));
        for (x, g) in x.zip(g) {
            let g = s.load(&g[panel]);
            add_multiples(s, &x[first..], g, &mut acc[0]);
            row_acc[0] = s.add(row_acc[0], g);
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
}

/// `sums[k] += x[k] · g`.
#[inline(always)]
fn add_multiples<S: Simd, const N: usize>(s: S, x: &[f32], g: S::V, sums: &mut [S::V; N]) {
    let x: &[f32; N] = x.first_chunk().expect("columns within the row");
    for k in 0..N {
        sums[k] = s.mul_add(s.splat(x[k]), g, sums[k]);
    }
}

/// Sums in float32 over a chunk of rows, in float64 over chunks.
pub(super) struct Sums {
    pub(super) chunk: Lines,
    /// Empty before the end of the first chunk.
    total: Vec<f64>,
}

impl Sums {
    pub(super) fn new(n_panels: usize) -> Self {
        Self { chunk: Lines::zeros(n_panels), total: Vec::new() }
    }

    /// Ends a chunk.
    pub(super) fn flush(&mut self) {
        self.total.resize(self.chunk.len() * 16, 0.);
        flush(&mut self.chunk, &mut self.total);
    }

    /// The sums of all rows.
    pub(super) fn append_to(mut self, out: &mut Vec<f32>) {
        if self.total.is_empty() {
            out.extend_from_slice(self.chunk.as_flattened());
        } else {
            self.flush();
            out.extend(self.total.iter().map(|&sum| sum as f32));
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
