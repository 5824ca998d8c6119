//! Kernel of the readout's last step: linear layer → log-softmax → mean negative log-likelihood
//! over the labelled frames, forward and backward in one pass, for one replica and at most
//! sixteen classes.

use super::lines::Lines;
use super::outer::{CHUNK, add_outer, flush};
use super::product::{Panels, Plain, TILE, product};
use super::simd::{InstructionSet, Kernel, Simd, dispatch};

/// Input and weights of one replica.
#[derive(Clone, Copy)]
pub(crate) struct NllInput<'a> {
    /// `[frame, width]`, the present frames.
    pub(crate) hidden: &'a [f32],
    /// Class of each present frame; a negative one is unknown and ignored.
    pub(crate) labels: &'a [i32],
    /// `[width, n_classes]`.
    pub(crate) w: &'a [f32],
    /// `[n_classes]`.
    pub(crate) b: &'a [f32],
    pub(crate) width: usize,
}

/// Gradients of the loss, appended replica by replica.
#[derive(Default)]
pub(crate) struct NllGradients {
    pub(crate) dhidden: Vec<f32>,
    pub(crate) dw: Vec<f32>,
    pub(crate) db: Vec<f32>,
}

/// The mean loss of one replica (0 without a labelled frame); appends its gradients when asked.
pub(crate) fn loss(
    set: InstructionSet,
    input: &NllInput,
    gradients: Option<&mut NllGradients>,
) -> f32 {
    dispatch(set, Loss { input, gradients })
}

struct Loss<'a> {
    input: &'a NllInput<'a>,
    gradients: Option<&'a mut NllGradients>,
}

impl Kernel for Loss<'_> {
    type Output = f32;

    #[inline(always)]
    fn run<S: Simd, const ROWS: usize>(self, s: S) -> f32 {
        let NllInput { hidden, labels, w, b, width } = *self.input;
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
        // Lanes beyond the last class must not count: one where there is a class, zero elsewhere.
        let mut is_class = [0f32; 16];
        is_class[..n_classes].fill(1.);
        let is_class = s.load(&is_class);
        let n_labelled = labels.iter().filter(|&&label| label >= 0).count().max(1);
        let share = 1. / n_labelled as f32;
        let mut gradients = self.gradients;
        let mut logits = Lines::zeros(TILE);
        let mut sums = [0f32; TILE];
        let zero = Lines::zeros(width / 16);
        let mut dhidden = Lines::zeros(TILE * width / 16);
        let mut dw = (Lines::zeros(width), vec![0f64; width * 16]);
        let mut db = (Lines::zeros(1), vec![0f64; 16]);
        let mut total = 0f64;
        for (tile, (hidden, labels)) in
            hidden.chunks(TILE * width).zip(labels.chunks(TILE)).enumerate()
        {
            let logits = &mut logits[..labels.len()];
            product(s, hidden, &w_panels, &bias, Plain, logits);
            // In passes of their own, so that no row waits for the division of the one before it:
            // exponentials and their sums, shares of the sums, gradients.
            let sums = &mut sums[..labels.len()];
            for ((row, sum), &label) in logits.iter_mut().zip(sums.iter_mut()).zip(labels) {
                let Ok(label) = usize::try_from(label) else {
                    (*row, *sum) = ([0.; 16], 1.);
                    continue;
                };
                let z = s.where_positive(is_class, s.load(row), s.splat(f32::NEG_INFINITY));
                let top = s.max_lanes(z);
                total += f64::from(top) - f64::from(row[label]);
                let e = s.mul(s.exp(s.sub(z, s.splat(top))), is_class);
                *sum = s.sum_lanes(e);
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
            if let Some(gradients) = &mut gradients {
                let n = labels.len();
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
        (total / n_labelled as f64) as f32
    }
}
