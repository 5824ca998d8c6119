//! The container of MATLAB v7.3: HDF5.
//!
//! A struct is a group, a matrix a data set whose axes stand in reverse order, a cell array a data
//! set of references into the group `/#refs#`, a struct array a group whose members are data sets of
//! references that are not marked as cells, and text an array of UTF-16 units. [`File`] maps every
//! referable object by its address once; a [`Node`] answers what [`crate::mat::Value`] asks of it.
//! Sizes are checked against the budget there, before a node is asked to read.

mod node;

pub(crate) use node::Node;

use crate::error::IoError;
use crate::limits::*;
use hdf5_reader::group::Group;
use hdf5_reader::storage::{BytesStorage, DynStorage};
use hdf5_reader::{BlockCacheStorage, Dataset, FileStorage, Hdf5File, OpenOptions};
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

/// Blocks in which the file is read, and how many are kept: small reads of headers are then few
/// system calls, which network file systems notice.
const BLOCK_BYTES: usize = 256 << 10;
const BLOCKS: usize = 64;

const SIGNATURE: &[u8] = b"\x89HDF\r\n\x1a\n";
/// Groups that MATLAB keeps for itself.
const INTERNAL_GROUPS: [&str; 2] = ["#refs#", "#subsystem#"];

/// An open MATLAB v7.3 file.
pub(crate) struct File {
    length: u64,
    root: Group,
    by_address: HashMap<u64, Object>,
    /// Objects of `/#refs#` that do not open, and the first reason.
    unreadable: Option<(usize, String)>,
}

#[derive(Clone)]
enum Object {
    Group(Group),
    Dataset(Box<Dataset>),
}

/// Whether the first bytes of a file are of this container: an HDF5 signature where one may stand,
/// or MATLAB's header of a file cut short before it.
pub(crate) fn recognises(head: &[u8]) -> bool {
    head.starts_with(b"MATLAB 7.3 MAT-file")
        || [0, 512, 1024, 2048, 4096]
            .iter()
            .any(|&at| head.get(at..).is_some_and(|rest| rest.starts_with(SIGNATURE)))
}

impl File {
    /// Opens the file and maps `/#refs#`.
    pub(crate) fn open(path: &Path) -> Result<Self, IoError> {
        let storage = FileStorage::open(path).map_err(failed(path, "/"))?;
        let storage = BlockCacheStorage::new(Arc::new(storage), BLOCK_BYTES, BLOCKS);
        Self::from_storage(path, Arc::new(storage))
    }

    /// The same from bytes in memory.
    pub(crate) fn from_bytes(path: &Path, bytes: Vec<u8>) -> Result<Self, IoError> {
        Self::from_storage(path, Arc::new(BytesStorage::new(bytes)))
    }

    fn from_storage(path: &Path, storage: DynStorage) -> Result<Self, IoError> {
        let found = storage.len();
        let max_read_bytes = MAX_DATASET_BYTES.min(decoded_budget(found));
        let max_chunk_bytes = MAX_HDF5_CHUNK_BYTES.min(max_read_bytes as usize);
        let options = OpenOptions::default()
            .with_max_read_bytes(max_read_bytes as usize)
            .with_max_chunk_bytes(max_chunk_bytes)
            .with_max_object_header_bytes(MAX_HDF5_HEADER_BYTES);
        let file =
            Hdf5File::from_storage_with_options(storage, options).map_err(failed(path, "/"))?;
        // Libhdf5 refuses a truncated file too, even if what is asked for lies before its end. An
        // undefined address has all bits set.
        let expected = file.superblock().eof_address;
        if found < expected && expected != u64::MAX {
            return Err(IoError::Truncated { path: path.to_owned(), found, expected });
        }
        let root = file.root_group().map_err(failed(path, "/"))?;
        let (groups, _) = root.member_names().map_err(failed(path, "/"))?;
        let mut file = Self { length: found, root, by_address: HashMap::new(), unreadable: None };
        if groups.iter().any(|name| name == "#refs#") {
            file.map_refs(path)?;
        }
        Ok(file)
    }

    fn map_refs(&mut self, path: &Path) -> Result<(), IoError> {
        let refs = self.root.group("#refs#").map_err(failed(path, "/#refs#"))?;
        if let Ok((groups, datasets)) = refs.members() {
            let groups = groups.into_iter().map(Object::Group);
            let datasets = datasets.into_iter().map(Object::of_dataset);
            self.by_address.extend(groups.chain(datasets).map(|o| (o.address(), o)));
            return Ok(());
        }
        // One object of an unsupported kind must not hide the others.
        let (groups, datasets) = refs.member_names().map_err(failed(path, "/#refs#"))?;
        let groups = groups.iter().map(|name| refs.group(name).map(Object::Group));
        let datasets = datasets.iter().map(|name| refs.dataset(name).map(Object::of_dataset));
        for object in groups.chain(datasets) {
            match object {
                Ok(object) => _ = self.by_address.insert(object.address(), object),
                Err(error) => self.unreadable.get_or_insert((0, error.to_string())).0 += 1,
            }
        }
        Ok(())
    }

    /// Length of the file in bytes.
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// The variables of the file as one struct.
    pub(crate) fn root(&self) -> Node<'_> {
        Node::new(self, Object::Group(self.root.clone()))
    }
}

impl Object {
    fn of_dataset(dataset: Dataset) -> Self {
        Self::Dataset(Box::new(dataset))
    }

    fn address(&self) -> u64 {
        match self {
            Self::Group(group) => group.address(),
            Self::Dataset(dataset) => dataset.address(),
        }
    }
}

fn failed<'a>(
    path: &'a Path,
    place: &'a str,
) -> impl FnOnce(hdf5_reader::error::Error) -> IoError + 'a {
    |source| IoError::Hdf5 {
        path: path.to_owned(),
        place: place.to_owned(),
        source: Box::new(source),
    }
}
