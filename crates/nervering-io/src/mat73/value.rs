//! One node of a MATLAB file: what it is, its parts, and its content, each checked before it is read.

use super::{INTERNAL_GROUPS, MatFile, Object};
use crate::error::IoError;
use crate::limits::*;
use hdf5_reader::{Dataset, Datatype, H5Type};

/// One node of the tree: a struct, a cell array, text or a matrix.
#[derive(Clone)]
pub(crate) struct Value<'f> {
    file: &'f MatFile,
    place: String,
    object: Object,
}

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    Struct,
    Cell,
    Text,
    Numbers,
    Other,
}

/// A matrix of real numbers with the two axes as HDF5 has them, row-major; MATLAB's rows are the
/// columns here.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Matrix {
    pub rows: usize,
    pub columns: usize,
    pub values: Vec<f64>,
}

impl<'f> Value<'f> {
    pub(super) fn new(file: &'f MatFile, place: String, object: Object) -> Self {
        Self { file, place, object }
    }

    /// Where the value stands, for example `/WT_NoStim/tv{3}`.
    pub(crate) fn place(&self) -> &str {
        if self.place.is_empty() { "/" } else { &self.place }
    }

    /// What the value is.
    pub(crate) fn class(&self) -> Class {
        let Object::Dataset(dataset) = &self.object else {
            return Class::Struct;
        };
        let marked = dataset.attribute("MATLAB_class").and_then(|class| class.read_string());
        match (marked.as_deref(), dataset.dtype()) {
            (Ok("cell"), _) | (_, Datatype::Reference { .. }) => Class::Cell,
            (Ok("char"), Datatype::FixedPoint { .. }) => Class::Text,
            (_, Datatype::FixedPoint { .. } | Datatype::FloatingPoint { .. }) => Class::Numbers,
            _ => Class::Other,
        }
    }

    /// An error at this place: found against expected.
    pub(crate) fn unexpected(
        &self,
        found: impl Into<String>,
        expected: impl Into<String>,
    ) -> IoError {
        IoError::Layout {
            path: self.file.path.clone(),
            place: self.place().to_owned(),
            found: found.into(),
            expected: expected.into(),
        }
    }

    /// An error: this value holds state codes and nothing says what they mean.
    pub(crate) fn without_key(&self) -> IoError {
        let (path, place) = (self.file.path.clone(), self.place().to_owned());
        IoError::StateCodesWithoutKey { path, place }
    }

    /// Refuses a number above a limit.
    pub(crate) fn check_limit(
        &self,
        found: u64,
        unit: &'static str,
        limit: usize,
    ) -> Result<(), IoError> {
        self.file.check(self.place(), found, unit, limit as u64)
    }

    fn damaged(&self, error: hdf5_reader::error::Error) -> IoError {
        let (path, place) = (self.file.path.clone(), self.place().to_owned());
        IoError::Hdf5 { path, place, source: Box::new(error) }
    }

    fn child(&self, step: &str, object: Object) -> Result<Value<'f>, IoError> {
        let place = format!("{}{step}", self.place);
        self.file.visit(&place)?;
        Ok(Value { file: self.file, place, object })
    }

    /// Names of the fields of a struct, in the order of the file; none for another value.
    pub(crate) fn field_names(&self) -> Result<Vec<String>, IoError> {
        let Object::Group(group) = &self.object else {
            return Ok(Vec::new());
        };
        let (mut groups, datasets) = group.member_names().map_err(|e| self.damaged(e))?;
        groups.retain(|name| !INTERNAL_GROUPS.contains(&name.as_str()));
        groups.extend(datasets);
        Ok(groups)
    }

    /// The fields of a struct that are structs themselves.
    pub(crate) fn structs(&self) -> Result<Vec<Value<'f>>, IoError> {
        let Object::Group(group) = &self.object else {
            return Ok(Vec::new());
        };
        let (names, _) = group.member_names().map_err(|e| self.damaged(e))?;
        let names = names.iter().filter(|name| !INTERNAL_GROUPS.contains(&name.as_str()));
        names.map(|name| self.field(name)).collect()
    }

    /// A field of a struct that [`Value::field_names`] lists.
    pub(crate) fn field(&self, name: &str) -> Result<Value<'f>, IoError> {
        let Object::Group(group) = &self.object else {
            return Err(self.unexpected(self.describe(), format!("a struct with a field {name}")));
        };
        let object = match group.group(name) {
            Ok(group) => Object::Group(group),
            Err(_) => Object::of_dataset(group.dataset(name).map_err(|e| self.damaged(e))?),
        };
        self.child(&format!("/{name}"), object)
    }

    /// The two axes as HDF5 has them. A vector without a second axis is one row; an array that
    /// MATLAB marked as empty has no elements.
    ///
    /// # Errors
    /// When the value is no array or has more than two axes longer than one.
    pub(crate) fn dimensions(&self) -> Result<(u64, u64), IoError> {
        let dataset = self.dataset()?;
        if self.is_marked_empty(dataset) {
            return Ok((0, 0));
        }
        match dataset.shape() {
            [] => Ok((1, 1)),
            [n] => Ok((1, *n)),
            [r, c] => Ok((*r, *c)),
            shape => Err(self
                .unexpected(format!("an array with {} axes ({shape:?})", shape.len()), "a matrix")),
        }
    }

    /// The entries of a cell array, in MATLAB's linear order for a row or a column.
    ///
    /// # Errors
    /// When the value is no cell array, has too many entries, or refers to nothing.
    pub(crate) fn cells(&self) -> Result<Vec<Value<'f>>, IoError> {
        if self.class() != Class::Cell {
            return Err(self.unexpected(self.describe(), "a cell array"));
        }
        let dataset = self.dataset()?;
        let n_cells = self.n_elements()?;
        if n_cells == 0 {
            return Ok(Vec::new());
        }
        self.check_limit(n_cells, "cells", MAX_NEURONS)?;
        let Datatype::Reference { size, .. } = *dataset.dtype() else {
            return Err(self.unexpected("a cell array that holds no references", "references"));
        };
        self.file.spend(self.place(), n_cells * u64::from(size))?;
        let bytes = dataset.read_raw_bytes().map_err(|e| self.damaged(e))?;
        let addresses = hdf5_reader::reference::read_object_references(&bytes, size)
            .map_err(|e| self.damaged(e))?;
        let mut cells = Vec::with_capacity(addresses.len());
        for (k, address) in addresses.iter().enumerate() {
            let Some(object) = self.file.by_address.get(address) else {
                let also = self.file.unreadable.as_ref().map_or_else(String::new, |(n, first)| {
                    format!(" ({n} objects of /#refs# do not open, the first because: {first})")
                });
                return Err(self.unexpected(
                    format!(
                        "entry {} that refers to {address:#x}, where no object of /#refs# is{also}",
                        k + 1
                    ),
                    "a reference to an object of /#refs#",
                ));
            };
            cells.push(self.child(&format!("{{{}}}", k + 1), object.clone())?);
        }
        Ok(cells)
    }

    /// A text.
    ///
    /// # Errors
    /// When the value is no text, is too long, or is no UTF-16.
    pub(crate) fn text(&self) -> Result<String, IoError> {
        if self.class() != Class::Text {
            return Err(self.unexpected(self.describe(), "text"));
        }
        let dataset = self.dataset()?;
        let length = self.n_elements()?;
        if length == 0 {
            return Ok(String::new());
        }
        self.check_limit(length, "characters", MAX_TEXT_LENGTH)?;
        let units: Vec<u16> = match dataset.dtype() {
            Datatype::FixedPoint { size: 1, .. } => {
                self.elements::<u8>()?.into_iter().map(u16::from).collect()
            }
            Datatype::FixedPoint { size: 2, .. } => self.elements::<u16>()?,
            other => {
                return Err(self.unexpected(
                    format!("text of type {other:?}"),
                    "characters of one or two bytes",
                ));
            }
        };
        String::from_utf16(&units)
            .map_err(|_| self.unexpected("text that is no UTF-16", "a readable text"))
    }

    /// A matrix of real numbers, of any numeric type.
    ///
    /// # Errors
    /// When the value is no matrix of real numbers, or larger than [`MAX_DATASET_BYTES`].
    pub(crate) fn matrix(&self) -> Result<Matrix, IoError> {
        if !matches!(self.class(), Class::Numbers) {
            return Err(self.unexpected(self.describe(), "a matrix of real numbers"));
        }
        let (rows, columns) = self.dimensions()?;
        if rows.checked_mul(columns).is_none_or(|n| n == 0) {
            return Err(self.unexpected(self.describe(), "a matrix that is not empty"));
        }
        let values = match self.dataset()?.dtype() {
            Datatype::FloatingPoint { size: 8, .. } => self.elements::<f64>()?,
            Datatype::FloatingPoint { size: 4, .. } => self.numbers::<f32>()?,
            Datatype::FixedPoint { size: 1, signed: false, .. } => self.numbers::<u8>()?,
            Datatype::FixedPoint { size: 1, signed: true, .. } => self.numbers::<i8>()?,
            Datatype::FixedPoint { size: 2, signed: false, .. } => self.numbers::<u16>()?,
            Datatype::FixedPoint { size: 2, signed: true, .. } => self.numbers::<i16>()?,
            Datatype::FixedPoint { size: 4, signed: false, .. } => self.numbers::<u32>()?,
            Datatype::FixedPoint { size: 4, signed: true, .. } => self.numbers::<i32>()?,
            other => {
                return Err(self.unexpected(
                    format!("numbers of type {other:?}"),
                    "real numbers of up to 64 bits",
                ));
            }
        };
        Ok(Matrix { rows: rows as usize, columns: columns as usize, values })
    }

    /// What stands here, for an error message.
    pub(crate) fn describe(&self) -> String {
        let shape = match &self.object {
            Object::Dataset(dataset) => {
                let axes: Vec<_> = dataset.shape().iter().map(u64::to_string).collect();
                axes.join(" × ")
            }
            Object::Group(_) => String::new(),
        };
        match self.class() {
            Class::Struct => "a struct".into(),
            Class::Cell => format!("a cell array of {shape}"),
            Class::Text => format!("a text of {shape}"),
            Class::Numbers => format!("a matrix of {shape}"),
            Class::Other => format!("an array of {shape} of an unsupported class"),
        }
    }

    fn dataset(&self) -> Result<&Dataset, IoError> {
        match &self.object {
            Object::Dataset(dataset) => Ok(dataset),
            Object::Group(_) => Err(self.unexpected("a struct", "an array")),
        }
    }

    /// MATLAB stores the dimensions of an empty array in place of its values, and marks it.
    fn is_marked_empty(&self, dataset: &Dataset) -> bool {
        let mark = dataset.attribute("MATLAB_empty").and_then(|mark| mark.read_as_f64());
        mark.is_ok_and(|mark| mark != 0.)
    }

    fn n_elements(&self) -> Result<u64, IoError> {
        let dataset = self.dataset()?;
        if self.is_marked_empty(dataset) {
            return Ok(0);
        }
        dataset.num_elements().map_err(|e| self.damaged(e))
    }

    fn elements<T: H5Type>(&self) -> Result<Vec<T>, IoError> {
        let dataset = self.dataset()?;
        // Values are kept as f64, whatever their type in the file.
        self.file.spend(self.place(), self.n_elements()?.saturating_mul(8))?;
        let array = dataset.read_array::<T>().map_err(|e| self.damaged(e))?;
        Ok(array.into_iter().collect())
    }

    fn numbers<T: H5Type + Into<f64>>(&self) -> Result<Vec<f64>, IoError> {
        Ok(self.elements::<T>()?.into_iter().map(Into::into).collect())
    }
}
