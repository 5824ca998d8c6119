//! What a check finds, and how findings are put into words.

use crate::warning::Level;
use nervering_recording::{Recording, State};
use std::collections::BTreeSet;

/// Kind of the warning that two recordings are of one animal: it makes every test on unseen animals
/// void.
pub const SAME_ANIMAL_TWICE: &str = "same-animal-twice";

/// Kind of the warning that a name is none of a known neuron.
pub(crate) const UNKNOWN_NAME: &str = "unknown-name";

/// Kind of the warning that a column is a label, a time or a stimulus.
pub(crate) const NOT_A_NEURON: &str = "not-a-neuron";

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How much it matters.
    pub level: Level,
    /// The animal, or `all animals`.
    pub place: String,
    /// What was found and what to do.
    pub text: String,
}

/// Things named in a warning before it says "and n more".
const NAMED: usize = 8;

pub(crate) fn listed<T: ToString>(items: &[T]) -> String {
    let shown: Vec<String> = items.iter().take(NAMED).map(T::to_string).collect();
    let more = items.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", shown.join(", "))
}

/// `1 value`, `3 values`.
pub(crate) fn counted(n: usize, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}

/// Asks every recording. What is the same in all of several is said once.
pub(super) fn per_animal(
    recordings: &[Recording],
    ask: impl Fn(&Recording) -> Option<(Level, String)>,
) -> Vec<Finding> {
    let about = |recording: &Recording| {
        ask(recording).map(|(level, text)| Finding {
            level,
            place: recording.animal().to_owned(),
            text,
        })
    };
    let mut found: Vec<Finding> = recordings.iter().filter_map(about).collect();
    let same =
        found.windows(2).all(|two| (two[0].level, &two[0].text) == (two[1].level, &two[1].text));
    if found.len() > 1 && found.len() == recordings.len() && same {
        found.truncate(1);
        found[0].place = ALL_ANIMALS.to_owned();
    }
    found
}

/// Asks every recording about every state, and says in one piece of advice of which it is so, with
/// the animals where there are several.
pub(super) fn states_of_animals(
    recordings: &[Recording],
    is: impl Fn(&Recording, &str) -> bool,
    text: impl Fn(String) -> String,
) -> Vec<Finding> {
    let mut concerned = BTreeSet::new();
    let mut of_states = Vec::new();
    for state in names_of_states(recordings) {
        let animals: Vec<usize> =
            (0..recordings.len()).filter(|&k| is(&recordings[k], &state)).collect();
        let names: Vec<&str> = animals.iter().map(|&k| recordings[k].animal()).collect();
        if !animals.is_empty() {
            of_states.push((state, listed(&names)));
        }
        concerned.extend(animals);
    }
    let (place, states) = match concerned.first() {
        None => return Vec::new(),
        Some(&only) if concerned.len() == 1 => {
            let states: Vec<&String> = of_states.iter().map(|(state, _)| state).collect();
            (recordings[only].animal().to_owned(), listed(&states))
        }
        Some(_) => {
            let states: Vec<String> =
                of_states.iter().map(|(state, animals)| format!("{state} ({animals})")).collect();
            (format!("{} of {} animals", concerned.len(), recordings.len()), states.join(", "))
        }
    };
    vec![Finding { level: Level::Advice, place, text: text(states) }]
}

/// Every state that a recording shows, by name: the known ones in their order, then the others.
pub(super) fn names_of_states(recordings: &[Recording]) -> Vec<String> {
    let mut names = BTreeSet::new();
    for behavior in recordings.iter().filter_map(Recording::behavior) {
        for state in behavior.shown() {
            let known = State::ALL.iter().position(|&known| known == state);
            names.insert((known.is_none(), known, behavior.name(state).to_owned()));
        }
    }
    names.into_iter().map(|(_, _, name)| name).collect()
}

/// Whether an animal is simulated: its states are commanded, not derived from neurons, and the part
/// that a neuron takes in them varies more from animal to animal than in real ones.
pub(super) fn is_simulated(recording: &Recording) -> bool {
    recording.provenance().source == "nervering-simulate"
}

pub(super) const ALL_ANIMALS: &str = "all animals";

pub(super) fn about_all(level: Level, text: String) -> Vec<Finding> {
    vec![Finding { level, place: ALL_ANIMALS.to_owned(), text }]
}
