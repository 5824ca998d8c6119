//! Multinomial logistic regression, the linear decoder that every table carries.
//!
//! [`Logistic`] minimises Σ −ln p(class of frame) + l2/2 · Σ w² over the labelled frames
//! (Hastie, Tibshirani & Friedman, *The Elements of Statistical Learning*, 4.4, with a ridge
//! penalty). With the default `l2` = 1 that is scikit-learn's `LogisticRegression(C=1)`, and for
//! two classes its `C=2`, since it then penalises one vector of weights and not two opposite ones.
//! Inputs are taken as they come, not standardised, and intercepts are not penalised.
//!
//! A class without a training frame has no weights. So that it costs a finite log-likelihood on
//! an animal that shows it, it is given the majority decoder's probability, 1 / (frames +
//! classes), and the others share the rest; it is never predicted.
//!
//! The function is convex and its minimum gives one set of probabilities, whatever the minimiser:
//! here a truncated Newton method, in f64 and in a fixed order. It draws no random number.

use crate::direct::{DirectDecoder, DirectModel, FitError, LabelledFrames, Prediction};

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
        let likelihood = Likelihood::new(frames, self.l2)?;
        let weights = likelihood.minimise(self.tolerance).map_err(failed)?;
        let n_absent = frames.n_classes - likelihood.classes.len();
        let smoothed = (likelihood.targets.len() + frames.n_classes) as f64;
        Ok(Box::new(FittedLogistic {
            n_classes: frames.n_classes,
            log_absent: -smoothed.ln(),
            log_present: (1. - n_absent as f64 / smoothed).ln(),
            means: likelihood.means,
            classes: likelihood.classes,
            weights,
        }))
    }
}

/// Weights of the classes seen in training.
struct FittedLogistic {
    n_classes: usize,
    /// Log-probability of each class without a training frame.
    log_absent: f64,
    /// Log-probability of all the others together.
    log_present: f64,
    /// Mean of each input over the training frames.
    means: Vec<f64>,
    /// Classes seen in training, ascending.
    classes: Vec<u8>,
    /// `[class seen, input + 1]`, the last column for the intercept of centred inputs.
    weights: Vec<f64>,
}

impl DirectDecoder for FittedLogistic {
    fn predict(&self, features: &[f32], _runs: &[usize]) -> Prediction {
        let n_inputs = self.means.len();
        let n_frames = features.len() / n_inputs;
        let mut classes = Vec::with_capacity(n_frames);
        let mut log_probabilities = vec![self.log_absent as f32; n_frames * self.n_classes];
        let mut scores = vec![0.; self.classes.len()];
        let mut row = vec![1.; n_inputs + 1];
        let rows = features.chunks_exact(n_inputs);
        for (frame, said) in rows.zip(log_probabilities.chunks_exact_mut(self.n_classes)) {
            centre(frame, &self.means, &mut row);
            score(&row, &self.weights, &mut scores);
            let log_total = log_sum_exp(&scores);
            for (&class, score) in self.classes.iter().zip(&scores) {
                said[usize::from(class)] = (score - log_total + self.log_present) as f32;
            }
            let first_best =
                (0..scores.len()).rev().max_by(|&a, &b| scores[a].total_cmp(&scores[b]));
            classes.push(first_best.map_or(0, |best| self.classes[best]));
        }
        Prediction { classes, log_probabilities: Some(log_probabilities) }
    }
}

/// The function to minimise: what the labelled frames say.
///
/// Inputs are centred. That changes the intercepts only, which nothing penalises, and spares the
/// minimiser the direction along which all inputs of [0, 1] grow together.
struct Likelihood {
    l2: f64,
    means: Vec<f64>,
    classes: Vec<u8>,
    /// Labelled frames, row-major `[frame, input + 1]`, centred, and a one.
    rows: Vec<f64>,
    /// Index into `classes` of each labelled frame.
    targets: Vec<usize>,
}

/// Where the minimiser stands.
struct Point {
    value: f64,
    gradient: Vec<f64>,
    /// `[frame, class seen]`
    probabilities: Vec<f64>,
}

impl Likelihood {
    fn new(frames: &LabelledFrames, l2: f64) -> Result<Self, FitError> {
        let n = frames.n_inputs;
        let all = frames.features.chunks_exact(n).zip(frames.labels);
        let labelled: Vec<_> = all.filter_map(|(row, class)| Some((row, (*class)?))).collect();
        if labelled.is_empty() {
            return Err(FitError::NoLabels { n_frames: frames.labels.len() });
        }
        let mut classes: Vec<_> = labelled.iter().map(|&(_, class)| class).collect();
        classes.sort_unstable();
        classes.dedup();
        let mut means = vec![0.; n];
        for (row, _) in &labelled {
            means.iter_mut().zip(*row).for_each(|(sum, &value)| *sum += f64::from(value));
        }
        means.iter_mut().for_each(|sum| *sum /= labelled.len() as f64);
        let mut rows = vec![1.; labelled.len() * (n + 1)];
        for ((row, _), centred) in labelled.iter().zip(rows.chunks_exact_mut(n + 1)) {
            centre(row, &means, centred);
        }
        let index = |class| classes.partition_point(|&seen| seen < class);
        let targets = labelled.iter().map(|&(_, class)| index(class)).collect();
        Ok(Self { l2, means, classes, rows, targets })
    }

    /// Weights of one class: one per input and the intercept.
    fn width(&self) -> usize {
        self.means.len() + 1
    }

    /// Adds the penalty's part, `l2 · weights`, intercepts excepted.
    fn add_penalty(&self, weights: &[f64], to: &mut [f64]) {
        let n = self.means.len();
        let per_class = weights.chunks_exact(n + 1).zip(to.chunks_exact_mut(n + 1));
        per_class.for_each(|(w, sum)| add_scaled(self.l2, &w[..n], &mut sum[..n]));
    }

    fn at(&self, weights: &[f64]) -> Point {
        let (width, n_classes) = (self.width(), self.classes.len());
        let mut gradient = vec![0.; weights.len()];
        self.add_penalty(weights, &mut gradient);
        // the intercepts' part of the gradient is still zero: l2/2 · Σ w² = w · gradient / 2
        let mut value = dot(weights, &gradient) / 2.;
        let mut probabilities = vec![0.; self.targets.len() * n_classes];
        let frames = self.rows.chunks_exact(width).zip(&self.targets);
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
        let (width, n_classes) = (self.width(), self.classes.len());
        let mut sums = vec![0.; direction.len()];
        self.add_penalty(direction, &mut sums);
        let mut change = vec![0.; n_classes];
        let frames = self.rows.chunks_exact(width);
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
        let mut weights = vec![0.; self.classes.len() * self.width()];
        let mut point = self.at(&weights);
        let largest = |gradient: &[f64]| {
            gradient.iter().fold(0f64, |m, g| m.max(g.abs())) / self.targets.len() as f64
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
        let per_frame = (size / self.targets.len() as f64).sqrt();
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
        let (width, n_classes) = (self.width(), self.classes.len());
        // at least the penalty, also for an intercept whose class is already certain
        let mut sums = vec![self.l2; point.gradient.len()];
        let frames = self.rows.chunks_exact(width);
        for (row, p) in frames.zip(point.probabilities.chunks_exact(n_classes)) {
            for (p, sum) in p.iter().zip(sums.chunks_exact_mut(width)) {
                sum.iter_mut().zip(row).for_each(|(sum, x)| *sum += p * (1. - p) * x * x);
            }
        }
        sums
    }
}

/// Writes `frame − means` into all of `row` but its last element.
fn centre(frame: &[f32], means: &[f64], row: &mut [f64]) {
    let values = row.iter_mut().zip(frame).zip(means);
    values.for_each(|((out, &value), mean)| *out = f64::from(value) - mean);
}

/// Linear score of each class, `weights` being `[class, input + 1]`.
fn score(row: &[f64], weights: &[f64], scores: &mut [f64]) {
    let per_class = weights.chunks_exact(row.len()).zip(scores);
    per_class.for_each(|(weights, score)| *score = dot(row, weights));
}

fn log_sum_exp(scores: &[f64]) -> f64 {
    let largest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    largest + scores.iter().map(|score| (score - largest).exp()).sum::<f64>().ln()
}

fn add_scaled(factor: f64, values: &[f64], sums: &mut [f64]) {
    sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += factor * value);
}

/// Four running sums, which the compiler can keep in vector registers.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let (a_fours, a_rest) = a.as_chunks::<4>();
    let (b_fours, b_rest) = b.as_chunks::<4>();
    let mut sums = [0.; 4];
    for (a, b) in a_fours.iter().zip(b_fours) {
        sums.iter_mut().zip(a.iter().zip(b)).for_each(|(sum, (a, b))| *sum += a * b);
    }
    let rest: f64 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f64>() + rest
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
            let likelihood = Likelihood::new(&frames, l2).unwrap();
            assert_eq!(likelihood.classes, [0, 2, 3]);
            let mut weights = likelihood.minimise(1e-9).unwrap();
            for w in weights.chunks_exact_mut(N_INPUTS + 1) {
                w[N_INPUTS] -= dot(&w[..N_INPUTS], &likelihood.means);
            }
            let value = |weights: &[f64]| objective(&frames, &likelihood.classes, l2, weights);
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
        let likelihood = Likelihood::new(&frames, 0.7).unwrap();
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
