//! An open HDF5 file as bytes: objects by address, with what was parsed of them kept.
//!
//! The superblock, the blocks of the file and the parsers of heaps and trees are the `hdf5-reader`
//! crate's. Its listing of groups and its data sets are not used: they give up a whole group for one
//! member that they do not understand, and know no element types but the most common.

use super::attribute::{self, Attribute};
use super::dataset::Dataset;
use super::header::{Header, kind};
use super::link::{self, Link, Target};
use super::refusal::{Refusal, Watched};
use super::trouble::Trouble;
use crate::error::IoError;
use crate::limits::decoded_budget;
use hdf5_reader::global_heap::GlobalHeapCollection;
use hdf5_reader::io::Cursor;
use hdf5_reader::storage::{DynStorage, StorageBuffer};
use hdf5_reader::superblock::Superblock;
use hdf5_reader::{BlockCacheStorage, BytesStorage, FileStorage, Hdf5File, OpenOptions, Storage};
use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

/// Blocks in which the file is read, and how many are kept: small reads of headers are then few
/// system calls, which network file systems notice.
const BLOCK_BYTES: usize = 256 << 10;
const BLOCKS: usize = 64;
/// Global heaps that are kept; texts stand in them in order.
const HEAPS: usize = 8;
/// Soft links that lead to one object, one after another.
const MAX_SOFT_LINKS: u32 = 64;

/// An open file.
pub(crate) struct Container {
    file: Hdf5File,
    length: u64,
    refusal: Refusal,
    /// Bytes of headers, links, attributes and heaps that may still be parsed. No part of a sound
    /// file is parsed more often than a few times.
    metadata_left: Cell<u64>,
    objects: RefCell<HashMap<u64, Object>>,
    heaps: RefCell<VecDeque<(u64, Rc<GlobalHeapCollection>)>>,
}

/// A group, a data set, or a named type.
#[derive(Clone)]
pub(crate) struct Object(Rc<Parts>);

struct Parts {
    address: u64,
    header: Header,
    dataset: OnceCell<Dataset>,
    links: OnceCell<Vec<Link>>,
    attributes: OnceCell<Vec<Attribute>>,
}

/// What an object is, by the messages of its header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ObjectKind {
    Group,
    Dataset,
    /// A named type, which holds nothing.
    Type,
}

impl Container {
    /// Opens a file.
    pub(crate) fn open(path: &Path) -> Result<Self, IoError> {
        let storage = FileStorage::open(path).map_err(|error| match error {
            hdf5_reader::error::Error::Io(source) => IoError::read(path)(source),
            other => Trouble::from(other).at(path, "/"),
        })?;
        let storage = BlockCacheStorage::new(Arc::new(storage), BLOCK_BYTES, BLOCKS);
        let refusal = Refusal::default();
        let watched = Watched::new(Arc::new(storage), refusal.clone());
        let opened = Self::from_storage(path, Arc::new(watched), refusal.clone());
        opened.map_err(|error| refusal.take().map_or(error, IoError::read(path)))
    }

    /// The same from bytes in memory.
    pub(crate) fn from_bytes(path: &Path, bytes: Vec<u8>) -> Result<Self, IoError> {
        Self::from_storage(path, Arc::new(BytesStorage::new(bytes)), Refusal::default())
    }

    fn from_storage(path: &Path, storage: DynStorage, refusal: Refusal) -> Result<Self, IoError> {
        let length = storage.len();
        let file = Hdf5File::from_storage_with_options(storage, OpenOptions::default())
            .map_err(|error| Trouble::from(error).at(path, "/"))?;
        // Libhdf5 refuses a truncated file too, even if what is asked for lies before its end. An
        // undefined address has all bits set.
        let expected = file.superblock().eof_address;
        if length < expected && expected != u64::MAX {
            return Err(IoError::Truncated { path: path.to_owned(), found: length, expected });
        }
        let (objects, heaps) = Default::default();
        let metadata_left = Cell::new(decoded_budget(length));
        Ok(Self { file, length, refusal, metadata_left, objects, heaps })
    }

    /// What was read of the file, unless the system refused a part of it: then that is the error,
    /// whatever was made of what did not come.
    pub(crate) fn unless_refused<T>(
        &self,
        path: &Path,
        read: Result<T, IoError>,
    ) -> Result<T, IoError> {
        match self.refusal.take() {
            Some(source) => Err(IoError::read(path)(source)),
            None => read,
        }
    }

    /// Length of the file in bytes.
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// The group that holds everything.
    pub(crate) fn root(&self) -> Result<Object, Trouble> {
        self.object(self.superblock().root_object_header_address()?)
    }

    pub(super) fn superblock(&self) -> &Superblock {
        self.file.superblock()
    }

    /// Bytes of an address in this file, and of a length.
    pub(super) fn widths(&self) -> (u8, u8) {
        (self.superblock().offset_size, self.superblock().length_size)
    }

    /// Whether an address stands for nothing.
    pub(super) fn is_undefined(&self, address: u64) -> bool {
        Cursor::is_undefined_offset(address, self.widths().0)
    }

    pub(super) fn storage(&self) -> &dyn Storage {
        self.file.storage()
    }

    /// Some bytes of the file.
    pub(super) fn read(&self, address: u64, length: usize) -> Result<StorageBuffer, Trouble> {
        Ok(self.storage().read_range(address, length)?)
    }

    /// Counts bytes of metadata that are about to be parsed or kept.
    pub(super) fn charge(&self, bytes: usize) -> Result<(), Trouble> {
        let left = self.metadata_left.get();
        let bytes = bytes as u64;
        if bytes > left {
            let limit = decoded_budget(self.length);
            let found = limit.saturating_sub(left).saturating_add(bytes);
            return Err(Trouble::Limit { found, unit: "bytes of metadata", limit });
        }
        self.metadata_left.set(left - bytes);
        Ok(())
    }

    /// The object at an address.
    pub(crate) fn object(&self, address: u64) -> Result<Object, Trouble> {
        if let Some(object) = self.objects.borrow().get(&address) {
            return Ok(object.clone());
        }
        let header = Header::read(self, address)?;
        let parts = Parts {
            address,
            header,
            dataset: OnceCell::new(),
            links: OnceCell::new(),
            attributes: OnceCell::new(),
        };
        let object = Object(Rc::new(parts));
        self.objects.borrow_mut().insert(address, object.clone());
        Ok(object)
    }

    /// The object that a link in a group leads to.
    pub(crate) fn follow(&self, group: &Object, target: &Target) -> Result<Object, Trouble> {
        self.follow_counted(group, target, &Cell::new(MAX_SOFT_LINKS))
    }

    fn follow_counted(
        &self,
        group: &Object,
        target: &Target,
        left: &Cell<u32>,
    ) -> Result<Object, Trouble> {
        let path = match target {
            Target::Object(address) => return self.object(*address),
            Target::Soft(path) => path,
            Target::External { file, path } => {
                let found = format!("a link to {path} in the other file {file}");
                return Err(Trouble::unsupported(
                    found,
                    "links to other files are never followed; copy what they lead to into one file with h5py or `h5copy`",
                ));
            }
            Target::Unknown(kind) => {
                let found = format!("a link of the user-defined kind {kind}");
                return Err(Trouble::unsupported(found, "copy what it leads to with h5py"));
            }
        };
        let nowhere = || {
            let advice = "write the file again with what the link should lead to, or without it";
            Trouble::unsupported(format!("a link to {path}, where nothing is"), advice)
        };
        let mut object = if path.starts_with('/') { self.root()? } else { group.clone() };
        for step in path.split('/').filter(|step| !step.is_empty() && *step != ".") {
            let n = left.get().checked_sub(1).ok_or_else(nowhere)?;
            left.set(n);
            let links = self.links(&object)?;
            let link = links.iter().find(|link| link.name == step).ok_or_else(nowhere)?;
            object = self.follow_counted(&object, &link.target, left)?;
        }
        Ok(object)
    }

    /// The links of a group, in the order of the file; none for another object.
    pub(crate) fn links<'o>(&self, object: &'o Object) -> Result<&'o [Link], Trouble> {
        let parts = &*object.0;
        if parts.links.get().is_none() {
            let links = link::list(self, &parts.header)?;
            let _ = parts.links.set(links);
        }
        Ok(parts.links.get().map_or(&[], Vec::as_slice))
    }

    /// The attribute of this name, if the object has it.
    pub(crate) fn attribute<'o>(
        &self,
        object: &'o Object,
        name: &str,
    ) -> Result<Option<&'o Attribute>, Trouble> {
        let parts = &*object.0;
        if parts.attributes.get().is_none() {
            let attributes = attribute::list(self, &parts.header)?;
            let _ = parts.attributes.set(attributes);
        }
        let attributes = parts.attributes.get().map_or(&[][..], Vec::as_slice);
        Ok(attributes.iter().find(|attribute| attribute.name == name))
    }

    /// Shape, type and layout of a data set.
    pub(crate) fn dataset<'o>(&self, object: &'o Object) -> Result<&'o Dataset, Trouble> {
        let parts = &*object.0;
        if parts.dataset.get().is_none() {
            let _ = parts.dataset.set(Dataset::of(self, &parts.header)?);
        }
        parts.dataset.get().ok_or_else(|| Trouble::damaged("the data set does not open"))
    }

    /// The bytes that a reference of a variable-length element leads to.
    pub(crate) fn variable(&self, reference: &[u8]) -> Result<Vec<u8>, Trouble> {
        let mut cursor = Cursor::new(reference);
        let length = cursor.read_u32_le()? as usize;
        let address = cursor.read_offset(self.widths().0)?;
        let index = cursor.read_u32_le()?;
        if length == 0 || index == 0 || self.is_undefined(address) {
            return Ok(Vec::new());
        }
        let heap = self.heap(address)?;
        let object = u16::try_from(index).ok().and_then(|index| heap.get_object(index));
        let data = object.and_then(|object| object.data.get(..length)).ok_or_else(|| {
            Trouble::damaged(format!(
                "no {length} bytes of object {index} in the heap {address:#x}"
            ))
        })?;
        Ok(data.to_vec())
    }

    fn heap(&self, address: u64) -> Result<Rc<GlobalHeapCollection>, Trouble> {
        let kept = self.heaps.borrow().iter().find(|(at, _)| *at == address).cloned();
        if let Some((_, heap)) = kept {
            return Ok(heap);
        }
        let (offset, length) = self.widths();
        // The size of the collection, with its header, stands behind signature and version.
        let head = self.read(address, 8 + usize::from(length))?;
        let mut cursor = Cursor::new(&head);
        cursor.skip(8)?;
        let size = cursor.read_length(length)?;
        self.charge(usize::try_from(size).unwrap_or(usize::MAX))?;
        let heap = GlobalHeapCollection::parse_at_storage(self.storage(), address, offset, length)?;
        let heap = Rc::new(heap);
        let mut heaps = self.heaps.borrow_mut();
        heaps.push_back((address, heap.clone()));
        if heaps.len() > HEAPS {
            heaps.pop_front();
        }
        Ok(heap)
    }
}

impl Object {
    /// What references to it hold.
    pub(crate) fn address(&self) -> u64 {
        self.0.address
    }

    /// What it is.
    pub(crate) fn kind(&self) -> ObjectKind {
        let has = |kinds: &[u16]| self.0.header.has(kinds);
        if has(&[kind::SYMBOL_TABLE, kind::LINK, kind::LINK_INFO, kind::GROUP_INFO]) {
            ObjectKind::Group
        } else if has(&[kind::DATASPACE, kind::LAYOUT, kind::FILL, kind::OLD_FILL, kind::FILTERS]) {
            ObjectKind::Dataset
        } else if has(&[kind::DATATYPE]) {
            ObjectKind::Type
        } else {
            // A group that holds nothing but attributes, or nothing.
            ObjectKind::Group
        }
    }

    pub(super) fn header(&self) -> &Header {
        &self.0.header
    }
}
