//! Linear discriminant analysis: each class is a Gaussian around its own mean, all with one shrunk
//! covariance, and a frame goes to the class of highest posterior probability (Hastie, Tibshirani &
//! Friedman, *The Elements of Statistical Learning*, 4.3).
//!
//! It is scikit-learn's `LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto")`: the pooled
//! covariance is the mean of the classes' own covariances, weighted by their frames. Each of those is
//! shrunk towards a multiple of the identity, on inputs scaled to unit variance within the class, by
//! the amount of Ledoit & Wolf (*J. Multivariate Analysis* 88:365, 2004), so that it can be inverted
//! however few frames or however alike neurons there are. Priors are the training frequencies.
//!
//! A class without a training frame is never predicted, and given the majority decoder's
//! probability, 1 / (frames + classes). Nothing is iterated, nothing is random.

use crate::direct::{DirectDecoder, DirectModel, FitError, LabelledFrames, Restore};
use crate::linear::{CentredFrames, FittedLinear, dot};
use faer::{Mat, Side};

/// Linear discriminant analysis with a shrunk covariance.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Lda;

impl DirectModel for Lda {
    fn fit(&self, frames: &LabelledFrames) -> Result<Box<dyn DirectDecoder>, FitError> {
        let failed = |reason| FitError::Library { decoder: "linear discriminant analysis", reason };
        let centred = CentredFrames::new(frames)?;
        if centred.rows.iter().any(|value| !value.is_finite()) {
            return Err(failed("found an input that is not finite".into()));
        }
        let classes: Vec<_> = (0..centred.classes.len()).map(|k| Class::of(&centred, k)).collect();
        let n_inputs = frames.n_inputs;
        let mut pooled = vec![0.; n_inputs * n_inputs];
        for class in &classes {
            let covariance = class.shrunk_covariance();
            pooled.iter_mut().zip(covariance).for_each(|(sum, c)| *sum += class.prior * c);
        }
        let inverse = pseudo_inverse(&pooled, n_inputs).map_err(failed)?;
        let mut weights = Vec::with_capacity(classes.len() * centred.width());
        for class in &classes {
            let along = inverse.chunks_exact(n_inputs).map(|row| dot(row, &class.mean));
            weights.extend(along);
            let last = &weights[weights.len() - n_inputs..];
            weights.push(class.prior.ln() - dot(last, &class.mean) / 2.);
        }
        Ok(Box::new(centred.decoder(weights, frames.n_classes)))
    }

    fn restore(&self) -> Option<Restore> {
        Some(FittedLinear::restored)
    }
}

/// The frames of one class.
struct Class {
    /// Share of the labelled frames.
    prior: f64,
    /// Mean of each input, itself centred.
    mean: Vec<f64>,
    /// Standard deviation of each input; 1 where the input is the same in all frames.
    scales: Vec<f64>,
    /// Row-major `[frame, input]`: distance from the mean in standard deviations.
    standardised: Vec<f64>,
}

impl Class {
    fn of(frames: &CentredFrames, class: usize) -> Self {
        let width = frames.width();
        let all = frames.rows.chunks_exact(width).zip(&frames.targets);
        let rows: Vec<_> = all.filter(|&(_, &k)| k == class).map(|(row, _)| row).collect();
        let n = rows.len() as f64;
        let (mut mean, mut scales) = (Vec::new(), Vec::new());
        for d in 0..width - 1 {
            let values = rows.iter().map(|row| row[d]);
            let centre = values.clone().sum::<f64>() / n;
            let variance = values.clone().map(|value| (value - centre).powi(2)).sum::<f64>() / n;
            // rounding of the mean would give a constant input a tiny variance
            let constant = values.clone().all(|value| value == rows[0][d]);
            mean.push(centre);
            scales.push(if constant { 1. } else { variance.sqrt() });
        }
        let distance = |row: &&[f64]| -> Vec<f64> {
            let inputs = row.iter().zip(mean.iter().zip(&scales));
            inputs.map(|(value, (mean, scale))| (value - mean) / scale).collect()
        };
        let standardised = rows.iter().flat_map(distance).collect();
        Self { prior: n / frames.targets.len() as f64, mean, scales, standardised }
    }

    /// Covariance of the inputs `[input, input]`, shrunk where each has unit variance.
    fn shrunk_covariance(&self) -> Vec<f64> {
        let n_inputs = self.scales.len();
        let mut covariance = vec![0.; n_inputs * n_inputs];
        let n_frames = self.standardised.len() / n_inputs;
        for row in self.standardised.chunks_exact(n_inputs) {
            for (a, sums) in row.iter().zip(covariance.chunks_exact_mut(n_inputs)) {
                sums.iter_mut().zip(row).for_each(|(sum, b)| *sum += a * b);
            }
        }
        covariance.iter_mut().for_each(|sum| *sum /= n_frames as f64);
        let shrinkage = ledoit_wolf(&self.standardised, &covariance, n_inputs);
        let mean_variance = trace(&covariance, n_inputs) / n_inputs as f64;
        for (a, row) in covariance.chunks_exact_mut(n_inputs).enumerate() {
            for (b, value) in row.iter_mut().enumerate() {
                let target = if a == b { mean_variance } else { 0. };
                *value = ((1. - shrinkage) * *value + shrinkage * target)
                    * self.scales[a]
                    * self.scales[b];
            }
        }
        covariance
    }
}

fn trace(matrix: &[f64], n: usize) -> f64 {
    matrix.iter().step_by(n + 1).sum()
}

/// The shrinkage of least expected squared error (Ledoit & Wolf, eq. 14–16), for `rows` of mean 0
/// and their covariance.
fn ledoit_wolf(rows: &[f64], covariance: &[f64], n_inputs: usize) -> f64 {
    let n = (rows.len() / n_inputs) as f64;
    let squared = dot(covariance, covariance);
    let from_target = squared - trace(covariance, n_inputs).powi(2) / n_inputs as f64;
    let of_frames = rows.chunks_exact(n_inputs).map(|row| dot(row, row).powi(2)).sum::<f64>() / n;
    let from_truth = ((of_frames - squared) / n).min(from_target);
    if from_truth > 0. { from_truth / from_target } else { 0. }
}

/// Inverse of a symmetric matrix `[n, n]`, without the directions in which it has no extent.
fn pseudo_inverse(matrix: &[f64], n: usize) -> Result<Vec<f64>, String> {
    let decomposed =
        Mat::from_fn(n, n, |a, b| matrix[a * n + b])
            .self_adjoint_eigen(Side::Lower)
            .map_err(|error| format!("found no eigenvalues of the covariance: {error:?}"))?;
    let (vectors, values) = (decomposed.U(), decomposed.S().column_vector());
    let largest = values.iter().fold(0f64, |m, &value| m.max(value));
    let mut inverse = vec![0.; n * n];
    for (k, &value) in values.iter().enumerate() {
        if value <= largest * n as f64 * f64::EPSILON {
            continue;
        }
        for (a, row) in inverse.chunks_exact_mut(n).enumerate() {
            let factor = vectors[(a, k)] / value;
            row.iter_mut().enumerate().for_each(|(b, sum)| *sum += factor * vectors[(b, k)]);
        }
    }
    Ok(inverse)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inverts_where_there_is_something_to_invert() {
        // rank two: the third direction is the sum of the others
        let matrix = [2., 1., 3., 1., 2., 3., 3., 3., 6.];
        let inverse = pseudo_inverse(&matrix, 3).unwrap();
        let product = |a: &[f64], b: &[f64]| -> Vec<f64> {
            (0..9).map(|k| (0..3).map(|i| a[k / 3 * 3 + i] * b[i * 3 + k % 3]).sum()).collect()
        };
        let back = product(&product(&matrix, &inverse), &matrix);
        back.iter().zip(matrix).for_each(|(found, expected)| {
            assert!((found - expected).abs() < 1e-12, "{found}, {expected}");
        });
    }

    #[test]
    fn an_input_that_never_varies_has_no_say() {
        let labels: Vec<_> = (0..60).map(|i| Some(u8::from(i % 3 == 0))).collect();
        let value =
            |i: usize| (i * i * 7 % 31) as f32 / 30. + if i.is_multiple_of(3) { 0.5 } else { 0. };
        let features: Vec<f32> = (0..60).flat_map(|i| [value(i), 0.1]).collect();
        let frames = LabelledFrames {
            features: &features,
            n_inputs: 2,
            labels: &labels,
            runs: &[60],
            n_classes: 2,
        };
        let decoder = Lda.fit(&frames).unwrap();
        let said = |constant: f32| decoder.predict(&[0.7, constant], &[1]).log_probabilities;
        assert_eq!(said(0.1), said(0.1));
        let [there, elsewhere] = [0.1, 0.4].map(|constant| said(constant).unwrap());
        there.iter().zip(elsewhere).for_each(|(a, b)| assert!((a - b).abs() < 1e-6, "{a}, {b}"));
    }

    #[test]
    fn refuses_what_has_no_answer() {
        let labels = [Some(0), Some(1)];
        let frames = LabelledFrames {
            features: &[0., f32::NAN],
            n_inputs: 1,
            labels: &labels,
            runs: &[2],
            n_classes: 2,
        };
        let message = Lda.fit(&frames).err().unwrap().to_string();
        assert_eq!(message, "linear discriminant analysis: found an input that is not finite");
    }
}
