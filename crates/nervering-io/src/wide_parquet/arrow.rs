//! The types that Arrow writes into a Parquet file beside Parquet's own, since Parquet has no word
//! for some: a duration is a bare INT64 there, and its unit stands only here.
//!
//! The text under `ARROW:schema` is an IPC message, a flatbuffer, in base64. Only its fields are
//! looked at, at their places, and every offset is checked; nothing is copied and nothing is followed
//! in a circle, so a lookup costs no more than a few dozen reads.
//!
//! Source: the Arrow format, `Message.fbs` and `Schema.fbs`; the flatbuffers internals.

use super::meaning::{Meaning, Unit};
use std::fmt;

/// Custom entries of one field that are looked through; writers make one or two.
const MAX_ENTRIES: usize = 64;
/// The entry that names an extension type.
const EXTENSION: &str = "ARROW:extension:name";

/// The types by their numbers in `Schema.fbs`.
const TYPES: [&str; 27] = [
    "none",
    "null",
    "int",
    "floating point",
    "binary",
    "utf8",
    "bool",
    "decimal",
    "date",
    "time",
    "timestamp",
    "interval",
    "list",
    "struct",
    "union",
    "fixed-size binary",
    "fixed-size list",
    "map",
    "duration",
    "large binary",
    "large utf8",
    "large list",
    "run-end encoded",
    "binary view",
    "utf8 view",
    "list view",
    "large list view",
];

/// The type of a column in Arrow, as far as it says more than Parquet's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum ArrowType<'a> {
    Integer {
        bits: i32,
        is_signed: bool,
    },
    Duration(Unit),
    Time(Unit),
    Timestamp {
        unit: Unit,
        is_utc: bool,
    },
    /// A type of some library's own.
    Extension(&'a str),
    /// Any other, by its number in `Schema.fbs`.
    Other(u8),
}

impl ArrowType<'_> {
    /// What integers without a logical type mean that have this type.
    pub(super) fn of_bare_integers(self, physical_bits: u32) -> Option<Meaning> {
        match self {
            Self::Integer { bits, is_signed } => {
                // Narrow unsigned numbers of old files lie in wider signed ones.
                let is_signed = is_signed || bits != physical_bits as i32;
                Some(Meaning::Integer { bits: physical_bits, is_signed })
            }
            Self::Duration(unit) | Self::Time(unit) => Some(Meaning::Span(unit)),
            Self::Timestamp { unit, is_utc } => Some(Meaning::Instant { unit, is_utc }),
            Self::Extension(_) | Self::Other(_) => None,
        }
    }
}

impl fmt::Display for ArrowType<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer { bits, is_signed } => {
                write!(f, "{}int{bits}", if *is_signed { "" } else { "u" })
            }
            Self::Duration(unit) => write!(f, "duration[{unit}]"),
            Self::Time(unit) => write!(f, "time[{unit}]"),
            Self::Timestamp { unit, .. } => write!(f, "timestamp[{unit}]"),
            Self::Extension(name) => write!(f, "{name:?}"),
            Self::Other(number) => match TYPES.get(usize::from(*number)) {
                Some(name) => f.write_str(name),
                None => write!(f, "type {number} of Schema.fbs"),
            },
        }
    }
}

/// The schema of a file, still in its bytes.
pub(super) struct ArrowSchema {
    bytes: Vec<u8>,
    /// Place of the vector of fields.
    fields: usize,
    n_fields: usize,
}

impl ArrowSchema {
    /// Takes the text under `ARROW:schema`; none when it is no schema.
    pub(super) fn of(text: &str) -> Option<Self> {
        const SCHEMA: u8 = 1;
        let mut bytes = from_base64(text)?;
        // A mark and the length, or in old files the length alone, stand before the flatbuffer.
        let before = if bytes.starts_with(&[0xff; 4]) { 8 } else { 4 };
        bytes.get(before..)?;
        bytes.drain(..before);
        let buffer = Buffer(&bytes);
        let message = buffer.table(0)?;
        if message.byte(1) != Some(SCHEMA) {
            return None;
        }
        let (fields, n_fields) = message.table(2)?.vector(1)?;
        Some(Self { bytes, fields, n_fields })
    }

    /// The type of a field, given that it is called `name`.
    pub(super) fn type_of(&self, field: usize, name: &str) -> Option<ArrowType<'_>> {
        if field >= self.n_fields {
            return None;
        }
        let field = Buffer(&self.bytes).table(self.fields + 4 * field)?;
        if field.text(0)? != name.as_bytes() {
            return None;
        }
        let (entries, n_entries) = field.vector(6).unwrap_or_default();
        if n_entries > MAX_ENTRIES {
            return None;
        }
        for entry in 0..n_entries {
            let entry = Buffer(&self.bytes).table(entries + 4 * entry)?;
            if entry.text(0)? == EXTENSION.as_bytes() {
                return Some(ArrowType::Extension(std::str::from_utf8(entry.text(1)?).ok()?));
            }
        }
        let number = field.byte(2)?;
        let unit = |of: &Table<'_>, default| match of.short(0).unwrap_or(default) {
            0 => Some(Unit::Seconds),
            1 => Some(Unit::Milliseconds),
            2 => Some(Unit::Microseconds),
            3 => Some(Unit::Nanoseconds),
            _ => None,
        };
        let own = field.table(3)?;
        Some(match number {
            2 => ArrowType::Integer {
                bits: own.number(0).unwrap_or(0),
                is_signed: own.byte(1).is_some_and(|flag| flag != 0),
            },
            9 => ArrowType::Time(unit(&own, 1)?),
            10 => ArrowType::Timestamp { unit: unit(&own, 0)?, is_utc: own.text(1).is_some() },
            18 => ArrowType::Duration(unit(&own, 1)?),
            number => ArrowType::Other(number),
        })
    }
}

/// A flatbuffer.
#[derive(Clone, Copy)]
struct Buffer<'a>(&'a [u8]);

impl<'a> Buffer<'a> {
    fn take<const N: usize>(self, at: usize) -> Option<[u8; N]> {
        self.0.get(at..)?.first_chunk::<N>().copied()
    }

    /// The place that the offset at `at` points to.
    fn follow(self, at: usize) -> Option<usize> {
        at.checked_add(u32::from_le_bytes(self.take(at)?) as usize)
    }

    /// The table that the offset at `at` points to.
    fn table(self, at: usize) -> Option<Table<'a>> {
        let start = self.follow(at)?;
        let back = i32::from_le_bytes(self.take(start)?);
        let slots = i64::try_from(start).ok()?.checked_sub(back.into())?;
        let slots = usize::try_from(slots).ok()?;
        let n_bytes = u16::from_le_bytes(self.take(slots)?);
        Some(Table { buffer: self, start, slots, n_bytes: n_bytes.into() })
    }
}

/// A table of a flatbuffer; its fields are counted from 0, and one that is absent has its default.
struct Table<'a> {
    buffer: Buffer<'a>,
    start: usize,
    slots: usize,
    n_bytes: usize,
}

impl<'a> Table<'a> {
    /// The place of a field.
    fn at(&self, field: usize) -> Option<usize> {
        let slot = 4 + 2 * field;
        if slot + 2 > self.n_bytes {
            return None;
        }
        let offset = u16::from_le_bytes(self.buffer.take(self.slots.checked_add(slot)?)?);
        if offset == 0 { None } else { self.start.checked_add(offset.into()) }
    }

    fn byte(&self, field: usize) -> Option<u8> {
        self.buffer.take(self.at(field)?).map(|[byte]| byte)
    }

    fn short(&self, field: usize) -> Option<i16> {
        self.buffer.take(self.at(field)?).map(i16::from_le_bytes)
    }

    fn number(&self, field: usize) -> Option<i32> {
        self.buffer.take(self.at(field)?).map(i32::from_le_bytes)
    }

    fn table(&self, field: usize) -> Option<Table<'a>> {
        self.buffer.table(self.at(field)?)
    }

    /// Place and number of the offsets in a vector, all of which lie inside.
    fn vector(&self, field: usize) -> Option<(usize, usize)> {
        let start = self.buffer.follow(self.at(field)?)?;
        let length = u32::from_le_bytes(self.buffer.take(start)?) as usize;
        let end = start.checked_add(4)?.checked_add(length.checked_mul(4)?)?;
        (end <= self.buffer.0.len()).then_some((start + 4, length))
    }

    fn text(&self, field: usize) -> Option<&'a [u8]> {
        let start = self.buffer.follow(self.at(field)?)?;
        let length = u32::from_le_bytes(self.buffer.take(start)?) as usize;
        let start = start.checked_add(4)?;
        self.buffer.0.get(start..start.checked_add(length)?)
    }
}

/// The bytes that a text stands for; none when it is no base64.
fn from_base64(text: &str) -> Option<Vec<u8>> {
    let text = text.trim_end_matches('=').as_bytes();
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 2);
    for group in text.chunks(4) {
        let mut word = 0_u32;
        for &digit in group {
            let value = match digit {
                b'A'..=b'Z' => digit - b'A',
                b'a'..=b'z' => digit - b'a' + 26,
                b'0'..=b'9' => digit - b'0' + 52,
                b'+' => 62,
                b'/' => 63,
                _ => return None,
            };
            word = word << 6 | u32::from(value);
        }
        let n_bits = 6 * group.len();
        let n_bytes = n_bits / 8;
        bytes.extend_from_slice(&(word << (32 - n_bits)).to_be_bytes()[..n_bytes]);
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What pyarrow 26 writes of a field `time_s` of duration[ms] and a field `n` of int64.
    const SCHEMA: &str = include_str!("../../tests/fixtures/arrow_schema.txt");

    #[test]
    fn base64_is_the_one_of_its_standard() {
        for (text, bytes) in [
            ("", &b""[..]),
            ("Zg==", b"f"),
            ("Zm8=", b"fo"),
            ("Zm9v", b"foo"),
            ("Zm9vYmFy", b"foobar"),
            ("+/+/", b"\xfb\xff\xbf"),
        ] {
            assert_eq!(from_base64(text).as_deref(), Some(bytes), "{text}");
        }
        assert_eq!(from_base64("Zm9v\n"), None);
    }

    #[test]
    fn a_duration_has_its_unit_here() {
        let schema = ArrowSchema::of(SCHEMA.trim_end()).unwrap();
        let duration = ArrowType::Duration(Unit::Milliseconds);
        assert_eq!(schema.type_of(0, "time_s"), Some(duration));
        let integer = ArrowType::Integer { bits: 64, is_signed: true };
        assert_eq!(schema.type_of(1, "n"), Some(integer));
        assert_eq!(schema.type_of(0, "n"), None);
        assert_eq!(schema.type_of(2, ""), None);
    }

    #[test]
    fn any_changed_byte_is_survived() {
        let text = SCHEMA.trim_end().as_bytes();
        for at in 0..text.len() {
            for byte in b"A/a8=" {
                let mut changed = text.to_vec();
                changed[at] = *byte;
                let text = String::from_utf8(changed).unwrap();
                if let Some(schema) = ArrowSchema::of(&text) {
                    schema.type_of(0, "time_s");
                    schema.type_of(1, "n");
                }
            }
            let cut = std::str::from_utf8(&text[..at]).unwrap();
            if let Some(schema) = ArrowSchema::of(cut) {
                schema.type_of(1, "n");
            }
        }
    }
}
