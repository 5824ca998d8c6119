//! Where the program is.

use std::io;
use std::path::PathBuf;
use std::sync::OnceLock;

pub(crate) static PATH: OnceLock<PathBuf> = OnceLock::new();

/// The file of the program, which jobs on a cluster run.
pub(crate) fn path() -> io::Result<PathBuf> {
    PATH.get().map_or_else(std::env::current_exe, std::path::absolute)
}
