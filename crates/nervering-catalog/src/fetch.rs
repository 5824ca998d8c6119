//! Fetching one file into the cache: from its publisher, from a lab's own server, or from a folder.
//!
//! [`fetch`] says the steps. Bytes arrive in `<name>.part`, which is locked; when their SHA-256 is
//! the published one, or the one pinned at first use, the file gets its name in one step. So a file
//! under its own name is whole.

use crate::cache::{Cache, Pin};
use crate::datasets::{Address, Dataset, RemoteFile};
use crate::error::CatalogError;
use crate::listing::address_in;
use crate::partial::{Arrived, Checksum, Partial, sha256_of};
use crate::web::Web;
use std::path::{Path, PathBuf};

/// Where to fetch from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The publisher.
    Publisher,
    /// A lab's own server: `<address>/<file>`.
    MirrorUrl(String),
    /// A folder with copies: `<folder>/<file>`.
    MirrorFolder(PathBuf),
}

impl Source {
    /// Reads what a user names as a mirror: an address, or else a folder.
    pub fn mirror(text: &str) -> Self {
        if text.contains("://") {
            Self::MirrorUrl(text.trim_end_matches('/').to_owned())
        } else {
            Self::MirrorFolder(PathBuf::from(text))
        }
    }
}

/// Whether the network may be used.
#[derive(Debug, Clone)]
pub enum Network {
    /// As far as this goes.
    Allowed(Web),
    /// Not at all.
    Off,
}

/// How far a download is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Received {
    /// Bytes that are there.
    pub bytes: u64,
    /// Bytes there will be, where the server says so.
    pub of: Option<u64>,
}

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

/// How a file got into the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// It was there before.
    AlreadyThere,
    /// From the network; so many of its bytes were there from an earlier attempt.
    Downloaded {
        /// Bytes from an earlier attempt.
        resumed_from: u64,
    },
    /// From a folder.
    Copied,
}

/// What a checksum was compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verified {
    /// The published one.
    Published,
    /// The one of the first copy on this machine.
    Pinned,
    /// Nothing: this is the first copy, and its checksum has been pinned.
    PinnedNow,
}

/// Fetches a file of a data set, or verifies the copy that is there.
///
/// `progress` is called as bytes arrive.
///
/// # Errors
/// [`CatalogError`]: the network is off, the address or an answer is not taken, the connection broke
/// off, the checksum is another one, or the disk refuses.
pub fn fetch(
    dataset: &Dataset,
    file: &RemoteFile,
    cache: &Cache,
    source: &Source,
    network: &Network,
    progress: &mut dyn FnMut(Received),
) -> Result<Fetched, CatalogError> {
    let path = cache.path(dataset, file);
    let known = Known::of(dataset, file, cache)?;
    if path.is_file() {
        let sha256 = sha256_of(&path)?;
        let advice = "it has changed since; move it away and fetch it again".to_owned();
        known.check(&sha256, &path.display().to_string(), advice)?;
        let from = path.display().to_string();
        let arrived = Arrived { sha256, how: How::AlreadyThere, from };
        return known.accept(dataset, file, cache, arrived);
    }
    let origin = Origin::of(source, network, file)
        .ok_or_else(|| CatalogError::Offline { file: file.name.into(), path: path.clone() })?;
    let partial = Partial::open(&path)?;
    let checksum = known.checksum();
    let arrived = match origin {
        Origin::Folder(folder) => partial.copy(&folder.join(file.name), file, progress)?,
        Origin::File(web, url) => partial.download(web, &url, file, checksum, progress)?,
        Origin::Listing(web, url) => {
            let url = address_in(&web.get_listing(url)?, url, dataset, file)?;
            partial.download(web, &url, file, checksum, progress)?
        }
    };
    let advice = "what arrived was deleted; the file was changed on its way or replaced by its publisher: look at the project's page".to_owned();
    if let Err(error) = known.check(&arrived.sha256, &arrived.from, advice) {
        partial.discard()?;
        return Err(error);
    }
    partial.finish(&path)?;
    known.accept(dataset, file, cache, arrived)
}

/// Where the bytes are, and the permission to get them.
enum Origin<'a> {
    Folder(&'a Path),
    File(&'a Web, String),
    Listing(&'a Web, &'static str),
}

impl<'a> Origin<'a> {
    /// None where the network would be needed and is off.
    fn of(source: &'a Source, network: &'a Network, file: &RemoteFile) -> Option<Self> {
        Some(match (source, network) {
            (Source::MirrorFolder(folder), _) => Self::Folder(folder),
            (_, Network::Off) => return None,
            (Source::MirrorUrl(base), Network::Allowed(web)) => {
                Self::File(web, format!("{base}/{}", file.name))
            }
            (Source::Publisher, Network::Allowed(web)) => match file.address {
                Address::File(url) => Self::File(web, url.to_owned()),
                Address::OsfListing(url) => Self::Listing(web, url),
            },
        })
    }
}

/// The checksum that a file must have.
enum Known {
    Published(&'static str),
    Pinned(String),
    Nothing,
}

impl Known {
    fn of(dataset: &Dataset, file: &RemoteFile, cache: &Cache) -> Result<Self, CatalogError> {
        Ok(match (file.sha256, cache.pin(dataset, file)?) {
            (Some(sha256), _) => Self::Published(sha256),
            (None, Some(sha256)) => Self::Pinned(sha256),
            (None, None) => Self::Nothing,
        })
    }

    fn checksum(&self) -> Checksum {
        match self {
            Self::Published(_) | Self::Pinned(_) => Checksum::Known,
            Self::Nothing => Checksum::Unknown,
        }
    }

    fn check(&self, found: &str, from: &str, what_to_do: String) -> Result<(), CatalogError> {
        let (expected, known) = match self {
            Self::Published(sha256) => (*sha256, "as published"),
            Self::Pinned(sha256) => (sha256.as_str(), "as the first copy on this machine had"),
            Self::Nothing => return Ok(()),
        };
        if found == expected {
            return Ok(());
        }
        let (found, expected) = (found.to_owned(), expected.to_owned());
        Err(CatalogError::Checksum { from: from.to_owned(), found, expected, known, what_to_do })
    }

    /// Pins the checksum where none was known.
    fn accept(
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
