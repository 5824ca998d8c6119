//! Tables of text as programs write them: what stands around a table is passed over or refused with a
//! way out, and errors name the line that an editor shows.

use flate2::Compression;
use flate2::write::GzEncoder;
use nervering_io::{IoError, ReadOptions, ReadOutcome, read_recordings};
use nervering_recording::{NeuronName, Recording, State};
use std::io::Write;
use std::path::{Path, PathBuf};

fn write(folder: &Path, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

fn read_as(name: &str, bytes: impl AsRef<[u8]>) -> Result<ReadOutcome, IoError> {
    let folder = tempfile::tempdir().unwrap();
    read_recordings(&write(folder.path(), name, bytes), &ReadOptions::default())
}

fn read(text: &str) -> ReadOutcome {
    read_as("w.csv", text).unwrap_or_else(|error| panic!("{text:?}: {error}"))
}

fn refused(text: &str) -> String {
    read_as("w.csv", text).unwrap_err().to_string()
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(text).unwrap();
    packed.finish().unwrap()
}

/// Kinds of the warnings.
fn kinds(outcome: &ReadOutcome) -> Vec<&str> {
    outcome.warnings.iter().map(|warning| warning.kind).collect()
}

/// That the only animal has AVAL with 1 and 3 at 0 and 0.5 s, and RIML with 2 and 4.
fn assert_plain(recording: &Recording) {
    let names: Vec<_> = recording.identified().map(NeuronName::as_str).collect();
    assert_eq!(names, ["AVAL", "RIML"]);
    assert_eq!(recording.neurons().len(), 2);
    assert_eq!(recording.traces().values(), [1., 2., 3., 4.]);
    assert_eq!(recording.time().seconds(), [0., 0.5]);
}

#[test]
fn csv_header_blank() {
    let rows = "0, FWD, 1, 2\n0.5, REV1, 3, 4\n";
    let outcome = read(&format!("time_s, state, AVAL, RIML\n{rows}"));
    assert_plain(&outcome.recordings[0]);
    let behavior = outcome.recordings[0].behavior().unwrap();
    assert_eq!(behavior.states(), [State::Forward, State::Reverse1]);
    assert_eq!(outcome.warnings, []);
    for name in ["State", "states", "behavior", "Behaviour", "label", "class", "what_it_did"] {
        let error = refused(&format!("time_s, {name}, AVAL, RIML\n{rows}"));
        assert!(error.contains(&format!("line 2, column 2 ( {name})")), "{error}");
        assert!(error.contains("a column of states is called state, rename it"), "{error}");
    }
    let error = refused("time_s,AVAL,RIML\n0,1,x\n");
    assert!(!error.contains("called state"), "{error}");
    // A derivative follows its neuron, blanks or not.
    let outcome = read("time_s, AVAL , AVAL.derivative\n0,1,2\n1,2,3\n");
    assert!(outcome.recordings[0].file_derivative().is_some());
}

#[test]
fn lines_are_those_of_an_editor() {
    for (text, line) in [
        ("time_s,AVAL\n0,1\n1,x\n", 3),
        ("time_s,AVAL\r\n0,1\r\n1,x\r\n", 3),
        ("time_s,AVAL\r0,1\r1,x\r", 3),
        ("time_s,AVAL\n\n\n0,1\n\n1,x\n", 6),
        ("time_s,AVAL\r\n\r\n0,1\r\n\r\n1,x\r\n", 5),
        ("\u{feff}time_s,AVAL\r\n0,1\r\n1,x", 3),
        ("time_s,\"AV\nAL\"\n0,1\n1,x\n", 4),
        ("time_s,AVAL\r\n0,1\r\n1,\"x\r\ny\"\r\n", 3),
        ("time_s,AVAL\r\n0,1\r\n1\r\n", 3),
        ("\r\n\r\ntime_s,state\r\n", 3),
    ] {
        let error = refused(text);
        assert!(error.contains(&format!("line {line}, ")), "{text:?}: {error}");
        let error = read_as("w.csv.gz", gzip(text.as_bytes())).unwrap_err().to_string();
        assert!(error.contains(&format!("line {line}, ")), "{text:?} in gzip: {error}");
    }
    let error = read_as("w.csv", b"time_s,AVAL\r\n0,1\r\n1,\xe9\r\n").unwrap_err();
    assert!(matches!(error, IoError::NotUtf8 { line: 3, .. }), "{error}");
    let json = "{\r\n\"trace_original\": [[1, 2],\r\n[1, x]]}";
    let error = read_as("w.json", json).unwrap_err();
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.contains("line 3 column 5"), "{cause}");
}

#[test]
fn a_column_that_numbers_the_rows_is_passed_over() {
    for header in [
        ",time_s,AVAL,RIML",
        "\"\",\"time_s\",\"AVAL\",\"RIML\"",
        "Unnamed: 0,time_s,AVAL,RIML",
        "index,time_s,AVAL,RIML",
        "\u{feff},time_s,AVAL,RIML",
        " , time_s , AVAL , RIML ",
        "X,time_s,AVAL,RIML",
        "...1,time_s,AVAL,RIML",
        "frame,time_s,AVAL,RIML",
    ] {
        for rows in ["0,0,1,2\n1,0.5,3,4\n", "\"1\",0,1,2\n\"2\",0.5,3,4\n"] {
            let outcome = read(&format!("{header}\n{rows}"));
            assert_plain(&outcome.recordings[0]);
            assert_eq!(kinds(&outcome), ["row-numbers"], "{header}");
        }
        for (rows, line) in [("0,0,1,2\n2,0.5,3,4\n", 3), ("a,0,1,2\n", 2), ("7,0,1,2\n", 2)] {
            let error = refused(&format!("{header}\n{rows}"));
            assert!(error.contains(&format!("line {line}, column 1 (")), "{error}");
            assert!(error.contains("index=False") && error.contains("row.names=FALSE"), "{error}");
        }
    }
    let twice = "Unnamed: 0.1,Unnamed: 0,time_s,AVAL,RIML\n0,0,0,1,2\n1,1,0.5,3,4\n";
    assert_eq!(kinds(&read(twice)), ["row-numbers", "row-numbers"]);
    // R leaves the name of the column out, so the first field may as well be the time.
    let error = refused("time_s,AVAL,RIML\n1,0,1,2\n2,0.5,3,4\n");
    assert!(error.contains("4 fields under a header of 3"), "{error}");
    assert!(error.contains("row.names=FALSE"), "{error}");
}

#[test]
fn commas_at_the_end_of_lines_are_passed_over() {
    for text in [
        "time_s,AVAL,RIML,\n0,1,2,\n0.5,3,4,\n",
        "time_s,AVAL,RIML\n0,1,2,\n0.5,3,4,\n",
        "time_s,AVAL,RIML,,\n0,1,2,,\n0.5,3,4\n",
        "index,time_s,AVAL,RIML,\n0,0,1,2,\n1,0.5,3,4,\n",
    ] {
        let outcome = read(text);
        assert_plain(&outcome.recordings[0]);
        assert!(kinds(&outcome).contains(&"commas-at-the-end"), "{text:?}");
    }
    let error = refused("time_s,AVAL,\n0,1,\n0.5,3,4\n");
    assert!(error.contains("line 3, column 3 (): found \"4\", expected nothing under"), "{error}");
    // A column without a name that holds numbers is a neuron without identity.
    let outcome = read("time_s,AVAL,\n0,1,5\n0.5,3,6\n");
    assert_eq!(outcome.recordings[0].neurons().len(), 2);
    assert_eq!(outcome.warnings, []);
}

#[test]
fn a_table_in_gzip_is_read_with_what_is_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let text = b"time_s,AVAL,RIML\n0,1,2\n0.5,3,4\n";
    let path = write(folder.path(), "w7.csv.gz", gzip(text));
    let outcome = read_recordings(&path, &ReadOptions::default()).unwrap();
    assert_plain(&outcome.recordings[0]);
    assert_eq!(outcome.recordings[0].animal(), "w7");
    let metadata = r#"{"format": "nervering-recording", "version": 1, "animal": "b", "source": "",
        "place": "", "trace_field": "", "derivative_field": null}"#;
    write(folder.path(), "w7.json", format!("\u{feff}{metadata}"));
    let outcome = read_recordings(&path, &ReadOptions::default()).unwrap();
    assert_eq!(outcome.recordings[0].animal(), "b");
    // Several streams, one after the other, as `cat` makes them.
    let parts = [gzip(&text[..20]), gzip(&text[20..])].concat();
    assert_plain(&read_as("w.csv.gz", parts).unwrap().recordings[0]);
}

#[test]
fn a_gzip_file_that_is_damaged_or_swells_is_refused() {
    let mut text = String::from("time_s,AVAL\n");
    (0..20_000).for_each(|k| text += &format!("{k},{}\n", (k * 7919) % 1000));
    let packed = gzip(text.as_bytes());
    for broken in [&packed[..packed.len() / 2], &packed[..packed.len() - 4]] {
        let error = read_as("w.csv.gz", broken).unwrap_err();
        assert!(matches!(error, IoError::Read { .. }), "{error}");
    }
    let mut changed = packed.clone();
    *changed.last_mut().unwrap() ^= 1;
    assert!(matches!(read_as("w.csv.gz", changed).unwrap_err(), IoError::Read { .. }));
    let mut bomb = GzEncoder::new(Vec::new(), Compression::best());
    bomb.write_all(b"time_s,AVAL\n").unwrap();
    let row = b"0.000000000000000000000000000000000000000000000000000000000000,1\n".repeat(1000);
    (0..600).for_each(|_| bomb.write_all(&row).unwrap());
    let error = read_as("w.csv.gz", bomb.finish().unwrap()).unwrap_err();
    let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
    assert!(cause.contains("unpacks to far more"), "{error}: {cause}");
}

/// `what` and `advice` stand in the error about a file that begins so.
#[track_caller]
fn assert_advice(name: &str, bytes: &[u8], what: &str, advice: &str) {
    let error = read_as(name, bytes).unwrap_err();
    assert!(matches!(error, IoError::Unrecognised { .. }), "{error}");
    let text = error.to_string();
    assert!(text.contains(what) && text.contains(advice), "{text}");
}

#[test]
fn unknown_text_advice() {
    // pandas: to_csv with its index.
    let outcome = read(",time_s,AVAL,RIML\n0,0.0,1.0,2.0\n1,0.5,3.0,4.0\n");
    assert_plain(&outcome.recordings[0]);
    let table = b"time_s,AVAL,RIML\n0,1,2\n0.5,3,4\n";
    assert_plain(&read_as("a.csv.gz", gzip(table)).unwrap().recordings[0]);

    let npy = b"\x93NUMPY\x01\x00v\x00{'descr': '<f8', 'fortran_order': False, 'shape': (60, 3), }";
    assert_advice("a.npy", npy, "a NumPy array", "write a CSV table");
    let mut v4 = [0_u32, 60, 3, 0, 2].map(u32::to_le_bytes).concat();
    v4.extend(b"x\0");
    v4.extend([0; 64]);
    assert_advice("v4.mat", &v4, "a MATLAB v4 file", "-v7");
    assert_advice("a.gz", &gzip(b"AVAL\n1\n"), "a gzip file that holds text", "gunzip");
    assert_advice("a.gz", &gzip(npy), "a gzip file that holds a NumPy array", "gunzip");
    assert_advice("a.RData", &gzip(b"RDX3\nX\n"), "a workspace of R", "row.names=FALSE");
    assert_advice("a.npz", b"PK\x03\x04........traces.npy....", "NumPy arrays", "write a CSV");
    assert_advice("a.xlsx", b"PK\x03\x04....[Content_Types].xml", "a spreadsheet", "as CSV");
    assert_advice("a.csv.zip", b"PK\x03\x04....a.csv", "a zip archive", "unpack it");
    assert_advice("a.csv", b"time_s;AVAL\n0;1,5\n", "text that begins", "commas between columns");
    assert_advice("a.csv", b"\xff\xfet\0i\0", "UTF-16", "save it as UTF-8");
    assert_advice("a.csv", b"<!DOCTYPE html>\n", "text that begins", "this is a web page");
    let pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n";
    assert_advice("a.mat", pointer, "Git LFS", "git lfs pull");
}

#[test]
fn a_byte_order_mark_and_null_mean_nothing_in_json() {
    let traces = r#""trace_original": [[1, 2], [3, null]], "timestamp_confocal": [0, 0.5]"#;
    let nulls = r#""uid": null, "trace_array": null, "labeled": null, "avg_timestep": null,
        "velocity": null, "reversal_events": null"#;
    let labelled = r#""labeled": {"1": {"label": "AVAL"}, "2": null}"#;
    for (text, n_named) in [
        (format!("\u{feff}{{{traces}}}"), 0),
        (format!("{{{traces}, {nulls}}}"), 0),
        (format!("\u{feff}{{{traces}, {labelled}}}"), 1),
        (r#"{"trace_original": null, "trace_array": [[1, 2], [3, 4]], "timestamp_confocal": null, "avg_timestep": 0.01}"#.to_owned(), 0),
    ] {
        let outcome = read_as("w.json", &text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(outcome.recordings[0].neurons().len(), 2);
        assert_eq!(outcome.recordings[0].identified().len(), n_named, "{text}");
        assert_eq!(outcome.recordings[0].behavior(), None);
    }
    let error = read_as("w.json", r#"{"trace_original": null, "a": 1}"#).unwrap_err().to_string();
    assert!(error.contains("no traces"), "{error}");
}
