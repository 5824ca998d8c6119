//! Checks of the time base. Time that does not increase, and gaps, are refused before a recording
//! exists.

use super::finding::{Finding, counted, per_animal};
use crate::warning::Level::{self, Advice, Doubtful, Wrong};
use nervering_recording::{Recording, TimeBase};

/// Whole-brain imaging takes this many volumes a second.
const USUAL_RATES: std::ops::RangeInclusive<f64> = 0.5..=50.;
/// Below it, times are in milliseconds: at the usual rates, a frame would last 20 ms to 2 s.
const MILLISECONDS: f64 = 0.02;
/// From it on, times are in minutes: at the usual rates there would be at least 30 frames a minute.
const MINUTES: f64 = 60.;

/// What a rate would be if the number in the file were something else.
enum Rate {
    InMilliseconds,
    InMinutes,
    Period,
    Unusual,
    Usual,
}

fn judge(fps: f64) -> Rate {
    // A period of 0.35 s that is taken for a rate gives 0.35 frames per second. Numbers from 0.1 to
    // 0.5 are common as periods and rare as rates.
    match fps {
        _ if fps < MILLISECONDS => Rate::InMilliseconds,
        _ if fps >= MINUTES => Rate::InMinutes,
        _ if USUAL_RATES.contains(&fps) => Rate::Usual,
        _ if fps < *USUAL_RATES.start() && fps >= 0.1 => Rate::Period,
        _ => Rate::Unusual,
    }
}

pub(super) fn time_unit(recordings: &[Recording]) -> Vec<Finding> {
    per_animal(recordings, |recording| {
        let fps = recording.time().fps();
        match judge(fps) {
            Rate::InMilliseconds => {
                let text = format!(
                    "a frame every {:.0} s: the times are in milliseconds; divide them by 1000",
                    1. / fps
                );
                Some((Wrong, text))
            }
            Rate::InMinutes => {
                let text = format!(
                    "{fps:.0} frames per second: are the times in minutes? then multiply them by 60"
                );
                Some((Doubtful, text))
            }
            _ => None,
        }
    })
}

pub(super) fn rate_as_period(recordings: &[Recording]) -> Vec<Finding> {
    per_animal(recordings, |recording| {
        let time = recording.time();
        let fps = time.fps();
        let text = || {
            format!(
                "{fps:.3} frames per second, {:.0} min in all: is the rate a period in seconds? then it is {:.3} frames per second",
                time.duration() / 60.,
                1. / fps
            )
        };
        matches!(judge(fps), Rate::Period).then(|| (Doubtful, text()))
    })
}

/// Times 0, 1, 2, … are numbers of frames.
pub(super) fn time_in_frames(recordings: &[Recording]) -> Vec<Finding> {
    per_animal(recordings, |recording| {
        let seconds = recording.time().seconds();
        let whole = seconds[0].fract() == 0. && seconds.windows(2).all(|two| two[1] - two[0] == 1.);
        let text =
            "times go up by exactly 1: are they numbers of frames? then divide them by the rate";
        whole.then(|| (Doubtful, text.into()))
    })
}

pub(super) fn unusual_rate(recordings: &[Recording]) -> Vec<Finding> {
    per_animal(recordings, |recording| {
        let fps = recording.time().fps();
        let text = || {
            format!(
                "{fps:.3} frames per second, where whole-brain imaging has {} to {}; check the times",
                USUAL_RATES.start(),
                USUAL_RATES.end()
            )
        };
        matches!(judge(fps), Rate::Unusual).then(|| (Doubtful, text()))
    })
}

/// Intervals in units of the median interval.
fn intervals(time: &TimeBase) -> Vec<f64> {
    time.seconds().windows(2).map(|two| (two[1] - two[0]) * time.fps()).collect()
}

/// The fraction of intervals that are like `is`, with a level that depends on it.
fn intervals_where(
    recordings: &[Recording],
    is: impl Fn(f64) -> bool,
    judge: impl Fn(usize, f64) -> Option<(Level, String)>,
) -> Vec<Finding> {
    per_animal(recordings, |recording| {
        let intervals = intervals(recording.time());
        let n = intervals.iter().filter(|interval| is(**interval)).count();
        if n == 0 { None } else { judge(n, n as f64 / intervals.len() as f64) }
    })
}

pub(super) fn uneven_sampling(recordings: &[Recording]) -> Vec<Finding> {
    // Two frames' time is a dropped frame, and has its own check.
    let uneven = |interval: f64| (interval - 1.).abs() > 0.2 && (interval - 2.).abs() > 0.25;
    intervals_where(recordings, uneven, |_, fraction| {
        let text = || {
            format!(
                "{:.0} % of the intervals differ from the median by more than a fifth; interpolate to an even rate",
                100. * fraction
            )
        };
        (fraction > 0.05).then(|| (Doubtful, text()))
    })
}

pub(super) fn dropped_frames(recordings: &[Recording]) -> Vec<Finding> {
    let dropped = |interval: f64| (interval - 2.).abs() <= 0.25;
    intervals_where(recordings, dropped, |n, fraction| {
        let level = if fraction > 0.01 { Doubtful } else { Advice };
        let text = format!(
            "{} as long as two frames: frames were dropped there; interpolate them",
            counted(n, "interval")
        );
        Some((level, text))
    })
}

pub(super) fn crowded_frames(recordings: &[Recording]) -> Vec<Finding> {
    intervals_where(
        recordings,
        |interval| interval < 0.25,
        |n, _| {
            let text = format!(
                "{n} intervals are shorter than a quarter of a frame: is a time stamp, or a frame, there twice?"
            );
            Some((Doubtful, text))
        },
    )
}

pub(super) fn too_short(recordings: &[Recording]) -> Vec<Finding> {
    const WINDOW: usize = 8;
    const FOLDS: usize = 10;
    per_animal(recordings, |recording| {
        let n_frames = recording.n_frames();
        let text = || {
            format!(
                "{n_frames} frames do not fill {FOLDS} folds of windows of {WINDOW} frames; leave it out or use fewer folds"
            )
        };
        (n_frames < WINDOW * FOLDS).then(|| (Doubtful, text()))
    })
}
