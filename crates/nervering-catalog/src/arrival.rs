//! How a file comes into the cache: [`How`] it did, how far it has, and whether it is there.

use crate::error::CatalogError;
use std::path::Path;

/// How far a download is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Received {
    /// Bytes that are there.
    pub bytes: u64,
    /// Bytes there will be, where the server says so.
    pub of: Option<u64>,
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

/// Whether there is a file, as far as the system tells.
pub(crate) fn is_there(path: &Path) -> Result<bool, CatalogError> {
    match std::fs::metadata(path) {
        Ok(metadata) => Ok(metadata.is_file()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(CatalogError::disk(path, "read")(error)),
    }
}
