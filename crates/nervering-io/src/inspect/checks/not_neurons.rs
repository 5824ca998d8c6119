//! The check for identified columns that are no neurons: labels, times and stimuli, by their name or by
//! their nature. A model that is given one decodes from the answer.

use super::finding::{Finding, listed, per_animal};
use super::measure::{column_name, trace};
use crate::other_names::Meaning;
use crate::warning::Level::Wrong;
use nervering_recording::Recording;
use std::collections::{BTreeMap, BTreeSet};

/// Frames below which nothing is said of the nature of a column.
const FEWEST_FRAMES: usize = 20;
/// Different values above which whole numbers are no codes.
const MOST_CODES: usize = 12;
/// Different values above which other numbers are no codes.
const MOST_LEVELS: usize = 4;
/// Frames that a code stands for, the median over its runs, or it is an event.
const SHORTEST_RUN: usize = 3;

pub(super) fn not_a_neuron(recordings: &[Recording]) -> Vec<Finding> {
    per_animal(recordings, |recording| {
        let named = |column: &usize| recording.neurons()[*column].name().is_some();
        let found: Vec<String> = (0..recording.neurons().len())
            .filter(named)
            .filter_map(|column| {
                let reason = by_name(recording, column).or_else(|| by_nature(recording, column))?;
                Some(format!("{} ({reason})", column_name(recording, column)))
            })
            .collect();
        let text = || {
            format!(
                "columns that count as neurons and are none: {}; leave them out, or read without --names",
                listed(&found)
            )
        };
        (!found.is_empty()).then(|| (Wrong, text()))
    })
}

fn by_name(recording: &Recording, column: usize) -> Option<String> {
    let name = recording.neurons()[column].name()?;
    let meaning = Meaning::of(name.as_str())?;
    Some(format!("{} by its name", meaning.as_str()))
}

fn by_nature(recording: &Recording, column: usize) -> Option<String> {
    let values = trace(recording, column);
    let present: Vec<f64> = values.iter().copied().filter(|v| !v.is_nan()).collect();
    if present.len() < FEWEST_FRAMES {
        return None;
    }
    let follows = |increases: bool| {
        present.windows(2).all(|pair| if increases { pair[0] < pair[1] } else { pair[0] > pair[1] })
    };
    if follows(true) || follows(false) {
        return Some("goes one way in every frame, as a time does".to_owned());
    }
    if is_set_by_states(recording, &values) {
        return Some("has one value for each state".to_owned());
    }
    let n_codes = codes(&present)?;
    Some(format!("holds {n_codes} codes"))
}

/// Whether frames of one state have one value, and not all states the same.
fn is_set_by_states(recording: &Recording, values: &[f64]) -> bool {
    let Some(behavior) = recording.behavior() else { return false };
    let mut of_state = BTreeMap::new();
    let frames = behavior.states().iter().zip(values).filter(|(_, value)| !value.is_nan());
    for (state, value) in frames {
        if *of_state.entry(*state).or_insert(*value) != *value {
            return false;
        }
    }
    let different: BTreeSet<u64> = of_state.values().map(|value| (value + 0.).to_bits()).collect();
    different.len() > 1
}

/// The number of different values, if they are few and each of them stands for a while.
fn codes(present: &[f64]) -> Option<usize> {
    let most = if present.iter().all(|v| v.fract() == 0.) { MOST_CODES } else { MOST_LEVELS };
    let mut runs = BTreeMap::<u64, Vec<usize>>::new();
    for run in present.chunk_by(|a, b| a == b) {
        runs.entry((run[0] + 0.).to_bits()).or_default().push(run.len());
        if runs.len() > most {
            return None;
        }
    }
    let lasts = |lengths: &mut Vec<usize>| {
        lengths.sort_unstable();
        lengths[lengths.len() / 2] >= SHORTEST_RUN
    };
    (runs.len() > 1 && runs.values_mut().all(lasts)).then_some(runs.len())
}
