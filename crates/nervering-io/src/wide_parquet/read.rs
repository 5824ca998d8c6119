//! Reading a wide Parquet table. Errors name the row (from 1) and the column.

use super::fault::Fault;
use super::file::Table;
use super::meaning::{Meaning, Unit};
use super::values::{calendar, instant, number, scaled};
use crate::error::IoError;
use crate::limits::decoded_budget;
use crate::options::ReadOptions;
use crate::outcome::ReadOutcome;
use crate::states::{StateReader, shown};
use crate::table::{Content, Layout, TIME, accepted};
use crate::warning::{Level, Warning};
use nervering_recording::{Behavior, NotALabel, State};
use std::path::Path;

/// What a column of a neuron should hold.
const NUMBERS: &str = "numbers, in ΔF/F";
/// What the column of states should hold.
const NAMES: &str = "names of states";
/// What the column of times should hold.
const TIMES: &str = "seconds, as numbers, a duration or a time of day, or points in time";

pub(super) fn read_parquet(path: &Path, options: &ReadOptions) -> Result<ReadOutcome, IoError> {
    let mut outcome = ReadOutcome::default();
    let table = Table::open(path, &mut outcome.warnings)?;
    let columns = table.columns(&mut outcome.warnings)?;
    let (names, leaves) = (&columns.names, &columns.leaves);
    let metadata = table.metadata(&mut outcome.warnings)?;
    let accepted = accepted(metadata.as_ref(), options);
    let layout = Layout::of(names, &accepted).map_err(|misfit| {
        let place = format!("column {}", table.describe(leaves[misfit.column]));
        table.misfit(place, format!("{:?}", names[misfit.column]), misfit.expected)
    })?;

    let seconds = table.seconds(leaves[0], &mut outcome.warnings)?;
    let n_frames = seconds.len();
    let decoded = (names.len() * n_frames) as u64 * 8;
    table.budget.check("table", decoded, "bytes", decoded_budget(table.length))?;
    let behavior = match layout.state {
        Some(column) => Some(table.behavior(leaves[column], options)?),
        None => None,
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
    let content = Content { seconds, behavior, values, derivatives };
    outcome.recordings.push(content.into_recording(path, layout, metadata, "the first row")?);
    Ok(outcome)
}

/// Whether a file has a column of times, or does not open.
pub(super) fn may_be_wide(path: &Path) -> bool {
    let mut warnings = Vec::new();
    let columns = Table::open(path, &mut warnings).and_then(|table| table.columns(&mut warnings));
    columns.map_or(true, |columns| columns.names.iter().any(|name| name == TIME))
}

impl Table<'_> {
    /// The times of the frames in seconds. Points in time are counted from the first of them, and a
    /// warning says so.
    fn seconds(&self, leaf: usize, warnings: &mut Vec<Warning>) -> Result<Vec<f64>, IoError> {
        let meaning = self.meaning(leaf, |meaning| meaning != Meaning::Text, TIMES)?;
        let Meaning::Instant { unit, is_utc } = meaning else {
            let seconds = self.numbers(leaf, meaning)?;
            if let Some(row) = seconds.iter().position(|time| time.is_nan()) {
                return Err(self.no_time(leaf, row));
            }
            return Ok(seconds);
        };
        let mut instants = Vec::new();
        let put = |value: Option<&[u8]>| {
            let Some(value) = value else {
                return Err(Fault::Cell("no time".into()));
            };
            instants.push(instant(value)?);
            Ok(())
        };
        self.values(leaf, put, "the time of the frame")?;
        let first = instants.first().copied().unwrap_or_default();
        warnings.push(self.counted_from_the_first(leaf, first, unit, is_utc));
        Ok(instants.into_iter().map(|time| scaled(time - first, unit.decimals())).collect())
    }

    fn no_time(&self, leaf: usize, row: usize) -> IoError {
        self.wrong_cell(leaf, row, "no number".into(), "the time of the frame in seconds")
    }

    fn counted_from_the_first(
        &self,
        leaf: usize,
        first: i128,
        unit: Unit,
        is_utc: bool,
    ) -> Warning {
        let zone = if is_utc { " UTC" } else { "" };
        let first = match calendar(first.div_euclid(10_i128.pow(unit.decimals()))) {
            Some(text) => format!("{text}{zone}"),
            None => format!("{first} {unit} after 1970"),
        };
        let text = format!(
            "column {TIME} holds points in time ({}); seconds are counted from the first frame, {first}",
            self.footer.columns[leaf].type_name()
        );
        Warning::new(Level::Advice, "time-from-first-frame", crate::file_name(self.path), text)
    }

    /// The values of columns as one matrix `[frame, column]`.
    fn matrix(&self, leaves: &[usize], n_frames: usize) -> Result<Vec<f64>, IoError> {
        let mut matrix = vec![0.; n_frames * leaves.len()];
        for (column, &leaf) in leaves.iter().enumerate() {
            let meaning = self.meaning(leaf, is_number, NUMBERS)?;
            // All columns of a row group have its number of rows.
            let values = self.numbers(leaf, meaning)?;
            for (row, value) in matrix.chunks_exact_mut(leaves.len()).zip(values) {
                row[column] = value;
            }
        }
        Ok(matrix)
    }

    /// One column of numbers; null is NaN.
    fn numbers(&self, leaf: usize, meaning: Meaning) -> Result<Vec<f64>, IoError> {
        let mut values = Vec::new();
        let put = |value: Option<&[u8]>| {
            values.push(value.map_or(Ok(f64::NAN), |value| number(meaning, value))?);
            Ok(())
        };
        self.values(leaf, put, "a number that its column and 64 bits hold")?;
        Ok(values)
    }

    /// A column of names, or of codes that the user's map gives a meaning.
    fn behavior(&self, leaf: usize, options: &ReadOptions) -> Result<Behavior, IoError> {
        let reader = StateReader::new(options);
        let holds_states = |meaning| meaning == Meaning::Text || is_number(meaning);
        let meaning = self.meaning(leaf, holds_states, NAMES)?;
        let mut states = Vec::new();
        let mut wrong: Option<(usize, String, NotALabel)> = None;
        let put = |value: Option<&[u8]>| {
            let Some(value) = value else {
                states.push(State::Unknown);
                return Ok(());
            };
            let (state, found) = if is_number(meaning) {
                let code = number(meaning, value)?;
                (reader.code(code), format!("{code}"))
            } else {
                // A dictionary may repeat a long text without end.
                if self.budget.spend("states", value.len() as u64).is_err() {
                    return Err(Fault::Cell("more text than the file may hold".into()));
                }
                let text = String::from_utf8_lossy(value);
                (reader.text(&text), shown(&text))
            };
            if let (Err(fault), None) = (state, &wrong) {
                wrong = Some((states.len(), found, fault));
            }
            states.push(state.unwrap_or(State::Unknown));
            Ok(())
        };
        self.values(leaf, put, NAMES)?;
        if let Some((row, found, fault)) = wrong {
            return Err(self.wrong_cell(leaf, row, found, fault.expected()));
        }
        Ok(reader.behavior(states))
    }
}

/// Whether a column has a number in every cell that is not null.
fn is_number(meaning: Meaning) -> bool {
    !matches!(meaning, Meaning::Span(_) | Meaning::Instant { .. } | Meaning::Text)
}
