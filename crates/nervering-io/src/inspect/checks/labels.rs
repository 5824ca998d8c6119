//! Checks of labels that are no known states.

use super::finding::{Finding, about_all, listed, names_of_states, per_animal};
use crate::warning::Level::{Advice, Doubtful};
use nervering_recording::{Recording, State, StateMap};

/// Labels of a laboratory's own: the fixed codings do not know them.
pub(super) fn own_states(recordings: &[Recording]) -> Vec<Finding> {
    per_animal(recordings, |recording| {
        let own = recording.behavior()?.own_labels();
        let known: Vec<String> =
            State::ALL.iter().filter_map(|state| state.known_name()).map(str::to_owned).collect();
        let text = || {
            format!(
                "no known states: {}; decode them as they are with --states own, or say what each stands for: {}",
                listed(own),
                StateMap::proposed(own, &known).option()
            )
        };
        (!own.is_empty()).then(|| (Advice, text()))
    })
}

/// Slips of the pen make states of their own.
pub(super) fn look_alike_state(recordings: &[Recording]) -> Vec<Finding> {
    let names = names_of_states(recordings);
    let own: Vec<&String> = names.iter().filter(|name| name.parse::<State>().is_err()).collect();
    let mut pairs = Vec::new();
    for (k, name) in own.iter().enumerate() {
        if let Some(known) = State::nearest(name).and_then(State::known_name) {
            pairs.push(format!("{name:?} and {known}"));
        }
        let same = own[..k].iter().find(|other| folded(other) == folded(name));
        pairs.extend(same.map(|other| format!("{other:?} and {name:?}")));
    }
    if pairs.is_empty() {
        return Vec::new();
    }
    let text = format!(
        "labels that are nearly the same are states of their own: {}; correct them, or make them one with --map NAME=STATE",
        listed(&pairs)
    );
    about_all(Doubtful, text)
}

/// A label without case and what stands between words.
fn folded(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
