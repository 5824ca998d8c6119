//! Checks of the derivative that came with a file.
//!
//! Published derivatives are smoothed (by total variation in Kato et al.), so they are compared with
//! central differences of traces that are smoothed too, by the width that agrees best.

use super::finding::{Finding, per_animal};
use super::measure::{correlation, median, regression, trace};
use crate::warning::Level::{Advice, Doubtful};
use nervering_recording::{FileDerivative, Recording};

/// Widths in frames of the moving averages under which a derivative may agree with the slope.
const WIDTHS: [usize; 4] = [1, 3, 7, 15];
/// Median correlation below which a derivative does not belong to the traces.
const AGREES: f64 = 0.3;
/// Frames by which a derivative is looked for before and after its place.
const MAX_LAG: isize = 4;

/// Correlation with the slope of the traces smoothed by a width, the derivative taken `lag` frames
/// later; the median over neurons.
fn agreement(
    recording: &Recording,
    derivative: &FileDerivative,
    width: usize,
    lag: isize,
) -> Option<f64> {
    let columns = 0..recording.neurons().len();
    let of_column = |column: usize| {
        let slopes = slopes(recording, column, width);
        let stated: Vec<f64> = derivative.values.neuron(column).collect();
        let pairs = slopes.iter().enumerate().filter_map(|(frame, slope)| {
            Some((*stated.get(frame.checked_add_signed(lag)?)?, *slope))
        });
        regression(pairs).map(|(_, correlation)| correlation)
    };
    let correlations: Vec<f64> = columns.filter_map(of_column).collect();
    median(correlations)
}

/// The agreement in place, under the smoothing that fits best.
fn in_place(recording: &Recording, derivative: &FileDerivative) -> Option<f64> {
    let of_width = |width| agreement(recording, derivative, width, 0);
    WIDTHS.into_iter().filter_map(of_width).max_by(|a, b| a.abs().total_cmp(&b.abs()))
}

/// The lag at which the derivative agrees best, and how well. Without smoothing, which would make
/// neighbouring places alike.
fn best_lag(recording: &Recording, derivative: &FileDerivative) -> Option<(isize, f64)> {
    let at = |lag| Some((lag, agreement(recording, derivative, 1, lag)?));
    (-MAX_LAG..=MAX_LAG).filter_map(at).max_by(|a, b| a.1.total_cmp(&b.1))
}

/// Central differences per second of a trace smoothed by a moving average; NaN at both ends.
fn slopes(recording: &Recording, column: usize, width: usize) -> Vec<f64> {
    let (trace, seconds) = (trace(recording, column), recording.time().seconds());
    let half = width / 2;
    let smooth = |frame: usize| {
        let (from, to) = (frame.saturating_sub(half), (frame + half + 1).min(trace.len()));
        trace[from..to].iter().sum::<f64>() / (to - from) as f64
    };
    let mut slopes = vec![f64::NAN; trace.len()];
    for frame in 1..trace.len().saturating_sub(1) {
        let rise = smooth(frame + 1) - smooth(frame - 1);
        slopes[frame] = rise / (seconds[frame + 1] - seconds[frame - 1]);
    }
    slopes
}

pub(super) fn mismatch(recordings: &[Recording]) -> Vec<Finding> {
    per_animal(recordings, |recording| {
        let derivative = recording.file_derivative()?;
        let correlation = in_place(recording, derivative)?;
        let why =
            if correlation < -AGREES { "is its sign reversed?" } else { "is it of other traces?" };
        let text = || {
            format!(
                "{} correlates with the slope of the traces by {correlation:.2} only (median, the best of {} smoothings); {why} have it computed instead",
                derivative.field,
                WIDTHS.len()
            )
        };
        let elsewhere = best_lag(recording, derivative)?;
        (correlation < AGREES && elsewhere.1 < AGREES).then(|| (Doubtful, text()))
    })
}

/// One frame off is what a simple difference is, and smoothing flattens the best place.
pub(super) fn shifted(recordings: &[Recording]) -> Vec<Finding> {
    per_animal(recordings, |recording| {
        let derivative = recording.file_derivative()?;
        let here = agreement(recording, derivative, 1, 0)?;
        let (lag, there) = best_lag(recording, derivative)?;
        let text = || {
            format!(
                "{} agrees with the slope of the traces {} frames {} its place (correlation {there:.2}, in place {here:.2}); align it or have it computed",
                derivative.field,
                lag.unsigned_abs(),
                if lag > 0 { "after" } else { "before" }
            )
        };
        (lag.abs() > 1 && there >= AGREES && there > here + 0.1).then(|| (Doubtful, text()))
    })
}

/// Frames over which a derivative is summed to compare it with the rise of its trace: smoothing
/// changes a derivative from frame to frame, but hardly its sum.
const SUMMED: usize = 15;

pub(super) fn unit(recordings: &[Recording]) -> Vec<Finding> {
    per_animal(recordings, |recording| {
        let derivative = recording.file_derivative()?;
        let fps = recording.time().fps();
        let columns = 0..recording.neurons().len();
        let rises: Vec<Agreement> =
            columns.filter_map(|column| rise(recording, derivative, column)).collect();
        let factor = median(rises.iter().map(|rise| rise.slope))?;
        let correlation = median(rises.iter().map(|rise| rise.correlation))?;
        if correlation < 0.5 || factor <= 0. {
            return None;
        }
        let per_frame = fps > 1.8 && (0.7 * fps..1.4 * fps).contains(&factor);
        let advice = match factor {
            _ if per_frame => format!("is it per frame? then multiply it by {fps:.2}"),
            _ if !(0.5..2.).contains(&factor) => "is it in other units?".to_owned(),
            _ => return None,
        };
        let text = format!(
            "the traces rise by {factor:.3} times what {} says per second (median); {advice}",
            derivative.field
        );
        Some((Doubtful, text))
    })
}

/// How two quantities go together.
struct Agreement {
    slope: f64,
    correlation: f64,
}

/// How the rise of a trace over [`SUMMED`] frames goes with the summed derivative.
fn rise(recording: &Recording, derivative: &FileDerivative, column: usize) -> Option<Agreement> {
    let (trace, seconds) = (trace(recording, column), recording.time().seconds());
    let stated: Vec<f64> = derivative.values.neuron(column).collect();
    let starts = 0..trace.len().saturating_sub(SUMMED);
    let pairs = starts.map(|from| {
        let to = from + SUMMED;
        let sum: f64 = (from..to).map(|k| stated[k] * (seconds[k + 1] - seconds[k])).sum();
        (sum, trace[to] - trace[from])
    });
    regression(pairs).map(|(slope, correlation)| Agreement { slope, correlation })
}

pub(super) fn missing_values(recordings: &[Recording]) -> Vec<Finding> {
    per_animal(recordings, |recording| {
        let derivative = recording.file_derivative()?;
        let pairs = derivative.values.values().iter().zip(recording.traces().values());
        let n = pairs.filter(|(stated, value)| stated.is_nan() && !value.is_nan()).count();
        let text = || {
            format!(
                "{} lacks {n} values (NaN) that the traces have; have it computed instead",
                derivative.field
            )
        };
        (n > 0).then(|| (Doubtful, text()))
    })
}

/// Whether the derivative at a frame knows of the next one: its correlation with the coming step of
/// the trace, when what the last steps tell of both is taken out.
pub(super) fn looks_ahead(recordings: &[Recording]) -> Vec<Finding> {
    per_animal(recordings, |recording| {
        let derivative = recording.file_derivative()?;
        let columns = 0..recording.neurons().len();
        let known = median(columns.filter_map(|k| knows(recording, derivative, k)))?;
        let text = || {
            format!(
                "{} at a frame knows the step to the next (partial correlation {known:.2}, median): as an input it leaks what a one-step forecast is to predict; use a causal derivative there",
                derivative.field
            )
        };
        (known > 0.3).then(|| (Advice, text()))
    })
}

/// Steps before a frame from which its derivative may be made, and the next step foreseen.
const PAST: usize = 5;

fn knows(recording: &Recording, derivative: &FileDerivative, column: usize) -> Option<f64> {
    let trace = trace(recording, column);
    let stated: Vec<f64> = derivative.values.neuron(column).collect();
    let frames = || PAST..trace.len().saturating_sub(1);
    let sound = |&k: &usize| {
        stated[k].is_finite() && trace[k - PAST..=k + 1].iter().all(|value| value.is_finite())
    };
    let at = |of: &dyn Fn(usize) -> f64| -> Vec<f64> { frames().filter(sound).map(of).collect() };
    let mut stated_there = at(&|k| stated[k]);
    let mut next = at(&|k| trace[k + 1] - trace[k]);
    let size = |values: &[f64]| values.iter().map(|v| v * v).sum::<f64>();
    let before = size(&stated_there);
    let mut past = Vec::<Vec<f64>>::new();
    for lag in 0..PAST {
        let mut step = at(&|k| trace[k - lag] - trace[k - lag - 1]);
        past.iter().for_each(|earlier| remove(&mut step, earlier));
        past.push(step);
    }
    for step in &past {
        remove(&mut stated_there, step);
        remove(&mut next, step);
    }
    // A weighted sum of past steps is explained by them, and knows nothing.
    if size(&stated_there) < 1e-6 * before {
        return Some(0.);
    }
    correlation(&stated_there, &next)
}

/// Takes out of `values` what is proportional to `other`.
fn remove(values: &mut [f64], other: &[f64]) {
    let size: f64 = other.iter().map(|v| v * v).sum();
    let along: f64 = values.iter().zip(other).map(|(a, b)| a * b).sum();
    if size > 0. {
        values.iter_mut().zip(other).for_each(|(a, b)| *a -= along / size * b);
    }
}
