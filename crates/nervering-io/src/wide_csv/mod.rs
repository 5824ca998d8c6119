//! The wide table: one CSV file per animal that anyone can open with pandas.
//!
//! ```text
//! time_s,state,AVAL,AVAR,---#3,SMDVL|SMDVR,AVAL.derivative,…
//! 16.869621,REV2,0.683,0.1274,0.02,0.31,0.0041,…
//! ```
//!
//! The columns and the metadata are those of [`crate::table`]; the metadata stand in a `.json` beside
//! the CSV. A missing value is `NaN` or empty. Numbers are written in the shortest form that reads
//! back exactly, so a recording survives writing and reading unchanged.

mod read;
mod write;

pub use write::write_csv;

use crate::error::IoError;
use crate::options::ReadOptions;
use crate::reader::{ReadOutcome, Reader};
use crate::table::TIME;
use std::path::Path;

/// Reads the wide table.
pub struct WideCsv;

impl Reader for WideCsv {
    fn name(&self) -> &'static str {
        "wide CSV"
    }

    /// Whatever begins with a field `time_s`; the rest may hold any character, since a label may.
    fn recognises(&self, head: &[u8]) -> bool {
        let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
        let rest = match head.strip_prefix(b"\"") {
            Some(quoted) => {
                quoted.strip_prefix(TIME.as_bytes()).and_then(|r| r.strip_prefix(b"\""))
            }
            None => head.strip_prefix(TIME.as_bytes()),
        };
        rest.is_some_and(|rest| matches!(rest.first(), None | Some(b',' | b'\r' | b'\n')))
    }

    fn read(&self, path: &Path, options: &ReadOptions) -> Result<ReadOutcome, IoError> {
        read::read_csv(path, options)
    }
}

/// The first line of a text file, without a byte order mark; nothing for bytes that are no text.
pub(crate) fn first_line(head: &[u8]) -> Option<&str> {
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        // The head may end within a character.
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&head[..error.valid_up_to()]).ok()?
        }
        Err(_) => return None,
    };
    let is_text = |c: char| !c.is_control() || matches!(c, '\n' | '\r' | '\t');
    if text.is_empty() || !text.chars().all(is_text) {
        return None;
    }
    text.strip_prefix('\u{feff}').unwrap_or(text).lines().next()
}
