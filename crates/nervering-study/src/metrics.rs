//! Metrics of one evaluation, over the frames with a known state: accuracy, balanced accuracy,
//! mean negative log-likelihood and the confusion counts they come from.

use crate::result::{Evaluation, Role};
use nervering_models::Prediction;

/// Counts a prediction against the labels of the same frames.
///
/// # Panics
/// When prediction and labels differ in length.
pub(crate) fn evaluate(
    animal: &str,
    role: Role,
    labels: &[Option<u8>],
    prediction: &Prediction,
    n_classes: usize,
) -> Evaluation {
    assert_eq!(labels.len(), prediction.classes.len(), "one prediction per frame");
    let mut confusion = vec![vec![0u64; n_classes]; n_classes];
    let mut nll = 0f64;
    for (frame, (label, &predicted)) in labels.iter().zip(&prediction.classes).enumerate() {
        let Some(label) = *label else { continue };
        confusion[usize::from(predicted)][usize::from(label)] += 1;
        if let Some(log_probabilities) = &prediction.log_probabilities {
            nll -= f64::from(log_probabilities[frame * n_classes + usize::from(label)]);
        }
    }
    let n_labelled: u64 = confusion.iter().flatten().sum();
    let some = |value: f64| (n_labelled > 0).then_some(value);
    let has_probabilities = prediction.log_probabilities.is_some();
    Evaluation {
        animal: animal.to_owned(),
        role,
        n_frames: labels.len(),
        n_labelled: n_labelled as usize,
        accuracy: accuracy(&confusion),
        balanced_accuracy: balanced_accuracy(&confusion),
        nll: some(nll / n_labelled as f64).filter(|_| has_probabilities),
        confusion,
    }
}

/// Share of the counted frames on the diagonal; `None` without a frame.
pub(crate) fn accuracy(confusion: &[Vec<u64>]) -> Option<f64> {
    let total: u64 = confusion.iter().flatten().sum();
    let right: u64 = (0..confusion.len()).map(|class| confusion[class][class]).sum();
    (total > 0).then(|| right as f64 / total as f64)
}

/// Share of each labelled state that was predicted as such; `None` for a state that does not
/// occur.
pub(crate) fn recall(confusion: &[Vec<u64>]) -> Vec<Option<f64>> {
    let of_class = |class: usize| {
        let labelled: u64 = confusion.iter().map(|row| row[class]).sum();
        (labelled > 0).then(|| confusion[class][class] as f64 / labelled as f64)
    };
    (0..confusion.len()).map(of_class).collect()
}

/// Mean recall over the states that occur.
pub(crate) fn balanced_accuracy(confusion: &[Vec<u64>]) -> Option<f64> {
    let recalls: Vec<f64> = recall(confusion).into_iter().flatten().collect();
    (!recalls.is_empty()).then(|| recalls.iter().sum::<f64>() / recalls.len() as f64)
}

/// The most probable class of each frame; the first of several.
pub(crate) fn most_probable(log_probabilities: &[f32], n_classes: usize) -> Vec<u8> {
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
    fn unknown_frames_count_nowhere() {
        let labels = [Some(0), None, Some(1), Some(1), Some(1)];
        let prediction = Prediction {
            classes: vec![0, 0, 1, 0, 1],
            log_probabilities: Some([0.5f32, 0.5].map(f32::ln).repeat(5)),
        };
        let evaluation = evaluate("a", Role::SameAnimal, &labels, &prediction, 2);
        assert_eq!((evaluation.n_frames, evaluation.n_labelled), (5, 4));
        assert_eq!(evaluation.confusion, [[1, 1], [0, 2]]);
        assert_eq!(evaluation.accuracy, Some(0.75));
        assert_eq!(evaluation.balanced_accuracy, Some((1. + 2. / 3.) / 2.));
        assert!((evaluation.nll.unwrap() - 2f64.ln()).abs() < 1e-6);
    }

    #[test]
    fn a_state_that_does_not_occur_has_no_recall() {
        let confusion = vec![vec![3, 0, 0], vec![1, 0, 0], vec![0, 0, 0]];
        assert_eq!(recall(&confusion), [Some(0.75), None, None]);
        assert_eq!(balanced_accuracy(&confusion), Some(0.75));
        assert_eq!(accuracy(&vec![vec![0; 2]; 2]), None);
    }

    #[test]
    fn ties_go_to_the_first_class() {
        assert_eq!(most_probable(&[0., 1., 1., 2., 2., 0.], 3), [1, 0]);
    }
}
