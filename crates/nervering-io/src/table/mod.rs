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

pub(crate) use columns::{DERIVATIVE_SUFFIX, STATE, TIME};
pub(crate) use content::Content;
pub(crate) use layout::{Layout, column_name, describe_column};
pub(crate) use metadata::Metadata;

use crate::error::IoError;
use crate::options::ReadOptions;
use crate::other_names::Meaning;
use nervering_recording::{NeuronLabel, NeuronName, NeuronNames, Recording, State};
use std::collections::BTreeSet;
use std::path::Path;

/// What a field of numbers should hold.
const A_NUMBER: &str = "a finite number with a decimal point, or NaN";
/// The same, where the column seems to hold states.
const A_NUMBER_OR_STATES: &str =
    "a finite number with a decimal point, or NaN; a column of states is called state, rename it";

/// What a field of a column of numbers should hold that holds this text.
pub(crate) fn a_number(column: &str, text: &str) -> &'static str {
    let is_state = !text.trim().is_empty() && text.trim().parse::<State>().is_ok();
    if is_state || Meaning::of(column) == Some(Meaning::Label) {
        A_NUMBER_OR_STATES
    } else {
        A_NUMBER
    }
}

/// The names of the neurons' columns in a table that is to be written to `path`.
pub(crate) fn column_names(recording: &Recording, path: &Path) -> Result<Vec<String>, IoError> {
    let accepted = NeuronNames::Known.and(other_names(recording));
    columns::column_names(recording.neurons(), &accepted).map_err(|neuron| {
        IoError::UnwritableLabel {
            path: path.to_owned(),
            neuron,
            label: recording.neurons()[neuron].to_string(),
        }
    })
}

/// The names that count in a table: those chosen, and those that its metadata accept.
pub(crate) fn accepted(metadata: Option<&Metadata>, options: &ReadOptions) -> NeuronNames {
    match metadata {
        Some(metadata) => metadata.accepted(&options.names),
        None => options.names.clone(),
    }
}

/// The names in a recording's labels that are none of a known neuron: what a reader has to accept for
/// the labels to read back.
fn other_names(recording: &Recording) -> BTreeSet<NeuronName> {
    let names = recording.neurons().iter().flat_map(|label| match label {
        NeuronLabel::Identified(name) => std::slice::from_ref(name),
        NeuronLabel::Candidates(names) => names,
        NeuronLabel::Unidentified(_) => &[],
    });
    names.filter(|name| !name.is_known()).cloned().collect()
}
