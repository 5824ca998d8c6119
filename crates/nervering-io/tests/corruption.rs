//! Damaged files with a known fault: the error that each deserves. `hostile.rs` has the thousands of
//! changes that need only be survived.

mod common;
#[path = "common/reseal.rs"]
mod reseal;

use common::Fixture;
use nervering_io::{IoError, ReadOptions, read_recordings};
use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng};
use reseal::reseal;
use std::path::Path;

fn generator(seed: u8) -> TestRng {
    TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32])
}

/// Reads bytes as a file and checks that an error names it; says whether it was read.
fn read(folder: &Path, bytes: &[u8]) -> bool {
    let path = folder.join("damaged.mat");
    // A new file: ext4 flushes one that is overwritten to the disk, which takes milliseconds.
    let _ = std::fs::remove_file(&path);
    std::fs::write(&path, bytes).unwrap();
    match read_recordings(&path, &ReadOptions::default()) {
        Ok(_) => true,
        Err(error) => {
            assert!(error.to_string().contains("damaged.mat"), "{error}");
            false
        }
    }
}

#[test]
fn a_truncated_file_is_an_error_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    for fixture in [Fixture::partial(), Fixture::full()] {
        let bytes = fixture.bytes();
        for k in 0..200 {
            let length = bytes.len() * k / 200;
            assert!(!read(folder.path(), &bytes[..length]), "{length} of {} bytes", bytes.len());
        }
        assert!(read(folder.path(), &bytes));
    }
}

#[test]
fn a_truncated_real_file_is_an_error_that_names_it() {
    let Some(folder) = common::real_data() else { return };
    let bytes = std::fs::read(folder.join("WT_NoStim_part.mat")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for k in 0..40 {
        assert!(!read(folder.path(), &bytes[..bytes.len() * k / 40]));
    }
}

#[test]
fn resealing_an_unchanged_file_changes_nothing() {
    let bytes = Fixture::full().bytes();
    let mut resealed = bytes.clone();
    reseal(&mut resealed);
    assert!(bytes == resealed);
}

#[test]
fn random_bytes_are_not_recognised_and_say_what_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("noise");
    let mut random = generator(3);
    for length in [0, 1, 7, 8, 100, 512, 5000, 100_000] {
        let mut bytes = vec![0; length];
        random.fill_bytes(&mut bytes);
        std::fs::write(&path, &bytes).unwrap();
        let error = read_recordings(&path, &ReadOptions::default()).unwrap_err();
        assert!(matches!(error, IoError::Unrecognised { .. }), "{error}");
        assert!(error.to_string().contains("noise: found "), "{error}");
    }
    let cases: [(&[u8], &str); 8] = [
        (b"", "found an empty file"),
        (b"\x80\x04\x95pickled", "is never read, write a CSV table instead"),
        (b"time,state,AVAL\n1,FWD,2\n", "found text that begins with \"time,state,AVAL\""),
        (b"time_s;state;AVAL\n1,5;FWD;2\n", "with commas between columns and points in numbers"),
        (b"time_s\tAVAL\n1\t2\n", "with commas between columns"),
        (b"\xff\xfet\0i\0m\0e\0", "found text in UTF-16"),
        (b"PK\x03\x04\x14\0\x06\0", "save its sheet as CSV"),
        (b"\x89PNG\r\n\x1a\n", "found bytes that begin with 89 50 4e 47"),
    ];
    for (bytes, words) in cases {
        std::fs::write(&path, bytes).unwrap();
        let text = read_recordings(&path, &ReadOptions::default()).unwrap_err().to_string();
        assert!(text.contains(words), "{text}");
    }
}

#[test]
fn an_hdf5_signature_before_random_bytes_never_panics() {
    let folder = tempfile::tempdir().unwrap();
    let mut random = generator(4);
    for k in 0..300 {
        let mut bytes = vec![0; 600 + k * 10];
        random.fill_bytes(&mut bytes);
        let at = if k % 2 == 0 { 0 } else { 512 };
        bytes[at..at + 8].copy_from_slice(b"\x89HDF\r\n\x1a\n");
        bytes[at + 8] = (k % 4) as u8;
        if k % 3 == 0 {
            bytes[at + 13] = 8;
            bytes[at + 14] = 8;
        }
        assert!(!read(folder.path(), &bytes));
    }
}

/// Replaces every place where two axes of an array stand.
fn with_axes(bytes: &[u8], from: [u64; 2], to: [u64; 2]) -> Vec<u8> {
    let pair = |axes: [u64; 2]| axes.map(u64::to_le_bytes).concat();
    let (from, to) = (pair(from), pair(to));
    let mut changed = bytes.to_vec();
    let mut n_changed = 0;
    for at in 0..bytes.len() - 16 {
        if bytes[at..at + 16] == from {
            changed[at..at + 16].copy_from_slice(&to);
            n_changed += 1;
        }
    }
    assert!(n_changed > 0);
    reseal(&mut changed);
    changed
}

#[test]
fn arrays_that_say_they_are_huge_are_refused_before_they_are_allocated() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bomb.mat");
    let bytes = Fixture::partial().bytes();
    let huge = 1 << 40;
    // The times of the first worm, and the names of both.
    for (from, to, unit) in [
        ([1, 100], [1, huge], "frames"),
        ([4, 1], [huge, 1], "cells"),
        ([3, 1], [huge, 1], "characters"),
    ] {
        std::fs::write(&path, with_axes(&bytes, from, to)).unwrap();
        let error = read_recordings(&path, &ReadOptions::default()).unwrap_err();
        assert!(matches!(error, IoError::Limit { .. }), "{error}");
        let text = error.to_string();
        assert!(text.contains(&format!("found {huge} {unit}, expected at most")), "{text}");
    }
}

#[test]
fn files_that_are_not_there_are_named() {
    let error =
        read_recordings(Path::new("no-such-file.mat"), &ReadOptions::default()).unwrap_err();
    assert!(matches!(error, IoError::Read { .. }));
    assert!(error.to_string().contains("no-such-file.mat"));
}

proptest! {
    #[test]
    fn any_table_is_read_or_refused_by_name(body in "[0-9.,A-Z\"\n;#|e-]{0,200}") {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("any.csv");
        std::fs::write(&path, format!("time_s,state,AVAL\n{body}")).unwrap();
        if let Err(error) = read_recordings(&path, &ReadOptions::default()) {
            prop_assert!(error.to_string().contains("any.csv"), "{}", error);
        }
    }
}
