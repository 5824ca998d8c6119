//! Checks of the states of behaviour, frame by frame.

use super::finding::{Finding, is_simulated, listed, per_animal, states_of_animals};
use super::measure::{auc, median, trace};
use crate::warning::Level::{Advice, Doubtful, Wrong};
use nervering_recording::{Behavior, Recording, State, StateCoding};

pub(super) fn unlabelled(recordings: &[Recording]) -> Vec<Finding> {
    per_animal(recordings, |recording| {
        let text = "no behaviour: of use for forecasting, not for decoding";
        recording.behavior().is_none().then(|| (Advice, text.into()))
    })
}

pub(super) fn many_unknown(recordings: &[Recording]) -> Vec<Finding> {
    per_animal(recordings, |recording| {
        let behavior = recording.behavior()?;
        let unknown = behavior.count(State::Unknown) as f64 / recording.n_frames() as f64;
        let text =
            || format!("{:.0} % of the frames have no known state and are ignored", 100. * unknown);
        (unknown > 0.2).then(|| (Doubtful, text()))
    })
}

/// Labels that end (or begin) well inside the recording: they were shorter than the traces and have
/// been filled up, or the wrong labels were taken.
pub(super) fn unlabelled_end(recordings: &[Recording]) -> Vec<Finding> {
    const MIN_FRAMES: usize = 20;
    per_animal(recordings, |recording| {
        let states = recording.behavior()?.states();
        let known = |state: &State| *state != State::Unknown;
        let (first, last) = (states.iter().position(known)?, states.iter().rposition(known)?);
        let outside = first + (states.len() - 1 - last);
        let text = || {
            format!(
                "states from frame {} to {} of {} only; do the labels belong to this recording, and do they begin with it?",
                first + 1,
                last + 1,
                states.len()
            )
        };
        let much = outside >= MIN_FRAMES && outside as f64 > 0.05 * states.len() as f64;
        much.then(|| (Doubtful, text()))
    })
}

/// States that the file tells less finely than the seven do, such as the reversals of Nichols et al.,
/// and those that none of the fixed codings tells.
pub(super) fn outside_coding(recordings: &[Recording]) -> Vec<Finding> {
    per_animal(recordings, |recording| {
        let behavior = recording.behavior()?;
        let shown = behavior.shown();
        let coarse = |state: &State| matches!(state, State::Reverse | State::Turn);
        let coarse: Vec<State> = shown.iter().copied().filter(coarse).collect();
        let mut parts = Vec::new();
        if !coarse.is_empty() {
            let four = coarse.iter().any(|&state| StateCoding::Four.class(state).is_some());
            let names: Vec<&str> = coarse.iter().map(|&state| behavior.name(state)).collect();
            parts.push(format!(
                "{} is told too coarsely for seven states, which ignore it{}",
                listed(&names),
                if four { "; use --states 4 or 2" } else { "" }
            ));
        }
        if shown.contains(&State::Quiescence) {
            let name = behavior.name(State::Quiescence);
            parts.push(format!(
                "{name} is ignored where 7, 6, 4 or 2 states are decoded; --states own tells it apart"
            ));
        }
        (!parts.is_empty()).then(|| (Advice, parts.join("; ")))
    })
}

/// States that other animals show and some never do.
pub(super) fn absent_state(recordings: &[Recording]) -> Vec<Finding> {
    let shown = |recording: &Recording, name: &str| {
        let of = |behavior: &Behavior| behavior.shown().iter().any(|&s| behavior.name(s) == name);
        recording.behavior().is_some_and(of)
    };
    let absent = |recording: &Recording, name: &str| {
        recording.behavior().is_some() && !shown(recording, name)
    };
    states_of_animals(recordings, absent, |states| {
        format!(
            "never shown, unlike by other animals: {states}; there is no accuracy for it there, and no way to train a model on it"
        )
    })
}

pub(super) fn one_state(recordings: &[Recording]) -> Vec<Finding> {
    per_animal(recordings, |recording| {
        let behavior = recording.behavior()?;
        let text = match behavior.shown().as_slice() {
            [] => {
                "no frame has a known state, so there is nothing to decode; check the labels".into()
            }
            [state] => {
                format!(
                    "every labelled frame is {}, so there is nothing to decode; check the labels",
                    behavior.name(*state)
                )
            }
            _ => return None,
        };
        Some((Wrong, text))
    })
}

pub(super) fn dominant_state(recordings: &[Recording]) -> Vec<Finding> {
    const MUCH: f64 = 0.8;
    per_animal(recordings, |recording| {
        let behavior = recording.behavior()?;
        let known = |(state, _): &(State, usize)| *state != State::Unknown;
        let counts: Vec<(State, usize)> = behavior.counts().into_iter().filter(known).collect();
        let n_known: usize = counts.iter().map(|(_, count)| count).sum();
        let (most, count) = counts.into_iter().max_by_key(|(_, count)| *count)?;
        let fraction = count as f64 / n_known.max(1) as f64;
        let text = || {
            format!(
                "{:.0} % of the labelled frames are {}: guessing it is as accurate; look at balanced accuracy",
                100. * fraction,
                behavior.name(most)
            )
        };
        (fraction > MUCH && count < n_known).then(|| (Advice, text()))
    })
}

/// These neurons are active in reversals (Kato et al. 2015).
const REVERSAL_NEURONS: [&str; 8] =
    ["AIBL", "AIBR", "AVAL", "AVAR", "AVEL", "AVER", "RIML", "RIMR"];

/// Where the neurons of reversal are not active in reversals, states are mixed up (two numeric codings
/// circulate for the same data), the labels are of another animal, or names are wrong. One neuron may
/// be misnamed, so the median decides.
pub(super) fn states_against_neurons(recordings: &[Recording]) -> Vec<Finding> {
    const CLEAR: f64 = 0.6;
    const MIN_FRAMES: usize = 30;
    per_animal(recordings, |recording| {
        if is_simulated(recording) {
            return None;
        }
        let classes = StateCoding::Two.classes(recording.behavior()?);
        let of_class = |trace: &[f64], class: u8| -> Vec<f64> {
            let frames = trace.iter().zip(&classes);
            let of_class = frames.filter(|(_, of_frame)| **of_frame == Some(class));
            of_class.map(|(value, _)| *value).collect()
        };
        let higher = |name: &str| {
            let trace = trace(recording, recording.column(&name.parse().ok()?)?);
            let (forward, reverse) = (of_class(&trace, 0), of_class(&trace, 1));
            let enough = forward.len().min(reverse.len()) >= MIN_FRAMES;
            auc(&reverse, &forward).filter(|_| enough)
        };
        let of_neurons: Vec<f64> = REVERSAL_NEURONS.into_iter().filter_map(higher).collect();
        let n_neurons = of_neurons.len();
        let higher = median(of_neurons)?;
        let text = || {
            format!(
                "AIB, AVA, AVE and RIM are higher in reversal than in forward crawling for {:.0} % of the pairs of frames (median of {n_neurons}), where nearly 100 is usual; are states, names, or labels and animals mixed up?",
                100. * higher
            )
        };
        (higher < CLEAR).then(|| (Doubtful, text()))
    })
}
