//! Reading a wide table. Errors name the line (from 1, the header included) and the column.

use super::columns::label_of;
use super::metadata::{Beside, path_beside, read_beside};
use super::{DERIVATIVE_SUFFIX, STATE, TIME};
use crate::error::IoError;
use crate::limits::*;
use crate::reader::ReadOutcome;
use crate::warning::{Level, Warning};
use nervering_recording::{
    Behavior, FileDerivative, NeuronLabel, Provenance, Recording, RecordingParts, State, TimeBase,
    Traces,
};
use std::cell::Cell;
use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::rc::Rc;

/// How many bytes the CSV parser reads ahead of the row it returns.
const BUFFER_BYTES: usize = 64 << 10;

/// What each column of a table is.
struct Layout {
    state: Option<usize>,
    /// Columns of the traces, one per neuron.
    traces: Vec<usize>,
    labels: Vec<NeuronLabel>,
    /// Columns of the derivatives in the order of the neurons, if there are any.
    derivatives: Option<Vec<usize>>,
    header: csv::StringRecord,
}

pub(super) fn read_csv(path: &Path) -> Result<ReadOutcome, IoError> {
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
    let layout = Layout::of(path, row.clone())?;
    let n_neurons = layout.traces.len();

    let (mut seconds, mut states) = (Vec::new(), Vec::new());
    let (mut values, mut derivatives) = (Vec::new(), Vec::new());
    loop {
        since_row.set(0);
        let line = table.position().line();
        if !table.read_record(&mut row).map_err(not_csv)? {
            break;
        }
        let line = row.position().map_or(line, csv::Position::line);
        let row = Row { path, line, layout: &layout, record: &row };
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
    let n_frames = seconds.len();
    let place = || "table".to_owned();
    let unsound = |source| IoError::Traces {
        path: path.to_owned(),
        place: place(),
        source: Box::new(source),
    };

    let mut warnings = Vec::new();
    let file_name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    let beside = read_beside(path)?;
    if matches!(beside, Beside::Foreign) {
        let other = path_beside(path);
        let text = format!(
            "{} is not this program's metadata and is passed over",
            other.file_name().unwrap_or(other.as_os_str()).to_string_lossy()
        );
        warnings.push(Warning::new(Level::Advice, "foreign-metadata", &*file_name, text));
    }
    let (animal, provenance, derivative_field) = match beside {
        Beside::Ours(metadata) => {
            let provenance = Provenance {
                source: metadata.source,
                place: metadata.place,
                trace_field: metadata.trace_field,
            };
            (metadata.animal, provenance, metadata.derivative_field)
        }
        Beside::Nothing | Beside::Foreign => {
            let stem = path.file_stem().unwrap_or(path.as_os_str());
            let provenance = Provenance { source: file_name, ..Provenance::default() };
            (stem.to_string_lossy().into_owned(), provenance, None)
        }
    };

    let time = TimeBase::new(seconds).map_err(|source| IoError::Time {
        path: path.to_owned(),
        place: format!("column {TIME} (frame 0 is the first line after the header)"),
        source: Box::new(source),
    })?;
    let derivative = match &layout.derivatives {
        Some(_) => Some(FileDerivative {
            values: Traces::new(n_frames, n_neurons, derivatives).map_err(unsound)?,
            field: derivative_field.unwrap_or_else(|| format!("*{DERIVATIVE_SUFFIX}")),
        }),
        None => None,
    };
    let parts = RecordingParts {
        animal,
        neurons: layout.labels,
        traces: Traces::new(n_frames, n_neurons, values).map_err(unsound)?,
        derivative,
        behavior: layout.state.map(|_| Behavior::new(states)),
        time,
        provenance,
    };
    let recording = Recording::new(parts).map_err(|source| IoError::Recording {
        path: path.to_owned(),
        place: place(),
        source: Box::new(source),
    })?;
    Ok(ReadOutcome { recordings: vec![recording], warnings })
}

impl Layout {
    fn of(path: &Path, header: csv::StringRecord) -> Result<Self, IoError> {
        if header.len() > MAX_CSV_COLUMNS {
            return Err(IoError::Limit {
                path: path.to_owned(),
                place: "line 1".into(),
                found: header.len() as u64,
                unit: "columns",
                limit: MAX_CSV_COLUMNS as u64,
            });
        }
        let wrong = |column: usize, expected| IoError::Table {
            path: path.to_owned(),
            line: 1,
            column: describe_column(&header, column),
            found: format!("{:?}", header.get(column).unwrap_or_default()),
            expected,
        };
        if header.get(0).map(|name| name.trim_start_matches('\u{feff}')) != Some(TIME) {
            return Err(wrong(0, "time_s, the time of each frame in seconds"));
        }
        let mut state = None;
        let (mut traces, mut named) = (Vec::new(), HashMap::new());
        let mut of_neuron = Vec::new();
        for (column, name) in header.iter().enumerate().skip(1) {
            if name == TIME || (name == STATE && state.is_some()) {
                return Err(wrong(column, "a column name that stands once"));
            } else if name == STATE {
                state = Some(column);
            } else if !name.ends_with(DERIVATIVE_SUFFIX) {
                named.entry(name).or_insert_with(Vec::new).push(traces.len());
                traces.push(column);
            }
        }
        for (column, name) in header.iter().enumerate().skip(1) {
            let Some(stem) = name.strip_suffix(DERIVATIVE_SUFFIX) else {
                continue;
            };
            match named.get(stem).map(Vec::as_slice) {
                Some(&[neuron]) => of_neuron.push((neuron, column)),
                Some(_) => {
                    return Err(wrong(column, "the derivative of a column name that stands once"));
                }
                None => return Err(wrong(column, "the derivative of a column of this table")),
            }
        }
        if traces.is_empty() {
            let last = header.len() - 1;
            return Err(wrong(last, "at least one column of a neuron after it"));
        }
        of_neuron.sort_unstable();
        if let Some(pair) = of_neuron.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            return Err(wrong(pair[1].1, "a column name that stands once"));
        }
        let complete = of_neuron.len() == traces.len();
        if !of_neuron.is_empty() && !complete {
            let lacking = (0..traces.len())
                .find(|&neuron| of_neuron.get(neuron).is_none_or(|&(other, _)| other != neuron));
            let column = traces[lacking.unwrap_or_default()];
            return Err(wrong(column, "a .derivative column for every neuron, or for none"));
        }
        let labels = traces.iter().map(|&column| label_of(&header[column])).collect();
        let derivatives =
            complete.then(|| of_neuron.into_iter().map(|(_, column)| column).collect());
        Ok(Self { state, traces, labels, derivatives, header })
    }
}

/// One row of the table with what is needed to say where an error is.
struct Row<'a> {
    path: &'a Path,
    line: u64,
    layout: &'a Layout,
    record: &'a csv::StringRecord,
}

impl Row<'_> {
    fn check_length(&self) -> Result<(), IoError> {
        let (found, columns) = (self.record.len(), self.layout.header.len());
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
        self.record[column].parse().map_err(|_| {
            self.wrong_field(
                column,
                "the name of a state: FWD SLOW DT VT REV1 REV2 REVSUS REV TURN NOSTATE (never a code)",
            )
        })
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
        let column = describe_column(&self.layout.header, column);
        IoError::Table { path: self.path.to_owned(), line: self.line, column, found, expected }
    }
}

/// Number (from 1) and name of a column.
fn describe_column(header: &csv::StringRecord, column: usize) -> String {
    let name: String = header.get(column).unwrap_or_default().chars().take(40).collect();
    format!("{} ({name})", column + 1)
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
