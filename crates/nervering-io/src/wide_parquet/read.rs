//! Reading a wide Parquet table. Errors name the row (from 1) and the column.

use super::{METADATA_KEY, pages};
use crate::error::IoError;
use crate::limits::*;
use crate::reader::ReadOutcome;
use crate::table::metadata::{Found, parse};
use crate::table::{A_STATE, Content, Layout, TIME, describe_column};
use crate::warning::{Level, Warning};
use nervering_recording::State;
use parquet::basic::{Compression, Type as Physical};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{ByteArray, DataType};
use parquet::errors::ParquetError;
use parquet::file::metadata::ParquetMetaData;
use parquet::file::reader::FileReader;
use parquet::file::serialized_reader::SerializedFileReader;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

/// Rows decoded at a time.
const BATCH: usize = 4_096;
/// The column that pandas makes of an index that is no range.
const PANDAS_INDEX: &str = "__index_level_";

pub(super) fn read_parquet(path: &Path) -> Result<ReadOutcome, IoError> {
    let table = Table::open(path)?;
    let mut outcome = ReadOutcome::default();
    let (names, leaves) = table.columns(&mut outcome.warnings)?;
    let layout = Layout::of(&names).map_err(|misfit| IoError::Layout {
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
    table.check_limit("table", decoded, "bytes", decoded_budget(table.length))?;
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

/// An open file whose page headers are checked.
struct Table<'p> {
    path: &'p Path,
    length: u64,
    reader: SerializedFileReader<File>,
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
        // The length of the footer stands before the last four bytes.
        let mut tail = [0; 8];
        if length >= 12 {
            file.seek(SeekFrom::End(-8)).map_err(IoError::read(path))?;
            file.read_exact(&mut tail).map_err(IoError::read(path))?;
        }
        let footer = u64::from(u32::from_le_bytes([tail[0], tail[1], tail[2], tail[3]]));
        if tail.ends_with(super::MAGIC) && footer > MAX_PARQUET_FOOTER_BYTES.min(length) {
            return Err(limit("footer", footer, MAX_PARQUET_FOOTER_BYTES.min(length)));
        }
        let handle = file.try_clone().map_err(IoError::read(path))?;
        let reader = SerializedFileReader::new(handle).map_err(IoError::parquet(path, "footer"))?;
        let table = Self { path, length, reader };
        table.check_chunks(file)?;
        Ok(table)
    }

    fn about(&self) -> &ParquetMetaData {
        self.reader.metadata()
    }

    /// Follows the pages of every column of every row group.
    fn check_chunks(&self, mut file: File) -> Result<(), IoError> {
        for (group, rows) in self.about().row_groups().iter().enumerate() {
            for (column, chunk) in rows.columns().iter().enumerate() {
                let place = || format!("row group {}, column {}", group + 1, self.describe(column));
                let codec = chunk.compression();
                if !matches!(codec, Compression::SNAPPY | Compression::UNCOMPRESSED) {
                    return Err(self.misfit(
                        place(),
                        format!("compression {codec}"),
                        "SNAPPY or UNCOMPRESSED; write it with compression=\"snappy\"",
                    ));
                }
                let outside = || {
                    let found = "pages that lie outside the file".to_owned();
                    self.misfit(place(), found, "pages inside the file; it may be damaged")
                };
                let start = chunk.dictionary_page_offset().unwrap_or(chunk.data_page_offset());
                let start = u64::try_from(start).map_err(|_| outside())?;
                let length = u64::try_from(chunk.compressed_size()).map_err(|_| outside())?;
                if start.checked_add(length).is_none_or(|end| end > self.length) {
                    return Err(outside());
                }
                file.seek(SeekFrom::Start(start)).map_err(IoError::read(self.path))?;
                let mut bytes = Vec::new();
                (&mut file)
                    .take(length)
                    .read_to_end(&mut bytes)
                    .map_err(IoError::read(self.path))?;
                pages::check(&bytes).map_err(|found| {
                    self.misfit(place(), found, "sound pages; the file may be damaged")
                })?;
            }
        }
        Ok(())
    }

    /// Names of the columns of the table, and their places in the file.
    fn columns(&self, warnings: &mut Vec<Warning>) -> Result<(Vec<String>, Vec<usize>), IoError> {
        let schema = self.about().file_metadata().schema_descr();
        self.check_limit(
            "schema",
            schema.num_columns() as u64,
            "columns",
            MAX_TABLE_COLUMNS as u64,
        )?;
        let (mut names, mut leaves) = (Vec::new(), Vec::new());
        for (leaf, column) in schema.columns().iter().enumerate() {
            let is_flat = column.path().parts().len() == 1 && column.max_rep_level() == 0;
            if !is_flat || column.max_def_level() > 1 {
                let place = format!("column {}", self.describe(leaf));
                let found = "a nested column".to_owned();
                return Err(self.misfit(place, found, "a flat table with one value per cell"));
            }
            if column.name().starts_with(PANDAS_INDEX) {
                let text = format!(
                    "column {} is the index of a pandas table and is passed over",
                    column.name()
                );
                let place = crate::file_name(self.path);
                warnings.push(Warning::new(Level::Advice, "pandas-index", place, text));
                continue;
            }
            names.push(column.name().to_owned());
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
        let block = self.about().file_metadata().key_value_metadata();
        let ours = block.into_iter().flatten().find(|entry| entry.key == METADATA_KEY);
        let Some(text) = ours.and_then(|entry| entry.value.as_ref()) else {
            return Ok(None);
        };
        self.check_limit("metadata", text.len() as u64, "bytes", MAX_METADATA_BYTES)?;
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
        let mut states = Vec::new();
        self.read_column(leaf, |reader| {
            let ColumnReader::ByteArrayColumnReader(mut reader) = reader else {
                let found = "a column of numbers".to_owned();
                let place = format!("column {}", self.describe(leaf));
                return Err(self.misfit(place, found, A_STATE));
            };
            self.read_batches(leaf, &mut reader, |values: &[Option<ByteArray>]| {
                for value in values {
                    let text = value.as_ref().map(ByteArray::data).unwrap_or_default();
                    let text = String::from_utf8_lossy(text);
                    states.push(text.parse().map_err(|_| {
                        let shown: String = text.chars().take(40).collect();
                        self.wrong_cell(leaf, states.len(), format!("{shown:?}"), A_STATE)
                    })?);
                }
                self.check_limit("rows", states.len() as u64, "frames", MAX_FRAMES as u64)
            })
        })?;
        self.check_length(leaf, states.len(), n_frames)?;
        Ok(states)
    }

    /// One column of numbers; null is NaN.
    fn numbers(&self, leaf: usize) -> Result<Vec<f64>, IoError> {
        let mut numbers = Vec::new();
        self.read_column(leaf, |reader| {
            let mut take = |values: &mut dyn Iterator<Item = f64>| {
                numbers.extend(values);
                self.check_limit("rows", numbers.len() as u64, "frames", MAX_FRAMES as u64)
            };
            match reader {
                ColumnReader::DoubleColumnReader(mut reader) => {
                    self.read_batches(leaf, &mut reader, |values: &[Option<f64>]| {
                        take(&mut values.iter().map(|v| v.unwrap_or(f64::NAN)))
                    })
                }
                ColumnReader::FloatColumnReader(mut reader) => {
                    self.read_batches(leaf, &mut reader, |values: &[Option<f32>]| {
                        take(&mut values.iter().map(|v| v.map_or(f64::NAN, f64::from)))
                    })
                }
                ColumnReader::Int32ColumnReader(mut reader) => {
                    self.read_batches(leaf, &mut reader, |values: &[Option<i32>]| {
                        take(&mut values.iter().map(|v| v.map_or(f64::NAN, f64::from)))
                    })
                }
                ColumnReader::Int64ColumnReader(mut reader) => {
                    self.read_batches(leaf, &mut reader, |values: &[Option<i64>]| {
                        take(&mut values.iter().map(|v| v.map_or(f64::NAN, |v| v as f64)))
                    })
                }
                _ => {
                    let schema = self.about().file_metadata().schema_descr();
                    let found = format!("a column of {}", schema.column(leaf).physical_type());
                    let place = format!("column {}", self.describe(leaf));
                    Err(self.misfit(place, found, "a column of numbers"))
                }
            }
        })?;
        Ok(numbers)
    }

    /// Hands one column of each row group to `read`.
    fn read_column(
        &self,
        leaf: usize,
        mut read: impl FnMut(ColumnReader) -> Result<(), IoError>,
    ) -> Result<(), IoError> {
        let failed = || IoError::parquet(self.path, format!("column {}", self.describe(leaf)));
        let physical = self.about().file_metadata().schema_descr().column(leaf).physical_type();
        for group in 0..self.reader.num_row_groups() {
            let rows = self.reader.get_row_group(group).map_err(failed())?;
            let stated: Option<Physical> =
                rows.metadata().columns().get(leaf).map(|chunk| chunk.column_type());
            if stated != Some(physical) {
                let error = ParquetError::General("a column chunk of another type".into());
                return Err(failed()(error));
            }
            read(rows.get_column_reader(leaf).map_err(failed())?)?;
        }
        Ok(())
    }

    /// Hands the values of one column chunk to `take`, a batch at a time.
    fn read_batches<T: DataType>(
        &self,
        leaf: usize,
        reader: &mut ColumnReaderImpl<T>,
        mut take: impl FnMut(&[Option<T::T>]) -> Result<(), IoError>,
    ) -> Result<(), IoError> {
        let nullable = self.about().file_metadata().schema_descr().column(leaf).max_def_level() > 0;
        let (mut values, mut levels, mut batch) = (Vec::new(), Vec::new(), Vec::new());
        loop {
            values.clear();
            levels.clear();
            batch.clear();
            let (n_rows, _, _) =
                reader.read_records(BATCH, Some(&mut levels), None, &mut values).map_err(
                    IoError::parquet(self.path, format!("column {}", self.describe(leaf))),
                )?;
            if n_rows == 0 {
                return Ok(());
            }
            if nullable {
                let mut present = values.drain(..);
                batch.extend(
                    levels.iter().map(|&level| if level > 0 { present.next() } else { None }),
                );
            } else {
                batch.extend(values.drain(..).map(Some));
            }
            take(&batch)?;
        }
    }

    fn check_length(&self, leaf: usize, found: usize, n_frames: usize) -> Result<(), IoError> {
        if found == n_frames {
            return Ok(());
        }
        let place = format!("column {}", self.describe(leaf));
        let expected = format!("{n_frames}, as many as {TIME} has");
        Err(self.misfit(place, format!("{found} rows"), expected))
    }

    fn check_limit(
        &self,
        place: &str,
        found: u64,
        unit: &'static str,
        limit: u64,
    ) -> Result<(), IoError> {
        if found <= limit {
            return Ok(());
        }
        let (path, place) = (self.path.to_owned(), place.to_owned());
        Err(IoError::Limit { path, place, found, unit, limit })
    }

    fn wrong_cell(&self, leaf: usize, row: usize, found: String, expected: &str) -> IoError {
        self.misfit(format!("row {}, column {}", row + 1, self.describe(leaf)), found, expected)
    }

    fn misfit(&self, place: String, found: String, expected: impl Into<String>) -> IoError {
        IoError::Layout { path: self.path.to_owned(), place, found, expected: expected.into() }
    }

    /// Number (from 1) and name of a column of the file.
    fn describe(&self, leaf: usize) -> String {
        let schema = self.about().file_metadata().schema_descr();
        let name = schema.columns().get(leaf).map_or("", |column| column.name());
        let name: String = name.chars().take(40).collect();
        format!("{} ({name})", leaf + 1)
    }
}
