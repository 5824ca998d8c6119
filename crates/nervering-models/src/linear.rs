//! What multinomial logistic regression and linear discriminant analysis share: the labelled
//! frames with centred inputs that they are fitted to ([`CentredFrames`]), and the decoder that
//! comes out, a linear score per class and the softmax of the scores ([`FittedLinear`]).
//!
//! A class without a training frame has no weights. So that it costs a finite log-likelihood on
//! an animal that shows it, it is given the majority decoder's probability, 1 / (frames +
//! classes), and the others share the rest; it is never predicted.

use crate::arrays::{DecoderArray, DecoderSizes, RestoreError, check_shape, named, refused, whole};
use crate::direct::{DirectDecoder, FitError, LabelledFrames, Prediction};
use crate::written::{GIVEN, Operation, Written};

/// Labelled frames, their inputs centred and followed by a one, for the intercept.
///
/// Centring changes the intercepts only, and spares a minimiser the direction along which all
/// inputs of [0, 1] grow together.
pub(crate) struct CentredFrames {
    /// Mean of each input over the labelled frames.
    pub(crate) means: Vec<f64>,
    /// Classes seen, ascending.
    pub(crate) classes: Vec<u8>,
    /// Row-major `[frame, input + 1]`.
    pub(crate) rows: Vec<f64>,
    /// Index into `classes` of each frame.
    pub(crate) targets: Vec<usize>,
}

impl CentredFrames {
    /// Takes the labelled frames among those given.
    ///
    /// # Errors
    /// [`FitError::NoLabels`] where there is none.
    pub(crate) fn new(frames: &LabelledFrames) -> Result<Self, FitError> {
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
        Ok(Self { means, classes, rows, targets })
    }

    /// Weights of one class: one per input and the intercept.
    pub(crate) fn width(&self) -> usize {
        self.means.len() + 1
    }

    /// The decoder with these `weights`, `[class seen, input + 1]`, the last column for the
    /// intercept of centred inputs; `n_classes` are those of the coding.
    pub(crate) fn decoder(self, weights: Vec<f64>, n_classes: usize) -> FittedLinear {
        FittedLinear::new(self.targets.len(), n_classes, self.means, self.classes, weights)
    }
}

/// Weights of the classes seen in training.
pub(crate) struct FittedLinear {
    /// Labelled training frames.
    n_frames: usize,
    n_classes: usize,
    /// Log-probability of each class without a training frame.
    log_absent: f64,
    /// Log-probability of all the others together.
    log_present: f64,
    means: Vec<f64>,
    classes: Vec<u8>,
    weights: Vec<f64>,
}

/// Training frames that a decoder may claim to rest on, for a model file.
const MAX_FRAMES: f64 = (1u64 << 40) as f64;

impl FittedLinear {
    fn new(
        n_frames: usize,
        n_classes: usize,
        means: Vec<f64>,
        classes: Vec<u8>,
        weights: Vec<f64>,
    ) -> Self {
        let n_absent = n_classes - classes.len();
        let smoothed = (n_frames + n_classes) as f64;
        Self {
            n_frames,
            n_classes,
            log_absent: -smoothed.ln(),
            log_present: (1. - n_absent as f64 / smoothed).ln(),
            means,
            classes,
            weights,
        }
    }

    /// The way back from [`DirectDecoder::arrays`].
    ///
    /// # Errors
    /// [`RestoreError`] where the arrays are not those of such a decoder.
    pub(crate) fn restored(
        arrays: &[DecoderArray],
        sizes: DecoderSizes,
    ) -> Result<Box<dyn DirectDecoder>, RestoreError> {
        let [n_frames, classes, means, weights] =
            named(arrays, ["n_frames", "classes", "means", "weights"])?;
        check_shape(n_frames, &[1])?;
        check_shape(classes, &[classes.values.len()])?;
        check_shape(means, &[sizes.n_inputs])?;
        check_shape(weights, &[classes.values.len(), sizes.n_inputs + 1])?;
        let count = whole(n_frames, n_frames.values[0], MAX_FRAMES)?;
        let class = |&value: &f64| Ok(whole(classes, value, sizes.n_classes as f64)? as u8);
        let seen: Vec<u8> = classes.values.iter().map(class).collect::<Result<_, _>>()?;
        if seen.is_empty() || !seen.is_sorted_by(|a, b| a < b) || count < seen.len() {
            let found = format!("{seen:?} of {count} frames");
            return Err(refused("classes", found, "classes in ascending order, each of a frame"));
        }
        let (means, weights) = (means.values.clone(), weights.values.clone());
        Ok(Box::new(Self::new(count, sizes.n_classes, means, seen, weights)))
    }
}

impl DirectDecoder for FittedLinear {
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

    fn written(&self) -> Written {
        let mut to = Written::default();
        let all = to.add(Operation::SideBySide, &[GIVEN]);
        let centred = to.add(Operation::Centre { means: to.name("means") }, &[all]);
        let scores = to.add(Operation::Scores { weights: to.name("weights") }, &[centred]);
        let (classes, n_frames) = (to.name("classes"), to.name("n_frames"));
        to.add(Operation::LogSoftmaxOfSeen { classes, n_frames }, &[scores]);
        to
    }

    fn arrays(&self) -> Vec<DecoderArray> {
        let (n_seen, n_inputs) = (self.classes.len(), self.means.len());
        let classes = self.classes.iter().map(|&class| f64::from(class)).collect();
        vec![
            DecoderArray::new("n_frames", &[1], vec![self.n_frames as f64]),
            DecoderArray::new("classes", &[n_seen], classes),
            DecoderArray::new("means", &[n_inputs], self.means.clone()),
            DecoderArray::new("weights", &[n_seen, n_inputs + 1], self.weights.clone()),
        ]
    }
}

/// Writes `frame − means` into all of `row` but its last element.
fn centre(frame: &[f32], means: &[f64], row: &mut [f64]) {
    let values = row.iter_mut().zip(frame).zip(means);
    values.for_each(|((out, &value), mean)| *out = f64::from(value) - mean);
}

/// Linear score of each class, `weights` being `[class, input + 1]`.
pub(crate) fn score(row: &[f64], weights: &[f64], scores: &mut [f64]) {
    let per_class = weights.chunks_exact(row.len()).zip(scores);
    per_class.for_each(|(weights, score)| *score = dot(row, weights));
}

/// Logarithm of the sum of exponentials.
pub(crate) fn log_sum_exp(scores: &[f64]) -> f64 {
    let largest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    largest + scores.iter().map(|score| (score - largest).exp()).sum::<f64>().ln()
}

/// Four running sums, which the compiler can keep in vector registers.
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let (a_fours, a_rest) = a.as_chunks::<4>();
    let (b_fours, b_rest) = b.as_chunks::<4>();
    let mut sums = [0.; 4];
    for (a, b) in a_fours.iter().zip(b_fours) {
        sums.iter_mut().zip(a.iter().zip(b)).for_each(|(sum, (a, b))| *sum += a * b);
    }
    let rest: f64 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f64>() + rest
}
