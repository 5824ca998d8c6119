//! The forward pass works tile by tile: a tile's activations stay in the first-level cache, and
//! only what the call keeps goes to memory.

use super::first::FirstLayer;
use super::parts::{BlockForward, BlockWeights, Input, Keep, Norm};
use super::with_types;
use crate::activation::Activation;
use crate::kernel::activation::Activate;
use crate::kernel::lines::Lines;
use crate::kernel::norm::{Moments, scale_and_shift};
use crate::kernel::outer::{CHUNK, flush};
use crate::kernel::product::{Activated, Block, Finish, Panels, product};
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
        let b2 = Lines::pad(w.b2);
        let mut hidden = Lines::zeros(first.tile_end(0) * n_panels);
        let mut top = hidden.clone();
        let mut means = FrameMeans::new(pool, first.tile_end(0), n_panels);
        // The second activation of every row goes where it is wanted, unless nobody wants it.
        let rows_out = match (keep, pool) {
            (Keep::Nothing, 0) => Some(&mut out.y),
            (Keep::Nothing, _) => None,
            _ => Some(&mut out.a2),
        };
        let start = rows_out.as_ref().map_or(0, |rows| rows.len());
        // Rows of one panel are complete in the registers; wider ones are put together in a tile.
        let (mut rows_out, mut tiles_out) =
            if n_panels == 1 { (rows_out, None) } else { (None, rows_out) };
        let mut moments = None;
        if matches!(norm, Norm::Batch { .. } | Norm::Behind) {
            // The first tile once more, for the pivot.
            first.hidden::<S, A>(s, 0, &mut hidden);
            let finish = Activated::<A>::new();
            product(s, hidden.as_flattened(), &w2, &b2, finish, &mut top);
            moments = Some(Moments::around_mean_of(s, &top, n_panels));
        }
        let mut row = 0;
        while row < n_rows {
            let end = first.tile_end(row);
            let len = (end - row) * n_panels;
            let (hidden, top) = (&mut hidden[..len], &mut top[..len]);
            first.hidden::<S, A>(s, row, hidden);
            let top_of_rows = Top::<A> {
                moments: moments.as_mut(),
                means: means.window(row, len),
                rows: rows_out.as_deref_mut(),
                is_tile_kept: tiles_out.is_some(),
                activation: PhantomData,
            };
            product(s, hidden.as_flattened(), &w2, &b2, top_of_rows, top);
            if let Some(rows) = &mut tiles_out {
                rows.extend_from_slice(top.as_flattened());
            }
            means.end_tile(end - row);
            if let Some(moments) = &mut moments {
                moments.end_tile(end - row);
            }
            if keep == Keep::Both {
                out.a1.extend_from_slice(hidden.as_flattened());
            }
            row = end;
        }
        let pooled =
            n_rows.checked_div(pool).map(|n_frames| means.finish(moments.as_mut(), n_frames));
        let (scale, shift) = scale_and_shift(norm, w, moments, n_rows, &mut out.mean, &mut out.var);
        if let Some(pooled) = pooled {
            let mut y = pooled.clone();
            scale_rows(s, &pooled, &scale, &shift, &mut y);
            out.y.extend_from_slice(y.as_flattened());
            out.pooled.extend_from_slice(pooled.as_flattened());
        } else if matches!(norm, Norm::None | Norm::Behind) {
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

/// The second activation, and what is summed of it before it leaves the registers.
struct Top<'a, A> {
    moments: Option<&'a mut Moments>,
    /// Sums over frames that the tile's rows belong to; none without a mean over frames.
    means: &'a mut [[f32; 16]],
    /// Where the rows themselves go, when they are wanted and of one panel.
    rows: Option<&'a mut Vec<f32>>,
    /// Whether they are wanted in the tile.
    is_tile_kept: bool,
    activation: PhantomData<A>,
}

impl<A: Activate> Finish for Top<'_, A> {
    #[inline(always)]
    fn rows<S: Simd, const N: usize>(
        &mut self,
        s: S,
        at: Block,
        mut top: [S::V; N],
        out: &mut [[f32; 16]],
    ) {
        for top in &mut top {
            *top = A::apply(s, *top);
        }
        if let Some(rows) = &mut self.rows {
            s.push(top, rows);
        } else if self.is_tile_kept {
            at.put(s, top, out);
        }
        if let Some(moments) = &mut self.moments {
            moments.add(s, at.panel, &mut top, self.means.is_empty());
        }
        if !self.means.is_empty() {
            let means = &mut self.means[at.first * at.n_panels..][..N * at.n_panels];
            for (row, &a) in top.iter().enumerate() {
                let mean = &mut means[row * at.n_panels + at.panel];
                s.store(s.add(s.load(mean), a), mean);
            }
        }
    }
}

/// Sums over frames for each of `pool` rows of a frame; rows arrive in tiles of any length up to
/// the longest, and without the moments' pivot where there are moments.
struct FrameMeans {
    pool: usize,
    n_panels: usize,
    rows_in_chunk: usize,
    /// The rows of a frame, repeated over the longest tile from any of them on.
    chunk: Lines,
    total: Vec<f64>,
}

impl FrameMeans {
    fn new(pool: usize, tile_rows: usize, n_panels: usize) -> Self {
        let rows = if pool > 0 { pool + tile_rows } else { 0 };
        let total = vec![0f64; pool * n_panels * 16];
        Self { pool, n_panels, rows_in_chunk: 0, chunk: Lines::zeros(rows * n_panels), total }
    }

    /// The sums that the `len` panels of a tile go to; `row` is its first of all rows.
    fn window(&mut self, row: usize, len: usize) -> &mut [[f32; 16]] {
        match row.checked_rem(self.pool) {
            Some(row) => &mut self.chunk[row * self.n_panels..][..len],
            None => &mut [],
        }
    }

    /// A full chunk moves to float64.
    fn end_tile(&mut self, n_rows: usize) {
        self.rows_in_chunk += n_rows;
        if self.rows_in_chunk >= CHUNK * self.pool {
            self.flush();
        }
    }

    fn flush(&mut self) {
        self.rows_in_chunk = 0;
        if self.pool > 0 {
            for frame in self.chunk.chunks_mut(self.pool * self.n_panels) {
                flush(frame, &mut self.total);
            }
        }
    }

    /// Means `[pool, n_panels]`; moments, where there are any, take over the sums.
    fn finish(mut self, moments: Option<&mut Moments>, n_frames: usize) -> Lines {
        self.flush();
        let mut means: Vec<f64> = self.total.iter().map(|total| total / n_frames as f64).collect();
        if let Some(moments) = moments {
            moments.take_sums(&self.total);
            let pivot = moments.pivot();
            for means in means.chunks_exact_mut(pivot.len()) {
                means.iter_mut().zip(pivot).for_each(|(mean, &pivot)| *mean += f64::from(pivot));
            }
        }
        Lines::pad(&means.into_iter().map(|mean| mean as f32).collect::<Vec<f32>>())
    }
}
