//! How far a study has come: a line per finished group, and on a terminal a bar below them. Both go
//! to standard error.

use crate::output::talk;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use nervering::study::{Plan, Progress};
use std::io::IsTerminal;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Times a second that the bar is drawn at most.
const DRAWS_PER_SECOND: u8 = 8;

/// Shows the progress of one study.
pub struct Shown {
    /// `None` where standard error is no terminal.
    bar: Option<ProgressBar>,
    n_fits: usize,
    n_steps: usize,
    fits_done: AtomicUsize,
    /// Whether the steps of an earlier run have been told.
    stepping: AtomicBool,
    begin: Instant,
}

impl Shown {
    /// Progress of a plan, counted in gradient steps, or in fits where there are no such steps.
    pub fn new(plan: &Plan) -> Self {
        let (n_fits, n_steps) = (plan.n_fits(), plan.n_steps());
        let bar = std::io::stderr().is_terminal().then(|| {
            let length = if n_steps > 0 { n_steps } else { n_fits };
            let target = ProgressDrawTarget::stderr_with_hz(DRAWS_PER_SECOND);
            let bar = ProgressBar::with_draw_target(Some(length as u64), target);
            let template =
                "{bar:32} {percent:>3} %  {prefix}, {elapsed} so far, {eta} to go  {msg}";
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
            stepping: AtomicBool::new(false),
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

    /// The first call tells the steps that an earlier run has done: they took no time, so the
    /// estimate of what is left begins after it.
    fn steps(&self, n: usize) {
        let Some(bar) = &self.bar else { return };
        bar.inc(n as u64);
        if !self.stepping.swap(true, Ordering::Relaxed) {
            bar.reset_eta();
        }
    }

    fn group_finished(&self, line: &str) {
        let done = self.fits_done.load(Ordering::Relaxed);
        let line = format!("{done:>5}/{} fits, {:>8}: {line}", self.n_fits, self.elapsed());
        match &self.bar {
            Some(bar) => bar.println(line),
            None => talk(&line),
        }
    }
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
}
