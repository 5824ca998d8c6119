//! Labels that are no known states: what may be one, and [`OwnLabels`], the list that a reader fills
//! while it reads the states of one recording.

use crate::{OwnLabel, State};
use std::collections::BTreeMap;

/// What programs write where there is no label.
const MISSING: [&str; 5] = ["nan", "na", "n/a", "none", "null"];
/// Largest number that can be a code, in either direction.
const MAX_CODE: f64 = 1e9;

/// Why a text or a number is the label of no state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected {}", self.expected())]
#[non_exhaustive]
pub enum NotALabel {
    /// A number, whose meaning nothing tells.
    Number,
    /// A label that would not fit into a line.
    TooLong,
    /// Line breaks, tabs and the like.
    Control,
    /// More labels in one recording than are states of a behaviour.
    TooMany,
}

impl NotALabel {
    /// What should stand there.
    pub fn expected(self) -> &'static str {
        match self {
            Self::Number => {
                "the name of a state; a number has no meaning of its own, say what it stands for with --map NUMBER=STATE"
            }
            Self::TooLong => "the name of a state, of at most 80 characters",
            Self::Control => "the name of a state, without control characters",
            Self::TooMany => {
                "at most 64 different labels beside the known states; is this a column of states?"
            }
        }
    }
}

/// The labels of one recording that are no known states, in the order in which they were met.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OwnLabels {
    places: BTreeMap<String, u8>,
}

impl OwnLabels {
    /// Most labels in one recording.
    pub const MAX: usize = 64;
    /// Most characters of one label.
    pub const MAX_CHARACTERS: usize = 80;

    /// The state that a text names: a known one in any of its spellings, else a label of its own, as
    /// it is written but for space around it. An empty text, and what programs write for nothing
    /// (`NaN`, `NA`, `None`, `null`), is unknown.
    ///
    /// # Errors
    /// [`NotALabel`], for a number among others.
    pub fn read(&mut self, text: &str) -> Result<State, NotALabel> {
        match canonical(text)? {
            Name::Known(state) => Ok(state),
            Name::Own(name) => self.own(name),
        }
    }

    /// The label of a code, which is its number. Only for codes whose meaning somebody gives: see
    /// [`crate::StateMap::gives`].
    ///
    /// # Errors
    /// [`NotALabel::Number`] for what is no whole number.
    pub fn code(&mut self, code: f64) -> Result<State, NotALabel> {
        self.own(&code_name(code).ok_or(NotALabel::Number)?)
    }

    /// The labels of a behaviour.
    pub(crate) fn of(names: &[String]) -> Self {
        let places = names.iter().enumerate();
        Self { places: places.map(|(place, name)| (name.clone(), place as u8)).collect() }
    }

    /// The state of this canonical name, be it a code's.
    pub(crate) fn keep(&mut self, name: &str) -> Result<State, NotALabel> {
        match name.parse::<State>() {
            Ok(known) => Ok(known),
            Err(_) => self.own(name),
        }
    }

    fn own(&mut self, name: &str) -> Result<State, NotALabel> {
        if let Some(&place) = self.places.get(name) {
            return Ok(State::Own(OwnLabel(place)));
        }
        if self.places.len() == Self::MAX {
            return Err(NotALabel::TooMany);
        }
        let place = self.places.len() as u8;
        self.places.insert(name.to_owned(), place);
        Ok(State::Own(OwnLabel(place)))
    }

    /// Every label with its place, by name.
    pub(crate) fn by_name(self) -> impl Iterator<Item = (String, OwnLabel)> {
        self.places.into_iter().map(|(name, place)| (name, OwnLabel(place)))
    }
}

/// What a text names.
enum Name<'t> {
    Known(State),
    Own(&'t str),
}

fn canonical(text: &str) -> Result<Name<'_>, NotALabel> {
    let text = text.trim();
    if let Ok(known) = text.parse::<State>() {
        return Ok(Name::Known(known));
    }
    if MISSING.iter().any(|missing| text.eq_ignore_ascii_case(missing)) {
        return Ok(Name::Known(State::Unknown));
    }
    if text.parse::<f64>().is_ok() {
        return Err(NotALabel::Number);
    }
    if text.chars().any(char::is_control) {
        return Err(NotALabel::Control);
    }
    if text.chars().count() > OwnLabels::MAX_CHARACTERS {
        return Err(NotALabel::TooLong);
    }
    Ok(Name::Own(text))
}

/// The one name by which states of several recordings are compared: the short name of a known state,
/// else the label itself.
pub(crate) fn canonical_name(text: &str) -> Result<&str, NotALabel> {
    Ok(match canonical(text)? {
        Name::Known(state) => state.known_name().unwrap_or(text),
        Name::Own(name) => name,
    })
}

/// A whole number as the name of a code.
pub(crate) fn code_name(code: f64) -> Option<String> {
    (code.fract() == 0. && code.abs() <= MAX_CODE).then(|| format!("{}", code as i64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_known_state_is_a_label_as_it_is_written() {
        let mut labels = OwnLabels::default();
        let roaming = labels.read(" roaming ").unwrap();
        assert_eq!(labels.read("roaming"), Ok(roaming));
        assert_ne!(labels.read("Roaming"), Ok(roaming));
        assert_eq!(labels.read("reversal"), Ok(State::Reverse));
        for missing in ["", " ", "NaN", "NA", "n/a", "None", "null", "NOSTATE"] {
            assert_eq!(labels.read(missing), Ok(State::Unknown), "{missing:?}");
        }
        assert_eq!(labels.places.len(), 2);
    }

    #[test]
    fn numbers_control_characters_and_essays_are_no_labels() {
        let mut labels = OwnLabels::default();
        for number in ["1", "-1", "2.0", "1e3", "0.25", "inf"] {
            assert_eq!(labels.read(number), Err(NotALabel::Number), "{number}");
        }
        assert_eq!(labels.read("a\nb"), Err(NotALabel::Control));
        assert_eq!(labels.read(&"é".repeat(81)), Err(NotALabel::TooLong));
        assert!(labels.read(&"é".repeat(80)).is_ok());
    }

    #[test]
    fn there_are_at_most_64_labels() {
        let mut labels = OwnLabels::default();
        for k in 0..64 {
            labels.read(&format!("state {k}")).unwrap();
        }
        assert_eq!(labels.read("state 64"), Err(NotALabel::TooMany));
        assert!(labels.read("state 63").is_ok() && labels.read("FWD").is_ok());
        assert!(NotALabel::TooMany.to_string().contains(&OwnLabels::MAX.to_string()));
        let longest = OwnLabels::MAX_CHARACTERS.to_string();
        assert!(NotALabel::TooLong.to_string().contains(&longest));
    }

    #[test]
    fn a_code_is_called_as_its_number_however_it_is_stored() {
        let mut labels = OwnLabels::default();
        let code = labels.code(2.).unwrap();
        assert_eq!(labels.code(2.0e0), Ok(code));
        for other in [0.5, f64::NAN, f64::INFINITY, 1e10] {
            assert_eq!(labels.code(other), Err(NotALabel::Number));
        }
        assert_eq!(code_name(-3.).as_deref(), Some("-3"));
    }
}
