//! The states of behaviour: the known ones, which are the finest vocabulary that any supported data
//! set uses, and whatever else a laboratory calls its own.
//!
//! [`State`] is what a frame carries. A label of the laboratory's own is a place in the list of its
//! [`crate::Behavior`], which alone knows what it is called. States are read by name: two numeric
//! codings with different meanings circulate for the same data, so numbers are never interpreted.

use crate::nearest::edit_distance;
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
    /// No movement. None of the fixed codings tells it apart.
    Quiescence,
    /// A label of the laboratory's own.
    Own(OwnLabel),
    /// Not labelled, or undefined: ignored everywhere.
    Unknown,
}

/// A label of a laboratory's own: its place, from 0, among those of the [`crate::Behavior`] it
/// belongs to. In another behaviour the same place stands for another label, so labels of two
/// recordings are compared by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OwnLabel(pub(crate) u8);

/// What known states are called, without case, spaces, hyphens and underscores.
const SPELLINGS: [(&str, State); 31] = [
    ("fwd", State::Forward),
    ("forward", State::Forward),
    ("forwardcrawling", State::Forward),
    ("slow", State::Slowing),
    ("slowing", State::Slowing),
    ("forwardslowing", State::Slowing),
    ("dt", State::DorsalTurn),
    ("dorsalturn", State::DorsalTurn),
    ("vt", State::VentralTurn),
    ("ventralturn", State::VentralTurn),
    ("rev1", State::Reverse1),
    ("reverse1", State::Reverse1),
    ("reversal1", State::Reverse1),
    ("rev2", State::Reverse2),
    ("reverse2", State::Reverse2),
    ("reversal2", State::Reverse2),
    ("revsus", State::SustainedReverse),
    ("sustainedreverse", State::SustainedReverse),
    ("sustainedreversal", State::SustainedReverse),
    ("rev", State::Reverse),
    ("reverse", State::Reverse),
    ("reversal", State::Reverse),
    ("reversecrawling", State::Reverse),
    ("turn", State::Turn),
    ("turning", State::Turn),
    ("quiescence", State::Quiescence),
    ("quiescent", State::Quiescence),
    ("nostate", State::Unknown),
    ("unknown", State::Unknown),
    ("undefinedturn", State::Unknown),
    ("", State::Unknown),
];

/// Edits that make a likely slip, per character of the text.
const SLIPS_PER_CHARACTER: f64 = 0.25;

fn folded(text: &str) -> String {
    let kept = text.chars().filter(|c| !matches!(c, ' ' | '_' | '-'));
    kept.map(|c| c.to_ascii_lowercase()).collect()
}

/// A text that names no known state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{found:?} is not the name of a known state, expected one of FWD SLOW DT VT REV1 REV2 REVSUS REV TURN QUIESCENCE NOSTATE (numbers are never interpreted)"
)]
pub struct UnknownStateName {
    /// The text as it was written.
    pub found: String,
}

impl State {
    /// Every known state, in the order of the text's list.
    pub const ALL: [State; 11] = [
        Self::Forward,
        Self::Slowing,
        Self::DorsalTurn,
        Self::VentralTurn,
        Self::Reverse1,
        Self::Reverse2,
        Self::SustainedReverse,
        Self::Reverse,
        Self::Turn,
        Self::Quiescence,
        Self::Unknown,
    ];

    /// The short name of a known state that the data sets use, for example `REVSUS`; nothing for a
    /// label of one's own, whose name its behaviour knows ([`crate::Behavior::name`]).
    pub fn known_name(self) -> Option<&'static str> {
        Some(match self {
            Self::Forward => "FWD",
            Self::Slowing => "SLOW",
            Self::DorsalTurn => "DT",
            Self::VentralTurn => "VT",
            Self::Reverse1 => "REV1",
            Self::Reverse2 => "REV2",
            Self::SustainedReverse => "REVSUS",
            Self::Reverse => "REV",
            Self::Turn => "TURN",
            Self::Quiescence => "QUIESCENCE",
            Self::Unknown => "NOSTATE",
            Self::Own(_) => return None,
        })
    }

    /// The known state that a text nearly names: one of its spellings is a slip or so away.
    pub fn nearest(text: &str) -> Option<Self> {
        let folded = folded(text);
        let most = (SLIPS_PER_CHARACTER * folded.chars().count() as f64) as usize;
        let spellings = SPELLINGS.iter().filter(|(spelling, _)| !spelling.is_empty());
        let distances =
            spellings.map(|&(spelling, state)| (edit_distance(&folded, spelling), state));
        let nearest = distances.min_by_key(|&(distance, _)| distance)?;
        (nearest.0 <= most).then_some(nearest.1)
    }
}

impl FromStr for State {
    type Err = UnknownStateName;

    /// Reads the short names and the common long ones in any case. An empty field is unknown.
    ///
    /// # Errors
    /// [`UnknownStateName`] for anything else, numbers included.
    fn from_str(text: &str) -> Result<Self, UnknownStateName> {
        let folded = folded(text);
        let state = SPELLINGS.iter().find(|(spelling, _)| *spelling == folded);
        state.map(|&(_, state)| state).ok_or_else(|| UnknownStateName { found: text.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_name_reads_back() {
        for state in State::ALL {
            let name = state.known_name().unwrap();
            assert_eq!(name.parse::<State>(), Ok(state));
            assert_eq!(name.to_lowercase().parse::<State>(), Ok(state));
        }
    }

    #[test]
    fn a_slip_is_near_the_state_that_was_meant() {
        let cases = [
            ("FWDD", Some(State::Forward)),
            ("Forwrd", Some(State::Forward)),
            ("rev_suss", Some(State::SustainedReverse)),
            ("ventral trun", Some(State::VentralTurn)),
            ("roaming", None),
            ("run", None),
            ("rest", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(State::nearest(text), expected, "{text:?}");
        }
    }

    #[test]
    fn numbers_are_never_states() {
        for text in ["1", "0", "8", "3.0"] {
            assert!(text.parse::<State>().is_err());
        }
    }
}
