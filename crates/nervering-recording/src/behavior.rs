//! Behaviour: one state per frame, and the codings in which studies tell states apart.
//!
//! [`State`] is the finest vocabulary any supported data set uses. A [`StateCoding`] maps it to
//! the seven, four or two classes of the paper; what a coding does not tell apart is *unknown*
//! there, and ignored in losses and metrics. States are read by name: two numeric codings with
//! different meanings circulate for the same data, so numbers are never interpreted.

use std::fmt;
use std::str::FromStr;

/// The behaviour of one frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum State {
    /// Forward crawling.
    Forward,
    /// Forward slowing.
    Slowing,
    /// Dorsal turn.
    DorsalTurn,
    /// Ventral turn.
    VentralTurn,
    /// Reverse 1.
    Reverse1,
    /// Reverse 2.
    Reverse2,
    /// Sustained reverse crawling.
    SustainedReverse,
    /// Reverse crawling of a kind that the file does not tell.
    Reverse,
    /// A turn whose direction the file does not tell.
    Turn,
    /// Not labelled, quiescent, or undefined: ignored everywhere.
    Unknown,
}

/// A text that names no state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{found:?} is not the name of a state, expected one of FWD SLOW DT VT REV1 REV2 REVSUS REV TURN NOSTATE (numbers are never interpreted)"
)]
pub struct UnknownStateName {
    /// The text as it was written.
    pub found: String,
}

impl State {
    /// Every state, in the order of the text's list.
    pub const ALL: [State; 10] = [
        Self::Forward,
        Self::Slowing,
        Self::DorsalTurn,
        Self::VentralTurn,
        Self::Reverse1,
        Self::Reverse2,
        Self::SustainedReverse,
        Self::Reverse,
        Self::Turn,
        Self::Unknown,
    ];

    /// The short name that the data sets use, for example `REVSUS`.
    pub fn short_name(self) -> &'static str {
        match self {
            Self::Forward => "FWD",
            Self::Slowing => "SLOW",
            Self::DorsalTurn => "DT",
            Self::VentralTurn => "VT",
            Self::Reverse1 => "REV1",
            Self::Reverse2 => "REV2",
            Self::SustainedReverse => "REVSUS",
            Self::Reverse => "REV",
            Self::Turn => "TURN",
            Self::Unknown => "NOSTATE",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.short_name())
    }
}

impl FromStr for State {
    type Err = UnknownStateName;

    /// Reads the short names and the common long ones in any case. An empty field is unknown.
    ///
    /// # Errors
    /// [`UnknownStateName`] for anything else, numbers included.
    fn from_str(text: &str) -> Result<Self, UnknownStateName> {
        let folded: String = text
            .chars()
            .filter(|c| !matches!(c, ' ' | '_' | '-'))
            .map(|c| c.to_ascii_lowercase())
            .collect();
        Ok(match folded.as_str() {
            "fwd" | "forward" | "forwardcrawling" => Self::Forward,
            "slow" | "slowing" | "forwardslowing" => Self::Slowing,
            "dt" | "dorsalturn" => Self::DorsalTurn,
            "vt" | "ventralturn" => Self::VentralTurn,
            "rev1" | "reverse1" | "reversal1" => Self::Reverse1,
            "rev2" | "reverse2" | "reversal2" => Self::Reverse2,
            "revsus" | "sustainedreverse" | "sustainedreversal" => Self::SustainedReverse,
            "rev" | "reverse" | "reversal" | "reversecrawling" => Self::Reverse,
            "turn" | "turning" => Self::Turn,
            "nostate" | "unknown" | "quiescence" | "quiescent" | "undefinedturn" | "" => {
                Self::Unknown
            }
            _ => return Err(UnknownStateName { found: text.to_owned() }),
        })
    }
}

/// One state per frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Behavior {
    states: Vec<State>,
}

impl Behavior {
    /// Takes one state per frame; a [`crate::Recording`] checks the number of frames.
    pub fn new(states: Vec<State>) -> Self {
        Self { states }
    }

    /// The states, one per frame.
    pub fn states(&self) -> &[State] {
        &self.states
    }

    /// Frames in each state of [`State::ALL`], in that order.
    pub fn counts(&self) -> [usize; State::ALL.len()] {
        let mut counts = [0; State::ALL.len()];
        for &state in &self.states {
            counts[state as usize] += 1;
        }
        counts
    }

    /// Maximal runs of one state as `(state, frames)`, in order.
    pub fn bouts(&self) -> impl Iterator<Item = (State, usize)> + '_ {
        self.states.chunk_by(|a, b| a == b).map(|run| (run[0], run.len()))
    }
}

/// Which states a study tells apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum StateCoding {
    /// The seven states of Kato et al. (the paper's Figure 4A, left).
    Seven,
    /// Reverse, forward, dorsal turn, ventral turn (Figure 4A, right; Nichols et al.).
    Four,
    /// Forward and reverse crawling; turns are ignored (Table 1).
    Two,
}

impl StateCoding {
    /// Names of the classes, in the order of their indices.
    pub fn class_names(self) -> &'static [&'static str] {
        match self {
            Self::Seven => &["FWD", "SLOW", "DT", "VT", "REV1", "REV2", "REVSUS"],
            Self::Four => &["reverse", "forward", "dorsal turn", "ventral turn"],
            Self::Two => &["forward", "reverse"],
        }
    }

    /// Number of classes.
    pub fn n_classes(self) -> usize {
        self.class_names().len()
    }

    /// The class of a state, or `None` where this coding ignores it.
    pub fn class(self, state: State) -> Option<usize> {
        use State::*;
        match (self, state) {
            (_, Unknown) => None,
            // A reversal of unstated kind has no place among the seven, nor has a turn of unstated
            // direction among the seven or the four.
            (Self::Seven, Reverse) | (_, Turn) => None,
            (Self::Seven, state) => Some(state as usize),
            (Self::Four, Reverse1 | Reverse2 | SustainedReverse | Reverse) => Some(0),
            (Self::Four, Forward | Slowing) => Some(1),
            (Self::Four, DorsalTurn) => Some(2),
            (Self::Four, VentralTurn) => Some(3),
            (Self::Two, Forward | Slowing) => Some(0),
            (Self::Two, Reverse1 | Reverse2 | SustainedReverse | Reverse) => Some(1),
            (Self::Two, DorsalTurn | VentralTurn) => None,
        }
    }

    /// Reads the number of states.
    pub fn from_n_states(n_states: usize) -> Option<Self> {
        match n_states {
            7 => Some(Self::Seven),
            4 => Some(Self::Four),
            2 => Some(Self::Two),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_short_name_reads_back() {
        for state in State::ALL {
            assert_eq!(state.short_name().parse::<State>(), Ok(state));
            assert_eq!(state.short_name().to_lowercase().parse::<State>(), Ok(state));
        }
    }

    #[test]
    fn numbers_are_never_states() {
        for text in ["1", "0", "8", "3.0"] {
            assert!(text.parse::<State>().is_err());
        }
    }

    #[test]
    fn the_seven_classes_carry_the_names_of_their_states() {
        for state in State::ALL {
            if let Some(class) = StateCoding::Seven.class(state) {
                assert_eq!(StateCoding::Seven.class_names()[class], state.short_name());
            }
        }
    }

    #[test]
    fn four_states_follow_the_supplement() {
        let classes: Vec<_> = ["REV1", "REV2", "REVSUS", "FWD", "SLOW", "DT", "VT", "NOSTATE"]
            .map(|name| StateCoding::Four.class(name.parse().unwrap()))
            .to_vec();
        let expected = [Some(0), Some(0), Some(0), Some(1), Some(1), Some(2), Some(3), None];
        assert_eq!(classes, expected);
    }

    #[test]
    fn two_states_ignore_turns() {
        assert_eq!(StateCoding::Two.class(State::VentralTurn), None);
        assert_eq!(StateCoding::Two.class(State::Slowing), Some(0));
        assert_eq!(StateCoding::Two.class(State::Reverse), Some(1));
    }

    #[test]
    fn a_turn_without_direction_is_unknown_in_every_coding() {
        assert_eq!("Turn".parse(), Ok(State::Turn));
        for coding in [StateCoding::Seven, StateCoding::Four, StateCoding::Two] {
            assert_eq!(coding.class(State::Turn), None);
        }
    }

    #[test]
    fn bouts_are_maximal_runs() {
        use State::*;
        let behavior = Behavior::new(vec![Forward, Forward, Reverse1, Forward]);
        let bouts: Vec<_> = behavior.bouts().collect();
        assert_eq!(bouts, [(Forward, 2), (Reverse1, 1), (Forward, 1)]);
    }
}
