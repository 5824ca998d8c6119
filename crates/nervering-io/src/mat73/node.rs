//! One object of a v7.3 file, as a struct, a cell array, text or a matrix.

use super::{File, INTERNAL_GROUPS, Object};
use crate::mat::{Class, Fault};
use hdf5_reader::group::Group;
use hdf5_reader::{Dataset, Datatype, H5Type};

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
        let Object::Dataset(dataset) = &self.object else {
            return Class::Struct;
        };
        match (matlab_class(dataset).as_deref(), dataset.dtype()) {
            (Some("cell"), _) | (_, Datatype::Reference { .. }) => Class::Cell,
            (Some("char"), Datatype::FixedPoint { .. }) => Class::Text,
            (_, Datatype::FixedPoint { .. } | Datatype::FloatingPoint { .. }) => Class::Numbers,
            _ => Class::Other,
        }
    }

    /// Names of the fields of a struct, in the order of the file; none for another value.
    pub(crate) fn field_names(&self) -> Result<Vec<String>, Fault> {
        let Object::Group(group) = &self.object else {
            return Ok(Vec::new());
        };
        let (mut groups, datasets) = group.member_names().map_err(damaged)?;
        groups.retain(|name| !INTERNAL_GROUPS.contains(&name.as_str()));
        groups.extend(datasets);
        Ok(groups)
    }

    /// The fields of a struct that are structs, or arrays of structs, themselves.
    pub(crate) fn struct_names(&self) -> Result<Vec<String>, Fault> {
        let Object::Group(group) = &self.object else {
            return Ok(Vec::new());
        };
        let (mut names, _) = group.member_names().map_err(damaged)?;
        names.retain(|name| !INTERNAL_GROUPS.contains(&name.as_str()));
        Ok(names)
    }

    /// A field of a struct that [`Node::field_names`] lists.
    pub(crate) fn field(&self, name: &str) -> Result<Node<'f>, Fault> {
        let Object::Group(group) = &self.object else {
            return Err(self.unexpected("a struct"));
        };
        let object = match group.group(name) {
            Ok(group) => Object::Group(group),
            Err(_) => Object::of_dataset(group.dataset(name).map_err(damaged)?),
        };
        let field = Node::new(self.file, object);
        match (self.element, &field.object) {
            (Some(k), Object::Dataset(_)) => {
                field.cells()?.into_iter().nth(k).ok_or_else(|| field.unexpected("a longer array"))
            }
            _ => Ok(field),
        }
    }

    /// Number of elements of a struct array; 1 for a plain struct, 0 for another value.
    pub(crate) fn n_structs(&self) -> Result<u64, Fault> {
        let Object::Group(group) = &self.object else {
            return Ok(0);
        };
        if self.element.is_some() {
            return Ok(1);
        }
        Ok(struct_array_length(group)?.unwrap_or(1))
    }

    /// One element of a struct array; a plain struct is its own only element.
    pub(crate) fn structure(&self, k: usize) -> Result<Node<'f>, Fault> {
        let Object::Group(group) = &self.object else {
            return Err(self.unexpected("a struct"));
        };
        let is_array = self.element.is_none() && struct_array_length(group)?.is_some();
        Ok(Self { element: if is_array { Some(k) } else { self.element }, ..self.clone() })
    }

    /// The axes, MATLAB's last first; an array that is marked as empty has no elements.
    pub(crate) fn shape(&self) -> Vec<u64> {
        match &self.object {
            Object::Group(_) => vec![1, 1],
            Object::Dataset(dataset) if is_marked_empty(dataset) => vec![0, 0],
            Object::Dataset(dataset) => dataset.shape().to_vec(),
        }
    }

    /// The entries of a cell array, in MATLAB's linear order.
    pub(crate) fn cells(&self) -> Result<Vec<Node<'f>>, Fault> {
        let dataset = self.dataset()?;
        if is_marked_empty(dataset) {
            return Ok(Vec::new());
        }
        let Datatype::Reference { size, .. } = *dataset.dtype() else {
            return Err(self.unexpected("references to the entries of a cell array"));
        };
        let bytes = dataset.read_raw_bytes().map_err(damaged)?;
        let addresses =
            hdf5_reader::reference::read_object_references(&bytes, size).map_err(damaged)?;
        let mut cells = Vec::with_capacity(addresses.len());
        for (k, address) in addresses.iter().enumerate() {
            let Some(object) = self.file.by_address.get(address) else {
                let also = self.file.unreadable.as_ref().map_or_else(String::new, |(n, first)| {
                    format!(" ({n} objects of /#refs# do not open, the first because: {first})")
                });
                return Err(Fault::Unexpected {
                    found: format!(
                        "entry {} that refers to {address:#x}, where no object of /#refs# is{also}",
                        k + 1
                    ),
                    expected: "a reference to an object of /#refs#",
                });
            };
            cells.push(Node::new(self.file, object.clone()));
        }
        Ok(cells)
    }

    /// The text of an array of characters, not empty.
    pub(crate) fn text(&self) -> Result<String, Fault> {
        let dataset = self.dataset()?;
        let units: Vec<u16> = match dataset.dtype() {
            Datatype::FixedPoint { size: 1, .. } => self.numbers_as::<u8, _>(u16::from)?,
            Datatype::FixedPoint { size: 2, .. } => elements::<u16>(dataset)?,
            _ => return Err(self.unexpected("characters of one or two bytes")),
        };
        String::from_utf16(&units).map_err(|_| Fault::Unexpected {
            found: "text that is no UTF-16".into(),
            expected: "a readable text",
        })
    }

    /// All values of a matrix in the order of the file, not empty.
    pub(crate) fn numbers(&self) -> Result<Vec<f64>, Fault> {
        match self.dataset()?.dtype() {
            Datatype::FloatingPoint { size: 8, .. } => elements::<f64>(self.dataset()?),
            Datatype::FloatingPoint { size: 4, .. } => self.numbers_as::<f32, _>(f64::from),
            Datatype::FixedPoint { size, signed, .. } => match (*size, *signed) {
                (1, false) => self.numbers_as::<u8, _>(f64::from),
                (1, true) => self.numbers_as::<i8, _>(f64::from),
                (2, false) => self.numbers_as::<u16, _>(f64::from),
                (2, true) => self.numbers_as::<i16, _>(f64::from),
                (4, false) => self.numbers_as::<u32, _>(f64::from),
                (4, true) => self.numbers_as::<i32, _>(f64::from),
                (8, false) => self.numbers_as::<u64, _>(|value| value as f64),
                (8, true) => self.numbers_as::<i64, _>(|value| value as f64),
                _ => Err(self.unexpected("integers of 1, 2, 4 or 8 bytes")),
            },
            _ => Err(self.unexpected("real numbers of up to 64 bits")),
        }
    }

    /// What stands here, for an error message; axes as HDF5 has them.
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

    fn unexpected(&self, expected: &'static str) -> Fault {
        Fault::Unexpected { found: self.describe(), expected }
    }

    fn dataset(&self) -> Result<&Dataset, Fault> {
        match &self.object {
            Object::Dataset(dataset) => Ok(dataset),
            Object::Group(_) => Err(self.unexpected("an array")),
        }
    }

    fn numbers_as<T: H5Type + Copy + Default, N>(
        &self,
        convert: impl Fn(T) -> N,
    ) -> Result<Vec<N>, Fault> {
        Ok(elements::<T>(self.dataset()?)?.into_iter().map(convert).collect())
    }
}

fn elements<T: H5Type + Copy + Default>(dataset: &Dataset) -> Result<Vec<T>, Fault> {
    let n = dataset.num_elements().map_err(damaged)?;
    let n = usize::try_from(n).map_err(|error| Fault::Damaged(Box::new(error)))?;
    let mut values = vec![T::default(); n];
    dataset.read_into(&mut values).map_err(damaged)?;
    Ok(values)
}

fn damaged(error: hdf5_reader::error::Error) -> Fault {
    Fault::Damaged(Box::new(error))
}

fn matlab_class(dataset: &Dataset) -> Option<String> {
    dataset.attribute("MATLAB_class").and_then(|class| class.read_string()).ok()
}

/// MATLAB stores the dimensions of an empty array in place of its values, and marks it.
fn is_marked_empty(dataset: &Dataset) -> bool {
    let mark = dataset.attribute("MATLAB_empty").and_then(|mark| mark.read_as_f64());
    mark.is_ok_and(|mark| mark != 0.)
}

/// How many elements a group has as a struct array, or nothing for a plain struct. In a plain
/// struct every reference array is a cell array and marked so.
fn struct_array_length(group: &Group) -> Result<Option<u64>, Fault> {
    let (groups, names) = group.member_names().map_err(damaged)?;
    if !groups.is_empty() || names.is_empty() {
        return Ok(None);
    }
    let mut length = None;
    for name in &names {
        let dataset = group.dataset(name).map_err(damaged)?;
        let is_field = matches!(dataset.dtype(), Datatype::Reference { .. })
            && matlab_class(&dataset).is_none()
            && dataset.num_elements().is_ok_and(|n| length.is_none_or(|length| length == n));
        if !is_field {
            return Ok(None);
        }
        length = dataset.num_elements().ok();
    }
    Ok(length)
}
