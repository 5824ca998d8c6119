//! What each column of a wide table is, from the names of the columns alone.

use super::columns::{DERIVATIVE_SUFFIX, STATE, TIME, label_of};
use nervering_recording::{NeuronLabel, NeuronNames};
use std::collections::HashMap;

/// What each column of a table is; column 0 is the time.
#[derive(Debug)]
pub(crate) struct Layout {
    pub state: Option<usize>,
    /// Columns of the traces, one per neuron.
    pub traces: Vec<usize>,
    pub labels: Vec<NeuronLabel>,
    /// Columns of the derivatives in the order of the neurons, if there are any.
    pub derivatives: Option<Vec<usize>>,
}

/// A column that has no place in a wide table, and what should stand there.
#[derive(Debug)]
pub(crate) struct Misfit {
    pub column: usize,
    pub expected: &'static str,
}

/// The name of a column: blanks and marks of the byte order around it mean nothing, in whatever order they
/// come.
pub(crate) fn column_name(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}')
}

impl Layout {
    /// Finds the meaning of every column; `accepted` names identify their neurons.
    pub(crate) fn of(names: &[String], accepted: &NeuronNames) -> Result<Self, Misfit> {
        let wrong = |column, expected| Misfit { column, expected };
        let names: Vec<&str> = names.iter().map(|name| column_name(name)).collect();
        if names.first() != Some(&TIME) {
            return Err(wrong(0, "time_s, the time of each frame in seconds"));
        }
        let mut state = None;
        let (mut traces, mut named) = (Vec::new(), HashMap::<&str, Vec<usize>>::new());
        for (column, &name) in names.iter().enumerate().skip(1) {
            if name == TIME || (name == STATE && state.is_some()) {
                return Err(wrong(column, "a column name that stands once"));
            } else if name == STATE {
                state = Some(column);
            } else if !name.ends_with(DERIVATIVE_SUFFIX) {
                named.entry(name).or_default().push(traces.len());
                traces.push(column);
            }
        }
        let mut of_neuron = Vec::new();
        for (column, name) in names.iter().enumerate().skip(1) {
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
            return Err(wrong(names.len() - 1, "at least one column of a neuron after it"));
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
        let labels = traces.iter().map(|&column| label_of(names[column], accepted)).collect();
        let derivatives =
            complete.then(|| of_neuron.into_iter().map(|(_, column)| column).collect());
        Ok(Self { state, traces, labels, derivatives })
    }
}

/// Number (from 1) and name of a column.
pub(crate) fn describe_column(names: &[String], column: usize) -> String {
    let name: String =
        names.get(column).into_iter().flat_map(|name| name.chars()).take(40).collect();
    format!("{} ({name})", column + 1)
}
