//! The forward pass works tile by tile and keeps the two activations for the backward pass.

use super::{BlockForward, BlockWeights, Norm, with_activation};
use crate::activation::Activation;
use crate::kernel::activation::Activate;
use crate::kernel::dense::{Activated, CHUNK, Panels, TILE, flush, pad, product};
use crate::kernel::norm::{Moments, scale_and_shift};
use crate::kernel::simd::{InstructionSet, Kernel, Simd, dispatch};
use std::marker::PhantomData;

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
            product(s, tile, &w1, &b1, Activated::<A>::new(), hidden);
            product(s, hidden.as_flattened(), &w2, &b2, Activated::<A>::new(), top);
            moments.add(s, top);
            means.add(s, top);
            if save {
                if w.saves_hidden() {
                    out.a1.extend_from_slice(hidden.as_flattened());
                }
                out.a2.extend_from_slice(top.as_flattened());
            } else if pool == 0 {
                out.y.extend_from_slice(top.as_flattened());
            }
        }
        moments.flush();
        let (scale, shift) = scale_and_shift(norm, w, &moments, n_rows, out);
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
                scale_rows(s, tile, &scale, &shift, top);
                out.y.extend_from_slice(top.as_flattened());
            }
        } else {
            for tile in out.y[start..].as_chunks_mut::<16>().0.chunks_mut(TILE * n_panels) {
                let top = &mut top[..tile.len()];
                scale_rows(s, tile, &scale, &shift, top);
                tile.copy_from_slice(top);
            }
        }
    }
}

/// `out = rows · scale + shift`, panel by panel.
#[inline(always)]
fn scale_rows<S: Simd>(
    s: S,
    rows: &[[f32; 16]],
    scale: &[[f32; 16]],
    shift: &[[f32; 16]],
    out: &mut [[f32; 16]],
) {
    let n_panels = scale.len();
    for panel in 0..n_panels {
        let (scale, shift) = (s.load(&scale[panel]), s.load(&shift[panel]));
        for (row, out) in rows.chunks_exact(n_panels).zip(out.chunks_exact_mut(n_panels)) {
            s.store(s.mul_add(s.load(&row[panel]), scale, shift), &mut out[panel]);
        }
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
