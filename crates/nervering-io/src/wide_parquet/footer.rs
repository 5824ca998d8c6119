//! The footer of a file: its columns, our metadata, and where the pages of each column lie.
//!
//! The `parquet` crate reads a field of the footer by its number, whatever kind it is stated to be,
//! and passes over what it does not know as if flags in a list took no bytes: of 83 bytes it made
//! eleven seconds. Here a field of another kind than the format's is an error, and so is a list of
//! flags, which no footer has: reading costs no more than the footer's length.
//!
//! Source: the Parquet format, `parquet.thrift` (`FileMetaData`), and the Thrift compact protocol.

use super::METADATA_KEY;
use super::thrift::{FALSE, LIST, MAP, SET, STRUCT, TRUE, Thrift};
use crate::limits::MAX_TABLE_COLUMNS;
use parquet::basic::Type as Physical;

/// Structs and lists within each other; a sound footer has six.
const MAX_DEPTH: usize = 32;
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

/// What a footer says, as far as a wide table needs it.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Footer {
    /// At most one more than a table may have.
    pub columns: Vec<Column>,
    /// The text under our key.
    pub metadata: Option<String>,
    /// Of each group of rows its columns, in their order.
    pub row_groups: Vec<Vec<Chunk>>,
}

/// A column, which is a leaf of the schema.
#[derive(Debug, PartialEq)]
pub(super) struct Column {
    pub name: String,
    pub physical: Physical,
    /// Whether values may be null.
    pub is_optional: bool,
    /// Whether it stands in no group and holds one value per row.
    pub is_flat: bool,
}

/// Where the pages of a column of one group of rows lie.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Chunk {
    /// Number of the codec in `parquet.thrift`.
    pub codec: i64,
    pub start: i64,
    pub length: i64,
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
            if key == METADATA_KEY.as_bytes() && footer.metadata.is_none() {
                footer.metadata = Some(String::from_utf8(value.to_vec()).ok()?);
            }
            Some(())
        }),
        _ => pass(thrift, kind, 0),
    })?;
    footer.columns = schema.finish()?;
    Some(footer)
}

/// The schema, a tree whose elements stand in the order in which one walks it.
struct Schema {
    columns: Vec<Column>,
    /// How many elements are still to come of each group that is open, after the root itself.
    open: Vec<u64>,
}

impl Default for Schema {
    fn default() -> Self {
        Self { columns: Vec::new(), open: vec![1] }
    }
}

impl Schema {
    fn read_element(&mut self, thrift: &mut Thrift<'_>) -> Option<()> {
        const OPTIONAL: i64 = 1;
        const REPEATED: i64 = 2;
        let (mut physical, mut repetition, mut name, mut n_children) = (None, 0, None, 0);
        thrift.fields(|thrift, field, kind| {
            match field {
                1 => physical = Some(thrift.number(kind)?),
                3 => repetition = thrift.number(kind)?,
                4 => name = Some(thrift.bytes(kind)?),
                5 => n_children = u64::try_from(thrift.number(kind)?).ok()?,
                _ => pass(thrift, kind, 0)?,
            }
            Some(())
        })?;
        let name = std::str::from_utf8(name?).ok()?;
        while self.open.last() == Some(&0) {
            self.open.pop();
        }
        *self.open.last_mut()? -= 1;
        let Some(physical) = physical else {
            self.open.push(n_children);
            return Some(());
        };
        if n_children > 0 {
            return None;
        }
        let column = Column {
            name: name.to_owned(),
            physical: *PHYSICAL.get(usize::try_from(physical).ok()?)?,
            is_optional: repetition == OPTIONAL,
            // Open are what is above the root, and the root.
            is_flat: self.open.len() == 2 && repetition != REPEATED,
        };
        if self.columns.len() <= MAX_TABLE_COLUMNS {
            self.columns.push(column);
        }
        Some(())
    }

    fn finish(self) -> Option<Vec<Column>> {
        self.open.iter().all(|&left| left == 0).then_some(self.columns)
    }
}

fn read_row_group(thrift: &mut Thrift<'_>) -> Option<Vec<Chunk>> {
    let mut chunks = Vec::new();
    thrift.fields(|thrift, field, kind| match field {
        1 => thrift.structs(kind, |thrift| {
            chunks.push(read_column_chunk(thrift)?);
            Some(())
        }),
        _ => pass(thrift, kind, 0),
    })?;
    Some(chunks)
}

fn read_column_chunk(thrift: &mut Thrift<'_>) -> Option<Chunk> {
    let mut chunk = None;
    thrift.fields(|thrift, field, kind| {
        match (field, kind) {
            (3, STRUCT) => chunk = Some(read_column_metadata(thrift)?),
            (3, _) => return None,
            _ => pass(thrift, kind, 0)?,
        }
        Some(())
    })?;
    chunk
}

fn read_column_metadata(thrift: &mut Thrift<'_>) -> Option<Chunk> {
    let (mut codec, mut length, mut data, mut dictionary) = (None, None, None, None);
    thrift.fields(|thrift, field, kind| {
        match field {
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
    Some(Chunk { codec: codec?, start, length: length? })
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

/// Passes over the value of a field.
fn pass(thrift: &mut Thrift<'_>, kind: u8, depth: usize) -> Option<()> {
    match kind {
        // A flag has its value in its kind.
        TRUE | FALSE => Some(()),
        kind => pass_element(thrift, kind, depth),
    }
}

/// Passes over what takes a byte or more, so no flag.
fn pass_element(thrift: &mut Thrift<'_>, kind: u8, depth: usize) -> Option<()> {
    if depth >= MAX_DEPTH {
        return None;
    }
    match kind {
        LIST | SET => {
            let (kind, length) = thrift.list()?;
            (0..length).try_for_each(|_| pass_element(thrift, kind, depth + 1))
        }
        MAP => {
            let length = thrift.varint()?;
            let kinds = if length > 0 { thrift.byte()? } else { 0 };
            (0..length).try_for_each(|_| {
                pass_element(thrift, kinds >> 4, depth + 1)?;
                pass_element(thrift, kinds & 0xf, depth + 1)
            })
        }
        STRUCT => thrift.fields(|thrift, _, kind| pass(thrift, kind, depth + 1)),
        kind => thrift.pass_plain(kind),
    }
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
        0x19, 0x1c, // one group of one column: its codec, length and place
        0x19, 0x1c, 0x3c, 0x45, 2, 0x36, 60, 0x26, 8, 0, 0, 0, //
        0,
    ];

    #[test]
    fn columns_and_their_pages_are_found_and_every_cut_is_refused() {
        let footer = read_footer(FOOTER).unwrap();
        let column = Column {
            name: "a".into(),
            physical: Physical::DOUBLE,
            is_optional: false,
            is_flat: true,
        };
        assert_eq!(footer.columns, [column]);
        assert_eq!(footer.row_groups, [[Chunk { codec: 1, start: 4, length: 30 }]]);
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
        for (at, byte) in [(2, 0x1a), (4, 0x46), (14, 0x16), (27, 0x38)] {
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
