//! The fields of the struct, and the names that each has been given.

use super::{file_name, listed};
use crate::error::IoError;
use crate::limits::MAX_ANIMALS;
use crate::mat73::{MatFile, Value};
use crate::warning::{Level, Warning};

/// What a field is for, and the names it has been given, the preferred first.
#[derive(Clone, Copy)]
pub(super) struct Field {
    names: &'static [&'static str],
    about: &'static str,
}

pub(super) const TRACES: Field =
    Field { names: &["deltaFOverF_bc", "traces", "deltaFOverF", "traces_raw"], about: "traces" };
pub(super) const NAMES: Field = Field { names: &["NeuronNames", "IDs"], about: "neuron names" };
pub(super) const TIME: Field =
    Field { names: &["tv", "timeVectorSeconds", "timVectorSeconds"], about: "times" };
pub(super) const ANIMAL: Field = Field { names: &["dataset"], about: "names of the animals" };
pub(super) const FPS: Field = Field { names: &["fps"], about: "frame rates" };
pub(super) const STATES: Field = Field { names: &["States"], about: "behaviour" };
pub(super) const STATES_KEY: Field =
    Field { names: &["States_key"], about: "names of the state codes" };
pub(super) const DERIVATIVE: Field =
    Field { names: &["derivs", "tracesDif", "deltaFOverF_deriv"], about: "derivatives" };

/// Trace fields that are not corrected for bleaching.
const NOT_BLEACH_CORRECTED: [&str; 2] = ["deltaFOverF", "traces_raw"];

impl Field {
    /// The first of its names that is among the given ones.
    pub(super) fn find(&self, names: &[String]) -> Option<&'static str> {
        self.names.iter().copied().find(|name| names.iter().any(|given| given == name))
    }
}

/// The fields of the struct, each as one value per worm.
pub(super) struct Fields<'f> {
    pub file: &'f MatFile,
    pub root: Value<'f>,
    pub n_worms: usize,
    pub trace_field: &'static str,
    pub traces: Vec<Value<'f>>,
    pub names: Vec<Value<'f>>,
    pub times: Vec<Value<'f>>,
    pub animals: Option<Vec<Value<'f>>>,
    pub fps: Option<Vec<Value<'f>>>,
    pub states: Option<Vec<Value<'f>>>,
    pub states_key: Option<Value<'f>>,
    pub derivative: Option<Value<'f>>,
    /// All field names of the struct.
    present: Vec<String>,
}

impl<'f> Fields<'f> {
    pub(super) fn open(file: &'f MatFile, root: &Value<'f>) -> Result<Self, IoError> {
        let present = root.field_names()?;
        let cells = |field: Field| -> Result<Option<Vec<Value<'f>>>, IoError> {
            field.find(&present).map(|name| root.field(name)?.cells()).transpose()
        };
        let required = |field: Field| -> Result<Vec<Value<'f>>, IoError> {
            cells(field)?.ok_or_else(|| {
                root.unexpected(
                    format!("no field with the {}", field.about),
                    field.names.join(" or "),
                )
            })
        };
        let (traces, names, times) = (required(TRACES)?, required(NAMES)?, required(TIME)?);
        let n_worms = traces.len();
        if n_worms == 0 || n_worms > MAX_ANIMALS {
            let found = format!("{n_worms} entries in the traces");
            return Err(root.unexpected(found, format!("1 to {MAX_ANIMALS} animals")));
        }
        let (animals, fps, states) = (cells(ANIMAL)?, cells(FPS)?, cells(STATES)?);
        let optional = [(ANIMAL, &animals), (FPS, &fps), (STATES, &states)];
        let counts = [(NAMES, names.len()), (TIME, times.len())].into_iter().chain(
            optional.iter().filter_map(|(field, cells)| Some((*field, cells.as_ref()?.len()))),
        );
        for (field, n_entries) in counts {
            if n_entries != n_worms {
                return Err(root.unexpected(
                    format!("{n_entries} entries in the {}", field.about),
                    format!("{n_worms}, one per entry of the traces"),
                ));
            }
        }
        let value = |field: Field| field.find(&present).map(|name| root.field(name)).transpose();
        let (states_key, derivative) = (value(STATES_KEY)?, value(DERIVATIVE)?);
        let trace_field = TRACES.find(&present).unwrap_or(TRACES.names[0]);
        let root = root.clone();
        Ok(Self {
            file,
            root,
            n_worms,
            trace_field,
            traces,
            names,
            times,
            animals,
            fps,
            states,
            states_key,
            derivative,
            present,
        })
    }

    /// What the whole file lacks.
    pub(super) fn warn_of_missing(&self, warnings: &mut Vec<Warning>) {
        let place = format!("{}, {}", file_name(self.file.path()), self.root.place());
        let mut warn = |level, kind, text| warnings.push(Warning::new(level, kind, &*place, text));
        if self.states.is_none() {
            let text = format!(
                "no field States, so the recordings have no behaviour; the fields are {}",
                listed(&self.present)
            );
            warn(Level::Doubtful, "no-states", text);
        }
        if NOT_BLEACH_CORRECTED.contains(&self.trace_field) {
            let text = format!(
                "no deltaFOverF_bc, so {} is used, which is not corrected for bleaching",
                self.trace_field
            );
            warn(Level::Doubtful, "not-bleach-corrected", text);
        }
    }
}
