//! The rows of a table: per model and number of training animals, mean and standard deviation
//! over (subset × evaluated animal), each averaged over its folds first, so that folds of one
//! animal do not count as independent.

use crate::metrics;
use crate::result::{Evaluation, FitResult, Role};
use crate::run::StudyResults;
use std::collections::BTreeMap;

/// Mean and spread over (subset × animal).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// Mean.
    pub mean: f64,
    /// Sample standard deviation; 0 for a single value.
    pub sd: f64,
    /// Values: subsets × animals.
    pub n: usize,
}

/// One row of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct SummaryRow {
    /// The model.
    pub model: String,
    /// Animals trained on.
    pub n_trained: usize,
    /// Accuracy on the test folds of the animals trained on, in [0, 1].
    pub same: Option<Spread>,
    /// Balanced accuracy there.
    pub same_balanced: Option<Spread>,
    /// Accuracy on whole recordings of other animals, in [0, 1].
    pub unseen: Option<Spread>,
    /// Balanced accuracy there.
    pub unseen_balanced: Option<Spread>,
    /// Mean negative log-likelihood there.
    pub unseen_nll: Option<Spread>,
    /// Recall of each state on unseen animals, all counts pooled.
    pub recall_unseen: Vec<Option<f64>>,
    /// Fits behind the row.
    pub n_fits: usize,
}

/// One row per training size and model, in the order of the fits.
pub fn summary(results: &StudyResults) -> Vec<SummaryRow> {
    let mut rows: Vec<(&str, usize, Vec<&FitResult>)> = Vec::new();
    for fit in &results.fits {
        let (model, n) = (fit.model.as_str(), fit.trained_on.len());
        match rows.iter_mut().find(|row| (row.0, row.1) == (model, n)) {
            Some(row) => row.2.push(fit),
            None => rows.push((model, n, vec![fit])),
        }
    }
    rows.into_iter().map(|(model, n, fits)| row(model, n, &fits, results.states.len())).collect()
}

fn row(model: &str, n_trained: usize, fits: &[&FitResult], n_states: usize) -> SummaryRow {
    let spread = |role, metric: fn(&Evaluation) -> Option<f64>| spread(fits, role, metric);
    let mut pooled = vec![vec![0u64; n_states]; n_states];
    for evaluation in fits.iter().flat_map(|fit| &fit.evaluations) {
        if evaluation.role == Role::UnseenAnimal {
            let counts = pooled.iter_mut().flatten().zip(evaluation.confusion.iter().flatten());
            counts.for_each(|(sum, count)| *sum += count);
        }
    }
    SummaryRow {
        model: model.to_owned(),
        n_trained,
        same: spread(Role::SameAnimal, |e| e.accuracy),
        same_balanced: spread(Role::SameAnimal, |e| e.balanced_accuracy),
        unseen: spread(Role::UnseenAnimal, |e| e.accuracy),
        unseen_balanced: spread(Role::UnseenAnimal, |e| e.balanced_accuracy),
        unseen_nll: spread(Role::UnseenAnimal, |e| e.nll),
        recall_unseen: metrics::recall(&pooled),
        n_fits: fits.len(),
    }
}

fn spread(
    fits: &[&FitResult],
    role: Role,
    metric: fn(&Evaluation) -> Option<f64>,
) -> Option<Spread> {
    let mut folds: BTreeMap<(&[String], &str), Vec<f64>> = BTreeMap::new();
    for fit in fits {
        for evaluation in fit.evaluations.iter().filter(|evaluation| evaluation.role == role) {
            let key = (fit.trained_on.as_slice(), evaluation.animal.as_str());
            folds.entry(key).or_default().extend(metric(evaluation));
        }
    }
    let means: Vec<f64> =
        folds.into_values().filter(|folds| !folds.is_empty()).map(|folds| mean(&folds)).collect();
    if means.is_empty() {
        return None;
    }
    let centre = mean(&means);
    let squares: f64 = means.iter().map(|value| (value - centre).powi(2)).sum();
    let sd = (squares / (means.len() - 1).max(1) as f64).sqrt();
    Some(Spread { mean: centre, sd, n: means.len() })
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fit(trained_on: &str, fold: usize, accuracies: &[(&str, Role, f64)]) -> FitResult {
        let evaluation = |&(animal, role, accuracy): &(&str, Role, f64)| Evaluation {
            animal: animal.into(),
            role,
            n_frames: 10,
            n_labelled: 10,
            accuracy: Some(accuracy),
            balanced_accuracy: Some(accuracy),
            macro_f1: None,
            nll: None,
            calibration_error: None,
            transitions: None,
            dwell_distance_s: None,
            confusion: vec![vec![1, 0], vec![1, 2]],
        };
        FitResult {
            model: "gnn".into(),
            trained_on: vec![trained_on.into()],
            fold,
            training: None,
            evaluations: accuracies.iter().map(evaluation).collect(),
        }
    }

    #[test]
    fn folds_are_averaged_before_the_spread_over_animals() {
        use Role::{SameAnimal, UnseenAnimal};
        let fits = vec![
            fit("a", 0, &[("a", SameAnimal, 1.), ("b", UnseenAnimal, 0.5)]),
            fit("a", 1, &[("a", SameAnimal, 0.8), ("b", UnseenAnimal, 0.7)]),
            fit("b", 0, &[("b", SameAnimal, 1.), ("a", UnseenAnimal, 0.9)]),
            fit("b", 1, &[("b", SameAnimal, 1.), ("a", UnseenAnimal, 0.9)]),
        ];
        let states = vec!["x".into(), "y".into()];
        let rows = summary(&StudyResults { fits, states, notes: Vec::new() });
        assert_eq!(rows.len(), 1);
        let unseen = rows[0].unseen.unwrap();
        assert_eq!(unseen.n, 2);
        assert!((unseen.mean - 0.75).abs() < 1e-12);
        assert!((unseen.sd - (2. * 0.15f64.powi(2)).sqrt()).abs() < 1e-12);
        assert!((rows[0].same.unwrap().mean - 0.95).abs() < 1e-12);
        assert_eq!(rows[0].recall_unseen, [Some(0.5), Some(1.)]);
        assert_eq!((rows[0].n_fits, rows[0].unseen_nll), (4, None));
    }
}
