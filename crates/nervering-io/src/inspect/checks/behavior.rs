//! Checks of behaviour.

use super::{Finding, listed, per_animal};
use crate::warning::Level::{Advice, Doubtful};
use nervering_recording::{Recording, State, StateCoding};

pub(super) fn unlabelled(recordings: &[Recording]) -> Vec<Finding> {
    per_animal(recordings, |recording| {
        let text = "no behaviour: of use for forecasting, not for decoding";
        recording.behavior().is_none().then(|| (Advice, text.into()))
    })
}

pub(super) fn many_unknown(recordings: &[Recording]) -> Vec<Finding> {
    per_animal(recordings, |recording| {
        let behavior = recording.behavior()?;
        let unknown =
            behavior.counts()[State::Unknown as usize] as f64 / recording.n_frames() as f64;
        let text =
            || format!("{:.0} % of the frames have no known state and are ignored", 100. * unknown);
        (unknown > 0.2).then(|| (Doubtful, text()))
    })
}

pub(super) fn outside_coding(recordings: &[Recording]) -> Vec<Finding> {
    per_animal(recordings, |recording| {
        let reverse = recording.behavior()?.counts()[State::Reverse as usize];
        let text = || {
            format!(
                "{reverse} frames reverse without saying how: seven classes ignore them, use four or two"
            )
        };
        (reverse > 0).then(|| (Doubtful, text()))
    })
}

pub(super) fn absent_state(recordings: &[Recording]) -> Vec<Finding> {
    per_animal(recordings, |recording| {
        let counts = recording.behavior()?.counts();
        let absent: Vec<State> = State::ALL
            .into_iter()
            .filter(|&s| StateCoding::Four.class(s).is_some() && s != State::Reverse)
            .filter(|&s| counts[s as usize] == 0)
            .collect();
        let text = || {
            format!(
                "never in {}; a fold or an animal without a class has no accuracy for it",
                listed(&absent)
            )
        };
        (!absent.is_empty()).then(|| (Advice, text()))
    })
}
