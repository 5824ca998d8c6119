//! Cases of the checks of the time base.

use super::fixtures::*;
use nervering_io::Level::{Advice, Doubtful, Wrong};
use nervering_recording::{RecordingParts, TimeBase};

pub const CASES: &[Case] = &[
    Case {
        kind: "time-unit",
        wrong: || changed(|p| at_rate(p, FPS / 1000.)),
        finds: &[("time-unit", Wrong)],
        right: || changed(|p| at_rate(p, 0.03)),
    },
    Case {
        kind: "rate-as-period",
        wrong: || changed(|p| at_rate(p, 1. / FPS)),
        finds: &[("rate-as-period", Doubtful)],
        right: || changed(|p| at_rate(p, 0.5)),
    },
    Case {
        kind: "time-in-frames",
        wrong: || changed(|p| p.time = TimeBase::regular(N_FRAMES, 1., 1.).unwrap()),
        finds: &[("time-in-frames", Doubtful)],
        right: || changed(|p| at_rate(p, 1.02)),
    },
    Case {
        kind: "unusual-rate",
        wrong: || changed(|p| at_rate(p, 0.05)),
        finds: &[("unusual-rate", Doubtful)],
        right: || changed(|p| at_rate(p, 49.)),
    },
    Case {
        kind: "uneven-sampling",
        wrong: || changed(|p| with_intervals(p, |k| if k % 10 < 2 { 1.4 } else { 1. })),
        finds: &[("uneven-sampling", Doubtful)],
        right: || changed(|p| with_intervals(p, |k| if k % 10 < 2 { 1.15 } else { 1. })),
    },
    Case {
        kind: "dropped-frames",
        wrong: || changed(|p| with_intervals(p, |k| if k == 70 { 2. } else { 1. })),
        finds: &[("dropped-frames", Advice)],
        right: || changed(|p| with_intervals(p, |k| if k == 70 { 1.6 } else { 1. })),
    },
    Case {
        kind: "crowded-frames",
        wrong: || changed(|p| with_intervals(p, |k| if k == 70 { 1e-3 } else { 1. })),
        finds: &[("crowded-frames", Doubtful)],
        right: || changed(|p| with_intervals(p, |k| if k == 70 { 0.5 } else { 1. })),
    },
    Case {
        kind: "too-short",
        wrong: || vec![labelled("a", 1, 79, short_bouts)],
        finds: &[("too-short", Doubtful)],
        right: || vec![labelled("a", 1, 80, short_bouts)],
    },
];

fn short_bouts(frame: usize) -> nervering_recording::State {
    states(5 * frame)
}

fn at_rate(parts: &mut RecordingParts, fps: f64) {
    parts.time = TimeBase::regular(N_FRAMES, fps, 0.25).unwrap();
}

/// Sets the interval before every frame, in frames.
fn with_intervals(parts: &mut RecordingParts, interval: impl Fn(usize) -> f64) {
    let mut time = 0.;
    let mut next = |frame: usize| {
        time += interval(frame) / FPS;
        time
    };
    parts.time = TimeBase::new((0..N_FRAMES).map(&mut next).collect()).unwrap();
}

#[test]
fn minutes_are_a_unit_too() {
    let found = warnings(changed(|p| at_rate(p, 60. * FPS)));
    assert_eq!((found[0].kind, found[0].level), ("time-unit", Doubtful));
    assert!(found[0].text.contains("in minutes"), "{}", found[0].text);
}

#[test]
fn many_dropped_frames_are_doubtful() {
    let found = warnings(changed(|p| with_intervals(p, |k| if k % 20 == 5 { 2. } else { 1. })));
    assert_eq!((found[0].kind, found[0].level), ("dropped-frames", Doubtful));
}
