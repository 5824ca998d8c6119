//! One array of a v5 file, or the variables of the file as one struct.

use super::File;
use super::array::{Array, Content};
use super::element::{ByteOrder, Damage};
use crate::budget::Budget;
use crate::error::IoError;
use crate::mat::class::Class;
use crate::mat::fault::Fault;
use crate::mat::sparse::Sparse;
use std::ops::Range;

/// One node of the tree.
#[derive(Clone)]
pub(crate) struct Node<'f> {
    file: &'f File,
    kind: Kind<'f>,
}

#[derive(Clone)]
enum Kind<'f> {
    /// The variables of the file.
    Root,
    /// An array and the bytes it points into.
    Array { bytes: &'f [u8], array: &'f Array },
    /// One element of a struct array.
    Element { bytes: &'f [u8], array: &'f Array, k: usize },
}

impl<'f> Node<'f> {
    pub(super) fn root(file: &'f File) -> Self {
        Self { file, kind: Kind::Root }
    }

    /// Reads the variable of this name, when this is the root and it has not been read.
    pub(crate) fn load(&self, budget: &Budget, name: &str) -> Result<(), IoError> {
        match self.kind {
            Kind::Root => self.file.load(budget, name),
            _ => Ok(()),
        }
    }

    /// What the array is.
    pub(crate) fn class(&self) -> Class {
        match self.kind {
            Kind::Array { array, .. } => array.class(),
            Kind::Root | Kind::Element { .. } => Class::Struct,
        }
    }

    /// Names of the fields of a struct, in the order of the file; none for another value.
    pub(crate) fn field_names(&self) -> Result<Vec<String>, Fault> {
        Ok(match self.kind {
            Kind::Root => self.file.variables.iter().map(|v| v.name.clone()).collect(),
            Kind::Array { array, .. } | Kind::Element { array, .. } => match &array.content {
                Content::Struct { names, .. } => names.clone(),
                _ => Vec::new(),
            },
        })
    }

    /// The fields of a struct that are structs, or arrays of structs, themselves.
    pub(crate) fn struct_names(&self) -> Result<Vec<String>, Fault> {
        if let Kind::Root = self.kind {
            let structs = self.file.variables.iter().filter(|v| v.class == Class::Struct);
            return Ok(structs.map(|v| v.name.clone()).collect());
        }
        let mut names = self.field_names()?;
        names.retain(|name| self.field(name).is_ok_and(|node| node.class() == Class::Struct));
        Ok(names)
    }

    /// A field of a struct that [`Node::field_names`] lists; a variable must have been loaded.
    pub(crate) fn field(&self, name: &str) -> Result<Node<'f>, Fault> {
        let missing = || Fault::Unexpected {
            found: format!("{} without a field {name}", self.describe()),
            expected: "a struct that has it",
        };
        if let Kind::Root = self.kind {
            let variable = self.file.variable(name);
            let content = variable.and_then(|variable| variable.content(self.file));
            let (bytes, array) = content.ok_or_else(missing)?;
            return Ok(self.array(bytes, array));
        }
        let (bytes, array, k) = match self.kind {
            Kind::Array { bytes, array } if array.n_elements() == 1 => (bytes, array, 0),
            Kind::Element { bytes, array, k } => (bytes, array, k),
            _ => return Err(missing()),
        };
        let Content::Struct { names, values } = &array.content else {
            return Err(missing());
        };
        let at = names.iter().position(|other| other == name).ok_or_else(missing)?;
        let field = values.get(k * names.len() + at).ok_or_else(missing)?;
        Ok(self.array(bytes, field))
    }

    /// Number of elements of a struct array; 1 for a plain struct, 0 for another value.
    pub(crate) fn n_structs(&self) -> Result<u64, Fault> {
        Ok(match self.kind {
            Kind::Array { array, .. } if array.class() == Class::Struct => array.n_elements(),
            Kind::Array { .. } => 0,
            Kind::Root | Kind::Element { .. } => 1,
        })
    }

    /// One element of a struct array.
    pub(crate) fn structure(&self, k: usize) -> Result<Node<'f>, Fault> {
        match self.kind {
            Kind::Array { bytes, array } if (k as u64) < array.n_elements() => {
                Ok(Self { file: self.file, kind: Kind::Element { bytes, array, k } })
            }
            _ => Ok(self.clone()),
        }
    }

    /// The axes, MATLAB's last first.
    pub(crate) fn shape(&self) -> Vec<u64> {
        match self.kind {
            Kind::Array { array, .. } => {
                array.dimensions.iter().rev().map(|&axis| axis.into()).collect()
            }
            Kind::Root | Kind::Element { .. } => vec![1, 1],
        }
    }

    /// The entries of a cell array, in MATLAB's linear order.
    pub(crate) fn cells(&self) -> Result<Vec<Node<'f>>, Fault> {
        match self.kind {
            Kind::Array { bytes, array: Array { content: Content::Cell(cells), .. } } => {
                Ok(cells.iter().map(|cell| self.array(bytes, cell)).collect())
            }
            _ => Err(self.unexpected("a cell array")),
        }
    }

    /// The text of an array of characters.
    pub(crate) fn text(&self) -> Result<String, Fault> {
        let Kind::Array { bytes, array: Array { content: Content::Text(kind, place), .. } } =
            &self.kind
        else {
            return Err(self.unexpected("text"));
        };
        let (bytes, order) = (&bytes[place.clone()], self.file.order);
        let utf16 = || {
            let units: Vec<u16> = bytes.as_chunks().0.iter().map(|&unit| order.u16(unit)).collect();
            String::from_utf16(&units).ok()
        };
        let text = match kind {
            // MATLAB writes characters as 16-bit units, and narrower when all of them fit.
            1 | 2 => Some(bytes.iter().copied().map(char::from).collect()),
            4 | 17 => utf16(),
            16 => String::from_utf8(bytes.to_vec()).ok(),
            18 => {
                let codes = bytes.as_chunks().0.iter().map(|&code| order.u32(code));
                codes.map(char::from_u32).collect()
            }
            &found => {
                let damage = Damage::Kind { found, expected: "characters" };
                return Err(Fault::Damaged(Box::new(damage)));
            }
        };
        text.ok_or_else(|| Fault::Unexpected {
            found: "text in no known encoding".into(),
            expected: "a readable text",
        })
    }

    /// All values of a matrix, column by column as MATLAB has them.
    pub(crate) fn numbers(&self) -> Result<Vec<f64>, Fault> {
        let Kind::Array { bytes, array } = self.kind else {
            return Err(self.unexpected("real numbers"));
        };
        let read = |(kind, place): &(u32, Range<usize>)| {
            numbers(*kind, &bytes[place.clone()], self.file.order)
                .ok_or_else(|| self.unexpected("real numbers"))
        };
        match &array.content {
            Content::Numbers(kind, place) => read(&(*kind, place.clone())),
            Content::Sparse([at, starts, values]) => {
                let rows = array.dimensions.first().copied().unwrap_or(0).into();
                let (at, starts, values) = (read(at)?, read(starts)?, read(values)?);
                Sparse { rows, starts, at, values }.unfold().ok_or_else(|| Fault::Unexpected {
                    found: "a sparse matrix whose parts do not fit together".into(),
                    expected: "a matrix",
                })
            }
            _ => Err(self.unexpected("real numbers")),
        }
    }

    /// What stands here, for an error message; axes as MATLAB has them.
    pub(crate) fn describe(&self) -> String {
        let Kind::Array { array, .. } = self.kind else { return "a struct".into() };
        let axes: Vec<_> = array.dimensions.iter().map(u32::to_string).collect();
        let axes = axes.join(" × ");
        match &array.content {
            Content::Struct { .. } if array.n_elements() == 1 => "a struct".into(),
            Content::Struct { .. } => format!("an array of {axes} structs"),
            Content::Cell(_) => format!("a cell array of {axes}"),
            Content::Text(..) => format!("a text of {axes}"),
            Content::Numbers(..) | Content::Sparse(_) => format!("a matrix of {axes}"),
            Content::Unsupported(what) => what.clone(),
        }
    }

    fn array(&self, bytes: &'f [u8], array: &'f Array) -> Node<'f> {
        Self { file: self.file, kind: Kind::Array { bytes, array } }
    }

    fn unexpected(&self, expected: &'static str) -> Fault {
        Fault::Unexpected { found: self.describe(), expected }
    }
}

/// The numbers of an element of some type; nothing for one of another type.
fn numbers(kind: u32, bytes: &[u8], order: ByteOrder) -> Option<Vec<f64>> {
    Some(match kind {
        1 => bytes.iter().map(|&byte| f64::from(byte as i8)).collect(),
        2 => bytes.iter().map(|&byte| f64::from(byte)).collect(),
        3 => two(bytes, order).map(|value| f64::from(value as i16)).collect(),
        4 => two(bytes, order).map(f64::from).collect(),
        5 => four(bytes, order).map(|value| f64::from(value as i32)).collect(),
        6 => four(bytes, order).map(f64::from).collect(),
        7 => four(bytes, order).map(|bits| f64::from(f32::from_bits(bits))).collect(),
        9 => eight(bytes, order).map(f64::from_bits).collect(),
        12 => eight(bytes, order).map(|value| value as i64 as f64).collect(),
        13 => eight(bytes, order).map(|value| value as f64).collect(),
        _ => return None,
    })
}

fn two(bytes: &[u8], order: ByteOrder) -> impl Iterator<Item = u16> + '_ {
    bytes.as_chunks().0.iter().map(move |&value| order.u16(value))
}

fn four(bytes: &[u8], order: ByteOrder) -> impl Iterator<Item = u32> + '_ {
    bytes.as_chunks().0.iter().map(move |&value| order.u32(value))
}

fn eight(bytes: &[u8], order: ByteOrder) -> impl Iterator<Item = u64> + '_ {
    bytes.as_chunks().0.iter().map(move |&value| order.u64(value))
}
