//! Kernel of the MLP block: linear → activation → linear → activation → batch norm over rows,
//! optionally the mean over frames, for one replica.
//!
//! The forward pass works tile by tile and keeps the two activations for the backward pass. The
//! statistics of the batch norm are sums around a pivot (the mean of the first chunk), so that no
//! precision is lost when a unit's mean is far above its spread; sums run in float32 over a
//! chunk of rows and in float64 over chunks.

use super::activation::{Activate, Elu, Relu};
use super::dense::{
    CHUNK, Panels, TILE, activated_product, add_outer, add_rows, flush, pad, product,
};
use super::simd::{InstructionSet, Kernel, Simd, dispatch};
use crate::activation::Activation;
use std::marker::PhantomData;

/// Weights of one replica: `w1 [n_in, width]`, `w2 [width, width]`, vectors of `width`.
/// `gamma` and `beta` are empty when the block has no batch norm.
#[derive(Clone, Copy)]
pub(crate) struct BlockWeights<'a> {
    pub(crate) n_in: usize,
    pub(crate) width: usize,
    pub(crate) w1: &'a [f32],
    pub(crate) b1: &'a [f32],
    pub(crate) w2: &'a [f32],
    pub(crate) b2: &'a [f32],
    pub(crate) gamma: &'a [f32],
    pub(crate) beta: &'a [f32],
}

/// What normalises the block's output.
#[derive(Clone, Copy)]
pub(crate) enum Norm<'a> {
    /// Nothing.
    None,
    /// Mean and variance of the rows given.
    Batch { eps: f32 },
    /// Given mean and variance.
    Fixed { mean: &'a [f32], var: &'a [f32], eps: f32 },
}

/// Results of a forward pass, grown replica by replica.
#[derive(Default)]
pub(crate) struct BlockForward {
    /// `[rows, width]`, or `[pool, width]` when pooled. Left empty where `a2` is saved and is the
    /// result.
    pub(crate) y: Vec<f32>,
    /// Batch mean and variance, `[width]` (empty without batch norm).
    pub(crate) mean: Vec<f32>,
    pub(crate) var: Vec<f32>,
    /// The activations `[rows, width]`, kept when `save` was asked for.
    pub(crate) a1: Vec<f32>,
    pub(crate) a2: Vec<f32>,
    /// Mean over frames of the second activation, `[pool, width]`, when pooled.
    pub(crate) pooled: Vec<f32>,
}

/// Gradients of one replica, appended to the vectors given.
#[derive(Default)]
pub(crate) struct BlockGradients {
    pub(crate) dx: Vec<f32>,
    pub(crate) dw1: Vec<f32>,
    pub(crate) db1: Vec<f32>,
    pub(crate) dw2: Vec<f32>,
    pub(crate) db2: Vec<f32>,
    pub(crate) dgamma: Vec<f32>,
    pub(crate) dbeta: Vec<f32>,
}

/// The activation as a type.
macro_rules! with_activation {
    ($activation:expr, $A:ident => $body:expr) => {
        match $activation {
            Activation::Relu => {
                type $A = Relu;
                $body
            }
            Activation::Elu => {
                type $A = Elu;
                $body
            }
        }
    };
}
pub(super) use with_activation;

/// How a forward pass is run.
#[derive(Clone, Copy)]
pub(crate) struct ForwardCall<'a> {
    pub(crate) set: InstructionSet,
    pub(crate) activation: Activation,
    pub(crate) norm: Norm<'a>,
    /// With `pool` > 0 rows are `[frame, pool]` and the mean over frames is the result.
    pub(crate) pool: usize,
    /// Whether a backward pass will follow.
    pub(crate) save: bool,
}

/// Appends the forward pass of one replica to `out`. `x` holds the present rows, `[rows, n_in]`.
pub(crate) fn forward(
    call: ForwardCall,
    x: &[f32],
    weights: &BlockWeights,
    out: &mut BlockForward,
) {
    with_activation!(call.activation, A => {
        dispatch(call.set, Forward::<A> { call, x, weights, out, activation: PhantomData })
    })
}

struct Forward<'a, A> {
    call: ForwardCall<'a>,
    x: &'a [f32],
    weights: &'a BlockWeights<'a>,
    out: &'a mut BlockForward,
    activation: PhantomData<A>,
}

impl<A: Activate> Kernel for Forward<'_, A> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd, const ROWS: usize>(self, s: S) {
        let Self { call, x, weights: w, out, .. } = self;
        let ForwardCall { norm, pool, save, .. } = call;
        let n_panels = w.width / 16;
        let n_rows = x.len() / w.n_in;
        let w1 = Panels::pack(w.w1, w.n_in, w.width);
        let w2 = Panels::pack(w.w2, w.width, w.width);
        let (b1, b2) = (pad(w.b1), pad(w.b2));
        let mut hidden = vec![[0f32; 16]; TILE.min(n_rows) * n_panels];
        let mut top = hidden.clone();
        let mut moments = Moments::new(n_panels, matches!(norm, Norm::Batch { .. }));
        let mut means = FrameMeans::new(pool, n_panels);
        let start = if save { out.a2.len() } else { out.y.len() };
        for tile in x.chunks(TILE * w.n_in) {
            let n = tile.len() / w.n_in * n_panels;
            let (hidden, top) = (&mut hidden[..n], &mut top[..n]);
            activated_product::<S, A>(s, tile, &w1, &b1, hidden);
            activated_product::<S, A>(s, hidden.as_flattened(), &w2, &b2, top);
            moments.add(s, top);
            means.add(s, top);
            if save {
                out.a1.extend_from_slice(hidden.as_flattened());
                out.a2.extend_from_slice(top.as_flattened());
            } else if pool == 0 {
                out.y.extend_from_slice(top.as_flattened());
            }
        }
        moments.flush();
        let (scale, shift) = match norm {
            Norm::None => (vec![[1f32; 16]; n_panels], vec![[0f32; 16]; n_panels]),
            Norm::Batch { eps } => {
                let (mean, var) = moments.mean_and_variance(n_rows);
                let affine = affine(w, &mean, &var, eps);
                out.mean.extend_from_slice(&mean);
                out.var.extend_from_slice(&var);
                affine
            }
            Norm::Fixed { mean, var, eps } => affine(w, mean, var, eps),
        };
        if let Some(n_frames) = n_rows.checked_div(pool) {
            let pooled = means.finish(n_frames);
            for row in pooled.chunks_exact(n_panels) {
                for panel in 0..n_panels {
                    let mut y = [0f32; 16];
                    let (scale, shift) = (s.load(&scale[panel]), s.load(&shift[panel]));
                    s.store(s.mul_add(s.load(&row[panel]), scale, shift), &mut y);
                    out.y.extend_from_slice(&y);
                }
            }
            out.pooled.extend_from_slice(pooled.as_flattened());
        } else if matches!(norm, Norm::None) {
            // The second activation is the result; the caller shares it when it was saved.
        } else if save {
            for tile in out.a2[start..].as_chunks::<16>().0.chunks(TILE * n_panels) {
                let top = &mut top[..tile.len()];
                top.copy_from_slice(tile);
                scale_rows(s, top, &scale, &shift);
                out.y.extend_from_slice(top.as_flattened());
            }
        } else {
            scale_rows(s, out.y[start..].as_chunks_mut::<16>().0, &scale, &shift);
        }
    }
}

/// `rows = rows · scale + shift`, panel by panel.
#[inline(always)]
fn scale_rows<S: Simd>(s: S, rows: &mut [[f32; 16]], scale: &[[f32; 16]], shift: &[[f32; 16]]) {
    let n_panels = scale.len();
    for row in rows.chunks_exact_mut(n_panels) {
        for panel in 0..n_panels {
            let (scale, shift) = (s.load(&scale[panel]), s.load(&shift[panel]));
            let y = s.mul_add(s.load(&row[panel]), scale, shift);
            s.store(y, &mut row[panel]);
        }
    }
}

/// Batch norm as `a · scale + shift`.
pub(super) fn affine(
    w: &BlockWeights,
    mean: &[f32],
    var: &[f32],
    eps: f32,
) -> (Vec<[f32; 16]>, Vec<[f32; 16]>) {
    let scale: Vec<f32> = w.gamma.iter().zip(var).map(|(g, v)| g / (v + eps).sqrt()).collect();
    let shift: Vec<f32> =
        w.beta.iter().zip(mean).zip(&scale).map(|((b, m), s)| b - m * s).collect();
    (pad(&scale), pad(&shift))
}

/// Sums of the second activation and of its square, around a pivot.
pub(super) struct Moments {
    wanted: bool,
    pivot: Option<Vec<[f32; 16]>>,
    chunk: Vec<[f32; 16]>,
    chunk_squares: Vec<[f32; 16]>,
    sum: Vec<f64>,
    squares: Vec<f64>,
    rows_in_chunk: usize,
}

impl Moments {
    pub(super) fn new(n_panels: usize, wanted: bool) -> Self {
        let chunk = vec![[0f32; 16]; n_panels];
        let sum = vec![0f64; n_panels * 16];
        Self {
            wanted,
            pivot: None,
            chunk_squares: chunk.clone(),
            chunk,
            squares: sum.clone(),
            sum,
            rows_in_chunk: 0,
        }
    }

    /// Adds the rows of a tile, `[rows, n_panels]`; a full chunk moves to float64.
    #[inline(always)]
    pub(super) fn add<S: Simd>(&mut self, s: S, tile: &[[f32; 16]]) {
        if !self.wanted {
            return;
        }
        let n_panels = self.chunk.len();
        let pivot = self.pivot.get_or_insert_with(|| {
            let mut sums = vec![[0f32; 16]; n_panels];
            add_rows(s, tile, &mut sums);
            let n_rows = (tile.len() / n_panels) as f32;
            sums.as_flattened_mut().iter_mut().for_each(|sum| *sum /= n_rows);
            sums
        });
        for panel in 0..n_panels {
            let pivot = s.load(&pivot[panel]);
            let mut sum = s.load(&self.chunk[panel]);
            let mut squares = s.load(&self.chunk_squares[panel]);
            for row in tile.chunks_exact(n_panels) {
                let a = s.sub(s.load(&row[panel]), pivot);
                sum = s.add(sum, a);
                squares = s.mul_add(a, a, squares);
            }
            s.store(sum, &mut self.chunk[panel]);
            s.store(squares, &mut self.chunk_squares[panel]);
        }
        self.rows_in_chunk += tile.len() / n_panels;
        if self.rows_in_chunk >= CHUNK {
            self.flush();
        }
    }

    /// Moves the chunk's sums to float64.
    pub(super) fn flush(&mut self) {
        self.rows_in_chunk = 0;
        flush(&mut self.chunk, &mut self.sum);
        flush(&mut self.chunk_squares, &mut self.squares);
    }

    /// Mean and biased variance over `n_rows` rows.
    pub(super) fn mean_and_variance(&self, n_rows: usize) -> (Vec<f32>, Vec<f32>) {
        let n = n_rows as f64;
        let pivot = self.pivot.as_ref().map_or(&[][..], |pivot| pivot.as_flattened());
        let of_unit = |((sum, squares), pivot): ((&f64, &f64), &f32)| {
            let offset = sum / n;
            let var = (squares / n - offset * offset).max(0.);
            ((f64::from(*pivot) + offset) as f32, var as f32)
        };
        self.sum.iter().zip(&self.squares).zip(pivot).map(of_unit).unzip()
    }
}

/// Sums over frames for each of `pool` rows of a frame; rows arrive in tiles of any length.
struct FrameMeans {
    pool: usize,
    n_panels: usize,
    next: usize,
    rows_in_chunk: usize,
    chunk: Vec<[f32; 16]>,
    total: Vec<f64>,
}

impl FrameMeans {
    fn new(pool: usize, n_panels: usize) -> Self {
        let chunk = vec![[0f32; 16]; pool * n_panels];
        let total = vec![0f64; pool * n_panels * 16];
        Self { pool, n_panels, next: 0, rows_in_chunk: 0, chunk, total }
    }

    #[inline(always)]
    fn add<S: Simd>(&mut self, s: S, tile: &[[f32; 16]]) {
        if self.pool == 0 {
            return;
        }
        for row in tile.chunks_exact(self.n_panels) {
            let sums = &mut self.chunk[self.next * self.n_panels..][..self.n_panels];
            for (sum, a) in sums.iter_mut().zip(row) {
                s.store(s.add(s.load(sum), s.load(a)), sum);
            }
            self.next = if self.next + 1 == self.pool { 0 } else { self.next + 1 };
        }
        self.rows_in_chunk += tile.len() / self.n_panels;
        if self.rows_in_chunk >= CHUNK * self.pool {
            flush(&mut self.chunk, &mut self.total);
            self.rows_in_chunk = 0;
        }
    }

    /// Means `[pool, n_panels]`.
    fn finish(mut self, n_frames: usize) -> Vec<[f32; 16]> {
        flush(&mut self.chunk, &mut self.total);
        let mut means = self.chunk;
        for (mean, total) in means.as_flattened_mut().iter_mut().zip(&self.total) {
            *mean = (total / n_frames as f64) as f32;
        }
        means
    }
}

/// What the backward pass of one replica needs.
#[derive(Clone, Copy)]
pub(crate) struct BlockSaved<'a> {
    /// Input, `[rows, n_in]`.
    pub(crate) x: &'a [f32],
    pub(crate) a1: &'a [f32],
    pub(crate) a2: &'a [f32],
    pub(crate) mean: &'a [f32],
    pub(crate) var: &'a [f32],
    pub(crate) pooled: &'a [f32],
    /// `Some(eps)` when the block has batch norm.
    pub(crate) eps: Option<f32>,
    pub(crate) pool: usize,
}

/// Appends the gradients of one replica to `out`. `gy` is the gradient of the result; the
/// gradient of `x` is computed when `want_dx`.
pub(crate) fn backward(
    set: InstructionSet,
    activation: Activation,
    gy: &[f32],
    weights: &BlockWeights,
    saved: &BlockSaved,
    want_dx: bool,
    out: &mut BlockGradients,
) {
    with_activation!(activation, A => {
        dispatch(set, Backward::<A> { gy, weights, saved, want_dx, out, activation: PhantomData })
    })
}

struct Backward<'a, A> {
    gy: &'a [f32],
    weights: &'a BlockWeights<'a>,
    saved: &'a BlockSaved<'a>,
    want_dx: bool,
    out: &'a mut BlockGradients,
    activation: PhantomData<A>,
}

/// Batch norm's backward as `da2 = on_gradient · gy + on_activation · a2 + constant`.
pub(super) struct NormBackward {
    pub(super) on_gradient: Vec<[f32; 16]>,
    pub(super) on_activation: Vec<[f32; 16]>,
    pub(super) constant: Vec<[f32; 16]>,
    pub(super) dgamma: Vec<f32>,
    pub(super) dbeta: Vec<f32>,
}

impl NormBackward {
    /// From `sum_g = Σ gy` and `sum_ga = Σ gy · (a2 − mean)` over `n_rows` rows.
    pub(super) fn new(
        gamma: &[f32],
        mean: &[f32],
        var: &[f32],
        eps: f32,
        n_rows: usize,
        sum_g: &[f64],
        sum_ga: &[f64],
    ) -> Self {
        let width = gamma.len();
        let n = n_rows as f64;
        let [mut on_gradient, mut on_activation, mut constant, mut dgamma, mut dbeta] =
            std::array::from_fn(|_| Vec::with_capacity(width));
        for unit in 0..width {
            let inverse = 1. / (f64::from(var[unit]) + f64::from(eps)).sqrt();
            let scale = f64::from(gamma[unit]) * inverse;
            let sum_gx = sum_ga[unit] * inverse;
            let slope = -scale * inverse * sum_gx / n;
            on_gradient.push(scale as f32);
            on_activation.push(slope as f32);
            constant.push((-scale * sum_g[unit] / n - slope * f64::from(mean[unit])) as f32);
            dgamma.push(sum_gx as f32);
            dbeta.push(sum_g[unit] as f32);
        }
        Self {
            on_gradient: pad(&on_gradient),
            on_activation: pad(&on_activation),
            constant: pad(&constant),
            dgamma,
            dbeta,
        }
    }

    /// No batch norm: the gradient passes unchanged.
    fn identity(n_panels: usize) -> Self {
        let zero = vec![[0f32; 16]; n_panels];
        Self {
            on_gradient: vec![[1f32; 16]; n_panels],
            on_activation: zero.clone(),
            constant: zero,
            dgamma: Vec::new(),
            dbeta: Vec::new(),
        }
    }
}

impl<A: Activate> Kernel for Backward<'_, A> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd, const ROWS: usize>(self, s: S) {
        let Self { gy, weights: w, saved, want_dx, out, .. } = self;
        let (n_in, n_panels) = (w.n_in, w.width / 16);
        let n_rows = saved.x.len() / n_in;
        let (a1, a2) = (saved.a1.as_chunks::<16>().0, saved.a2.as_chunks::<16>().0);
        let norm = match saved.eps {
            None => NormBackward::identity(n_panels),
            Some(eps) => {
                let (sum_g, sum_ga) = if saved.pool > 0 {
                    sums_of_pooled(gy, saved.pooled, saved.mean, w.width)
                } else {
                    sums_of_rows(s, gy.as_chunks().0, a2, saved.mean, n_panels)
                };
                NormBackward::new(w.gamma, saved.mean, saved.var, eps, n_rows, &sum_g, &sum_ga)
            }
        };
        // Pooled: every frame has the same gradient; repeat it over a tile from any row on.
        let repeated: Vec<[f32; 16]> = if saved.pool > 0 {
            let share = saved.pool as f32 / n_rows as f32;
            let rows: Vec<&[f32]> = gy.chunks_exact(w.width).collect();
            let repeat = (0..saved.pool + TILE).flat_map(|row| rows[row % saved.pool]);
            let flat: Vec<f32> = repeat.map(|g| g * share).collect();
            flat.as_chunks().0.to_vec()
        } else {
            Vec::new()
        };
        let w2t = Panels::pack_transposed(w.w2, w.width, w.width);
        let w1t = Panels::pack_transposed(w.w1, w.width, if want_dx { n_in } else { 0 });
        let (zero, zero_in) = (vec![[0f32; 16]; n_panels], vec![[0f32; 16]; w1t.n_panels]);
        let mut g2 = vec![[0f32; 16]; TILE.min(n_rows) * n_panels];
        let mut g1 = g2.clone();
        let mut dx = vec![[0f32; 16]; TILE.min(n_rows) * w1t.n_panels];
        let mut sums = [n_in * n_panels, n_panels, w.width * n_panels, n_panels]
            .map(|n| (vec![[0f32; 16]; n], vec![0f64; n * 16]));
        let mut row = 0;
        while row < n_rows {
            let n = TILE.min(n_rows - row);
            let tile = row * n_panels..(row + n) * n_panels;
            let (a1, a2) = (&a1[tile.clone()], &a2[tile.clone()]);
            let gy = match saved.pool {
                0 => &gy.as_chunks::<16>().0[tile],
                pool => &repeated[row % pool * n_panels..][..n * n_panels],
            };
            let (g2, g1) = (&mut g2[..n * n_panels], &mut g1[..n * n_panels]);
            for panel in 0..n_panels {
                let on_gradient = s.load(&norm.on_gradient[panel]);
                let on_activation = s.load(&norm.on_activation[panel]);
                let constant = s.load(&norm.constant[panel]);
                let rows = gy.chunks_exact(n_panels).zip(a2.chunks_exact(n_panels));
                for ((gy, a2), g2) in rows.zip(g2.chunks_exact_mut(n_panels)) {
                    let a = s.load(&a2[panel]);
                    let inner = s.mul_add(on_activation, a, constant);
                    let d = s.mul_add(on_gradient, s.load(&gy[panel]), inner);
                    s.store(A::slope(s, a, d), &mut g2[panel]);
                }
            }
            let x = &saved.x[row * n_in..(row + n) * n_in];
            let [dw1, db1, dw2, db2] = &mut sums;
            add_rows(s, g2, &mut db2.0);
            add_outer(s, a1.as_flattened(), w.width, g2, &mut dw2.0);
            product(s, g2.as_flattened(), &w2t, &zero, g1);
            for (g, a) in g1.iter_mut().zip(a1) {
                s.store(A::slope(s, s.load(a), s.load(g)), g);
            }
            add_rows(s, g1, &mut db1.0);
            add_outer(s, x, n_in, g1, &mut dw1.0);
            if want_dx {
                let dx = &mut dx[..n * w1t.n_panels];
                product(s, g1.as_flattened(), &w1t, &zero_in, dx);
                for row in dx.chunks_exact(w1t.n_panels) {
                    out.dx.extend_from_slice(&row.as_flattened()[..n_in]);
                }
            }
            row += n;
            if row % CHUNK == 0 || row == n_rows {
                sums.iter_mut().for_each(|(chunk, total)| flush(chunk, total));
            }
        }
        let [dw1, db1, dw2, db2] = sums;
        for (to, (_, total)) in
            [(&mut out.dw1, dw1), (&mut out.db1, db1), (&mut out.dw2, dw2), (&mut out.db2, db2)]
        {
            to.extend(total.iter().map(|&sum| sum as f32));
        }
        out.dgamma.extend_from_slice(&norm.dgamma);
        out.dbeta.extend_from_slice(&norm.dbeta);
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
    let mean = pad(mean);
    let mut chunks = [vec![[0f32; 16]; n_panels], vec![[0f32; 16]; n_panels]];
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

/// The same for a pooled result, whose gradient is the same at every frame: the mean over frames
/// of the activations takes the place of the activations.
pub(super) fn sums_of_pooled(
    gy: &[f32],
    pooled: &[f32],
    mean: &[f32],
    width: usize,
) -> (Vec<f64>, Vec<f64>) {
    let (mut sum_g, mut sum_ga) = (vec![0f64; width], vec![0f64; width]);
    for (gy, a) in gy.chunks_exact(width).zip(pooled.chunks_exact(width)) {
        for unit in 0..width {
            sum_g[unit] += f64::from(gy[unit]);
            sum_ga[unit] += f64::from(gy[unit]) * (f64::from(a[unit]) - f64::from(mean[unit]));
        }
    }
    (sum_g, sum_ga)
}
