//! The forward pass works tile by tile: a tile's activations stay in the first-level cache, and
//! only what the call keeps goes to memory.

use super::first::FirstLayer;
use super::{BlockForward, BlockWeights, Input, Keep, Norm, with_types};
use crate::activation::Activation;
use crate::kernel::activation::Activate;
use crate::kernel::dense::{Activated, CHUNK, Panels, flush, pad, product};
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
    pub(crate) keep: Keep,
}

/// Appends the forward pass of one replica to `out`.
pub(crate) fn forward(
    call: ForwardCall,
    input: Input,
    weights: &BlockWeights,
    out: &mut BlockForward,
) {
    with_types!(call.activation, input, weights, A, first => {
        dispatch(call.set, Forward::<_, A> { call, first, weights, out, activation: PhantomData })
    })
}

struct Forward<'a, L, A> {
    call: ForwardCall<'a>,
    first: L,
    weights: &'a BlockWeights<'a>,
    out: &'a mut BlockForward,
    activation: PhantomData<A>,
}

impl<L: FirstLayer, A: Activate> Kernel for Forward<'_, L, A> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd, const ROWS: usize>(self, s: S) {
        let Self { call, mut first, weights: w, out, .. } = self;
        let ForwardCall { norm, pool, keep, .. } = call;
        let n_panels = w.width / 16;
        let n_rows = first.n_rows();
        let w2 = Panels::pack(w.w2, w.width, w.width);
        let b2 = pad(w.b2);
        let mut hidden = vec![[0f32; 16]; first.tile_end(0) * n_panels];
        let mut top = hidden.clone();
        let mut moments = Moments::new(n_panels, matches!(norm, Norm::Batch { .. }));
        let mut means = FrameMeans::new(pool, n_panels);
        // The second activation of every row goes where it is wanted, unless nobody wants it.
        let rows_out = match (keep, pool) {
            (Keep::Nothing, 0) => Some(&mut out.y),
            (Keep::Nothing, _) => None,
            _ => Some(&mut out.a2),
        };
        let start = rows_out.as_ref().map_or(0, |rows| rows.len());
        let mut nowhere = Vec::new();
        let stores = rows_out.is_some();
        let rows_out = rows_out.unwrap_or(&mut nowhere);
        let mut row = 0;
        while row < n_rows {
            let end = first.tile_end(row);
            let len = (end - row) * n_panels;
            let (hidden, top) = (&mut hidden[..len], &mut top[..len]);
            first.hidden::<S, A>(s, row, hidden);
            product(s, hidden.as_flattened(), &w2, &b2, Activated::<A>::new(), top);
            moments.add(s, top);
            means.add(s, top);
            if keep == Keep::Both {
                out.a1.extend_from_slice(hidden.as_flattened());
            }
            if stores {
                rows_out.extend_from_slice(top.as_flattened());
            }
            row = end;
        }
        moments.flush();
        let (scale, shift) =
            scale_and_shift(norm, w, &moments, n_rows, &mut out.mean, &mut out.var);
        if let Some(n_frames) = n_rows.checked_div(pool) {
            let pooled = means.finish(n_frames);
            let mut y = pooled.clone();
            scale_rows(s, &pooled, &scale, &shift, &mut y);
            out.y.extend_from_slice(y.as_flattened());
            out.pooled.extend_from_slice(pooled.as_flattened());
        } else if matches!(norm, Norm::None) {
            // The second activation is the result; the caller shares it when it was kept.
        } else if keep == Keep::Nothing {
            for tile in out.y[start..].as_chunks_mut::<16>().0.chunks_mut(top.len()) {
                let top = &mut top[..tile.len()];
                scale_rows(s, tile, &scale, &shift, top);
                tile.copy_from_slice(top);
            }
        } else {
            for tile in out.a2[start..].as_chunks::<16>().0.chunks(top.len()) {
                let top = &mut top[..tile.len()];
                scale_rows(s, tile, &scale, &shift, top);
                out.y.extend_from_slice(top.as_flattened());
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
    /// Panels of a frame.
    frame_len: usize,
    next: usize,
    panels_in_chunk: usize,
    chunk: Vec<[f32; 16]>,
    total: Vec<f64>,
}

impl FrameMeans {
    fn new(pool: usize, n_panels: usize) -> Self {
        let frame_len = pool * n_panels;
        let chunk = vec![[0f32; 16]; frame_len];
        let total = vec![0f64; frame_len * 16];
        Self { frame_len, next: 0, panels_in_chunk: 0, chunk, total }
    }

    #[inline(always)]
    fn add<S: Simd>(&mut self, s: S, tile: &[[f32; 16]]) {
        if self.frame_len == 0 {
            return;
        }
        let mut rest = tile;
        while !rest.is_empty() {
            let sums = &mut self.chunk[self.next..];
            let (now, later) = rest.split_at(sums.len().min(rest.len()));
            for (sum, a) in sums.iter_mut().zip(now) {
                s.store(s.add(s.load(sum), s.load(a)), sum);
            }
            self.next = (self.next + now.len()) % self.frame_len;
            rest = later;
        }
        self.panels_in_chunk += tile.len();
        if self.panels_in_chunk >= CHUNK * self.frame_len {
            flush(&mut self.chunk, &mut self.total);
            self.panels_in_chunk = 0;
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
