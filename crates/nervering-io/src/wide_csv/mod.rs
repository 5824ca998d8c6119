//! The wide table: one CSV file per animal that anyone can open with pandas.
//!
//! ```text
//! time_s,state,AVAL,AVAR,---#3,SMDVL|SMDVR,AVAL.derivative,…
//! 16.869621,REV2,0.683,0.1274,0.02,0.31,0.0041,…
//! ```
//!
//! The columns and the metadata are those of [`crate::table`]; the metadata stand in a `.json` beside
//! the CSV. A table in gzip is read as well. A missing value is `NaN` or empty. Numbers are written in the shortest form that reads
//! back exactly, so a recording survives writing and reading unchanged.

mod arrangement;
mod read;
mod source;
mod write;

pub(crate) use source::{is_gzip, unpacked_head};
pub use write::write_csv;

use arrangement::n_index;

use crate::error::IoError;
use crate::options::ReadOptions;
use crate::outcome::ReadOutcome;
use crate::reader::Reader;
use crate::table::TIME;
use std::path::Path;

/// Reads the wide table.
pub struct WideCsv;

impl Reader for WideCsv {
    fn name(&self) -> &'static str {
        "wide CSV"
    }

    /// Whatever begins with a field `time_s`, perhaps after one that numbers the rows, and perhaps in
    /// gzip; the rest may hold any character, since a label may.
    fn recognises(&self, head: &[u8]) -> bool {
        if is_gzip(head) { begins_with_time(&unpacked_head(head)) } else { begins_with_time(head) }
    }

    fn is_one_animal(&self) -> bool {
        true
    }

    fn read(&self, path: &Path, options: &ReadOptions) -> Result<ReadOutcome, IoError> {
        read::read_csv(path, options)
    }
}

/// Whether the header of a table leads to the column of times.
fn begins_with_time(head: &[u8]) -> bool {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    let line = head.split(|&byte| matches!(byte, b'\r' | b'\n')).next().unwrap_or_default();
    let text = String::from_utf8_lossy(line);
    let fields = || text.split(',').map(|field| field.trim().trim_matches('"'));
    fields().next().is_some_and(|first| first.trim() == TIME) || n_index(fields()) > 0
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
