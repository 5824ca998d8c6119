//! Kernel of a residual temporal convolution, for one replica:
//! `y[t] = x[t] + b2 + dropout(relu(b1 + Σ_tap x[t + offset(tap)] · w1[tap])) · w2`. A frame outside its
//! run counts as zero. A tile of frames is worked through while its activations are in the first-level
//! cache; rows are whole panels.

use super::activation::Relu;
use super::lines::Lines;
use super::outer::{GRADIENT_CHUNK, Sums, add_outer};
use super::product::{Activated, Block, Finish, Panels, Plain, Sloped, TILE, product};
use super::simd::{InstructionSet, Kernel, Simd, dispatch};

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
        let Convolved { x, width, .. } = of;
        let (w1, w2) = of.packed(weights);
        let (b1, b2) = (Lines::pad(weights.b1), Lines::pad(weights.b2));
        let n_panels = width / 16;
        let mut taps = vec![0f32; TILE * TAPS * width];
        let mut tile = Lines::zeros(TILE * n_panels);
        let mut out = Lines::zeros(TILE * n_panels);
        of.tiles(|run, first, n_rows| {
            of.gather(run, first, n_rows, &mut taps);
            let tile = &mut tile[..n_rows * n_panels];
            let out = &mut out[..n_rows * n_panels];
            let relu = Activated::<Relu>::new();
            product(s, &taps[..n_rows * TAPS * width], &w1, &b1, relu, tile);
            let at = first * width;
            if let Some((share, seed)) = of.dropout {
                let scale = 1. / (1. - share);
                for (unit, value) in tile.as_flattened_mut().iter_mut().enumerate() {
                    let kept = is_kept(share, seed, (at + unit) as u32);
                    *value = if kept { *value * scale } else { 0. };
                }
            }
            let residual = Added(x[at..at + n_rows * width].as_chunks().0);
            product(s, tile.as_flattened(), &w2, &b2, residual, out);
            hidden.extend_from_slice(tile.as_flattened());
            y.extend_from_slice(out.as_flattened());
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
        let back1 = Panels::pack_transposed(weights.w1, width, TAPS * width);
        let no_bias = Lines::zeros(TAPS * n_panels);
        let mut sums = Summed::new(width);
        let mut taps = vec![0f32; TILE * TAPS * width];
        let mut dhidden = Lines::zeros(TILE * n_panels);
        let mut dtaps = Lines::zeros(TILE * TAPS * n_panels);
        let begin = gradients.x.len();
        gradients.x.extend_from_slice(gradient);
        let dx = &mut gradients.x[begin..];
        of.tiles(|run, first, n_rows| {
            let rows = first * width..(first + n_rows) * width;
            let (hidden, gradient) = (&hidden[rows.clone()], &gradient[rows]);
            let [hidden_lines, gradient_lines] = [hidden, gradient].map(|rows| rows.as_chunks().0);
            let dhidden = &mut dhidden[..n_rows * n_panels];
            let dtaps = &mut dtaps[..n_rows * TAPS * n_panels];
            let sloped = Sloped::<Relu>::new(hidden_lines);
            product(s, gradient, &back2, &no_bias[..n_panels], sloped, dhidden);
            of.gather(run, first, n_rows, &mut taps);
            let taps = &taps[..n_rows * TAPS * width];
            sums.begin(n_rows);
            let Summed { w1, b1, w2, b2, .. } = &mut sums;
            add_outer(s, hidden, width, gradient_lines, &mut w2.chunk, Some(&mut b2.chunk));
            add_outer(s, taps, TAPS * width, dhidden, &mut w1.chunk, Some(&mut b1.chunk));
            product(s, dhidden.as_flattened(), &back1, &no_bias, Plain, dtaps);
            of.scatter(run, first, n_rows, dtaps.as_flattened(), dx);
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
    fn packed(&self, weights: Weights) -> (Panels, Panels) {
        let width = self.width;
        (Panels::pack(weights.w1, TAPS * width, width), Panels::pack(weights.w2, width, width))
    }

    /// Every tile: the first frame of its run and the one behind it, its own first frame, its frames.
    #[inline(always)]
    fn tiles(&self, mut tile: impl FnMut([usize; 2], usize, usize)) {
        let mut begin = 0;
        for &len in self.runs {
            let end = begin + len;
            for first in (begin..end).step_by(TILE) {
                tile([begin, end], first, TILE.min(end - first));
            }
            begin = end;
        }
    }

    /// The frames that the taps of a tile's frames look at, `[frame, tap · width]`.
    #[inline(always)]
    fn gather(&self, run: [usize; 2], first: usize, n_rows: usize, taps: &mut [f32]) {
        let width = self.width;
        for (row, to) in taps.chunks_exact_mut(TAPS * width).take(n_rows).enumerate() {
            for (to, offset) in to.chunks_exact_mut(width).zip(self.offsets) {
                match within(run, first + row, offset) {
                    Some(at) => to.copy_from_slice(&self.x[at * width..(at + 1) * width]),
                    None => to.fill(0.),
                }
            }
        }
    }

    /// The way back: adds the gradient of each tap to that of the frame that it looks at.
    #[inline(always)]
    fn scatter(&self, run: [usize; 2], first: usize, n_rows: usize, taps: &[f32], dx: &mut [f32]) {
        let width = self.width;
        for (row, from) in taps.chunks_exact(TAPS * width).take(n_rows).enumerate() {
            for (from, offset) in from.chunks_exact(width).zip(self.offsets) {
                if let Some(at) = within(run, first + row, offset) {
                    let to = &mut dx[at * width..(at + 1) * width];
                    to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
                }
            }
        }
    }
}

/// The frame so far from another, where it is of the same run.
#[inline(always)]
fn within([begin, end]: [usize; 2], frame: usize, offset: isize) -> Option<usize> {
    frame.checked_add_signed(offset).filter(|at| (begin..end).contains(at))
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
