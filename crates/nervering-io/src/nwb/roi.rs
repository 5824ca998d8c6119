//! `RoiResponseSeries`: many neurons in one series, with a reference to the table that tells them
//! apart.
//!
//! Of several series, one inside `DfOverF` is read rather than one inside `Fluorescence`. The table
//! of a series is the one that the attribute `table` of its `rois` refers to; which of the columns
//! holds the names is seen from their content. NWB says that data are `[frame, neuron]`, and files
//! differ; the axis as long as the times is time.

use super::series::Series;
use super::{Activity, Objects, Typed};
use crate::assembly::{Matrix, SQUARE, TimeAxis, time_axis};
use crate::error::IoError;
use crate::hdf5::{Content, Node};
use crate::limits::{MAX_FRAMES, MAX_GROUP_DEPTH, MAX_NEURONS};
use crate::options::ReadOptions;
use crate::warning::Level;
use nervering_recording::{NeuronLabel, NeuronNames};

/// How sure it is that a series holds ΔF/F, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    DfOverF,
    /// Its name or description says so.
    Described,
    Fluorescence,
}

/// A list of names for the neurons of a series.
struct Names {
    labels: Vec<NeuronLabel>,
    place: String,
}

/// The activity, if the file has such a series.
pub(super) fn read(
    objects: &Objects<'_>,
    options: &ReadOptions,
    warn: &mut impl FnMut(Level, &'static str, String),
) -> Result<Option<Activity>, IoError> {
    let mut candidates = Vec::new();
    for object in objects.all.iter().filter(|object| object.kind == "RoiResponseSeries") {
        if let Some(series) = Series::open(&object.node)? {
            candidates.push((kind_of(object), series));
        }
    }
    // The widest of the best kind, the first of several.
    let width = |series: &Series<'_>| series.data.shape().iter().copied().max().unwrap_or(0);
    candidates.sort_by_key(|(kind, series)| (*kind, std::cmp::Reverse(width(series))));
    let n_candidates = candidates.len();
    let Some((kind, series)) = candidates.into_iter().next() else {
        return Ok(None);
    };
    let place = series.node.place().to_owned();
    if n_candidates > 1 {
        let text = format!("of {n_candidates} series of neurons, {place} is read");
        warn(Level::Advice, "several-series", text);
    }
    match kind {
        Kind::DfOverF => {}
        Kind::Described => {
            let text = format!("{place} is taken for ΔF/F, as its name or description says");
            warn(Level::Advice, "trace-kind", text);
        }
        Kind::Fluorescence => {
            let text = format!(
                "{place} is not inside DfOverF: it may be raw fluorescence, which differs between neurons by its baseline"
            );
            warn(Level::Doubtful, "trace-kind", text);
        }
    }
    let (rows, columns) = match *series.data.shape() {
        [frames] => (frames, 1),
        [rows, columns] => (rows, columns),
        _ => {
            let expected = "a matrix of frames × neurons";
            return Err(series.data.unexpected(series.data.describe(), expected));
        }
    };
    series.data.check_limit(rows.min(columns), "neurons", MAX_NEURONS)?;
    series.data.check_limit(rows.max(columns), "frames", MAX_FRAMES)?;
    let (rows, columns) = (rows as usize, columns as usize);
    let rois = series.node.find("rois")?;
    let n_rois = rois.as_ref().map(|rois| rois.n_elements() as usize);
    let clock = series.required_clock()?;
    let mismatch = |expected| Err(series.data.unexpected(series.data.describe(), expected));
    let axis = match (clock.n_samples(), n_rois) {
        (Some(n), _) => match time_axis(rows, columns, n, TimeAxis::Rows) {
            Some(axis) => axis,
            None => return mismatch(format!("one axis of {n} frames, as in {}", clock.place())),
        },
        (None, Some(n)) if columns == n => TimeAxis::Rows,
        (None, Some(n)) if rows == n => TimeAxis::Columns,
        (None, Some(n)) => return mismatch(format!("one axis of {n} neurons, as in rois")),
        (None, None) => {
            let text =
                "neither times nor neurons say which axis is time; the first is, as NWB has it";
            warn(Level::Doubtful, "guessed-time-axis", text.into());
            TimeAxis::Rows
        }
    };
    if rows == columns {
        warn(Level::Doubtful, "square-traces", SQUARE.to_owned());
    } else if axis == TimeAxis::Columns {
        let text = format!("{place} is neurons × frames, while NWB has frames × neurons");
        warn(Level::Advice, "transposed-series", text);
    }
    let (n_frames, n_neurons) = match axis {
        TimeAxis::Rows => (rows, columns),
        TimeAxis::Columns => (columns, rows),
    };
    let labels = labels(objects, &series, rois.as_ref(), n_neurons, &options.names, warn)?;
    let values = Matrix { columns, values: series.numbers()? };
    Ok(Some(Activity {
        trace_field: series.node.name().to_owned(),
        place,
        time_place: clock.place().to_owned(),
        seconds: clock.seconds(n_frames),
        labels,
        traces: values.frame_major(axis),
        derivative: None,
    }))
}

fn kind_of(object: &Typed<'_>) -> Kind {
    if object.within == "DfOverF" {
        return Kind::DfOverF;
    }
    let described = object.node.text_attribute("description").unwrap_or_default();
    let text = format!("{} {described}", object.node.place()).to_lowercase();
    let says_so = ["df/f", "dff", "df_over_f", "dfoverf", "df_f", "Δf", "deltaf"];
    if says_so.iter().any(|words| text.contains(words)) {
        Kind::Described
    } else {
        Kind::Fluorescence
    }
}

/// One label per neuron: from the table that `rois` refers to, else from a list of names elsewhere
/// in the same module, else numbers.
fn labels(
    objects: &Objects<'_>,
    series: &Series<'_>,
    rois: Option<&Node<'_>>,
    n_neurons: usize,
    accepted: &NeuronNames,
    warn: &mut impl FnMut(Level, &'static str, String),
) -> Result<Vec<NeuronLabel>, IoError> {
    let numbered = || (1..=n_neurons).map(|k| NeuronLabel::Unidentified(k.to_string())).collect();
    if let Some(rois) = rois {
        let rows = rois.numbers()?;
        if rows.len() != n_neurons {
            let expected = format!("{n_neurons}, one per neuron of {}", series.data.place());
            return Err(rois.unexpected(format!("{} rows", rows.len()), expected));
        }
        let table = rois.reference_attribute("table").and_then(|address| objects.at(address));
        if let Some(table) = table {
            let mut lists = Vec::new();
            for column in table.members()? {
                lists.extend(names_of(&column, Some(&rows), accepted)?);
            }
            if let Some(names) = best(lists) {
                let text = format!("neurons are named by {}", names.place);
                warn(Level::Advice, "names-column", text);
                return Ok(names.labels);
            }
        }
    }
    // /processing/<module>
    let module: Vec<&str> = series.node.place().split('/').skip(1).take(2).collect();
    let module = objects.all.iter().find(|object| {
        object.kind == "ProcessingModule" && object.node.place() == format!("/{}", module.join("/"))
    });
    if let Some(module) = module {
        let mut lists = Vec::new();
        collect_names(&module.node, n_neurons, accepted, 0, &mut lists)?;
        if let Some(names) = best(lists) {
            let text = format!(
                "the table of the neurons has no names; {} has as many and is taken for them",
                names.place
            );
            warn(Level::Doubtful, "guessed-names", text);
            return Ok(names.labels);
        }
    }
    let text = "no column of the table of neurons holds names; they are numbered from 1";
    warn(Level::Advice, "no-neuron-names", text.into());
    Ok(numbered())
}

fn collect_names(
    node: &Node<'_>,
    n_neurons: usize,
    accepted: &NeuronNames,
    depth: usize,
    lists: &mut Vec<Names>,
) -> Result<(), IoError> {
    for member in node.members()? {
        if member.is_group() {
            if depth < MAX_GROUP_DEPTH {
                collect_names(&member, n_neurons, accepted, depth + 1, lists)?;
            }
        } else if member.shape() == [n_neurons as u64] {
            lists.extend(names_of(&member, None, accepted)?);
        }
    }
    Ok(())
}

/// The labels that a list of texts holds, for these rows of it or all; nothing for another thing.
fn names_of(
    column: &Node<'_>,
    rows: Option<&[f64]>,
    accepted: &NeuronNames,
) -> Result<Option<Names>, IoError> {
    let is_list = !column.is_group() && column.shape().len() == 1;
    if !is_list || column.content() != Content::Text {
        return Ok(None);
    }
    // A column of long remarks, say, that does not read is no list of names.
    let Ok(texts) = column.texts() else {
        return Ok(None);
    };
    let labels = match rows {
        None => texts.iter().map(|text| accepted.label(text)).collect(),
        Some(rows) => {
            let text = |row: f64| {
                let index = (row.fract() == 0. && row >= 0.).then_some(row as usize);
                let text = index.and_then(|index| texts.get(index)).ok_or_else(|| {
                    let expected = format!("rows below {}, the length of the table", texts.len());
                    column.unexpected(format!("a reference to row {row}"), expected)
                })?;
                Ok(accepted.label(text))
            };
            rows.iter().map(|&row| text(row)).collect::<Result<_, IoError>>()?
        }
    };
    Ok(Some(Names { labels, place: column.place().to_owned() }))
}

/// The list with most names of neurons, the first of several; none where none has any. Short words
/// look like names, but a column such as `region` repeats them and names hardly do.
fn best(lists: Vec<Names>) -> Option<Names> {
    let n_names = |names: &Names| {
        let mut found: Vec<_> = names.labels.iter().filter_map(NeuronLabel::name).collect();
        let n_found = found.len();
        found.sort();
        found.dedup();
        if 2 * found.len() > n_found { found.len() } else { 0 }
    };
    // Of equals, `max_by_key` takes the last.
    let (n_names, names) = lists.into_iter().rev().map(|l| (n_names(&l), l)).max_by_key(|l| l.0)?;
    (n_names > 0).then_some(names)
}
