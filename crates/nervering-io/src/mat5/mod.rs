//! The container of MATLAB v5 (`-v6`, `-v7`, Octave, scipy): elements with tags, by our own reader.
//!
//! A header of 128 bytes is followed by one element per variable, mostly compressed by zlib. Only
//! what recordings need is read: numeric arrays of every storage class, sparse ones, text, cells and
//! structs, in either byte order; objects, function handles and complex numbers are kept as
//! unsupported values ([`crate::mat::Class::Other`]).
//!
//! [`File`] lists the variables by the beginning of each and reads one when it is asked for, so that
//! others, however large, cost nothing. What is inflated, and every array in it, is counted against
//! the file's budget first, and nesting is bounded. [`element`] splits bytes into elements,
//! [`array`] makes arrays of them, [`Node`] answers what [`crate::mat::Value`] asks.
//!
//! Source: MathWorks, *MAT-File Format*, "Level 5 MAT-File Format".

mod array;
mod element;
mod node;

pub(crate) use node::Node;

use crate::budget::Budget;
use crate::error::IoError;
use crate::mat::class::Class;
use array::{Array, Header};
use element::{ByteOrder, COMPRESSED, Damage, Element, MATRIX};
use flate2::read::ZlibDecoder;
use std::cell::OnceCell;
use std::io::Read;
use std::ops::Range;

/// Bytes of the header: text, version, byte order.
pub(crate) const HEADER_BYTES: usize = 128;
const TEXT: &[u8] = b"MATLAB 5.0 MAT-file";
/// Where version and byte order stand.
const VERSION_AT: usize = 124;
/// Bytes at the beginning of a variable that hold its class, dimensions and name.
const PEEK_BYTES: usize = 1024;
/// Deflate never makes more than this of one byte.
const MAX_INFLATION: u64 = 1040;

/// An open MATLAB v5 file.
pub(crate) struct File {
    bytes: Vec<u8>,
    order: ByteOrder,
    variables: Vec<Variable>,
}

/// One variable of the file, read when it is asked for.
struct Variable {
    name: String,
    class: Class,
    /// Body of its element in the file.
    body: Range<usize>,
    compressed: bool,
    content: OnceCell<Content>,
}

struct Content {
    /// The inflated body; nothing for a variable that stands in the file as it is.
    inflated: Option<Vec<u8>>,
    array: Array,
}

/// Whether the first bytes of a file are of this container.
pub(crate) fn recognises(head: &[u8]) -> bool {
    head.starts_with(TEXT) || byte_order(head).is_some()
}

/// The byte order of a header whose version is that of this container.
fn byte_order(head: &[u8]) -> Option<ByteOrder> {
    match head.get(VERSION_AT..HEADER_BYTES)? {
        [0, 1, b'I', b'M'] => Some(ByteOrder::Little),
        [1, 0, b'M', b'I'] => Some(ByteOrder::Big),
        _ => None,
    }
}

impl File {
    /// Lists the variables of a file.
    pub(crate) fn new(budget: &Budget, bytes: Vec<u8>) -> Result<Self, IoError> {
        if bytes.len() < HEADER_BYTES {
            let (found, expected) = (bytes.len() as u64, HEADER_BYTES as u64);
            return Err(IoError::Truncated { path: budget.path().to_owned(), found, expected });
        }
        let damaged = |place: String, damage: Damage| IoError::Mat5 {
            path: budget.path().to_owned(),
            place,
            source: Box::new(damage),
        };
        let order = byte_order(&bytes).ok_or_else(|| damaged("/".into(), Damage::Header))?;
        let mut file = Self { bytes, order, variables: Vec::new() };
        let mut at = HEADER_BYTES;
        while at < file.bytes.len() {
            let place = format!("variable {}", file.variables.len() + 1);
            budget.visit(&place)?;
            let element = match Element::at(&file.bytes, at, order) {
                Ok(element) => element,
                Err(Damage::Cut { end }) => {
                    let (found, path) = (file.bytes.len() as u64, budget.path().to_owned());
                    return Err(IoError::Truncated { path, found, expected: end });
                }
                Err(damage) => return Err(damaged(place, damage)),
            };
            at = element.next;
            if let Some(variable) = file.peek(&element).map_err(|d| damaged(place, d))? {
                file.variables.push(variable);
            }
        }
        Ok(file)
    }

    /// Name and class of a variable; nothing for one without a name, in which MATLAB keeps the
    /// content of objects.
    fn peek(&self, element: &Element) -> Result<Option<Variable>, Damage> {
        let body = &self.bytes[element.body.clone()];
        let compressed = element.kind == COMPRESSED;
        let header = if compressed {
            let mut head = Vec::new();
            // A stream that breaks off later fails when it is read as a whole.
            let read = ZlibDecoder::new(body).take(PEEK_BYTES as u64).read_to_end(&mut head);
            let tag = Element::tag_at(&head, 0, self.order);
            let header = tag.and_then(|tag| {
                Header::parse(head.get(tag.body_start..).unwrap_or_default(), self.order)
            });
            header.map_err(|damage| read.map_or_else(Damage::Zlib, |_| damage))?
        } else if element.kind == MATRIX {
            Header::parse(body, self.order)?
        } else {
            return Err(Damage::Kind { found: element.kind, expected: "a variable" });
        };
        let name = header.name;
        if name.is_empty() {
            return Ok(None);
        }
        let (class, body, content) = (header.class.class(), element.body.clone(), OnceCell::new());
        Ok(Some(Variable { name, class, body, compressed, content }))
    }

    /// The variables as one struct.
    pub(crate) fn root(&self) -> Node<'_> {
        Node::root(self)
    }

    fn variable(&self, name: &str) -> Option<&Variable> {
        self.variables.iter().find(|variable| variable.name == name)
    }

    /// Reads a variable, if there is one of this name and it has not been read.
    fn load(&self, budget: &Budget, name: &str) -> Result<(), IoError> {
        let Some(variable) = self.variable(name).filter(|v| v.content.get().is_none()) else {
            return Ok(());
        };
        let place = format!("/{name}");
        let damaged = |damage: Damage| IoError::Mat5 {
            path: budget.path().to_owned(),
            place: place.clone(),
            source: Box::new(damage),
        };
        let body = &self.bytes[variable.body.clone()];
        let inflated = match variable.compressed {
            true => Some(self.inflate(budget, &place, body)?),
            false => None,
        };
        let bytes = inflated.as_deref().unwrap_or(body);
        let array =
            Array::parse(bytes, self.order, budget, &place).map_err(|error| match error {
                array::Error::Damage(damage) => damaged(damage),
                array::Error::Limit(error) => error,
            })?;
        // Set only here, and only when it was empty.
        let _ = variable.content.set(Content { inflated, array });
        Ok(())
    }

    /// The body of the one array in a compressed element.
    fn inflate(&self, budget: &Budget, place: &str, body: &[u8]) -> Result<Vec<u8>, IoError> {
        let damaged = |damage: Damage| IoError::Mat5 {
            path: budget.path().to_owned(),
            place: place.to_owned(),
            source: Box::new(damage),
        };
        let mut stream = ZlibDecoder::new(body);
        let mut tag = [0; 8];
        stream.read_exact(&mut tag).map_err(|error| damaged(Damage::Zlib(error)))?;
        let tag = Element::tag_at(&tag, 0, self.order).map_err(damaged)?;
        if tag.kind != MATRIX {
            return Err(damaged(Damage::Kind { found: tag.kind, expected: "an array" }));
        }
        let length = u64::from(tag.length);
        if length > (body.len() as u64).saturating_mul(MAX_INFLATION) {
            return Err(damaged(Damage::Inflation { found: length, compressed: body.len() }));
        }
        budget.spend(place, length)?;
        let mut inflated = vec![0; length as usize];
        stream.read_exact(&mut inflated).map_err(|error| damaged(Damage::Zlib(error)))?;
        // The end of the stream holds the checksum, which is compared when it is read.
        let mut beyond = [0; 8];
        stream.read(&mut beyond).map_err(|error| damaged(Damage::Zlib(error)))?;
        Ok(inflated)
    }
}

impl Variable {
    /// The bytes into which its array points, and the array, once it is loaded.
    fn content<'f>(&'f self, file: &'f File) -> Option<(&'f [u8], &'f Array)> {
        let content = self.content.get()?;
        let bytes = content.inflated.as_deref();
        Some((bytes.unwrap_or(&file.bytes[self.body.clone()]), &content.array))
    }
}
