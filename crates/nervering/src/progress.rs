//! How far a study has come, on standard error: a line per finished group, and on a terminal a bar
//! below them with the rate and the time left. Where there is no terminal, or one that cannot go
//! back in a line (`TERM=dumb`), a plain line says the same every ten seconds. What cannot say how far it is
//! says how long it has been at it ([`Busy`]).

use crate::output::{count, talk};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use nervering::grid::Progress;
use std::io::IsTerminal;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Times a second that the bar is drawn at most.
const DRAWS_PER_SECOND: u8 = 8;
/// Seconds between plain lines.
const QUIET: u64 = 10;
/// Nothing is said of what takes less.
const SHORT: Duration = Duration::from_secs(2);

/// Shows the progress of one study.
pub struct Shown {
    /// `None` where standard error is no terminal.
    bar: Option<ProgressBar>,
    n_fits: usize,
    n_steps: usize,
    fits_done: AtomicUsize,
    /// Gradient steps done, those of an earlier run included.
    steps_done: AtomicUsize,
    /// Gradient steps that an earlier run had done.
    steps_before: AtomicUsize,
    /// Whether the steps of an earlier run have been told.
    stepping: AtomicBool,
    /// When the first step of this run had been done: fits without steps may come before it.
    first_step: OnceLock<Instant>,
    /// When the last line was said, in seconds from the beginning.
    last_line: AtomicU64,
    begin: Instant,
}

impl Shown {
    /// Progress of so many fits that take so many gradient steps in all: counted in these, or in fits
    /// where there are none.
    pub fn of(n_fits: usize, n_steps: usize) -> Self {
        let bar = is_on_terminal().then(|| {
            let length = if n_steps > 0 { n_steps } else { n_fits };
            let target = ProgressDrawTarget::stderr_with_hz(DRAWS_PER_SECOND);
            let bar = ProgressBar::with_draw_target(Some(length as u64), target);
            let template = "{bar:24} {percent:>3} %  {prefix}, {elapsed} so far{msg}";
            let style = ProgressStyle::with_template(template).expect("the template is sound");
            bar.set_style(style.progress_chars("━╸─"));
            bar.enable_steady_tick(Duration::from_millis(500));
            bar
        });
        let shown = Self {
            bar,
            n_fits,
            n_steps,
            fits_done: AtomicUsize::new(0),
            steps_done: AtomicUsize::new(0),
            steps_before: AtomicUsize::new(0),
            stepping: AtomicBool::new(false),
            first_step: OnceLock::new(),
            last_line: AtomicU64::new(0),
            begin: Instant::now(),
        };
        shown.fits_done(0, 0);
        shown
    }

    /// Takes the bar away.
    pub fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    /// Time since the beginning, rounded to tenths of a second.
    pub fn elapsed(&self) -> String {
        duration_text(self.begin.elapsed())
    }

    /// Steps per second of this run, and the time that what is left will take at that rate; nothing
    /// before there is a rate.
    fn pace(&self) -> Option<Pace> {
        let before = self.steps_before.load(Ordering::Relaxed);
        let done = self.steps_done.load(Ordering::Relaxed);
        let elapsed = self.first_step.get()?.elapsed();
        pace(done.saturating_sub(before), self.n_steps.saturating_sub(done), elapsed)
    }

    /// Says a line, above the bar where there is one.
    fn say(&self, line: &str) {
        match &self.bar {
            Some(bar) => bar.println(line),
            None => talk(line),
        }
    }

    /// `12/350 fits, 3 min 05 s, 812 steps/s, about 4 min 10 s to go`.
    fn line(&self) -> String {
        let done = self.fits_done.load(Ordering::Relaxed);
        let pace = self.pace().map_or_else(String::new, |pace| format!(", {pace}"));
        format!("{done:>5}/{} fits, {:>8}{pace}", self.n_fits, self.elapsed())
    }
}

impl Progress for Shown {
    fn fits_done(&self, n_new: usize, n_resumed: usize) {
        let done = self.fits_done.fetch_add(n_new + n_resumed, Ordering::Relaxed);
        let done = done + n_new + n_resumed;
        let Some(bar) = &self.bar else { return };
        bar.set_prefix(format!("{done}/{} fits", self.n_fits));
        if self.n_steps == 0 {
            bar.set_position(done as u64);
        }
    }

    /// The first call tells the steps that an earlier run has done: they took no time.
    fn steps(&self, n: usize) {
        if !self.stepping.swap(true, Ordering::Relaxed) {
            self.steps_before.store(n, Ordering::Relaxed);
        } else {
            self.first_step.get_or_init(Instant::now);
        }
        self.steps_done.fetch_add(n, Ordering::Relaxed);
        if let Some(bar) = &self.bar {
            bar.inc(n as u64);
            if let Some(pace) = self.pace() {
                bar.set_message(format!(", {pace}"));
            }
            return;
        }
        let (now, last) = (self.begin.elapsed().as_secs(), self.last_line.load(Ordering::Relaxed));
        let due = now >= last + QUIET;
        // Of several threads that find it due, one says it.
        let swap =
            |last| self.last_line.compare_exchange(last, now, Ordering::Relaxed, Ordering::Relaxed);
        if due && swap(last).is_ok() {
            talk(&self.line());
        }
    }

    fn resumed(&self, n_fits: usize, n_steps: usize) {
        let (fits, steps) = (count(n_fits, "fit"), count(n_steps, "gradient step"));
        let verb = if n_fits == 1 { "goes" } else { "go" };
        self.say(&format!("{fits} {verb} on from where the last run was, {steps} done"));
    }

    fn warned(&self, text: &str) {
        self.say(&format!("warning: {text}"));
    }

    fn group_finished(&self, line: &str) {
        self.last_line.store(self.begin.elapsed().as_secs(), Ordering::Relaxed);
        match &self.bar {
            Some(bar) => {
                let done = self.fits_done.load(Ordering::Relaxed);
                let elapsed = self.elapsed();
                bar.println(format!("{done:>5}/{} fits, {elapsed:>8}: {line}", self.n_fits));
            }
            None => talk(&format!("{}: {line}", self.line())),
        }
    }
}

/// Whether standard error is a terminal on which a line can be drawn again.
fn is_on_terminal() -> bool {
    let goes_back = std::env::var_os("TERM").is_none_or(|terminal| terminal != "dumb");
    std::io::stderr().is_terminal() && goes_back
}

/// Says that something is under way which cannot tell how far it is: on a terminal a line with the time
/// so far, elsewhere one every ten seconds; nothing before two seconds. Where no thread can be had, nothing
/// is said.
pub struct Busy {
    done: Sender<()>,
    thread: Option<JoinHandle<()>>,
}

impl Busy {
    /// Begins, with what is being done in words.
    pub fn begin(what: impl Into<String>) -> Self {
        let (what, begin) = (what.into(), Instant::now());
        let (done, is_done) = mpsc::channel::<()>();
        let on_terminal = is_on_terminal();
        let first = if on_terminal { SHORT } else { Duration::from_secs(QUIET) };
        let tell = move || {
            let waits = |time| is_done.recv_timeout(time) == Err(RecvTimeoutError::Timeout);
            if !waits(first) {
                return;
            }
            if !on_terminal {
                loop {
                    talk(&format!("{what}, {} so far", duration_text(begin.elapsed())));
                    if !waits(Duration::from_secs(QUIET)) {
                        return;
                    }
                }
            }
            let style = ProgressStyle::with_template("{spinner} {msg}, {elapsed} so far");
            let target = ProgressDrawTarget::stderr_with_hz(DRAWS_PER_SECOND);
            let bar = ProgressBar::with_draw_target(None, target).with_elapsed(begin.elapsed());
            bar.set_style(style.expect("the template is sound"));
            bar.set_message(what);
            while waits(Duration::from_millis(125)) {
                bar.tick();
            }
            bar.finish_and_clear();
        };
        let thread = std::thread::Builder::new().name("busy".into()).spawn(tell).ok();
        Self { done, thread }
    }

    /// Says nothing more, and takes away what it has drawn.
    pub fn end(self) {}
}

impl Drop for Busy {
    fn drop(&mut self) {
        // Nobody may be listening any more.
        _ = self.done.send(());
        if let Some(thread) = self.thread.take() {
            _ = thread.join();
        }
    }
}

/// How fast it goes, and how long it will take.
struct Pace {
    /// Gradient steps per second.
    rate: f64,
    left: Duration,
}

impl std::fmt::Display for Pace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let rate = rate_text(self.rate);
        if self.left.is_zero() {
            return f.write_str(&rate);
        }
        write!(f, "{rate}, about {} to go", duration_text(self.left))
    }
}

fn pace(done: usize, left: usize, elapsed: Duration) -> Option<Pace> {
    let seconds = elapsed.as_secs_f64();
    if done == 0 || seconds < 1.5 {
        return None;
    }
    let rate = done as f64 / seconds;
    Some(Pace { rate, left: Duration::try_from_secs_f64(left as f64 / rate).ok()? })
}

/// `812 steps/s`, `0.4 steps/s`.
fn rate_text(rate: f64) -> String {
    if rate < 10. { format!("{rate:.1} steps/s") } else { format!("{rate:.0} steps/s") }
}

/// `12.3 s`, `4 min 05 s`, `2 h 03 min`.
pub fn duration_text(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..60 => format!("{:.1} s", duration.as_secs_f64()),
        60..3600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} min", seconds / 3600, seconds / 60 % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_short() {
        let texts = [0.26, 59.0, 245.0, 7384.0].map(|s| duration_text(Duration::from_secs_f64(s)));
        assert_eq!(texts, ["0.3 s", "59.0 s", "4 min 05 s", "2 h 03 min"]);
    }

    #[test]
    fn the_time_left_is_at_the_rate_so_far() {
        let text = |done, left, seconds| {
            pace(done, left, Duration::from_secs(seconds)).map(|pace| pace.to_string())
        };
        assert_eq!(text(1000, 9000, 10).unwrap(), "100 steps/s, about 1 min 30 s to go");
        assert_eq!(text(5, 0, 10).unwrap(), "0.5 steps/s");
        assert_eq!(text(0, 9000, 10), None, "no rate yet");
        assert_eq!(text(10, 9000, 1), None, "too early to tell");
    }
}
