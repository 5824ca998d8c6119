//! Replays the committed fuzzing corpus (`fuzz/corpus/<target>/…`): every input that once reached new
//! code is read again, and what it gives is written and read again, without a fuzzer.

#[path = "common/same.rs"]
mod same;

use nervering_io::{IoError, ReadOptions, ReadOutcome, read_recordings, write_csv, write_parquet};
use nervering_recording::Recording;
use std::path::{Path, PathBuf};

/// The targets that are readers'.
const READERS: [&str; 7] =
    ["flavell_h5", "mat5", "mat73", "nwb", "wide_csv", "wide_parquet", "worm_wide_web"];

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus")
}

fn sorted(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn survives_writing(recording: &Recording, folder: &Path) {
    type Write = fn(&Recording, &Path) -> Result<(), IoError>;
    for write in [write_csv as Write, write_parquet] {
        let path = folder.join("written");
        match write(recording, &path) {
            Ok(()) => {
                let outcome = read_recordings(&path, &ReadOptions::default()).unwrap();
                same::assert_same(&outcome.recordings[0], recording);
            }
            // A candidate list of one name is the only thing that a table does not hold.
            Err(error) => assert!(matches!(error, IoError::UnwritableLabel { .. }), "{error}"),
        }
    }
}

#[test]
fn every_input_of_the_corpus_is_read_or_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    for target in READERS.map(|target| corpus().join(target)) {
        let (mut n_inputs, mut n_read) = (0, 0);
        for input in sorted(&target) {
            n_inputs += 1;
            match read_recordings(&input, &ReadOptions::default()) {
                Ok(ReadOutcome { recordings, .. }) => {
                    n_read += 1;
                    recordings.iter().for_each(|r| survives_writing(r, folder.path()));
                }
                Err(error) => {
                    let name = input.file_name().unwrap().to_string_lossy();
                    assert!(error.to_string().contains(&*name), "{error}");
                }
            }
        }
        println!("{}: {n_read} of {n_inputs} inputs are recordings", target.display());
        assert!(n_inputs > 0, "no input in {}", target.display());
    }
}
