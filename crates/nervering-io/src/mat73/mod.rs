//! The container of MATLAB v7.3: HDF5.
//!
//! A struct is a group, a matrix a data set whose axes stand in reverse order, a cell array a data
//! set of references into the group `/#refs#`, a struct array a group whose members are data sets of
//! references that are not marked as cells, text an array of UTF-16 units, and a sparse matrix a group
//! that is marked as one. Objects are opened when they are referred to; those that nobody needs may be
//! of any kind. A [`Node`] answers what [`crate::mat::Value`] asks of it. Sizes are checked against the
//! budget there, before a node is asked to read.

mod node;

pub(crate) use node::Node;

use crate::error::IoError;
use crate::hdf5::{Container, Object, is_hdf5};
use std::io::Read;
use std::path::Path;

/// Groups that MATLAB keeps for itself.
const INTERNAL_GROUPS: [&str; 2] = ["#refs#", "#subsystem#"];
/// What MATLAB writes before the HDF5 signature.
const HEADER: &[u8] = b"MATLAB 7.3 MAT-file";
/// What to do about a damaged file.
const AGAIN: &str = "fetch it again or save it again with -v7.3";

/// An open MATLAB v7.3 file.
pub(crate) struct File {
    writer: Writer,
    container: Container,
    root: Object,
}

/// Whether the first bytes of a file are of this container: an HDF5 signature where one may stand,
/// or MATLAB's header of a file cut short before it.
pub(crate) fn recognises(head: &[u8]) -> bool {
    has_header(head) || is_hdf5(head)
}

/// Whether a file begins as MATLAB begins one.
pub(crate) fn has_header(head: &[u8]) -> bool {
    head.starts_with(HEADER)
}

impl File {
    /// Opens the file.
    pub(crate) fn open(path: &Path) -> Result<Self, IoError> {
        let mut head = Vec::new();
        let file = std::fs::File::open(path).map_err(IoError::read(path))?;
        let n_head = HEADER.len() as u64;
        file.take(n_head).read_to_end(&mut head).map_err(IoError::read(path))?;
        let writer = Writer::of(&head);
        Self::new(path, writer, Container::open(path))
    }

    /// The same from bytes in memory.
    pub(crate) fn from_bytes(path: &Path, bytes: Vec<u8>) -> Result<Self, IoError> {
        Self::new(path, Writer::of(&bytes), Container::from_bytes(path, bytes))
    }

    fn new(
        path: &Path,
        writer: Writer,
        container: Result<Container, IoError>,
    ) -> Result<Self, IoError> {
        let container = container.map_err(|error| writer.advise(error))?;
        let root = container.root().map_err(|trouble| writer.advise(trouble.at(path, "/")));
        let root = container.unless_refused(path, root)?;
        Ok(Self { writer, container, root })
    }

    /// As [`Container::unless_refused`].
    pub(crate) fn unless_refused<T>(
        &self,
        path: &Path,
        read: Result<T, IoError>,
    ) -> Result<T, IoError> {
        self.container.unless_refused(path, read)
    }

    /// Length of the file in bytes.
    pub(crate) fn length(&self) -> u64 {
        self.container.length()
    }

    /// The variables of the file as one struct.
    pub(crate) fn root(&self) -> Node<'_> {
        Node::new(self, self.root.clone())
    }
}

/// Who wrote a file, by its first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Writer {
    Matlab,
    Other,
}

impl Writer {
    fn of(head: &[u8]) -> Self {
        if has_header(head) { Self::Matlab } else { Self::Other }
    }

    /// The error with the advice that fits files of MATLAB, where it is one.
    fn advise(self, error: IoError) -> IoError {
        match (self, error) {
            (Self::Matlab, IoError::Hdf5 { path, place, source, .. }) => {
                IoError::Hdf5 { path, place, advice: AGAIN, source }
            }
            (_, error) => error,
        }
    }
}
