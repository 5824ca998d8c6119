//! Writing a recording as a wide table with its metadata.

use crate::atomic::write_atomically;
use crate::error::IoError;
use crate::table::metadata::path_beside;
use crate::table::{DERIVATIVE_SUFFIX, Metadata, STATE, TIME, column_names};
use nervering_recording::{Behavior, Recording};
use std::io::Write;
use std::path::Path;

/// Writes a recording to `path` and its metadata to the `.json` beside it, replacing what is
/// there. Each of the two files is there as a whole or not at all; the table comes last.
///
/// [`crate::read_recordings`] gives the same recording back, to the last bit.
///
/// # Errors
/// [`IoError::Write`] when the disk refuses, [`IoError::UnwritableLabel`] for a candidate list of
/// fewer than two names.
pub fn write_csv(recording: &Recording, path: &Path) -> Result<(), IoError> {
    let columns = column_names(recording, path)?;
    let metadata = Metadata::of(recording);
    write_atomically(&path_beside(path), |file| {
        serde_json::to_writer_pretty(&mut *file, &metadata)?;
        file.write_all(b"\n")
    })?;
    write_atomically(path, |file| write_table(recording, &columns, file))
}

fn write_table(
    recording: &Recording,
    columns: &[String],
    file: &mut impl Write,
) -> std::io::Result<()> {
    let derivative = recording.file_derivative();
    let mut table = csv::Writer::from_writer(file);
    table.write_field(TIME)?;
    if recording.behavior().is_some() {
        table.write_field(STATE)?;
    }
    for column in columns {
        table.write_field(column)?;
    }
    if derivative.is_some() {
        for column in columns {
            table.write_field(format!("{column}{DERIVATIVE_SUFFIX}"))?;
        }
    }
    table.write_record(None::<&[u8]>)?;
    let mut states = recording.behavior().map(Behavior::names);
    for (frame, seconds) in recording.time().seconds().iter().enumerate() {
        table.write_field(shortest(*seconds))?;
        if let Some(state) = states.as_mut().and_then(Iterator::next) {
            table.write_field(state)?;
        }
        for value in recording.traces().frame(frame) {
            table.write_field(shortest(*value))?;
        }
        if let Some(derivative) = derivative {
            for value in derivative.values.frame(frame) {
                table.write_field(shortest(*value))?;
            }
        }
        table.write_record(None::<&[u8]>)?;
    }
    table.flush()
}

/// The shortest decimal that reads back as the same number, with an exponent where that is shorter.
fn shortest(value: f64) -> String {
    format!("{value:?}")
}
