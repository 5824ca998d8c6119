//! What commands compute on: this machine, with `--threads`, else `NERVERING_THREADS`, else one thread per processor
//! that this program may use. Results do not depend on their number.

use nervering_fit::Machine;
use std::num::NonZeroUsize;
use std::sync::OnceLock;

static ASKED: OnceLock<NonZeroUsize> = OnceLock::new();

/// Takes the number of threads that was asked for. To be called once, before any command.
pub fn set_threads(asked: Option<NonZeroUsize>) {
    if let Some(n) = asked {
        _ = ASKED.set(n);
    }
}

/// With as many threads as were asked for.
pub fn this() -> Machine {
    ASKED.get().copied().map_or_else(Machine::default, Machine::cpu)
}

/// Reads a number of threads.
///
/// # Errors
/// What was expected.
pub fn parse_threads(text: &str) -> Result<NonZeroUsize, String> {
    text.trim().parse().map_err(|_| "expected a whole number of threads, 1 or more".to_owned())
}
