//! What reading one file may cost: bytes decoded and kept, and nodes visited.

use crate::error::IoError;
use crate::limits::{MAX_DATASET_BYTES, MAX_OBJECTS, decoded_budget};
use std::cell::Cell;
use std::path::{Path, PathBuf};

/// The budget of one file, and the file's name for the error when it is overdrawn.
pub(crate) struct Budget {
    path: PathBuf,
    allowed: u64,
    decoded_bytes: Cell<u64>,
    visited: Cell<u64>,
}

impl Budget {
    /// The budget of a file of some length in bytes.
    pub(crate) fn new(path: &Path, length: u64) -> Self {
        Self {
            path: path.to_owned(),
            allowed: decoded_budget(length),
            decoded_bytes: Cell::new(0),
            visited: Cell::new(0),
        }
    }

    /// The file's path.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Counts one more node.
    pub(crate) fn visit(&self, place: &str) -> Result<(), IoError> {
        self.visited.set(self.visited.get() + 1);
        self.check(place, self.visited.get(), "objects", MAX_OBJECTS)
    }

    /// Counts bytes that are about to be allocated.
    pub(crate) fn spend(&self, place: &str, bytes: u64) -> Result<(), IoError> {
        self.check(place, bytes, "bytes", MAX_DATASET_BYTES)?;
        self.decoded_bytes.set(self.decoded_bytes.get().saturating_add(bytes));
        self.check(place, self.decoded_bytes.get(), "bytes in all", self.allowed)
    }

    /// Refuses a number above a limit.
    pub(crate) fn check(
        &self,
        place: &str,
        found: u64,
        unit: &'static str,
        limit: u64,
    ) -> Result<(), IoError> {
        if found <= limit {
            return Ok(());
        }
        let (path, place) = (self.path.clone(), place.to_owned());
        Err(IoError::Limit { path, place, found, unit, limit })
    }
}
