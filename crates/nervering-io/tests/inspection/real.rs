//! Faults put into the real worms are found, where the worms are present: fixtures are cleaner than
//! recordings are.

use super::fixtures::{FPS, central, map, map_traces, with_derivative};
use nervering_io::inspect::{CHECKS, Finding};
use nervering_io::{Level, ReadOptions, inspect, read_recordings};
use nervering_recording::{Behavior, Recording, RecordingParts, State, TimeBase};
use std::path::{Path, PathBuf};

fn worms() -> Option<Vec<RecordingParts>> {
    let root = match std::env::var_os("NERVERING_DATA") {
        Some(root) => PathBuf::from(root),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
    };
    let file = root.join("kato2015/WT_NoStim_part.mat");
    if !file.is_file() {
        println!("skipped: no real recordings in {}", root.display());
        return None;
    }
    let read = read_recordings(&file, &ReadOptions::default()).unwrap().recordings;
    Some(read.into_iter().map(Recording::into_parts).collect())
}

/// In how many of the worms, each changed and looked at by itself, a check finds something.
fn finds(worms: &[RecordingParts], kind: &str, change: impl Fn(&mut RecordingParts)) -> usize {
    findings(worms, kind, change).len()
}

fn findings(
    worms: &[RecordingParts],
    kind: &str,
    change: impl Fn(&mut RecordingParts),
) -> Vec<Finding> {
    let check = CHECKS.iter().find(|check| check.kind == kind).unwrap();
    let found = |worm: &RecordingParts| {
        let mut worm = worm.clone();
        change(&mut worm);
        (check.run)(&[Recording::new(worm).unwrap()])
    };
    let found: Vec<Finding> = worms.iter().flat_map(found).collect();
    found.iter().for_each(|finding| println!("{}: {}", finding.place, finding.text));
    found
}

#[test]
fn faults_in_real_worms_are_found() {
    let Some(worms) = worms() else { return };
    let all = worms.len();
    for shift in [1, -1_isize] {
        let shifted = |p: &mut RecordingParts| match shift {
            1 => p.neurons.rotate_right(1),
            _ => p.neurons.rotate_left(1),
        };
        let found = findings(&worms, "shifted-names", shifted);
        assert_eq!(found.iter().filter(|finding| finding.level == Level::Wrong).count(), all);
    }
    let exchanged = |p: &mut RecordingParts| {
        let states = p.behavior.as_ref().unwrap().states().iter();
        let other = |state: &State| match state {
            State::Reverse1 | State::Reverse2 | State::SustainedReverse => State::Forward,
            State::Forward | State::Slowing => State::SustainedReverse,
            other => *other,
        };
        p.behavior = Some(Behavior::new(states.map(other).collect()));
    };
    assert_eq!(finds(&worms, "states-against-neurons", exchanged), all);
    assert_eq!(finds(&worms, "percent", |p| map(p, |_, _, v| 100. * v)), all);
    let fluorescence =
        |p: &mut RecordingParts| map(p, |_, column, v| (9. + column as f64) * 40. * (1. + v));
    assert_eq!(finds(&worms, "raw-fluorescence", fluorescence), all);
    let z_scored = |p: &mut RecordingParts| {
        map_traces(p, |_, trace| {
            let n = trace.len() as f64;
            let mean = trace.iter().sum::<f64>() / n;
            let sd = (trace.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.)).sqrt();
            trace.iter().map(|v| (v - mean) / sd).collect()
        });
    };
    assert_eq!(finds(&worms, "z-scored", z_scored), all);
    let bleached = |p: &mut RecordingParts| {
        map(p, |frame, _, v| (1. + v) * (2. * (-0.0015 * frame as f64).exp()) - 1.);
    };
    assert_eq!(finds(&worms, "drift", bleached), all);
    let moved = |p: &mut RecordingParts| {
        map(p, |frame, column, v| {
            let part = column % 3 > 0 && (600..606).contains(&frame);
            if part { v + 0.8 } else { v }
        });
    };
    assert_eq!(finds(&worms, "motion-artefact", moved), all);
    let milliseconds = |p: &mut RecordingParts| {
        let times = p.time.seconds().iter().map(|t| 1000. * t).collect();
        p.time = TimeBase::new(times).unwrap();
    };
    assert_eq!(finds(&worms, "time-unit", milliseconds), all);
}

#[test]
fn derivatives_of_real_worms_are_told_apart() {
    let Some(worms) = worms() else { return };
    let all = worms.len();
    let right = |p: &mut RecordingParts| {
        let fps = p.time.fps();
        with_derivative(p, |trace, frame| fps / FPS * smooth(trace, frame));
    };
    for kind in ["derivative-mismatch", "derivative-shifted", "derivative-unit"] {
        assert_eq!(finds(&worms, kind, right), 0, "{kind}");
    }
    assert_eq!(finds(&worms, "derivative-looks-ahead", right), all);
    let backward = |p: &mut RecordingParts| {
        let fps = p.time.fps();
        with_derivative(p, |trace, frame| fps * (trace[frame] - trace[frame.saturating_sub(1)]));
    };
    assert_eq!(finds(&worms, "derivative-looks-ahead", backward), 0);
    let per_frame = |p: &mut RecordingParts| with_derivative(p, |trace, k| smooth(trace, k) / FPS);
    assert_eq!(finds(&worms, "derivative-unit", per_frame), all);
    let late = |p: &mut RecordingParts| with_derivative(p, |t, k| smooth(t, k.saturating_sub(3)));
    assert_eq!(finds(&worms, "derivative-shifted", late), all);
    let reversed = |p: &mut RecordingParts| with_derivative(p, |trace, k| -smooth(trace, k));
    assert_eq!(finds(&worms, "derivative-mismatch", reversed), all);
    let of_neighbour = |p: &mut RecordingParts| {
        let traces = p.traces.clone();
        with_derivative(p, smooth);
        let mut other = p.clone();
        other.traces = p.derivative.as_ref().unwrap().values.clone();
        let n = traces.n_neurons();
        let stated = other.traces.clone();
        map(&mut other, |frame, column, _| stated.frame(frame)[(column + 7) % n]);
        p.derivative.as_mut().unwrap().values = other.traces;
    };
    assert_eq!(finds(&worms, "derivative-mismatch", of_neighbour), all);
}

/// The central difference of five frames' mean, per second at the fixtures' rate.
fn smooth(trace: &[f64], frame: usize) -> f64 {
    let near = frame.saturating_sub(2)..(frame + 3).min(trace.len());
    let n = near.len() as f64;
    near.map(|k| central(trace, k)).sum::<f64>() / n
}

#[test]
fn the_real_worms_are_not_accused() {
    let Some(worms) = worms() else { return };
    let recordings: Vec<Recording> =
        worms.into_iter().map(|p| Recording::new(p).unwrap()).collect();
    let found = inspect(&recordings, &[]).warnings;
    assert!(found.iter().all(|w| w.level != Level::Wrong), "{found:#?}");
    // Two columns of worm 2 hold the same values, in the file itself.
    let doubtful: Vec<_> = found.iter().filter(|w| w.level == Level::Doubtful).collect();
    assert_eq!(doubtful.len(), 1, "{doubtful:#?}");
    assert_eq!((doubtful[0].kind, doubtful[0].place.as_str()), ("duplicate-trace", "TS20140715f"));
}
