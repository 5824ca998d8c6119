//! How many threads commands work on: `--threads`, else `NERVERING_THREADS`, else one per processor that
//! this program may use. Results do not depend on it.

use std::num::NonZeroUsize;
use std::sync::OnceLock;

static ASKED: OnceLock<NonZeroUsize> = OnceLock::new();

/// Takes what was asked for. To be called once, before any command.
pub fn set(asked: Option<NonZeroUsize>) {
    if let Some(n) = asked {
        _ = ASKED.set(n);
    }
}

/// The number asked for, or one per processor that this program may use.
pub fn number() -> usize {
    let available = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    ASKED.get().copied().map_or(available, NonZeroUsize::get)
}

/// Reads a number of threads.
///
/// # Errors
/// What was expected.
pub fn parse(text: &str) -> Result<NonZeroUsize, String> {
    text.trim().parse().map_err(|_| "expected a whole number of threads, 1 or more".to_owned())
}
