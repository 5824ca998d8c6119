//! Checks of the scale of traces: already normalised, in percent, or not ΔF/F at all.

use super::finding::{Finding, per_animal};
use super::measure::{
    column_names, columns_where, mean_sd, median, quantile, range, sorted, spread, trace,
};
use crate::warning::Level::{Advice, Doubtful};
use nervering_recording::{Recording, TraceUnit};

/// Part of the traces that must be alike to say something about all.
const NEARLY_ALL: f64 = 0.9;

fn nearly_all(recording: &Recording, is: impl Fn(&[f64]) -> bool) -> bool {
    let n_neurons = recording.neurons().len() as f64;
    columns_where(recording, is).len() as f64 >= NEARLY_ALL * n_neurons
}

fn is_z_scored(trace: &[f64]) -> bool {
    // The divisor may be n or n − 1, and exports round.
    mean_sd(trace).is_some_and(|(mean, sd)| mean.abs() < 1e-3 && (sd - 1.).abs() < 5e-3)
}

/// The interval that every trace fills, where it is [0, 1] or [−1, 1].
fn unit_interval(trace: &[f64]) -> Option<&'static str> {
    let (low, high) = range(trace)?;
    let near = |a: f64, b: f64| (a - b).abs() < 1e-6;
    match () {
        () if near(low, 0.) && near(high, 1.) => Some("[0, 1]"),
        () if near(low, -1.) && near(high, 1.) => Some("[-1, 1]"),
        () => None,
    }
}

/// Normalised over the whole recording before anyone could split it: test frames leak.
pub(super) fn z_scored(recordings: &[Recording]) -> Vec<Finding> {
    per_animal(recordings, |recording| {
        let text = "the traces are z-scored over the whole recording, so they are not ΔF/F and test frames have shaped them; use the original traces";
        nearly_all(recording, is_z_scored).then(|| (Doubtful, text.into()))
    })
}

/// As [`z_scored`], by smallest and largest value.
pub(super) fn min_max_scaled(recordings: &[Recording]) -> Vec<Finding> {
    per_animal(recordings, |recording| {
        let interval = ["[0, 1]", "[-1, 1]"]
            .into_iter()
            .find(|interval| nearly_all(recording, |t| unit_interval(t) == Some(interval)))?;
        let text = format!(
            "the traces are scaled to {interval} over the whole recording, so they are not ΔF/F and test frames have shaped them; use the original traces"
        );
        Some((Doubtful, text))
    })
}

/// Median over neurons of the range and of the first percentile.
fn typical(recording: &Recording) -> Option<(f64, f64)> {
    let traces = || (0..recording.neurons().len()).map(|column| trace(recording, column));
    let range = median(traces().map(|trace| spread(&trace)))?;
    let floor = median(traces().filter_map(|trace| quantile(&sorted(trace), 0.01)))?;
    Some((range, floor))
}

/// A neuron's brightness changes by a factor of up to a few, not of ten. (The median range of a Kato
/// worm is 0.3 to 0.4.)
const LARGE_RANGE: f64 = 10.;

/// Fluorescence is positive and far from zero; ΔF/F is around zero.
fn is_raw(range: f64, floor: f64) -> bool {
    floor > 10. && floor > 0.1 * range
}

pub(super) fn percent(recordings: &[Recording]) -> Vec<Finding> {
    per_animal(recordings, |recording| {
        let (range, floor) = typical(recording)?;
        let text = || {
            format!(
                "traces span {range:.0} (median), too much for ΔF/F: are they in percent? then --unit percent-delta-f --to-delta-f divides by 100"
            )
        };
        let unit = recording.unit();
        match unit.unit {
            TraceUnit::PercentDeltaF => {
                let text = format!("the traces are {unit}; --to-delta-f divides them by 100");
                Some((Advice, text))
            }
            _ => (range > LARGE_RANGE && !is_raw(range, floor)).then(|| (Doubtful, text())),
        }
    })
}

pub(super) fn raw_fluorescence(recordings: &[Recording]) -> Vec<Finding> {
    per_animal(recordings, |recording| {
        let (range, floor) = typical(recording)?;
        let text = || {
            format!(
                "traces lie around {:.0} and never near 0: this is fluorescence; compute ΔF/F first",
                floor + range / 2.
            )
        };
        is_raw(range, floor).then(|| (Doubtful, text()))
    })
}

/// A model that was fitted on ΔF/F makes nothing sound of a ratio.
pub(super) fn ratio(recordings: &[Recording]) -> Vec<Finding> {
    per_animal(recordings, |recording| {
        let found = recording.unit();
        let text = format!(
            "the traces are {found}, around 1 where ΔF/F is around 0; do not mix the two: --to-delta-f subtracts 1"
        );
        (found.unit == TraceUnit::Ratio).then_some((Advice, text))
    })
}

/// What the file says that the traces are, against what they look like.
pub(super) fn unit_contradicted(recordings: &[Recording]) -> Vec<Finding> {
    per_animal(recordings, |recording| {
        let stated = recording.provenance().unit?;
        let guessed = recording.traces().guess_unit();
        let unlike = match (stated, guessed) {
            (TraceUnit::Unknown, _) | (_, TraceUnit::Unknown) => false,
            (stated, guessed) => stated != guessed,
        };
        let text = format!(
            "stated to be {stated}, but the values look like {guessed}; if they are, say so with --unit {}",
            guessed.as_str()
        );
        unlike.then_some((Doubtful, text))
    })
}

/// ΔF/F of −1 is darkness. A correction may go a little below.
pub(super) fn below_minus_one(recordings: &[Recording]) -> Vec<Finding> {
    per_animal(recordings, |recording| {
        let (range, floor) = typical(recording)?;
        let in_percent = recording.unit().unit == TraceUnit::PercentDeltaF;
        let is_other = nearly_all(recording, is_z_scored) || range > LARGE_RANGE;
        if in_percent || is_other || is_raw(range, floor) {
            return None;
        }
        let dark = |trace: &[f64]| {
            quantile(&sorted(trace.iter().copied()), 0.05).is_some_and(|low| low < -1.05)
        };
        let columns = columns_where(recording, dark);
        let text = || {
            format!(
                "below -1 in a twentieth of the frames or more, where ΔF/F of -1 is darkness; are they normalised or differences? {}",
                column_names(recording, &columns)
            )
        };
        (!columns.is_empty()).then(|| (Doubtful, text()))
    })
}

pub(super) fn not_bleach_corrected(recordings: &[Recording]) -> Vec<Finding> {
    const UNCORRECTED: [&str; 2] = ["deltaFOverF", "traces_raw"];
    per_animal(recordings, |recording| {
        let field = recording.provenance().trace_field.as_str();
        let text = || {
            format!(
                "{field} is not corrected for bleaching; use a corrected field where there is one"
            )
        };
        UNCORRECTED.contains(&field).then(|| (Advice, text()))
    })
}
