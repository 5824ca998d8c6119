//! Errors of forecasts, step by step, and what became of forecasts that are not finite.

use nervering_prepare::N_FEATURES;
use serde::{Deserialize, Serialize};

/// Mean squared errors of finite forecasts; each list has one value per step ahead, the first
/// of step 1. Units are those of the features: [0, 1] here, so × 4 for [−1, 1].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepErrors {
    /// Of traces, mean over starts and the neurons that were scored.
    pub trace: Vec<f64>,
    /// Of derivatives.
    pub derivative: Vec<f64>,
}

impl StepErrors {
    /// Of traces and derivatives together, per step: there are as many of either.
    pub fn both(&self) -> Vec<f64> {
        self.trace.iter().zip(&self.derivative).map(|(t, d)| (t + d) / 2.).collect()
    }
}

/// What came of the forecasts of one animal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Outcome {
    /// All of them are finite.
    Finite(StepErrors),
    /// Some are not. No error is stated, since the mean over the others would flatter the model.
    Diverged {
        /// How many.
        n_diverged: usize,
        /// The first step, from 1, at which one is not finite.
        first_step: usize,
    },
}

impl Outcome {
    /// The errors, where all forecasts are finite.
    pub fn errors(&self) -> Option<&StepErrors> {
        match self {
            Self::Finite(errors) => Some(errors),
            Self::Diverged { .. } => None,
        }
    }
}

/// Compares forecasts with what came. `features` are row-major `[frame, neuron, feature]` with trace
/// and derivative, `forecasts` `[start, step, neuron, feature]`; errors are of the neurons at the places
/// `scored`, and a forecast is finite where it is so for all.
///
/// # Panics
/// Without a start or a scored neuron, or when frames are asked for that the features do not have.
pub fn forecast_errors(
    features: &[f32],
    n_neurons: usize,
    starts: &[usize],
    n_steps: usize,
    forecasts: &[f64],
    scored: &[usize],
) -> Outcome {
    assert!(!starts.is_empty(), "found no start, expected at least one");
    assert!(!scored.is_empty(), "found no neuron to score, expected at least one");
    let n_columns = n_neurons * N_FEATURES;
    // `[step, feature]`.
    let mut sums = vec![[0f64; N_FEATURES]; n_steps];
    let (mut n_diverged, mut first_step) = (0, n_steps);
    let of_starts = forecasts.chunks_exact(n_steps * n_columns);
    for (forecast, &start) in of_starts.zip(starts) {
        let not_finite = forecast.iter().position(|value| !value.is_finite());
        if let Some(at) = not_finite {
            n_diverged += 1;
            first_step = first_step.min(at / n_columns + 1);
            continue;
        }
        let truth = features[(start + 1) * n_columns..].chunks_exact(n_columns);
        for ((sums, said), truth) in
            sums.iter_mut().zip(forecast.chunks_exact(n_columns)).zip(truth)
        {
            for at in scored.iter().map(|neuron| neuron * N_FEATURES) {
                for (feature, sum) in sums.iter_mut().enumerate() {
                    *sum += (said[at + feature] - f64::from(truth[at + feature])).powi(2);
                }
            }
        }
    }
    if n_diverged > 0 {
        return Outcome::Diverged { n_diverged, first_step };
    }
    let n = (starts.len() * scored.len()) as f64;
    let of_feature = |feature: usize| sums.iter().map(|sums| sums[feature] / n).collect();
    Outcome::Finite(StepErrors { trace: of_feature(0), derivative: of_feature(1) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_means_over_starts_and_neurons() {
        // Trace = frame, derivative = 1, of two neurons; forecast by copying.
        let features: Vec<f32> = (0..20).flat_map(|t| [t as f32, 1., t as f32, 1.]).collect();
        let copy = |start: usize| (0..3).flat_map(move |_| [start as f64, 1., start as f64, 1.5]);
        let starts = [0, 5];
        let forecasts: Vec<f64> = starts.into_iter().flat_map(copy).collect();
        let outcome = forecast_errors(&features, 2, &starts, 3, &forecasts, &[0, 1]);
        let errors = outcome.errors().unwrap();
        assert_eq!(errors.trace, [1., 4., 9.]);
        assert_eq!(errors.derivative, [0.125; 3]);
        assert_eq!(errors.both(), [0.5625, 2.0625, 4.5625]);
        let of_second = forecast_errors(&features, 2, &starts, 3, &forecasts, &[1]);
        assert_eq!(of_second.errors().unwrap().derivative, [0.25; 3]);
    }

    #[test]
    fn a_forecast_that_is_not_finite_is_averaged_into_nothing() {
        let features: Vec<f32> = (0..20).flat_map(|t| [t as f32, 1.]).collect();
        let mut forecasts = vec![0.; 12];
        forecasts[9] = f64::NAN;
        let outcome = forecast_errors(&features, 1, &[0, 4], 3, &forecasts, &[0]);
        assert_eq!(outcome, Outcome::Diverged { n_diverged: 1, first_step: 2 });
    }
}
