//! The backward pass takes the slopes of both activations from the activations themselves and
//! sums the gradients of the weights in float32 over a chunk of rows, in float64 over chunks.

use super::{BlockGradients, BlockWeights, with_activation};
use crate::activation::Activation;
use crate::kernel::activation::Activate;
use crate::kernel::dense::{
    Activated, CHUNK, Panels, Plain, Sloped, TILE, add_outer, flush, pad, product,
};
use crate::kernel::norm::{NormBackward, sums_of_pooled};
use crate::kernel::simd::{InstructionSet, Kernel, Simd, dispatch};
use std::marker::PhantomData;

/// What the backward pass of one replica needs.
#[derive(Clone, Copy)]
pub(crate) struct BlockSaved<'a> {
    /// Input, `[rows, n_in]`.
    pub(crate) x: &'a [f32],
    /// Empty unless [`BlockWeights::saves_hidden`].
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
        let (w1, b1) = (Panels::pack(w.w1, n_in, w.width), pad(w.b1));
        let (zero, zero_in) = (vec![[0f32; 16]; n_panels], vec![[0f32; 16]; w1t.n_panels]);
        let mut g2 = vec![[0f32; 16]; TILE.min(n_rows) * n_panels];
        let (mut g1, mut hidden) = (g2.clone(), g2.clone());
        let mut dx = vec![[0f32; 16]; TILE.min(n_rows) * w1t.n_panels];
        let mut sums = [n_in * n_panels, n_panels, w.width * n_panels, n_panels]
            .map(|n| (vec![[0f32; 16]; n], vec![0f64; n * 16]));
        let mut row = 0;
        while row < n_rows {
            let n = TILE.min(n_rows - row);
            let tile = row * n_panels..(row + n) * n_panels;
            let x = &saved.x[row * n_in..(row + n) * n_in];
            let a1 = if w.saves_hidden() {
                &a1[tile.clone()]
            } else {
                product(s, x, &w1, &b1, Activated::<A>::new(), &mut hidden[..n * n_panels]);
                &hidden[..n * n_panels]
            };
            let a2 = &a2[tile.clone()];
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
            let [dw1, db1, dw2, db2] = &mut sums;
            add_outer(s, a1.as_flattened(), w.width, g2, &mut dw2.0, Some(&mut db2.0));
            product(s, g2.as_flattened(), &w2t, &zero, Sloped::<A>::new(a1), g1);
            add_outer(s, x, n_in, g1, &mut dw1.0, Some(&mut db1.0));
            if want_dx {
                let dx = &mut dx[..n * w1t.n_panels];
                product(s, g1.as_flattened(), &w1t, &zero_in, Plain, dx);
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
