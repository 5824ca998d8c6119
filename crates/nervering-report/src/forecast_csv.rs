//! The tables of a forecasting study as CSV with unrounded numbers: every step of every row, what
//! lies behind them, and how training went. A number that does not exist is an empty field.

use crate::fits::role_name;
use crate::table::{csv_bytes, has_deviation, number, unit_name};
use nervering_fit::Outcome;
use nervering_study::Spread;
use nervering_study::forecast::{ErrorSpread, ForecastFit, ForecastRow, ForecastSection};

/// Squared errors in [−1, 1] are four times those in [0, 1].
const TO_SCRIPTS: f64 = 4.;

/// The rows of every section. Errors are mean squares in [0, 1]²; `mse_pm1` is the same mean in
/// [−1, 1]², the units of the scripts. For each quantity stand its mean, its SD and the number of
/// values it is over, which are of the row's `unit`.
pub fn forecast_csv(sections: &[ForecastSection]) -> Vec<u8> {
    let mut header: Vec<String> =
        ["variant", "n_trained", "role", "unit", "model", "step"].map(str::to_owned).into();
    for feature in ["trace", "derivative", "both"] {
        for part in ["mse_mean", "mse_sd", "mse_n", "mse_pm1", "skill_mean", "skill_sd", "skill_n"]
        {
            header.push(format!("{feature}_{part}"));
        }
    }
    header.push("n_diverged".to_owned());
    let of_section = |section: &ForecastSection| {
        let row = |row: &ForecastRow| {
            let mut fields = vec![
                section.variant.clone(),
                section.n_trained.to_string(),
                role_name(section.role).to_owned(),
                unit_name(section.unit).to_owned(),
                row.model.clone(),
                row.step.to_string(),
            ];
            for ErrorSpread { mse, skill } in [row.trace, row.derivative, row.both] {
                fields.extend(spread(mse));
                fields.push(number(mse.map(|mse| mse.mean * TO_SCRIPTS)));
                fields.extend(spread(skill));
            }
            fields.push(row.n_diverged.to_string());
            fields
        };
        section.rows.iter().map(row).collect::<Vec<_>>()
    };
    csv_bytes(&header, sections.iter().flat_map(of_section))
}

fn spread(spread: Option<Spread>) -> [String; 3] {
    [
        number(spread.map(|s| s.mean)),
        number(spread.filter(has_deviation).map(|s| s.sd)),
        spread.map_or(0, |s| s.n).to_string(),
    ]
}

/// One row per fit, evaluated animal and step: mean squared errors in [0, 1]². A forecast that was
/// not finite leaves the errors of the animal empty and says at which step it first was not.
pub fn forecast_fits_csv(fits: &[ForecastFit]) -> Vec<u8> {
    let header = [
        "variant",
        "model",
        "trained_on",
        "initialisation",
        "chosen",
        "training_diverged_in",
        "animal",
        "role",
        "n_forecasts",
        "n_diverged",
        "first_diverged_step",
        "step",
        "trace_mse",
        "derivative_mse",
    ];
    let of_fit = |fit: &ForecastFit| {
        let text = |value: Option<usize>| value.map_or_else(String::new, |v| v.to_string());
        let mut rows = Vec::new();
        for evaluation in &fit.evaluations {
            let mut beginning = vec![
                fit.variant.clone(),
                fit.model.clone(),
                fit.trained_on.join("+"),
                fit.initialisation.to_string(),
                fit.chosen.clone(),
                text(fit.training.as_ref().and_then(|training| training.diverged_in)),
                evaluation.animal.clone(),
                role_name(evaluation.role).to_owned(),
                evaluation.n_forecasts.to_string(),
            ];
            match &evaluation.outcome {
                Outcome::Finite(errors) => {
                    beginning.extend(["0".to_owned(), String::new()]);
                    let pairs = errors.trace.iter().zip(&errors.derivative).enumerate();
                    rows.extend(pairs.map(|(k, (&trace, &derivative))| {
                        let step = (k + 1).to_string();
                        let errors = [number(Some(trace)), number(Some(derivative))];
                        beginning.iter().cloned().chain([step]).chain(errors).collect()
                    }));
                }
                Outcome::Diverged { n_diverged, first_step } => {
                    beginning.extend([n_diverged.to_string(), first_step.to_string()]);
                    beginning.extend([const { String::new() }; 3]);
                    rows.push(beginning);
                }
            }
        }
        rows
    };
    csv_bytes(&header.map(str::to_owned), fits.iter().flat_map(of_fit))
}

/// One row per trained fit and epoch: the loss over its gradient steps, and that of the validation
/// frames, in the units of the protocol's features.
pub fn forecast_training_csv(fits: &[ForecastFit]) -> Vec<u8> {
    let header = [
        "variant",
        "model",
        "trained_on",
        "initialisation",
        "epoch",
        "training_loss",
        "validation_loss",
    ];
    let of_fit = |fit: &ForecastFit| {
        let training = fit.training.as_ref();
        let losses = training.map_or(&[] as &[f64], |training| &training.training_errors);
        let validation = training.map_or(&[] as &[f64], |training| &training.validation_errors);
        let row = |(k, (&loss, &validation)): (usize, (&f64, &f64))| {
            vec![
                fit.variant.clone(),
                fit.model.clone(),
                fit.trained_on.join("+"),
                fit.initialisation.to_string(),
                (k + 1).to_string(),
                number(Some(loss)),
                number(Some(validation)),
            ]
        };
        losses.iter().zip(validation).enumerate().map(row).collect::<Vec<_>>()
    };
    csv_bytes(&header.map(str::to_owned), fits.iter().flat_map(of_fit))
}
