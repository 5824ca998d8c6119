//! Kernel of the readout's last step: linear layer → log-softmax → negative log-likelihood, forward and
//! backward in one pass, for one replica and at most sixteen classes: its mean over the labelled frames, or
//! its sum with what each class of each frame counts.

use super::lines::Lines;
use super::outer::{CHUNK, add_outer, flush};
use super::product::{Panels, Plain, TILE, product};
use super::simd::{InstructionSet, Kernel, Simd, dispatch};
use std::ops::Range;

/// Input and weights of one replica.
#[derive(Clone, Copy)]
pub(crate) struct NllInput<'a> {
    /// `[frame, width]`, the present frames.
    pub(crate) hidden: &'a [f32],
    /// `[width, n_classes]`.
    pub(crate) w: &'a [f32],
    /// `[n_classes]`.
    pub(crate) b: &'a [f32],
    pub(crate) width: usize,
}

/// What the frames are to be, and what each counts.
#[derive(Clone, Copy)]
pub(crate) enum Wanted<'a> {
    /// The class of each present frame; a negative one is unknown and ignored.
    Classes(&'a [i32]),
    /// `[frame, class]`: what the negative logarithms of the probabilities are multiplied by.
    Shares(&'a [f32]),
}

/// Gradients of the loss, appended replica by replica.
#[derive(Default)]
pub(crate) struct NllGradients {
    pub(crate) dhidden: Vec<f32>,
    pub(crate) dw: Vec<f32>,
    pub(crate) db: Vec<f32>,
}

/// The loss of one replica (0 without a labelled frame); appends its gradients when asked.
pub(crate) fn loss(
    set: InstructionSet,
    input: &NllInput,
    wanted: Wanted,
    gradients: Option<&mut NllGradients>,
) -> f32 {
    match wanted {
        Wanted::Classes(labels) => {
            let n_labelled = labels.iter().filter(|&&label| label >= 0).count().max(1);
            let wanted = Classes { labels, n_labelled };
            dispatch(set, Loss { input, wanted, gradients })
        }
        Wanted::Shares(shares) => {
            let wanted = Shares { shares, n_classes: input.b.len() };
            dispatch(set, Loss { input, wanted, gradients })
        }
    }
}

/// What makes a loss and its gradients of logits.
trait OfLogits {
    /// What the tile's frames add to the loss, before [`Self::total`]; their logits become their gradients.
    /// `is_class` is one where there is a class, zero elsewhere.
    fn tile<S: Simd>(
        &self,
        s: S,
        is_class: S::V,
        frames: Range<usize>,
        logits: &mut [[f32; 16]],
    ) -> f64;

    fn total(&self, sum: f64) -> f64;
}

/// `e^(z - largest z)` of the classes of a row of logits, the largest, and the sum.
#[inline(always)]
fn exponentials<S: Simd>(s: S, is_class: S::V, row: &[f32; 16]) -> (S::V, f32, f32) {
    let z = s.where_positive(is_class, s.load(row), s.splat(f32::NEG_INFINITY));
    let top = s.max_lanes(z);
    let e = s.mul(s.exp(s.sub(z, s.splat(top))), is_class);
    (e, top, s.sum_lanes(e))
}

struct Classes<'a> {
    labels: &'a [i32],
    n_labelled: usize,
}

impl OfLogits for Classes<'_> {
    #[inline(always)]
    fn tile<S: Simd>(
        &self,
        s: S,
        is_class: S::V,
        frames: Range<usize>,
        logits: &mut [[f32; 16]],
    ) -> f64 {
        let labels = &self.labels[frames];
        let share = 1. / self.n_labelled as f32;
        let mut total = 0f64;
        // In passes of their own, so that no row waits for the division of the one before it:
        // exponentials and their sums, shares of the sums, gradients.
        let mut sums = [1f32; TILE];
        let sums = &mut sums[..labels.len()];
        for ((row, sum), &label) in logits.iter_mut().zip(sums.iter_mut()).zip(labels) {
            let Ok(label) = usize::try_from(label) else {
                *row = [0.; 16];
                continue;
            };
            let (e, top, of_row) = exponentials(s, is_class, row);
            total += f64::from(top) - f64::from(row[label]);
            *sum = of_row;
            s.store(e, row);
        }
        // The logarithm of a product of the tile's sums: each is from 1 to 16, so that of 64
        // of them stays below 1e78.
        total += sums.iter().map(|&sum| f64::from(sum)).product::<f64>().ln();
        sums.iter_mut().for_each(|sum| *sum = share / *sum);
        for ((row, &of_sum), &label) in logits.iter_mut().zip(sums.iter()).zip(labels) {
            if let Ok(label) = usize::try_from(label) {
                s.store(s.mul(s.load(row), s.splat(of_sum)), row);
                row[label] -= share;
            }
        }
        total
    }

    fn total(&self, sum: f64) -> f64 {
        sum / self.n_labelled as f64
    }
}

struct Shares<'a> {
    shares: &'a [f32],
    n_classes: usize,
}

impl OfLogits for Shares<'_> {
    #[inline(always)]
    fn tile<S: Simd>(
        &self,
        s: S,
        is_class: S::V,
        frames: Range<usize>,
        logits: &mut [[f32; 16]],
    ) -> f64 {
        let n = self.n_classes;
        let shares = self.shares[frames.start * n..frames.end * n].chunks_exact(n);
        let mut total = 0f64;
        for (row, of_row) in logits.iter_mut().zip(shares) {
            let mut shares = [0f32; 16];
            shares[..n].copy_from_slice(of_row);
            let shares = s.load(&shares);
            let weight = s.sum_lanes(shares);
            let of_wanted = s.sum_lanes(s.mul(shares, s.load(row)));
            let (e, top, sum) = exponentials(s, is_class, row);
            total += f64::from(weight) * f64::from(top + sum.ln()) - f64::from(of_wanted);
            s.store(s.sub(s.mul(e, s.splat(weight / sum)), shares), row);
        }
        total
    }

    fn total(&self, sum: f64) -> f64 {
        sum
    }
}

struct Loss<'a, W> {
    input: &'a NllInput<'a>,
    wanted: W,
    gradients: Option<&'a mut NllGradients>,
}

impl<W: OfLogits> Kernel for Loss<'_, W> {
    type Output = f32;

    #[inline(always)]
    fn run<S: Simd, const ROWS: usize>(self, s: S) -> f32 {
        let NllInput { hidden, w, b, width } = *self.input;
        let n_classes = b.len();
        let w_panels = Panels::pack(w, width, n_classes);
        // Sixteen rows, those beyond the last class zero: the gradients of all lanes go in.
        let mut padded = vec![0f32; 16 * width];
        for (row, unit) in w.chunks_exact(n_classes).zip(0..) {
            for (class, &weight) in row.iter().enumerate() {
                padded[class * width + unit] = weight;
            }
        }
        let wt = Panels::pack(&padded, 16, width);
        let bias = Lines::pad(b);
        // Lanes beyond the last class must not count.
        let mut is_class = [0f32; 16];
        is_class[..n_classes].fill(1.);
        let is_class = s.load(&is_class);
        let mut gradients = self.gradients;
        let mut logits = Lines::zeros(TILE);
        let zero = Lines::zeros(width / 16);
        let mut dhidden = Lines::zeros(TILE * width / 16);
        let mut dw = (Lines::zeros(width), vec![0f64; width * 16]);
        let mut db = (Lines::zeros(1), vec![0f64; 16]);
        let mut total = 0f64;
        for (tile, hidden) in hidden.chunks(TILE * width).enumerate() {
            let n = hidden.len() / width;
            let logits = &mut logits[..n];
            product(s, hidden, &w_panels, &bias, Plain, logits);
            total += self.wanted.tile(s, is_class, tile * TILE..tile * TILE + n, logits);
            if let Some(gradients) = &mut gradients {
                add_outer(s, hidden, width, logits, &mut dw.0, Some(&mut db.0));
                let dhidden = &mut dhidden[..n * width / 16];
                product(s, logits.as_flattened(), &wt, &zero, Plain, dhidden);
                gradients.dhidden.extend_from_slice(dhidden.as_flattened());
                if ((tile + 1) * TILE).is_multiple_of(CHUNK) {
                    flush(&mut dw.0, &mut dw.1);
                    flush(&mut db.0, &mut db.1);
                }
            }
        }
        if let Some(gradients) = gradients {
            flush(&mut dw.0, &mut dw.1);
            flush(&mut db.0, &mut db.1);
            for row in dw.1.chunks_exact(16) {
                gradients.dw.extend(row[..n_classes].iter().map(|&sum| sum as f32));
            }
            gradients.db.extend(db.1[..n_classes].iter().map(|&sum| sum as f32));
        }
        self.wanted.total(total) as f32
    }
}
