//! Kernel of a residual temporal convolution, for one replica:
//! `y[t] = x[t] + b2 + dropout(relu(b1 + Σ_tap x[t + offset(tap)] · w1[tap])) · w2`. A frame outside its
//! run counts as zero: taps look at a copy of the run with zeros around it ([`Around`]), so that what a tap of
//! consecutive frames looks at are consecutive rows. The way back to `x` is the same convolution with the
//! taps the other way round. A tile of frames is worked through while its activations are in the first-level
//! cache; rows are whole panels.

use super::activation::Relu;
use super::lines::Lines;
use super::outer::{GRADIENT_CHUNK, Sums, add_outer};
use super::product::{Activated, Block, Finish, Panels, Sloped, TILE, product, product_of_taps};
use super::simd::{InstructionSet, Kernel, Simd, dispatch};
use std::ops::Range;

/// Taps of the convolution.
pub(crate) const TAPS: usize = 3;

/// Frames of one replica, `[frame, width]`, which come in runs.
#[derive(Clone, Copy)]
pub(crate) struct Convolved<'a> {
    pub(crate) x: &'a [f32],
    /// Lengths of the runs of consecutive frames; they add up to the frames.
    pub(crate) runs: &'a [usize],
    /// From a frame to those that its taps look at.
    pub(crate) offsets: [isize; TAPS],
    pub(crate) width: usize,
    /// Share of hidden units that are dropped, and the seed of which.
    pub(crate) dropout: Option<(f32, u32)>,
}

/// Parameters of one replica: `[tap · width, width]`, `[width]`, `[width, width]`, `[width]`.
#[derive(Clone, Copy)]
pub(crate) struct Weights<'a> {
    pub(crate) w1: &'a [f32],
    pub(crate) b1: &'a [f32],
    pub(crate) w2: &'a [f32],
    pub(crate) b2: &'a [f32],
}

/// Gradients of one replica, each appended to what is there.
pub(crate) struct Gradients<'a> {
    pub(crate) x: &'a mut Vec<f32>,
    pub(crate) w1: &'a mut Vec<f32>,
    pub(crate) b1: &'a mut Vec<f32>,
    pub(crate) w2: &'a mut Vec<f32>,
    pub(crate) b2: &'a mut Vec<f32>,
}

/// Appends `y [frame, width]`, and the hidden units after dropout, which the backward pass needs.
pub(crate) fn forward(
    set: InstructionSet,
    of: Convolved,
    weights: Weights,
    hidden: &mut Vec<f32>,
    y: &mut Vec<f32>,
) {
    dispatch(set, Forward { of, weights, hidden, y })
}

/// Appends the gradients for `gradient` of `y`; `hidden` is the forward pass's.
pub(crate) fn backward(
    set: InstructionSet,
    of: Convolved,
    weights: Weights,
    hidden: &[f32],
    gradient: &[f32],
    gradients: Gradients,
) {
    dispatch(set, Backward { of, weights, hidden, gradient, gradients })
}

/// Whether a hidden unit, counted over all frames of the replica, is kept: a hash of seed and place, so
/// that no order of work changes it.
#[inline(always)]
pub(crate) fn is_kept(share_dropped: f32, seed: u32, unit: u32) -> bool {
    let mut hash = unit.wrapping_mul(0x9E37_79B1) ^ seed;
    hash = (hash ^ (hash >> 16)).wrapping_mul(0x85EB_CA6B);
    hash = (hash ^ (hash >> 13)).wrapping_mul(0xC2B2_AE35);
    hash ^= hash >> 16;
    // Twenty-four bits are exact in float32.
    (hash >> 8) as f32 >= share_dropped * 16_777_216.
}

struct Forward<'a> {
    of: Convolved<'a>,
    weights: Weights<'a>,
    hidden: &'a mut Vec<f32>,
    y: &'a mut Vec<f32>,
}

impl Kernel for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd, const ROWS: usize>(self, s: S) {
        let Self { of, weights, hidden, y } = self;
        let width = of.width;
        let n_panels = width / 16;
        let w1 = Panels::pack(weights.w1, TAPS * width, width);
        let w2 = Panels::pack(weights.w2, width, width);
        let (b1, b2) = (Lines::pad(weights.b1), Lines::pad(weights.b2));
        let x: &[[f32; 16]] = of.x.as_chunks().0;
        let [hidden, y] = [hidden, y].map(|to| room(to, of.x.len()));
        let mut around = Around::new(&of, of.offsets);
        of.runs(|run| {
            around.set(&x[run.start * n_panels..run.end * n_panels]);
            for tile in tiles(run.clone()) {
                let rows = tile.start * n_panels..tile.end * n_panels;
                let hidden = &mut hidden[rows.clone()];
                let taps = around.taps(tile.start - run.start, tile.len());
                let relu = Activated::<Relu>::new();
                product_of_taps::<S, _, TAPS>(s, taps, of.apart(), &w1, &b1, relu, hidden);
                of.drop_out(tile.start * width, hidden.as_flattened_mut());
                let residual = Added(&x[rows.clone()]);
                product(s, hidden.as_flattened(), &w2, &b2, residual, &mut y[rows]);
            }
        });
    }
}

struct Backward<'a> {
    of: Convolved<'a>,
    weights: Weights<'a>,
    hidden: &'a [f32],
    gradient: &'a [f32],
    gradients: Gradients<'a>,
}

impl Kernel for Backward<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd, const ROWS: usize>(self, s: S) {
        let Self { of, weights, hidden, gradient, gradients } = self;
        let width = of.width;
        let n_panels = width / 16;
        // What is left of a unit after dropout is larger by this, and so is its gradient.
        let scale = of.dropout.map_or(1., |(share, _)| 1. / (1. - share));
        let scaled: Vec<f32> = weights.w2.iter().map(|w| w * scale).collect();
        let back2 = Panels::pack_transposed(&scaled, width, width);
        let back1 = Panels::pack(&of.back(weights.w1), TAPS * width, width);
        let no_bias = Lines::zeros(n_panels);
        let mut sums = Summed::new(width);
        let [x, hidden, gradient] = [of.x, hidden, gradient].map(|rows| rows.as_chunks().0);
        let dx = room(gradients.x, of.x.len());
        let mut around = Around::new(&of, of.offsets);
        let mut back = Around::new(&of, of.offsets_back());
        of.runs(|run| {
            around.set(&x[run.start * n_panels..run.end * n_panels]);
            back.make_room(run.len());
            for tile in tiles(run.clone()) {
                let rows = tile.start * n_panels..tile.end * n_panels;
                let (hidden, gradient) = (&hidden[rows.clone()], &gradient[rows]);
                let at = tile.start - run.start;
                let dhidden = back.rows(at, tile.len());
                let sloped = Sloped::<Relu>::new(hidden);
                product(s, gradient.as_flattened(), &back2, &no_bias, sloped, dhidden);
                sums.begin(tile.len());
                let Summed { w1, b1, w2, b2, .. } = &mut sums;
                let hidden = hidden.as_flattened();
                add_outer(s, hidden, width, gradient, &mut w2.chunk, Some(&mut b2.chunk));
                for (tap, w1) in w1.chunk.chunks_exact_mut(width * n_panels).enumerate() {
                    let x = around.tap(at, tap, tile.len());
                    let b1 = (tap == 0).then_some(&mut *b1.chunk);
                    add_outer(s, x, width, dhidden, w1, b1);
                }
            }
            for tile in tiles(run.clone()) {
                let rows = tile.start * n_panels..tile.end * n_panels;
                let taps = back.taps(tile.start - run.start, tile.len());
                let (direct, dx) = (Added(&gradient[rows.clone()]), &mut dx[rows]);
                product_of_taps::<S, _, TAPS>(s, taps, of.apart(), &back1, &no_bias, direct, dx);
            }
        });
        let Summed { w1, b1, w2, b2, .. } = sums;
        w1.append_to(gradients.w1);
        b1.append_to(gradients.b1);
        w2.append_to(gradients.w2);
        b2.append_to(gradients.b2);
    }
}

/// Sums over frames of the gradients of the parameters.
struct Summed {
    w1: Sums,
    b1: Sums,
    w2: Sums,
    b2: Sums,
    in_chunk: usize,
}

impl Summed {
    fn new(width: usize) -> Self {
        let n_panels = width / 16;
        let new = Sums::new;
        let (w1, w2) = (new(TAPS * width * n_panels), new(width * n_panels));
        Self { w1, b1: new(n_panels), w2, b2: new(n_panels), in_chunk: 0 }
    }

    /// Makes room for so many rows more.
    fn begin(&mut self, n_rows: usize) {
        if self.in_chunk + n_rows > GRADIENT_CHUNK {
            let Self { w1, b1, w2, b2, .. } = self;
            [w1, b1, w2, b2].into_iter().for_each(Sums::flush);
            self.in_chunk = 0;
        }
        self.in_chunk += n_rows;
    }
}

impl Convolved<'_> {
    /// Frames from tap to tap.
    fn apart(&self) -> usize {
        self.offsets[1].abs_diff(self.offsets[0])
    }

    /// From a frame to those whose taps look at it, earliest first.
    fn offsets_back(&self) -> [isize; TAPS] {
        let [first, second, third] = self.offsets;
        [-third, -second, -first]
    }

    /// The weights of the way back, `[tap · width, width]`, with the taps in that order.
    fn back(&self, w1: &[f32]) -> Vec<f32> {
        let width = self.width;
        let mut back = vec![0f32; w1.len()];
        let taps = back.chunks_exact_mut(width * width).rev();
        for (back, w1) in taps.zip(w1.chunks_exact(width * width)) {
            for (unit, w1) in w1.chunks_exact(width).enumerate() {
                for (from, w1) in w1.iter().enumerate() {
                    back[from * width + unit] = *w1;
                }
            }
        }
        back
    }

    /// The frames of every run.
    #[inline(always)]
    fn runs(&self, mut run: impl FnMut(Range<usize>)) {
        let mut begin = 0;
        for &len in self.runs {
            run(begin..begin + len);
            begin += len;
        }
    }

    /// Leaves out hidden units, of which the first is the so manieth of the replica.
    #[inline(always)]
    fn drop_out(&self, first: usize, hidden: &mut [f32]) {
        if let Some((share, seed)) = self.dropout {
            let scale = 1. / (1. - share);
            for (unit, value) in hidden.iter_mut().enumerate() {
                let kept = is_kept(share, seed, (first + unit) as u32);
                *value = if kept { *value * scale } else { 0. };
            }
        }
    }
}

/// Tiles of the frames of a run.
#[inline(always)]
fn tiles(run: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    run.clone().step_by(TILE).map(move |first| first..run.end.min(first + TILE))
}

/// Room for so many numbers behind those of a vector.
fn room(to: &mut Vec<f32>, len: usize) -> &mut [[f32; 16]] {
    let begin = to.len();
    to.resize(begin + len, 0.);
    to[begin..].as_chunks_mut().0
}

/// The frames of a run with as many zeros before and behind them as taps look beyond it.
struct Around {
    frames: Lines,
    n_panels: usize,
    /// Frames of zeros before the run.
    before: usize,
    /// And behind it.
    behind: usize,
    /// Frames from tap to tap.
    apart: usize,
}

impl Around {
    /// For every run, and taps at these distances from a frame.
    fn new(of: &Convolved, offsets: [isize; TAPS]) -> Self {
        let [before, behind] = [-offsets[0], offsets[TAPS - 1]].map(isize::unsigned_abs);
        let longest = of.runs.iter().copied().max().unwrap_or(0);
        let n_panels = of.width / 16;
        let frames = Lines::zeros((before + longest + behind) * n_panels);
        Self { frames, n_panels, before, behind, apart: of.apart() }
    }

    /// Makes place for a run of so many frames, which are to be written.
    fn make_room(&mut self, len: usize) {
        let end = (self.before + len) * self.n_panels;
        self.frames[end..][..self.behind * self.n_panels].fill([0.; 16]);
    }

    /// Takes the frames of a run.
    fn set(&mut self, run: &[[f32; 16]]) {
        self.make_room(run.len() / self.n_panels);
        self.frames[self.before * self.n_panels..][..run.len()].copy_from_slice(run);
    }

    /// Frames of the run, from one on.
    #[inline(always)]
    fn rows(&mut self, first: usize, n: usize) -> &mut [[f32; 16]] {
        &mut self.frames[(self.before + first) * self.n_panels..][..n * self.n_panels]
    }

    /// What one tap of so many frames of the run looks at.
    #[inline(always)]
    fn tap(&self, first: usize, tap: usize, n: usize) -> &[f32] {
        let rows = (first + tap * self.apart) * self.n_panels;
        self.frames[rows..][..n * self.n_panels].as_flattened()
    }

    /// What all taps look at, from the first frame of the earliest to the last of the latest.
    #[inline(always)]
    fn taps(&self, first: usize, n: usize) -> &[f32] {
        self.tap(first, 0, n + (TAPS - 1) * self.apart)
    }
}

/// Adds these rows.
#[derive(Clone, Copy)]
struct Added<'a>(&'a [[f32; 16]]);

impl Finish for Added<'_> {
    #[inline(always)]
    fn rows<S: Simd, const N: usize>(
        &mut self,
        s: S,
        at: Block,
        mut sums: [S::V; N],
        out: &mut [[f32; 16]],
    ) {
        let added = at.of::<N>(self.0);
        for (row, sum) in sums.iter_mut().enumerate() {
            *sum = s.add(*sum, s.load(&added[row * at.n_panels + at.panel]));
        }
        at.put(s, sums, out);
    }
}
