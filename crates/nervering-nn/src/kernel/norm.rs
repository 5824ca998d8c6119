//! The arithmetic of batch norm, shared by the kernels: moments of the rows, the affine map they
//! give, and the backward pass as an affine map of gradient and activation.
//!
//! Moments are sums around a pivot (the mean of the first tile), so that no precision is lost when
//! a unit's mean is far above its spread; sums run in float32 over a chunk of rows and in float64
//! over chunks.

use super::activation::Activate;
use super::block::{BlockWeights, Norm};
use super::lines::Lines;
use super::outer::{CHUNK, add_rows, flush};
use super::simd::Simd;

/// What a block does to its second activation, as `a · scale + shift`. Batch statistics are those
/// of the `n_rows` rows in `moments`, and are appended to `mean_out` and `var_out`.
pub(super) fn scale_and_shift(
    norm: Norm,
    w: &BlockWeights,
    moments: Option<Moments>,
    n_rows: usize,
    mean_out: &mut Vec<f32>,
    var_out: &mut Vec<f32>,
) -> (Lines, Lines) {
    let measured = moments.map(|moments| moments.mean_and_variance(n_rows));
    let (scale, shift) = match (norm, &measured) {
        (Norm::Batch { eps }, Some((mean, var))) => affine(w, mean, var, eps),
        (Norm::Batch { .. }, None) => unreachable!("the batch's own moments are measured"),
        (Norm::Fixed { mean, var, eps }, _) => affine(w, mean, var, eps),
        (Norm::None | Norm::Behind, _) => (vec![1.; w.width], vec![0.; w.width]),
    };
    if let Some((mean, var)) = measured {
        mean_out.extend_from_slice(&mean);
        var_out.extend_from_slice(&var);
    }
    (Lines::pad(&scale), Lines::pad(&shift))
}

/// Batch norm as `a · scale + shift`.
pub(super) fn affine(
    w: &BlockWeights,
    mean: &[f32],
    var: &[f32],
    eps: f32,
) -> (Vec<f32>, Vec<f32>) {
    let scale: Vec<f32> = w.gamma.iter().zip(var).map(|(g, v)| g / (v + eps).sqrt()).collect();
    let shift: Vec<f32> =
        w.beta.iter().zip(mean).zip(&scale).map(|((b, m), s)| b - m * s).collect();
    (scale, shift)
}

/// Sums of the second activation and of its square, around a pivot.
pub(super) struct Moments {
    pivot: Lines,
    chunk: Lines,
    chunk_squares: Lines,
    sum: Vec<f64>,
    squares: Vec<f64>,
    rows_in_chunk: usize,
}

impl Moments {
    /// Nothing yet; the pivot is the mean of a tile `[rows, n_panels]`.
    #[inline(always)]
    pub(super) fn around_mean_of<S: Simd>(s: S, tile: &[[f32; 16]], n_panels: usize) -> Self {
        let mut pivot = Lines::zeros(n_panels);
        add_rows(s, tile, &mut pivot);
        let n_rows = (tile.len() / n_panels) as f32;
        pivot.as_flattened_mut().iter_mut().for_each(|sum| *sum /= n_rows);
        let chunk = Lines::zeros(n_panels);
        let sum = vec![0f64; n_panels * 16];
        let (chunk_squares, squares) = (chunk.clone(), sum.clone());
        Self { pivot, chunk, chunk_squares, sum, squares, rows_in_chunk: 0 }
    }

    /// Takes the pivot off one panel of some rows and adds their squares, and the rows themselves
    /// unless somebody else sums them ([`Moments::take_sums`]).
    #[inline(always)]
    pub(super) fn add<S: Simd, const N: usize>(
        &mut self,
        s: S,
        panel: usize,
        rows: &mut [S::V; N],
        with_sums: bool,
    ) {
        let pivot = s.load(&self.pivot[panel]);
        // Two sums in flight, since an addition must wait for the one before it.
        let mut squares = [s.load(&self.chunk_squares[panel]), s.zero()];
        for (row, a) in rows.iter_mut().enumerate() {
            *a = s.sub(*a, pivot);
            squares[row % 2] = s.mul_add(*a, *a, squares[row % 2]);
        }
        s.store(s.add(squares[0], squares[1]), &mut self.chunk_squares[panel]);
        if with_sums {
            let mut sums = [s.load(&self.chunk[panel]), s.zero()];
            for (row, &a) in rows.iter().enumerate() {
                sums[row % 2] = s.add(sums[row % 2], a);
            }
            s.store(s.add(sums[0], sums[1]), &mut self.chunk[panel]);
        }
    }

    /// Sums of rows without the pivot, `[any, width]`, that somebody else has made.
    pub(super) fn take_sums(&mut self, sums: &[f64]) {
        for sums in sums.chunks_exact(self.sum.len()) {
            self.sum.iter_mut().zip(sums).for_each(|(to, sum)| *to += sum);
        }
    }

    pub(super) fn pivot(&self) -> &[f32] {
        self.pivot.as_flattened()
    }

    /// A full chunk moves to float64.
    pub(super) fn end_tile(&mut self, n_rows: usize) {
        self.rows_in_chunk += n_rows;
        if self.rows_in_chunk >= CHUNK {
            self.flush();
        }
    }

    fn flush(&mut self) {
        self.rows_in_chunk = 0;
        flush(&mut self.chunk, &mut self.sum);
        flush(&mut self.chunk_squares, &mut self.squares);
    }

    /// Mean and biased variance over `n_rows` rows.
    fn mean_and_variance(mut self, n_rows: usize) -> (Vec<f32>, Vec<f32>) {
        self.flush();
        let n = n_rows as f64;
        let of_unit = |((sum, squares), pivot): ((&f64, &f64), &f32)| {
            let offset = sum / n;
            let var = (squares / n - offset * offset).max(0.);
            ((f64::from(*pivot) + offset) as f32, var as f32)
        };
        let pivot = self.pivot.as_flattened();
        self.sum.iter().zip(&self.squares).zip(pivot).map(of_unit).unzip()
    }
}

/// Batch norm's backward as `da2 = on_gradient · gy + on_activation · a2 + constant`.
pub(super) struct NormBackward {
    pub(super) on_gradient: Lines,
    pub(super) on_activation: Lines,
    pub(super) constant: Lines,
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
            on_gradient: Lines::pad(&on_gradient),
            on_activation: Lines::pad(&on_activation),
            constant: Lines::pad(&constant),
            dgamma,
            dbeta,
        }
    }

    /// The gradient of the block's second sums from that of its result, for rows of the second
    /// activation.
    #[inline(always)]
    pub(super) fn apply<S: Simd, A: Activate>(
        &self,
        s: S,
        gy: &[[f32; 16]],
        a2: &[[f32; 16]],
        out: &mut [[f32; 16]],
    ) {
        let n_panels = self.constant.len();
        for panel in 0..n_panels {
            let on_gradient = s.load(&self.on_gradient[panel]);
            let on_activation = s.load(&self.on_activation[panel]);
            let constant = s.load(&self.constant[panel]);
            let rows = gy.chunks_exact(n_panels).zip(a2.chunks_exact(n_panels));
            for ((gy, a2), out) in rows.zip(out.chunks_exact_mut(n_panels)) {
                let a = s.load(&a2[panel]);
                let inner = s.mul_add(on_activation, a, constant);
                let d = s.mul_add(on_gradient, s.load(&gy[panel]), inner);
                s.store(A::slope(s, a, d), &mut out[panel]);
            }
        }
    }

    /// No batch norm: the gradient passes unchanged.
    pub(super) fn identity(n_panels: usize) -> Self {
        let zero = Lines::zeros(n_panels);
        Self {
            on_gradient: Lines::pad(&vec![1.; n_panels * 16]),
            on_activation: zero.clone(),
            constant: zero,
            dgamma: Vec::new(),
            dbeta: Vec::new(),
        }
    }
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
