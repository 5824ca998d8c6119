//! The wide table, whatever file it stands in: what its columns are called and mean, what goes with
//! it as metadata, and how its content becomes a recording.
//!
//! The first column is the time of the frame in seconds (`time_s`); `state` is there when the
//! recording is labelled; then one column per neuron in ΔF/F, and optionally one
//! `<neuron>.derivative` per neuron in ΔF/F per second. [`columns`] says how a neuron's label
//! becomes the name of its column and back, [`Layout`] what each column of a table is,
//! [`Metadata`] what the table itself cannot say, and [`Content`] puts a recording together. The
//! files are read and written in [`crate::wide_csv`] and [`crate::wide_parquet`].

pub(crate) mod columns;
mod content;
mod layout;
pub(crate) mod metadata;

pub(crate) use content::Content;
pub(crate) use layout::{Layout, describe_column};
pub(crate) use metadata::Metadata;

use crate::error::IoError;
use nervering_recording::Recording;
use std::path::Path;

/// Name of the first column.
pub(crate) const TIME: &str = "time_s";
/// Name of the column of states.
pub(crate) const STATE: &str = "state";
/// What a column of derivatives has after the name of its neuron's column.
pub(crate) const DERIVATIVE_SUFFIX: &str = ".derivative";

/// What a field of states should hold.
pub(crate) const A_STATE: &str =
    "the name of a state: FWD SLOW DT VT REV1 REV2 REVSUS REV TURN NOSTATE (never a code)";

/// The names of the neurons' columns in a table that is to be written to `path`.
pub(crate) fn column_names(recording: &Recording, path: &Path) -> Result<Vec<String>, IoError> {
    columns::column_names(recording.neurons()).map_err(|neuron| IoError::UnwritableLabel {
        path: path.to_owned(),
        neuron,
        label: recording.neurons()[neuron].to_string(),
    })
}
