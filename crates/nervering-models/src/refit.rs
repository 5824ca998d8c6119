//! A trained linear readout that is fitted again on a few labelled frames of another animal, with a ridge
//! towards what it was: the maximum a posteriori under a normal prior around the trained weights.
//!
//! Minimised is the mean over the labelled classes of the mean of −ln p(class of frame) over the frames of each, and
//! ridge/2 · Σ (w − trained)² beside it. Classes weigh the same, and intercepts stay as they were: how often states
//! occur in a short while says little of how often they do. The function is convex and is minimised by Newton's
//! method, in f64 and in a fixed order.

/// Newton steps at most; five to ten are usual.
const MAX_STEPS: usize = 50;
/// Largest component of the gradient at which the minimum counts as reached.
const TOLERANCE: f64 = 1e-8;

/// What a readout is fitted again on.
#[derive(Debug, Clone, Copy)]
pub struct Refit<'a> {
    /// Hidden units, `[frame, unit]`.
    pub rows: &'a [f32],
    /// Units of a frame.
    pub width: usize,
    /// Class of each frame; `None` where it teaches nothing.
    pub targets: &'a [Option<u8>],
    /// Classes of the readout.
    pub n_classes: usize,
    /// Strength of the ridge, above 0.
    pub ridge: f64,
}

/// A frame that teaches.
struct Labelled {
    /// Its hidden units, and a one for the intercept.
    row: Vec<f64>,
    class: usize,
    share: f64,
}

/// Where the minimiser stands.
struct Point {
    value: f64,
    gradient: Vec<f64>,
    /// `[labelled frame, class]`
    probabilities: Vec<f64>,
}

impl Refit<'_> {
    /// The weights after it, `[class, unit + 1]` with the intercept last, which stays, from those before it.
    /// They are what they were where no frame is labelled.
    ///
    /// # Panics
    /// For weights of another size, a target that is no class, or a ridge that is not above 0.
    pub fn weights(&self, trained: &[f64]) -> Vec<f64> {
        assert_eq!(trained.len(), self.n_classes * (self.width + 1), "weights");
        assert!(self.ridge > 0., "found a ridge of {}", self.ridge);
        let labelled = self.labelled();
        let mut weights = trained.to_vec();
        if labelled.is_empty() {
            return weights;
        }
        let mut point = self.at(&labelled, trained, &weights);
        for _ in 0..MAX_STEPS {
            if point.gradient.iter().all(|g| g.abs() <= TOLERANCE) {
                break;
            }
            let step = solved(self.curvature(&labelled, &point), &point.gradient);
            let slope: f64 = step.iter().zip(&point.gradient).map(|(s, g)| s * g).sum();
            let tried = (0..40).map(|halvings| 0.5f64.powi(halvings)).find_map(|length| {
                let moved: Vec<f64> =
                    weights.iter().zip(&step).map(|(w, s)| w - length * s).collect();
                let there = self.at(&labelled, trained, &moved);
                (there.value <= point.value - 1e-4 * length * slope).then_some((moved, there))
            });
            let Some(moved) = tried else { break };
            (weights, point) = moved;
        }
        weights
    }

    /// The frames that teach, each with its share of the mean.
    fn labelled(&self) -> Vec<Labelled> {
        let mut counts = vec![0usize; self.n_classes];
        self.targets.iter().flatten().for_each(|&class| counts[usize::from(class)] += 1);
        let n_labelled = counts.iter().filter(|&&count| count > 0).count() as f64;
        let rows = self.rows.chunks_exact(self.width).zip(self.targets);
        let of_frame = |(row, target): (&[f32], &Option<u8>)| {
            let class = usize::from((*target)?);
            let row = row.iter().map(|&x| f64::from(x)).chain([1.]).collect();
            Some(Labelled { row, class, share: 1. / (n_labelled * counts[class] as f64) })
        };
        rows.filter_map(of_frame).collect()
    }

    fn at(&self, labelled: &[Labelled], trained: &[f64], weights: &[f64]) -> Point {
        let width = self.width + 1;
        let moved: Vec<f64> = weights.iter().zip(trained).map(|(w, t)| w - t).collect();
        let mut value = self.ridge / 2. * moved.iter().map(|m| m * m).sum::<f64>();
        let mut gradient: Vec<f64> = moved.iter().map(|m| self.ridge * m).collect();
        let mut probabilities = Vec::with_capacity(labelled.len() * self.n_classes);
        for Labelled { row, class, share } in labelled {
            let scores: Vec<f64> = weights
                .chunks_exact(width)
                .map(|w| w.iter().zip(row).map(|(w, x)| w * x).sum())
                .collect();
            let largest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let total = scores.iter().map(|s| (s - largest).exp()).sum::<f64>().ln() + largest;
            value += share * (total - scores[*class]);
            let of_classes = scores.iter().zip(gradient.chunks_exact_mut(width)).enumerate();
            for (k, (score, sums)) in of_classes {
                let p = (score - total).exp();
                probabilities.push(p);
                let off = share * (p - f64::from(u8::from(k == *class)));
                sums.iter_mut().zip(&row[..self.width]).for_each(|(sum, x)| *sum += off * x);
            }
        }
        Point { value, gradient, probabilities }
    }

    /// Second derivatives, row-major and symmetric.
    fn curvature(&self, labelled: &[Labelled], point: &Point) -> Vec<f64> {
        let (n, width) = (point.gradient.len(), self.width + 1);
        let mut curvature = vec![0.; n * n];
        (0..n).for_each(|k| curvature[k * n + k] = self.ridge);
        let frames = labelled.iter().zip(point.probabilities.chunks_exact(self.n_classes));
        for (Labelled { row, share, .. }, p) in frames {
            let row = &row[..self.width];
            for a in 0..self.n_classes {
                for b in 0..=a {
                    let of_classes = share * p[a] * (f64::from(u8::from(a == b)) - p[b]);
                    for (i, x) in row.iter().enumerate() {
                        let at = (a * width + i) * n + b * width;
                        let sums = &mut curvature[at..at + self.width];
                        sums.iter_mut().zip(row).for_each(|(sum, y)| *sum += of_classes * x * y);
                    }
                }
            }
        }
        curvature
    }
}

/// Solves a positive definite system of which the lower triangle is given, by Cholesky's factors.
fn solved(mut a: Vec<f64>, right: &[f64]) -> Vec<f64> {
    let n = right.len();
    for j in 0..n {
        for i in j..n {
            let dot: f64 = (0..j).map(|k| a[i * n + k] * a[j * n + k]).sum();
            let rest = a[i * n + j] - dot;
            a[i * n + j] = if i == j { rest.sqrt() } else { rest / a[j * n + j] };
        }
    }
    let mut x = right.to_vec();
    for i in 0..n {
        let dot: f64 = (0..i).map(|k| a[i * n + k] * x[k]).sum();
        x[i] = (x[i] - dot) / a[i * n + i];
    }
    for i in (0..n).rev() {
        let dot: f64 = (i + 1..n).map(|k| a[k * n + i] * x[k]).sum();
        x[i] = (x[i] - dot) / a[i * n + i];
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIDTH: usize = 3;
    const N_CLASSES: usize = 3;

    fn rows(n: usize) -> Vec<f32> {
        (0..n * WIDTH).map(|k| ((k * k + 3 * k) as f32 * 0.37).sin()).collect()
    }

    fn trained() -> Vec<f64> {
        (0..N_CLASSES * (WIDTH + 1)).map(|k| (k as f64 * 0.71).cos()).collect()
    }

    fn refit<'a>(rows: &'a [f32], targets: &'a [Option<u8>], ridge: f64) -> Refit<'a> {
        Refit { rows, width: WIDTH, targets, n_classes: N_CLASSES, ridge }
    }

    #[test]
    fn the_gradient_vanishes_and_no_direction_lowers_the_function() {
        let (rows, trained) = (rows(60), trained());
        let targets: Vec<Option<u8>> =
            (0..60).map(|k| (k % 4 != 1).then_some((k % 3) as u8)).collect();
        let refit = refit(&rows, &targets, 0.05);
        let weights = refit.weights(&trained);
        let labelled = refit.labelled();
        let point = refit.at(&labelled, &trained, &weights);
        assert!(point.gradient.iter().all(|g| g.abs() < 1e-7), "{:?}", point.gradient);
        for k in (0..weights.len()).filter(|k| k % (WIDTH + 1) < WIDTH) {
            for step in [-1e-3, 1e-3] {
                let mut moved = weights.clone();
                moved[k] += step;
                assert!(refit.at(&labelled, &trained, &moved).value > point.value);
            }
        }
    }

    #[test]
    fn a_strong_ridge_and_a_lack_of_labels_leave_it_as_it_was() {
        let (rows, trained) = (rows(40), trained());
        let none = vec![None; 40];
        assert_eq!(refit(&rows, &none, 0.1).weights(&trained), trained);
        let first: Vec<Option<u8>> = (0..40).map(|k| (k < 20).then_some(0)).collect();
        let held = refit(&rows, &first, 1e9).weights(&trained);
        assert!(held.iter().zip(&trained).all(|(a, b)| (a - b).abs() < 1e-6));
        let moved = refit(&rows, &first, 0.1).weights(&trained);
        for (k, (moved, trained)) in moved.iter().zip(&trained).enumerate() {
            assert_eq!(moved == trained, k % 4 == 3, "intercepts alone stay");
        }
    }

    #[test]
    fn a_class_weighs_the_same_however_many_frames_it_has() {
        let (rows, trained) = (rows(30), trained());
        let targets: Vec<Option<u8>> = (0..30).map(|k| Some(u8::from(k % 5 == 0))).collect();
        // Frames of the first class stand twice.
        let (mut twice, mut of_twice) = (rows.clone(), targets.clone());
        for k in (0..30).filter(|k| k % 5 != 0) {
            twice.extend(&rows[k * WIDTH..(k + 1) * WIDTH]);
            of_twice.push(targets[k]);
        }
        let one = refit(&rows, &targets, 0.1).weights(&trained);
        let other = refit(&twice, &of_twice, 0.1).weights(&trained);
        assert!(one.iter().zip(&other).all(|(a, b)| (a - b).abs() < 1e-6));
    }
}
