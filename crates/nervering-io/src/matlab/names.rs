//! Neuron names of one worm: a cell array whose entries are text, numbers, nothing, or again cells
//! with several candidates; or an array of characters with one name per row.

use crate::error::IoError;
use crate::limits::{MAX_CANDIDATES, MAX_CELL_DEPTH, MAX_NEURONS};
use crate::mat::{Class, Value};
use crate::warning::Level;
use nervering_recording::{NeuronLabel, NeuronNames};

/// One label per neuron. A cell within a cell counts as its content, so a single nested name
/// identifies its neuron; several are candidates. Where the worm has no names at all, its neurons
/// are unidentified.
pub(super) fn read_names(
    value: &Value<'_>,
    n_neurons: usize,
    accepted: &NeuronNames,
    warn: &mut impl FnMut(Level, &'static str, String),
) -> Result<Vec<NeuronLabel>, IoError> {
    if value.is_empty() {
        let text = format!("{} is empty: no neuron is identified", value.place());
        warn(Level::Doubtful, "no-names", text);
        return Ok(vec![NeuronLabel::Unidentified(String::new()); n_neurons]);
    }
    let wrong_number = |found: usize| {
        value.unexpected(
            format!("{found} names"),
            format!("{n_neurons}, one per neuron of the traces"),
        )
    };
    match value.class() {
        Class::Text => {
            let lines = value.lines(MAX_NEURONS)?;
            if lines.len() != n_neurons {
                return Err(wrong_number(lines.len()));
            }
            return Ok(lines.iter().map(|line| accepted.label(line)).collect());
        }
        Class::Other => return Err(super::words::not_a_cell(value)),
        _ => {}
    }
    let mut entries = value.cells()?;
    // All names in one more cell.
    if let [only] = entries.as_slice()
        && n_neurons > 1
        && only.class() == Class::Cell
    {
        entries = only.cells()?;
    }
    if entries.len() != n_neurons {
        return Err(wrong_number(entries.len()));
    }
    entries.iter().map(|entry| read_label(entry, accepted)).collect()
}

fn read_label(entry: &Value<'_>, accepted: &NeuronNames) -> Result<NeuronLabel, IoError> {
    let mut texts = Vec::new();
    collect_texts(entry, 0, &mut texts)?;
    Ok(match texts.as_slice() {
        [single] => accepted.label(single),
        several => accepted.label_of_candidates(several.iter().map(String::as_str)),
    })
}

fn collect_texts(value: &Value<'_>, depth: usize, texts: &mut Vec<String>) -> Result<(), IoError> {
    match value.class() {
        Class::Text => texts.push(value.text()?),
        Class::Cell if depth < MAX_CELL_DEPTH => {
            for entry in value.cells()? {
                collect_texts(&entry, depth + 1, texts)?;
            }
        }
        Class::Cell => {
            let found = format!("cells nested more than {MAX_CELL_DEPTH} deep");
            return Err(value.unexpected(found, "a name, or a cell of names"));
        }
        // MATLAB writes an entry that was never filled as an empty matrix.
        Class::Numbers if value.is_empty() => {}
        Class::Other => return Err(super::words::not_a_cell(value)),
        Class::Numbers if value.dimensions()? == (1, 1) => {
            texts.push(value.matrix()?.values[0].to_string());
        }
        _ => return Err(value.unexpected(value.describe(), "a name, or a cell of names")),
    }
    if texts.len() > MAX_CANDIDATES {
        let found = format!("more than {MAX_CANDIDATES} candidates for one neuron");
        return Err(value.unexpected(found, "a name, or a few candidates"));
    }
    Ok(())
}
