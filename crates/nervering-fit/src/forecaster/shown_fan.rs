//! A few forecasts of one neuron with their intervals, beside what came: what a figure shows.

use super::fan::{Fan, Fans, traces_of};
use nervering_prepare::N_FEATURES;
use serde::{Deserialize, Serialize};

/// Forecasts of one neuron of one animal, in the unit of the features.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShownFans {
    /// Place of the neuron, from 0.
    pub neuron: usize,
    /// Frame that the first forecast starts from.
    pub first: usize,
    /// Traces from there to the last frame that was forecast.
    pub truth: Vec<f64>,
    /// In the order of their starts.
    pub fans: Vec<ShownFan>,
}

/// A forecast and its conformal interval of 90 %: one value per step ahead.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShownFan {
    /// Frame that it starts from.
    pub start: usize,
    /// 5 %.
    pub low: Vec<f64>,
    /// 50 %.
    pub median: Vec<f64>,
    /// 95 %.
    pub high: Vec<f64>,
}

/// Follows an animal along forecasts from consecutive frames, as [`fan_scores`](super::fan_scores) does, and keeps those
/// of a neuron from the frames `shown`, ascending. Nothing where none of them is a start or a number is not finite.
pub fn show_fans(
    fans: &Fans,
    features: &[f32],
    starts: &[usize],
    forecasts: &[f64],
    neuron: usize,
    shown: &[usize],
) -> Option<ShownFans> {
    let (n, n_steps) = (fans.n_neurons, fans.n_steps);
    let mut following = fans.begin();
    let mut found = Vec::new();
    let forecasts = forecasts.chunks_exact(n_steps * n * N_FEATURES);
    let until = shown.last()?;
    for (&start, forecast) in starts.iter().zip(forecasts).take_while(|of| of.0 <= until) {
        let said: Vec<f64> = forecast.iter().step_by(N_FEATURES).copied().collect();
        following.push(&traces_of(features, n, start), &said);
        if shown.contains(&start) {
            let Fan { low, median, high } = following.fan();
            let of = |values: Vec<f64>| values.into_iter().skip(neuron).step_by(n).collect();
            found.push(ShownFan { start, low: of(low), median: of(median), high: of(high) });
        }
    }
    let (first, last) = (found.first()?.start, found.last()?.start + n_steps);
    let truth: Vec<f64> =
        (first..=last).map(|frame| traces_of(features, n, frame)[neuron]).collect();
    let of_fans = found.iter().flat_map(|fan| fan.low.iter().chain(&fan.median).chain(&fan.high));
    let finite = truth.iter().chain(of_fans).all(|value| value.is_finite());
    finite.then_some(ShownFans { neuron, first, truth, fans: found })
}
