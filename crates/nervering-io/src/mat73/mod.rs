//! MATLAB v7.3 files as trees of values.
//!
//! Such a file is HDF5: a struct is a group, a matrix a data set whose axes stand in reverse order,
//! a cell array a data set of references into the group `/#refs#`, and text an array of UTF-16
//! units. [`MatFile`] opens one and maps every referable object by its address once; a [`Value`] is
//! one node with its place for error messages. All sizes are checked against [`crate::limits`]
//! before anything is read, and the whole file has one budget of bytes and of visited nodes, so
//! that references to one large object, or in a circle, cost no more than that budget.
//!
//! It reads real numbers, logicals, text, cells and scalar structs; complex numbers, sparse
//! matrices and objects are refused where they are asked for.

mod value;

pub(crate) use value::{Class, Matrix, Value};

use crate::error::IoError;
use crate::limits::*;
use hdf5_reader::group::Group;
use hdf5_reader::{BlockCacheStorage, Dataset, FileStorage, Hdf5File, OpenOptions, Storage};
use std::cell::Cell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Blocks in which the file is read, and how many are kept: small reads of headers are then few
/// system calls, which network file systems notice.
const BLOCK_BYTES: usize = 256 << 10;
const BLOCKS: usize = 64;

/// Groups that MATLAB keeps for itself.
pub(crate) const INTERNAL_GROUPS: [&str; 2] = ["#refs#", "#subsystem#"];

/// An open MATLAB v7.3 file.
pub(crate) struct MatFile {
    path: PathBuf,
    root: Group,
    by_address: HashMap<u64, Object>,
    /// Objects of `/#refs#` that do not open, and the first reason.
    unreadable: Option<(usize, String)>,
    decoded_bytes: Cell<u64>,
    visited: Cell<u64>,
}

#[derive(Clone)]
enum Object {
    Group(Group),
    Dataset(Box<Dataset>),
}

impl MatFile {
    /// Opens the file and maps `/#refs#`.
    pub(crate) fn open(path: &Path) -> Result<Self, IoError> {
        let failed = |place: &str| {
            let (path, place) = (path.to_owned(), place.to_owned());
            |source: hdf5_reader::error::Error| IoError::Hdf5 {
                path,
                place,
                source: Box::new(source),
            }
        };
        let storage = FileStorage::open(path).map_err(failed("/"))?;
        let found = storage.len();
        let storage = BlockCacheStorage::new(Arc::new(storage), BLOCK_BYTES, BLOCKS);
        let options = OpenOptions::default()
            .with_max_read_bytes(MAX_DATASET_BYTES as usize)
            .with_max_chunk_bytes(MAX_HDF5_CHUNK_BYTES)
            .with_max_object_header_bytes(MAX_HDF5_HEADER_BYTES);
        let file =
            Hdf5File::from_storage_with_options(Arc::new(storage), options).map_err(failed("/"))?;
        // Libhdf5 refuses a truncated file too, even if what is asked for lies before its end. An
        // undefined address has all bits set.
        let expected = file.superblock().eof_address;
        if found < expected && expected != u64::MAX {
            return Err(IoError::Truncated { path: path.to_owned(), found, expected });
        }
        let root = file.root_group().map_err(failed("/"))?;
        let (groups, _) = root.member_names().map_err(failed("/"))?;
        let mut by_address = HashMap::new();
        let mut unreadable = None;
        if groups.iter().any(|name| name == "#refs#") {
            let refs = root.group("#refs#").map_err(failed("/#refs#"))?;
            match refs.members() {
                Ok((groups, datasets)) => {
                    let groups = groups.into_iter().map(Object::Group);
                    let datasets = datasets.into_iter().map(Object::of_dataset);
                    by_address.extend(groups.chain(datasets).map(|o| (o.address(), o)));
                }
                Err(_) => {
                    // One object of an unsupported kind must not hide the others.
                    let (groups, datasets) = refs.member_names().map_err(failed("/#refs#"))?;
                    let groups = groups.iter().map(|name| refs.group(name).map(Object::Group));
                    let datasets =
                        datasets.iter().map(|name| refs.dataset(name).map(Object::of_dataset));
                    for object in groups.chain(datasets) {
                        match object {
                            Ok(object) => _ = by_address.insert(object.address(), object),
                            Err(error) => {
                                unreadable.get_or_insert((0, error.to_string())).0 += 1;
                            }
                        }
                    }
                }
            }
        }
        Ok(Self {
            path: path.to_owned(),
            root,
            by_address,
            unreadable,
            decoded_bytes: Cell::new(0),
            visited: Cell::new(0),
        })
    }

    /// The file's path.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The variables of the file as the fields of one struct.
    pub(crate) fn root(&self) -> Value<'_> {
        Value::new(self, String::new(), Object::Group(self.root.clone()))
    }

    fn visit(&self, place: &str) -> Result<(), IoError> {
        self.visited.set(self.visited.get() + 1);
        self.check(place, self.visited.get(), "objects", MAX_OBJECTS)
    }

    fn spend(&self, place: &str, bytes: u64) -> Result<(), IoError> {
        self.check(place, bytes, "bytes", MAX_DATASET_BYTES)?;
        self.decoded_bytes.set(self.decoded_bytes.get().saturating_add(bytes));
        self.check(place, self.decoded_bytes.get(), "bytes in all", MAX_DECODED_BYTES)
    }

    fn check(
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
