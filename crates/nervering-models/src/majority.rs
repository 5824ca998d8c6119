//! The majority class, the floor that every table carries: each frame is given the most frequent
//! class of the training frames, with the training frequencies as its probabilities.
//!
//! It does not look at the features. Frequencies are Laplace-smoothed, (count + 1) / (frames +
//! classes), so that a class without a training frame costs a finite log-likelihood on an animal
//! that shows it. Of equally frequent classes the first is taken.

use crate::arrays::{DecoderArray, check_shape, named, whole};
use crate::direct::{DirectDecoder, DirectModel, FitError, LabelledFrames, Prediction, Restore};
use crate::written::{GIVEN, Operation, Written};

/// Frames added to the count of each class: Laplace's rule.
const PSEUDO_COUNT: f64 = 1.;

/// The majority class.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Majority;

impl DirectModel for Majority {
    fn fit(&self, frames: &LabelledFrames) -> Result<Box<dyn DirectDecoder>, FitError> {
        let mut counts = vec![0usize; frames.n_classes];
        frames.labels.iter().flatten().for_each(|&class| counts[usize::from(class)] += 1);
        if counts.iter().all(|&count| count == 0) {
            return Err(FitError::NoLabels { n_frames: frames.labels.len() });
        }
        Ok(Box::new(FittedMajority::new(frames.n_inputs, counts)))
    }

    fn restore(&self) -> Option<Restore> {
        Some(|arrays, sizes| {
            let [counts] = named(arrays, ["counts"])?;
            check_shape(counts, &[sizes.n_classes])?;
            let values = counts.values.iter();
            let counts = values.map(|&value| whole(counts, value, MAX_COUNT));
            Ok(Box::new(FittedMajority::new(sizes.n_inputs, counts.collect::<Result<_, _>>()?)))
        })
    }
}

/// Frames that a class may have: their sum over all classes is exact in double precision.
const MAX_COUNT: f64 = (1u64 << 40) as f64;

/// The class and the log-probabilities that every frame is given.
struct FittedMajority {
    n_inputs: usize,
    /// Training frames of each class.
    counts: Vec<usize>,
    class: u8,
    log_probabilities: Vec<f32>,
}

impl FittedMajority {
    fn new(n_inputs: usize, counts: Vec<usize>) -> Self {
        let n_labelled: usize = counts.iter().sum();
        let total = n_labelled as f64 + PSEUDO_COUNT * counts.len() as f64;
        let log_frequency = |&count: &usize| ((count as f64 + PSEUDO_COUNT) / total).ln();
        let log_probabilities = counts.iter().map(|n| log_frequency(n) as f32).collect();
        let class = (0..counts.len()).rev().max_by_key(|&class| counts[class]).unwrap_or(0);
        Self { n_inputs, counts, class: class as u8, log_probabilities }
    }
}

impl DirectDecoder for FittedMajority {
    fn predict(&self, features: &[f32], _runs: &[usize]) -> Prediction {
        let n_frames = features.len() / self.n_inputs;
        Prediction {
            classes: vec![self.class; n_frames],
            log_probabilities: Some(self.log_probabilities.repeat(n_frames)),
        }
    }

    fn written(&self) -> Written {
        let mut to = Written::default();
        to.add(Operation::LogFrequencies { counts: to.name("counts") }, &[GIVEN]);
        to
    }

    fn arrays(&self) -> Vec<DecoderArray> {
        let counts = self.counts.iter().map(|&count| count as f64).collect();
        vec![DecoderArray::new("counts", &[self.counts.len()], counts)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_every_frame_the_smoothed_training_frequencies() {
        let labels = [Some(2), None, Some(0), Some(2), Some(2), None];
        let frames = LabelledFrames {
            features: &[0.5; 12],
            n_inputs: 2,
            labels: &labels,
            runs: &[6],
            n_classes: 4,
        };
        let said = Majority.fit(&frames).unwrap().predict(&[9., -9., 0., 3.], &[2]);
        assert_eq!(said.classes, [2, 2]);
        let expected = [2. / 8., 1. / 8., 4. / 8., 1. / 8f32].map(f32::ln);
        let found = said.log_probabilities.unwrap();
        assert_eq!(found.len(), 8);
        for (k, value) in found.into_iter().enumerate() {
            assert!((value - expected[k % 4]).abs() < 1e-6);
        }
    }

    #[test]
    fn takes_the_first_of_equally_frequent_classes() {
        let labels = [Some(3), Some(1), Some(3), Some(1)];
        let frames = LabelledFrames {
            features: &[0.; 4],
            n_inputs: 1,
            labels: &labels,
            runs: &[4],
            n_classes: 5,
        };
        let decoder = Majority.fit(&frames).unwrap();
        assert_eq!(decoder.predict(&[0.], &[1]).classes, [1]);
    }
}
