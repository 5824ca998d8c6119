//! Neurodata Without Borders (NWB 2), which is HDF5 with a type on every object.
//!
//! Two forms are read. A [`roi`] series (`RoiResponseSeries`) holds many neurons and refers to a
//! table of them, from which [`names`] come; this is what NWB means for calcium imaging. The
//! published conversion of the Kato recordings has one `TimeSeries` per neuron instead
//! ([`per_neuron`]). [`offered`] lists all such series and says what each carries. Behaviour comes
//! from intervals, from a series, or from how the animal moves ([`states`]). Tables of every kind are
//! read by [`table`]. What decides is the type of an object and what it refers
//! to, not its name; whatever had to be guessed is a warning.
//!
//! One file is one session, so it gives one recording, called by its subject.

mod names;
mod offered;
mod per_neuron;
mod roi;
mod series;
mod states;
mod table;

use crate::assembly::Assembly;
use crate::error::IoError;
use crate::hdf5::{Content, Hdf5, Node, is_hdf5};
use crate::limits::MAX_GROUP_DEPTH;
use crate::options::ReadOptions;
use crate::reader::{ReadOutcome, Reader};
use crate::series::{Choice, choose};
use crate::warning::{Level, Warning};
use nervering_recording::{NeuronLabel, TraceUnit};
use offered::Offered;
use std::collections::BTreeMap;
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
        Hdf5::is(path, |file| file.root().text_attribute("nwb_version").is_some())
    }

    fn read(&self, path: &Path, options: &ReadOptions) -> Result<ReadOutcome, IoError> {
        Hdf5::read(path, |file| Self::read_open(file, path, options))
    }
}

impl Nwb {
    fn read_open(file: &Hdf5, path: &Path, options: &ReadOptions) -> Result<ReadOutcome, IoError> {
        let objects = Objects::of(file)?;
        let mut warnings = Vec::new();
        let name = crate::file_name(path);
        let mut warn = |level, kind, text: String| {
            warnings.push(Warning::new(level, kind, &*name, text));
        };
        let offered = offered::offered(&objects, &options.names, &mut warn)?;
        let choice = choose(path, offered, options.series.as_deref(), &mut warn)?;
        let activity = match &choice {
            None => None,
            Some(Choice { item: Offered::PerNeuron(field), .. }) => {
                per_neuron::read(field, &mut warn)?
            }
            Some(Choice { item: Offered::Rois(series), carries, .. }) => {
                Some(roi::read(&objects, series, *carries, options, &mut warn)?)
            }
        };
        let (Some(activity), Some(choice)) = (activity, choice) else {
            let n_objects = objects.all.len();
            let found = format!("an NWB file with {n_objects} objects");
            let expected = "a RoiResponseSeries with data, or one TimeSeries per neuron named traces__1__AVAL and so on";
            return Err(file.root().unexpected(found, expected));
        };
        let behavior = states::read(
            &objects,
            &activity.seconds,
            options,
            |place| choice.listed.iter().any(|series| series.place == place),
            &mut warn,
        )?;
        let assembly = Assembly {
            path,
            animal: animal(file, path, &mut warn)?,
            place: activity.place,
            trace_field: activity.trace_field,
            unit: activity.unit,
            time_place: activity.time_place,
            seconds: activity.seconds,
            labels: activity.labels,
            traces: activity.traces,
            derivative: activity.derivative,
            behavior,
        };
        let recording = assembly.into_recording(&mut warnings)?;
        Ok(ReadOutcome { recordings: vec![recording], warnings, series: choice.listed })
    }
}

/// The neurons of the animal and what they did.
struct Activity {
    place: String,
    trace_field: String,
    /// What the traces are, where the file says so.
    unit: Option<TraceUnit>,
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

/// All typed groups of the file, in its order. One that several links lead to is there once.
struct Objects<'f> {
    all: Vec<Typed<'f>>,
    by_address: BTreeMap<u64, usize>,
}

impl<'f> Objects<'f> {
    fn of(file: &'f Hdf5) -> Result<Self, IoError> {
        let mut objects = Self { all: Vec::new(), by_address: BTreeMap::new() };
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
        if let Some(&known) = self.by_address.get(&node.address()) {
            // The link from what has a type says more than the one from a plain folder.
            let known = &mut self.all[known];
            if known.within.is_empty() && !within.is_empty() {
                known.within = within.to_owned();
                known.node = node;
            }
            return Ok(());
        }
        let groups = node.groups()?;
        if !kind.is_empty() {
            self.by_address.insert(node.address(), self.all.len());
            self.all.push(Typed { kind: kind.clone(), within: within.to_owned(), node });
        }
        groups.into_iter().try_for_each(|group| self.collect(group, &kind, depth + 1))
    }

    /// The object at an address that a reference holds.
    fn at(&self, address: u64) -> Option<&Node<'f>> {
        self.by_address.get(&address).map(|&known| &self.all[known].node)
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
