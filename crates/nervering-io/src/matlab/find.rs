//! Where in a file the recordings, or labels, are: by the fields that structs have, never by the
//! names of variables.

use super::coloring;
use super::fields::{self, Animal, NAMES, TIME, TRACES};
use super::words::{file_name, file_stem, listed};
use crate::error::IoError;
use crate::limits::MAX_ANIMALS;
use crate::mat::{Class, MatFile, Value};
use crate::options::ReadOptions;
use crate::warning::Warning;

/// What a file holds.
#[derive(Default)]
pub(super) struct Found<'f> {
    pub animals: Vec<Animal<'f>>,
    /// The struct of a label file.
    pub labels: Option<Value<'f>>,
    /// What the whole file lacks.
    pub warnings: Vec<Warning>,
}

/// A place in a file where recordings are.
enum Place<'f> {
    /// One struct, with cell arrays of one entry per worm, or for one worm.
    Struct(Value<'f>),
    /// One struct per worm, and the struct or array that holds them.
    Structs { parent: Value<'f>, structs: Vec<Value<'f>> },
}

/// Finds the recordings and labels of a file.
pub(super) fn find<'f>(file: &'f MatFile, options: &ReadOptions) -> Result<Found<'f>, IoError> {
    let top = file.root();
    let (mut places, mut labels) = (Vec::new(), Vec::new());
    if holds_recordings(&top)? {
        places.push(Place::Struct(top.clone()));
    } else if coloring::holds_labels(&top)? {
        labels.push(top.clone());
    } else {
        for variable in top.structs()? {
            if let Some(place) = place_in(&variable)? {
                places.push(place);
            } else if coloring::holds_labels(&variable)? {
                labels.push(variable);
            }
        }
    }
    let mut found = match (places.len(), labels.len()) {
        (1, _) => read_place(file, &top, places.remove(0), options)?,
        (0, 1) => Found::default(),
        (n_places, n_labels) => return Err(not_one(file, &top, &places, n_places, n_labels)?),
    };
    if labels.len() == 1 {
        found.labels = labels.pop();
    }
    Ok(found)
}

fn not_one(
    file: &MatFile,
    top: &Value<'_>,
    places: &[Place<'_>],
    n_places: usize,
    n_labels: usize,
) -> Result<IoError, IoError> {
    let expected = "one struct with the fields deltaFOverF_bc (or traces), NeuronNames (or IDs) and tv (or timeVectorSeconds)";
    if n_places == 0 && n_labels > 1 {
        return Ok(top.unexpected(format!("{n_labels} structs with labels"), "one of them"));
    }
    if n_places == 0 {
        if let Some(error) = incomplete(top)? {
            return Ok(error);
        }
        return Ok(IoError::Foreign {
            path: file.path().to_owned(),
            found: format!("a MATLAB file with the variables {}", listed(&top.field_names()?)),
            advice: format!(", expected {expected}"),
        });
    }
    let names: Vec<_> = places.iter().map(|place| place.value().place()).collect();
    let found = format!("{n_places} such structs ({})", names.join(", "));
    Ok(top.unexpected(found, expected))
}

/// The error for a struct that has some of what makes a recording, where nothing has all of it.
fn incomplete(top: &Value<'_>) -> Result<Option<IoError>, IoError> {
    let mut structs = vec![top.clone()];
    for variable in top.structs()? {
        structs.push(variable.clone());
        structs.extend(variable.structs()?);
    }
    for value in structs {
        let present = value.field_names()?;
        let wanted = [TRACES, NAMES, TIME];
        let (there, missing): (Vec<_>, Vec<_>) =
            wanted.into_iter().partition(|field| field.find(&present).is_some());
        let [missing] = missing.as_slice() else { continue };
        let there: Vec<_> = there.iter().filter_map(|field| field.find(&present)).collect();
        let found = format!(
            "{} but no {} among {}",
            there.join(" and "),
            missing.described(),
            listed(&present)
        );
        return Ok(Some(value.unexpected(found, missing.way_out(&value, &present))));
    }
    Ok(None)
}

/// The recordings in one variable. The elements of an array of structs are looked at only where
/// they are recordings: other variables may have any number of them.
fn place_in<'f>(variable: &Value<'f>) -> Result<Option<Place<'f>>, IoError> {
    let parent = variable.clone();
    if holds_recordings(variable)? {
        let mut structs = variable.elements()?;
        return Ok(match structs.len() {
            0 => None,
            1 => Some(Place::Struct(structs.remove(0))),
            _ => Some(Place::Structs { parent, structs }),
        });
    }
    let mut structs = Vec::new();
    for field in variable.structs()? {
        if holds_recordings(&field)? {
            structs.push(field);
        }
    }
    // N2 before N10, and the order of the file is that of the alphabet in one container.
    structs.sort_by_key(|value| (value.name().len(), value.name().to_owned()));
    Ok((!structs.is_empty()).then_some(Place::Structs { parent, structs }))
}

fn holds_recordings(value: &Value<'_>) -> Result<bool, IoError> {
    let names = value.field_names()?;
    let has_traces =
        TRACES.find(&names).is_some() || names.iter().any(|name| name == fields::PROCESSED);
    Ok(has_traces && NAMES.find(&names).is_some() && TIME.find(&names).is_some())
}

fn read_place<'f>(
    file: &'f MatFile,
    top: &Value<'f>,
    place: Place<'f>,
    options: &ReadOptions,
) -> Result<Found<'f>, IoError> {
    let mut found = Found::default();
    match place {
        Place::Struct(root) => {
            let present = root.field_names()?;
            let of_cells = match TRACES.find(&present) {
                Some(name) => root.field(name)?.class() == Class::Cell,
                None => false,
            };
            if of_cells {
                found.animals = fields::of_cells(file.path(), top, &root, options)?;
            } else {
                let unnamed = file_stem(file.path());
                found.animals =
                    vec![fields::of_struct(file.path(), &[top], &root, unnamed, options)?];
            }
        }
        Place::Structs { parent, structs } => {
            parent.check_limit(structs.len() as u64, "animals", MAX_ANIMALS)?;
            for (k, value) in structs.iter().enumerate() {
                let own = match value.name() {
                    name if name.contains('(') => (k + 1).to_string(),
                    name => name.to_owned(),
                };
                let unnamed = format!("{}_{own}", parent.name());
                found.animals.push(fields::of_struct(
                    file.path(),
                    &[&parent, top],
                    value,
                    unnamed,
                    options,
                )?);
            }
        }
    }
    found.warnings = fields::warnings_of(&file_name(file.path()), &found.animals);
    Ok(found)
}

impl<'f> Place<'f> {
    fn value(&self) -> &Value<'f> {
        match self {
            Self::Struct(value) | Self::Structs { parent: value, .. } => value,
        }
    }
}
