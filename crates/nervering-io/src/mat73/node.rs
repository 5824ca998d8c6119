//! One object of a v7.3 file, as a struct, a cell array, text or a matrix.

use super::{File, INTERNAL_GROUPS};
use crate::error::IoError;
use crate::hdf5::{Kind, Object, ObjectKind, Trouble};
use crate::mat::class::Class;
use crate::mat::fault::Fault;
use crate::mat::sparse::Sparse;
use std::path::Path;

/// One node of the tree.
#[derive(Clone)]
pub(crate) struct Node<'f> {
    file: &'f File,
    object: Object,
    /// Which element of a struct array this is, if it is one.
    element: Option<usize>,
}

impl<'f> Node<'f> {
    pub(super) fn new(file: &'f File, object: Object) -> Self {
        Self { file, object, element: None }
    }

    /// What the object is.
    pub(crate) fn class(&self) -> Class {
        if self.is_group() {
            return if self.sparse_rows().is_some() { Class::Numbers } else { Class::Struct };
        }
        match (self.matlab_class().as_deref(), self.kind()) {
            (Some("cell"), _) | (_, Some(Kind::Reference(_))) => Class::Cell,
            _ if self.is_object() => Class::Other,
            (Some("char"), Some(Kind::Number(_))) => Class::Text,
            (_, Some(Kind::Number(_))) => Class::Numbers,
            _ => Class::Other,
        }
    }

    /// Names of the fields of a struct, in the order of the file; none for another value.
    pub(crate) fn field_names(&self) -> Result<Vec<String>, Fault> {
        let (mut groups, others) = self.sorted_names()?;
        groups.extend(others);
        Ok(groups)
    }

    /// The fields of a struct that are structs, or arrays of structs, themselves.
    pub(crate) fn struct_names(&self) -> Result<Vec<String>, Fault> {
        let mut names = self.sorted_names()?.0;
        names.retain(|name| self.field(name).is_ok_and(|field| field.class() == Class::Struct));
        Ok(names)
    }

    /// Names of the members that are groups, and of all others.
    fn sorted_names(&self) -> Result<(Vec<String>, Vec<String>), Fault> {
        let (mut groups, mut others) = (Vec::new(), Vec::new());
        if self.class() != Class::Struct {
            return Ok((groups, others));
        }
        let container = &self.file.container;
        for link in container.links(&self.object)? {
            match container.follow(&self.object, &link.target).map(|object| object.kind()) {
                Ok(ObjectKind::Group) if INTERNAL_GROUPS.contains(&link.name.as_str()) => {}
                Ok(ObjectKind::Group) => groups.push(link.name.clone()),
                Ok(ObjectKind::Type) => {}
                Ok(ObjectKind::Dataset) | Err(_) => others.push(link.name.clone()),
            }
        }
        Ok((groups, others))
    }

    /// A field of a struct that [`Node::field_names`] lists.
    pub(crate) fn field(&self, name: &str) -> Result<Node<'f>, Fault> {
        let container = &self.file.container;
        let link = container.links(&self.object)?.iter().find(|link| link.name == name);
        let link = link.ok_or_else(|| Fault::Unexpected {
            found: format!("{} without a field {name}", self.describe()),
            expected: "a struct that has it",
        })?;
        let field = Node::new(self.file, container.follow(&self.object, &link.target)?);
        if field.is_group() {
            return Ok(field);
        }
        // What does not open is told here, where its name is known.
        container.dataset(&field.object)?;
        match self.element {
            Some(k) => {
                field.cells()?.into_iter().nth(k).ok_or_else(|| field.unexpected("a longer array"))
            }
            None => Ok(field),
        }
    }

    /// Number of elements of a struct array; 1 for a plain struct, 0 for another value.
    pub(crate) fn n_structs(&self) -> Result<u64, Fault> {
        if self.class() != Class::Struct {
            return Ok(0);
        }
        if self.element.is_some() {
            return Ok(1);
        }
        Ok(self.struct_array_length()?.unwrap_or(1))
    }

    /// One element of a struct array; a plain struct is its own only element.
    pub(crate) fn structure(&self, k: usize) -> Result<Node<'f>, Fault> {
        if self.class() != Class::Struct {
            return Err(self.unexpected("a struct"));
        }
        let is_array = self.element.is_none() && self.struct_array_length()?.is_some();
        Ok(Self { element: if is_array { Some(k) } else { self.element }, ..self.clone() })
    }

    /// The axes, MATLAB's last first; an array that is marked as empty has no elements.
    pub(crate) fn shape(&self) -> Vec<u64> {
        if let Some(rows) = self.sparse_rows() {
            // One more offset than there are columns.
            let columns = self.part("jc").map_or(0, |offsets| offsets.n_elements());
            return vec![columns.saturating_sub(1), rows];
        }
        match self.file.container.dataset(&self.object) {
            _ if self.is_group() => vec![1, 1],
            _ if self.is_marked_empty() => vec![0, 0],
            Ok(dataset) => dataset.shape.clone(),
            Err(_) => Vec::new(),
        }
    }

    /// The entries of a cell array, in MATLAB's linear order.
    pub(crate) fn cells(&self) -> Result<Vec<Node<'f>>, Fault> {
        if self.is_marked_empty() {
            return Ok(Vec::new());
        }
        let Some(Kind::Reference(size)) = self.kind().cloned() else {
            return Err(self.unexpected("references to the entries of a cell array"));
        };
        let container = &self.file.container;
        let bytes = self.bytes()?;
        let mut cells = Vec::with_capacity(bytes.len() / usize::from(size));
        for (k, reference) in bytes.chunks_exact(size.into()).enumerate() {
            let address = reference.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte));
            let object = container.object(address).map_err(|trouble| match trouble {
                limit @ Trouble::Limit { .. } => Fault::Hdf5(limit),
                _ => Fault::Unexpected {
                    found: format!(
                        "entry {} that refers to {address:#x}, where no object is",
                        k + 1
                    ),
                    expected: "a reference to an object of /#refs#",
                },
            })?;
            let cell = Node::new(self.file, object);
            if !cell.is_group() {
                container.dataset(&cell.object)?;
            }
            cells.push(cell);
        }
        Ok(cells)
    }

    /// The characters of an array of them, not empty, in MATLAB's linear order.
    pub(crate) fn text(&self) -> Result<String, Fault> {
        let number = match self.kind() {
            Some(Kind::Number(number)) if number.bytes <= 2 => *number,
            _ => return Err(self.unexpected("characters of one or two bytes")),
        };
        let units = number.decode(&self.bytes()?).into_iter().map(|unit| unit as u16);
        String::from_utf16(&units.collect::<Vec<_>>()).map_err(|_| Fault::Unexpected {
            found: "text that is no UTF-16".into(),
            expected: "a readable text",
        })
    }

    /// All values of a matrix in the order of the file, not empty.
    pub(crate) fn numbers(&self) -> Result<Vec<f64>, Fault> {
        if let Some(rows) = self.sparse_rows() {
            let part = |name: &str| -> Result<Vec<f64>, Fault> {
                self.part(name).map_or(Ok(Vec::new()), |part| part.numbers())
            };
            let sparse =
                Sparse { rows, starts: part("jc")?, at: part("ir")?, values: part("data")? };
            return sparse.unfold().ok_or_else(|| Fault::Unexpected {
                found: "a sparse matrix whose parts do not fit together".into(),
                expected: "a matrix",
            });
        }
        match self.kind() {
            Some(Kind::Number(number)) => {
                let container = &self.file.container;
                let dataset = container.dataset(&self.object)?;
                Ok(dataset.numbers(container, &self.object, *number)?)
            }
            _ => Err(self.unexpected("real numbers")),
        }
    }

    /// What stands here, for an error message; axes as HDF5 has them.
    pub(crate) fn describe(&self) -> String {
        let axes: Vec<_> = self.shape().iter().map(u64::to_string).collect();
        let shape = axes.join(" × ");
        match (self.class(), self.matlab_class().as_deref(), self.kind()) {
            (Class::Struct, ..) => "a struct".into(),
            (Class::Cell, ..) => format!("a cell array of {shape}"),
            (Class::Text, ..) => format!("a text of {shape}"),
            (Class::Numbers, ..) => format!("a matrix of {shape}"),
            (Class::Other, Some(class), Some(Kind::Number(_))) => {
                crate::mat::fault::object_of(class)
            }
            (Class::Other, _, Some(Kind::Other { name, .. })) => format!("{name}, {shape}"),
            (Class::Other, ..) => format!("an array of {shape} of an unsupported class"),
        }
    }

    /// The error for trouble that this node had.
    pub(crate) fn error_at(&self, trouble: Trouble, path: &Path, place: &str) -> IoError {
        self.file.writer.advise(trouble.at(path, place))
    }

    fn unexpected(&self, expected: &'static str) -> Fault {
        Fault::Unexpected { found: self.describe(), expected }
    }

    fn is_group(&self) -> bool {
        self.object.kind() != ObjectKind::Dataset
    }

    fn kind(&self) -> Option<&Kind> {
        if self.is_group() {
            return None;
        }
        self.file.container.dataset(&self.object).ok().map(|dataset| &dataset.kind)
    }

    fn n_elements(&self) -> u64 {
        if self.is_group() {
            return 0;
        }
        self.file.container.dataset(&self.object).map_or(0, |dataset| dataset.n_elements())
    }

    fn bytes(&self) -> Result<Vec<u8>, Fault> {
        if self.is_group() {
            return Err(self.unexpected("an array"));
        }
        let container = &self.file.container;
        Ok(container.dataset(&self.object)?.bytes(container, &self.object)?)
    }

    fn text_attribute(&self, name: &str) -> Option<String> {
        let container = &self.file.container;
        container.attribute(&self.object, name).ok()??.text(container)
    }

    fn number_attribute(&self, name: &str) -> Option<f64> {
        self.file.container.attribute(&self.object, name).ok()??.number()
    }

    fn matlab_class(&self) -> Option<String> {
        self.text_attribute("MATLAB_class")
    }

    /// Whether the numbers here only point to an object of MATLAB: a string, table, categorical.
    fn is_object(&self) -> bool {
        self.number_attribute("MATLAB_object_decode").is_some()
    }

    /// The rows of a sparse matrix, if this is one.
    fn sparse_rows(&self) -> Option<u64> {
        if !self.is_group() {
            return None;
        }
        self.number_attribute("MATLAB_sparse").map(|rows| rows as u64)
    }

    /// A part of a sparse matrix; one without values has but one of them.
    fn part(&self, name: &str) -> Option<Node<'f>> {
        let container = &self.file.container;
        let link = container.links(&self.object).ok()?.iter().find(|link| link.name == name)?;
        let object = container.follow(&self.object, &link.target).ok()?;
        Some(Node::new(self.file, object))
    }

    /// MATLAB stores the dimensions of an empty array in place of its values, and marks it.
    fn is_marked_empty(&self) -> bool {
        self.number_attribute("MATLAB_empty").is_some_and(|mark| mark != 0.)
    }

    /// How many elements a group has as a struct array, or nothing for a plain struct. In a plain
    /// struct every reference array is a cell array and marked so.
    fn struct_array_length(&self) -> Result<Option<u64>, Fault> {
        let (groups, names) = self.sorted_names()?;
        if !groups.is_empty() || names.is_empty() {
            return Ok(None);
        }
        let mut length = None;
        for name in &names {
            // A field that does not open makes no array of its struct.
            let Some(field) = self.part(name).filter(|field| !field.is_group()) else {
                return Ok(None);
            };
            let n = field.n_elements();
            let is_field = matches!(field.kind(), Some(Kind::Reference(_)))
                && field.matlab_class().is_none()
                && length.is_none_or(|length| length == n);
            if !is_field {
                return Ok(None);
            }
            length = Some(n);
        }
        Ok(length)
    }
}
