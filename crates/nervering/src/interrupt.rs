//! Signals. The first one asks the run to stop after saving what it has earned; what has not stopped
//! [`PATIENCE`] later is ended, since every finished fit is on disk and every file there is whole.
//! A second signal ends the program at once.
//!
//! The first signal decides the exit code. INT, TERM and HUP come from a person or from the end of a
//! session: 128 and the number of the signal, as shells have it. USR1 and XCPU are what batch systems
//! send ahead of a limit: [`GOES_ON`] where the same command goes on from what is saved, so that a job
//! can be queued again by its exit code alone. A signal that was ignored when the program began, as
//! `nohup` does with HUP, stays so.

use crate::talk::talk;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::time::{Duration, Instant};

/// How long a run that was asked to stop may take to.
const PATIENCE: Duration = Duration::from_millis(1500);
/// Signals that come so soon after the first are the same wish: `timeout` sends TERM to its child and
/// then to the child's group, a terminal that closes sends HUP itself and through the shell.
const ECHO: Duration = Duration::from_millis(250);
/// `EX_TEMPFAIL` of BSD's `sysexits.h`: run the same command again.
const GOES_ON: u8 = 75;
/// What a signal's number is added to.
const BY_SIGNAL: i32 = 128;

/// What a command that was stopped leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leaves {
    /// Its results so far: the same command goes on from them.
    Results,
    /// Nothing: the same command begins anew.
    Nothing,
}

/// Signals that the system does not let through.
#[derive(Debug)]
pub struct NotHeard(pub std::io::Error);

static LEAVES: OnceLock<Leaves> = OnceLock::new();
/// Whether a signal only asks, since something runs that answers to [`interrupted`].
static ASKS: AtomicBool = AtomicBool::new(false);
/// The first signal; 0 before there is one.
static FIRST: AtomicI32 = AtomicI32::new(0);

/// Begins to listen: from now on a signal ends the program at once, with the exit code that belongs to
/// what the command leaves. To be called once, before anything is read.
///
/// # Errors
/// [`NotHeard`] when the system refuses.
pub fn listen(leaves: Leaves) -> Result<(), NotHeard> {
    _ = LEAVES.set(leaves);
    system::hear(received()).map_err(NotHeard)
}

/// From now on the first signal only asks to stop.
pub fn ask_first() {
    ASKS.store(true, Ordering::Relaxed);
}

/// Whether the run has been asked to stop.
pub fn interrupted() -> bool {
    FIRST.load(Ordering::Relaxed) != 0
}

/// The exit code of a run that was asked to stop and did.
pub fn exit_code() -> Option<u8> {
    match FIRST.load(Ordering::Relaxed) {
        0 => None,
        signal => Some(code(signal, leaves())),
    }
}

fn leaves() -> Leaves {
    LEAVES.get().copied().unwrap_or(Leaves::Nothing)
}

fn code(signal: i32, leaves: Leaves) -> u8 {
    match leaves {
        Leaves::Results if system::AHEAD_OF_LIMIT.contains(&signal) => GOES_ON,
        _ => u8::try_from(BY_SIGNAL + signal).unwrap_or(u8::MAX),
    }
}

/// What is done about a signal.
fn received() -> impl FnMut(i32) + Send + 'static {
    let mut first: Option<Instant> = None;
    move |signal| match first {
        None => {
            first = Some(Instant::now());
            FIRST.store(signal, Ordering::Relaxed);
            if !ASKS.load(Ordering::Relaxed) {
                leave();
            }
            // Before anything is said: nobody may be reading. Where no thread can be had, the run stops
            // by itself, only later.
            _ = std::thread::Builder::new().name("patience".into()).spawn(|| {
                std::thread::sleep(PATIENCE);
                leave();
            });
            talk(match leaves() {
                Leaves::Results => {
                    "stopping: finished fits are saved, and the same command goes on from them; \
                     once more to stop at once"
                }
                Leaves::Nothing => "stopping: nothing is saved; once more to stop at once",
            });
        }
        // The system repeats XCPU for every further second of processor time.
        Some(first) if first.elapsed() > ECHO && !system::REPEATED.contains(&signal) => leave(),
        Some(_) => {}
    }
}

/// Ends the program. Files are renamed into their places when they are whole, so that this leaves none
/// that is not.
fn leave() -> ! {
    std::process::exit(exit_code().unwrap_or(1).into())
}

/// Lets a write beyond the largest size that a file may have fail, and be told with the file's name,
/// instead of ending the program (XFSZ).
pub fn tell_of_files_too_large() {
    system::ignore_file_size();
}

#[cfg(unix)]
mod system {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGXCPU, SIGXFSZ};
    use signal_hook::iterator::Signals;
    use std::io;
    use std::sync::Arc;

    pub const AHEAD_OF_LIMIT: &[i32] = &[SIGUSR1, SIGXCPU];
    pub const REPEATED: &[i32] = &[SIGXCPU];

    /// Calls `received` with every signal, on a thread of its own.
    pub fn hear(mut received: impl FnMut(i32) + Send + 'static) -> io::Result<()> {
        let ignored =
            std::fs::read_to_string("/proc/self/status").map_or(0, |status| ignored(&status));
        let heard = [SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGXCPU];
        let mut signals = Signals::new(heard.iter().filter(|&&s| ignored >> (s - 1) & 1 == 0))?;
        let thread = std::thread::Builder::new().name("signals".into());
        thread.spawn(move || signals.forever().for_each(&mut received)).map(drop)
    }

    /// The signals that a process ignores, signal n as bit n - 1, of its `/proc/<process>/status`.
    /// None where it does not say.
    pub(super) fn ignored(status: &str) -> u64 {
        let line = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        line.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
    }

    pub fn ignore_file_size() {
        // That it is handled is enough: the write that was refused says so itself.
        _ = signal_hook::flag::register(SIGXFSZ, Arc::default());
    }
}

/// Elsewhere there is Ctrl-C alone.
#[cfg(not(unix))]
mod system {
    use std::io;

    const SIGINT: i32 = 2;
    pub const AHEAD_OF_LIMIT: &[i32] = &[];
    pub const REPEATED: &[i32] = &[];

    pub fn hear(mut received: impl FnMut(i32) + Send + 'static) -> io::Result<()> {
        ctrlc::set_handler(move || received(SIGINT)).map_err(io::Error::other)
    }

    pub fn ignore_file_size() {}
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGXCPU};

    #[test]
    fn only_what_goes_on_is_to_be_queued_again() {
        let all = [SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGXCPU];
        assert_eq!(all.map(|signal| code(signal, Leaves::Results)), [130, 143, 129, 75, 75]);
        let by_signal = all.map(|signal| code(signal, Leaves::Nothing));
        assert_eq!(by_signal, all.map(|signal| 128 + signal as u8));
    }

    #[test]
    fn what_is_ignored_is_read_from_the_status_of_the_process() {
        let status = "SigBlk:\t0000000000000000\nSigIgn:\t0000000000001001\nSigCgt:\t0\n";
        assert_eq!(system::ignored(status), 1 << (SIGHUP - 1) | 1 << 12);
        assert_eq!(system::ignored("Name:\tx\n"), 0);
    }
}
