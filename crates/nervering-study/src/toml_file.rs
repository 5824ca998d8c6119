//! What study files of all tasks share: [`TaskName`] says which keys a file has, [`parse`] reads it and
//! says of an unknown key where it stands and which known one is nearest.

use crate::error::StudyError;
use nervering_recording::edit_distance;
use serde::de::{DeserializeOwned, Error as _, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt;
use std::path::Path;
use std::str::FromStr;

/// Version of study files and folders.
pub(crate) const FORMAT: u32 = 4;

/// The version, where a file leaves it out.
pub(crate) fn format() -> u32 {
    FORMAT
}

/// What a study file asks for: it decides which keys there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskName {
    /// Behaviour from neurons: [`crate::StudyFile`]. What a file without the key asks for.
    Decode,
    /// Neurons from neurons: [`crate::forecast::ForecastFile`].
    Forecast,
}

impl TaskName {
    /// The task of a study file; `path` is for errors.
    ///
    /// # Errors
    /// [`StudyError::File`] for text that is no TOML, [`StudyError::Choice`] for a task that is
    /// none.
    pub fn of_file(text: &str, path: &Path) -> Result<Self, StudyError> {
        #[derive(Deserialize)]
        struct Head {
            task: Option<String>,
        }
        let Head { task } = toml(text, path)?;
        match task.as_deref() {
            None | Some("decode") => Ok(Self::Decode),
            Some("forecast") => Ok(Self::Forecast),
            Some(other) => {
                let reason = format!("found {other:?}, expected decode or forecast");
                Err(StudyError::Choice { what: "task", reason })
            }
        }
    }
}

/// Reads a study file of any task in the current format.
pub(crate) fn parse<T: DeserializeOwned>(
    text: &str,
    path: &Path,
    format: impl Fn(&T) -> u32,
) -> Result<T, StudyError> {
    let file = toml(text, path)?;
    let found = format(&file);
    if found != FORMAT {
        let reason = format!("found format {found}, expected {FORMAT}");
        return Err(StudyError::File { path: path.to_owned(), line: 1, reason });
    }
    Ok(file)
}

fn toml<T: DeserializeOwned>(text: &str, path: &Path) -> Result<T, StudyError> {
    toml::from_str(text).map_err(|error| {
        let before = error.span().map_or(0, |span| span.start.min(text.len()));
        let line = text.as_bytes()[..before].iter().filter(|&&byte| byte == b'\n').count() + 1;
        StudyError::File { path: path.to_owned(), line, reason: reason(error.message()) }
    })
}

/// A text stands for a list of one.
pub(crate) fn text_or_list<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<Option<Vec<String>>, D::Error> {
    struct TextOrList;
    impl<'de> Visitor<'de> for TextOrList {
        type Value = Option<Vec<String>>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a text or a list of texts")
        }

        fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
            Ok(Some(vec![text.to_owned()]))
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
            let mut list = Vec::new();
            while let Some(text) = seq.next_element()? {
                list.push(text);
            }
            if list.is_empty() {
                return Err(A::Error::custom("found an empty list, expected at least one text"));
            }
            Ok(Some(list))
        }
    }
    from.deserialize_any(TextOrList)
}

/// A value by its name.
pub(crate) fn choice<T: FromStr<Err: fmt::Display>>(
    what: &'static str,
    text: &str,
) -> Result<T, StudyError> {
    text.parse().map_err(|error: T::Err| StudyError::Choice { what, reason: error.to_string() })
}

/// What the parser says, and for an unknown key the nearest known one.
fn reason(message: &str) -> String {
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    match quoted[..] {
        [unknown, ref known @ ..] if message.starts_with("unknown field") && !known.is_empty() => {
            let nearest = known.iter().min_by_key(|name| edit_distance(unknown, name));
            let nearest = nearest.expect("there is a known key");
            format!("found the unknown key {unknown:?}; did you mean {nearest:?}?")
        }
        _ => message.replace('`', "\""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_counted_in_edits() {
        assert_eq!(edit_distance("", "abc"), 3);
        assert_eq!(edit_distance("kitten", "sitting"), 3);
        assert_eq!(edit_distance("states", "states"), 0);
    }
}
