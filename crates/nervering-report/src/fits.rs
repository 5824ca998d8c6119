//! What lies behind a table: the evaluations of every fit and their confusion counts, as CSV.
//!
//! Both are long tables, one observation per row, ready for pandas or R. Animals trained on are
//! joined by `+`.

use crate::table::{csv_bytes, number};
use nervering_statistics::{Evaluation, NetworkStatistics, Role, TakenFrom};
use nervering_study::FitResult;

/// One row per fit and evaluated animal: how training went and every metric. Folds and initial
/// weights count from 0, epochs from 1; accuracies are in [0, 1], losses in nats per frame. What does not exist, for
/// example epochs of a model that is not trained by gradient steps, is an empty field.
pub fn fits_csv(fits: &[FitResult]) -> Vec<u8> {
    let header = [
        "variant",
        "model",
        "trained_on",
        "fold",
        "initialisation",
        "epochs",
        "best_epoch",
        "best_validation_loss",
        "final_learning_rate",
        "diverged",
        "animal",
        "role",
        "edges_from",
        "batch_norm_from",
        "n_frames",
        "n_labelled",
        "accuracy",
        "balanced_accuracy",
        "macro_f1",
        "nll",
        "calibration_error",
        "n_transitions",
        "transitions_found",
        "transition_error_s",
        "dwell_distance_s",
    ];
    let rows = evaluations(fits).map(|(fit, evaluation)| {
        let training = fit.training.as_ref();
        let transitions = evaluation.transitions.as_ref();
        let text = |value: Option<String>| value.unwrap_or_default();
        vec![
            fit.variant.clone(),
            fit.model.clone(),
            fit.trained_on.join("+"),
            fit.fold.to_string(),
            fit.initialisation.to_string(),
            text(training.map(|t| t.epochs.to_string())),
            text(training.map(|t| t.best_epoch.to_string())),
            number(training.and_then(|t| t.best_validation_loss)),
            number(training.map(|t| t.final_learning_rate)),
            text(training.map(|t| t.diverged.to_string())),
            evaluation.animal.clone(),
            role_name(evaluation.role).to_owned(),
            taken_from(evaluation, |statistics| statistics.edges),
            taken_from(evaluation, |statistics| statistics.batch_norm),
            evaluation.n_frames.to_string(),
            evaluation.n_labelled.to_string(),
            number(evaluation.accuracy),
            number(evaluation.balanced_accuracy),
            number(evaluation.macro_f1),
            number(evaluation.nll),
            number(evaluation.calibration_error),
            text(transitions.map(|t| t.n_labelled.to_string())),
            number(transitions.and_then(|t| t.found())),
            number(transitions.and_then(|t| t.mean_absolute_error_s)),
            number(evaluation.dwell_distance_s),
        ]
    });
    csv_bytes(&header.map(str::to_owned), rows)
}

/// One row per fit, evaluated animal, statistics, predicted state and labelled state: the number of
/// frames. `states` names the states of a variant, in their order; a state beyond them goes by its
/// number from 0.
pub fn confusion_csv<'a>(fits: &[FitResult], states: impl Fn(&str) -> Vec<&'a str>) -> Vec<u8> {
    let header = [
        "variant",
        "model",
        "trained_on",
        "fold",
        "initialisation",
        "animal",
        "role",
        "edges_from",
        "batch_norm_from",
        "predicted",
        "labelled",
        "n_frames",
    ];
    // Row by row: of a hundred thousand fits they would take several hundred megabytes.
    let rows = evaluations(fits).flat_map(|(fit, evaluation)| {
        let names = states(&fit.variant);
        let name = |k: usize| names.get(k).map_or_else(|| k.to_string(), |name| (*name).to_owned());
        let row = |predicted: usize, labelled: usize, count: String| {
            vec![
                fit.variant.clone(),
                fit.model.clone(),
                fit.trained_on.join("+"),
                fit.fold.to_string(),
                fit.initialisation.to_string(),
                evaluation.animal.clone(),
                role_name(evaluation.role).to_owned(),
                taken_from(evaluation, |statistics| statistics.edges),
                taken_from(evaluation, |statistics| statistics.batch_norm),
                name(predicted),
                name(labelled),
                count,
            ]
        };
        let mut of_evaluation = Vec::new();
        for (predicted, counts) in evaluation.confusion.iter().enumerate() {
            let cells = counts.iter().enumerate();
            of_evaluation.extend(cells.map(|(k, count)| row(predicted, k, count.to_string())));
        }
        of_evaluation
    });
    csv_bytes(&header.map(str::to_owned), rows)
}

/// Nothing for models that are no networks.
fn taken_from(evaluation: &Evaluation, what: fn(NetworkStatistics) -> TakenFrom) -> String {
    evaluation.statistics.map_or_else(String::new, |statistics| what(statistics).to_string())
}

fn evaluations(fits: &[FitResult]) -> impl Iterator<Item = (&FitResult, &Evaluation)> {
    fits.iter().flat_map(|fit| fit.evaluations.iter().map(move |evaluation| (fit, evaluation)))
}

/// As in `fits/*.json`.
pub(crate) fn role_name(role: Role) -> &'static str {
    match role {
        Role::SameAnimal => "same-animal",
        Role::UnseenAnimal => "unseen-animal",
        Role::ExtendedAnimal => "extended-animal",
    }
}
