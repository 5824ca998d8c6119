//! What a reader is. A [`Reader`] recognises its files by content and turns one file into recordings and warnings.

use crate::error::IoError;
use crate::labels::LabelSet;
use crate::limits::HEAD_BYTES;
use crate::options::ReadOptions;
use crate::outcome::ReadOutcome;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Reads one file format.
pub trait Reader: Sync {
    /// What the format is called, for example `wide CSV`.
    fn name(&self) -> &'static str;

    /// Whether a file whose first bytes are `head` (at most [`HEAD_BYTES`]) is of this format.
    /// The name of the file is no argument: extensions lie.
    fn recognises(&self, head: &[u8]) -> bool;

    /// A second look at a file that [`Reader::recognises`], for formats whose first bytes are those
    /// of a container that others use too: whether its content is meant as a recording of this format.
    ///
    /// # Errors
    /// [`IoError`] for a file that does not open, where no later reader could tell that better.
    fn confirms(&self, _path: &Path) -> Result<bool, IoError> {
        Ok(true)
    }

    /// Whether every file of the format is one animal.
    fn is_one_animal(&self) -> bool {
        false
    }

    /// Reads all animals of the file.
    ///
    /// # Errors
    /// [`IoError`], which always names the file.
    fn read(&self, path: &Path, options: &ReadOptions) -> Result<ReadOutcome, IoError>;

    /// The same, with labels that belong to recordings in other files; a file of labels alone has no
    /// recordings. Most formats have none.
    ///
    /// # Errors
    /// As [`Reader::read`].
    fn read_with_labels(
        &self,
        path: &Path,
        options: &ReadOptions,
    ) -> Result<(ReadOutcome, Vec<LabelSet>), IoError> {
        self.read(path, options).map(|outcome| (outcome, Vec::new()))
    }
}

/// The first bytes of a file.
pub(crate) fn read_head(path: &Path) -> Result<Vec<u8>, IoError> {
    let mut head = Vec::new();
    let file = File::open(path).map_err(IoError::read(path))?;
    file.take(HEAD_BYTES).read_to_end(&mut head).map_err(IoError::read(path))?;
    Ok(head)
}
