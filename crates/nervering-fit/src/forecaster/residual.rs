//! The forecast that a network corrects: its increments from each start, `[start, step, neuron, feature]`,
//! which the network's own are added to ([`ResidualOf`]).

use super::source::{ForecastSource, Sequence};
use crate::error::ModelError;
use nervering_models::ResidualOf;
use nervering_models::forecast::{
    BaselineForecast, DirectForecast, ForecastFrames, Forecaster, LinearLeftOut, follow,
};
use nervering_prepare::{EVALUATION_STEPS, TRAINING_STEPS};

/// By how much forecasts from some starts move at each step. `features` are `[frame, neuron, feature]`, and
/// the animal is followed from its first frame on.
pub(super) fn increments(
    forecaster: &dyn Forecaster,
    features: &[f32],
    n_columns: usize,
    starts: &[usize],
    n_steps: usize,
) -> Vec<f32> {
    let said = follow(forecaster, features, n_columns, starts, n_steps);
    let of_starts = said.chunks_exact(n_steps * n_columns).zip(starts);
    let of_start = |(said, &start): (&[f64], &usize)| {
        increments_from(&features[start * n_columns..(start + 1) * n_columns], said)
    };
    of_starts.flat_map(of_start).collect()
}

/// The same from one frame, `[neuron, feature]`, of the steps said of it.
pub(super) fn increments_from(frame: &[f32], said: &[f64]) -> Vec<f32> {
    let mut before: Vec<f64> = frame.iter().map(|&value| f64::from(value)).collect();
    let mut increments = Vec::with_capacity(said.len());
    for step in said.chunks_exact(frame.len()) {
        increments.extend(step.iter().zip(&before).map(|(now, before)| (now - before) as f32));
        before.copy_from_slice(step);
    }
    increments
}

/// What a network corrects, fitted on the animals that it learns from; nothing where that is persistence.
///
/// # Errors
/// [`ModelError::Forecast`] for a regression that finds no answer.
pub(super) fn corrected(
    residual_of: ResidualOf,
    source: &dyn ForecastSource,
) -> Result<Option<LinearLeftOut>, ModelError> {
    if residual_of == ResidualOf::Copy {
        return Ok(None);
    }
    let [n_neurons, n_features] = source.sizes();
    let animals = &source.animals();
    let frames = ForecastFrames { animals, n_neurons, n_features, n_steps: TRAINING_STEPS };
    let failed = |error| {
        let (model, trained_on) = (DirectForecast::Linear.name(), source.name());
        ModelError::Forecast { model, trained_on, source: error }
    };
    LinearLeftOut::fit(&frames).map(Some).map_err(failed)
}

/// The increments from the starts of a training animal, by what does not know it, for as many steps as
/// forecasts are ever made.
pub(super) fn of_sequence(
    corrected: &LinearLeftOut,
    sequence: &Sequence<'_>,
    n_columns: usize,
) -> Vec<f32> {
    let forecaster = sequence.animal.map_or(&corrected.of_all, |k| &corrected.without[k]);
    let Sequence { features, starts, .. } = sequence;
    increments(forecaster.as_ref(), features, n_columns, starts, EVALUATION_STEPS)
}
