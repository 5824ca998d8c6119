//! Multinomial logistic regression, the linear decoder that every table carries.
//!
//! [`Logistic`] minimises Σ −ln p(class of frame) + l2/2 · Σ w² over the labelled frames
//! (Hastie, Tibshirani & Friedman, *The Elements of Statistical Learning*, 4.4, with a ridge
//! penalty). With the default `l2` = 1 that is scikit-learn's `LogisticRegression(C=1)`, and for
//! two classes its `C=2`, since it then penalises one vector of weights and not two opposite ones.
//! Inputs are taken as they come, not standardised, and intercepts are not penalised.
//!
//! A class without a training frame is never predicted, and given the majority decoder's
//! probability, 1 / (frames + classes).
//!
//! The function is convex and its minimum gives one set of probabilities, whatever the minimiser:
//! here a truncated Newton method, in f64 and in a fixed order. It draws no random number.

use crate::direct::{DirectDecoder, DirectModel, FitError, LabelledFrames, Restore};
use crate::linear::{CentredFrames, FittedLinear, dot, log_sum_exp, score};

/// Newton steps before giving up; five to fifteen are usual.
const MAX_STEPS: usize = 200;
/// Conjugate-gradient steps within a Newton step.
const MAX_INNER_STEPS: usize = 500;

/// Multinomial logistic regression with a ridge penalty.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Logistic {
    /// Strength of the penalty on the weights, against the *sum* of the frames' losses: 1/C in
    /// scikit-learn. Above 0.
    pub l2: f64,
    /// The largest gradient component, per labelled frame, at which the minimum counts as
    /// reached; scikit-learn's default is 1e-4.
    pub tolerance: f64,
}

impl Default for Logistic {
    fn default() -> Self {
        Self { l2: 1., tolerance: 1e-7 }
    }
}

impl DirectModel for Logistic {
    fn fit(&self, frames: &LabelledFrames) -> Result<Box<dyn DirectDecoder>, FitError> {
        let failed = |reason| FitError::Library { decoder: "logistic regression", reason };
        if !(self.l2 > 0. && self.l2.is_finite()) {
            return Err(failed(format!("found l2 = {}, expected a number above 0", self.l2)));
        }
        let likelihood = Likelihood { l2: self.l2, frames: CentredFrames::new(frames)? };
        let weights = likelihood.minimise(self.tolerance).map_err(failed)?;
        Ok(Box::new(likelihood.frames.decoder(weights, frames.n_classes)))
    }

    fn restore(&self) -> Option<Restore> {
        Some(FittedLinear::restored)
    }
}

/// The function to minimise: what the labelled frames say.
struct Likelihood {
    l2: f64,
    frames: CentredFrames,
}

/// Where the minimiser stands.
struct Point {
    value: f64,
    gradient: Vec<f64>,
    /// `[frame, class seen]`
    probabilities: Vec<f64>,
}

impl Likelihood {
    /// Adds the penalty's part, `l2 · weights`, intercepts excepted.
    fn add_penalty(&self, weights: &[f64], to: &mut [f64]) {
        let n = self.frames.means.len();
        let per_class = weights.chunks_exact(n + 1).zip(to.chunks_exact_mut(n + 1));
        per_class.for_each(|(w, sum)| add_scaled(self.l2, &w[..n], &mut sum[..n]));
    }

    fn at(&self, weights: &[f64]) -> Point {
        let (width, n_classes) = (self.frames.width(), self.frames.classes.len());
        let mut gradient = vec![0.; weights.len()];
        self.add_penalty(weights, &mut gradient);
        // the intercepts' part of the gradient is still zero: l2/2 · Σ w² = w · gradient / 2
        let mut value = dot(weights, &gradient) / 2.;
        let mut probabilities = vec![0.; self.frames.targets.len() * n_classes];
        let frames = self.frames.rows.chunks_exact(width).zip(&self.frames.targets);
        for ((row, &target), p) in frames.zip(probabilities.chunks_exact_mut(n_classes)) {
            score(row, weights, p);
            let log_total = log_sum_exp(p);
            value += log_total - p[target];
            p.iter_mut().for_each(|score| *score = (*score - log_total).exp());
            for (class, sum) in gradient.chunks_exact_mut(width).enumerate() {
                let truth = if class == target { 1. } else { 0. };
                add_scaled(p[class] - truth, row, sum);
            }
        }
        Point { value, gradient, probabilities }
    }

    /// Second derivative at `point` along `direction`: `[class seen, input + 1]`.
    fn curvature(&self, point: &Point, direction: &[f64]) -> Vec<f64> {
        let (width, n_classes) = (self.frames.width(), self.frames.classes.len());
        let mut sums = vec![0.; direction.len()];
        self.add_penalty(direction, &mut sums);
        let mut change = vec![0.; n_classes];
        let frames = self.frames.rows.chunks_exact(width);
        for (row, p) in frames.zip(point.probabilities.chunks_exact(n_classes)) {
            score(row, direction, &mut change);
            let mean = dot(p, &change);
            for (class, sum) in sums.chunks_exact_mut(width).enumerate() {
                add_scaled(p[class] * (change[class] - mean), row, sum);
            }
        }
        sums
    }

    /// Truncated Newton with a backtracking line search (Nocedal & Wright, *Numerical
    /// Optimization*, algorithm 7.1).
    fn minimise(&self, tolerance: f64) -> Result<Vec<f64>, String> {
        let mut weights = vec![0.; self.frames.classes.len() * self.frames.width()];
        let mut point = self.at(&weights);
        let largest = |gradient: &[f64]| {
            gradient.iter().fold(0f64, |m, g| m.max(g.abs())) / self.frames.targets.len() as f64
        };
        for _ in 0..MAX_STEPS {
            if !point.value.is_finite() {
                return Err("found an input that is not finite".into());
            }
            if largest(&point.gradient) <= tolerance {
                return Ok(weights);
            }
            let step = self.newton_step(&point);
            let slope = dot(&step, &point.gradient);
            let tried = (0..60).map(|halvings| 0.5f64.powi(halvings)).find_map(|length| {
                let mut moved = weights.clone();
                add_scaled(length, &step, &mut moved);
                let there = self.at(&moved);
                // near the minimum rounding hides the decrease, so a smaller gradient will do
                let lower = there.value <= point.value + 1e-4 * length * slope;
                let flatter = largest(&there.gradient) <= 0.5 * largest(&point.gradient);
                (lower || flatter).then_some((moved, there))
            });
            let Some(moved) = tried else { break };
            (weights, point) = moved;
        }
        Err(format!(
            "stopped at a gradient of {:.1e} per frame, expected {tolerance:.1e}; raise l2",
            largest(&point.gradient)
        ))
    }

    /// Conjugate gradients on curvature · step = −gradient, preconditioned by the curvature's
    /// diagonal, the more exact the nearer the minimum.
    fn newton_step(&self, point: &Point) -> Vec<f64> {
        let diagonal = self.diagonal(point);
        let mut step = vec![0.; point.gradient.len()];
        let mut residual: Vec<f64> = point.gradient.iter().map(|g| -g).collect();
        let scaled = |residual: &[f64]| -> Vec<f64> {
            residual.iter().zip(&diagonal).map(|(r, d)| r / d).collect()
        };
        let mut direction = scaled(&residual);
        let mut size = dot(&residual, &direction);
        let per_frame = (size / self.frames.targets.len() as f64).sqrt();
        let enough = size * per_frame.min(0.1).powi(2);
        for _ in 0..MAX_INNER_STEPS {
            let curved = self.curvature(point, &direction);
            let along = dot(&direction, &curved);
            if along <= 0. {
                break;
            }
            add_scaled(size / along, &direction, &mut step);
            add_scaled(-size / along, &curved, &mut residual);
            let next = scaled(&residual);
            let previous = std::mem::replace(&mut size, dot(&residual, &next));
            if size <= enough {
                break;
            }
            direction.iter_mut().zip(&next).for_each(|(d, n)| *d = n + size / previous * *d);
        }
        step
    }

    /// Diagonal of the second derivative.
    fn diagonal(&self, point: &Point) -> Vec<f64> {
        let (width, n_classes) = (self.frames.width(), self.frames.classes.len());
        // at least the penalty, also for an intercept whose class is already certain
        let mut sums = vec![self.l2; point.gradient.len()];
        let frames = self.frames.rows.chunks_exact(width);
        for (row, p) in frames.zip(point.probabilities.chunks_exact(n_classes)) {
            for (p, sum) in p.iter().zip(sums.chunks_exact_mut(width)) {
                sum.iter_mut().zip(row).for_each(|(sum, x)| *sum += p * (1. - p) * x * x);
            }
        }
        sums
    }
}

fn add_scaled(factor: f64, values: &[f64], sums: &mut [f64]) {
    sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += factor * value);
}

#[cfg(test)]
mod tests {
    use super::*;

    const N_INPUTS: usize = 4;
    const N_FRAMES: usize = 120;

    fn features() -> Vec<f32> {
        (0..N_FRAMES * N_INPUTS).map(|i| ((i * i * 7 + i * 3) % 89) as f32 / 88.).collect()
    }

    fn labels(features: &[f32]) -> Vec<Option<u8>> {
        let class = |(i, row): (usize, &[f32])| {
            let class = if i % 6 == 0 { i / 6 % 3 } else { (row[0] * 1.9 + row[1]) as usize };
            (i % 10 != 3).then_some([0, 2, 3][class.min(2)])
        };
        features.chunks_exact(N_INPUTS).enumerate().map(class).collect()
    }

    /// The penalised negative log-likelihood as the module's documentation has it, on inputs as
    /// they come: `weights` are `[class seen, input + 1]`, the intercept last.
    fn objective(frames: &LabelledFrames, classes: &[u8], l2: f64, weights: &[f64]) -> f64 {
        let per_class: Vec<_> = weights.chunks_exact(N_INPUTS + 1).collect();
        let mut sum = 0.;
        for w in &per_class {
            sum += l2 / 2. * w[..N_INPUTS].iter().map(|w| w * w).sum::<f64>();
        }
        for (row, label) in frames.features.chunks_exact(N_INPUTS).zip(frames.labels) {
            let Some(label) = label else { continue };
            let logit = |w: &&[f64]| {
                w[N_INPUTS] + row.iter().zip(*w).map(|(&x, w)| f64::from(x) * w).sum::<f64>()
            };
            let logits: Vec<f64> = per_class.iter().map(logit).collect();
            let target = classes.iter().position(|class| class == label).unwrap();
            sum += logits.iter().map(|z| z.exp()).sum::<f64>().ln() - logits[target];
        }
        sum
    }

    #[test]
    fn the_gradient_of_the_penalised_likelihood_is_zero_at_the_answer() {
        let features = features();
        let labels = labels(&features);
        let frames = LabelledFrames {
            features: &features,
            n_inputs: N_INPUTS,
            labels: &labels,
            runs: &[N_FRAMES],
            n_classes: 5,
        };
        for l2 in [1e-3, 1., 30.] {
            let likelihood = Likelihood { l2, frames: CentredFrames::new(&frames).unwrap() };
            assert_eq!(likelihood.frames.classes, [0, 2, 3]);
            let mut weights = likelihood.minimise(1e-9).unwrap();
            for w in weights.chunks_exact_mut(N_INPUTS + 1) {
                w[N_INPUTS] -= dot(&w[..N_INPUTS], &likelihood.frames.means);
            }
            let value =
                |weights: &[f64]| objective(&frames, &likelihood.frames.classes, l2, weights);
            assert!(value(&weights) < value(&vec![0.; weights.len()]) - 1., "found nothing");
            for idx in 0..weights.len() {
                let moved = |by| {
                    let mut moved = weights.clone();
                    moved[idx] += by;
                    value(&moved)
                };
                let gradient = (moved(1e-4) - moved(-1e-4)) / 2e-4;
                assert!(gradient.abs() < 1e-5, "l2 {l2}, weight {idx}: {gradient}");
            }
        }
    }

    #[test]
    fn the_curvature_is_the_change_of_the_gradient() {
        let features = features();
        let labels = labels(&features);
        let frames = LabelledFrames {
            features: &features,
            n_inputs: N_INPUTS,
            labels: &labels,
            runs: &[N_FRAMES],
            n_classes: 4,
        };
        let likelihood = Likelihood { l2: 0.7, frames: CentredFrames::new(&frames).unwrap() };
        let weights: Vec<f64> = (0..15).map(|i| (i as f64).sin()).collect();
        let point = likelihood.at(&weights);
        let diagonal = likelihood.diagonal(&point);
        for idx in 0..15 {
            let mut direction = vec![0.; 15];
            direction[idx] = 1.;
            let moved = |by| {
                let mut moved = weights.clone();
                add_scaled(by, &direction, &mut moved);
                likelihood.at(&moved).gradient
            };
            let (above, below) = (moved(1e-5), moved(-1e-5));
            let curved = likelihood.curvature(&point, &direction);
            for (curved, (above, below)) in curved.iter().zip(above.iter().zip(below)) {
                assert!((curved - (above - below) / 2e-5).abs() < 1e-6);
            }
            let penalty = if idx % (N_INPUTS + 1) == N_INPUTS { 0.7 } else { 0. };
            assert!((diagonal[idx] - penalty - curved[idx]).abs() < 1e-12);
        }
    }

    #[test]
    fn refuses_what_has_no_answer() {
        let labels = [Some(0), Some(1)];
        let fit = |config: Logistic, features: &[f32]| {
            let frames =
                LabelledFrames { features, n_inputs: 1, labels: &labels, runs: &[2], n_classes: 2 };
            config.fit(&frames).err().unwrap().to_string()
        };
        let logistic = Logistic::default();
        let message = fit(Logistic { l2: 0., ..logistic }, &[0., 1.]);
        assert_eq!(message, "logistic regression: found l2 = 0, expected a number above 0");
        assert!(fit(logistic, &[0., f32::NAN]).contains("an input that is not finite"));
        let message = fit(Logistic { tolerance: -1., ..logistic }, &[0., 1.]);
        assert!(message.contains("stopped at a gradient of"), "{message}");
    }
}
