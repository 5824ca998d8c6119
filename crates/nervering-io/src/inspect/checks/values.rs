//! Checks of the values of traces: missing, constant, cut, repeated.

use super::finding::{Finding, counted, listed, per_animal};
use super::measure::{column_name, column_names, columns_where, range, trace};
use crate::warning::Level::{Doubtful, Wrong};
use nervering_recording::Recording;
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

pub(super) fn flat_trace(recordings: &[Recording]) -> Vec<Finding> {
    per_animal(recordings, |recording| {
        let flat = columns_where(recording, is_flat);
        let named = flat.iter().any(|&column| recording.neurons()[column].name().is_some());
        let level = if named { Wrong } else { Doubtful };
        let text = || {
            format!(
                "constant or missing throughout, so they cannot be scaled; leave them out: {}",
                column_names(recording, &flat)
            )
        };
        (!flat.is_empty()).then(|| (level, text()))
    })
}

fn is_flat(trace: &[f64]) -> bool {
    range(trace).is_none_or(|(low, high)| low == high)
}

pub(super) fn missing_values(recordings: &[Recording]) -> Vec<Finding> {
    per_animal(recordings, |recording| {
        let holes = columns_where(recording, |trace| trace.iter().any(|v| v.is_nan()));
        let n_missing = recording.traces().values().iter().filter(|v| v.is_nan()).count();
        let text = || {
            format!(
                "{} missing (NaN) in {}; interpolate or leave the neurons out: {}",
                counted(n_missing, "value"),
                counted(holes.len(), "neuron"),
                column_names(recording, &holes)
            )
        };
        (!holes.is_empty()).then(|| (Doubtful, text()))
    })
}

/// A trace that stands at its largest or smallest value in many frames, and for several in a row.
pub(super) fn saturated_trace(recordings: &[Recording]) -> Vec<Finding> {
    const IN_A_ROW: usize = 5;
    let cut = |trace: &[f64]| {
        let Some((low, high)) = range(trace).filter(|(low, high)| low < high) else { return false };
        let at_least = (trace.len() / 100).max(2 * IN_A_ROW);
        [low, high].into_iter().any(|bound| {
            let n = trace.iter().filter(|v| **v == bound).count();
            n >= at_least && longest_run(trace, |v| v == bound) >= IN_A_ROW
        })
    };
    per_animal(recordings, |recording| {
        let columns = columns_where(recording, cut);
        let text = || {
            format!(
                "cut at their largest or smallest value, as by a saturated camera or a clipped export: {}",
                column_names(recording, &columns)
            )
        };
        (!columns.is_empty()).then(|| (Doubtful, text()))
    })
}

/// A trace that keeps a value between its extremes: frames filled in, or tracking lost.
pub(super) fn stuck_trace(recordings: &[Recording]) -> Vec<Finding> {
    const IN_A_ROW: usize = 15;
    let stuck = |trace: &[f64]| {
        let Some((low, high)) = range(trace).filter(|(low, high)| low < high) else { return false };
        trace
            .chunk_by(|a, b| a == b)
            .any(|run| run.len() >= IN_A_ROW && run[0] != low && run[0] != high)
    };
    per_animal(recordings, |recording| {
        let columns = columns_where(recording, stuck);
        let text = || {
            format!(
                "stand still for {IN_A_ROW} frames or more, as where tracking was lost and the last value filled in: {}",
                column_names(recording, &columns)
            )
        };
        (!columns.is_empty()).then(|| (Doubtful, text()))
    })
}

fn longest_run(trace: &[f64], is: impl Fn(f64) -> bool) -> usize {
    trace
        .chunk_by(|a, b| is(*a) == is(*b))
        .filter(|run| is(run[0]))
        .map(<[f64]>::len)
        .max()
        .unwrap_or(0)
}

/// One cell under two labels, or one column copied.
pub(super) fn duplicate_trace(recordings: &[Recording]) -> Vec<Finding> {
    per_animal(recordings, |recording| {
        let mut alike = BTreeMap::<u64, Vec<usize>>::new();
        let mut pairs = Vec::new();
        let mut level = Doubtful;
        for column in 0..recording.neurons().len() {
            let values = trace(recording, column);
            if is_flat(&values) {
                continue;
            }
            let bits =
                |values: &[f64]| -> Vec<u64> { values.iter().map(|v| v.to_bits()).collect() };
            let mut hasher = DefaultHasher::new();
            bits(&values).hash(&mut hasher);
            let seen = alike.entry(hasher.finish()).or_default();
            let same = |other: &&usize| bits(&trace(recording, **other)) == bits(&values);
            if let Some(&first) = seen.iter().find(same) {
                let name = |k: usize| column_name(recording, k);
                pairs.push(format!("{} and {}", name(first), name(column)));
                let named = |k: usize| recording.neurons()[k].name().is_some();
                if named(first) && named(column) {
                    level = Wrong;
                }
            }
            seen.push(column);
        }
        let text =
            || format!("the same trace stands twice; leave one of the two out: {}", listed(&pairs));
        (!pairs.is_empty()).then(|| (level, text()))
    })
}
