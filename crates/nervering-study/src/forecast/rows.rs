//! Results of single animals to the rows of a table: errors and skill at a step, over animals.

use super::{ForecastResult, StepErrors};
use crate::summary::Spread;

/// Error and skill of one model at one step ahead, over unseen animals.
#[derive(Debug, Clone, PartialEq)]
pub struct ForecastRow {
    /// The model.
    pub model: String,
    /// Steps ahead, from 1.
    pub step: usize,
    /// Of the trace.
    pub trace: ErrorSpread,
    /// Of the derivative.
    pub derivative: ErrorSpread,
    /// Of both together.
    pub both: ErrorSpread,
    /// Animals with a forecast that was not finite. They are in no mean of this row.
    pub n_diverged: usize,
}

/// Means over animals.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ErrorSpread {
    /// Mean squared error, [0, 1]²; four times that in [−1, 1]². Nothing where every animal
    /// diverged.
    pub mse: Option<Spread>,
    /// `1 − MSE / MSE of copy`, taken in each animal, then averaged.
    pub skill: Option<Spread>,
}

/// One row per model and step, models in the order of the results.
///
/// Skill is against `copy` on the same animal; without a result of `copy` there is none.
pub fn forecast_rows(results: &[ForecastResult], steps: &[usize]) -> Vec<ForecastRow> {
    let mut models: Vec<&str> = Vec::new();
    for result in results {
        if !models.contains(&result.model.as_str()) {
            models.push(&result.model);
        }
    }
    let row = |model: &str, step: usize| {
        let of_model: Vec<_> = results.iter().filter(|result| result.model == model).collect();
        let finite: Vec<(&str, &StepErrors)> = of_model
            .iter()
            .filter_map(|result| Some((result.animal.as_str(), result.outcome.errors()?)))
            .collect();
        let spread = |of: fn(&StepErrors) -> Vec<f64>| {
            let at_step = |errors: &StepErrors| of(errors).get(step - 1).copied();
            let errors: Vec<f64> = finite.iter().filter_map(|(_, e)| at_step(e)).collect();
            let skill = |(animal, errors): &(&str, &StepErrors)| {
                let copy = results.iter().find(|r| r.model == "copy" && r.animal == *animal)?;
                Some(1. - at_step(errors)? / at_step(copy.outcome.errors()?)?)
            };
            let skills: Vec<f64> = finite.iter().filter_map(skill).collect();
            ErrorSpread { mse: Spread::of(&errors), skill: Spread::of(&skills) }
        };
        ForecastRow {
            model: model.to_owned(),
            step,
            trace: spread(|errors| errors.trace.clone()),
            derivative: spread(|errors| errors.derivative.clone()),
            both: spread(StepErrors::both),
            n_diverged: of_model.len() - finite.len(),
        }
    };
    models.iter().flat_map(|model| steps.iter().map(|&step| row(model, step))).collect()
}
