//! The schema of a file: a tree whose elements stand in the order in which one walks it. A wide table
//! is flat, so of groups and repeated columns only the first is kept, for the refusal.
//!
//! Source: the Parquet format, `parquet.thrift` (`SchemaElement`, `LogicalType`).

use super::meaning::Unit;
use super::thrift::{FALSE, STRUCT, TRUE, Thrift, pass};
use super::types::{Column, Logical};
use crate::limits::MAX_TABLE_COLUMNS;
use parquet::basic::Type as Physical;

/// The physical types by their numbers.
const PHYSICAL: [Physical; 8] = [
    Physical::BOOLEAN,
    Physical::INT32,
    Physical::INT64,
    Physical::INT96,
    Physical::FLOAT,
    Physical::DOUBLE,
    Physical::BYTE_ARRAY,
    Physical::FIXED_LEN_BYTE_ARRAY,
];

/// The physical type of a number.
pub(super) fn physical(number: i64) -> Option<Physical> {
    PHYSICAL.get(usize::try_from(number).ok()?).copied()
}

/// A column that holds more than one value per row.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Nested {
    pub name: String,
    /// Number of the column, from 0.
    pub column: usize,
    /// For example LIST.
    pub kind: String,
}

/// The schema as far as it was read.
pub(super) struct Schema {
    columns: Vec<Column>,
    nested: Option<Nested>,
    /// Elements directly under the root so far.
    n_top: usize,
    /// How many elements are still to come of each group that is open, after the root itself.
    open: Vec<u64>,
}

impl Default for Schema {
    fn default() -> Self {
        Self { columns: Vec::new(), nested: None, n_top: 0, open: vec![1] }
    }
}

impl Schema {
    pub(super) fn read_element(&mut self, thrift: &mut Thrift<'_>) -> Option<()> {
        const OPTIONAL: i64 = 1;
        const REPEATED: i64 = 2;
        let (mut own, mut repetition, mut name, mut n_children) = (None, 0, None, 0);
        let (mut length, mut converted, mut logical) = (0, None, None);
        let (mut precision, mut scale) = (0, 0);
        thrift.fields(|thrift, field, kind| {
            match field {
                1 => own = Some(thrift.number(kind)?),
                2 => length = thrift.number(kind)?,
                3 => repetition = thrift.number(kind)?,
                4 => name = Some(thrift.bytes(kind)?),
                5 => n_children = u64::try_from(thrift.number(kind)?).ok()?,
                6 => converted = Some(thrift.number(kind)?),
                7 => scale = thrift.number(kind)?,
                8 => precision = thrift.number(kind)?,
                10 => logical = Some(read_logical(thrift, kind)?),
                _ => pass(thrift, kind, 0)?,
            }
            Some(())
        })?;
        let name = std::str::from_utf8(name?).ok()?;
        let of_converted = |number| Logical::of_converted(number, precision, scale);
        let logical = logical.or_else(|| converted.map(of_converted));
        while self.open.last() == Some(&0) {
            self.open.pop();
        }
        // Open are what is above the root, the root, and the groups around this element.
        let depth = self.open.len();
        *self.open.last_mut()? -= 1;
        if depth == 2 {
            self.n_top += 1;
        }
        let is_group = own.is_none();
        if is_group {
            self.open.push(n_children);
        } else if n_children > 0 {
            return None;
        }
        if depth >= 2 && (is_group || repetition == REPEATED) {
            if self.nested.is_none() {
                let kind = match (logical, is_group) {
                    (Some(logical), true) => logical.to_string(),
                    (None, true) => "struct".to_owned(),
                    (_, false) => "repeated".to_owned(),
                };
                let column = self.n_top - 1;
                self.nested = Some(Nested { name: name.to_owned(), column, kind });
            }
        } else if let Some(own) = own {
            let physical = physical(own)?;
            // One more than a table may have is enough to refuse it.
            if self.columns.len() <= MAX_TABLE_COLUMNS {
                let (name, is_optional) = (name.to_owned(), repetition == OPTIONAL);
                self.columns.push(Column { name, physical, length, logical, is_optional });
            }
        }
        Some(())
    }

    /// The columns, and the first that is none.
    pub(super) fn finish(self) -> Option<(Vec<Column>, Option<Nested>)> {
        let is_whole = self.open.iter().all(|&left| left == 0);
        is_whole.then_some((self.columns, self.nested))
    }
}

/// Reads a union of logical types.
fn read_logical(thrift: &mut Thrift<'_>, kind: u8) -> Option<Logical> {
    if kind != STRUCT {
        return None;
    }
    let mut logical = None;
    thrift.fields(|thrift, field, kind| {
        if kind != STRUCT {
            return None;
        }
        let mut plain = |logical| {
            pass(thrift, kind, 0)?;
            Some(logical)
        };
        logical = Some(match field {
            1 => plain(Logical::Text("STRING"))?,
            2 => plain(Logical::Other("MAP"))?,
            3 => plain(Logical::Other("LIST"))?,
            4 => plain(Logical::Text("ENUM"))?,
            5 => read_decimal(thrift)?,
            6 => plain(Logical::Other("DATE"))?,
            7 => match read_unit_and_zone(thrift)? {
                (Some(unit), _) => Logical::Time(unit),
                (None, _) => Logical::Other("TIME in an unknown unit"),
            },
            8 => match read_unit_and_zone(thrift)? {
                (Some(unit), is_utc) => Logical::Timestamp { unit, is_utc },
                (None, _) => Logical::Other("TIMESTAMP in an unknown unit"),
            },
            10 => read_integer(thrift)?,
            11 => plain(Logical::Unknown)?,
            12 => plain(Logical::Other("JSON"))?,
            13 => plain(Logical::Other("BSON"))?,
            14 => plain(Logical::Other("UUID"))?,
            15 => plain(Logical::Float16)?,
            16 => plain(Logical::Other("VARIANT"))?,
            17 => plain(Logical::Other("GEOMETRY"))?,
            18 => plain(Logical::Other("GEOGRAPHY"))?,
            number => plain(Logical::New(number))?,
        });
        Some(())
    })?;
    logical
}

fn read_decimal(thrift: &mut Thrift<'_>) -> Option<Logical> {
    let (mut scale, mut precision) = (None, None);
    thrift.fields(|thrift, field, kind| {
        match field {
            1 => scale = Some(thrift.number(kind)?),
            2 => precision = Some(thrift.number(kind)?),
            _ => pass(thrift, kind, 0)?,
        }
        Some(())
    })?;
    Some(Logical::Decimal { precision: precision?, scale: scale? })
}

/// The unit of a TIME or TIMESTAMP, if it is a known one, and whether it is counted in UTC.
fn read_unit_and_zone(thrift: &mut Thrift<'_>) -> Option<(Option<Unit>, bool)> {
    let (mut unit, mut is_utc) = (None, false);
    thrift.fields(|thrift, field, kind| {
        match (field, kind) {
            (1, TRUE | FALSE) => is_utc = kind == TRUE,
            (2, STRUCT) => thrift.fields(|thrift, field, kind| {
                unit = Some(match field {
                    1 => Some(Unit::Milliseconds),
                    2 => Some(Unit::Microseconds),
                    3 => Some(Unit::Nanoseconds),
                    _ => None,
                });
                pass(thrift, kind, 0)
            })?,
            (1 | 2, _) => return None,
            _ => pass(thrift, kind, 0)?,
        }
        Some(())
    })?;
    Some((unit?, is_utc))
}

fn read_integer(thrift: &mut Thrift<'_>) -> Option<Logical> {
    const BYTE: u8 = 3;
    let (mut bits, mut is_signed) = (None, None);
    thrift.fields(|thrift, field, kind| {
        match (field, kind) {
            (1, BYTE) => bits = Some(i64::from(thrift.byte()?)),
            (2, TRUE | FALSE) => is_signed = Some(kind == TRUE),
            (1 | 2, _) => return None,
            _ => pass(thrift, kind, 0)?,
        }
        Some(())
    })?;
    Some(Logical::Integer { bits: bits?, is_signed: is_signed? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logical(bytes: &[u8]) -> Option<String> {
        read_logical(&mut Thrift { rest: bytes }, STRUCT).map(|logical| logical.to_string())
    }

    #[test]
    fn logical_types_are_read_with_what_they_hold() {
        for (bytes, name) in [
            (&[0x1c, 0, 0][..], "STRING"),
            (&[0x5c, 0x15, 4, 0x15, 16, 0, 0], "DECIMAL(8, 2)"),
            (&[0x7c, 0x12, 0x1c, 0x2c, 0, 0, 0, 0], "TIME(us)"),
            (&[0x8c, 0x11, 0x1c, 0x3c, 0, 0, 0, 0], "TIMESTAMP(ns, UTC)"),
            (&[0x8c, 0x11, 0x1c, 0x4c, 0, 0, 0, 0], "TIMESTAMP in an unknown unit"),
            (&[0xac, 0x13, 32, 0x12, 0, 0], "UINT(32)"),
            (&[0xfc, 0, 0], "FLOAT16"),
            (&[0xc, 0x80, 1, 0, 0], "logical type 64 of parquet.thrift"),
        ] {
            assert_eq!(logical(bytes).as_deref(), Some(name));
            for at in 0..bytes.len() {
                assert_eq!(logical(&bytes[..at]), None, "{name} cut to {at}");
            }
        }
    }

    #[test]
    fn logical_types_of_another_shape_are_refused() {
        for bytes in [
            // Nothing; a number for a struct; a DECIMAL without scale; a TIMESTAMP whose zone is a
            // number; a width in four bytes.
            &[0][..],
            &[0x15, 2, 0],
            &[0x5c, 0x25, 16, 0, 0],
            &[0x8c, 0x15, 2, 0x1c, 0x3c, 0, 0, 0, 0],
            &[0xac, 0x15, 64, 0x12, 0, 0],
        ] {
            assert_eq!(logical(bytes), None, "{bytes:?}");
        }
    }
}
