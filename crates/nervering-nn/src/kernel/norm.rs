//! The arithmetic of batch norm, shared by the kernels: moments of the rows, the affine map they
//! give, and the backward pass as an affine map of gradient and activation.
//!
//! Moments are sums around a pivot (the mean of the first tile), so that no precision is lost when
//! a unit's mean is far above its spread; sums run in float32 over a chunk of rows and in float64
//! over chunks.

use super::activation::Activate;
use super::block::{BlockWeights, Norm};
use super::dense::{CHUNK, add_rows, flush, pad};
use super::simd::Simd;

/// What a block does to its second activation, as `a · scale + shift`. Batch statistics are those
/// of the `n_rows` rows in `moments`, and are appended to `mean_out` and `var_out`.
pub(super) fn scale_and_shift(
    norm: Norm,
    w: &BlockWeights,
    moments: &Moments,
    n_rows: usize,
    mean_out: &mut Vec<f32>,
    var_out: &mut Vec<f32>,
) -> (Vec<[f32; 16]>, Vec<[f32; 16]>) {
    match norm {
        Norm::None => {
            let n_panels = w.width / 16;
            (vec![[1f32; 16]; n_panels], vec![[0f32; 16]; n_panels])
        }
        Norm::Batch { eps } => {
            let (mean, var) = moments.mean_and_variance(n_rows);
            let affine = affine(w, &mean, &var, eps);
            mean_out.extend_from_slice(&mean);
            var_out.extend_from_slice(&var);
            affine
        }
        Norm::Fixed { mean, var, eps } => affine(w, mean, var, eps),
    }
}

/// Batch norm as `a · scale + shift`.
fn affine(
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
            // Four sums in flight, since an addition must wait for the one before it.
            let mut sums = [s.load(&self.chunk[panel]), s.zero(), s.zero(), s.zero()];
            let mut squares = [s.load(&self.chunk_squares[panel]), s.zero(), s.zero(), s.zero()];
            let mut add = |k: usize, row: &[f32; 16]| {
                let a = s.sub(s.load(row), pivot);
                sums[k] = s.add(sums[k], a);
                squares[k] = s.mul_add(a, a, squares[k]);
            };
            let mut fours = tile.chunks_exact(4 * n_panels);
            for four in &mut fours {
                for k in 0..4 {
                    add(k, &four[k * n_panels + panel]);
                }
            }
            for row in fours.remainder().chunks_exact(n_panels) {
                add(0, &row[panel]);
            }
            let total = |x: [S::V; 4]| s.add(s.add(x[0], x[1]), s.add(x[2], x[3]));
            s.store(total(sums), &mut self.chunk[panel]);
            s.store(total(squares), &mut self.chunk_squares[panel]);
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
    fn mean_and_variance(&self, n_rows: usize) -> (Vec<f32>, Vec<f32>) {
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
