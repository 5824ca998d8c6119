//! Checks of the states of behaviour, frame by frame.

use super::measure::{auc, median, trace};
use super::{Finding, is_simulated, listed, per_animal, states_of_animals};
use crate::warning::Level::{Advice, Doubtful, Wrong};
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

/// States that the file tells less finely than the seven do, such as the reversals of Nichols et al.
pub(super) fn outside_coding(recordings: &[Recording]) -> Vec<Finding> {
    per_animal(recordings, |recording| {
        let counts = recording.behavior()?.counts();
        let outside: Vec<State> = State::ALL
            .into_iter()
            .filter(|&state| state != State::Unknown && counts[state as usize] > 0)
            .filter(|&state| StateCoding::Seven.class(state).is_none())
            .collect();
        let four = outside.iter().any(|state| StateCoding::Four.class(*state).is_some());
        let text = || {
            format!(
                "{} is told too coarsely for seven states, which ignore it{}",
                listed(&outside),
                if four { "; use --states 4 or 2" } else { "" }
            )
        };
        (!outside.is_empty()).then(|| (Advice, text()))
    })
}

/// States that other animals show and some never do.
pub(super) fn absent_state(recordings: &[Recording]) -> Vec<Finding> {
    let shown = |recording: &Recording, state: State| {
        recording.behavior().is_some_and(|behavior| behavior.counts()[state as usize] > 0)
    };
    let absent = |recording: &Recording, state: State| {
        let elsewhere = || recordings.iter().any(|other| shown(other, state));
        recording.behavior().is_some() && !shown(recording, state) && elsewhere()
    };
    states_of_animals(recordings, absent, |states| {
        format!(
            "never shown, unlike by other animals: {states}; there is no accuracy for it there, and no way to train a model on it"
        )
    })
}

pub(super) fn one_state(recordings: &[Recording]) -> Vec<Finding> {
    per_animal(recordings, |recording| {
        let counts = recording.behavior()?.counts();
        let shown: Vec<State> = State::ALL
            .into_iter()
            .filter(|&state| state != State::Unknown && counts[state as usize] > 0)
            .collect();
        let text = match shown.as_slice() {
            [] => {
                "no frame has a known state, so there is nothing to decode; check the labels".into()
            }
            [state] => {
                format!(
                    "every labelled frame is {state}, so there is nothing to decode; check the labels"
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
        let counts = recording.behavior()?.counts();
        let known = |state: &State| *state != State::Unknown;
        let of = |state: State| counts[state as usize];
        let n_known: usize = State::ALL.into_iter().filter(known).map(of).sum();
        let most = State::ALL.into_iter().filter(known).max_by_key(|state| of(*state))?;
        let fraction = of(most) as f64 / n_known.max(1) as f64;
        let text = || {
            format!(
                "{:.0} % of the labelled frames are {most}: guessing it is as accurate; look at balanced accuracy",
                100. * fraction
            )
        };
        (fraction > MUCH && of(most) < n_known).then(|| (Advice, text()))
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
        let states = recording.behavior()?.states();
        let of_class = |trace: &[f64], class: usize| -> Vec<f64> {
            let frames = trace.iter().zip(states);
            let of_class = frames.filter(|(_, s)| StateCoding::Two.class(**s) == Some(class));
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
