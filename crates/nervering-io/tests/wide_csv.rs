//! The wide table: writing and reading give the same recording; errors name line and column.

#[path = "common/arbitrary.rs"]
mod arbitrary;
#[path = "common/same.rs"]
mod same;

use arbitrary::recording;
use nervering_io::{IoError, ReadOptions, Warning, read_all, read_recordings, write_csv};
use nervering_recording::{
    NeuronLabel, Provenance, Recording, RecordingParts, State, TimeBase, Traces,
};
use proptest::prelude::*;
use same::assert_same;
use std::path::Path;

proptest! {
    #[test]
    fn a_written_recording_reads_back_to_the_last_bit(recording in recording()) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("animal.csv");
        write_csv(&recording, &path).unwrap();
        let outcome = read_recordings(&path, &ReadOptions::default()).unwrap();
        prop_assert!(outcome.warnings.iter().all(about_labels), "{:?}", outcome.warnings);
        assert_same(&outcome.recordings[0], &recording);
    }
}

/// Whether a warning is about a label that looks like a name, which any text may.
fn about_labels(warning: &Warning) -> bool {
    matches!(warning.kind, "unknown-name" | "not-a-neuron")
}

fn failure(text: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("table.csv");
    std::fs::write(&path, text).unwrap();
    let error = read_recordings(&path, &ReadOptions::default()).unwrap_err();
    let mut text = error.to_string();
    let mut source = std::error::Error::source(&error);
    while let Some(inner) = source {
        text = format!("{text}: {inner}");
        source = inner.source();
    }
    text
}

#[test]
fn errors_name_line_and_column() {
    let cases = [
        ("time_s,state,AVAL\n0,FWD,1\n1,FWD,x\n", "line 3, column 3 (AVAL): found \"x\""),
        ("time_s,state,AVAL\n0,FWD,1\n1,6,2\n", "line 3, column 2 (state): found \"6\""),
        ("time_s,AVAL\n0,1\n,2\n", "line 3, column 1 (time_s): found \"\""),
        ("time_s,AVAL\n0,1\n1,inf\n", "line 3, column 2 (AVAL): found \"inf\""),
        (
            "time_s,AVAL\n0,1\n1,2,3\n",
            "line 3, column 2 (AVAL): found 3 fields under a header of 2",
        ),
        ("time_s,AVAL,RIML\n0,1\n", "line 2, column 3 (RIML): found 2 fields"),
        ("time_s,state\n0,FWD\n1,FWD\n", "line 1, column 2 (state): found \"state\""),
        ("time_s,state,state,A\n", "line 1, column 3 (state)"),
        ("time_s,AVAL,RIML.derivative\n", "line 1, column 3 (RIML.derivative)"),
        ("time_s,AVAL,RIML,RIML.derivative\n", "line 1, column 2 (AVAL)"),
        ("time_s,AVAL,AVAL.derivative,AVAL.derivative\n", "line 1, column 4 (AVAL.derivative)"),
        ("time_s,3,3,3.derivative\n", "line 1, column 4 (3.derivative)"),
        ("time_s,AVAL\n0,1\n1,2\n1,3\n", "time goes from 1 s to 1 s"),
        ("time_s,AVAL\n0,1\n", "found 1 frames, expected at least two"),
        ("time_s,AVAL,AVAL\n0,1,2\n1,2,3\n", "AVAL names columns 0 and 1"),
        ("time_s,VB1,VB01\n0,1,2\n1,2,3\n", "VB01 names columns 0 and 1"),
    ];
    for (text, words) in cases {
        let message = failure(text);
        assert!(message.contains("table.csv"), "{message}");
        assert!(message.contains(words), "{text:?} gave {message}");
    }
}

#[test]
fn text_that_is_no_utf8_is_refused_at_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("latin.csv");
    let mut bytes = b"time_s,AVAL\n".to_vec();
    (0..2000).for_each(|k| bytes.extend(format!("{k},1\n").bytes()));
    bytes.extend(b"2001,\xe9\n");
    std::fs::write(&path, bytes).unwrap();
    let error = read_recordings(&path, &ReadOptions::default()).unwrap_err();
    assert!(matches!(error, IoError::NotUtf8 { line: 2002, .. }), "{error}");
    assert!(error.to_string().contains("latin.csv: line 2002"), "{error}");
}

#[test]
fn an_open_quote_does_not_swallow_the_file() {
    let mut text = String::from("time_s,AVAL\n0,\"1\n");
    (0..1_000_000).for_each(|k| text.push_str(&format!("{k},1\n")));
    let message = failure(&text);
    assert!(message.contains("is a quote left open?"), "{message}");
}

#[test]
fn a_table_from_elsewhere_reads_without_metadata() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w7.csv");
    let text = "\u{feff}time_s,\"AVAL\",vb2,---,---,state\r\n0,1,2,,4,\"fwd\"\r\n0.5,NaN,2e-3,NA,4,REVSUS\r\n";
    std::fs::write(&path, text).unwrap();
    std::fs::write(folder.path().join("w7.json"), "[1, 2]").unwrap();
    let outcome = read_recordings(&path, &ReadOptions::default()).unwrap();
    assert_eq!(outcome.warnings[0].kind, "foreign-metadata");
    let recording = &outcome.recordings[0];
    assert_eq!(recording.animal(), "w7");
    assert_eq!(recording.provenance().source, "w7.csv");
    assert_eq!(
        recording.identified().map(ToString::to_string).collect::<Vec<_>>(),
        ["AVAL", "VB02"]
    );
    assert_eq!(recording.neurons()[3], NeuronLabel::Unidentified("---".into()));
    assert_eq!(recording.behavior().unwrap().states(), [State::Forward, State::SustainedReverse]);
    assert_eq!(recording.traces().frame(1)[1], 2e-3);
    assert!(recording.traces().frame(0)[2].is_nan() && recording.traces().frame(1)[2].is_nan());
}

#[test]
fn a_label_with_control_characters_does_not_hide_the_table() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.csv");
    let recording = Recording::new(RecordingParts {
        animal: "a".into(),
        neurons: vec![NeuronLabel::Unidentified("a\u{1}b\0".into())],
        traces: Traces::new(2, 1, vec![0., 1.]).unwrap(),
        derivative: None,
        behavior: None,
        time: TimeBase::regular(2, 3., 0.).unwrap(),
        provenance: Provenance::default(),
    })
    .unwrap();
    write_csv(&recording, &path).unwrap();
    assert_same(
        &read_recordings(&path, &ReadOptions::default()).unwrap().recordings[0],
        &recording,
    );
}

fn write_table(folder: &Path, name: &str, metadata: Option<&str>) {
    std::fs::write(folder.join(name).with_extension("csv"), "time_s,AVAL\n0,1\n1,2\n").unwrap();
    if let Some(metadata) = metadata {
        std::fs::write(folder.join(name).with_extension("json"), metadata).unwrap();
    }
}

#[test]
fn metadata_of_a_newer_version_or_of_another_shape_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.csv");
    write_table(folder.path(), "a", Some(r#"{"format": "nervering-recording", "version": 2}"#));
    let error = read_recordings(&path, &ReadOptions::default()).unwrap_err();
    assert!(matches!(error, IoError::MetadataVersion { found: 2, known: 1, .. }), "{error}");
    for broken in [r#"{"format": "nervering-recording", "version": 1}"#, "{"] {
        write_table(folder.path(), "a", Some(broken));
        let error = read_recordings(&path, &ReadOptions::default()).unwrap_err();
        assert!(matches!(error, IoError::Metadata { .. }), "{error}");
        assert!(error.to_string().contains("a.json"), "{error}");
    }
}

#[test]
fn a_folder_reads_as_its_files_and_one_animal_twice_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    write_table(folder.path(), "b", None);
    write_table(folder.path(), "a", None);
    std::fs::write(folder.path().join("README"), "not a recording").unwrap();
    let all = read_all(&[folder.path()], &ReadOptions::default()).unwrap();
    assert_eq!(all.recordings.iter().map(Recording::animal).collect::<Vec<_>>(), ["a", "b"]);

    let metadata = r#"{"format": "nervering-recording", "version": 1, "animal": "b", "source": "",
        "place": "", "trace_field": "", "derivative_field": null}"#;
    write_table(folder.path(), "c", Some(metadata));
    let error = read_all(&[folder.path()], &ReadOptions::default()).unwrap_err().to_string();
    assert!(
        error.contains("\"b\"") && error.contains("b.csv") && error.contains("c.csv"),
        "{error}"
    );

    let empty = tempfile::tempdir().unwrap();
    assert!(matches!(
        read_all(&[empty.path()], &ReadOptions::default()),
        Err(IoError::NoRecordings { .. })
    ));
    assert!(matches!(
        read_all::<&Path>(&[], &ReadOptions::default()),
        Err(IoError::NoRecordings { .. })
    ));
}

#[test]
fn an_undecided_label_of_one_name_is_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let recording = Recording::new(RecordingParts {
        animal: "a".into(),
        neurons: vec![NeuronLabel::Candidates(vec!["AVAL".parse().unwrap()])],
        traces: Traces::new(2, 1, vec![0., 1.]).unwrap(),
        derivative: None,
        behavior: None,
        time: TimeBase::regular(2, 3., 0.).unwrap(),
        provenance: Provenance::default(),
    })
    .unwrap();
    let error = write_csv(&recording, &folder.path().join("a.csv")).unwrap_err();
    assert!(matches!(error, IoError::UnwritableLabel { neuron: 0, .. }), "{error}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
