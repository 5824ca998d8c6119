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
mod objects;
mod offered;
mod per_neuron;
mod roi;
mod series;
mod states;
mod table;

use crate::assembly::Assembly;
use crate::error::IoError;
use crate::hdf5::{Content, Hdf5, is_hdf5};
use crate::options::ReadOptions;
use crate::outcome::ReadOutcome;
use crate::reader::Reader;
use crate::series::{Choice, choose};
use crate::warning::{Level, Warning};
use objects::Objects;
use offered::Offered;
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
