//! Element types: which numbers or texts the bytes of an element are.
//!
//! Numbers of every width, order, precision and bias are read ([`Number`]), and enumerations whose
//! members are true and false as the numbers 0 and 1; any other enumeration stands for the names of
//! its members. What is left is [`Kind::Other`], called by name where it is asked for.
//!
//! Source: *HDF5 File Format Specification*, version 3.0, section IV.A.2.d.

use super::number::{Bits, Float, Form, Normalization, Number, Order};
use super::trouble::Trouble;
use hdf5_reader::io::Cursor;

/// How deep types may lie in one another.
const MAX_DEPTH: usize = 8;
/// Names of members shown of a compound type.
const SHOWN: usize = 4;

/// What one element is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Kind {
    Number(Number),
    /// The codes and names of an enumeration.
    Names {
        number: Number,
        members: Vec<(f64, String)>,
    },
    /// A text of a fixed number of bytes.
    Text(Text),
    /// A text that stands elsewhere.
    VariableText(Text),
    /// The address of an object, in this many bytes.
    Reference(u8),
    /// Another type, in words, and its bytes where they are known.
    Other {
        name: String,
        size: Option<usize>,
    },
}

/// How a text ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Text {
    /// Bytes of an element.
    pub size: usize,
    padding: Padding,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Padding {
    /// It ends with the first byte 0.
    NullEnds,
    /// Bytes 0 fill it up.
    Nulls,
    /// Blanks fill it up.
    Blanks,
}

impl Text {
    /// The text in the bytes of an element.
    ///
    /// # Errors
    /// For bytes that are no UTF-8: what else they are is not told by the file.
    pub(crate) fn decode(self, bytes: &[u8]) -> Result<String, std::str::Utf8Error> {
        let end = match self.padding {
            Padding::NullEnds => bytes.iter().position(|&byte| byte == 0),
            Padding::Nulls => {
                bytes.iter().rposition(|&byte| byte != 0).map_or(Some(0), |at| Some(at + 1))
            }
            Padding::Blanks => {
                let filled = |&byte: &u8| byte == b' ' || byte == 0;
                bytes.iter().rposition(|byte| !filled(byte)).map_or(Some(0), |at| Some(at + 1))
            }
        };
        std::str::from_utf8(&bytes[..end.unwrap_or(bytes.len())]).map(str::to_owned)
    }
}

impl Kind {
    /// The type that a message describes; one that does not parse is another type.
    pub(super) fn parse(message: &[u8]) -> Self {
        let mut cursor = Cursor::new(message);
        let damaged =
            |_| Self::Other { name: "an element type that does not parse".into(), size: None };
        Self::parse_at(&mut cursor, 0).unwrap_or_else(damaged)
    }

    /// Bytes of an element in the file; nothing where that is not known.
    pub(super) fn size(&self) -> Option<usize> {
        match self {
            Self::Number(number) | Self::Names { number, .. } => Some(number.bytes),
            Self::Text(text) | Self::VariableText(text) => Some(text.size),
            Self::Reference(size) => Some((*size).into()),
            Self::Other { size, .. } => *size,
        }
    }

    fn parse_at(cursor: &mut Cursor<'_>, depth: usize) -> Result<Self, Trouble> {
        if depth > MAX_DEPTH {
            return Err(Trouble::damaged("types too deep in one another"));
        }
        let word = cursor.read_u32_le()?;
        let (class, version, flags) = (word & 15, word >> 4 & 15, word >> 8);
        let size = cursor.read_u32_le()? as usize;
        if size == 0 {
            return Err(Trouble::damaged("elements of no bytes"));
        }
        let other = |name: String| Self::Other { name, size: Some(size) };
        let order = if flags & 1 == 0 { Order::Little } else { Order::Big };
        Ok(match class {
            // Integers, and bits that stand for themselves.
            0 | 4 => {
                let (offset, bits) = (cursor.read_u16_le()?, cursor.read_u16_le()?);
                let bits = Bits { offset: offset.into(), length: bits.into() };
                let is_signed = class == 0 && flags & 8 != 0;
                let number = Number { bytes: size, order, form: Form::Integer { bits, is_signed } };
                if number.is_sound() {
                    Self::Number(number)
                } else {
                    other(format!("integers of {size} bytes"))
                }
            }
            1 => match float(cursor, flags, size)? {
                Some(number) => Self::Number(number),
                None if flags & 0x41 == 0x41 => other("floating-point numbers of the VAX".into()),
                None => other(format!("floating-point numbers of {size} bytes in an unusual form")),
            },
            2 => other("dates of the type H5T_TIME".into()),
            3 => Self::Text(Text { size, padding: padding(flags & 15)? }),
            5 => {
                let tag = cursor.read_bytes(flags as usize & 0xff)?;
                let tag = String::from_utf8_lossy(tag).trim_end_matches('\0').to_owned();
                other(format!("opaque elements ({tag})"))
            }
            6 => other(compound(cursor, flags as usize & 0xffff, version, size)?),
            7 if flags & 15 == 0 && version < 4 && size <= 8 => Self::Reference(size as u8),
            7 => other("references to regions or attributes".into()),
            8 => match Self::parse_at(cursor, depth + 1)? {
                Self::Number(number) if number.bytes == size => {
                    enumeration(cursor, number, flags as usize & 0xffff, version)?
                }
                _ => other("an enumeration of no integers".into()),
            },
            9 if flags & 15 == 1 => {
                let padding = padding(flags >> 4 & 15)?;
                Self::VariableText(Text { size, padding })
            }
            9 => other("lists of varying length".into()),
            10 => other("arrays as elements".into()),
            11 => other("complex numbers".into()),
            class => other(format!("elements of the unknown class {class}")),
        })
    }
}

fn padding(code: u32) -> Result<Padding, Trouble> {
    match code {
        0 => Ok(Padding::NullEnds),
        1 => Ok(Padding::Nulls),
        2 => Ok(Padding::Blanks),
        code => Err(Trouble::damaged(format!("texts that are filled up in the way {code}"))),
    }
}

/// Nothing for a form that is not known to mean one number.
fn float(cursor: &mut Cursor<'_>, flags: u32, size: usize) -> Result<Option<Number>, Trouble> {
    let (offset, length) = (cursor.read_u16_le()?, cursor.read_u16_le()?);
    let mut part = || -> Result<Bits, Trouble> {
        let (offset, length) = (cursor.read_u8()?, cursor.read_u8()?);
        Ok(Bits { offset: offset.into(), length: length.into() })
    };
    let (exponent, mantissa) = (part()?, part()?);
    let bias = cursor.read_u32_le()?;
    let order = match flags & 0x41 {
        0 => Order::Little,
        1 => Order::Big,
        _ => return Ok(None),
    };
    let normalization = match flags >> 4 & 3 {
        0 | 1 => Normalization::Written,
        2 => Normalization::Implied,
        _ => return Ok(None),
    };
    let sign = flags >> 8 & 0xff;
    let bits = Bits { offset: offset.into(), length: length.into() };
    let float = Float { bits, sign, exponent, mantissa, bias, normalization };
    let number = Number { bytes: size, order, form: Form::Float(float) };
    Ok(number.is_sound().then_some(number))
}

fn compound(
    cursor: &mut Cursor<'_>,
    n_members: usize,
    version: u32,
    size: usize,
) -> Result<String, Trouble> {
    // The offset takes as many bytes as the size of the whole needs in version 3.
    let width =
        if version >= 3 { (usize::BITS - size.leading_zeros()).div_ceil(8) as usize } else { 4 };
    let mut names = Vec::new();
    for _ in 0..n_members.min(SHOWN) {
        names.push(padded_name(cursor, version)?);
        cursor.skip(width + if version == 1 { 28 } else { 0 })?;
        // Where the description of a member ends is known of numbers alone, which is enough for
        // what people meet.
        match Kind::parse_at(cursor, MAX_DEPTH)? {
            Kind::Number(_) | Kind::Text(_) => {}
            _ => break,
        }
    }
    let more = if names.len() < n_members { ", …" } else { "" };
    Ok(match names.join(", ").as_str() {
        "r, i" | "real, imag" => "complex numbers".into(),
        names => format!("a table with the columns {names}{more} (a compound type)"),
    })
}

fn padded_name(cursor: &mut Cursor<'_>, version: u32) -> Result<String, Trouble> {
    let start = cursor.position();
    let name = cursor.read_null_terminated_string()?;
    if version < 3 {
        let used = (cursor.position() - start) as usize;
        cursor.skip(used.next_multiple_of(8) - used)?;
    }
    Ok(name)
}

fn enumeration(
    cursor: &mut Cursor<'_>,
    number: Number,
    n_members: usize,
    version: u32,
) -> Result<Kind, Trouble> {
    let mut names = Vec::new();
    for _ in 0..n_members {
        names.push(padded_name(cursor, version)?);
    }
    let values = number.decode(cursor.read_bytes(n_members * number.bytes)?);
    let members: Vec<(f64, String)> = values.into_iter().zip(names).collect();
    // What h5py writes for truth values.
    let is_truth = |(value, name): &(f64, String)| {
        let names = if *value == 0. { ["FALSE", "NO"] } else { ["TRUE", "YES"] };
        [0., 1.].contains(value) && names.iter().any(|known| name.eq_ignore_ascii_case(known))
    };
    if members.iter().all(is_truth) {
        return Ok(Kind::Number(number));
    }
    Ok(Kind::Names { number, members })
}
