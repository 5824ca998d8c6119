//! What lies behind a table: the evaluations of every fit and their confusion counts, as CSV.
//!
//! Both are long tables, one observation per row, ready for pandas or R. Animals trained on are
//! joined by `+`.

use crate::table::{csv_bytes, number};
use nervering_study::{Evaluation, FitResult, Role};

/// One row per fit and evaluated animal: how training went and every metric. Folds count from 0,
/// epochs from 1; accuracies are in [0, 1], losses in nats per frame. What does not exist, for
/// example epochs of a model that is not trained by gradient steps, is an empty field.
pub fn fits_csv(fits: &[FitResult]) -> Vec<u8> {
    let header = [
        "model",
        "trained_on",
        "fold",
        "epochs",
        "best_epoch",
        "best_validation_loss",
        "final_learning_rate",
        "diverged",
        "animal",
        "role",
        "n_frames",
        "n_labelled",
        "accuracy",
        "balanced_accuracy",
        "nll",
    ];
    let rows = evaluations(fits).map(|(fit, evaluation)| {
        let training = fit.training.as_ref();
        let text = |value: Option<String>| value.unwrap_or_default();
        vec![
            fit.model.clone(),
            fit.trained_on.join("+"),
            fit.fold.to_string(),
            text(training.map(|t| t.epochs.to_string())),
            text(training.map(|t| t.best_epoch.to_string())),
            number(training.map(|t| t.best_validation_loss)),
            number(training.map(|t| t.final_learning_rate)),
            text(training.map(|t| t.diverged.to_string())),
            evaluation.animal.clone(),
            role_name(evaluation.role).to_owned(),
            evaluation.n_frames.to_string(),
            evaluation.n_labelled.to_string(),
            number(evaluation.accuracy),
            number(evaluation.balanced_accuracy),
            number(evaluation.nll),
        ]
    });
    csv_bytes(&header.map(str::to_owned), rows)
}

/// One row per fit, evaluated animal, predicted state and labelled state: the number of frames.
/// A state beyond the list of names goes by its number from 0.
pub fn confusion_csv(fits: &[FitResult], states: &[String]) -> Vec<u8> {
    let header =
        ["model", "trained_on", "fold", "animal", "role", "predicted", "labelled", "n_frames"];
    let name = |state: usize| states.get(state).cloned().unwrap_or_else(|| state.to_string());
    let rows = evaluations(fits).flat_map(|(fit, evaluation)| {
        evaluation.confusion.iter().enumerate().flat_map(move |(predicted, counts)| {
            counts.iter().enumerate().map(move |(labelled, count)| {
                vec![
                    fit.model.clone(),
                    fit.trained_on.join("+"),
                    fit.fold.to_string(),
                    evaluation.animal.clone(),
                    role_name(evaluation.role).to_owned(),
                    name(predicted),
                    name(labelled),
                    count.to_string(),
                ]
            })
        })
    });
    csv_bytes(&header.map(str::to_owned), rows)
}

fn evaluations(fits: &[FitResult]) -> impl Iterator<Item = (&FitResult, &Evaluation)> {
    fits.iter().flat_map(|fit| fit.evaluations.iter().map(move |evaluation| (fit, evaluation)))
}

/// As in `fits/*.json`.
fn role_name(role: Role) -> &'static str {
    match role {
        Role::SameAnimal => "same-animal",
        Role::UnseenAnimal => "unseen-animal",
    }
}
