//! Fetching one file into the cache: from its publisher, from a lab's own server, or from a folder.
//!
//! [`fetch`] says the steps. Bytes arrive in `<name>.part`, which is locked; when their SHA-256 is
//! the published one, or the one pinned at first use, or, where neither is known, when they read as
//! what they should be, the file gets its name in one step. So a file under its own name is whole.

use crate::arrival::{Received, is_there};
use crate::cache::Cache;
use crate::datasets::{Address, Dataset, RemoteFile};
use crate::error::CatalogError;
use crate::listing::address_in;
use crate::partial::Partial;
use crate::verify::{Fetched, Known, Reads, Trust};
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

/// Fetches a file of a data set, or verifies the copy that is there, which is hashed whatever is
/// remembered of it.
///
/// `reads` is asked about a file whose checksum nobody knows; `progress` is called as bytes arrive.
///
/// # Errors
/// [`CatalogError`]: the network is off, the address or an answer is not taken, the connection broke
/// off or brings too little, the checksum is another one, the file does not read, or the disk refuses.
pub fn fetch(
    dataset: &Dataset,
    file: &RemoteFile,
    cache: &Cache,
    source: &Source,
    network: &Network,
    reads: &Reads<'_>,
    progress: &mut dyn FnMut(Received),
) -> Result<Fetched, CatalogError> {
    let path = cache.path(dataset, file);
    if is_there(&path)? {
        return cache.verify(dataset, file, Trust::Nothing, reads);
    }
    let known = Known::of(dataset, file, cache)?;
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
    let advice = "what arrived was deleted; the file was changed on its way or replaced by its publisher: look at the project's page";
    if let Err(error) = known.check(partial.path(), file, &arrived, reads, advice) {
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
