//! The backward pass takes the slopes of both activations from the activations themselves, and
//! sums the gradients of the weights in float32 over a chunk of rows, in float64 over chunks.

use super::first::FirstLayer;
use super::parts::{BlockGradients, BlockWeights, Input};
use super::with_types;
use crate::activation::Activation;
use crate::kernel::activation::Activate;
use crate::kernel::lines::Lines;
use crate::kernel::norm::{NormBackward, sums_of_pooled};
use crate::kernel::outer::{CHUNK, GRADIENT_CHUNK, Sums, add_outer, flush};
use crate::kernel::product::{Block, Finish, Panels, Sloped, product};
use crate::kernel::simd::{InstructionSet, Kernel, Simd, dispatch};
use std::marker::PhantomData;

/// How a backward pass is run.
#[derive(Clone, Copy)]
pub(crate) struct BackwardCall {
    pub(crate) set: InstructionSet,
    pub(crate) activation: Activation,
    /// `Some(eps)` when the block has batch norm.
    pub(crate) eps: Option<f32>,
    /// As in the forward pass.
    pub(crate) pool: usize,
    /// Whether the gradient of the input is wanted; that of nodes is always computed.
    pub(crate) want_dx: bool,
}

/// Where the gradient of the block's result comes from.
pub(crate) enum Upstream<'a> {
    /// `[rows, width]`, or `[pool, width]` when pooled.
    Given(&'a [f32]),
    /// From the sums of a block that reads the rows of a frame side by side, without this one's
    /// batch norm between them: made tile by tile.
    Through(&'a Through<'a>),
}

/// The way back from a frame's sums in the block behind to its rows in this one.
pub(crate) struct Through<'a> {
    /// Gradient of those sums, `[frame, width of the block behind]`.
    pub(super) g: &'a [f32],
    /// To the nodes of a frame side by side, each unit scaled as batch norm's backward does.
    pub(super) weights: Panels,
    /// The backward pass of the norm that is left to the block behind.
    pub(super) norm: NormBackward,
    /// What it adds to every row and multiplies activations by, for the nodes of a frame.
    pub(super) constant: Lines,
    pub(super) on_activation: Lines,
}

/// What the forward pass of one replica has left: see [`super::BlockForward`].
#[derive(Clone, Copy)]
pub(crate) struct BlockSaved<'a> {
    /// Empty where it is to be computed again.
    pub(crate) a1: &'a [f32],
    /// Empty where it is to be computed again, which only a mean over frames allows.
    pub(crate) a2: &'a [f32],
    pub(crate) mean: &'a [f32],
    pub(crate) var: &'a [f32],
    pub(crate) pooled: &'a [f32],
}

/// Appends the gradients of one replica to `out`.
pub(crate) fn backward(
    call: BackwardCall,
    upstream: &Upstream,
    input: Input,
    weights: &BlockWeights,
    saved: &BlockSaved,
    out: &mut BlockGradients,
) {
    with_types!(call.activation, input, weights, A, first => {
        let activation = PhantomData;
        let kernel = Backward::<_, A> { call, upstream, first, weights, saved, out, activation };
        dispatch(call.set, kernel)
    })
}

struct Backward<'a, L, A> {
    call: BackwardCall,
    upstream: &'a Upstream<'a>,
    first: L,
    weights: &'a BlockWeights<'a>,
    saved: &'a BlockSaved<'a>,
    out: &'a mut BlockGradients,
    activation: PhantomData<A>,
}

impl<L: FirstLayer, A: Activate> Kernel for Backward<'_, L, A> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd, const ROWS: usize>(self, s: S) {
        let Self { call, upstream, mut first, weights: w, saved, out, .. } = self;
        let n_panels = w.width / 16;
        let n_rows = first.n_rows();
        let (a1, a2) = (saved.a1.as_chunks::<16>().0, saved.a2.as_chunks::<16>().0);
        let (gy, own_norm);
        let norm = match (upstream, call.eps) {
            (Upstream::Through(through), _) => {
                gy = &[][..];
                &through.norm
            }
            (Upstream::Given(given), None) => {
                (gy, own_norm) = (*given, NormBackward::identity(n_panels));
                &own_norm
            }
            (Upstream::Given(given), Some(eps)) => {
                gy = *given;
                let (sum_g, sum_ga) = if call.pool > 0 {
                    sums_of_pooled(gy, saved.pooled, saved.mean, w.width)
                } else {
                    sums_of_rows(s, gy.as_chunks().0, a2, saved.mean, n_panels)
                };
                let (mean, var) = (saved.mean, saved.var);
                own_norm = NormBackward::new(w.gamma, mean, var, eps, n_rows, &sum_g, &sum_ga);
                &own_norm
            }
        };
        let gy_rows = gy.as_chunks::<16>().0;
        let tile_rows = first.tile_end(0);
        let pooled = Pooled::new(s, gy_rows, norm, call.pool, n_rows, tile_rows);
        let w2 = Panels::pack(w.w2, w.width, w.width);
        let b2 = Lines::pad(w.b2);
        let w2t = Panels::pack_transposed(w.w2, w.width, w.width);
        let zero = Lines::zeros(n_panels);
        let mut hidden = Lines::zeros(tile_rows * n_panels);
        let (mut g2, mut g1) = (hidden.clone(), hidden.clone());
        let (mut dw2, mut db2) = (Sums::new(w.width * n_panels), Sums::new(n_panels));
        let mut of_first = first.backward(w, call.want_dx);
        let (mut row, mut rows_in_chunk) = (0, 0);
        while row < n_rows {
            let end = first.tile_end(row);
            let tile = row * n_panels..end * n_panels;
            let (g2, g1) = (&mut g2[..tile.len()], &mut g1[..tile.len()]);
            let a1 = if saved.a1.is_empty() {
                let hidden = &mut hidden[..tile.len()];
                first.hidden::<S, A>(s, row, hidden);
                hidden
            } else {
                &a1[tile.clone()]
            };
            match (upstream, call.pool) {
                (Upstream::Through(through), _) => {
                    through.rows::<S, A>(s, row * n_panels, &a2[tile], g2);
                }
                (_, 0) => norm.apply::<S, A>(s, &gy_rows[tile.clone()], &a2[tile], g2),
                (_, pool) => {
                    let gradient = pooled.at::<A>(row % pool);
                    if a2.is_empty() {
                        product(s, a1.as_flattened(), &w2, &b2, gradient, g2);
                    } else {
                        gradient.of_rows(s, &a2[tile], g2);
                    }
                }
            }
            add_outer(s, a1.as_flattened(), w.width, g2, &mut dw2.chunk, Some(&mut db2.chunk));
            product(s, g2.as_flattened(), &w2t, &zero, Sloped::<A>::new(a1), g1);
            if let Some(dsums) = &mut out.dsums {
                dsums.extend_from_slice(g1.as_flattened());
            }
            first.add_gradient(s, row, g1, &mut of_first, &mut out.dx);
            rows_in_chunk += end - row;
            row = end;
            if rows_in_chunk >= GRADIENT_CHUNK && row < n_rows {
                dw2.flush();
                db2.flush();
                L::flush(&mut of_first);
                rows_in_chunk = 0;
            }
        }
        L::finish(of_first, out);
        dw2.append_to(&mut out.dw2);
        db2.append_to(&mut out.db2);
        out.dgamma.extend_from_slice(&norm.dgamma);
        out.dbeta.extend_from_slice(&norm.dbeta);
    }
}

impl Through<'_> {
    /// The gradients of the second sums of a tile, whole frames, from their activations; `at` is
    /// the place of its first panel among those of all rows.
    #[inline(always)]
    fn rows<S: Simd, A: Activate>(&self, s: S, at: usize, a2: &[[f32; 16]], out: &mut [[f32; 16]]) {
        let Panels { n_in, n_panels, .. } = self.weights;
        let g = &self.g[at / n_panels * n_in..][..out.len() / n_panels * n_in];
        let on_activation = &self.on_activation;
        let gradient = NormSloped::<A> { a2, on_activation, activation: PhantomData };
        product(s, g, &self.weights, &self.constant, gradient, out);
    }
}

/// From what batch norm's backward makes of a gradient to the gradient of the sum before the
/// activation: its share of the activation, and the slope.
struct NormSloped<'a, A> {
    a2: &'a [[f32; 16]],
    on_activation: &'a [[f32; 16]],
    activation: PhantomData<A>,
}

impl<A: Activate> Finish for NormSloped<'_, A> {
    #[inline(always)]
    fn rows<S: Simd, const N: usize>(
        &mut self,
        s: S,
        at: Block,
        mut sums: [S::V; N],
        out: &mut [[f32; 16]],
    ) {
        let a2 = at.of::<N>(self.a2);
        let on_activation = s.load(&self.on_activation[at.panel]);
        for (row, sum) in sums.iter_mut().enumerate() {
            let a = s.load(&a2[row * at.n_panels + at.panel]);
            *sum = A::slope(s, a, s.mul_add(on_activation, a, *sum));
        }
        at.put(s, sums, out);
    }
}

/// A mean over frames has the same gradient at every frame; that of the second activation `a` is
/// `per_row + slope · a`.
struct Pooled {
    /// The rows of a frame, repeated over a tile from any of them on.
    per_row: Lines,
    slope: Lines,
}

impl Pooled {
    /// `gy` is `[pool, n_panels]`.
    #[inline(always)]
    fn new<S: Simd>(
        s: S,
        gy: &[[f32; 16]],
        norm: &NormBackward,
        pool: usize,
        n_rows: usize,
        tile_rows: usize,
    ) -> Self {
        if pool == 0 {
            return Self { per_row: Lines::zeros(0), slope: Lines::zeros(0) };
        }
        let n_panels = norm.constant.len();
        let share = s.splat(pool as f32 / n_rows as f32);
        let mut per_row = Lines::zeros((pool + tile_rows) * n_panels);
        for (row, to) in per_row.chunks_exact_mut(n_panels).enumerate() {
            let gy = &gy[row % pool * n_panels..][..n_panels];
            for panel in 0..n_panels {
                let g = s.mul(s.load(&gy[panel]), share);
                let scale = s.load(&norm.on_gradient[panel]);
                s.store(s.mul_add(g, scale, s.load(&norm.constant[panel])), &mut to[panel]);
            }
        }
        Self { per_row, slope: norm.on_activation.clone() }
    }

    /// For a tile that starts at this row of a frame.
    fn at<A>(&self, row: usize) -> PooledGradient<'_, A> {
        let per_row = &self.per_row[row * self.slope.len()..];
        PooledGradient { per_row, slope: &self.slope, activation: PhantomData }
    }
}

/// From a row's second activation, or the sum before it, to the gradient of that sum.
struct PooledGradient<'a, A> {
    per_row: &'a [[f32; 16]],
    slope: &'a [[f32; 16]],
    activation: PhantomData<A>,
}

impl<A> Clone for PooledGradient<'_, A> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<A> Copy for PooledGradient<'_, A> {}

impl<A: Activate> PooledGradient<'_, A> {
    /// For activations `[rows, n_panels]` that were kept.
    #[inline(always)]
    fn of_rows<S: Simd>(self, s: S, a2: &[[f32; 16]], out: &mut [[f32; 16]]) {
        let n_panels = self.slope.len();
        for panel in 0..n_panels {
            let slope = s.load(&self.slope[panel]);
            let rows = a2.chunks_exact(n_panels).zip(self.per_row.chunks_exact(n_panels));
            for ((a, per_row), out) in rows.zip(out.chunks_exact_mut(n_panels)) {
                let a = s.load(&a[panel]);
                let gradient = s.mul_add(slope, a, s.load(&per_row[panel]));
                s.store(A::slope(s, a, gradient), &mut out[panel]);
            }
        }
    }
}

impl<A: Activate> Finish for PooledGradient<'_, A> {
    #[inline(always)]
    fn rows<S: Simd, const N: usize>(
        &mut self,
        s: S,
        at: Block,
        mut sums: [S::V; N],
        out: &mut [[f32; 16]],
    ) {
        let per_row = at.of::<N>(self.per_row);
        let slope = s.load(&self.slope[at.panel]);
        for (row, sum) in sums.iter_mut().enumerate() {
            let a = A::apply(s, *sum);
            let gradient = s.mul_add(slope, a, s.load(&per_row[row * at.n_panels + at.panel]));
            *sum = A::slope(s, a, gradient);
        }
        at.put(s, sums, out);
    }
}

/// `Σ gy` and `Σ gy · (a2 − mean)` per unit, over all rows.
#[inline(always)]
fn sums_of_rows<S: Simd>(
    s: S,
    gy: &[[f32; 16]],
    a2: &[[f32; 16]],
    mean: &[f32],
    n_panels: usize,
) -> (Vec<f64>, Vec<f64>) {
    let mean = Lines::pad(mean);
    let mut chunks = [Lines::zeros(n_panels), Lines::zeros(n_panels)];
    let mut totals = [vec![0f64; n_panels * 16], vec![0f64; n_panels * 16]];
    for (gy, a2) in gy.chunks(CHUNK * n_panels).zip(a2.chunks(CHUNK * n_panels)) {
        for panel in 0..n_panels {
            let mean = s.load(&mean[panel]);
            let (mut sum, mut product) = (s.zero(), s.zero());
            for (g, a) in gy.chunks_exact(n_panels).zip(a2.chunks_exact(n_panels)) {
                let g = s.load(&g[panel]);
                sum = s.add(sum, g);
                product = s.mul_add(g, s.sub(s.load(&a[panel]), mean), product);
            }
            s.store(sum, &mut chunks[0][panel]);
            s.store(product, &mut chunks[1][panel]);
        }
        for (chunk, total) in chunks.iter_mut().zip(&mut totals) {
            flush(chunk, total);
        }
    }
    let [sum_g, sum_ga] = totals;
    (sum_g, sum_ga)
}
