//! Sums of products over rows, the shape of every gradient of weights: [`add_outer`], and sums of rows alone.

use super::lines::{Lines, OnLines};
use super::simd::{Kernel, Simd};

/// Rows summed in float32 before the sum moves to float64.
pub(super) const CHUNK: usize = 256;

/// The same for gradients of weights, of which a wide layer has so many that the move is costly.
pub(super) const GRADIENT_CHUNK: usize = 512;

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
            (32, 2) => self.in_place::<S, ROWS>(s),
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
        let n_panels = if PANELS > 0 { PANELS } else { self.sums.len() / n_in };
        // Few registers have no room for these beside the others.
        if ROWS <= 8
            && let Some(row_sums) = self.row_sums.take()
        {
            add_rows(s, self.g, row_sums);
        }
        if n_panels == 1 && n_in <= 16 {
            let row_sums = self.row_sums.map(|row_sums| &mut row_sums[0]);
            let columns = Columns { x: self.x, apart: n_in, n: n_in };
            return columns.add_to::<S, ROWS, N_IN>(s, self.g, self.sums, 1, row_sums);
        }
        self.packed::<S, ROWS>(s, n_in, n_panels);
    }

    /// Rows of thirty-two and two panels lie near enough to each other to be left in place. Many registers hold
    /// the sums of both panels, so that each number of `x` is read once for both; few those of one.
    #[inline(always)]
    fn in_place<S: Simd, const ROWS: usize>(mut self, s: S) {
        if let Some(row_sums) = self.row_sums.take() {
            add_rows(s, self.g, row_sums);
        }
        if ROWS >= 16 {
            for first in [0, 8, 16, 24] {
                self.add_columns::<S, 8, 2>(s, first, 0);
            }
            return;
        }
        for panel in [0, 1] {
            for first in [0, 6] {
                self.add_columns::<S, 6, 1>(s, first, panel);
            }
            for first in [12, 17, 22, 27] {
                self.add_columns::<S, 5, 1>(s, first, panel);
            }
        }
    }

    /// `N` columns of thirty-two, times `PANELS` of two panels.
    #[inline(always)]
    fn add_columns<S: Simd, const N: usize, const PANELS: usize>(
        &mut self,
        s: S,
        first: usize,
        panel: usize,
    ) {
        let mut acc = [[s.zero(); PANELS]; N];
        let sums = &mut self.sums.as_chunks_mut::<2>().0[first..first + N];
        for (acc, sums) in acc.iter_mut().zip(sums.iter()) {
            for p in 0..PANELS {
                acc[p] = s.load(&sums[panel + p]);
            }
        }
        for (x, g) in self.x.as_chunks::<32>().0.iter().zip(self.g.as_chunks::<2>().0) {
            let x: &[f32; N] = x[first..].first_chunk().expect("columns within the row");
            let mut of_panels = [s.zero(); PANELS];
            for p in 0..PANELS {
                of_panels[p] = s.load(&g[panel + p]);
            }
            for k in 0..N {
                let x = s.splat(x[k]);
                for p in 0..PANELS {
                    acc[k][p] = s.mul_add(x, of_panels[p], acc[k][p]);
                }
            }
        }
        for (acc, sums) in acc.into_iter().zip(sums) {
            for p in 0..PANELS {
                s.store(acc[p], &mut sums[panel + p]);
            }
        }
    }

    /// The rows of wide arrays lie so far apart that they share a few places of the cache: here they lie
    /// side by side, sixteen columns each.
    #[inline(always)]
    fn packed<S: Simd, const ROWS: usize>(mut self, s: S, n_in: usize, n_panels: usize) {
        let mut packed = Lines::zeros(PACKED * n_in.div_ceil(16));
        let mut of_panel = OnLines([[0f32; 16]; PACKED]);
        let rows = self.x.chunks(PACKED * n_in).zip(self.g.chunks(PACKED * n_panels));
        for (x, g) in rows {
            let n_rows = g.len() / n_panels;
            for (row, x) in x.chunks_exact(n_in).enumerate() {
                for (block, x) in x.chunks(16).enumerate() {
                    let to = &mut packed[block * n_rows + row];
                    match x.first_chunk() {
                        Some(x) => *to = *x,
                        None => to[..x.len()].copy_from_slice(x),
                    }
                }
            }
            for panel in 0..n_panels {
                let of_panel = &mut of_panel.0[..n_rows];
                for (to, g) in of_panel.iter_mut().zip(g.chunks_exact(n_panels)) {
                    *to = g[panel];
                }
                let blocks = packed.chunks_exact(n_rows);
                for (first, block) in (0..n_in).step_by(16).zip(blocks) {
                    let n = (n_in - first).min(16);
                    let columns = Columns { x: block.as_flattened(), apart: 16, n };
                    let sums = &mut self.sums[first * n_panels + panel..];
                    let row_sums = self.row_sums.as_deref_mut().filter(|_| first == 0);
                    let row_sums = row_sums.map(|row_sums| &mut row_sums[panel]);
                    columns.add_to::<S, ROWS, 16>(s, of_panel, sums, n_panels, row_sums);
                }
            }
        }
    }
}

/// Rows of a wide array that are put side by side at once.
const PACKED: usize = 64;

/// The first `n` numbers of each row of `x`, whose rows begin so far apart.
#[derive(Clone, Copy)]
struct Columns<'a> {
    x: &'a [f32],
    apart: usize,
    n: usize,
}

impl Columns<'_> {
    /// `sums[k · n_panels] += Σ_row x[row][k] · g[row]`, and to `row_sums` the rows of `g` where few columns
    /// leave registers for it. `X_APART` is zero for a distance that is not a constant.
    #[inline(always)]
    fn add_to<S: Simd, const ROWS: usize, const X_APART: usize>(
        self,
        s: S,
        g: &[[f32; 16]],
        sums: &mut [[f32; 16]],
        n_panels: usize,
        mut row_sums: Option<&mut [f32; 16]>,
    ) {
        let n = self.n;
        let mut to = Outer { g, sums, n_panels };
        let mut k = 0;
        while k + ROWS <= n {
            to.columns::<S, ROWS, ROWS, 1, X_APART>(s, self, k, row_sums.take());
            k += ROWS;
        }
        if ROWS > 8 && k + 8 <= n {
            to.columns::<S, ROWS, 8, 1, X_APART>(s, self, k, row_sums.take());
            k += 8;
        }
        if ROWS > 4 && k + 4 <= n {
            if ROWS > 8 {
                to.columns::<S, ROWS, 4, 4, X_APART>(s, self, k, row_sums.take());
            } else {
                to.columns::<S, ROWS, 4, 1, X_APART>(s, self, k, row_sums.take());
            }
            k += 4;
        }
        match n - k {
            3 => to.columns::<S, ROWS, 3, 2, X_APART>(s, self, k, row_sums),
            2 if ROWS > 8 => to.columns::<S, ROWS, 2, 8, X_APART>(s, self, k, row_sums),
            2 => to.columns::<S, ROWS, 2, 2, X_APART>(s, self, k, row_sums),
            1 => to.columns::<S, ROWS, 1, 4, X_APART>(s, self, k, row_sums),
            _ => {}
        }
    }
}

/// One panel of the rows on the right, and where it is added to.
struct Outer<'a> {
    g: &'a [[f32; 16]],
    sums: &'a mut [[f32; 16]],
    n_panels: usize,
}

impl Outer<'_> {
    /// `N` columns from `first` on. A multiply-add must wait for the one before it on the same sum: few columns
    /// keep sums for several rows each.
    #[inline(always)]
    fn columns<
        S: Simd,
        const ROWS: usize,
        const N: usize,
        const APART: usize,
        const X_APART: usize,
    >(
        &mut self,
        s: S,
        of: Columns,
        first: usize,
        row_sums: Option<&mut [f32; 16]>,
    ) {
        let x_apart = if X_APART > 0 { X_APART } else { of.apart };
        let at = |k: usize| (first + k) * self.n_panels;
        let mut acc = [[s.zero(); N]; APART];
        for (k, acc) in acc[0].iter_mut().enumerate() {
            *acc = s.load(&self.sums[at(k)]);
        }
        let mut row_acc = [s.zero(); APART];
        let mut x = of.x.chunks_exact(APART * x_apart);
        let mut g = self.g.chunks_exact(APART);
        for (x, g) in (&mut x).zip(&mut g) {
            for apart in 0..APART {
                let g = s.load(&g[apart]);
                add_multiples(s, &x[apart * x_apart..][..x_apart][first..], g, &mut acc[apart]);
                // One addition more per row, wanted or not: to skip it would double this code.
                if ROWS > 8 {
                    row_acc[apart] = s.add(row_acc[apart], g);
                }
            }
        }
        for (x, g) in x.remainder().chunks_exact(x_apart).zip(g.remainder()) {
            let g = s.load(g);
            add_multiples(s, &x[first..], g, &mut acc[0]);
            row_acc[0] = s.add(row_acc[0], g);
        }
        if let Some(row_sums) = row_sums {
            let sum = row_acc.into_iter().reduce(|a, b| s.add(a, b)).expect("at least one");
            s.store(s.add(s.load(row_sums), sum), row_sums);
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
