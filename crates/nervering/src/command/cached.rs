//! Files of the cache, verified before a command reads them.
//!
//! [`expanded`] also takes the name of a public data set for what `data fetch` has brought of it.

use crate::failure::Failure;
use crate::output::{count, talk};
use nervering::catalog::{Cache, Fetched, RemoteFile, Verified, dataset};
use nervering::io::{ReadOptions, read_recordings};
use std::error::Error;
use std::path::{Path, PathBuf};

/// The files, and for the name of a public data set, where no file is called so, those in the cache.
///
/// # Errors
/// [`Failure`] for a data set that has not been fetched, and as [`verify`].
pub fn expanded(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for path in paths {
        let named = path.to_str().filter(|_| !path.exists()).and_then(dataset);
        let Some(dataset) = named else {
            verify(std::slice::from_ref(path))?;
            files.push(path.clone());
            continue;
        };
        let in_cache = Cache::of_platform()?.fetched(dataset, &reads)?;
        if in_cache.is_empty() {
            return Err(Failure::NotFetched { dataset: dataset.name });
        }
        in_cache.iter().for_each(tell);
        files.extend(in_cache.into_iter().map(|fetched| fetched.path));
    }
    Ok(files)
}

/// Compares those files that lie in the platform's cache with their checksums.
///
/// # Errors
/// [`Failure::Catalog`] for one that has changed since it was fetched.
pub fn verify(paths: &[PathBuf]) -> Result<(), Failure> {
    // Without a home there is no cache that the files could be of.
    let Ok(cache) = Cache::of_platform() else { return Ok(()) };
    for path in paths {
        cache.verify_named(path, &reads)?.iter().for_each(tell);
    }
    Ok(())
}

/// Says so where a checksum was not compared but kept.
fn tell(fetched: &Fetched) {
    if fetched.verified == Verified::PinnedNow {
        let path = fetched.path.display();
        talk(&format!("{path}: no checksum is published: SHA-256 pinned for next time"));
    }
}

/// Reads a file as the recordings that it should hold. Another number of animals is told, not refused:
/// the publisher may have added one.
///
/// # Errors
/// Where it does not read.
pub fn reads(path: &Path, file: &RemoteFile) -> Result<(), Box<dyn Error + Send + Sync>> {
    let found = read_recordings(path, &ReadOptions::default())?.recordings.len();
    if found == 0 {
        return Err("found no animal in it".into());
    }
    if found != file.n_animals {
        let (name, found, expected) = (file.name, count(found, "animal"), file.n_animals);
        talk(&format!("{name}: found {found}, expected {expected}; is it that file?"));
    }
    Ok(())
}
