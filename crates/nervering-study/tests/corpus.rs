//! Replays the committed fuzzing corpus of what is stored (`fuzz/corpus/<target>/…`): every input that once
//! reached new code is read again, and what it gives is written and read again, without a fuzzer.

#[path = "../../nervering-fit/tests/common/mod.rs"]
mod common;
#[path = "common/stored.rs"]
mod stored;

use std::path::{Path, PathBuf};
use stored::{reads_as_model, reads_as_result, reads_as_study};

/// The inputs of a target, by name.
fn inputs(target: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
    let entries = std::fs::read_dir(folder).unwrap();
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// Reads all inputs of a target; what the corpus began with is sound.
fn replay(target: &str, reads: impl Fn(&[u8]) -> bool) {
    let inputs = inputs(target);
    let (mut n_read, mut n_seeds) = (0, 0);
    for input in &inputs {
        let is_read = reads(&std::fs::read(input).unwrap());
        n_read += usize::from(is_read);
        if input.file_name().unwrap().to_string_lossy().starts_with("seed") {
            n_seeds += 1;
            assert!(is_read, "{}", input.display());
        }
    }
    println!("{target}: {n_read} of {} inputs read", inputs.len());
    assert!(n_seeds > 0, "no seed of {target}");
}

#[test]
fn model_files_of_the_corpus_are_read_or_refused() {
    replay("model_file", reads_as_model);
}

#[test]
fn study_files_of_the_corpus_are_read_or_refused() {
    replay("study_file", reads_as_study);
}

#[test]
fn result_files_of_the_corpus_are_read_or_refused() {
    let folder = tempfile::tempdir().unwrap();
    replay("result_file", |bytes| reads_as_result(bytes, folder.path()));
}
