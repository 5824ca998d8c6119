//! Behaviour from how the animal moves, where a file has no names of states: reversals that the
//! file marks, else the sign of the velocity.
//!
//! What is between forward and reverse is unknown: a pause or a turn is neither. Every use of this
//! is a guess about what the laboratory would have called a frame, and a warning says so.

use nervering_recording::State;

/// Slowest movement that counts, in the file's own unit, which is mm/s in the files of the Flavell
/// laboratory; animals there move forward at about 0.1 mm/s.
pub(crate) const VELOCITY_THRESHOLD: f64 = 0.01;

/// What a file says about the movement, one value per frame.
#[derive(Debug, Default)]
pub(crate) struct Motion {
    /// Whether the animal reverses.
    pub reversing: Option<Vec<bool>>,
    /// Forward is positive.
    pub velocity: Option<Vec<f64>>,
}

impl Motion {
    /// One state per frame, and how it was decided; nothing where the file says nothing.
    pub(crate) fn states(self) -> Option<(Vec<State>, String)> {
        let forward = |velocity: f64| match velocity {
            v if v > VELOCITY_THRESHOLD => State::Forward,
            _ => State::Unknown,
        };
        let rule = format!("{VELOCITY_THRESHOLD} (in the file's unit, mm/s as a rule)");
        match (self.reversing, self.velocity) {
            (Some(reversing), Some(velocity)) => {
                let states = reversing.into_iter().zip(velocity);
                let states = states.map(|(r, v)| if r { State::Reverse } else { forward(v) });
                let text = format!(
                    "the states follow from the movement: reverse in the file's reversals, forward elsewhere at a velocity above {rule}, unknown otherwise"
                );
                Some((states.collect(), text))
            }
            (Some(reversing), None) => {
                let states = reversing.into_iter();
                let states = states.map(|r| if r { State::Reverse } else { State::Forward });
                let text = "the states follow from the movement: reverse in the file's reversals, forward everywhere else, since there is no velocity that would tell pauses".to_owned();
                Some((states.collect(), text))
            }
            (None, Some(velocity)) => {
                let state = |v: f64| match v {
                    v if v < -VELOCITY_THRESHOLD => State::Reverse,
                    v => forward(v),
                };
                let text = format!(
                    "the states follow from the velocity: forward above {rule}, reverse below its negative, unknown between"
                );
                Some((velocity.into_iter().map(state).collect(), text))
            }
            (None, None) => None,
        }
    }
}

/// Marks the frames of reversals given as first and last frame, both counted from 1 and included.
/// Returns the event that is no range of frames of the recording, if there is one.
pub(crate) fn mark_events(events: &[[f64; 2]], n_frames: usize) -> Result<Vec<bool>, [f64; 2]> {
    let mut reversing = vec![false; n_frames];
    let mut marked = 0;
    for &[first, last] in events {
        let frame = |at: f64| {
            (at.fract() == 0. && at >= 1. && at <= n_frames as f64).then_some(at as usize)
        };
        let (Some(start), Some(end)) = (frame(first), frame(last)) else {
            return Err([first, last]);
        };
        // Events overlap at most once each, so the work ends with the recording.
        marked += (end + 1).saturating_sub(start);
        if start > end || marked > 2 * n_frames {
            return Err([first, last]);
        }
        reversing[start - 1..end].fill(true);
    }
    Ok(reversing)
}

#[cfg(test)]
mod tests {
    use super::*;
    use State::{Forward, Reverse, Unknown};

    #[test]
    fn events_are_counted_from_1_and_include_their_last_frame() {
        let marked = mark_events(&[[1., 1.], [3., 4.]], 5);
        assert_eq!(marked, Ok(vec![true, false, true, true, false]));
        for event in [[0., 1.], [2., 6.], [3., 2.], [1.5, 2.], [f64::NAN, 2.], [1., 1e300]] {
            assert!(mark_events(&[event], 5).is_err(), "{event:?}");
        }
    }

    #[test]
    fn what_is_neither_forward_nor_reverse_is_unknown() {
        let velocity = Some(vec![0.1, 0.005, -0.1, f64::NAN]);
        let states = |motion: Motion| motion.states().unwrap().0;
        let by_sign = Motion { velocity: velocity.clone(), reversing: None };
        assert_eq!(states(by_sign), [Forward, Unknown, Reverse, Unknown]);
        let reversing = Some(vec![false, true, false, false]);
        let both = Motion { velocity, reversing: reversing.clone() };
        assert_eq!(states(both), [Forward, Reverse, Unknown, Unknown]);
        let marked = Motion { reversing, velocity: None };
        assert_eq!(states(marked), [Forward, Reverse, Forward, Forward]);
        assert!(Motion::default().states().is_none());
    }
}
