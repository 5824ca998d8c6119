//! The footer of a file: its columns, our metadata, and where the pages of each column lie.
//!
//! The `parquet` crate reads a field of the footer by its number, whatever kind it is stated to be,
//! and passes over what it does not know as if flags in a list took no bytes: of 83 bytes it made
//! eleven seconds. Here a field of another kind than the format's is an error, and so is a list of
//! flags, which no footer has: reading costs no more than the footer's length.
//!
//! Source: the Parquet format, `parquet.thrift` (`FileMetaData`), and the Thrift compact protocol.

use super::marks::METADATA_KEY;
use super::schema::{Nested, Schema, physical};
use super::thrift::{STRUCT, Thrift, pass};
use super::types::Column;
use parquet::basic::Type as Physical;

/// What a footer says, as far as a wide table needs it.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Footer {
    /// At most one more than a table may have; only flat ones.
    pub columns: Vec<Column>,
    /// The first column that is not flat.
    pub nested: Option<Nested>,
    /// The text under our key.
    pub metadata: Option<String>,
    /// The text under Arrow's key.
    pub arrow: Option<String>,
    /// The text under pandas' key.
    pub pandas: Option<String>,
    pub row_groups: Vec<RowGroup>,
}

/// A group of rows.
#[derive(Debug, PartialEq)]
pub(super) struct RowGroup {
    pub n_rows: i64,
    /// One per column, in their order.
    pub chunks: Vec<Chunk>,
}

/// Where the pages of a column of one group of rows lie.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Chunk {
    Pages {
        physical: Physical,
        /// Number of the codec in `parquet.thrift`.
        codec: i64,
        start: i64,
        length: i64,
    },
    /// Its pages are encrypted, though the footer is not.
    Encrypted,
    /// Its pages lie in another file.
    Elsewhere,
}

/// Reads a footer; none when it is damaged.
pub(super) fn read_footer(bytes: &[u8]) -> Option<Footer> {
    let (mut schema, mut footer) = (Schema::default(), Footer::default());
    Thrift { rest: bytes }.fields(|thrift, field, kind| match field {
        2 => thrift.structs(kind, |thrift| schema.read_element(thrift)),
        4 => thrift.structs(kind, |thrift| {
            footer.row_groups.push(read_row_group(thrift)?);
            Some(())
        }),
        5 => thrift.structs(kind, |thrift| {
            let (key, value) = read_key_value(thrift)?;
            let kept = match key {
                key if key == METADATA_KEY.as_bytes() => &mut footer.metadata,
                b"ARROW:schema" => &mut footer.arrow,
                b"pandas" => &mut footer.pandas,
                _ => return Some(()),
            };
            if kept.is_none() {
                *kept = Some(String::from_utf8(value.to_vec()).ok()?);
            }
            Some(())
        }),
        _ => pass(thrift, kind, 0),
    })?;
    (footer.columns, footer.nested) = schema.finish()?;
    Some(footer)
}

fn read_row_group(thrift: &mut Thrift<'_>) -> Option<RowGroup> {
    let (mut n_rows, mut chunks) = (None, Vec::new());
    thrift.fields(|thrift, field, kind| {
        match field {
            1 => thrift.structs(kind, |thrift| {
                chunks.push(read_column_chunk(thrift)?);
                Some(())
            })?,
            3 => n_rows = Some(thrift.number(kind)?),
            _ => pass(thrift, kind, 0)?,
        }
        Some(())
    })?;
    Some(RowGroup { n_rows: n_rows?, chunks })
}

fn read_column_chunk(thrift: &mut Thrift<'_>) -> Option<Chunk> {
    let (mut chunk, mut is_elsewhere, mut is_encrypted) = (None, false, false);
    thrift.fields(|thrift, field, kind| {
        match (field, kind) {
            (1, _) => is_elsewhere = !thrift.bytes(kind)?.is_empty(),
            (3, STRUCT) => chunk = Some(read_column_metadata(thrift)?),
            (3, _) => return None,
            // How it is encrypted, and what is encrypted of its metadata.
            (8 | 9, _) => {
                is_encrypted = true;
                pass(thrift, kind, 0)?;
            }
            _ => pass(thrift, kind, 0)?,
        }
        Some(())
    })?;
    match (is_encrypted, is_elsewhere) {
        (true, _) => Some(Chunk::Encrypted),
        (_, true) => Some(Chunk::Elsewhere),
        _ => chunk,
    }
}

fn read_column_metadata(thrift: &mut Thrift<'_>) -> Option<Chunk> {
    let (mut own, mut codec, mut length, mut data, mut dictionary) = (None, None, None, None, None);
    thrift.fields(|thrift, field, kind| {
        match field {
            1 => own = Some(thrift.number(kind)?),
            4 => codec = Some(thrift.number(kind)?),
            7 => length = Some(thrift.number(kind)?),
            9 => data = Some(thrift.number(kind)?),
            11 => dictionary = Some(thrift.number(kind)?),
            _ => pass(thrift, kind, 0)?,
        }
        Some(())
    })?;
    // Some writers say 0 where there is no dictionary.
    let start = dictionary.filter(|&at| at > 0).or(data)?;
    Some(Chunk::Pages { physical: physical(own?)?, codec: codec?, start, length: length? })
}

/// A key and its value, which may be empty.
fn read_key_value<'a>(thrift: &mut Thrift<'a>) -> Option<(&'a [u8], &'a [u8])> {
    let (mut key, mut value) = (None, &[][..]);
    thrift.fields(|thrift, field, kind| {
        match field {
            1 => key = Some(thrift.bytes(kind)?),
            2 => value = thrift.bytes(kind)?,
            _ => pass(thrift, kind, 0)?,
        }
        Some(())
    })?;
    Some((key?, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A footer of one required column of doubles named `a`, with a group of rows.
    const FOOTER: &[u8] = &[
        0x15, 2, // version
        0x19, 0x2c, // two elements: the root has a name and a child, the column a type
        0x48, 1, b'r', 0x15, 2, 0, //
        0x15, 10, 0x25, 0, 0x18, 1, b'a', 0, //
        0x16, 6, // rows
        0x19,
        0x1c, // one group of one column: its type, codec, length and place; and three rows
        0x19, 0x1c, 0x3c, 0x15, 10, 0x35, 2, 0x36, 60, 0x26, 8, 0, 0, 0x26, 6, 0, //
        0,
    ];

    #[test]
    fn columns_and_their_pages_are_found_and_every_cut_is_refused() {
        let footer = read_footer(FOOTER).unwrap();
        let column = Column {
            name: "a".into(),
            physical: Physical::DOUBLE,
            length: 0,
            logical: None,
            is_optional: false,
        };
        assert_eq!(footer.columns, [column]);
        let (physical, codec, start, length) = (Physical::DOUBLE, 1, 4, 30);
        let chunks = vec![Chunk::Pages { physical, codec, start, length }];
        assert_eq!(footer.row_groups, [RowGroup { n_rows: 3, chunks }]);
        for at in 0..FOOTER.len() {
            assert_eq!(read_footer(&FOOTER[..at]), None, "{at}");
        }
    }

    #[test]
    fn a_schema_with_other_elements_than_it_announces_is_refused() {
        for n_children in [0, 4, 6] {
            let mut footer = FOOTER.to_vec();
            footer[8] = n_children;
            assert_eq!(read_footer(&footer), None, "{n_children}");
        }
    }

    #[test]
    fn a_field_of_another_kind_than_the_formats_is_refused() {
        // The list of elements as a set, the name as a number, the length of the pages as a text.
        for (at, byte) in [(2, 0x1a), (4, 0x46), (14, 0x16), (29, 0x38)] {
            let mut footer = FOOTER.to_vec();
            footer[at] = byte;
            assert_eq!(read_footer(&footer), None, "{at}");
        }
    }

    #[test]
    fn flags_in_a_list_that_take_no_time_to_write_and_half_a_second_to_pass_over_are_refused() {
        let with = |field: &[u8]| [&FOOTER[..FOOTER.len() - 1], field, &[0]].concat();
        // A field 9 that no footer has: three numbers, no flags.
        for field in [&[0x59, 0x35, 2, 4, 6][..], &[0x59, 0x01]] {
            assert_eq!(read_footer(&with(field)), read_footer(FOOTER), "{field:?}");
        }
        // 2147483647 flags in a list, in a list within one, in a set and in a map.
        let flags = [0xf1, 0xff, 0xff, 0xff, 0xff, 0x07];
        for head in [&[0x59][..], &[0x59, 0x19], &[0x5a]] {
            assert_eq!(read_footer(&with(&[head, &flags].concat())), None, "{head:?}");
        }
        assert_eq!(read_footer(&with(&[0x5b, 0xff, 0xff, 0xff, 0xff, 0x07, 0x11])), None);
    }

    #[test]
    fn structs_nested_without_end_are_refused() {
        assert_eq!(read_footer(&[0x1c; 100_000]), None);
    }
}
