//! Metrics of the probabilities that a decoder gives: negative log-likelihood and expected
//! calibration error. Log-probabilities are natural, row-major `[frame, class]`.

/// Bins of the calibration error, of equal width in the top probability.
const N_BINS: usize = 15;

/// The logarithm of the smallest normal single-precision number: a state that was given less, or
/// none, counts as this, so that one frame cannot make the mean infinite.
const LOWEST: f32 = -87.336_55;

/// Mean negative log-probability of the labelled state; `None` without a labelled frame, or when a
/// probability is no number, as those of a diverged network.
pub fn nll(log_probabilities: &[f32], labels: &[Option<u8>], n_classes: usize) -> Option<f64> {
    let (mut sum, mut n_labelled) = (0., 0usize);
    for (row, label) in log_probabilities.chunks_exact(n_classes).zip(labels) {
        if let Some(label) = *label {
            let logarithm = row[usize::from(label)];
            // Not `max`, which would lose NaN.
            sum -= f64::from(if logarithm < LOWEST { LOWEST } else { logarithm });
            n_labelled += 1;
        }
    }
    (n_labelled > 0).then(|| sum / n_labelled as f64).filter(|nll| nll.is_finite())
}

/// Expected calibration error (Guo et al. 2017, eq. 3): labelled frames are binned by the
/// probability of the predicted state, bin m of 15 holding (m/15, (m+1)/15]; the result is the mean
/// over frames of |share right − mean probability| of their bin, in [0, 1]. `None` as for [`nll`].
///
/// Neighbouring frames are alike, so a short recording gives few independent frames per bin and an
/// error above 0 even for a calibrated decoder.
pub fn calibration_error(
    log_probabilities: &[f32],
    labels: &[Option<u8>],
    classes: &[u8],
    n_classes: usize,
) -> Option<f64> {
    // Per bin, Σ (right − probability): its absolute value is frames × |share right − mean|.
    let mut excess = [0f64; N_BINS];
    let mut n_labelled = 0usize;
    let rows = log_probabilities.chunks_exact(n_classes);
    for ((row, label), &predicted) in rows.zip(labels).zip(classes) {
        let Some(label) = *label else { continue };
        let probability = f64::from(row[usize::from(predicted)]).exp();
        let bin = (probability * N_BINS as f64).ceil().max(1.) as usize - 1;
        let right = f64::from(u8::from(label == predicted));
        excess[bin.min(N_BINS - 1)] += right - probability;
        n_labelled += 1;
    }
    let sum: f64 = excess.iter().map(|excess| excess.abs()).sum();
    (n_labelled > 0).then(|| sum / n_labelled as f64).filter(|error| error.is_finite())
}

/// The most probable class of each frame; the first of several.
pub fn most_probable(log_probabilities: &[f32], n_classes: usize) -> Vec<u8> {
    let of_frame = |row: &[f32]| {
        let mut best = 0;
        for class in 1..n_classes {
            if row[class] > row[best] {
                best = class;
            }
        }
        best as u8
    };
    log_probabilities.chunks_exact(n_classes).map(of_frame).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_go_to_the_first_class() {
        assert_eq!(most_probable(&[0., 1., 1., 2., 2., 0.], 3), [1, 0]);
    }

    #[test]
    fn a_decoder_that_is_as_often_right_as_it_says_is_calibrated() {
        let row = [0.75f32.ln(), 0.25f32.ln()];
        let labels = [Some(0), Some(0), Some(0), Some(1), None];
        let error = |labels: &[Option<u8>]| {
            let n = labels.len();
            calibration_error(&row.repeat(n), labels, &vec![0; n], 2)
        };
        assert!(error(&labels).unwrap() < 1e-7);
        assert!((error(&labels[3..]).unwrap() - 0.75).abs() < 1e-7);
        assert_eq!(error(&labels[4..]), None);
    }

    #[test]
    fn probabilities_of_0_cost_much_and_what_is_no_number_has_no_metric() {
        let labels = [Some(0), Some(1)];
        let zero = nll(&[0., f32::NEG_INFINITY, 0., f32::NEG_INFINITY], &labels, 2);
        assert!((zero.unwrap() - 87.33655 / 2.).abs() < 1e-4);
        let diverged = [f32::NAN; 4];
        assert_eq!(nll(&diverged, &labels, 2), None);
        assert_eq!(calibration_error(&diverged, &labels, &[0, 0], 2), None);
    }

    #[test]
    fn certainty_belongs_to_the_last_bin() {
        // 1 is the upper edge of the last bin, and rounding may lead beyond it.
        let certain = calibration_error(&[0., f32::MIN, 1e-7, f32::MIN], &[Some(0); 2], &[0, 0], 2);
        assert!(certain.unwrap() < 1e-6);
    }
}
