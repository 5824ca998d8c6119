//! The wide Parquet table: any recording survives writing and reading, tables that pandas wrote are
//! read, and what is no wide table is refused with its column.

#[path = "common/arbitrary.rs"]
mod arbitrary;
#[path = "common/same.rs"]
mod same;

use arbitrary::recording;
use nervering_io::{IoError, ReadOptions, Warning, read_recordings, write_csv, write_parquet};
use nervering_recording::{Recording, State};
use proptest::prelude::*;
use same::assert_same;
use std::path::{Path, PathBuf};

proptest! {
    #[test]
    fn a_written_recording_reads_back_to_the_last_bit(recording in recording()) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("animal.parquet");
        write_parquet(&recording, &path).unwrap();
        let outcome = read_recordings(&path, &ReadOptions::default()).unwrap();
        // Any text may look like a name.
        let about_labels = |w: &Warning| matches!(w.kind, "unknown-name" | "not-a-neuron");
        prop_assert!(outcome.warnings.iter().all(about_labels), "{:?}", outcome.warnings);
        assert_same(&outcome.recordings[0], &recording);
    }

    #[test]
    fn csv_and_parquet_hold_the_same_recording(recording in recording()) {
        let folder = tempfile::tempdir().unwrap();
        let (csv, parquet) = (folder.path().join("a.csv"), folder.path().join("b.parquet"));
        write_csv(&recording, &csv).unwrap();
        let read = read_recordings(&csv, &ReadOptions::default()).unwrap().recordings.remove(0);
        write_parquet(&read, &parquet).unwrap();
        assert_same(&read_recordings(&parquet, &ReadOptions::default()).unwrap().recordings[0], &recording);
    }
}

#[test]
fn the_same_recording_is_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let recording = read(&fixture("pandas.parquet"));
    let paths = ["a.parquet", "b.parquet"].map(|name| folder.path().join(name));
    paths.iter().for_each(|path| write_parquet(&recording, path).unwrap());
    assert_eq!(std::fs::read(&paths[0]).unwrap(), std::fs::read(&paths[1]).unwrap());
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

fn read(path: &Path) -> Recording {
    read_recordings(path, &ReadOptions::default()).unwrap().recordings.remove(0)
}

/// What `tests/fixtures/generate_parquet.py` writes in every form.
fn assert_is_the_table_of_pandas(recording: &Recording) {
    let names: Vec<_> = recording.neurons().iter().map(ToString::to_string).collect();
    assert_eq!(names, ["AVAL", "17", "VB02"]);
    assert_eq!(recording.n_frames(), 40);
    let expected = |t: usize| if t < 20 { State::Forward } else { State::SustainedReverse };
    let states = recording.behavior().unwrap().states();
    assert!(states.iter().enumerate().all(|(t, &state)| state == expected(t)));
    let traces = recording.traces();
    for t in 0..40 {
        assert_eq!(recording.time().seconds()[t], t as f64 / 4.);
        assert_eq!(traces.frame(t)[0], t as f64 / 8.);
        assert!(if t == 5 { traces.frame(t)[1].is_nan() } else { traces.frame(t)[1] == -1.5 });
        assert_eq!(traces.frame(t)[2], t as f64);
    }
}

#[test]
fn tables_of_pandas_are_read() {
    let outcome = read_recordings(&fixture("pandas.parquet"), &ReadOptions::default()).unwrap();
    assert_eq!(outcome.warnings, []);
    assert_eq!(outcome.recordings[0].animal(), "pandas");
    assert_is_the_table_of_pandas(&outcome.recordings[0]);
}

#[test]
fn categories_row_groups_narrow_numbers_and_an_index_are_read() {
    let outcome =
        read_recordings(&fixture("pandas_groups.parquet"), &ReadOptions::default()).unwrap();
    let kinds: Vec<_> = outcome.warnings.iter().map(|warning| warning.kind).collect();
    assert_eq!(kinds, ["pandas-index"]);
    assert_is_the_table_of_pandas(&outcome.recordings[0]);
}

#[test]
fn zstandard_and_gzip_are_read_from_pandas_and_polars() {
    for name in ["zstd.parquet", "gzip.parquet", "polars.parquet"] {
        assert_is_the_table_of_pandas(&read(&fixture(name)));
    }
}

#[test]
fn what_is_no_wide_table_is_refused_with_its_place() {
    for (name, words) in [
        ("not_wide.parquet", "column 1 (frame): found \"frame\", expected time_s"),
        ("codes.parquet", "row 3, column 2 (state): found \"6\""),
        ("brotli.parquet", "found compression BROTLI"),
        ("nested.parquet", "found a nested column"),
    ] {
        let error = read_recordings(&fixture(name), &ReadOptions::default()).unwrap_err();
        assert!(matches!(error, IoError::Layout { .. }), "{error}");
        let text = error.to_string();
        assert!(text.contains(name) && text.contains(words), "{text}");
    }
}

#[test]
fn a_file_cut_short_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cut.parquet");
    let bytes = std::fs::read(fixture("pandas.parquet")).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
    let error = read_recordings(&path, &ReadOptions::default()).unwrap_err();
    assert!(matches!(error, IoError::Parquet { .. }), "{error}");
    assert!(error.to_string().contains("cut.parquet: the footer"), "{error}");
}
