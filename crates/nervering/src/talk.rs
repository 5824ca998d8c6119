//! What is said beside data, on standard error.

use crate::terminal::painted_talk;
use std::io::Write;

/// Says a line on standard error. Where nobody can hear it, nothing is lost.
pub fn talk(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{}", painted_talk(line));
}
