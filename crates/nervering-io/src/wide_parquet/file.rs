//! An open file: what its footer says, which of its columns are the table's, and the values of one
//! column, row group after row group.

use super::arrow::ArrowSchema;
use super::codec::Codec;
use super::decode::{Levels, Shape, Width, read_chunk};
use super::fault::Fault;
use super::footer::{Chunk, Footer, read_footer};
use super::marks::{ENCRYPTED_MAGIC, MAGIC, METADATA_KEY};
use super::meaning::Meaning;
use super::pages::Pages;
use super::pandas::{Pandas, is_named_as_index};
use crate::budget::Budget;
use crate::error::IoError;
use crate::limits::*;
use crate::table::metadata::{Found, parse};
use crate::table::{Metadata, STATE, TIME};
use crate::warning::{Level, Warning};
use parquet::basic::Type as Physical;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

/// What an encrypted file should be instead.
const PLAIN: &str = "a file that is not encrypted; decrypt it and write it again";

/// What pages may be instead of what is not read.
const ENCODINGS: &str = "PLAIN, RLE_DICTIONARY, BYTE_STREAM_SPLIT or, where the format has it for this \
    type, DELTA_*; write the file again with the defaults of its writer";
const CODECS: &str = "SNAPPY, GZIP, ZSTD, LZ4_RAW or none; write it with compression=\"snappy\"";

/// An open file and what its footer says.
pub(super) struct Table<'p> {
    pub(super) path: &'p Path,
    pub(super) budget: Budget,
    pub(super) length: u64,
    file: File,
    pub(super) footer: Footer,
    arrow: Option<ArrowSchema>,
    pandas: Pandas,
}

/// The columns of a table: their names, and their places in the file. The time comes first, wherever
/// it stands in the file.
pub(super) struct Columns {
    pub names: Vec<String>,
    pub leaves: Vec<usize>,
}

impl<'p> Table<'p> {
    pub(super) fn open(path: &'p Path, warnings: &mut Vec<Warning>) -> Result<Self, IoError> {
        let mut file = File::open(path).map_err(IoError::read(path))?;
        let length = file.metadata().map_err(IoError::read(path))?.len();
        let limit = |place: &str, found, limit| IoError::Limit {
            path: path.to_owned(),
            place: place.to_owned(),
            found,
            unit: "bytes",
            limit,
        };
        if length > MAX_PARQUET_BYTES {
            return Err(limit("file", length, MAX_PARQUET_BYTES));
        }
        let unreadable = || IoError::Parquet { path: path.to_owned() };
        // The length of the footer stands before the last four bytes.
        let mut tail = [0; 8];
        if length >= 12 {
            file.seek(SeekFrom::End(-8)).map_err(IoError::read(path))?;
            file.read_exact(&mut tail).map_err(IoError::read(path))?;
        }
        if tail.ends_with(ENCRYPTED_MAGIC) {
            let (place, found) = ("footer".to_owned(), "an encrypted Parquet file".to_owned());
            return Err(IoError::Layout {
                path: path.to_owned(),
                place,
                found,
                expected: PLAIN.to_owned(),
            });
        }
        if !tail.ends_with(MAGIC) {
            return Err(unreadable());
        }
        let n_bytes = u64::from(u32::from_le_bytes([tail[0], tail[1], tail[2], tail[3]]));
        let most = MAX_PARQUET_FOOTER_BYTES.min(length - 12);
        if n_bytes > most {
            return Err(limit("footer", n_bytes, most));
        }
        let mut bytes = vec![0; n_bytes as usize];
        file.seek(SeekFrom::Start(length - 8 - n_bytes)).map_err(IoError::read(path))?;
        file.read_exact(&mut bytes).map_err(IoError::read(path))?;
        let mut footer = read_footer(&bytes).ok_or_else(unreadable)?;
        let budget = Budget::new(path, length);
        let arrow = footer.arrow.as_deref().and_then(ArrowSchema::of);
        let pandas = match footer.pandas.take() {
            None => Pandas::default(),
            Some(text) => {
                budget.check("pandas metadata", text.len() as u64, "bytes", MAX_PANDAS_BYTES)?;
                Pandas::of(&text).unwrap_or_else(|| {
                    let text = "the entry pandas is not what pandas writes and is passed over";
                    warnings.push(foreign(path, text));
                    Pandas::default()
                })
            }
        };
        Ok(Self { path, budget, length, file, footer, arrow, pandas })
    }

    /// The columns of the table, without those that are an index of pandas and mean nothing here.
    pub(super) fn columns(&self, warnings: &mut Vec<Warning>) -> Result<Columns, IoError> {
        if let Some(nested) = &self.footer.nested {
            let place = format!("column {}", describe(nested.column, &nested.name));
            let found = format!("a nested column ({})", nested.kind);
            return Err(self.misfit(place, found, "a flat table with one value per cell"));
        }
        let n_columns = self.footer.columns.len() as u64;
        self.budget.check("schema", n_columns, "columns", MAX_TABLE_COLUMNS as u64)?;
        let (mut names, mut leaves) = (Vec::new(), Vec::new());
        // Our own tables have no index, whatever their neurons are called.
        let may_be_index = self.footer.metadata.is_none();
        for (leaf, column) in self.footer.columns.iter().enumerate() {
            let has_meaning = column.name == TIME || column.name == STATE;
            let is_index = self.pandas.is_index(&column.name)
                || may_be_index && is_named_as_index(&column.name);
            if is_index && !has_meaning {
                let name: String = column.name.chars().take(40).collect();
                let text =
                    format!("column {name} is the index of a pandas table and is passed over");
                let place = crate::file_name(self.path);
                warnings.push(Warning::new(Level::Advice, "pandas-index", place, text));
                continue;
            }
            names.push(column.name.clone());
            leaves.push(leaf);
        }
        if names.is_empty() {
            let found = "a table without columns".to_owned();
            return Err(self.misfit("schema".into(), found, TIME));
        }
        match names.iter().position(|name| name == TIME) {
            Some(time) => {
                names[..=time].rotate_right(1);
                leaves[..=time].rotate_right(1);
            }
            None if self.pandas.is_range(TIME) => {
                let found = format!("{TIME} as a RangeIndex of pandas, which has no column");
                let expected = format!("a column {TIME}; write the table with index=True");
                return Err(self.misfit("schema".into(), found, expected));
            }
            None => {}
        }
        Ok(Columns { names, leaves })
    }

    /// What this program wrote beside the table.
    pub(super) fn metadata(
        &self,
        warnings: &mut Vec<Warning>,
    ) -> Result<Option<Metadata>, IoError> {
        let Some(text) = &self.footer.metadata else {
            return Ok(None);
        };
        self.budget.check("metadata", text.len() as u64, "bytes", MAX_METADATA_BYTES)?;
        match parse(self.path, text.as_bytes())? {
            Found::Ours(metadata) => Ok(Some(metadata)),
            Found::Nothing | Found::Foreign => {
                let text = format!(
                    "the entry {METADATA_KEY} is not this program's metadata and is passed over"
                );
                warnings.push(foreign(self.path, &text));
                Ok(None)
            }
        }
    }

    /// What the values of a column mean; it must be something of which `accepts` gives true.
    pub(super) fn meaning(
        &self,
        leaf: usize,
        accepts: impl Fn(Meaning) -> bool,
        expected: &str,
    ) -> Result<Meaning, IoError> {
        let column = &self.footer.columns[leaf];
        let arrow = self.arrow.as_ref().and_then(|schema| schema.type_of(leaf, &column.name));
        let is_bare = column.logical.is_none()
            && matches!(column.physical, Physical::INT32 | Physical::INT64);
        let meaning = match (&self.footer.arrow, arrow) {
            (Some(_), None) if is_bare => {
                Err(format!("{} whose type in ARROW:schema does not read", column.type_name()))
            }
            _ => column.meaning(arrow, self.pandas.kind(&column.name)),
        };
        let found = match meaning {
            Ok(meaning) if accepts(meaning) => return Ok(meaning),
            Ok(Meaning::Span(_)) if is_bare => format!(
                "{} that Arrow's schema calls {}",
                column.type_name(),
                arrow.map_or_else(String::new, |arrow| arrow.to_string())
            ),
            Ok(_) => column.type_name(),
            Err(name) => name,
        };
        let place = format!("column {}", self.describe(leaf));
        Err(self.misfit(place, format!("a column of {found}"), expected))
    }

    /// Hands all values of a column to `put`, row group after row group, nothing for a null.
    pub(super) fn values(
        &self,
        leaf: usize,
        mut put: impl FnMut(Option<&[u8]>) -> Result<(), Fault>,
        expected: &str,
    ) -> Result<(), IoError> {
        let column = &self.footer.columns[leaf];
        let mut row = 0;
        for (group, rows) in self.footer.row_groups.iter().enumerate() {
            let place = || format!("row group {}, column {}", group + 1, self.describe(leaf));
            let fails = |fault: Fault, row: usize| match fault {
                Fault::Damaged(found) => {
                    self.misfit(place(), found, "sound pages; is the file damaged?")
                }
                Fault::Foreign(found) => self.misfit(place(), found, ENCODINGS),
                Fault::Cell(found) => self.wrong_cell(leaf, row, found, expected),
            };
            let damaged = |found: &str| fails(Fault::Damaged(found.to_owned()), row);
            let limit = usize::try_from(rows.n_rows).map_err(|_| damaged("a negative length"))?;
            if row.checked_add(limit).is_none_or(|rows| rows > MAX_FRAMES) {
                let found = (row as u64).saturating_add(limit as u64);
                self.budget.check(&place(), found, "rows", MAX_FRAMES as u64)?;
            }
            let (codec, start, length) = match rows.chunks.get(leaf) {
                Some(&Chunk::Pages { physical, codec, start, length })
                    if physical == column.physical =>
                {
                    (codec, start, length)
                }
                Some(Chunk::Pages { .. }) => return Err(damaged("pages of another type")),
                Some(Chunk::Encrypted) => {
                    return Err(self.misfit(place(), "an encrypted column".into(), PLAIN));
                }
                Some(Chunk::Elsewhere) => {
                    let found = "pages that lie in another file".to_owned();
                    return Err(self.misfit(place(), found, "one file that holds the whole table"));
                }
                None => return Err(damaged("no such column")),
            };
            let shape = Shape {
                physical: column.physical,
                width: width(column.physical, column.length)
                    .ok_or_else(|| damaged("values of no width"))?,
                levels: if column.is_optional { Levels::OneBit } else { Levels::None },
                limit,
            };
            let codec = Codec::of(codec)
                .map_err(|name| self.misfit(place(), format!("compression {name}"), CODECS))?;
            let chunk = self.bytes(start, length)?;
            let chunk = chunk.ok_or_else(|| damaged("pages outside the file"))?;
            let pages = Pages::new(&chunk, codec, &self.budget);
            let begin = row;
            let counted = |value: Option<&[u8]>| {
                put(value)?;
                row += 1;
                Ok(())
            };
            let outcome = read_chunk(pages, &shape, counted);
            let n_values = outcome.map_err(|fault| fails(fault, row))?;
            if n_values != limit || row - begin != limit {
                let found = format!("{n_values} values in {limit} rows");
                return Err(fails(Fault::Damaged(found), row));
            }
        }
        Ok(())
    }

    /// The pages in a range of the file, or nothing when it is none.
    fn bytes(&self, start: i64, length: i64) -> Result<Option<Vec<u8>>, IoError> {
        let (Ok(start), Ok(length)) = (u64::try_from(start), u64::try_from(length)) else {
            return Ok(None);
        };
        if start.checked_add(length).is_none_or(|end| end > self.length) {
            return Ok(None);
        }
        // Many columns may claim the same bytes.
        self.budget.spend("pages", length)?;
        let mut file = &self.file;
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(start)).map_err(IoError::read(self.path))?;
        file.take(length).read_to_end(&mut bytes).map_err(IoError::read(self.path))?;
        Ok(Some(bytes))
    }

    /// An error about the value of a row, counted from 0.
    pub(super) fn wrong_cell(
        &self,
        leaf: usize,
        row: usize,
        found: String,
        expected: &str,
    ) -> IoError {
        self.misfit(format!("row {}, column {}", row + 1, self.describe(leaf)), found, expected)
    }

    pub(super) fn misfit(
        &self,
        place: String,
        found: String,
        expected: impl Into<String>,
    ) -> IoError {
        IoError::Layout { path: self.path.to_owned(), place, found, expected: expected.into() }
    }

    /// Number (from 1) and name of a column of the file.
    pub(super) fn describe(&self, leaf: usize) -> String {
        describe(leaf, self.footer.columns.get(leaf).map_or("", |column| &column.name))
    }
}

fn describe(column: usize, name: &str) -> String {
    let name: String = name.chars().take(40).collect();
    format!("{} ({name})", column + 1)
}

fn foreign(path: &Path, text: &str) -> Warning {
    Warning::new(Level::Advice, "foreign-metadata", crate::file_name(path), text)
}

/// Bytes of a value of a physical type; none where a value takes less than one.
fn width(physical: Physical, length: i64) -> Option<Width> {
    match physical {
        Physical::INT32 | Physical::FLOAT => Some(Width::Fixed(4)),
        Physical::INT64 | Physical::DOUBLE => Some(Width::Fixed(8)),
        Physical::INT96 => Some(Width::Fixed(12)),
        Physical::FIXED_LEN_BYTE_ARRAY => {
            let length = usize::try_from(length).ok().filter(|&length| length > 0)?;
            Some(Width::Fixed(length))
        }
        Physical::BYTE_ARRAY => Some(Width::Variable),
        Physical::BOOLEAN => None,
    }
}
