//! The names of the neurons of a series: from the table that its `rois` refer to, else from a list
//! elsewhere in the same module, else none.
//!
//! `rois` is a region of a table: the rows of the neurons, in their order, perhaps a part of the
//! table. Which of its columns holds the names is seen from their content; a column that refers to
//! rows of another table stands for the columns of that one. Several names in a row are candidates.

use super::objects::{Objects, Typed};
use super::series::Series;
use super::table::{Column, Table};
use crate::error::IoError;
use crate::hdf5::Node;
use crate::limits::{MAX_CANDIDATES, MAX_GROUP_DEPTH};
use crate::warning::Level;
use nervering_recording::{NeuronLabel, NeuronNames};

/// Tables that refer to each other are followed so far.
const MAX_REFERENCES: usize = 2;

/// What columns of names are called, the usual first. They hold the labels even where none of those
/// is the name of a neuron that is known.
const CALLED: [&str; 12] = [
    "ID_labels",
    "labels",
    "label",
    "neuron_names",
    "neuron_name",
    "neuron",
    "names",
    "name",
    "cell_names",
    "cell_name",
    "cell",
    "identity",
];

/// A list of names for the neurons of a series.
struct Names {
    labels: Vec<NeuronLabel>,
    place: String,
    were_characters: bool,
}

/// One label per neuron.
///
/// # Errors
/// [`IoError`] when `rois` and the table do not fit each other or the traces, and when a column that
/// holds names has an index that does not fit it.
pub(super) fn labels(
    objects: &Objects<'_>,
    series: &Series<'_>,
    rois: Option<&Node<'_>>,
    n_neurons: usize,
    accepted: &NeuronNames,
    warn: &mut impl FnMut(Level, &'static str, String),
) -> Result<Vec<NeuronLabel>, IoError> {
    let mut search = Search { objects, accepted, lists: Vec::new(), failed: Vec::new() };
    if let Some(rois) = rois {
        let rows = rois.numbers()?;
        if rows.len() != n_neurons {
            let expected = format!("{n_neurons}, one per neuron of {}", series.data.place());
            return Err(rois.unexpected(format!("{} rows", rows.len()), expected));
        }
        let table = rois.reference_attribute("table").and_then(|address| objects.at(address));
        if let Some(table) = table {
            let table = Table::open(table)?;
            let rows = rows_of(rois, &rows, table.n_rows())?;
            let rows: Vec<Vec<usize>> = rows.into_iter().map(|row| vec![row]).collect();
            search.look_into(&table, &rows, 0)?;
        } else {
            let text = format!("{} refers to no table of this file", rois.place());
            warn(Level::Doubtful, "no-neuron-table", text);
        }
    }
    let mut found = search.best(warn)?;
    if let Some(names) = &found {
        let text = format!("neurons are named by {}", names.place);
        warn(Level::Advice, "names-column", text);
    } else if let Some(module) = module_of(objects, series) {
        search.look_around(&module.node, n_neurons, 0)?;
        found = search.best(warn)?;
        if let Some(names) = &found {
            let text = format!(
                "the table of the neurons has no names; {} has as many and is taken for them",
                names.place
            );
            warn(Level::Doubtful, "guessed-names", text);
        }
    }
    let Some(names) = found else {
        let text = "no column of the table of neurons holds names; they are numbered from 1";
        warn(Level::Advice, "no-neuron-names", text.into());
        return Ok((1..=n_neurons).map(numbered).collect());
    };
    if names.were_characters {
        let text = format!(
            "{} holds its texts as single characters; those of a row are joined",
            names.place
        );
        warn(Level::Advice, "joined-characters", text);
    }
    Ok(names.labels)
}

fn numbered(number: usize) -> NeuronLabel {
    NeuronLabel::Unidentified(number.to_string())
}

/// `/processing/<module>`, where the series stands.
fn module_of<'o, 'f>(objects: &'o Objects<'f>, series: &Series<'_>) -> Option<&'o Typed<'f>> {
    let module: Vec<&str> = series.node.place().split('/').skip(1).take(2).collect();
    let place = format!("/{}", module.join("/"));
    let is_module =
        |object: &&Typed<'_>| object.kind == "ProcessingModule" && object.node.place() == place;
    objects.all.iter().find(is_module)
}

/// Rows of a table that a region refers to.
fn rows_of(region: &Node<'_>, rows: &[f64], n_rows: Option<usize>) -> Result<Vec<usize>, IoError> {
    let limit = n_rows.map_or(f64::from(u32::MAX), |n_rows| n_rows as f64);
    let row = |&row: &f64| {
        if row.fract() == 0. && row >= 0. && row < limit {
            return Ok(row as usize);
        }
        let expected = format!("whole numbers from 0, below {limit}, the length of the table");
        Err(region.unexpected(format!("a reference to row {row}"), expected))
    };
    rows.iter().map(row).collect()
}

struct Search<'o, 'f> {
    objects: &'o Objects<'f>,
    accepted: &'o NeuronNames,
    lists: Vec<Names>,
    /// Columns that did not read, and whether they hold names.
    failed: Vec<(IoError, bool)>,
}

impl<'f> Search<'_, 'f> {
    /// The lists of names in the columns of a table; each neuron has some of its rows.
    fn look_into(
        &mut self,
        table: &Table<'f>,
        rows: &[Vec<usize>],
        depth: usize,
    ) -> Result<(), IoError> {
        for column in table.columns() {
            if let Some(address) = column.table_address() {
                if depth < MAX_REFERENCES
                    && let Some(node) = self.objects.at(address)
                {
                    let other = Table::open(node)?;
                    let rows = referred(column, rows, other.n_rows())?;
                    self.look_into(&other, &rows, depth + 1)?;
                }
            } else {
                match self.names_of(column, Some(rows)) {
                    Ok(names) => self.lists.extend(names),
                    Err(error) => self.failed.push((error, self.holds_names(column))),
                }
            }
        }
        Ok(())
    }

    /// The lists of as many names as there are neurons in a group and those in it.
    fn look_around(
        &mut self,
        group: &Node<'f>,
        n_neurons: usize,
        depth: usize,
    ) -> Result<(), IoError> {
        let table = Table::open(group)?;
        for column in table.columns().iter().filter(|column| column.may_have(n_neurons)) {
            // A column that does not read says nothing here: it is not known to be one of these
            // neurons.
            if let Ok(Some(names)) = self.names_of(column, None)
                && names.labels.len() == n_neurons
            {
                self.lists.push(names);
            }
        }
        if depth < MAX_GROUP_DEPTH {
            for member in group.groups()? {
                self.look_around(&member, n_neurons, depth + 1)?;
            }
        }
        Ok(())
    }

    /// The labels that a column of texts gives, for these rows of each neuron or for all rows.
    fn names_of(
        &self,
        column: &Column<'f>,
        rows: Option<&[Vec<usize>]>,
    ) -> Result<Option<Names>, IoError> {
        let Some(texts) = column.texts(self.objects)? else {
            return Ok(None);
        };
        let label = |(k, texts): (usize, Vec<&str>)| match texts.as_slice() {
            [] => numbered(k + 1),
            [only] => self.accepted.label(only),
            several => self.accepted.label_of_candidates(several.iter().copied()),
        };
        let of_row = |row: usize| {
            let filled = |text: &&str| !text.trim().is_empty();
            let row_texts = texts.rows.get(row);
            row_texts.map(|row| row.iter().map(String::as_str).filter(filled)).ok_or_else(|| {
                let found = format!("{} rows", texts.rows.len());
                column.unexpected(found, format!("row {}, which a neuron refers to", row + 1))
            })
        };
        let mut labels = Vec::new();
        let n_labels = rows.map_or(texts.rows.len(), <[_]>::len);
        for k in 0..n_labels {
            let own = [k];
            let mut of_neuron = Vec::new();
            for &row in rows.map_or(&own[..], |rows| &rows[k]) {
                of_neuron.extend(of_row(row)?.take(MAX_CANDIDATES + 1));
            }
            // Names of one neuron are few: these are something else.
            if of_neuron.len() > MAX_CANDIDATES {
                return Ok(None);
            }
            labels.push(label((k, of_neuron)));
        }
        let (place, were_characters) = (column.place().to_owned(), texts.were_characters);
        Ok(Some(Names { labels, place, were_characters }))
    }

    /// Whether a column that does not read by rows holds names even so.
    fn holds_names(&self, column: &Column<'f>) -> bool {
        let is_name = |text: &String| self.accepted.label(text).name().is_some();
        let texts = column.loose_texts(self.objects);
        let called = CALLED.iter().any(|name| column.name().eq_ignore_ascii_case(name));
        matches!(texts, Ok(Some(texts)) if called || texts.iter().any(is_name))
    }

    /// The list with most names of neurons, the first of several, else one that is called as such
    /// lists are. Short words look like names, but a column such as `region` repeats them and names
    /// hardly do.
    ///
    /// # Errors
    /// Where there is none, that of a column of names that did not read. Others are warnings.
    fn best(
        &mut self,
        warn: &mut impl FnMut(Level, &'static str, String),
    ) -> Result<Option<Names>, IoError> {
        let n_names = |names: &Names| {
            let is_name = |label: &&NeuronLabel| !matches!(label, NeuronLabel::Unidentified(_));
            let mut found: Vec<String> =
                names.labels.iter().filter(is_name).map(ToString::to_string).collect();
            let n_found = found.len();
            found.sort();
            found.dedup();
            if 2 * found.len() > n_found { found.len() } else { 0 }
        };
        let called = |names: &Names| {
            let last = names.place.rsplit('/').next().unwrap_or_default();
            CALLED
                .iter()
                .rev()
                .position(|name| last.eq_ignore_ascii_case(name))
                .map_or(0, |k| k + 1)
        };
        let says_something = |names: &Names| {
            let own = |(k, label): (usize, &NeuronLabel)| *label != numbered(k + 1);
            names.labels.iter().enumerate().any(own)
        };
        let ranked = std::mem::take(&mut self.lists).into_iter().rev();
        let ranked = ranked.map(|names| ((n_names(&names), called(&names)), names));
        // Of equals, `max_by_key` takes the last.
        let best = ranked.max_by_key(|(rank, _)| *rank);
        let best = best.filter(|&((n_names, called), ref names)| {
            n_names > 0 || called > 0 && says_something(names)
        });
        for (error, holds_names) in std::mem::take(&mut self.failed) {
            if holds_names && best.is_none() {
                return Err(error);
            }
            warn(Level::Doubtful, "column-not-read", error.chain());
        }
        Ok(best.map(|(_, names)| names))
    }
}

/// The rows of another table that the rows of each neuron refer to.
fn referred(
    column: &Column<'_>,
    rows: &[Vec<usize>],
    n_rows: Option<usize>,
) -> Result<Vec<Vec<usize>>, IoError> {
    let lists = column.lists()?;
    let limit = n_rows.map_or(f64::from(u32::MAX), |n_rows| n_rows as f64);
    let of_neuron = |rows: &Vec<usize>| {
        let mut all = Vec::new();
        for &row in rows {
            let list = lists.get(row).ok_or_else(|| {
                let found = format!("{} rows", lists.len());
                column.unexpected(found, format!("row {}, which a neuron refers to", row + 1))
            })?;
            if all.len() + list.len() > MAX_CANDIDATES {
                let found = format!("more than {MAX_CANDIDATES} rows for one neuron");
                return Err(column.unexpected(found, "a few".into()));
            }
            for &other in list {
                if other.fract() != 0. || other < 0. || other >= limit {
                    let expected = format!("whole numbers from 0, below {limit}");
                    return Err(column.unexpected(format!("a reference to row {other}"), expected));
                }
                all.push(other as usize);
            }
        }
        Ok(all)
    };
    rows.iter().map(of_neuron).collect()
}
