//! Checks of who is who: names of neurons, and animals that are the same.

use super::{Finding, listed, per_animal, range};
use crate::warning::Level::{Advice, Doubtful, Wrong};
use nervering_recording::{NeuronLabel, NeuronName, NeuronSet, Recording};

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
            let trace = |recording: &Recording| -> Vec<f64> {
                let column = recording.column(name).unwrap_or_default();
                recording.traces().neuron(column).collect()
            };
            let (of_a, of_b) = (trace(a), trace(b));
            // Exports round: seven significant digits differ by less than this.
            let Some((low, high)) = range(&of_a).filter(|(low, high)| low < high) else {
                continue;
            };
            let tolerance = 1e-5 * (high - low);
            if of_a.iter().zip(&of_b).all(|(x, y)| (x - y).abs() <= tolerance || x.is_nan()) {
                let place = format!("{} and {}", a.animal(), b.animal());
                let text = format!("the traces of {name} are the same; leave one of the two out");
                found.push((Wrong, place, text));
            }
        }
    }
    found
}

pub(super) fn nothing_shared(recordings: &[Recording]) -> Vec<Finding> {
    if recordings.len() < 2 || NeuronSet::Shared.resolve(recordings).is_ok() {
        return Vec::new();
    }
    let text = "no neuron is identified in all of them, so no model can be carried over".into();
    vec![(Wrong, "all animals".into(), text)]
}

pub(super) fn no_identified_neuron(recordings: &[Recording]) -> Vec<Finding> {
    per_animal(recordings, |recording| {
        let none = recording.identified().len() == 0;
        none.then(|| (Wrong, format!("none of {} neurons has a name", recording.neurons().len())))
    })
}

/// Unidentified labels that become a name when everything but letters and digits is left out.
pub(super) fn look_alike_label(recordings: &[Recording]) -> Vec<Finding> {
    let nearly = |label: &NeuronLabel| {
        let NeuronLabel::Unidentified(text) = label else { return None };
        let bare: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
        let name = bare.parse::<NeuronName>().ok()?;
        Some(format!("{text:?} (is it {name}?)"))
    };
    per_animal(recordings, |recording| {
        let labels: Vec<String> = recording.neurons().iter().filter_map(nearly).collect();
        let text =
            || format!("labels that are nearly names count as unidentified: {}", listed(&labels));
        (!labels.is_empty()).then(|| (Doubtful, text()))
    })
}

pub(super) fn paper_15(recordings: &[Recording]) -> Vec<Finding> {
    let Err(error) = NeuronSet::Paper15.resolve(recordings) else {
        return Vec::new();
    };
    let lacking = error.missing.into_iter();
    let finding = |(animal, names): (String, Vec<NeuronName>)| {
        (Advice, animal, format!("lacks {} of the paper's 15: {}", names.len(), listed(&names)))
    };
    lacking.map(finding).collect()
}
