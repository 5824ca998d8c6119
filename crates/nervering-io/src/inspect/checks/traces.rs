//! Checks of traces, times and derivatives.

use super::{Finding, listed, per_animal, range};
use crate::warning::Level::{Advice, Doubtful, Wrong};
use nervering_recording::Recording;

pub(super) fn flat_trace(recordings: &[Recording]) -> Vec<Finding> {
    per_animal(recordings, |recording| {
        let flat =
            columns_where(recording, |trace| range(trace).is_none_or(|(low, high)| low == high));
        let text = || {
            format!("constant or missing throughout, so they cannot be scaled: {}", listed(&flat))
        };
        (!flat.is_empty()).then(|| (Wrong, text()))
    })
}

pub(super) fn missing_values(recordings: &[Recording]) -> Vec<Finding> {
    per_animal(recordings, |recording| {
        let holes = columns_where(recording, |trace| trace.iter().any(|v| v.is_nan()));
        let text =
            || format!("missing values (NaN) in {} neurons: {}", holes.len(), listed(&holes));
        (!holes.is_empty()).then(|| (Doubtful, text()))
    })
}

/// Normalised over the whole recording before anyone could split it: test frames leak.
pub(super) fn normalised_traces(recordings: &[Recording]) -> Vec<Finding> {
    let z_scored = |trace: &[f64]| {
        let n = trace.len() as f64;
        let mean = trace.iter().sum::<f64>() / n;
        let variance = trace.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n;
        mean.abs() < 1e-3 && (variance - 1.).abs() < 1e-2
    };
    let unit = |trace: &[f64]| range(trace) == Some((0., 1.));
    per_animal(recordings, |recording| {
        let n_neurons = recording.neurons().len();
        let all = |is: fn(&[f64]) -> bool| columns_where(recording, is).len() == n_neurons;
        let how = if all(z_scored) {
            "z-scored"
        } else if all(unit) {
            "scaled to [0, 1]"
        } else {
            return None;
        };
        let text = format!(
            "every trace is {how} over the whole recording, so it is not ΔF/F and test frames have shaped it"
        );
        Some((Doubtful, text))
    })
}

pub(super) fn time_unit(recordings: &[Recording]) -> Vec<Finding> {
    per_animal(recordings, |recording| {
        let fps = recording.time().fps();
        let text = if fps < 0.02 {
            format!("a frame every {:.0} s; are the times in milliseconds?", 1. / fps)
        } else if fps > 60. {
            format!("{fps:.0} frames per second; are the times in minutes?")
        } else if !(0.5..=30.).contains(&fps) {
            format!("{fps:.2} frames per second is unusual for whole-brain imaging")
        } else {
            return None;
        };
        Some((Doubtful, text))
    })
}

pub(super) fn too_short(recordings: &[Recording]) -> Vec<Finding> {
    const WINDOW: usize = 8;
    const FOLDS: usize = 10;
    per_animal(recordings, |recording| {
        let n_frames = recording.n_frames();
        let text =
            || format!("{n_frames} frames do not fill {FOLDS} folds of windows of {WINDOW} frames");
        (n_frames < WINDOW * FOLDS).then(|| (Doubtful, text()))
    })
}

pub(super) fn different_rates(recordings: &[Recording]) -> Vec<Finding> {
    let rates: Vec<f64> = recordings.iter().map(|recording| recording.time().fps()).collect();
    match range(&rates) {
        Some((low, high)) if high > 1.25 * low => {
            let text = format!(
                "recorded at {low:.2} to {high:.2} frames per second; a step of one frame is not the same time in all"
            );
            vec![(Advice, "all animals".into(), text)]
        }
        _ => Vec::new(),
    }
}

/// Correlation of the file's derivative with central differences, the median over neurons.
pub(super) fn derivative_mismatch(recordings: &[Recording]) -> Vec<Finding> {
    per_animal(recordings, |recording| {
        let derivative = recording.file_derivative()?;
        let seconds = recording.time().seconds();
        let mut correlations = Vec::new();
        for column in 0..recording.neurons().len() {
            let trace: Vec<f64> = recording.traces().neuron(column).collect();
            let stated: Vec<f64> = derivative.values.neuron(column).collect();
            let pairs = (1..trace.len().saturating_sub(1)).map(|k| {
                let slope = (trace[k + 1] - trace[k - 1]) / (seconds[k + 1] - seconds[k - 1]);
                (slope, stated[k])
            });
            correlations.extend(correlation(pairs.filter(|(a, b)| a.is_finite() && b.is_finite())));
        }
        correlations.sort_by(f64::total_cmp);
        let median = *correlations.get(correlations.len() / 2)?;
        let text = || {
            format!(
                "{} correlates with the slope of the traces by {median:.2} only; does it belong to them?",
                derivative.field
            )
        };
        (median < 0.2).then(|| (Doubtful, text()))
    })
}

/// Columns whose trace satisfies a condition, by name where there is one.
fn columns_where(recording: &Recording, is: impl Fn(&[f64]) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    for (column, label) in recording.neurons().iter().enumerate() {
        let trace: Vec<f64> = recording.traces().neuron(column).collect();
        if is(&trace) {
            found.push(match label.name() {
                Some(name) => name.to_string(),
                None => format!("column {} ({label})", column + 1),
            });
        }
    }
    found
}

/// Pearson's correlation; none when either side does not vary.
fn correlation(pairs: impl Iterator<Item = (f64, f64)>) -> Option<f64> {
    let pairs: Vec<(f64, f64)> = pairs.collect();
    let n = pairs.len() as f64;
    let (sum_a, sum_b) = pairs.iter().fold((0., 0.), |(a, b), pair| (a + pair.0, b + pair.1));
    let (mean_a, mean_b) = (sum_a / n, sum_b / n);
    let (mut aa, mut bb, mut ab) = (0., 0., 0.);
    for (a, b) in pairs {
        aa += (a - mean_a).powi(2);
        bb += (b - mean_b).powi(2);
        ab += (a - mean_a) * (b - mean_b);
    }
    let scale = (aa * bb).sqrt();
    (scale > 0.).then(|| ab / scale)
}
