//! For tests: [`every_fault`] asks of a study what it must keep whichever
//! operation on files fails ([`Faults`]).

pub use crate::injected::{Faults, Then};
use crate::manifest::{is_finished, redraw, verify};
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Runs a study in a folder once undisturbed, and then once for every operation that it does, which
/// fails; once more for each with all later ones failing too; and all this again in a folder that was
/// finished with another report. Such a run must end with an error that names a path that failed, and
/// leave a folder that is unfinished, or finished and whole; the next run must finish it to the bytes of
/// the undisturbed one. Gives the number of operations of a run in a new folder.
///
/// # Errors
/// What was otherwise, in words.
pub fn every_fault(
    scratch: &Path,
    run: &dyn Fn(&Path) -> Result<(), String>,
) -> Result<usize, String> {
    let undisturbed = scratch.join("undisturbed");
    run(&undisturbed)?;
    let expected = contents(&undisturbed)?;
    let another = scratch.join("another");
    run(&another)?;
    let drawn =
        expected.keys().find(|path| path.components().count() > 1 && !path.starts_with("fits"));
    let drawn = drawn.ok_or("the study draws no table into a folder of its own")?;
    let drawn = (drawn.display().to_string(), b"of another version".to_vec());
    redraw(&another, &[drawn]).map_err(|error| error.to_string())?;
    let mut n_operations = 0;
    let kinds = [Then::Succeed, Then::Fail];
    let befores = [contents(&another)?, BTreeMap::new()];
    for (then, before) in kinds.iter().flat_map(|then| befores.iter().map(move |b| (*then, b))) {
        for nth in 0.. {
            let root = scratch.join(format!("{then:?}-{nth}"));
            write_contents(&root, before)?;
            let faults = Faults::at(&root, nth, then);
            let ended = run(&root);
            let failed = faults.failed();
            drop(faults);
            let Some(first) = failed.first() else {
                n_operations = nth;
                ended?;
                fs::remove_dir_all(&root).map_err(|error| error.to_string())?;
                break;
            };
            let survived = survived(&root, ended, &failed)
                .and_then(|()| run(&root).map_err(|error| format!("the next run failed: {error}")))
                .and_then(|()| same(&expected, &contents(&root)?));
            survived.map_err(|what| format!("{}, operation {nth}: {what}", first.display()))?;
            fs::remove_dir_all(&root).map_err(|error| error.to_string())?;
        }
    }
    Ok(n_operations)
}

/// Whether a run in which operations failed has told so, and left a folder that says what it is.
fn survived(root: &Path, ended: Result<(), String>, failed: &[PathBuf]) -> Result<(), String> {
    match ended {
        // A lock that stays is taken over.
        Ok(()) if failed.iter().all(|path| path.ends_with("study.lock")) => {}
        Ok(()) => return Err("it failed, and the run did not".to_owned()),
        Err(said) if !failed.iter().any(|path| names(&said, path)) => {
            return Err(format!("the error names another path: {said}"));
        }
        Err(_) => {}
    }
    if is_finished(root) {
        let verified = verify(root).map_err(|error| error.to_string())?;
        if !verified.is_whole() {
            return Err(format!("finished, but {verified:?}"));
        }
    }
    Ok(())
}

/// Names a file that differs.
fn same(
    expected: &BTreeMap<PathBuf, Vec<u8>>,
    found: &BTreeMap<PathBuf, Vec<u8>>,
) -> Result<(), String> {
    let mut paths = expected.keys().chain(found.keys());
    match paths.find(|&path| expected.get(path) != found.get(path)) {
        None => Ok(()),
        Some(path) => Err(format!("{} differs in the end", path.display())),
    }
}

/// Whether an error is about a path; that a file is first written beside its place is not told.
fn names(said: &str, path: &Path) -> bool {
    let path = path.display().to_string();
    let apart = format!(".{}.part", std::process::id());
    let beside = path.strip_suffix(&apart).or(path.strip_suffix(".part"));
    said.contains(beside.unwrap_or(&path))
}

/// Makes a folder of files; of none, no folder.
fn write_contents(root: &Path, files: &BTreeMap<PathBuf, Vec<u8>>) -> Result<(), String> {
    for (within, bytes) in files {
        let path = root.join(within);
        let made = fs::create_dir_all(path.parent().unwrap_or(root));
        made.and_then(|()| fs::write(&path, bytes)).map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// Every file under a folder.
fn contents(root: &Path) -> Result<BTreeMap<PathBuf, Vec<u8>>, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    let refused = |error: io::Error| error.to_string();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).map_err(refused)? {
            let path = entry.map_err(refused)?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let within = path.strip_prefix(root).unwrap_or(&path).to_owned();
                found.insert(within, fs::read(&path).map_err(refused)?);
            }
        }
    }
    Ok(found)
}
