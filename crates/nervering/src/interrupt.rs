//! Ctrl-C and SIGTERM: the first asks the study to stop after saving what it has earned, a second
//! ends the program at once. Either way every finished fit of a study is on disk.

use crate::failure::Failure;
use crate::output::talk;
use std::sync::atomic::{AtomicBool, Ordering};

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Exit code of a program that a second Ctrl-C ended, by the convention of shells.
const ENDED_BY_SIGNAL: i32 = 130;

/// Begins to listen. To be called once, before a study runs.
///
/// # Errors
/// [`Failure::Interrupts`] when the system refuses.
pub fn listen() -> Result<(), Failure> {
    listen_saying("stopping: finished fits are saved; once more to stop at once")
}

/// The same for what saves nothing on its way.
///
/// # Errors
/// [`Failure::Interrupts`] when the system refuses.
pub fn listen_unsaved() -> Result<(), Failure> {
    listen_saying("stopping: nothing is saved; once more to stop at once")
}

fn listen_saying(text: &'static str) -> Result<(), Failure> {
    let handler = move || {
        if INTERRUPTED.swap(true, Ordering::Relaxed) {
            std::process::exit(ENDED_BY_SIGNAL);
        }
        talk(text);
    };
    ctrlc::set_handler(handler).map_err(Failure::Interrupts)
}

/// Whether the user has asked to stop.
pub fn interrupted() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}
