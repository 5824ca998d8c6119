//! State codes and the names that give them their meaning. A code is never guessed.

use crate::error::IoError;
use crate::limits::MAX_NEURONS;
use crate::mat::{Class, Value};
use crate::states::{StateReader, shown};
use crate::warning::Level;
use nervering_recording::State;

/// The states that the codes 1, 2, … stand for: a cell array, or rows of characters, with one name per
/// code.
pub(super) fn read_key(key: &Value<'_>, reader: &StateReader<'_>) -> Result<Vec<State>, IoError> {
    let mut states = Vec::new();
    match key.class() {
        Class::Text => {
            for name in key.lines(MAX_NEURONS)? {
                states.push(state_called(key, &name, reader)?);
            }
        }
        Class::Other => return Err(super::words::not_a_cell(key)),
        _ => {
            for entry in &key.cells()? {
                states.push(state_called(entry, &single_text(entry)?, reader)?);
            }
        }
    }
    Ok(states)
}

/// The text of an entry, which may stand in a cell of its own.
pub(super) fn single_text(entry: &Value<'_>) -> Result<String, IoError> {
    match entry.class() {
        Class::Cell => match entry.cells()?.as_slice() {
            [only] => only.text(),
            _ => Err(entry.unexpected(entry.describe(), "the name of one state")),
        },
        Class::Other => Err(super::words::not_a_cell(entry)),
        _ => entry.text(),
    }
}

/// The state of a name that stands at a value.
pub(super) fn state_called(
    value: &Value<'_>,
    name: &str,
    reader: &StateReader<'_>,
) -> Result<State, IoError> {
    reader.text(name).map_err(|fault| value.unexpected(shown(name), fault.expected()))
}

/// The states of some codes; `names` are those of the codes 1, 2, …. A frame without a number is
/// unknown, with a warning.
///
/// # Errors
/// For a code that has no name: codes may then count from 0, and none of them is sure.
pub(super) fn decode(
    value: &Value<'_>,
    codes: &[f64],
    names: &[State],
    warn: &mut impl FnMut(Level, &'static str, String),
) -> Result<Vec<State>, IoError> {
    let n_missing = codes.iter().filter(|code| code.is_nan()).count();
    if n_missing > 0 {
        let text = format!("{n_missing} frames carry no state (NaN); they are unknown");
        warn(Level::Advice, "frames-without-state", text);
    }
    let state_of = |(frame, &code): (usize, &f64)| {
        if code.is_nan() {
            return Ok(State::Unknown);
        }
        // The comparison refuses fractions and anything out of range.
        let at = (1..=names.len()).find(|&k| k as f64 == code);
        at.map(|k| names[k - 1]).ok_or_else(|| {
            value.unexpected(
                format!("state code {code} at frame {frame} (from 0)"),
                format!("a code from 1 to {}, as many as the file names", names.len()),
            )
        })
    };
    codes.iter().enumerate().map(state_of).collect()
}

/// The states of codes that no key of the file names and the user's map gives a meaning.
pub(super) fn as_mapped(
    value: &Value<'_>,
    codes: &[f64],
    reader: &StateReader<'_>,
) -> Result<Vec<State>, IoError> {
    let state = |&code: &f64| match code {
        code if code.is_nan() => Ok(State::Unknown),
        code => {
            let state = reader.code(code);
            state.map_err(|fault| value.unexpected(format!("code {code}"), fault.expected()))
        }
    };
    codes.iter().map(state).collect()
}
