//! Reading a wide table. Errors name the line, as an editor shows it, and the column.

use super::arrangement::Arrangement;
use super::source::{line_of, open};
use crate::error::IoError;
use crate::limits::*;
use crate::options::ReadOptions;
use crate::outcome::ReadOutcome;
use crate::states::StateReader;
use crate::table::metadata::{Found, Metadata, path_beside, read_beside};
use crate::table::{Content, Layout, a_number, accepted, describe_column};
use crate::warning::{Level, Warning};
use nervering_recording::State;
use std::cell::Cell;
use std::io::Read;
use std::path::Path;
use std::rc::Rc;

/// How many bytes the CSV parser reads ahead of the row it returns.
const BUFFER_BYTES: usize = 64 << 10;

pub(super) fn read_csv(path: &Path, options: &ReadOptions) -> Result<ReadOutcome, IoError> {
    let limit = |place: &str, found, unit, limit| IoError::Limit {
        path: path.to_owned(),
        place: place.to_owned(),
        found,
        unit,
        limit,
    };
    let since_row = Rc::new(Cell::new(0));
    let metered = Metered { inner: open(path)?, since_row: since_row.clone() };
    let mut table = csv::ReaderBuilder::new()
        .buffer_capacity(BUFFER_BYTES)
        .flexible(true)
        .has_headers(false)
        .from_reader(metered);
    let mut next = |row: &mut csv::StringRecord| {
        since_row.set(0);
        let begin = table.position().byte();
        table.read_record(row).map_err(|error| not_csv(path, begin, error))
    };

    let mut row = csv::StringRecord::new();
    next(&mut row)?;
    let header_begin = begin_of(&row);
    let header = read_names(path, &row)?;
    let mut more = next(&mut row)?;
    let around = Arrangement::of(&header, more.then_some(&row));
    let names = &header[around.n_index..around.n_index + around.n_columns];
    let mut warnings = Vec::new();
    let metadata = metadata_beside(path, &mut warnings)?;
    let accepted = accepted(metadata.as_ref(), options);
    let layout = match Layout::of(names, &accepted) {
        Ok(layout) => layout,
        Err(misfit) => {
            let column = around.n_index + misfit.column;
            let found = format!("{:?}", header.get(column).map_or("", String::as_str));
            let row = Row { path, begin: header_begin, header: &header, record: &row, around };
            return Err(row.wrong(column, found, misfit.expected));
        }
    };

    let reader = StateReader::new(options);
    let (mut seconds, mut states) = (Vec::new(), Vec::new());
    let (mut values, mut derivatives) = (Vec::new(), Vec::new());
    let mut indices: Vec<Index> = vec![Index::default(); around.n_index];
    while more {
        let row_now = Row { path, begin: begin_of(&row), header: &header, record: &row, around };
        if seconds.len() == MAX_FRAMES {
            let line = line_of(path, row_now.begin)?;
            let found = seconds.len() as u64 + 1;
            return Err(limit(&format!("line {line}"), found, "frames", MAX_FRAMES as u64));
        }
        row_now.check_around(&mut indices)?;
        seconds.push(row_now.time()?);
        if let Some(column) = layout.state {
            states.push(row_now.state(column, &reader)?);
        }
        for &column in &layout.traces {
            values.push(row_now.number(column)?);
        }
        for &column in layout.derivatives.iter().flatten() {
            derivatives.push(row_now.number(column)?);
        }
        more = next(&mut row)?;
    }
    tell_around(path, &header, around, &mut warnings);
    let behavior = layout.state.map(|_| reader.behavior(states));
    let content = Content { seconds, behavior, values, derivatives };
    let recording =
        content.into_recording(path, layout, metadata, "the first line after the header")?;
    Ok(ReadOutcome { recordings: vec![recording], warnings, ..ReadOutcome::default() })
}

/// The first byte of what the parser counts as a row; line breaks may stand before the row itself.
fn begin_of(row: &csv::StringRecord) -> u64 {
    row.position().map_or(0, csv::Position::byte)
}

/// What the parser says of a row that it began at a byte.
fn not_csv(path: &Path, begin: u64, error: csv::Error) -> IoError {
    let path = path.to_owned();
    let begin = error.position().map_or(begin, csv::Position::byte);
    match error.into_kind() {
        csv::ErrorKind::Utf8 { err, .. } => match line_of(&path, begin) {
            Ok(line) => IoError::NotUtf8 { path, line, source: Box::new(err) },
            Err(error) => error,
        },
        csv::ErrorKind::Io(source) => IoError::Read { path, source },
        // What is left concerns rows of other lengths, which are allowed here, and other encodings.
        other => IoError::Read { path, source: std::io::Error::other(format!("{other:?}")) },
    }
}

fn metadata_beside(path: &Path, warnings: &mut Vec<Warning>) -> Result<Option<Metadata>, IoError> {
    match read_beside(path)? {
        Found::Ours(metadata) => Ok(Some(metadata)),
        Found::Nothing => Ok(None),
        Found::Foreign => {
            let text = format!(
                "{} is not this program's metadata and is passed over",
                crate::file_name(&path_beside(path))
            );
            let place = crate::file_name(path);
            warnings.push(Warning::new(Level::Advice, "foreign-metadata", place, text));
            Ok(None)
        }
    }
}

/// Says what stood around the table and was passed over.
fn tell_around(path: &Path, header: &[String], around: Arrangement, warnings: &mut Vec<Warning>) {
    let mut advise = |kind, text: String| {
        warnings.push(Warning::new(Level::Advice, kind, crate::file_name(path), text));
    };
    for column in 0..around.n_index {
        let column = describe_column(header, column);
        advise("row-numbers", format!("column {column} numbers the rows and is passed over"));
    }
    if around.n_empty > 0 {
        let text = "the lines end in commas, with nothing after them";
        advise("commas-at-the-end", text.to_owned());
    }
}

fn read_names(path: &Path, header: &csv::StringRecord) -> Result<Vec<String>, IoError> {
    if header.len() > MAX_TABLE_COLUMNS {
        return Err(IoError::Limit {
            path: path.to_owned(),
            place: "line 1".into(),
            found: header.len() as u64,
            unit: "columns",
            limit: MAX_TABLE_COLUMNS as u64,
        });
    }
    Ok(header.iter().map(str::to_owned).collect())
}

/// A column that numbers the rows, as far as it was read.
#[derive(Debug, Clone, Copy, Default)]
struct Index {
    next: Option<u64>,
}

/// One row of the table with what is needed to say where an error is.
struct Row<'a> {
    path: &'a Path,
    begin: u64,
    header: &'a [String],
    record: &'a csv::StringRecord,
    around: Arrangement,
}

impl Row<'_> {
    /// Checks that the row is as long as the header, that what stands after the table is empty, and
    /// that what stands before it numbers the rows.
    fn check_around(&self, indices: &mut [Index]) -> Result<(), IoError> {
        let (found, columns) = (self.record.len(), self.around.n_fields());
        let n_needed = columns - self.around.n_empty;
        if !(n_needed..=columns).contains(&found) {
            let column = found.min(self.header.len().max(1) - 1);
            let found = format!("{found} fields under a header of {}", self.header.len());
            let expected = if self.record.len() == self.header.len() + 1 {
                AS_MANY_OR_ROW_NAMES
            } else {
                "as many fields as the header has"
            };
            return Err(self.wrong(column, found, expected));
        }
        if let Some(column) = (n_needed..found).find(|&k| !self.record[k].trim().is_empty()) {
            return Err(self.wrong_field(column, "nothing under an empty name; name the column"));
        }
        for (column, index) in indices.iter_mut().enumerate() {
            let number: Option<u64> = self.record[column].trim().parse().ok();
            let first = number.filter(|&number| index.next.is_some() || number <= 1);
            match first.filter(|&number| index.next.is_none_or(|next| next == number)) {
                Some(number) => index.next = Some(number + 1),
                None => return Err(self.wrong_field(column, A_ROW_NUMBER)),
            }
        }
        Ok(())
    }

    fn time(&self) -> Result<f64, IoError> {
        let time = self.number(0)?;
        if time.is_nan() {
            return Err(self.wrong_field(self.around.n_index, "the time of the frame in seconds"));
        }
        Ok(time)
    }

    /// The state in a column of the table.
    fn state(&self, column: usize, reader: &StateReader<'_>) -> Result<State, IoError> {
        let column = self.around.n_index + column;
        let state = reader.text(&self.record[column]);
        state.map_err(|fault| self.wrong_field(column, fault.expected()))
    }

    /// The number in a column of the table.
    fn number(&self, column: usize) -> Result<f64, IoError> {
        let column = self.around.n_index + column;
        let text = self.record[column].trim();
        if matches!(text, "" | "NA") {
            return Ok(f64::NAN);
        }
        match text.parse::<f64>() {
            Ok(value) if !value.is_infinite() => Ok(value),
            _ => Err(self.wrong_field(column, a_number(&self.header[column], text))),
        }
    }

    fn wrong_field(&self, column: usize, expected: &'static str) -> IoError {
        let shown: String = self.record[column].chars().take(40).collect();
        self.wrong(column, format!("{shown:?}"), expected)
    }

    fn wrong(&self, column: usize, found: String, expected: &'static str) -> IoError {
        let column = describe_column(self.header, column);
        match line_of(self.path, self.begin) {
            Ok(line) => {
                IoError::Table { path: self.path.to_owned(), line, column, found, expected }
            }
            Err(error) => error,
        }
    }
}

/// What a column before the time should hold.
const A_ROW_NUMBER: &str = "a number of the row, one more than in the row before; write the table without its index (pandas: index=False, R: row.names=FALSE)";
/// How long a row should be, where it has one field too many.
const AS_MANY_OR_ROW_NAMES: &str = "as many fields as the header has; if the first holds names of rows, write the table without them (R: row.names=FALSE)";

/// Counts the bytes handed to the CSV parser since the last whole row, and fails when a row takes
/// more than [`MAX_CSV_ROW_BYTES`]; the parser itself would buffer a row of any length.
struct Metered<R> {
    inner: R,
    since_row: Rc<Cell<u64>>,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.since_row.set(self.since_row.get() + n as u64);
        if self.since_row.get() > MAX_CSV_ROW_BYTES + BUFFER_BYTES as u64 {
            let text =
                format!("a row of more than {MAX_CSV_ROW_BYTES} bytes; is a quote left open?");
            return Err(std::io::Error::other(text));
        }
        Ok(n)
    }
}
