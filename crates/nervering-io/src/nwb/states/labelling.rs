//! What is found of the states of an animal, and the words for what is passed over.

use crate::warning::Level;
use nervering_recording::State;

/// Texts quoted in one warning.
pub(super) const SHOWN: usize = 8;

/// A warning, before it is known whether what it is about is used.
pub(super) type Told = (Level, &'static str, String);

/// What one source says about every frame, with the warnings that go with it.
pub(super) struct Labelling {
    pub(super) states: Vec<State>,
    pub(super) place: String,
    pub(super) warnings: Vec<Told>,
}

/// Whether a name promises labels of behaviour, where none of them is a known state.
pub(super) fn is_called_behavior(name: &str) -> bool {
    let lower = name.to_lowercase();
    is_called_states(name) || lower.contains("behavior") || lower.contains("behaviour")
}

/// Whether a name is one of states.
pub(super) fn is_called_states(name: &str) -> bool {
    let name = name.to_lowercase();
    name == "state" || name == "states" || name.ends_with("_states") || name.ends_with("_state")
}

/// Whether a text names a known state; an empty one does not.
pub(super) fn is_state(text: &str) -> bool {
    !text.trim().is_empty() && text.parse::<State>().is_ok()
}

/// That labels name no state.
pub(super) fn unknown_names(names: Vec<String>) -> Option<Told> {
    let text = format!(
        "labels that name no state, or say more of frames whose state is known, are not used: {}",
        quoted(names)?
    );
    Some((Level::Doubtful, "unknown-state-name", text))
}

/// Some of the different texts in quotes; nothing where there are none.
pub(super) fn quoted(mut names: Vec<String>) -> Option<String> {
    names.sort();
    names.dedup();
    if names.is_empty() {
        return None;
    }
    let more = if names.len() > SHOWN { ", …" } else { "" };
    let quote = |name: &String| format!("{:?}", name.chars().take(40).collect::<String>());
    let shown: Vec<_> = names.iter().take(SHOWN).map(quote).collect();
    Some(format!("{}{more}", shown.join(", ")))
}
