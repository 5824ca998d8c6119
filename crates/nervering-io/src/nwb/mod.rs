//! Neurodata Without Borders (NWB 2), which is HDF5 with a type on every object.
//!
//! Two forms are read. A [`roi`] series (`RoiResponseSeries`) holds many neurons and refers to a
//! table of them; this is what NWB means for calcium imaging. The published conversion of the Kato
//! recordings has one `TimeSeries` per neuron instead ([`per_neuron`]). Behaviour comes from
//! intervals or from a series ([`states`]). What decides is the type of an object and what it refers
//! to, not its name; whatever had to be guessed is a warning.
//!
//! One file is one session, so it gives one recording, called by its subject.

mod per_neuron;
mod roi;
mod series;
mod states;

use crate::assembly::Assembly;
use crate::error::IoError;
use crate::hdf5::{Content, Hdf5, Node, is_hdf5};
use crate::limits::MAX_GROUP_DEPTH;
use crate::options::ReadOptions;
use crate::reader::{ReadOutcome, Reader};
use crate::warning::{Level, Warning};
use nervering_recording::NeuronLabel;
use std::path::Path;

/// Reads NWB files.
pub struct Nwb;

impl Reader for Nwb {
    fn name(&self) -> &'static str {
        "NWB"
    }

    fn recognises(&self, head: &[u8]) -> bool {
        is_hdf5(head)
    }

    /// The attribute that every NWB 2 file has.
    fn confirms(&self, path: &Path) -> Result<bool, IoError> {
        let file = Hdf5::open(path);
        Ok(file.is_ok_and(|file| file.root().text_attribute("nwb_version").is_some()))
    }

    fn read(&self, path: &Path, options: &ReadOptions) -> Result<ReadOutcome, IoError> {
        let file = Hdf5::open(path)?;
        let objects = Objects::of(&file)?;
        let mut warnings = Vec::new();
        let name = crate::file_name(path);
        let mut warn = |level, kind, text: String| {
            warnings.push(Warning::new(level, kind, &*name, text));
        };
        let activity = match per_neuron::read(&objects, options, &mut warn)? {
            Some(activity) => activity,
            None => roi::read(&objects, options, &mut warn)?.ok_or_else(|| {
                let found = format!("an NWB file with {} objects", objects.all.len());
                let expected = "a RoiResponseSeries, or one TimeSeries per neuron named traces__1__AVAL and so on";
                file.root().unexpected(found, expected)
            })?,
        };
        let states = states::read(&objects, &activity.seconds, &mut warn)?;
        let assembly = Assembly {
            path,
            animal: animal(&file, path, &mut warn)?,
            place: activity.place,
            trace_field: activity.trace_field,
            time_place: activity.time_place,
            seconds: activity.seconds,
            labels: activity.labels,
            traces: activity.traces,
            derivative: activity.derivative,
            states,
        };
        let recording = assembly.into_recording(&mut warnings)?;
        Ok(ReadOutcome { recordings: vec![recording], warnings })
    }
}

/// The neurons of the animal and what they did.
struct Activity {
    place: String,
    trace_field: String,
    time_place: String,
    /// Seconds.
    seconds: Vec<f64>,
    labels: Vec<NeuronLabel>,
    /// Row-major `[frame, neuron]`.
    traces: Vec<f64>,
    derivative: Option<(Vec<f64>, String)>,
}

/// An object of the file that has a type.
struct Typed<'f> {
    kind: String,
    /// Type of the object that holds it; empty where that has none.
    within: String,
    node: Node<'f>,
}

/// All typed groups of the file, in its order.
struct Objects<'f> {
    all: Vec<Typed<'f>>,
}

impl<'f> Objects<'f> {
    fn of(file: &'f Hdf5) -> Result<Self, IoError> {
        let mut objects = Self { all: Vec::new() };
        for top in file.root().groups()? {
            // The cached definitions of the format are no data.
            if top.name() != "specifications" {
                objects.collect(top, "", 0)?;
            }
        }
        Ok(objects)
    }

    fn collect(&mut self, node: Node<'f>, within: &str, depth: usize) -> Result<(), IoError> {
        if depth >= MAX_GROUP_DEPTH {
            return Ok(());
        }
        let kind = node.text_attribute("neurodata_type").unwrap_or_default();
        let groups = node.groups()?;
        if !kind.is_empty() {
            self.all.push(Typed { kind: kind.clone(), within: within.to_owned(), node });
        }
        groups.into_iter().try_for_each(|group| self.collect(group, &kind, depth + 1))
    }

    /// The object at an address that a reference holds.
    fn at(&self, address: u64) -> Option<&Node<'f>> {
        self.all.iter().map(|object| &object.node).find(|node| node.address() == address)
    }
}

/// The subject, else the identifier of the session, else the file.
fn animal(
    file: &Hdf5,
    path: &Path,
    warn: &mut impl FnMut(Level, &'static str, String),
) -> Result<String, IoError> {
    for (place, level) in
        [("general/subject/subject_id", None), ("identifier", Some(Level::Advice))]
    {
        let Some(node) = file.root().find(place)? else {
            continue;
        };
        if node.content() != Content::Text {
            continue;
        }
        let text = node.text()?.trim().to_owned();
        if text.is_empty() {
            continue;
        }
        if let Some(level) = level {
            let text = format!("the file names no subject; the animal is called by its {place}");
            warn(level, "unnamed-animal", text);
        }
        return Ok(text);
    }
    let stem = path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    let text = format!("the file names neither subject nor session; the animal is called {stem}");
    warn(Level::Advice, "unnamed-animal", text);
    Ok(stem)
}
