//! Reading a wide table. Errors name the line (from 1, the header included) and the column.

use crate::error::IoError;
use crate::limits::*;
use crate::options::ReadOptions;
use crate::reader::ReadOutcome;
use crate::table::metadata::{Found, path_beside, read_beside};
use crate::table::{A_STATE, Content, Layout, describe_column};
use crate::warning::{Level, Warning};
use nervering_recording::State;
use std::cell::Cell;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::rc::Rc;

/// How many bytes the CSV parser reads ahead of the row it returns.
const BUFFER_BYTES: usize = 64 << 10;

pub(super) fn read_csv(path: &Path, options: &ReadOptions) -> Result<ReadOutcome, IoError> {
    let file = File::open(path).map_err(IoError::read(path))?;
    let length = file.metadata().map_err(IoError::read(path))?.len();
    let limit = |place: &str, found, unit, limit| IoError::Limit {
        path: path.to_owned(),
        place: place.to_owned(),
        found,
        unit,
        limit,
    };
    if length > MAX_CSV_BYTES {
        return Err(limit("file", length, "bytes", MAX_CSV_BYTES));
    }
    let since_row = Rc::new(Cell::new(0));
    let metered = Metered { inner: file, since_row: since_row.clone() };
    let mut table = csv::ReaderBuilder::new()
        .buffer_capacity(BUFFER_BYTES)
        .flexible(true)
        .has_headers(false)
        .from_reader(metered);
    let not_csv = |error: csv::Error| {
        let path = path.to_owned();
        if !error.is_io_error() {
            return IoError::Csv { path, source: Box::new(error) };
        }
        IoError::Read { path, source: error.into() }
    };

    let mut row = csv::StringRecord::new();
    table.read_record(&mut row).map_err(not_csv)?;
    let names = read_names(path, &row)?;
    let layout = Layout::of(&names, &options.names).map_err(|misfit| IoError::Table {
        path: path.to_owned(),
        line: 1,
        column: describe_column(&names, misfit.column),
        found: format!("{:?}", names.get(misfit.column).map_or("", String::as_str)),
        expected: misfit.expected,
    })?;

    let (mut seconds, mut states) = (Vec::new(), Vec::new());
    let (mut values, mut derivatives) = (Vec::new(), Vec::new());
    loop {
        since_row.set(0);
        let line = table.position().line();
        if !table.read_record(&mut row).map_err(not_csv)? {
            break;
        }
        let line = row.position().map_or(line, csv::Position::line);
        let row = Row { path, line, names: &names, record: &row };
        if seconds.len() == MAX_FRAMES {
            let found = seconds.len() as u64 + 1;
            return Err(limit(&format!("line {line}"), found, "frames", MAX_FRAMES as u64));
        }
        row.check_length()?;
        seconds.push(row.time()?);
        if let Some(column) = layout.state {
            states.push(row.state(column)?);
        }
        for &column in &layout.traces {
            values.push(row.number(column)?);
        }
        for &column in layout.derivatives.iter().flatten() {
            derivatives.push(row.number(column)?);
        }
    }
    let mut warnings = Vec::new();
    let metadata = match read_beside(path)? {
        Found::Ours(metadata) => Some(metadata),
        Found::Nothing => None,
        Found::Foreign => {
            let text = format!(
                "{} is not this program's metadata and is passed over",
                crate::file_name(&path_beside(path))
            );
            let place = crate::file_name(path);
            warnings.push(Warning::new(Level::Advice, "foreign-metadata", place, text));
            None
        }
    };
    let content = Content { seconds, states, values, derivatives };
    let recording =
        content.into_recording(path, layout, metadata, "the first line after the header")?;
    Ok(ReadOutcome { recordings: vec![recording], warnings })
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

/// One row of the table with what is needed to say where an error is.
struct Row<'a> {
    path: &'a Path,
    line: u64,
    names: &'a [String],
    record: &'a csv::StringRecord,
}

impl Row<'_> {
    fn check_length(&self) -> Result<(), IoError> {
        let (found, columns) = (self.record.len(), self.names.len());
        if found == columns {
            return Ok(());
        }
        let column = found.min(columns - 1);
        let found = format!("{found} fields under a header of {columns}");
        Err(self.wrong(column, found, "as many fields as the header has"))
    }

    fn time(&self) -> Result<f64, IoError> {
        let time = self.number(0)?;
        if time.is_nan() {
            return Err(self.wrong_field(0, "the time of the frame in seconds"));
        }
        Ok(time)
    }

    fn state(&self, column: usize) -> Result<State, IoError> {
        self.record[column].parse().map_err(|_| self.wrong_field(column, A_STATE))
    }

    fn number(&self, column: usize) -> Result<f64, IoError> {
        let text = self.record[column].trim();
        if matches!(text, "" | "NA") {
            return Ok(f64::NAN);
        }
        match text.parse::<f64>() {
            Ok(value) if !value.is_infinite() => Ok(value),
            _ => Err(self.wrong_field(column, "a finite number with a decimal point, or NaN")),
        }
    }

    fn wrong_field(&self, column: usize, expected: &'static str) -> IoError {
        let shown: String = self.record[column].chars().take(40).collect();
        self.wrong(column, format!("{shown:?}"), expected)
    }

    fn wrong(&self, column: usize, found: String, expected: &'static str) -> IoError {
        let column = describe_column(self.names, column);
        IoError::Table { path: self.path.to_owned(), line: self.line, column, found, expected }
    }
}

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
