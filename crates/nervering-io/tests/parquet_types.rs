//! Parquet as duckdb, pandas, polars, pyarrow and fastparquet write it, in their types, encodings and
//! orders of columns: what they meant is read, and what is not understood is refused by its name. The
//! files are those of `tests/fixtures/generate_parquet_types.py`.

use nervering_io::{IoError, ReadOptions, ReadOutcome, read_recordings, write_parquet};
use nervering_recording::State;
use std::path::{Path, PathBuf};

fn fixture(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/parquet");
    folder.join(name).with_extension("parquet")
}

fn read(name: &str) -> ReadOutcome {
    read_recordings(&fixture(name), &ReadOptions::default())
        .unwrap_or_else(|error| panic!("{error}"))
}

/// Checks that a file holds the table that the script writes in every form, and that reading warned
/// of `kinds`.
fn assert_is_the_table(name: &str, kinds: &[&str]) {
    let outcome = read(name);
    let found: Vec<_> = outcome.warnings.iter().map(|warning| warning.kind).collect();
    assert_eq!(found, kinds, "{name}");
    let recording = &outcome.recordings[0];
    let mut neurons: Vec<_> = recording.neurons().iter().map(ToString::to_string).collect();
    let column = |neuron: &str| neurons.iter().position(|name| name == neuron).unwrap();
    let (first, middle, last) = (column("AVAL"), column("17"), column("VB02"));
    assert_eq!(recording.n_frames(), 12, "{name}");
    let states = recording.behavior().unwrap().states();
    for (t, &state) in states.iter().enumerate() {
        assert_eq!(recording.time().seconds()[t], t as f64 / 4., "{name}, {t}");
        let expected = if t < 6 { State::Forward } else { State::SustainedReverse };
        assert_eq!(state, expected, "{name}, {t}");
        let frame = recording.traces().frame(t);
        assert_eq!(frame[first], t as f64 / 8., "{name}, {t}");
        let is_right = if t == 5 { frame[middle].is_nan() } else { frame[middle] == -1.5 };
        assert!(is_right, "{name}, {t}: {}", frame[middle]);
        assert_eq!(frame[last], t as f64, "{name}, {t}");
    }
    neurons.sort();
    assert_eq!(neurons, ["17", "AVAL", "VB02"], "{name}");
}

/// Checks that files are refused, each as what it is and never as damage.
fn assert_refused(files: &[(&str, &str)]) {
    for (name, words) in files {
        let error = read_recordings(&fixture(name), &ReadOptions::default()).unwrap_err();
        assert!(matches!(error, IoError::Layout { .. }), "{name}: {error}");
        let text = error.to_string();
        assert!(text.contains(words), "{name}: {text}");
        assert!(!text.contains("damage"), "{name}: {text}");
    }
}

#[test]
fn parquet_decimal() {
    for name in ["duckdb_decimal", "polars_duration", "pyarrow_split"] {
        assert_is_the_table(name, &[]);
    }
}

/// What stands in `time_s` without a type of time is seconds, as its name says; a column of any other name
/// is none of time, whatever it holds.
#[test]
fn a_time_by_another_name_is_never_taken_for_seconds() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["time_ms", "time_us", "timestamp", "time", "t", "frame"] {
        let path = folder.path().join("in.csv");
        std::fs::write(&path, format!("{name},AVAL\n0,1\n1000,2\n2000,3\n")).unwrap();
        let error = read_recordings(&path, &ReadOptions::default()).unwrap_err().to_string();
        assert!(error.contains("begins with time_s"), "{name}: {error}");
    }
    let path = folder.path().join("in.parquet");
    let recording = &read("polars_duration").recordings[0];
    write_parquet(recording, &path).unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    let places: Vec<usize> =
        (0..bytes.len() - 6).filter(|&at| bytes[at..].starts_with(b"time_s")).collect();
    assert!(!places.is_empty());
    for &at in &places {
        bytes[at..at + 6].copy_from_slice(b"timeus");
    }
    std::fs::write(&path, bytes).unwrap();
    let error = read_recordings(&path, &ReadOptions::default()).unwrap_err().to_string();
    assert!(error.contains("time_s, the time of each frame in seconds"), "{error}");
}

#[test]
fn parquet_duration() {
    for name in [
        "polars_duration",
        "polars_time",
        "pyarrow_duration",
        "pandas_timedelta_index",
        "pyarrow_delta",
    ] {
        assert_is_the_table(name, &[]);
    }
    for name in ["pyarrow_timestamp", "pyarrow_int96", "fastparquet_int96", "duckdb_timestamp"] {
        assert_is_the_table(name, &["time-from-first-frame"]);
    }
    let warning = &read("pandas_timestamp_index").warnings[0].text;
    assert!(warning.contains("TIMESTAMP(us, UTC)"), "{warning}");
    assert!(warning.ends_with("from the first frame, 2024-05-01 10:00:00 UTC"), "{warning}");
}

#[test]
fn parquet_pandas_index() {
    assert_is_the_table("pandas_index", &[]);
    assert_is_the_table("pandas_timestamp_index", &["time-from-first-frame"]);
    assert_is_the_table("pyarrow_order", &[]);
    for name in ["pandas_two_indices", "pandas_shuffled_index", "fastparquet_timedelta"] {
        assert_is_the_table(name, &["pandas-index"]);
    }
    let words =
        "found time_s as a RangeIndex of pandas, which has no column, expected a column time_s";
    assert_refused(&[("pandas_range", words)]);
}

#[test]
fn a_neuron_called_as_an_index_survives_in_our_own_tables() {
    let folder = tempfile::tempdir().unwrap();
    let (csv, parquet) = (folder.path().join("a.csv"), folder.path().join("a.parquet"));
    std::fs::write(&csv, "time_s,__index_level_0__,AVAL\n0,1,2\n1,3,4\n").unwrap();
    let written = read_recordings(&csv, &ReadOptions::default()).unwrap().recordings.remove(0);
    write_parquet(&written, &parquet).unwrap();
    let outcome = read_recordings(&parquet, &ReadOptions::default()).unwrap();
    assert_eq!(outcome.warnings, []);
    assert_eq!(outcome.recordings[0].neurons(), written.neurons());
}

#[test]
fn every_encoding_of_every_writer_is_read() {
    for name in ["duckdb_v2", "polars_time", "pyarrow_delta", "pyarrow_split", "pyarrow_fallback"] {
        assert_is_the_table(name, &[]);
    }
}

#[test]
fn integers_are_exact_or_refused() {
    let outcome = read("unsigned");
    let traces = outcome.recordings[0].traces();
    for t in 0..12_u32 {
        let expected = [
            f64::from(t) + 4_294_967_200.,
            9_223_372_036_854_775_808. + 2048. * f64::from(t),
            f64::from(t) - 6.,
        ];
        assert_eq!(traces.frame(t as usize), expected);
    }
    let words = "row 2, column 4 (17): found 9007199254740993, which no 64-bit float holds exactly";
    assert_refused(&[("inexact", words)]);
}

#[test]
fn columns_of_nulls_alone_are_missing_values() {
    let outcome = read("nulls");
    let recording = &outcome.recordings[0];
    assert!(recording.traces().neuron(1).all(f64::is_nan));
    let states = recording.behavior().unwrap().states();
    assert!(states.iter().all(|state| *state == State::Unknown));
}

#[test]
fn types_that_are_not_understood_are_refused_by_name() {
    assert_refused(&[
        ("date", "column 1 (time_s): found a column of DATE in INT32, expected seconds"),
        ("interval", "column 1 (time_s): found a column of INTERVAL in FIXED_LEN_BYTE_ARRAY(12)"),
        ("timedelta_of_pandas", "a column of INT64 that pandas calls timedelta64[ns]"),
        ("unsound_arrow", "a column of INT64 whose type in ARROW:schema does not read"),
        ("time_without", "row 4, column 1 (time_s): found no time"),
        ("boolean", "column 4 (17): found a column of BOOLEAN, expected numbers"),
        ("uuid", "found a column of UUID in FIXED_LEN_BYTE_ARRAY(16)"),
        ("period", "column 5 (VB02): found a column of INT64 of the type \"pandas.period\""),
        ("trace_of_time", "column 4 (17): found a column of TIMESTAMP(us) in INT64"),
        ("trace_of_duration", "a column of INT64 that Arrow's schema calls duration[ns]"),
        ("trace_of_text", "column 4 (17): found a column of STRING in BYTE_ARRAY"),
        ("json", "column 2 (state): found a column of JSON in BYTE_ARRAY"),
        ("fixed_text", "found a column of STRING in FIXED_LEN_BYTE_ARRAY(6)"),
        (
            "state_of_numbers",
            "row 1, column 2 (state): found 0, expected the name of a state; a number",
        ),
    ]);
}

#[test]
fn nested_columns_are_refused_by_kind() {
    assert_refused(&[
        ("list", "column 4 (17): found a nested column (LIST)"),
        ("struct", "column 4 (17): found a nested column (struct)"),
        ("map", "column 4 (17): found a nested column (MAP)"),
    ]);
}

#[test]
fn compressions_and_files_that_are_not_read_are_named() {
    assert_refused(&[
        ("lz4_frames", "found compression LZ4 (the old one, not LZ4_RAW)"),
        ("encrypted", "footer: found an encrypted Parquet file, expected a file that is not"),
        ("encrypted_columns", "column 3 (AVAL): found an encrypted column"),
        ("elsewhere", "found pages that lie in another file"),
    ]);
}

#[test]
fn a_page_that_was_changed_behind_its_checksum_is_damage() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("changed.parquet");
    let mut bytes = std::fs::read(fixture("pyarrow_split")).unwrap();
    // A state in its first page: its name stays one of text, but not of a state.
    let at = bytes.windows(3).position(|window| window == b"FWD").unwrap();
    bytes[at] = b'A';
    std::fs::write(&path, &bytes).unwrap();
    let text = read_recordings(&path, &ReadOptions::default()).unwrap_err().to_string();
    assert!(text.contains("row group 1, column 2 (state)"), "{text}");
    assert!(text.contains("checksum is another than it states"), "{text}");
}
