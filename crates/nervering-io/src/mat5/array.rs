//! Arrays: what the elements inside one of type `miMATRIX` say.
//!
//! The order is flags, dimensions, name, and then what the class asks for. Numbers and characters
//! stay where they are; an [`Array`] keeps their place, and [`super::Node`] reads them when asked.

use super::element::{ByteOrder, Damage, Elements, MATRIX};
use crate::budget::Budget;
use crate::error::IoError;
use crate::limits::{MAX_MAT5_DEPTH, MAX_MAT5_FIELDS, MAX_TEXT_LENGTH};
use crate::mat::class::Class;
use std::ops::Range;

/// Types of elements. Some writers use the second of each pair, which readers accept.
const INT8: u32 = 1;
const NAME: [u32; 2] = [INT8, 16];
const COUNT: [u32; 2] = [5, 6];
const FLAGS: [u32; 1] = [6];
/// Flag of complex numbers.
const COMPLEX: u32 = 0x0800;
/// What one array costs in memory, beyond the bytes it points to.
const ARRAY_BYTES: u64 = 128;

/// Why an array does not read.
pub(super) enum Error {
    Damage(Damage),
    Limit(IoError),
}

impl From<Damage> for Error {
    fn from(damage: Damage) -> Self {
        Self::Damage(damage)
    }
}

/// The class of an array as the file has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ArrayClass {
    Cell,
    Struct,
    Text,
    Numbers,
    Sparse,
    /// An object, whose class stands behind its name.
    Opaque,
    /// What is not read, by name.
    Unsupported(&'static str),
}

/// One array. Axes stand as in MATLAB, the first first.
#[derive(Debug)]
pub(super) struct Array {
    pub dimensions: Vec<u32>,
    pub content: Content,
}

/// What an array holds.
#[derive(Debug)]
pub(super) enum Content {
    Cell(Vec<Array>),
    /// Values of the first element of the struct array, then of the second, and so on.
    Struct {
        names: Vec<String>,
        values: Vec<Array>,
    },
    /// Type of the element that holds the characters, and their place.
    Text(u32, Range<usize>),
    /// Type of the element that holds the numbers, and their place.
    Numbers(u32, Range<usize>),
    /// Rows and starts of columns of a sparse matrix, and its values, each with type and place.
    Sparse([(u32, Range<usize>); 3]),
    Unsupported(String),
}

/// The beginning of an array.
pub(super) struct Header {
    pub class: ArrayClass,
    pub name: String,
    dimensions: Vec<u32>,
    /// Where the content begins.
    end: usize,
}

impl ArrayClass {
    fn of_flags(flags: u32) -> Result<Self, Damage> {
        let numbers =
            if flags & COMPLEX != 0 { Self::Unsupported("complex numbers") } else { Self::Numbers };
        Ok(match flags & 0xff {
            1 => Self::Cell,
            2 => Self::Struct,
            3 => Self::Unsupported("an object"),
            4 => Self::Text,
            5 if flags & COMPLEX != 0 => Self::Unsupported("a sparse matrix of complex numbers"),
            5 => Self::Sparse,
            6..=15 => numbers,
            16 => Self::Unsupported("a function handle"),
            17 => Self::Opaque,
            found => return Err(Damage::Kind { found, expected: "an array class from 1 to 17" }),
        })
    }

    /// The class in the words of both containers.
    pub(super) fn class(self) -> Class {
        match self {
            Self::Cell => Class::Cell,
            Self::Struct => Class::Struct,
            Self::Text => Class::Text,
            Self::Numbers | Self::Sparse => Class::Numbers,
            Self::Opaque | Self::Unsupported(_) => Class::Other,
        }
    }
}

impl Header {
    /// Reads the header of an array body. An opaque object has no dimensions.
    pub(super) fn parse(bytes: &[u8], order: ByteOrder) -> Result<Self, Damage> {
        let mut elements = Elements { bytes, order, at: 0 };
        let flags = elements.next_of(&FLAGS, "the array's flags")?;
        let flags = words(&bytes[flags.body], order);
        let &[flags, _] = flags.as_slice() else {
            let (found, expected) = (4 * flags.len(), "8".into());
            return Err(Damage::Length { part: "the array's flags", found, expected });
        };
        let class = ArrayClass::of_flags(flags)?;
        let is_opaque = flags & 0xff == 17;
        let mut dimensions = vec![1, 1];
        if !is_opaque {
            let element = elements.next_of(&COUNT, "the array's dimensions")?;
            dimensions = words(&bytes[element.body], order);
            if let Some(axis) = dimensions.iter().find(|&&axis| axis > i32::MAX as u32) {
                let found = format!("an axis of length {}", *axis as i32);
                return Err(Damage::Content { found, expected: "axes that are not negative" });
            }
        }
        let name = elements.next_of(&NAME, "the array's name")?;
        let name = String::from_utf8_lossy(&bytes[name.body]).into_owned();
        Ok(Self { class, name, dimensions, end: elements.at })
    }
}

impl Array {
    /// Reads the body of an array and everything in it. Each array is counted against the budget.
    pub(super) fn parse(
        bytes: &[u8],
        order: ByteOrder,
        budget: &Budget,
        place: &str,
    ) -> Result<Self, Error> {
        Parser { bytes, order, budget, place }.array(0..bytes.len(), 0)
    }

    /// The class.
    pub(super) fn class(&self) -> Class {
        match self.content {
            Content::Cell(_) => Class::Cell,
            Content::Struct { .. } => Class::Struct,
            Content::Text(..) => Class::Text,
            Content::Numbers(..) | Content::Sparse(_) => Class::Numbers,
            Content::Unsupported(_) => Class::Other,
        }
    }

    /// Number of elements.
    pub(super) fn n_elements(&self) -> u64 {
        n_elements(&self.dimensions)
    }
}

struct Parser<'a> {
    bytes: &'a [u8],
    order: ByteOrder,
    budget: &'a Budget,
    place: &'a str,
}

impl Parser<'_> {
    fn array(&self, body: Range<usize>, depth: usize) -> Result<Array, Error> {
        if depth > MAX_MAT5_DEPTH {
            return Err(Damage::Depth.into());
        }
        self.budget.visit(self.place).map_err(Error::Limit)?;
        self.budget.spend(self.place, ARRAY_BYTES).map_err(Error::Limit)?;
        // An entry that was never filled is an element without content.
        if body.is_empty() {
            let content = Content::Numbers(INT8, body);
            return Ok(Array { dimensions: vec![0, 0], content });
        }
        let header = Header::parse(&self.bytes[body.clone()], self.order)?;
        // Positions are those of the whole variable, so that an array can keep them.
        let mut elements = Elements {
            bytes: &self.bytes[..body.end],
            order: self.order,
            at: body.start + header.end,
        };
        let n = n_elements(&header.dimensions);
        let content = match header.class {
            ArrayClass::Unsupported(what) => Content::Unsupported(what.into()),
            ArrayClass::Opaque => {
                // The name of the system of objects, which is MCOS, and that of the class.
                let mut name = || -> Option<String> {
                    let element = elements.next_of(&NAME, "the class of an object").ok()?;
                    let name = self.bytes[element.body].iter().copied().map(char::from);
                    Some(name.take(MAX_TEXT_LENGTH).collect())
                };
                let class = name().and_then(|_| name()).unwrap_or_default();
                Content::Unsupported(crate::mat::fault::object_of(&class))
            }
            ArrayClass::Sparse => {
                let mut part = || -> Result<(u32, Range<usize>), Error> {
                    let element = elements.next()?;
                    number_bytes(element.kind)?;
                    Ok((element.kind, element.body))
                };
                Content::Sparse([part()?, part()?, part()?])
            }
            ArrayClass::Cell => Content::Cell(self.arrays(&mut elements, n, depth)?),
            ArrayClass::Struct => {
                let names = self.field_names(&mut elements)?;
                let n = n.saturating_mul(names.len() as u64);
                Content::Struct { names, values: self.arrays(&mut elements, n, depth)? }
            }
            // Text without characters may lack its element.
            ArrayClass::Text if n == 0 => Content::Text(INT8, body.end..body.end),
            ArrayClass::Text => {
                let element = elements.next()?;
                Content::Text(element.kind, element.body)
            }
            ArrayClass::Numbers if n == 0 => Content::Numbers(INT8, body.end..body.end),
            ArrayClass::Numbers => {
                let element = elements.next()?;
                let size = number_bytes(element.kind)?;
                let found = element.body.len();
                if n.saturating_mul(size as u64) != found as u64 {
                    let expected = format!("{n} numbers of {size} bytes");
                    return Err(Damage::Length { part: "an array", found, expected }.into());
                }
                Content::Numbers(element.kind, element.body)
            }
        };
        Ok(Array { dimensions: header.dimensions, content })
    }

    /// The next arrays. Nothing is allocated by their number, which the bytes may not hold.
    fn arrays(
        &self,
        elements: &mut Elements<'_>,
        n: u64,
        depth: usize,
    ) -> Result<Vec<Array>, Error> {
        let mut arrays = Vec::new();
        for _ in 0..n {
            let element = elements.next_of(&[MATRIX], "an array in a cell or a field")?;
            arrays.push(self.array(element.body, depth + 1)?);
        }
        Ok(arrays)
    }

    fn field_names(&self, elements: &mut Elements<'_>) -> Result<Vec<String>, Error> {
        let width = elements.next_of(&COUNT, "the width of the field names")?;
        let width = words(&self.bytes[width.body], self.order);
        let width = width.first().map_or(0, |&width| width as usize);
        let names = elements.next_of(&NAME, "the names of the fields")?;
        let bytes = &self.bytes[names.body];
        if bytes.is_empty() {
            return Ok(Vec::new());
        }
        if !(1..=MAX_MAT5_FIELDS).contains(&width) || !bytes.len().is_multiple_of(width) {
            let (found, expected) = (bytes.len(), format!("a multiple of the width {width}"));
            return Err(Damage::Length { part: "the field names", found, expected }.into());
        }
        let n = (bytes.len() / width) as u64;
        let limit = MAX_MAT5_FIELDS as u64;
        self.budget.check(self.place, n, "fields", limit).map_err(Error::Limit)?;
        self.budget.spend(self.place, n * ARRAY_BYTES).map_err(Error::Limit)?;
        let name = |name: &[u8]| {
            let end = name.iter().position(|&byte| byte == 0).unwrap_or(name.len());
            String::from_utf8_lossy(&name[..end]).into_owned()
        };
        Ok(bytes.chunks(width).map(name).collect())
    }
}

/// Bytes of one number in an element of a numeric type.
pub(super) fn number_bytes(kind: u32) -> Result<usize, Damage> {
    match kind {
        1 | 2 => Ok(1),
        3 | 4 => Ok(2),
        5..=7 => Ok(4),
        9 | 12 | 13 => Ok(8),
        found => Err(Damage::Kind { found, expected: "numbers" }),
    }
}

fn n_elements(dimensions: &[u32]) -> u64 {
    dimensions.iter().fold(1, |n: u64, &axis| n.saturating_mul(u64::from(axis)))
}

fn words(bytes: &[u8], order: ByteOrder) -> Vec<u32> {
    bytes.as_chunks().0.iter().map(|&word| order.u32(word)).collect()
}
