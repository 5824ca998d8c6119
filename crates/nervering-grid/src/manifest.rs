//! `manifest.json`: the SHA-256 of every file that a study has written. It goes before anything
//! changes and comes back last, so that a folder with one is whole; what others have put into the
//! folder is neither listed nor read.

use crate::error::GridError;
use crate::files::{read_if_there, remove_if_there, write_atomically};
use crate::{disk, hex};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs;
use std::io::{ErrorKind, Read};
use std::path::{Component, Path};

const MANIFEST: &str = "manifest.json";
/// Version of study folders.
const FORMAT: u32 = 3;
/// Files that [`verify`] finds beside those listed, at most.
const MOST_ADDITIONAL: usize = 1000;

/// `manifest.json`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    format: u32,
    nervering: String,
    /// SHA-256 by path within the folder, `/` between its parts.
    sha256: BTreeMap<String, String>,
}

/// Before anything in a folder changes.
pub(crate) fn remove_manifest(root: &Path) -> Result<(), GridError> {
    remove_if_there(&root.join(MANIFEST))
}

/// Whether a folder has a manifest.
pub fn is_finished(root: &Path) -> bool {
    root.join(MANIFEST).is_file()
}

/// Writes files into a folder and last the manifest, of these and of what is `stored` there already
/// (`study.toml`, results), by path within the folder.
///
/// # Errors
/// [`GridError::Io`] when the folder cannot be written or read.
pub fn finish(
    root: &Path,
    stored: &[String],
    files: &[(String, Vec<u8>)],
) -> Result<(), GridError> {
    remove_manifest(root)?;
    write_files(root, files)?;
    let mut sha256 = BTreeMap::new();
    for within in stored.iter().chain(files.iter().map(|(within, _)| within)) {
        sha256.insert(within.clone(), hash_file(&root.join(within))?);
    }
    let nervering = env!("CARGO_PKG_VERSION").to_owned();
    write_manifest(root, &Manifest { format: FORMAT, nervering, sha256 })
}

/// Writes files of a folder anew. One that was finished is so again, with its other files as they
/// were listed; an unfinished one stays unfinished. Says whether it is finished.
///
/// # Errors
/// As [`finish`], and [`GridError::NotAManifest`].
pub fn redraw(root: &Path, files: &[(String, Vec<u8>)]) -> Result<bool, GridError> {
    let manifest = read_manifest(root)?;
    remove_manifest(root)?;
    write_files(root, files)?;
    let Some(mut manifest) = manifest else { return Ok(false) };
    for (within, _) in files {
        manifest.sha256.insert(within.clone(), hash_file(&root.join(within))?);
    }
    write_manifest(root, &manifest)?;
    Ok(true)
}

/// Removes the files that a finished folder lists, if they stay in it, and the manifest before them.
/// What others have put there stays.
///
/// # Errors
/// [`GridError::Io`], [`GridError::NotAManifest`].
pub(crate) fn remove_listed(root: &Path) -> Result<(), GridError> {
    let Some(manifest) = read_manifest(root)? else { return Ok(()) };
    remove_manifest(root)?;
    for within in manifest.sha256.keys().filter(|within| check_within(root, within).is_ok()) {
        remove_if_there(&root.join(within))?;
    }
    Ok(())
}

fn write_files(root: &Path, files: &[(String, Vec<u8>)]) -> Result<(), GridError> {
    for (within, bytes) in files {
        check_within(root, within)?;
        write_atomically(&root.join(within), bytes)?;
    }
    Ok(())
}

/// A path that stays in its folder.
fn check_within(root: &Path, within: &str) -> Result<(), GridError> {
    let stays = Path::new(within).components().all(|part| matches!(part, Component::Normal(_)));
    match stays && !within.is_empty() {
        true => Ok(()),
        false => {
            let leads_out = std::io::Error::other("the path leads out of the study's folder");
            Err(GridError::io(&root.join(within), "write the file")(leads_out))
        }
    }
}

fn write_manifest(root: &Path, manifest: &Manifest) -> Result<(), GridError> {
    let mut text = serde_json::to_string_pretty(manifest).expect("a manifest is plain data");
    text.push('\n');
    write_atomically(&root.join(MANIFEST), text.as_bytes())
}

fn read_manifest(root: &Path) -> Result<Option<Manifest>, GridError> {
    let path = root.join(MANIFEST);
    let Some(bytes) = read_if_there(&path)? else { return Ok(None) };
    let not_one = |reason| GridError::NotAManifest { path: path.clone(), reason };
    let manifest: Manifest =
        serde_json::from_slice(&bytes).map_err(|error| not_one(error.to_string()))?;
    match manifest.format {
        FORMAT => Ok(Some(manifest)),
        other => Err(not_one(format!("found format {other}, expected {FORMAT}"))),
    }
}

/// In pieces: results may be large.
fn hash_file(path: &Path) -> Result<String, GridError> {
    let error = || GridError::io(path, "read the file");
    if !fs::metadata(path).map_err(error())?.is_file() {
        return Err(error()(std::io::Error::other("it is no regular file")));
    }
    let mut file = disk::open(path).map_err(error())?;
    let (mut hash, mut piece) = (Sha256::new(), vec![0u8; 1 << 16]);
    loop {
        match file.read(&mut piece) {
            Ok(0) => return Ok(hex(&hash.finalize())),
            Ok(n) => hash.update(&piece[..n]),
            Err(interrupted) if interrupted.kind() == ErrorKind::Interrupted => {}
            Err(other) => return Err(error()(other)),
        }
    }
}

/// How a folder compares with its manifest. Paths are within the folder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verified {
    /// Files that are as they were written.
    pub n_same: usize,
    /// Listed and not there.
    pub missing: Vec<String>,
    /// There, and not what was written.
    pub altered: Vec<String>,
    /// There, and not the study's; at most a thousand.
    pub additional: Vec<String>,
}

impl Verified {
    /// Whether every file that the study wrote is as it was written.
    pub fn is_whole(&self) -> bool {
        self.missing.is_empty() && self.altered.is_empty()
    }
}

/// Compares a folder with its manifest. Links are not followed, and files that are not listed are
/// not read.
///
/// # Errors
/// [`GridError::NoManifest`] for an unfinished folder; [`GridError::NotAManifest`] and
/// [`GridError::Io`] when it cannot be read.
pub fn verify(root: &Path) -> Result<Verified, GridError> {
    let path = root.join(MANIFEST);
    let manifest = read_manifest(root)?.ok_or(GridError::NoManifest { path })?;
    let mut verified = Verified::default();
    for (within, sha256) in &manifest.sha256 {
        if check_within(root, within).is_err() {
            verified.altered.push(within.clone());
            continue;
        }
        let file = root.join(within);
        match fs::symlink_metadata(&file) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                verified.missing.push(within.clone());
            }
            Err(error) => return Err(GridError::io(&file, "look at the file")(error)),
            Ok(found) if found.is_file() && hash_file(&file)? == *sha256 => verified.n_same += 1,
            Ok(_) => verified.altered.push(within.clone()),
        }
    }
    find_additional(root, String::new(), &manifest, &mut verified.additional)?;
    verified.additional.sort();
    Ok(verified)
}

fn find_additional(
    folder: &Path,
    prefix: String,
    manifest: &Manifest,
    found: &mut Vec<String>,
) -> Result<(), GridError> {
    let error = || GridError::io(folder, "list the folder");
    for entry in fs::read_dir(folder).map_err(error())? {
        let entry = entry.map_err(error())?;
        let within = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if found.len() >= MOST_ADDITIONAL {
            return Ok(());
        }
        if entry.file_type().map_err(error())?.is_dir() {
            find_additional(&entry.path(), within + "/", manifest, found)?;
        } else if within != MANIFEST && !manifest.sha256.contains_key(&within) {
            found.push(within);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(text: &str) -> Vec<(String, Vec<u8>)> {
        let file = |name: &str| (name.to_owned(), text.as_bytes().to_vec());
        vec![file("tables/a.csv"), file("report.html")]
    }

    #[test]
    fn what_is_missing_altered_or_additional_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        assert!(matches!(verify(root), Err(GridError::NoManifest { .. })));
        finish(root, &[], &files("x")).unwrap();
        assert_eq!(verify(root).unwrap(), Verified { n_same: 2, ..Verified::default() });
        fs::write(root.join("movie.bin"), "a stranger's").unwrap();
        assert!(verify(root).unwrap().is_whole());
        assert_eq!(verify(root).unwrap().additional, ["movie.bin"]);
        fs::write(root.join("tables/a.csv"), "y").unwrap();
        fs::remove_file(root.join("report.html")).unwrap();
        let Verified { missing, altered, .. } = verify(root).unwrap();
        assert_eq!((missing, altered), (vec!["report.html".into()], vec!["tables/a.csv".into()]));
    }

    #[test]
    fn drawing_again_finishes_no_unfinished_folder() {
        let dir = tempfile::tempdir().unwrap();
        assert!(!redraw(dir.path(), &files("x")).unwrap());
        assert!(!is_finished(dir.path()));
        finish(dir.path(), &[], &files("x")).unwrap();
        assert!(redraw(dir.path(), &files("y")).unwrap());
        assert!(verify(dir.path()).unwrap().is_whole());
    }

    #[test]
    fn a_write_that_fails_leaves_no_manifest() {
        let dir = tempfile::tempdir().unwrap();
        finish(dir.path(), &[], &files("x")).unwrap();
        fs::create_dir(dir.path().join("report.pdf")).unwrap();
        let blocked = [("report.pdf".to_owned(), Vec::new())];
        assert!(finish(dir.path(), &[], &blocked).is_err());
        assert!(!is_finished(dir.path()));
        let out = [("../out.csv".to_owned(), Vec::new())];
        assert!(finish(dir.path(), &[], &out).is_err());
        assert!(!dir.path().join("../out.csv").exists());
    }
}
