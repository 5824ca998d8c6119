//! The JSON files of WormWideWeb (Atanas et al. 2023).
//!
//! `trace_original` (neurons × frames) is what is read, `trace_array` (z-scored over the whole
//! recording) only where there is nothing else or it is asked for. `labeled` names neurons by their number from 1.
//! Times in seconds stand in `timestamp_confocal`; where that is missing, `avg_timestep` gives the
//! interval in minutes. A field that is null is one that is not there. Movement: `reversal_events`, frames from 1, and `velocity`.
//!
//! The file is parsed as a stream: what is not read is not kept, matrices are filled number by
//! number within [`crate::limits`], and nesting is bounded by the parser.

use crate::assembly::{Assembly, Matrix, SQUARE, TimeAxis, time_axis};
use crate::error::IoError;
use crate::json::{Label, Numbers, OrNull, Table, is_object};
use crate::limits::{MAX_FRAMES, MAX_JSON_BYTES, MAX_NEURONS};
use crate::motion::{Motion, mark_events};
use crate::options::ReadOptions;
use crate::outcome::ReadOutcome;
use crate::reader::Reader;
use crate::series::{Candidate, Carries, Choice, TraceSeries, choose, z_scored};
use crate::units::stated_unit;
use crate::warning::{Level, Warning};
use nervering_recording::{Behavior, NeuronLabel};
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt;
use std::io::BufReader;
use std::path::Path;

const ORIGINAL: &str = "trace_original";
const Z_SCORED: &str = "trace_array";
const TIMES: &str = "timestamp_confocal";
const INTERVAL: &str = "avg_timestep";

/// Reads the JSON files of WormWideWeb.
pub struct WormWideWeb;

impl Reader for WormWideWeb {
    fn name(&self) -> &'static str {
        "WormWideWeb JSON"
    }

    fn recognises(&self, head: &[u8]) -> bool {
        is_object(head)
    }

    /// An object with traces by the names of this format.
    fn confirms(&self, path: &Path) -> Result<bool, IoError> {
        crate::json::has_key(path, &[ORIGINAL, Z_SCORED]).map_err(IoError::read(path))
    }

    fn read(&self, path: &Path, options: &ReadOptions) -> Result<ReadOutcome, IoError> {
        let length = std::fs::metadata(path).map_err(IoError::read(path))?.len();
        if length > MAX_JSON_BYTES {
            let (path, place) = (path.to_owned(), "file".to_owned());
            let limit = MAX_JSON_BYTES;
            return Err(IoError::Limit { path, place, found: length, unit: "bytes", limit });
        }
        let text = crate::json::open(path).map_err(IoError::read(path))?;
        let fields: Fields = serde_json::from_reader(BufReader::new(text)).map_err(|source| {
            if source.is_io() {
                return IoError::read(path)(source.into());
            }
            IoError::Json { path: path.to_owned(), source: Box::new(source) }
        })?;
        let mut warnings = Vec::new();
        let (assembly, series) = fields.into_assembly(path, options, &mut warnings)?;
        let recording = assembly.into_recording(&mut warnings)?;
        Ok(ReadOutcome { recordings: vec![recording], warnings, series })
    }
}

/// What is kept of the file.
#[derive(Default)]
struct Fields {
    uid: Option<String>,
    original: Option<Table>,
    z_scored: Option<Table>,
    labels: Vec<(usize, String)>,
    times: Option<Vec<f64>>,
    /// Minutes.
    interval: Option<f64>,
    velocity: Option<Vec<f64>>,
    reversals: Option<Table>,
}

impl Fields {
    fn into_assembly<'p>(
        self,
        path: &'p Path,
        options: &ReadOptions,
        warnings: &mut Vec<Warning>,
    ) -> Result<(Assembly<'p>, Vec<TraceSeries>), IoError> {
        let file = crate::file_name(path);
        let mut warn = |level, kind, text: String| {
            warnings.push(Warning::new(level, kind, &*file, text));
        };
        let wrong = |place: &str, found: String, expected: String| IoError::Layout {
            path: path.to_owned(),
            place: place.to_owned(),
            found,
            expected,
        };
        let candidates = [
            (ORIGINAL, Carries::Ratio, self.original),
            (Z_SCORED, Carries::ZScored, self.z_scored),
        ];
        let candidates = candidates.into_iter().filter_map(|(field, carries, traces)| {
            Some(Candidate { place: field.to_owned(), carries, item: (traces?, field) })
        });
        let choice = choose(path, candidates.collect(), options.series.as_deref(), &mut warn)?;
        let Some(Choice { item: (traces, trace_field), carries, listed, .. }) = choice else {
            let found = "no traces".to_owned();
            return Err(wrong("/", found, format!("{ORIGINAL} or {Z_SCORED}")));
        };
        if carries == Carries::ZScored {
            warn(Level::Doubtful, "z-scored", z_scored(Z_SCORED));
        }
        let Table { rows, columns, values } = traces;
        let (seconds, time_place) = match (self.times, self.interval) {
            (Some(seconds), _) => (seconds, TIMES),
            (None, Some(minutes)) => {
                let text = format!(
                    "there is no {TIMES}; the frames are taken to be {} s apart, as {INTERVAL} (in minutes) says",
                    minutes * 60.
                );
                warn(Level::Doubtful, "regular-times", text);
                ((0..columns).map(|frame| frame as f64 * minutes * 60.).collect(), INTERVAL)
            }
            (None, None) => {
                let found = "no times".to_owned();
                return Err(wrong("/", found, format!("{TIMES} or {INTERVAL}")));
            }
        };
        let n_frames = seconds.len();
        let axis = time_axis(rows, columns, n_frames, TimeAxis::Columns).ok_or_else(|| {
            let expected = format!("one axis of {n_frames} frames, as in {time_place}");
            wrong(trace_field, format!("numbers, {rows} × {columns}"), expected)
        })?;
        if rows == columns {
            warn(Level::Doubtful, "square-traces", SQUARE.to_owned());
        }
        let n_neurons = if axis == TimeAxis::Columns { rows } else { columns };
        if n_neurons > MAX_NEURONS {
            let (path, place) = (path.to_owned(), trace_field.to_owned());
            let (found, limit) = (n_neurons as u64, MAX_NEURONS as u64);
            return Err(IoError::Limit { path, place, found, unit: "neurons", limit });
        }
        let mut labels: Vec<_> =
            (1..=n_neurons).map(|k| NeuronLabel::Unidentified(k.to_string())).collect();
        for (number, label) in self.labels {
            let label_of = number.checked_sub(1).and_then(|neuron| labels.get_mut(neuron));
            *label_of.ok_or_else(|| {
                let found = format!("a label for neuron {number}");
                wrong("labeled", found, format!("numbers from 1 to {n_neurons}"))
            })? = options.names.label(&label);
        }
        let as_long = |place: &str, values: Option<Vec<f64>>| match values {
            Some(values) if values.len() != n_frames => {
                let found = format!("{} values", values.len());
                Err(wrong(place, found, format!("{n_frames}, as many as {time_place} has")))
            }
            values => Ok(values),
        };
        let reversing = match self.reversals {
            Some(events) => {
                let events = pairs(&events).ok_or_else(|| {
                    let found = format!("numbers, {} × {}", events.rows, events.columns);
                    wrong("reversal_events", found, "pairs of first and last frame".into())
                })?;
                Some(mark_events(&events, n_frames).map_err(|event| {
                    let expected = match n_frames {
                        0 => "none, as there are no frames".to_owned(),
                        n => format!("first and last frame of a reversal, 1 to {n}"),
                    };
                    wrong("reversal_events", format!("{event:?}"), expected)
                })?)
            }
            None => None,
        };
        let motion = Motion { reversing, velocity: as_long("velocity", self.velocity)? };
        let behavior = motion.states().map(|(states, text)| {
            warn(Level::Advice, "states-from-motion", text);
            Behavior::new(states)
        });
        let stem = || path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        let assembly = Assembly {
            path,
            animal: self.uid.filter(|uid| !uid.trim().is_empty()).unwrap_or_else(stem),
            place: trace_field.to_owned(),
            trace_field: trace_field.to_owned(),
            unit: stated_unit(trace_field),
            time_place: time_place.to_owned(),
            seconds,
            labels,
            traces: Matrix { columns, values }.frame_major(axis),
            derivative: None,
            behavior,
        };
        Ok((assembly, listed))
    }
}

/// Pairs of first and last frame, also where the file has all first frames and then all last ones.
fn pairs(events: &Table) -> Option<Vec<[f64; 2]>> {
    let Table { rows, columns, values } = events;
    if values.is_empty() {
        return Some(Vec::new());
    }
    let in_rows: Vec<_> = values.chunks_exact(2).map(|pair| [pair[0], pair[1]]).collect();
    // Of two events it is the order of their frames that tells the two forms apart.
    let increases = |pairs: &[[f64; 2]]| pairs.as_flattened().is_sorted();
    if *columns == 2 && (*rows != 2 || increases(&in_rows)) {
        return Some(in_rows);
    }
    let (first, last) = values.split_at(*columns);
    (*rows == 2).then(|| first.iter().zip(last).map(|(&first, &last)| [first, last]).collect())
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FieldsVisitor;

        impl<'de> Visitor<'de> for FieldsVisitor {
            type Value = Fields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object with traces and times")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields = Fields::default();
                while let Some(key) = map.next_key::<String>()? {
                    match key.as_str() {
                        "uid" => fields.uid = map.next_value_seed(Label)?,
                        ORIGINAL => fields.original = map.next_value()?,
                        Z_SCORED => fields.z_scored = map.next_value()?,
                        "labeled" => {
                            let labels: Option<Labels> = map.next_value()?;
                            fields.labels = labels.map_or_else(Vec::new, |labels| labels.0);
                        }
                        TIMES => {
                            fields.times =
                                map.next_value_seed(OrNull(Numbers { limit: MAX_FRAMES }))?;
                        }
                        INTERVAL => fields.interval = map.next_value()?,
                        "velocity" => {
                            fields.velocity =
                                map.next_value_seed(OrNull(Numbers { limit: MAX_FRAMES }))?;
                        }
                        "reversal_events" => fields.reversals = map.next_value()?,
                        _ => _ = map.next_value::<IgnoredAny>()?,
                    }
                }
                Ok(fields)
            }
        }

        deserializer.deserialize_map(FieldsVisitor)
    }
}

/// Numbers of neurons and their labels.
struct Labels(Vec<(usize, String)>);

impl<'de> Deserialize<'de> for Labels {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Entry {
            label: Option<String>,
        }
        struct LabelsVisitor;

        impl<'de> Visitor<'de> for LabelsVisitor {
            type Value = Labels;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of labels by the number of the neuron, from 1")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Labels, A::Error> {
                let mut labels = Vec::new();
                while let Some((number, entry)) = map.next_entry::<usize, Option<Entry>>()? {
                    if labels.len() >= MAX_NEURONS {
                        let text = format!("more than {MAX_NEURONS} labels");
                        return Err(serde::de::Error::custom(text));
                    }
                    if let Some(label) = entry.and_then(|entry| entry.label) {
                        labels.push((number, label));
                    }
                }
                Ok(Labels(labels))
            }
        }

        deserializer.deserialize_map(LabelsVisitor)
    }
}
