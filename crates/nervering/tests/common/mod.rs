//! Running the program in a folder of its own, and looking at what it left there.

// Each test binary uses its own part of this file.
#![allow(dead_code)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Output;

/// The program, to be run in `folder`.
pub fn nervering(folder: &Path) -> assert_cmd::Command {
    let mut command = assert_cmd::cargo_bin_cmd!("nervering");
    command.current_dir(folder);
    command
}

/// The program, which hears INT even where the tests run in the background of a shell, which ignores it for
/// all that it starts there. macOS has no such `env`; its tests are run in the foreground.
pub fn hearing() -> std::process::Command {
    let program = env!("CARGO_BIN_EXE_nervering");
    if cfg!(target_os = "linux") {
        let mut command = std::process::Command::new("env");
        command.args(["--default-signal=INT", program]);
        return command;
    }
    std::process::Command::new(program)
}

/// Runs the program and checks its exit code; what it printed is shown where that differs.
pub fn run(folder: &Path, arguments: &[&str], exit_code: i32) -> Output {
    let output = nervering(folder).args(arguments).output().unwrap();
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(exit_code), "{arguments:?}\n{stdout}\n{stderr}");
    output
}

/// Bytes as text.
pub fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Every file under a folder, by its path there.
pub fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let bytes = std::fs::read(&path).unwrap();
                found.insert(path.strip_prefix(folder).unwrap().to_owned(), bytes);
            }
        }
    }
    found
}

/// Checks that two folders hold the same files with the same bytes, and names those that differ.
pub fn assert_same_files(one: &Path, other: &Path) {
    let (one, other) = (files(one), files(other));
    let differing = |(path, bytes): &(&PathBuf, &Vec<u8>)| other.get(*path) != Some(*bytes);
    let differ: Vec<_> = one.iter().filter(differing).map(|(path, _)| path).collect();
    assert!(differ.is_empty(), "{differ:?} differ");
    assert_eq!(one.len(), other.len(), "files");
    assert!(!one.is_empty());
}

/// The real recordings, or `None` and a line saying so where they are absent.
pub fn real_data() -> Option<PathBuf> {
    let root = match std::env::var_os("NERVERING_DATA") {
        Some(root) => PathBuf::from(root),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
    };
    let file = root.join("kato2015/WT_NoStim_part.mat");
    if !file.is_file() {
        println!("skipped: no real recordings in {}", root.display());
        return None;
    }
    Some(file)
}
