//! [`StateMap`]: what a user says the states of a file stand for.
//!
//! It maps names to names: to known states, or to labels of one's own, so that several can be made
//! one. A number may stand on its left side only; that is how codes get a meaning, which is never
//! guessed.

use crate::own_labels::{NotALabel, canonical_name, code_name};
use crate::{Recording, State};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

/// What states stand for, by name. As text it is `roaming=FWD,dwelling=NOSTATE`; a comma, equals
/// sign or backslash in a name stands after a backslash.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StateMap {
    to: BTreeMap<String, String>,
}

/// Why a text or a list of pairs is no map of states.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotAStateMap {
    /// An entry is no pair.
    #[error("found {found:?}, expected NAME=STATE, for example roaming=FWD")]
    NotAPair {
        /// The entry.
        found: String,
    },
    /// The right side of an entry names no state.
    #[error("{from:?} is mapped to {to:?}, {source}")]
    To {
        /// The left side.
        from: String,
        /// The right side.
        to: String,
        /// What is wrong with it.
        source: NotALabel,
    },
    /// The left side is no name that a file could have.
    #[error("found {from:?} on the left side, expected a name of a state in the file, or its code")]
    From {
        /// The left side.
        from: String,
    },
    /// One name is mapped to two states.
    #[error("{from:?} is mapped to {first:?} and to {second:?}, expected one of them")]
    Twice {
        /// The name.
        from: String,
        /// The one state.
        first: String,
        /// The other.
        second: String,
    },
}

impl StateMap {
    /// Takes pairs of a name in the file and what it stands for.
    ///
    /// # Errors
    /// [`NotAStateMap`] for what is no name of a state, and for a name with two meanings.
    pub fn new<T: AsRef<str>>(
        pairs: impl IntoIterator<Item = (T, T)>,
    ) -> Result<Self, NotAStateMap> {
        let mut map = Self::default();
        for (from, to) in pairs {
            map.insert(from.as_ref().trim(), to.as_ref().trim())?;
        }
        Ok(map)
    }

    fn insert(&mut self, from: &str, to: &str) -> Result<(), NotAStateMap> {
        let name = match from.parse::<f64>() {
            Ok(code) => code_name(code),
            // Frames without a state have none that could stand for another.
            Err(_) => canonical_name(from).ok().map(str::to_owned),
        };
        let unknown = State::Unknown.known_name().unwrap_or_default();
        let name = name.filter(|name| name != unknown);
        let name = name.ok_or_else(|| NotAStateMap::From { from: from.to_owned() })?;
        let no_state =
            |source| NotAStateMap::To { from: from.to_owned(), to: to.to_owned(), source };
        let to = canonical_name(to).map_err(no_state)?.to_owned();
        match self.to.insert(name, to.clone()) {
            Some(first) if first != to => {
                Err(NotAStateMap::Twice { from: from.to_owned(), first, second: to })
            }
            _ => Ok(()),
        }
    }

    /// A map to begin with, of names that mean nothing yet: each to the one of the `known` states that
    /// it nearly names, else to none.
    pub fn proposed(names: &[String], known: &[String]) -> Self {
        let to = |name: &str| match State::nearest(name).and_then(State::known_name) {
            Some(near) if known.iter().any(|known| known == near) => near,
            _ => "NOSTATE",
        };
        let pairs = names.iter().map(|name| (name.clone(), to(name).to_owned()));
        Self { to: pairs.collect() }
    }

    /// The map as the option that gives it, as a shell takes it.
    pub fn option(&self) -> String {
        let text = self.to_string();
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '=' | ',' | '.' | '-');
        if text.chars().all(plain) {
            return format!("--map {text}");
        }
        format!("--map '{}'", text.replace('\'', r"'\''"))
    }

    /// Whether nothing is mapped.
    pub fn is_empty(&self) -> bool {
        self.to.is_empty()
    }

    /// What a name stands for, where the map says so.
    pub fn to(&self, name: &str) -> Option<&str> {
        self.to.get(name).map(String::as_str)
    }

    /// Whether the map gives a code a meaning.
    pub fn gives(&self, code: f64) -> bool {
        code_name(code).is_some_and(|name| self.to.contains_key(&name))
    }

    /// The pairs, by name.
    pub fn pairs(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.to.iter().map(|(from, to)| (from.as_str(), to.as_str()))
    }

    /// Names that the map has and no recording does.
    pub fn unused<'m>(&'m self, recordings: &[Recording]) -> Vec<&'m str> {
        let behaviors = recordings.iter().filter_map(Recording::behavior);
        let of = |behavior: &crate::Behavior| -> Vec<String> {
            behavior.shown().into_iter().map(|state| behavior.name(state).to_owned()).collect()
        };
        let shown: BTreeSet<String> = behaviors.flat_map(of).collect();
        self.to.keys().map(String::as_str).filter(|name| !shown.contains(*name)).collect()
    }
}

impl FromStr for StateMap {
    type Err = NotAStateMap;

    /// Reads `NAME=STATE,NAME=STATE`.
    fn from_str(text: &str) -> Result<Self, NotAStateMap> {
        let mut map = Self::default();
        for entry in split(text, ',') {
            let sides: Vec<String> = split(&entry, '=').map(|side| unescaped(&side)).collect();
            let [from, to] = sides.as_slice() else {
                return Err(NotAStateMap::NotAPair { found: entry });
            };
            map.insert(from.trim(), to.trim())?;
        }
        Ok(map)
    }
}

impl fmt::Display for StateMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (k, (from, to)) in self.to.iter().enumerate() {
            let comma = if k == 0 { "" } else { "," };
            write!(f, "{comma}{}={}", escaped(from), escaped(to))?;
        }
        Ok(())
    }
}

/// The pieces between separators that stand after no backslash; backslashes are kept.
fn split(text: &str, separator: char) -> std::vec::IntoIter<String> {
    let mut pieces = vec![String::new()];
    let mut after_backslash = false;
    for c in text.chars() {
        if c == separator && !after_backslash {
            pieces.push(String::new());
        } else if let Some(piece) = pieces.last_mut() {
            piece.push(c);
        }
        after_backslash = c == '\\' && !after_backslash;
    }
    pieces.into_iter()
}

fn unescaped(text: &str) -> String {
    let mut plain = String::new();
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        plain.push(if c == '\\' { characters.next().unwrap_or(c) } else { c });
    }
    plain
}

fn escaped(name: &str) -> String {
    let escape = |c| if matches!(c, ',' | '=' | '\\') { vec!['\\', c] } else { vec![c] };
    name.chars().flat_map(escape).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_reads_back() {
        for text in ["roaming=FWD", "1=FWD,2=dwelling", r"a\,b\=c\\=FWD,é=NOSTATE"] {
            let map: StateMap = text.parse().unwrap();
            assert_eq!(map.to_string(), text);
            assert_eq!(StateMap::new(map.pairs()), Ok(map));
        }
        let map: StateMap = r"a\,b\=c\\=FWD".parse().unwrap();
        assert_eq!(map.to(r"a,b=c\"), Some("FWD"));
        let map: StateMap = " Forward = reversal , roaming= turn".parse().unwrap();
        assert_eq!(map.pairs().collect::<Vec<_>>(), [("FWD", "REV"), ("roaming", "TURN")]);
    }

    #[test]
    fn the_map_to_write_is_one_word_to_a_shell_and_reads_back() {
        let names = ["it's, slow=fast".to_owned()];
        let map = StateMap::proposed(&names, &[]);
        assert_eq!(map.to(&names[0]), Some("NOSTATE"));
        assert_eq!(map.to_string().parse(), Ok(map.clone()));
        assert_eq!(map.option(), r"--map 'it'\''s\, slow\=fast=NOSTATE'");
    }

    #[test]
    fn what_is_no_map_is_told() {
        let cases = [
            ("roaming", "found \"roaming\", expected NAME=STATE"),
            ("", "expected NAME=STATE"),
            ("a=FWD,", "expected NAME=STATE"),
            ("a=b=c", "expected NAME=STATE"),
            ("a=1", "\"a\" is mapped to \"1\", expected the name of a state"),
            ("=FWD", "found \"\" on the left side"),
            ("NOSTATE=FWD", "found \"NOSTATE\" on the left side"),
            ("0.5=FWD", "found \"0.5\" on the left side"),
            ("a=FWD,a=REV", "\"a\" is mapped to \"FWD\" and to \"REV\""),
        ];
        for (text, words) in cases {
            let error = text.parse::<StateMap>().unwrap_err().to_string();
            assert!(error.contains(words), "{text:?} gave {error}");
        }
        assert!("a=FWD,a=forward".parse::<StateMap>().is_ok());
    }

    #[test]
    fn a_code_has_a_meaning_only_where_the_map_gives_one() {
        let map: StateMap = "1=FWD,2.0=REV".parse().unwrap();
        assert!(map.gives(1.) && map.gives(2.));
        assert!(!map.gives(3.) && !map.gives(1.5) && !map.gives(f64::NAN));
    }
}
