//! The reader against h5py, over every type, order, filter and layout that h5py writes
//! (`tests/fixtures/hdf5/generate.py`). `NERVERING_HDF5` names another folder of files by that program.

use super::refusal::fault;
use super::{Content, Hdf5, Node};
use crate::error::IoError;
use crate::options::ReadOptions;
use std::path::{Path, PathBuf};

fn files() -> Vec<PathBuf> {
    let folder = match std::env::var_os("NERVERING_HDF5") {
        Some(folder) => folder.into(),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/hdf5"),
    };
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files: Vec<_> =
        entries.filter(|path| path.extension().is_some_and(|end| end == "h5")).collect();
    assert!(files.len() >= 2);
    files
}

/// Members of a group of every file, with the file and their number.
fn each(group: &str, test: impl Fn(&Hdf5, &Node<'_>)) -> usize {
    let mut n = 0;
    for path in files() {
        let file = Hdf5::open(&path).unwrap();
        for member in file.root().find(group).unwrap().unwrap().members().unwrap() {
            test(&file, &member);
            n += 1;
        }
    }
    n
}

#[test]
fn numbers_are_those_of_h5py_to_the_last_bit() {
    let n = each("numbers", |file, data| {
        let expected = file.root().find(&format!("values/{}", data.name())).unwrap().unwrap();
        let bits = |values: Vec<f64>| -> Vec<u64> {
            // Not-a-number has many forms; which of them is no value.
            values.iter().map(|v| if v.is_nan() { u64::MAX } else { v.to_bits() }).collect()
        };
        assert_eq!(data.shape(), expected.shape(), "{}", data.place());
        assert_eq!(data.content(), Content::Numbers, "{}", data.describe());
        let read = data.numbers().unwrap_or_else(|error| panic!("{}", error.chain()));
        assert_eq!(bits(read), bits(expected.numbers().unwrap()), "{}", data.place());
    });
    assert!(n > 150, "{n}");
}

#[test]
fn texts_are_those_of_h5py() {
    let n = each("texts", |_, data| {
        let expected = data.text_attribute("text").unwrap();
        assert_eq!(data.content(), Content::Text, "{}", data.describe());
        assert_eq!(data.texts().unwrap().join("\n"), expected, "{}", data.place());
    });
    assert!(n >= 12, "{n}");
}

#[test]
fn what_is_not_read_is_named_with_a_way_out() {
    let n = each("unread", |_, data| {
        let expected = data.text_attribute("found").unwrap();
        let error = data.numbers().unwrap_err();
        assert!(matches!(error, IoError::Unsupported { .. }), "{}: {error}", data.place());
        let text = error.to_string();
        assert!(text.contains(&expected) && text.contains("h5py"), "{text}");
        assert!(!text.contains("damaged") && !text.contains("-v7.3"), "{text}");
    });
    assert!(n >= 28, "{n}");
}

/// Whatever did not come once was taken for damage, for another format, or for something to pass over.
#[test]
fn a_read_that_the_system_refuses_is_never_taken_for_a_damaged_or_foreign_file() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
    let seeds = [
        "nwb/seed_kato_latest",
        "nwb/seed_tables_earliest",
        "flavell_h5/seed_latest",
        "flavell_h5/seed_types_earliest",
        "mat73/seed_codes",
        "mat73/seed_rows_sparse",
    ];
    for path in seeds.map(|seed| corpus.join(seed)) {
        let mut n_reads = 0;
        loop {
            fault::after(n_reads);
            let read = crate::read_recordings(&path, &ReadOptions::default());
            if fault::is_pending() {
                assert!(read.is_ok(), "{read:?}");
                break;
            }
            let error = read.expect_err("what was not read is missed").chain();
            let place = format!("{}, read {n_reads}: {error}", path.display());
            assert!(error.ends_with("failed to read: a fault of a test"), "{place}");
            n_reads += 1;
        }
        assert!(n_reads > 10, "{}: {n_reads}", path.display());
    }
}
