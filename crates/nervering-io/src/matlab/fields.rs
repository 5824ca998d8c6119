//! What the fields are called, and one [`Animal`] per worm with its own entry of each.

use super::words::{file_stem, listed};
use crate::error::IoError;
use crate::limits::MAX_ANIMALS;
use crate::mat::{Class, Value};
use crate::options::ReadOptions;
use crate::series::{Candidate, Carries, TraceSeries, choose};
use crate::warning::{Level, Warning};
use std::path::Path;

/// What a field is for, and the names it has been given, the preferred first.
#[derive(Clone, Copy)]
pub(super) struct Field {
    names: &'static [&'static str],
    about: &'static str,
}

pub(super) const TRACES: Field =
    Field { names: &["deltaFOverF_bc", "traces", "deltaFOverF", "traces_raw"], about: "traces" };
pub(super) const NAMES: Field =
    Field { names: &["NeuronNames", "IDs", "NeuronIds"], about: "neuron names" };
pub(super) const TIME: Field =
    Field { names: &["tv", "timeVectorSeconds", "timVectorSeconds"], about: "times" };
const ANIMAL: Field = Field { names: &["dataset", "FlNm"], about: "names of the animals" };
const FPS: Field = Field { names: &["fps"], about: "frame rates" };
/// The finest labels first: `FourStates` tells no ventral from a dorsal turn.
const STATES: Field = Field { names: &["States", "FiveStates", "FourStates"], about: "behaviour" };
const DERIVATIVE: Field =
    Field { names: &["derivs", "tracesDif", "deltaFOverF_deriv"], about: "derivatives" };
/// Names of the states of a field, by the name of that field.
const KEYS: [(&str, &[&str]); 3] = [
    ("States", &["States_key"]),
    ("FiveStates", &["FiveStatesNames", "fiveStateNames"]),
    ("FourStates", &["FourStatesNames", "fourStateNames"]),
];

/// A struct of traces that were worked on further, in `WT_data`.
pub(super) const PROCESSED: &str = "processed";
/// What is taken from there when the traces stand nowhere else.
const PROCESSED_TRACES: Field =
    Field { names: &["deltaFOverF_bc", "deltaFOverF_bc_detr"], about: "processed traces" };
/// Trace fields that are not corrected for bleaching.
const NOT_BLEACH_CORRECTED: [&str; 2] = ["deltaFOverF", "traces_raw"];
/// Trace fields from which the slow course was taken away.
const DETRENDED: &str = "deltaFOverF_bc_detr";

impl Field {
    /// The first of its names that is among the given ones.
    pub(super) fn find(&self, names: &[String]) -> Option<&'static str> {
        self.names.iter().copied().find(|name| names.iter().any(|given| given == name))
    }

    /// For example `tv (times)`.
    pub(super) fn described(&self) -> String {
        format!("{} ({})", self.names[0], self.about)
    }

    /// What to write where this field is missing in a struct and others are there.
    pub(super) fn way_out(&self, root: &Value<'_>, present: &[String]) -> String {
        let expected = self.names.join(" or ");
        match (self.about == TIME.about, TRACES.find(present), FPS.find(present)) {
            (true, Some(traces), Some(fps)) => {
                let of = if root.name().is_empty() {
                    String::new()
                } else {
                    format!("{}.", root.name())
                };
                format!(
                    "{expected}, the time of each frame in seconds; where {of}{fps} holds for the whole recording, in MATLAB: {of}tv = (0:size({of}{traces},1)-1)'/{of}{fps}"
                )
            }
            (true, ..) => format!("{expected}, the time of each frame in seconds"),
            _ => expected,
        }
    }

    fn missing(&self, root: &Value<'_>) -> IoError {
        root.unexpected(format!("no field with the {}", self.about), self.names.join(" or "))
    }
}

/// The fields of one worm.
pub(super) struct Animal<'f> {
    pub path: &'f Path,
    /// For example `/WT_NoStim, worm 3`.
    pub place: String,
    /// What it is called where the file does not name it.
    pub unnamed: String,
    pub trace_field: &'static str,
    pub traces: Value<'f>,
    pub names: Value<'f>,
    pub times: Value<'f>,
    pub name: Option<Value<'f>>,
    pub fps: Option<Value<'f>>,
    pub states: Option<States<'f>>,
    pub derivative: Option<Derivative<'f>>,
    /// The series that there are, and what is to be told of the choice.
    pub series: Vec<TraceSeries>,
    choice: Vec<(Level, &'static str, String)>,
    /// Where a lack is told, and the fields that stand there.
    lacks: (String, Vec<String>),
}

/// The field of the traces that is read.
struct Traces {
    field: &'static str,
    /// Whether it stands in [`PROCESSED`].
    is_processed: bool,
    /// Whether the file's own derivative is one of these traces.
    is_default: bool,
    listed: Vec<TraceSeries>,
    choice: Vec<(Level, &'static str, String)>,
}

/// Of the fields with traces that there are, the one to read.
fn choose_traces(
    path: &Path,
    root: &Value<'_>,
    (present, processed): (&[String], &[String]),
    options: &ReadOptions,
) -> Result<Traces, IoError> {
    let candidate = |field: &'static str, is_processed: bool| {
        let place = if is_processed { format!("{PROCESSED}/{field}") } else { field.to_owned() };
        Candidate { place, carries: carries(field), item: (field, is_processed) }
    };
    let there = |names: &[String], field: &str| names.iter().any(|name| name == field);
    let of_root = TRACES.names.iter().filter(|field| there(present, field));
    let of_processed = PROCESSED_TRACES.names.iter().filter(|field| there(processed, field));
    let candidates = of_root.map(|field| candidate(field, false));
    let candidates = candidates.chain(of_processed.map(|field| candidate(field, true)));
    let mut choice = Vec::new();
    let mut warn = |level, kind, text| choice.push((level, kind, text));
    let chosen = choose(path, candidates.collect(), options.series.as_deref(), &mut warn)?;
    let chosen = chosen.ok_or_else(|| TRACES.missing(root))?;
    let (field, is_processed) = chosen.item;
    Ok(Traces { field, is_processed, is_default: chosen.is_default, listed: chosen.listed, choice })
}

/// What a field of traces carries, by what laboratories have put there.
fn carries(field: &str) -> Carries {
    match field {
        "deltaFOverF_bc" | "traces" => Carries::DfOverF,
        "traces_raw" => Carries::Fluorescence,
        _ => Carries::SaidDfOverF,
    }
}

/// What is told of a derivative that is not one of the traces that were asked for.
fn other_derivative(traces: &Traces) -> (Level, &'static str, String) {
    let text = format!(
        "the file's derivative is not used: it is not known to be one of {}, which was asked for",
        traces.field
    );
    (Level::Advice, "derivative-not-used", text)
}

/// The behaviour of one worm, and what names its codes.
pub(super) struct States<'f> {
    pub value: Value<'f>,
    pub key: Option<Value<'f>>,
}

/// Where the derivative of one worm is.
pub(super) enum Derivative<'f> {
    /// Somewhere in a field that holds those of all worms.
    OfAll { field: Value<'f>, animal: usize, n_animals: usize },
    /// Somewhere in a field of this worm.
    OfAnimal(Value<'f>),
}

/// The worms of a struct whose fields are cell arrays of one entry per worm.
pub(super) fn of_cells<'f>(
    path: &'f Path,
    top: &Value<'f>,
    root: &Value<'f>,
    options: &ReadOptions,
) -> Result<Vec<Animal<'f>>, IoError> {
    let present = root.field_names()?;
    let find = |field: Field| field.find(&present).map(|name| root.field(name)).transpose();
    let mut chosen = choose_traces(path, root, (&present, &[]), options)?;
    let trace_field = chosen.field;
    let traces = root.field(trace_field)?.cells()?;
    let n_animals = traces.len();
    if n_animals == 0 || n_animals > MAX_ANIMALS {
        let found = format!("{n_animals} entries in the traces");
        return Err(root.unexpected(found, format!("1 to {MAX_ANIMALS} animals")));
    }
    let entries = |field: Field| -> Result<Option<Vec<Value<'f>>>, IoError> {
        let Some(value) = find(field)? else { return Ok(None) };
        let entries = match value.class() {
            Class::Cell => value.cells()?,
            Class::Struct => value.elements()?,
            // The rates may be one vector; they are only compared, so that is passed over.
            _ if field.about == FPS.about => return Ok(None),
            _ => vec![value],
        };
        if entries.len() == n_animals {
            return Ok(Some(entries));
        }
        Err(root.unexpected(
            format!("{} entries in the {}", entries.len(), field.about),
            format!("{n_animals}, one per entry of the traces"),
        ))
    };
    let required = |field: Field| entries(field)?.ok_or_else(|| field.missing(root));
    let (names, times) = (required(NAMES)?, required(TIME)?);
    let (animals, fps, states) = (entries(ANIMAL)?, entries(FPS)?, entries(STATES)?);
    let mut derivative = find(DERIVATIVE)?;
    if !chosen.is_default && derivative.take().is_some() {
        chosen.choice.push(other_derivative(&chosen));
    }
    let prefix = if root.name().is_empty() { file_stem(path) } else { root.name().to_owned() };
    let one = |k: usize| -> Result<Animal<'f>, IoError> {
        let states = match (&states, STATES.find(&present)) {
            (Some(states), Some(name)) => {
                let key = key_of(name, &[root, top])?;
                let key = key.map(|key| entry_of(key, k, n_animals)).transpose()?;
                Some(States { value: states[k].clone(), key })
            }
            _ => None,
        };
        Ok(Animal {
            path,
            place: format!("{}, worm {}", root.place(), k + 1),
            unnamed: format!("{prefix}_worm{}", k + 1),
            trace_field,
            traces: traces[k].clone(),
            names: names[k].clone(),
            times: times[k].clone(),
            name: animals.as_ref().map(|animals| animals[k].clone()),
            fps: fps.as_ref().map(|fps| fps[k].clone()),
            states,
            derivative: derivative.clone().map(|field| Derivative::OfAll {
                field,
                animal: k,
                n_animals,
            }),
            series: chosen.listed.clone(),
            choice: chosen.choice.clone(),
            lacks: (root.place().to_owned(), present.clone()),
        })
    };
    (0..n_animals).map(one).collect()
}

/// The worm of a struct that belongs to it alone. `outer` are the structs around it, in which the
/// names of its state codes may stand.
pub(super) fn of_struct<'f>(
    path: &'f Path,
    outer: &[&Value<'f>],
    root: &Value<'f>,
    unnamed: String,
    options: &ReadOptions,
) -> Result<Animal<'f>, IoError> {
    let present = root.field_names()?;
    let find = |field: Field| field.find(&present).map(|name| root.field(name)).transpose();
    let processed = root.find(PROCESSED)?.filter(|value| value.class() == Class::Struct);
    let in_processed = |field: Field| -> Result<Option<(&'static str, Value<'f>)>, IoError> {
        let Some(processed) = &processed else { return Ok(None) };
        let name = field.find(&processed.field_names()?);
        name.map(|name| Ok((name, processed.field(name)?))).transpose()
    };
    let further = processed.as_ref().map_or(Ok(Vec::new()), Value::field_names)?;
    let mut chosen = choose_traces(path, root, (&present, &further), options)?;
    let trace_field = chosen.field;
    let traces = match &processed {
        Some(processed) if chosen.is_processed => processed.field(trace_field)?,
        _ => root.field(trace_field)?,
    };
    let mut derivative = match find(DERIVATIVE)? {
        Some(value) => Some(value),
        None => in_processed(DERIVATIVE)?.map(|(_, value)| value),
    };
    if !chosen.is_default && derivative.take().is_some() {
        chosen.choice.push(other_derivative(&chosen));
    }
    let states = match STATES.find(&present) {
        Some(name) => {
            let mut places = vec![root];
            places.extend(outer);
            Some(States { value: root.field(name)?, key: key_of(name, &places)? })
        }
        None => None,
    };
    Ok(Animal {
        path,
        place: root.place().to_owned(),
        unnamed,
        trace_field,
        traces,
        names: find(NAMES)?.ok_or_else(|| NAMES.missing(root))?,
        times: find(TIME)?.ok_or_else(|| TIME.missing(root))?,
        name: find(ANIMAL)?.filter(|value| value.class() == Class::Text),
        fps: find(FPS)?,
        states,
        derivative: derivative.map(Derivative::OfAnimal),
        series: chosen.listed,
        choice: chosen.choice,
        lacks: (root.place().to_owned(), present),
    })
}

/// What names the codes of a state field, in the nearest struct that has it.
fn key_of<'f>(states: &str, places: &[&Value<'f>]) -> Result<Option<Value<'f>>, IoError> {
    let names = KEYS.iter().find(|(field, _)| *field == states).map_or(&[][..], |(_, keys)| keys);
    for place in places {
        for name in names {
            if let Some(key) = place.find(name)? {
                return Ok(Some(key));
            }
        }
    }
    Ok(None)
}

/// The entry of one worm, when there is one per worm; otherwise the key holds for all.
fn entry_of(key: Value<'_>, k: usize, n_animals: usize) -> Result<Value<'_>, IoError> {
    if key.class() != Class::Cell {
        return Ok(key);
    }
    let mut entries = key.cells()?;
    let per_animal =
        entries.len() == n_animals && entries.iter().all(|entry| entry.class() == Class::Cell);
    // A single name in a cell of its own is the key of a single state.
    Ok(if per_animal { entries.swap_remove(k) } else { key })
}

/// What the file lacks, once per place.
pub(super) fn warnings_of(file: &str, animals: &[Animal<'_>]) -> Vec<Warning> {
    let mut warnings = Vec::<Warning>::new();
    for animal in animals {
        let mut add = |warning| {
            if !warnings.contains(&warning) {
                warnings.push(warning);
            }
        };
        for (level, kind, text) in &animal.choice {
            add(Warning::new(*level, kind, file, &**text));
        }
        let (place, present) = &animal.lacks;
        let place = format!("{file}, {place}");
        let mut warn = |kind, text| add(Warning::new(Level::Doubtful, kind, &*place, text));
        if animal.states.is_none() {
            let text = format!(
                "no field {}, so the recordings have no behaviour; the fields are {}",
                STATES.names.join(", "),
                listed(present)
            );
            warn("no-states", text);
        }
        if NOT_BLEACH_CORRECTED.contains(&animal.trace_field) {
            let text =
                format!("{} is used, which is not corrected for bleaching", animal.trace_field);
            warn("not-bleach-corrected", text);
        }
        if animal.trace_field == DETRENDED {
            let text =
                format!("{PROCESSED}.{DETRENDED} is used, from which slow changes were removed");
            warn("detrended-traces", text);
        }
    }
    warnings
}
