//! State codes and the names that give them their meaning. A code is never guessed.

use crate::error::IoError;
use crate::mat::{Class, Value};
use crate::warning::Level;
use nervering_recording::State;

/// The states that the codes 1, 2, … stand for: a cell array with one name per code.
pub(super) fn read_key(key: &Value<'_>) -> Result<Vec<State>, IoError> {
    let mut states = Vec::new();
    for entry in &key.cells()? {
        // A name may stand in a cell of its own.
        let text = match entry.class() {
            Class::Cell => match entry.cells()?.as_slice() {
                [only] => only.text()?,
                _ => return Err(entry.unexpected(entry.describe(), "the name of one state")),
            },
            _ => entry.text()?,
        };
        states.push(text.parse().map_err(|_| {
            entry.unexpected(format!("{text:?}"), "the name of a state, such as FWD or REVSUS")
        })?);
    }
    Ok(states)
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
