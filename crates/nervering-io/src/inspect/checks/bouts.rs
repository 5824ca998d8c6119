//! Checks of bouts: runs of one state.

use super::finding::{Finding, counted, per_animal, states_of_animals};
use crate::warning::Level::{Advice, Doubtful};
use nervering_recording::{Recording, State};

/// Bouts of known states.
fn bouts(recording: &Recording) -> Option<Vec<(State, usize)>> {
    let bouts = recording.behavior()?.bouts();
    Some(bouts.filter(|(state, _)| *state != State::Unknown).collect())
}

/// Frames within a bout are no independent samples: the number of bouts is what counts.
pub(super) fn few_transitions(recordings: &[Recording]) -> Vec<Finding> {
    const FEW: usize = 10;
    per_animal(recordings, |recording| {
        let bouts = bouts(recording)?;
        let n_transitions = bouts.windows(2).filter(|two| two[0].0 != two[1].0).count();
        let text = || {
            format!(
                "{} of state in {:.1} min: {} bouts are the true number of samples",
                counted(n_transitions, "change"),
                recording.time().duration() / 60.,
                n_transitions + 1
            )
        };
        (1..FEW).contains(&n_transitions).then(|| (Doubtful, text()))
    })
}

pub(super) fn flicker(recordings: &[Recording]) -> Vec<Finding> {
    const PART: f64 = 0.1;
    const LARGE_PART: f64 = 0.25;
    const MIN_BOUTS: usize = 5;
    per_animal(recordings, |recording| {
        let bouts = bouts(recording)?;
        let single = bouts.iter().filter(|(_, n_frames)| *n_frames == 1).count();
        let part = single as f64 / bouts.len().max(1) as f64;
        let text = || {
            format!(
                "{single} of {} bouts last one frame ({:.0} %): do the states flicker about a threshold? smooth them",
                bouts.len(),
                100. * part
            )
        };
        let level = if part > LARGE_PART { Doubtful } else { Advice };
        (single >= MIN_BOUTS && part > PART).then(|| (level, text()))
    })
}

/// A state of very few bouts is learned and tested on the same events, or on none.
pub(super) fn few_bouts(recordings: &[Recording]) -> Vec<Finding> {
    const FEW: usize = 3;
    let rare = |recording: &Recording, name: &str| {
        let (Some(bouts), Some(behavior)) = (bouts(recording), recording.behavior()) else {
            return false;
        };
        let n = bouts.iter().filter(|(state, _)| behavior.name(*state) == name).count();
        (1..FEW).contains(&n) && bouts.len() > 1
    };
    states_of_animals(recordings, rare, |states| {
        format!(
            "shown in one or two bouts only: {states}; accuracy for it rests on these events, and contiguous folds cannot split them"
        )
    })
}
