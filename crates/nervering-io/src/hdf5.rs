//! HDF5 files as trees of groups and arrays, for formats that are HDF5 by another name.
//!
//! [`Hdf5`] opens a file under the limits of [`crate::limits`]; a [`Node`] is a group or a data set
//! with its place for error messages. One budget of bytes and of visited objects covers the whole
//! file. External links and external storage are never followed. MATLAB's conventions on top of
//! HDF5 are the business of [`crate::mat73`].

use crate::budget::Budget;
use crate::error::IoError;
use crate::limits::*;
use hdf5_reader::group::Group;
use hdf5_reader::{
    Attribute, BlockCacheStorage, Dataset, Datatype, FileStorage, H5Type, Hdf5File, OpenOptions,
    RawAttribute, Storage, StringSize, VarLenKind,
};
use std::path::Path;
use std::sync::Arc;

/// Blocks in which the file is read, and how many are kept.
const BLOCK_BYTES: usize = 256 << 10;
const BLOCKS: usize = 64;

const SIGNATURE: &[u8] = b"\x89HDF\r\n\x1a\n";

/// Whether a file that begins so may be HDF5: its signature stands at the start or at a power of
/// two from 512 on.
pub(crate) fn is_hdf5(head: &[u8]) -> bool {
    let signed = |at: &usize| head.get(*at..).is_some_and(|rest| rest.starts_with(SIGNATURE));
    [0, 512, 1024, 2048, 4096].iter().any(signed)
}

/// An open file.
pub(crate) struct Hdf5 {
    root: Group,
    budget: Budget,
}

/// A group or a data set.
#[derive(Clone)]
pub(crate) struct Node<'f> {
    file: &'f Hdf5,
    place: String,
    object: Object,
}

#[derive(Clone)]
enum Object {
    Group(Group),
    Dataset(Box<Dataset>),
}

/// What the elements of a data set are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Content {
    Numbers,
    Text,
    Other,
}

impl Hdf5 {
    /// Opens a file.
    pub(crate) fn open(path: &Path) -> Result<Self, IoError> {
        let failed = |source: hdf5_reader::error::Error| {
            let (path, place) = (path.to_owned(), "/".to_owned());
            IoError::Hdf5 { path, place, source: Box::new(source) }
        };
        let storage = FileStorage::open(path).map_err(failed)?;
        let found = storage.len();
        let max_read_bytes = MAX_DATASET_BYTES.min(decoded_budget(found));
        let storage = BlockCacheStorage::new(Arc::new(storage), BLOCK_BYTES, BLOCKS);
        let options = OpenOptions::default()
            .with_max_read_bytes(max_read_bytes as usize)
            .with_max_chunk_bytes(MAX_HDF5_CHUNK_BYTES)
            .with_max_object_header_bytes(MAX_HDF5_HEADER_BYTES);
        let file =
            Hdf5File::from_storage_with_options(Arc::new(storage), options).map_err(failed)?;
        // Libhdf5 refuses a truncated file too, even if what is asked for lies before its end. An
        // undefined address has all bits set.
        let expected = file.superblock().eof_address;
        if found < expected && expected != u64::MAX {
            return Err(IoError::Truncated { path: path.to_owned(), found, expected });
        }
        let root = file.root_group().map_err(failed)?;
        Ok(Self { root, budget: Budget::new(path, found) })
    }

    /// The group that holds everything.
    pub(crate) fn root(&self) -> Node<'_> {
        Node { file: self, place: String::new(), object: Object::Group(self.root.clone()) }
    }
}

impl<'f> Node<'f> {
    /// Where the node stands, for example `/gcamp/trace_array`.
    pub(crate) fn place(&self) -> &str {
        if self.place.is_empty() { "/" } else { &self.place }
    }

    /// The last step of its place.
    pub(crate) fn name(&self) -> &str {
        self.place.rsplit('/').next().unwrap_or_default()
    }

    /// What references to it hold.
    pub(crate) fn address(&self) -> u64 {
        match &self.object {
            Object::Group(group) => group.address(),
            Object::Dataset(dataset) => dataset.address(),
        }
    }

    pub(crate) fn is_group(&self) -> bool {
        matches!(self.object, Object::Group(_))
    }

    /// Names of the members of a group, groups first; none for a data set.
    pub(crate) fn member_names(&self) -> Result<Vec<String>, IoError> {
        let Object::Group(group) = &self.object else {
            return Ok(Vec::new());
        };
        let (mut groups, datasets) = group.member_names().map_err(|e| self.damaged(e))?;
        groups.extend(datasets);
        Ok(groups)
    }

    /// The members of a group that are groups.
    pub(crate) fn groups(&self) -> Result<Vec<Node<'f>>, IoError> {
        let Object::Group(group) = &self.object else {
            return Ok(Vec::new());
        };
        let (groups, _) = group.member_names().map_err(|e| self.damaged(e))?;
        groups.iter().map(|name| self.member(name)).collect()
    }

    /// A member of a group that [`Node::member_names`] lists.
    pub(crate) fn member(&self, name: &str) -> Result<Node<'f>, IoError> {
        let Object::Group(group) = &self.object else {
            return Err(self.unexpected("an array", format!("a group with {name}")));
        };
        let object = match group.group(name) {
            Ok(group) => Object::Group(group),
            Err(_) => Object::Dataset(Box::new(group.dataset(name).map_err(|e| self.damaged(e))?)),
        };
        let place = format!("{}/{name}", self.place);
        self.file.budget.visit(&place)?;
        Ok(Node { file: self.file, place, object })
    }

    /// All members of a group.
    pub(crate) fn members(&self) -> Result<Vec<Node<'f>>, IoError> {
        self.member_names()?.iter().map(|name| self.member(name)).collect()
    }

    /// The node at a path of names below this one, or nothing where there is none.
    pub(crate) fn find(&self, path: &str) -> Result<Option<Node<'f>>, IoError> {
        let mut node = self.clone();
        for name in path.split('/') {
            if !node.member_names()?.iter().any(|member| member == name) {
                return Ok(None);
            }
            node = node.member(name)?;
        }
        Ok(Some(node))
    }

    /// The text of a scalar attribute, or nothing where there is none that reads as text.
    pub(crate) fn text_attribute(&self, name: &str) -> Option<String> {
        let attribute = self.attribute(name)?;
        let message = attribute.message();
        let bytes = match &message.datatype {
            Datatype::String { size: StringSize::Fixed(_), .. } => message.raw_data.clone(),
            kind if is_variable_text(kind) => self.resolve(&message.raw_data)?,
            _ => return None,
        };
        let text = String::from_utf8(bytes).ok()?;
        Some(text.trim_end_matches('\0').to_owned())
    }

    /// The number of a scalar attribute, or nothing where there is none that reads as a number.
    pub(crate) fn number_attribute(&self, name: &str) -> Option<f64> {
        let (message, _) = self.attribute(name)?.into_parts();
        Attribute::from_message(message).read_as_f64().ok()
    }

    /// The address that an attribute refers to.
    pub(crate) fn reference_attribute(&self, name: &str) -> Option<u64> {
        let attribute = self.attribute(name)?;
        let message = attribute.message();
        let Datatype::Reference { size, .. } = message.datatype else {
            return None;
        };
        hdf5_reader::reference::resolve_object_reference(&message.raw_data, size).ok()
    }

    // Only the one that is asked for is decoded: an attribute may refer to one large text many
    // times.
    fn attribute(&self, name: &str) -> Option<RawAttribute> {
        let attributes = match &self.object {
            Object::Group(group) => group.raw_attributes(),
            Object::Dataset(dataset) => dataset.raw_attributes(),
        };
        attributes.ok()?.into_iter().find(|attribute| attribute.name() == name)
    }

    fn resolve(&self, reference: &[u8]) -> Option<Vec<u8>> {
        let resolved = match &self.object {
            Object::Group(group) => group.resolve_vlen_reference_bytes(reference, 1),
            Object::Dataset(dataset) => dataset.resolve_vlen_reference_bytes(reference, 1),
        };
        resolved.ok()
    }

    /// The lengths of the axes of a data set; none for a group or a scalar.
    pub(crate) fn shape(&self) -> &[u64] {
        match &self.object {
            Object::Group(_) => &[],
            Object::Dataset(dataset) => dataset.shape(),
        }
    }

    /// How many elements the axes say there are: one for a scalar.
    pub(crate) fn n_elements(&self) -> u64 {
        self.shape().iter().fold(1, |n: u64, &axis| n.saturating_mul(axis))
    }

    /// What the elements are.
    pub(crate) fn content(&self) -> Content {
        let Object::Dataset(dataset) = &self.object else {
            return Content::Other;
        };
        match dataset.dtype() {
            Datatype::FixedPoint { .. } | Datatype::FloatingPoint { .. } => Content::Numbers,
            // h5py writes truth values as an enumeration.
            Datatype::Enum { base, .. }
                if matches!(**base, Datatype::FixedPoint { size: 1, .. }) =>
            {
                Content::Numbers
            }
            Datatype::String { .. } => Content::Text,
            kind if is_variable_text(kind) => Content::Text,
            _ => Content::Other,
        }
    }

    /// All numbers of a data set in row-major order, of any numeric type.
    pub(crate) fn numbers(&self) -> Result<Vec<f64>, IoError> {
        let dataset = self.dataset("numbers")?;
        let n_elements = self.n_elements();
        self.file.budget.spend(self.place(), n_elements.saturating_mul(8))?;
        if n_elements == 0 {
            return Ok(Vec::new());
        }
        match dataset.dtype() {
            Datatype::FloatingPoint { size: 8, .. } => self.elements(dataset, |v: f64| v),
            Datatype::FloatingPoint { size: 4, .. } => self.elements(dataset, |v: f32| v.into()),
            Datatype::FixedPoint { size, signed, .. } => match (size, signed) {
                (1, false) => self.elements(dataset, |v: u8| v.into()),
                (1, true) => self.elements(dataset, |v: i8| v.into()),
                (2, false) => self.elements(dataset, |v: u16| v.into()),
                (2, true) => self.elements(dataset, |v: i16| v.into()),
                (4, false) => self.elements(dataset, |v: u32| v.into()),
                (4, true) => self.elements(dataset, |v: i32| v.into()),
                (8, false) => self.elements(dataset, |v: u64| v as f64),
                (8, true) => self.elements(dataset, |v: i64| v as f64),
                _ => Err(self.unexpected(self.describe(), "numbers of up to 64 bits")),
            },
            _ if self.content() == Content::Numbers => {
                let bytes = dataset.read_raw_bytes().map_err(|e| self.damaged(e))?;
                Ok(bytes.into_iter().map(f64::from).collect())
            }
            _ => Err(self.unexpected(self.describe(), "an array of numbers")),
        }
    }

    /// All texts of a data set in row-major order.
    pub(crate) fn texts(&self) -> Result<Vec<String>, IoError> {
        let dataset = self.dataset("texts")?;
        if self.content() != Content::Text {
            return Err(self.unexpected(self.describe(), "an array of texts"));
        }
        let size = dataset.raw_element_size().map_err(|e| self.damaged(e))?;
        let n_elements = self.n_elements();
        self.file.budget.check(self.place(), n_elements, "texts", MAX_FRAMES as u64)?;
        self.file.budget.spend(self.place(), n_elements.saturating_mul(size as u64))?;
        if n_elements == 0 || size == 0 {
            return Ok(Vec::new());
        }
        let bytes = dataset.read_raw_bytes().map_err(|e| self.damaged(e))?;
        let is_variable = is_variable_text(dataset.dtype());
        let mut texts = Vec::new();
        for (k, element) in bytes.chunks_exact(size).enumerate() {
            let text = if is_variable {
                let resolved = self.resolve(element).ok_or_else(|| {
                    self.unexpected(format!("text {} that does not read", k + 1), "a text")
                })?;
                // Many elements may refer to one large text.
                let spent = (resolved.len() + std::mem::size_of::<String>()) as u64;
                self.file.budget.spend(self.place(), spent)?;
                resolved
            } else {
                element.to_vec()
            };
            let text = String::from_utf8(text).map_err(|_| {
                self.unexpected(format!("text {} that is no UTF-8", k + 1), "UTF-8")
            })?;
            let text = text.trim_end_matches('\0');
            self.file.budget.check(
                self.place(),
                text.len() as u64,
                "characters",
                MAX_TEXT_LENGTH as u64,
            )?;
            texts.push(text.to_owned());
        }
        Ok(texts)
    }

    /// The only text of a data set.
    pub(crate) fn text(&self) -> Result<String, IoError> {
        let mut texts = self.texts()?;
        match texts.len() {
            1 => Ok(texts.remove(0)),
            n => Err(self.unexpected(format!("{n} texts"), "one text")),
        }
    }

    /// An error at this place: found against expected.
    pub(crate) fn unexpected(
        &self,
        found: impl Into<String>,
        expected: impl Into<String>,
    ) -> IoError {
        let (path, place) = (self.file.budget.path().to_owned(), self.place().to_owned());
        IoError::Layout { path, place, found: found.into(), expected: expected.into() }
    }

    /// Refuses a number above a limit.
    pub(crate) fn check_limit(
        &self,
        found: u64,
        unit: &'static str,
        limit: usize,
    ) -> Result<(), IoError> {
        self.file.budget.check(self.place(), found, unit, limit as u64)
    }

    /// What stands here, for an error message.
    pub(crate) fn describe(&self) -> String {
        if self.is_group() {
            return "a group".into();
        }
        let axes: Vec<_> = self.shape().iter().map(u64::to_string).collect();
        let shape = if axes.is_empty() { "a single value".into() } else { axes.join(" × ") };
        match self.content() {
            Content::Numbers => format!("numbers, {shape}"),
            Content::Text => format!("texts, {shape}"),
            Content::Other => format!("an array of another type, {shape}"),
        }
    }

    fn dataset(&self, expected: &str) -> Result<&Dataset, IoError> {
        match &self.object {
            Object::Dataset(dataset) => Ok(dataset),
            Object::Group(_) => Err(self.unexpected("a group", format!("an array of {expected}"))),
        }
    }

    fn elements<T: H5Type>(
        &self,
        dataset: &Dataset,
        number: impl Fn(T) -> f64,
    ) -> Result<Vec<f64>, IoError> {
        let array = dataset.read_array::<T>().map_err(|e| self.damaged(e))?;
        Ok(array.into_iter().map(number).collect())
    }

    fn damaged(&self, error: hdf5_reader::error::Error) -> IoError {
        let (path, place) = (self.file.budget.path().to_owned(), self.place().to_owned());
        IoError::Hdf5 { path, place, source: Box::new(error) }
    }
}

fn is_variable_text(kind: &Datatype) -> bool {
    match kind {
        Datatype::String { size, .. } => matches!(size, StringSize::Variable),
        Datatype::VarLen { base, kind: VarLenKind::String, .. } => base.is_vlen_string_base(),
        _ => false,
    }
}
