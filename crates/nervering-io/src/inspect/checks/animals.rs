//! Checks across animals: the same one twice, what they share, and whether they are alike in rate,
//! unit and field.

use super::finding::{Finding, about_all, listed};
use super::measure::{median, range, spread, trace};
use crate::warning::Level::{Advice, Doubtful, Wrong};
use nervering_recording::{MixedUnits, NeuronSet, Recording};

/// The paper transfers models between data sets on this many neurons.
const FEW_SHARED: usize = 3;

/// The same animal under two names puts its frames on both sides of every split between animals.
pub(super) fn same_animal_twice(recordings: &[Recording]) -> Vec<Finding> {
    let mut found = Vec::new();
    for (k, a) in recordings.iter().enumerate() {
        for b in &recordings[k + 1..] {
            if a.n_frames() != b.n_frames() {
                continue;
            }
            let Some(name) = a.identified().find(|name| b.column(name).is_some()) else {
                continue;
            };
            let (Some(of_a), Some(of_b)) = (a.column(name), b.column(name)) else { continue };
            let (of_a, of_b) = (trace(a, of_a), trace(b, of_b));
            // Exports round: seven significant digits differ by less than this.
            let Some((low, high)) = range(&of_a).filter(|(low, high)| low < high) else {
                continue;
            };
            let tolerance = 1e-5 * (high - low);
            if of_a.iter().zip(&of_b).all(|(x, y)| (x - y).abs() <= tolerance || x.is_nan()) {
                let place = format!("{} and {}", a.animal(), b.animal());
                let text = format!("the traces of {name} are the same; leave one of the two out");
                found.push(Finding { level: Wrong, place, text });
            }
        }
    }
    found
}

pub(super) fn nothing_shared(recordings: &[Recording]) -> Vec<Finding> {
    if recordings.len() < 2 || NeuronSet::Shared.resolve(recordings).is_ok() {
        return Vec::new();
    }
    let text = format!(
        "no neuron is identified in all of them, so no model can be carried over{}",
        costliest(recordings, 0)
    );
    about_all(Wrong, text)
}

pub(super) fn few_shared(recordings: &[Recording]) -> Vec<Finding> {
    match NeuronSet::Shared.resolve(recordings) {
        Ok(shared) if recordings.len() > 1 && shared.len() < FEW_SHARED => {
            let text = format!(
                "only {} identified in all {} of them{}",
                listed(&shared),
                recordings.len(),
                costliest(recordings, shared.len())
            );
            about_all(Doubtful, text)
        }
        _ => Vec::new(),
    }
}

/// The animal without which most neurons are shared, where leaving one out helps.
fn costliest(recordings: &[Recording], n_shared: usize) -> String {
    let without = |k: usize| {
        let others: Vec<&Recording> =
            recordings.iter().enumerate().filter(|(j, _)| *j != k).map(|(_, r)| r).collect();
        let (first, others) = others.split_first()?;
        let everywhere =
            |name: &&_| others.iter().all(|other: &&Recording| other.column(name).is_some());
        Some((first.identified().filter(everywhere).count(), k))
    };
    if recordings.len() < 3 {
        return "; look at their names".to_owned();
    }
    match (0..recordings.len()).filter_map(without).max_by_key(|(n, k)| (*n, std::cmp::Reverse(*k)))
    {
        Some((n, k)) if n > n_shared => {
            format!("; without {} there would be {n}", recordings[k].animal())
        }
        _ => "; look at their names".to_owned(),
    }
}

pub(super) fn different_rates(recordings: &[Recording]) -> Vec<Finding> {
    let rates: Vec<f64> = recordings.iter().map(|recording| recording.time().fps()).collect();
    let Some((low, high)) = range(&rates).filter(|(low, high)| *high > 1.25 * low) else {
        return Vec::new();
    };
    let level = if high > 2. * low { Doubtful } else { Advice };
    let text = format!(
        "recorded at {low:.2} to {high:.2} frames per second, so a window, and a step of one frame, is not the same time in all; compare animals of like rate"
    );
    about_all(level, text)
}

/// Animals on different scales: one as a ratio, in percent or counts beside others in ΔF/F.
pub(super) fn different_units(recordings: &[Recording]) -> Vec<Finding> {
    if let Some(units) = MixedUnits::of(recordings) {
        let text = format!(
            "the traces are {units}, as their files say or their values look; a model carries over between animals in one unit only"
        );
        return about_all(Doubtful, text);
    }
    let typical = |recording: &Recording| {
        let columns = 0..recording.neurons().len();
        median(columns.map(|k| spread(&trace(recording, k)))).filter(|spread| *spread > 0.)
    };
    let spreads: Vec<(&str, f64)> =
        recordings.iter().filter_map(|r| Some((r.animal(), typical(r)?))).collect();
    let smallest = spreads.iter().min_by(|a, b| a.1.total_cmp(&b.1));
    let largest = spreads.iter().max_by(|a, b| a.1.total_cmp(&b.1));
    match (smallest, largest) {
        (Some((small, low)), Some((large, high))) if *high > 20. * low => {
            let text = format!(
                "the traces of {large} span {high:.3} and those of {small} {low:.3} (median): these are different units; use one"
            );
            about_all(Doubtful, text)
        }
        _ => Vec::new(),
    }
}

pub(super) fn different_fields(recordings: &[Recording]) -> Vec<Finding> {
    let mut fields: Vec<&str> = recordings
        .iter()
        .map(|recording| recording.provenance().trace_field.as_str())
        .filter(|field| !field.is_empty())
        .collect();
    fields.sort_unstable();
    fields.dedup();
    if fields.len() < 2 {
        return Vec::new();
    }
    let text = format!(
        "traces come from different fields ({}); make sure that they mean the same",
        listed(&fields)
    );
    about_all(Advice, text)
}

pub(super) fn partly_labelled(recordings: &[Recording]) -> Vec<Finding> {
    let (with, without): (Vec<&Recording>, Vec<&Recording>) =
        recordings.iter().partition(|recording| recording.behavior().is_some());
    if with.is_empty() || without.is_empty() {
        return Vec::new();
    }
    let animals: Vec<&str> = without.iter().map(|recording| recording.animal()).collect();
    let text = format!(
        "{} of {} animals have no states: {}; leave them out to decode behaviour",
        without.len(),
        recordings.len(),
        listed(&animals)
    );
    about_all(Advice, text)
}
