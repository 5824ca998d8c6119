//! How fast the bytes of a file come: a server that sends one now and then never keeps silent, and would
//! be waited for until the whole time is over.

use std::io;
use std::time::{Duration, Instant};

/// In patiences: after how long the pace is looked at.
const SPAN: u32 = 2;
/// Bytes of a file that must come in a span: 4 KB a second, with which a modem keeps up.
const LEAST_BYTES: u64 = 1 << 18;

/// How many bytes have come since it was looked at.
pub(crate) struct Pace {
    span: Duration,
    since: Instant,
    bytes: u64,
}

impl Pace {
    /// From now on, looked at after every second `patience`.
    pub fn of(patience: Duration) -> Self {
        Self { span: patience * SPAN, since: Instant::now(), bytes: 0 }
    }

    /// Counts bytes that have come.
    ///
    /// # Errors
    /// When the last span brought too few.
    pub fn check(&mut self, n_bytes: usize) -> io::Result<()> {
        self.bytes += n_bytes as u64;
        let elapsed = self.since.elapsed();
        if elapsed < self.span {
            return Ok(());
        }
        if self.bytes < LEAST_BYTES {
            let seconds = elapsed.as_secs_f64();
            let text = format!(
                "found {} bytes in {seconds:.1} s, expected {LEAST_BYTES} or more: too slow to wait for",
                self.bytes
            );
            return Err(io::Error::new(io::ErrorKind::TimedOut, text));
        }
        (self.since, self.bytes) = (Instant::now(), 0);
        Ok(())
    }
}
