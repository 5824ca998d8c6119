//! NWB, the h5 files of the Flavell laboratory and WormWideWeb JSON, on files that
//! `tests/fixtures/generate_open.py` wrote with pynwb, h5py and Python's json.

use nervering_io::{IoError, ReadOptions, ReadOutcome, Warning, read_all, read_recordings};
use nervering_recording::{Recording, State};
use std::path::{Path, PathBuf};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

fn read(name: &str) -> (Recording, Vec<Warning>) {
    let ReadOutcome { mut recordings, warnings, .. } =
        read_recordings(&fixture(name), &ReadOptions::default()).unwrap();
    assert_eq!(recordings.len(), 1);
    (recordings.remove(0), warnings)
}

fn kinds(warnings: &[Warning]) -> Vec<&str> {
    warnings.iter().map(|warning| warning.kind).collect()
}

fn labels(recording: &Recording) -> Vec<String> {
    recording.neurons().iter().map(ToString::to_string).collect()
}

fn states(recording: &Recording) -> &[State] {
    recording.behavior().unwrap().states()
}

/// What the generator writes, by number of the neuron and frame from 0.
fn value(neuron: usize, frame: usize) -> f64 {
    (neuron + 1) as f64 + frame as f64 / 64.
}

/// Checks all traces; frame 0 of the recording is frame `first` of the file.
fn assert_traces(recording: &Recording, n_neurons: usize, first: usize) {
    assert_eq!(recording.traces().n_neurons(), n_neurons);
    for t in 0..recording.n_frames() {
        let expected: Vec<f64> = (0..n_neurons).map(|n| value(n, first + t)).collect();
        assert_eq!(recording.traces().frame(t), expected, "frame {t}");
    }
}

#[test]
fn neurons_of_the_kato_conversion_are_ordered_by_number() {
    let (recording, warnings) = read("kato_conversion.nwb");
    assert_eq!(
        kinds(&warnings),
        ["several-series", "state-key", "unnamed-animal", "shorter-derivative"]
    );
    assert_eq!(recording.animal(), "kato");
    let names = ["AVAL", "---", "RIML", "4", "5", "6", "7", "8", "9", "VB02"];
    assert_eq!(labels(&recording), names);
    // The derivative is a frame short, so everything is.
    assert_eq!(recording.n_frames(), 29);
    assert_traces(&recording, 10, 0);
    assert_eq!(recording.provenance().trace_field, "traces");
    assert_eq!(recording.time().seconds()[28], 14.);
    let derivative = recording.file_derivative().unwrap();
    assert_eq!(derivative.field, "tracesDif");
    assert!(derivative.values.values().iter().all(|&slope| slope == 2. / 64.));
    for (t, &state) in states(&recording).iter().enumerate() {
        let expected = ["FWD", "SLOW", "DT", "VT", "REV1", "REV2", "REVSUS", "NOSTATE"][t % 8];
        assert_eq!(state.known_name(), Some(expected));
    }
}

#[test]
fn codes_without_a_key_are_left_alone() {
    let (recording, warnings) = read("kato_without_key.nwb");
    assert!(kinds(&warnings).contains(&"states-without-key"), "{warnings:?}");
    assert_eq!(recording.behavior(), None);
    assert_traces(&recording, 2, 0);
}

/// Frames of the fixtures of imaging start at 5 s and are 0.25 s apart.
fn assert_intervals(recording: &Recording) {
    for (t, &state) in states(recording).iter().enumerate() {
        let seconds = 5. + t as f64 / 4.;
        assert_eq!(recording.time().seconds()[t], seconds);
        let expected = match seconds {
            s if s < 8. => State::Forward,
            s if s < 10. => State::Reverse2,
            _ => State::Unknown,
        };
        assert_eq!(state, expected, "{seconds} s");
    }
}

#[test]
fn the_table_that_a_series_refers_to_names_its_neurons() {
    let (recording, warnings) = read("imaging.nwb");
    let expected =
        ["several-series", "names-column", "states-from-intervals", "unknown-state-name"];
    assert_eq!(kinds(&warnings), expected);
    assert!(warnings[1].text.contains("cells/neuron"), "{}", warnings[1]);
    assert!(warnings[3].text.contains("dreaming"), "{}", warnings[3]);
    assert_eq!(recording.animal(), "worm-7");
    assert_eq!(labels(&recording), ["AVAL", "RIML", "19"]);
    assert_eq!(recording.n_frames(), 40);
    assert_eq!(recording.provenance().place, "/processing/calcium/DfOverF/response");
    assert_traces(&recording, 3, 0);
    assert_intervals(&recording);
}

#[test]
fn a_series_with_the_axes_exchanged_and_a_rate_is_the_same_recording() {
    let (transposed, warnings) = read("transposed.nwb");
    assert!(kinds(&warnings).contains(&"transposed-series"), "{warnings:?}");
    let (usual, _) = read("imaging.nwb");
    assert_eq!(transposed.traces(), usual.traces());
    assert_eq!(transposed.neurons(), usual.neurons());
    assert_eq!(transposed.time(), usual.time());
    assert_eq!(transposed.behavior(), usual.behavior());
}

#[test]
fn fluorescence_and_names_that_stand_elsewhere_are_doubtful() {
    let (recording, warnings) = read("fluorescence.nwb");
    let expected = ["trace-kind", "guessed-names", "states-from-intervals", "unknown-state-name"];
    assert_eq!(kinds(&warnings), expected);
    assert!(warnings[1].text.contains("identities/ids"), "{}", warnings[1]);
    assert_eq!(labels(&recording), ["AVAL", "RIML", "19"]);
    assert_eq!(recording.traces().frame(2)[1], value(1, 2) * 1000.);
}

#[test]
fn a_series_of_names_lasts_until_the_next_sample() {
    let (recording, warnings) = read("named_states.nwb");
    assert_eq!(kinds(&warnings), ["states-resampled"]);
    let expected = |t: usize| match t {
        0..10 => State::Forward,
        10..20 => State::SustainedReverse,
        _ => State::VentralTurn,
    };
    assert!(states(&recording).iter().enumerate().all(|(t, &state)| state == expected(t)));
    assert_eq!(recording.time().fps(), 2.);
}

/// Of the movement in the files of the Flavell laboratory, by frame of the file.
fn moving(frame: usize) -> State {
    match frame % 10 {
        6..=9 => State::Reverse,
        1..=4 => State::Forward,
        _ => State::Unknown,
    }
}

#[test]
fn the_traces_that_are_not_z_scored_are_preferred_and_a_pause_is_cut() {
    for (name, source) in
        [("flavell.h5", "gcamp/trace_array_original"), ("worm_wide_web.json", "trace_original")]
    {
        let (recording, warnings) = read(name);
        assert!(!kinds(&warnings).contains(&"z-scored"), "{warnings:?}");
        assert!(kinds(&warnings).ends_with(&["states-from-motion", "pause-cut"]), "{warnings:?}");
        assert_eq!(recording.provenance().trace_field, source);
        // Frames 20 to 49 are the longer part.
        assert_eq!(recording.n_frames(), 30);
        assert_traces(&recording, 5, 20);
        assert_eq!(recording.time().seconds()[0], 20. * 0.6 + 30.);
        let states = states(&recording);
        assert!(states.iter().enumerate().all(|(t, &state)| state == moving(20 + t)), "{name}");
    }
    let (web, _) = read("worm_wide_web.json");
    assert_eq!(web.animal(), "2022-06-14-01");
    assert_eq!(labels(&web), ["AVAL", "2", "RMEL", "4", "AWA?"]);
    assert_eq!(web.identified().len(), 2);
    let (h5, _) = read("flavell.h5");
    assert_eq!((h5.animal(), h5.identified().len()), ("flavell", 0));
}

#[test]
fn z_scored_traces_and_states_by_velocity_carry_warnings() {
    for name in ["flavell_z_scored.h5", "worm_wide_web_z_scored.json"] {
        let (recording, warnings) = read(name);
        let of = |kind: &str| warnings.iter().find(|warning| warning.kind == kind).unwrap();
        assert!(of("z-scored").text.contains("over the whole recording"));
        let threshold = &of("states-from-motion").text;
        assert!(threshold.contains("above 0.01 (in the file's unit"), "{threshold}");
        assert_eq!(recording.n_frames(), 50);
        assert!((recording.time().fps() - 1. / 0.6).abs() < 1e-9);
        assert!(recording.traces().neuron(2).sum::<f64>().abs() < 1e-9);
        for (t, &state) in states(&recording).iter().enumerate() {
            let expected = match t % 10 {
                0 => State::Unknown,
                1..=4 => State::Forward,
                _ => State::Reverse,
            };
            assert_eq!(state, expected, "{name}, frame {t}");
        }
    }
}

#[test]
fn axes_whose_product_overflows_are_over_the_limit() {
    let error = read_recordings(&fixture("huge_axes.nwb"), &ReadOptions::default()).unwrap_err();
    assert!(matches!(error, IoError::Limit { unit: "frames", .. }), "{error}");
}

fn failure_of_json(text: &str) -> (IoError, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("web.json");
    std::fs::write(&path, text).unwrap();
    let error = read_recordings(&path, &ReadOptions::default()).unwrap_err();
    let mut words = error.to_string();
    if let Some(source) = std::error::Error::source(&error) {
        words = format!("{words}: {source}");
    }
    assert!(words.contains("web.json"), "{words}");
    (error, words)
}

#[test]
fn json_of_another_shape_is_refused_at_its_place() {
    let traces = r#""trace_original": [[1, 2, 3], [4, 5, null]]"#;
    let times = r#""timestamp_confocal": [0, 1, 2]"#;
    for (text, words) in [
        (format!("{{{traces}}}"), "found no times"),
        (format!(r#"{{{traces}, "timestamp_confocal": [0, 1, 2, 3]}}"#), "one axis of 4 frames"),
        (format!(r#"{{{traces}, {times}, "velocity": [1]}}"#), "velocity: found 1 values"),
        (format!(r#"{{{traces}, {times}, "labeled": {{"3": {{"label": "AVAL"}}}}}}"#), "neuron 3"),
        (format!(r#"{{{traces}, {times}, "labeled": {{"0": {{"label": "AVAL"}}}}}}"#), "neuron 0"),
        (format!(r#"{{{traces}, {times}, "reversal_events": [[0, 2]]}}"#), "[0.0, 2.0]"),
        (
            r#"{"trace_original": [[]], "timestamp_confocal": [], "reversal_events": [[1, 1]]}"#
                .into(),
            "expected none, as there are no frames",
        ),
        (r#"{"trace_original": [[1, 2], [3]]}"#.into(), "row 2 has 1 numbers, the first has 2"),
        (r#"{"trace_original": [[1, NaN]]}"#.into(), "NaN must be written as null"),
        (r#"{"trace_original": [[1, 2]"#.into(), "EOF"),
        (format!(r#"{{"trace_original": {}"#, "[".repeat(100_000)), "expected f64"),
        (format!(r#"{{"trace_original": [], "a": {}"#, "[".repeat(100_000)), "EOF"),
    ] {
        let (_, found) = failure_of_json(&text);
        assert!(found.contains(words), "{text:.100} gave {found}");
    }
    // Events as all first frames and then all last ones.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("web.json");
    let events = r#""reversal_events": [[1, 3], [1, 3]]"#;
    std::fs::write(&path, format!("{{{traces}, {times}, {events}}}")).unwrap();
    let outcome = read_recordings(&path, &ReadOptions::default()).unwrap();
    let [reverse, forward] = [State::Reverse, State::Forward];
    assert_eq!(states(&outcome.recordings[0]), [reverse, forward, reverse]);
}

#[test]
fn other_json_is_not_recognised() {
    for text in [r#"{"format": "nervering-recording", "version": 1}"#, "{", "{}", "[1]"] {
        let (error, _) = failure_of_json(text);
        assert!(matches!(error, IoError::Unrecognised { .. }), "{error}");
    }
}

#[test]
fn a_folder_of_many_formats_is_read_as_a_whole() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["imaging.nwb", "flavell.h5", "worm_wide_web.json", "pandas.parquet"] {
        std::fs::copy(fixture(name), folder.path().join(name)).unwrap();
    }
    let all = read_all(&[folder.path()], &ReadOptions::default()).unwrap();
    let animals: Vec<_> = all.recordings.iter().map(Recording::animal).collect();
    assert_eq!(animals, ["flavell", "worm-7", "pandas", "2022-06-14-01"]);
}
