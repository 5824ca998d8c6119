//! Reading a wide Parquet table. Errors name the row (from 1) and the column.

use super::METADATA_KEY;
use super::decode::{Decoding, Levels, read_chunk};
use super::footer::{Footer, read_footer};
use super::pages::{Codec, Pages};
use crate::budget::Budget;
use crate::error::IoError;
use crate::limits::*;
use crate::options::ReadOptions;
use crate::reader::ReadOutcome;
use crate::table::metadata::{Found, parse};
use crate::table::{A_STATE, Content, Layout, TIME, describe_column};
use crate::warning::{Level, Warning};
use nervering_recording::State;
use parquet::basic::Type as Physical;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

/// The column that pandas makes of an index that is no range.
const PANDAS_INDEX: &str = "__index_level_";

pub(super) fn read_parquet(path: &Path, options: &ReadOptions) -> Result<ReadOutcome, IoError> {
    let table = Table::open(path)?;
    let mut outcome = ReadOutcome::default();
    let (names, leaves) = table.columns(&mut outcome.warnings)?;
    let layout = Layout::of(&names, &options.names).map_err(|misfit| IoError::Layout {
        path: path.to_owned(),
        place: format!("column {}", describe_column(&names, misfit.column)),
        found: format!("{:?}", names.get(misfit.column).map_or("", String::as_str)),
        expected: misfit.expected.to_owned(),
    })?;
    let metadata = table.metadata(&mut outcome.warnings)?;

    let seconds = table.numbers(leaves[0])?;
    if let Some(row) = seconds.iter().position(|time| time.is_nan()) {
        let expected = "the time of the frame in seconds";
        return Err(table.wrong_cell(leaves[0], row, "no number".into(), expected));
    }
    let n_frames = seconds.len();
    let decoded = (names.len() * n_frames) as u64 * 8;
    table.budget.check("table", decoded, "bytes", decoded_budget(table.length))?;
    let states = match layout.state {
        Some(column) => table.states(leaves[column], n_frames)?,
        None => Vec::new(),
    };
    let matrix = |columns: &[usize]| {
        let leaves: Vec<usize> = columns.iter().map(|&column| leaves[column]).collect();
        table.matrix(&leaves, n_frames)
    };
    let values = matrix(&layout.traces)?;
    let derivatives = match &layout.derivatives {
        Some(columns) => matrix(columns)?,
        None => Vec::new(),
    };
    let content = Content { seconds, states, values, derivatives };
    outcome.recordings.push(content.into_recording(path, layout, metadata, "the first row")?);
    Ok(outcome)
}

/// An open file and what its footer says.
struct Table<'p> {
    path: &'p Path,
    budget: Budget,
    length: u64,
    file: File,
    footer: Footer,
}

impl<'p> Table<'p> {
    fn open(path: &'p Path) -> Result<Self, IoError> {
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
        if !tail.ends_with(super::MAGIC) {
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
        let footer = read_footer(&bytes).ok_or_else(unreadable)?;
        Ok(Self { path, budget: Budget::new(path, length), length, file, footer })
    }

    /// Names of the columns of the table, and their places in the file.
    fn columns(&self, warnings: &mut Vec<Warning>) -> Result<(Vec<String>, Vec<usize>), IoError> {
        let n_columns = self.footer.columns.len() as u64;
        self.budget.check("schema", n_columns, "columns", MAX_TABLE_COLUMNS as u64)?;
        let (mut names, mut leaves) = (Vec::new(), Vec::new());
        for (leaf, column) in self.footer.columns.iter().enumerate() {
            if !column.is_flat {
                let place = format!("column {}", self.describe(leaf));
                let found = "a nested column".to_owned();
                return Err(self.misfit(place, found, "a flat table with one value per cell"));
            }
            if column.name.starts_with(PANDAS_INDEX) {
                let text = format!(
                    "column {} is the index of a pandas table and is passed over",
                    column.name
                );
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
        Ok((names, leaves))
    }

    fn metadata(
        &self,
        warnings: &mut Vec<Warning>,
    ) -> Result<Option<crate::table::Metadata>, IoError> {
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
                let place = crate::file_name(self.path);
                warnings.push(Warning::new(Level::Advice, "foreign-metadata", place, text));
                Ok(None)
            }
        }
    }

    /// The values of columns as one matrix `[frame, column]`.
    fn matrix(&self, leaves: &[usize], n_frames: usize) -> Result<Vec<f64>, IoError> {
        let mut matrix = vec![0.; n_frames * leaves.len()];
        for (column, &leaf) in leaves.iter().enumerate() {
            let values = self.numbers(leaf)?;
            self.check_length(leaf, values.len(), n_frames)?;
            for (row, value) in matrix.chunks_exact_mut(leaves.len()).zip(values) {
                row[column] = value;
            }
        }
        Ok(matrix)
    }

    fn states(&self, leaf: usize, n_frames: usize) -> Result<Vec<State>, IoError> {
        let physical = self.footer.columns[leaf].physical;
        if physical != Physical::BYTE_ARRAY {
            let place = format!("column {}", self.describe(leaf));
            return Err(self.misfit(place, format!("a column of {physical}"), A_STATE));
        }
        let plain = |bytes: &mut &[u8]| {
            let (length, rest) = bytes.split_first_chunk::<4>()?;
            let (text, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
            *bytes = rest;
            let text = String::from_utf8_lossy(text);
            Some(text.parse::<State>().map_err(|_| text.chars().take(40).collect::<String>()))
        };
        let cells = self.values(leaf, &plain, Ok(State::Unknown))?;
        self.check_length(leaf, cells.len(), n_frames)?;
        let state = |(row, cell): (usize, Result<State, String>)| {
            cell.map_err(|text| self.wrong_cell(leaf, row, format!("{text:?}"), A_STATE))
        };
        cells.into_iter().enumerate().map(state).collect()
    }

    /// One column of numbers; null is NaN.
    fn numbers(&self, leaf: usize) -> Result<Vec<f64>, IoError> {
        fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
            let (value, rest) = bytes.split_first_chunk::<N>()?;
            *bytes = rest;
            Some(*value)
        }
        let plain: &dyn Fn(&mut &[u8]) -> Option<f64> = match self.footer.columns[leaf].physical {
            Physical::DOUBLE => &|bytes| take(bytes).map(f64::from_le_bytes),
            Physical::FLOAT => &|bytes| take(bytes).map(f32::from_le_bytes).map(f64::from),
            Physical::INT32 => &|bytes| take(bytes).map(i32::from_le_bytes).map(f64::from),
            Physical::INT64 => &|bytes| take(bytes).map(i64::from_le_bytes).map(|n| n as f64),
            other => {
                let place = format!("column {}", self.describe(leaf));
                let found = format!("a column of {other}");
                return Err(self.misfit(place, found, "a column of numbers"));
            }
        };
        self.values(leaf, plain, f64::NAN)
    }

    /// All values of one column, row group after row group.
    fn values<T: Clone>(
        &self,
        leaf: usize,
        plain: &dyn Fn(&mut &[u8]) -> Option<T>,
        null: T,
    ) -> Result<Vec<T>, IoError> {
        let levels = match self.footer.columns[leaf].is_optional {
            false => Levels::None,
            true => Levels::OneBit,
        };
        let decoding = Decoding { plain, null, levels, limit: MAX_FRAMES };
        let mut values = Vec::new();
        for (group, chunks) in self.footer.row_groups.iter().enumerate() {
            let place = || format!("row group {}, column {}", group + 1, self.describe(leaf));
            let damaged = |found| {
                let expected = "sound pages in plain or dictionary encoding; is the file damaged?";
                self.misfit(place(), found, expected)
            };
            let Some(chunk) = chunks.get(leaf) else {
                return Err(damaged("no such column".into()));
            };
            let codec = Codec::of(chunk.codec).map_err(|name| {
                let expected = "SNAPPY, GZIP, ZSTD or none; write it with compression=\"snappy\"";
                self.misfit(place(), format!("compression {name}"), expected)
            })?;
            let chunk = self.bytes(chunk.start, chunk.length)?;
            let chunk = chunk.ok_or_else(|| damaged("pages outside the file".into()))?;
            let pages = Pages::new(&chunk, codec, &self.budget);
            read_chunk(pages, &decoding, &mut values).map_err(damaged)?;
        }
        Ok(values)
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

    fn check_length(&self, leaf: usize, found: usize, n_frames: usize) -> Result<(), IoError> {
        if found == n_frames {
            return Ok(());
        }
        let place = format!("column {}", self.describe(leaf));
        let expected = format!("{n_frames}, as many as {TIME} has");
        Err(self.misfit(place, format!("{found} rows"), expected))
    }

    fn wrong_cell(&self, leaf: usize, row: usize, found: String, expected: &str) -> IoError {
        self.misfit(format!("row {}, column {}", row + 1, self.describe(leaf)), found, expected)
    }

    fn misfit(&self, place: String, found: String, expected: impl Into<String>) -> IoError {
        IoError::Layout { path: self.path.to_owned(), place, found, expected: expected.into() }
    }

    /// Number (from 1) and name of a column of the file.
    fn describe(&self, leaf: usize) -> String {
        let name = self.footer.columns.get(leaf).map_or("", |column| &column.name);
        let name: String = name.chars().take(40).collect();
        format!("{} ({name})", leaf + 1)
    }
}
