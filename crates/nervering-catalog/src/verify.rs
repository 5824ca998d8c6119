//! What a file of the cache must be, and whether it is.
//!
//! [`Cache::fetched`] and [`Cache::verify_named`] stand before every use of a cached file: its SHA-256
//! is compared with the published one, or the one pinned at first use. Where neither is known, the
//! file must read as what it should be ([`Reads`]) before its checksum is pinned. A file that has not
//! changed since it was hashed last is not hashed again (`seen.json`).

use crate::arrival::{How, is_there};
use crate::cache::{Cache, Pin, key};
use crate::datasets::{DATASETS, Dataset, RemoteFile};
use crate::error::CatalogError;
use crate::hash::sha256_of;
use crate::partial::{Arrived, Checksum};
use crate::seen::{self, Draft, Stamp};
use std::error::Error;
use std::fs::File;
use std::path::{Path, PathBuf};

/// Reads a file as what it should be, and says why it is not. This room knows no file formats: whoever
/// fetches brings one.
pub type Reads<'a> = dyn Fn(&Path, &RemoteFile) -> Result<(), Box<dyn Error + Send + Sync>> + 'a;

/// A file that is in the cache and verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// Where it is.
    pub path: PathBuf,
    /// Its SHA-256 in lowercase hexadecimal.
    pub sha256: String,
    /// How it got there.
    pub how: How,
    /// What its checksum was compared with.
    pub verified: Verified,
}

/// What a checksum was compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verified {
    /// The published one.
    Published,
    /// The one of the first copy on this machine.
    Pinned,
    /// Nothing: this is the first copy, it reads, and its checksum has been pinned.
    PinnedNow,
}

/// What is taken for granted about a file of the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trust {
    /// Nothing: it is hashed.
    Nothing,
    /// That a file which has not changed is what it was when it was hashed.
    Memory,
}

impl Cache {
    /// The files of a data set that have been fetched, each verified.
    ///
    /// # Errors
    /// [`CatalogError`] for a file that has changed since it was fetched, or cannot be read.
    pub fn fetched(
        &self,
        dataset: &Dataset,
        reads: &Reads<'_>,
    ) -> Result<Vec<Fetched>, CatalogError> {
        let mut fetched = Vec::new();
        for file in dataset.files {
            if is_there(&self.path(dataset, file))? {
                fetched.push(self.verify(dataset, file, Trust::Memory, reads)?);
            }
        }
        Ok(fetched)
    }

    /// Verifies the files of the cache that a path names: the file itself, or the folder that they are
    /// in. Any other path names none of them.
    ///
    /// # Errors
    /// As [`Cache::fetched`].
    pub fn verify_named(
        &self,
        path: &Path,
        reads: &Reads<'_>,
    ) -> Result<Vec<Fetched>, CatalogError> {
        let mut verified = Vec::new();
        // A path that is not there, or may not be looked at, is told by whoever opens it.
        let Ok(named) = std::fs::canonicalize(path) else { return Ok(verified) };
        for dataset in DATASETS {
            let Ok(folder) = std::fs::canonicalize(self.folder().join(dataset.name)) else {
                continue;
            };
            for file in dataset.files {
                let kept = std::fs::canonicalize(folder.join(file.name));
                if kept.is_ok_and(|kept| kept == named || folder == named) {
                    verified.push(self.verify(dataset, file, Trust::Memory, reads)?);
                }
            }
        }
        Ok(verified)
    }

    /// Verifies a file that is in the cache.
    pub(crate) fn verify(
        &self,
        dataset: &Dataset,
        file: &RemoteFile,
        trust: Trust,
        reads: &Reads<'_>,
    ) -> Result<Fetched, CatalogError> {
        let path = self.path(dataset, file);
        let disk = || CatalogError::disk(&path, "read");
        let known = Known::of(dataset, file, self)?;
        let (how, from) = (How::AlreadyThere, path.display().to_string());
        let opened = File::open(&path).map_err(disk())?;
        let before = Stamp::of(&opened.metadata().map_err(disk())?);
        if let (Trust::Memory, Some(stamp), Some(sha256)) = (trust, &before, known.sha256())
            && seen::holds(self.folder(), &key(dataset, file), stamp, sha256)
        {
            let arrived = Arrived { sha256: sha256.to_owned(), how, from };
            return known.accept(dataset, file, self, arrived);
        }
        let draft = Draft::begin(self.folder());
        let sha256 = sha256_of(&opened).map_err(disk())?;
        let unchanged = before == Stamp::of(&opened.metadata().map_err(disk())?);
        let arrived = Arrived { sha256: sha256.clone(), how, from };
        let advice = "it is not that file, or no longer; move it away and fetch it again";
        known.check(&path, file, &arrived, reads, advice)?;
        let accepted = known.accept(dataset, file, self, arrived)?;
        if let (Some(draft), Some(stamp)) = (draft, before.filter(|_| unchanged)) {
            draft.keep(self.folder(), key(dataset, file), stamp, sha256);
        }
        Ok(accepted)
    }
}

/// The checksum that a file must have.
pub(crate) enum Known {
    Published(&'static str),
    Pinned(String),
    Nothing,
}

impl Known {
    pub fn of(dataset: &Dataset, file: &RemoteFile, cache: &Cache) -> Result<Self, CatalogError> {
        Ok(match (file.sha256, cache.pin(dataset, file)?) {
            (Some(sha256), _) => Self::Published(sha256),
            (None, Some(sha256)) => Self::Pinned(sha256),
            (None, None) => Self::Nothing,
        })
    }

    pub fn checksum(&self) -> Checksum {
        match self {
            Self::Published(_) | Self::Pinned(_) => Checksum::Known,
            Self::Nothing => Checksum::Unknown,
        }
    }

    fn sha256(&self) -> Option<&str> {
        match self {
            Self::Published(sha256) => Some(sha256),
            Self::Pinned(sha256) => Some(sha256),
            Self::Nothing => None,
        }
    }

    /// Compares the checksum of what lies at `path`, or reads it where none is known.
    pub fn check(
        &self,
        path: &Path,
        file: &RemoteFile,
        arrived: &Arrived,
        reads: &Reads<'_>,
        what_to_do: &'static str,
    ) -> Result<(), CatalogError> {
        let (from, found) = (arrived.from.clone(), arrived.sha256.clone());
        let (expected, known) = match self {
            Self::Published(sha256) => ((*sha256).to_owned(), "as published"),
            Self::Pinned(sha256) => (sha256.clone(), "as the first copy on this machine had"),
            Self::Nothing => {
                let file_name = file.name.to_owned();
                let left_alone = arrived.how == How::AlreadyThere;
                let kept = if left_alone { "left where it is" } else { "deleted" };
                let refused =
                    |source| CatalogError::Unreadable { from, file: file_name, kept, source };
                return reads(path, file).map_err(refused);
            }
        };
        if found == expected {
            return Ok(());
        }
        Err(CatalogError::Checksum { from, found, expected, known, what_to_do })
    }

    /// Pins the checksum where none was known.
    pub fn accept(
        &self,
        dataset: &Dataset,
        file: &RemoteFile,
        cache: &Cache,
        arrived: Arrived,
    ) -> Result<Fetched, CatalogError> {
        let Arrived { sha256, how, from, .. } = arrived;
        let path = cache.path(dataset, file);
        let verified = match self {
            Self::Published(_) => Verified::Published,
            Self::Pinned(_) => Verified::Pinned,
            Self::Nothing => {
                let bytes =
                    std::fs::metadata(&path).map_err(CatalogError::disk(&path, "read"))?.len();
                cache.set_pin(dataset, file, Pin { sha256: sha256.clone(), bytes, from })?;
                Verified::PinnedNow
            }
        };
        Ok(Fetched { path, sha256, how, verified })
    }
}
