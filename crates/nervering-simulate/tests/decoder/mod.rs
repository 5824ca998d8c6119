//! A linear decoder, simple enough to read: linear discriminant analysis on the prepared
//! features (trace and derivative, min–max over the whole recording, the paper's 15 neurons),
//! within each animal over ten folds and from each animal to each other.

use nervering_prepare::{DerivativeSource, Folds, Prepared, Scope, cut_windows, prepare};
use nervering_recording::{NeuronSet, Recording, StateCoding};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// Mean accuracies over animals (and folds), and over ordered pairs of different animals.
pub struct Accuracy {
    pub within: f64,
    pub across: f64,
    pub chance: f64,
}

pub fn accuracy(animals: &[Recording], coding: StateCoding) -> Accuracy {
    let neurons = NeuronSet::Paper15.resolve(animals).unwrap();
    let source = DerivativeSource::Central;
    let all: Vec<_> = animals
        .iter()
        .map(|animal| prepare(animal, &neurons, &coding, source, Scope::WholeRecording).unwrap())
        .collect();
    let (mut within, mut across, mut chance) = (Vec::new(), Vec::new(), Vec::new());
    for (k, animal) in all.iter().enumerate() {
        let windows = cut_windows(animal.n_frames, 8).unwrap();
        let mut rng = ChaCha8Rng::seed_from_u64(k as u64);
        let folds = Folds::shuffled(&windows, 10, &mut rng).unwrap();
        for fold in 0..10 {
            let split = folds.split(fold);
            within.push(Decoder::fit(animal, &split.train).accuracy(animal, &split.test));
        }
        let decoder = Decoder::fit(animal, &frames(animal));
        for (other, unseen) in all.iter().enumerate() {
            if other != k {
                across.push(decoder.accuracy(unseen, &frames(unseen)));
            }
        }
        let counts = counts(animal);
        chance.push(*counts.iter().max().unwrap() as f64 / counts.iter().sum::<usize>() as f64);
    }
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    Accuracy { within: mean(&within), across: mean(&across), chance: mean(&chance) }
}

fn frames(animal: &Prepared) -> Vec<usize> {
    (0..animal.n_frames).collect()
}

fn counts(animal: &Prepared) -> Vec<usize> {
    let mut counts = vec![0; animal.coding.n_classes()];
    for class in animal.labels.iter().flatten() {
        counts[usize::from(*class)] += 1;
    }
    counts
}

/// Scores per class: `bias + weights · features`.
struct Decoder {
    scores: Vec<(f64, Vec<f64>)>,
}

fn row(animal: &Prepared, frame: usize) -> Vec<f64> {
    let width = animal.features.len() / animal.n_frames;
    animal.features[frame * width..(frame + 1) * width].iter().map(|&v| f64::from(v)).collect()
}

impl Decoder {
    fn fit(animal: &Prepared, train: &[usize]) -> Self {
        let (n_classes, width) = (animal.coding.n_classes(), row(animal, 0).len());
        let labelled: Vec<_> = train
            .iter()
            .filter_map(|&frame| Some((usize::from(animal.labels[frame]?), row(animal, frame))))
            .collect();
        let mut sizes = vec![0f64; n_classes];
        let mut means = vec![vec![0.; width]; n_classes];
        for (class, x) in &labelled {
            sizes[*class] += 1.;
            means[*class].iter_mut().zip(x).for_each(|(m, v)| *m += v);
        }
        for (mean, size) in means.iter_mut().zip(&sizes) {
            mean.iter_mut().for_each(|m| *m /= size.max(1.));
        }
        let mut covariance = vec![vec![0.; width]; width];
        for (class, x) in &labelled {
            let centred: Vec<_> = x.iter().zip(&means[*class]).map(|(v, m)| v - m).collect();
            for (line, a) in covariance.iter_mut().zip(&centred) {
                line.iter_mut().zip(&centred).for_each(|(c, b)| *c += a * b);
            }
        }
        for (k, line) in covariance.iter_mut().enumerate() {
            line.iter_mut().for_each(|c| *c /= labelled.len() as f64);
            line[k] += 1e-4;
        }
        let score = |(mean, size): (&Vec<f64>, &f64)| {
            let weights = solve(covariance.clone(), mean.clone());
            let half: f64 = weights.iter().zip(mean).map(|(w, m)| w * m).sum::<f64>() / 2.;
            ((size / labelled.len() as f64).ln() - half, weights)
        };
        Self { scores: means.iter().zip(&sizes).map(score).collect() }
    }

    fn accuracy(&self, animal: &Prepared, frames: &[usize]) -> f64 {
        let (mut right, mut total) = (0, 0);
        for &frame in frames {
            let Some(label) = animal.labels[frame] else { continue };
            let x = row(animal, frame);
            let score = |(bias, weights): &(f64, Vec<f64>)| {
                bias + weights.iter().zip(&x).map(|(w, v)| w * v).sum::<f64>()
            };
            let scores: Vec<_> = self.scores.iter().map(score).collect();
            let best = (0..scores.len()).max_by(|&a, &b| scores[a].total_cmp(&scores[b]));
            right += usize::from(best == Some(usize::from(label)));
            total += 1;
        }
        f64::from(right as u32) / f64::from(total)
    }
}

/// Solves a symmetric positive definite system by elimination.
fn solve(mut a: Vec<Vec<f64>>, mut b: Vec<f64>) -> Vec<f64> {
    let n = b.len();
    for k in 0..n {
        let pivot = a[k].clone();
        for i in k + 1..n {
            let factor = a[i][k] / pivot[k];
            a[i].iter_mut().zip(&pivot).for_each(|(x, p)| *x -= factor * p);
            b[i] -= factor * b[k];
        }
    }
    for k in (0..n).rev() {
        let known: f64 = (k + 1..n).map(|j| a[k][j] * b[j]).sum();
        b[k] = (b[k] - known) / a[k][k];
    }
    b
}
