//! Checks of the names of neurons.

use super::finding::{ALL_ANIMALS, Finding, is_simulated, listed, per_animal};
use crate::other_names::{Meaning, with_nearest};
use crate::warning::Level::{Advice, Doubtful, Wrong};
use nervering_recording::{NeuronLabel, NeuronName, NeuronSet, Recording, look_alike_neuron};
use std::collections::BTreeMap;

/// Named neurons below which an animal has few; the paper uses fifteen.
const FEW_IDENTIFIED: usize = 10;

/// The neurons from which Kato et al. and Nichols et al. derived their states: AVA (reversal), SMDV,
/// SMDD and RIB (turns, forward), VB02 (quiescence).
const LABEL_DEFINING: [&str; 9] =
    ["AVAL", "AVAR", "RIBL", "RIBR", "SMDDL", "SMDDR", "SMDVL", "SMDVR", "VB02"];

pub(super) fn no_identified_neuron(recordings: &[Recording]) -> Vec<Finding> {
    per_animal(recordings, |recording| {
        let text = || {
            format!(
                "none of {} neurons has a name, so nothing can be carried to other animals; add names, one per column",
                recording.neurons().len()
            )
        };
        (recording.identified().len() == 0).then(|| (Wrong, text()))
    })
}

pub(super) fn few_identified(recordings: &[Recording]) -> Vec<Finding> {
    per_animal(recordings, |recording| {
        let n_identified = recording.identified().len();
        let text = || {
            format!(
                "{n_identified} of {} neurons have a name; the paper compares models on 15",
                recording.neurons().len()
            )
        };
        (1..FEW_IDENTIFIED).contains(&n_identified).then(|| (Advice, text()))
    })
}

/// Unidentified labels that become a name when everything but letters and digits is left out.
pub(super) fn look_alike_label(recordings: &[Recording]) -> Vec<Finding> {
    per_animal(recordings, |recording| {
        let labels: Vec<String> = recording
            .neurons()
            .iter()
            .filter_map(|label| Some(format!("{label} (is it {}?)", nearly(label)?)))
            .collect();
        let text = || {
            format!(
                "labels that are nearly names count as unidentified; write the bare name if it is certain: {}",
                listed(&labels)
            )
        };
        (!labels.is_empty()).then(|| (Doubtful, text()))
    })
}

/// The name that an unidentified label would be without its punctuation.
fn nearly(label: &NeuronLabel) -> Option<NeuronName> {
    let NeuronLabel::Unidentified(text) = label else { return None };
    let bare: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
    bare.parse().ok().filter(NeuronName::is_known)
}

/// Names that are none, but look like one: `AVA1` for `AVAL`, `VBO2` for `VB02`.
pub(super) fn look_alike_name(recordings: &[Recording]) -> Vec<Finding> {
    per_animal(recordings, |recording| {
        let mistaken = |name: &NeuronName| {
            let meant = look_alike(name)?;
            let beside = recording.column(&meant).map_or("", |_| ", which is there too");
            Some(format!("{name} (is it {meant}{beside}?)"))
        };
        let names: Vec<String> = recording.identified().filter_map(mistaken).collect();
        let text = || {
            format!(
                "names that no neuron has but that look like one: {}; correct them",
                listed(&names)
            )
        };
        (!names.is_empty()).then(|| (Doubtful, text()))
    })
}

/// The neuron of which a name that no neuron has is a look-alike.
fn look_alike(name: &NeuronName) -> Option<NeuronName> {
    (!name.is_known()).then(|| look_alike_neuron(name.as_str())).flatten()
}

pub(super) fn unknown_name(recordings: &[Recording]) -> Vec<Finding> {
    per_animal(recordings, |recording| {
        let names: Vec<&NeuronName> = recording
            .identified()
            .filter(|name| !name.is_known() && look_alike(name).is_none())
            .filter(|name| Meaning::of(name.as_str()).is_none())
            .collect();
        let names: Vec<String> =
            names.into_iter().map(|name| with_nearest(name.as_str())).collect();
        let text = || {
            format!(
                "accepted as neurons, though C. elegans has none of these names: {}; correct the names, or expect connectomes to lack them",
                listed(&names)
            )
        };
        (!names.is_empty()).then(|| (Doubtful, text()))
    })
}

/// A recording refuses one name on two columns. Left are columns that are undecided, or whose label
/// is nearly a name, where the name stands on another column already.
pub(super) fn name_twice(recordings: &[Recording]) -> Vec<Finding> {
    per_animal(recordings, |recording| {
        let mut claims = BTreeMap::<NeuronName, Vec<usize>>::new();
        for (column, label) in recording.neurons().iter().enumerate() {
            let claimed = match label {
                NeuronLabel::Candidates(names) => names.clone(),
                other => nearly(other).into_iter().collect(),
            };
            for name in claimed {
                claims.entry(name).or_default().push(column);
            }
        }
        let twice: Vec<String> = claims
            .into_iter()
            .filter_map(|(name, columns)| {
                let first = recording.column(&name)? + 1;
                let others: Vec<_> = columns.iter().map(|column| column + 1).collect();
                Some(format!("{name} (column {first}, again in {})", listed(&others)))
            })
            .collect();
        let text = || {
            format!(
                "names of one column stand among the candidates of another; decide which it is: {}",
                listed(&twice)
            )
        };
        (!twice.is_empty()).then(|| (Doubtful, text()))
    })
}

pub(super) fn paper_15(recordings: &[Recording]) -> Vec<Finding> {
    let Err(error) = NeuronSet::Paper15.resolve(recordings) else {
        return Vec::new();
    };
    let finding = |(place, names): (String, Vec<NeuronName>)| {
        let text = format!(
            "lacks {} of the paper's 15 neurons: {}; choose others with --neurons",
            names.len(),
            listed(&names)
        );
        Finding { level: Advice, place, text }
    };
    error.missing.into_iter().map(finding).collect()
}

/// Where states were made from neurons, decoding states from these neurons is circular.
pub(super) fn label_defining_neurons(recordings: &[Recording]) -> Vec<Finding> {
    let concerned = recordings
        .iter()
        .filter(|recording| recording.behavior().is_some() && !is_simulated(recording));
    let mut present: Vec<&str> = concerned
        .flat_map(Recording::identified)
        .filter_map(|name| LABEL_DEFINING.into_iter().find(|known| *known == name.as_str()))
        .collect();
    present.sort_unstable();
    present.dedup();
    if present.is_empty() {
        return Vec::new();
    }
    let text = format!(
        "Kato et al. and Nichols et al. derived their states from {}, among others; if these labels are theirs, decoding from those neurons is partly circular: compare without them",
        present.join(", ")
    );
    vec![Finding { level: Advice, place: ALL_ANIMALS.to_owned(), text }]
}
