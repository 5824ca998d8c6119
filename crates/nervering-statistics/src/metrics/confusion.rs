//! Counts `confusion[predicted][labelled]`, and the metrics that follow from them alone. A state
//! counts as occurring when some frame is labelled with it.

/// Counts the predictions of labelled frames.
pub fn confusion(labels: &[Option<u8>], classes: &[u8], n_classes: usize) -> Vec<Vec<u64>> {
    let mut confusion = vec![vec![0u64; n_classes]; n_classes];
    for (label, &predicted) in labels.iter().zip(classes) {
        if let Some(label) = *label {
            confusion[usize::from(predicted)][usize::from(label)] += 1;
        }
    }
    confusion
}

/// Share of the counted frames on the diagonal; `None` without a frame.
pub fn accuracy(confusion: &[Vec<u64>]) -> Option<f64> {
    let total: u64 = confusion.iter().flatten().sum();
    let right: u64 = (0..confusion.len()).map(|class| confusion[class][class]).sum();
    (total > 0).then(|| right as f64 / total as f64)
}

/// Share of each labelled state that was predicted as such; `None` for a state that does not
/// occur.
pub fn recall(confusion: &[Vec<u64>]) -> Vec<Option<f64>> {
    let of_class = |class: usize| {
        let labelled = n_labelled(confusion, class);
        (labelled > 0).then(|| confusion[class][class] as f64 / labelled as f64)
    };
    (0..confusion.len()).map(of_class).collect()
}

/// Mean recall over the states that occur.
pub fn balanced_accuracy(confusion: &[Vec<u64>]) -> Option<f64> {
    mean(recall(confusion).into_iter().flatten())
}

/// Mean over the states that occur of F1 = 2 · right / (predicted + labelled).
///
/// A state that is predicted but does not occur has no term of its own (it would be 0 for a single
/// stray frame); its frames lower the recall of the states that they belong to.
pub fn macro_f1(confusion: &[Vec<u64>]) -> Option<f64> {
    let of_class = |class: usize| {
        let labelled = n_labelled(confusion, class);
        let predicted: u64 = confusion[class].iter().sum();
        let f1 = || 2. * confusion[class][class] as f64 / (predicted + labelled) as f64;
        (labelled > 0).then(f1)
    };
    mean((0..confusion.len()).filter_map(of_class))
}

fn n_labelled(confusion: &[Vec<u64>], class: usize) -> u64 {
    confusion.iter().map(|row| row[class]).sum()
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, n) = values.fold((0., 0usize), |(sum, n), value| (sum + value, n + 1));
    (n > 0).then(|| sum / n as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_that_does_not_occur_has_no_recall() {
        let confusion = vec![vec![3, 0, 0], vec![1, 0, 0], vec![0, 0, 0]];
        assert_eq!(recall(&confusion), [Some(0.75), None, None]);
        assert_eq!(balanced_accuracy(&confusion), Some(0.75));
        // Precision 1, recall ¾.
        assert_eq!(macro_f1(&confusion), Some(6. / 7.));
        assert_eq!(accuracy(&vec![vec![0; 2]; 2]), None);
        assert_eq!(macro_f1(&vec![vec![0; 2]; 2]), None);
    }
}
