//! The JSON form of an inspection, for programs: a schema of its own with a version.

use super::{Animal, BehaviorSummary, Inspection};
use crate::series::TraceSeries;
use crate::warning::{Level, Warning};
use nervering_recording::UnitBasis;
use serde::Serialize;
use std::collections::BTreeMap;

/// What `inspect --json` prints. Fields may be added within a version; none changes or goes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct InspectionJson {
    format: &'static str,
    version: u32,
    animals: Vec<AnimalJson>,
    shared_neurons: Vec<String>,
    series: Vec<SeriesJson>,
    counts: CountsJson,
    warnings: Vec<WarningJson>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct AnimalJson {
    name: String,
    origin: String,
    trace_field: String,
    /// `delta-f`, `ratio`, `z-score`, `fluorescence` or `unknown`.
    unit: &'static str,
    /// Whether the file says so, or it is a guess from the values.
    unit_stated: bool,
    derivative_field: Option<String>,
    n_frames: usize,
    duration_seconds: f64,
    frames_per_second: f64,
    n_neurons: usize,
    n_identified: usize,
    n_undecided: usize,
    behavior: Option<BehaviorJson>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct BehaviorJson {
    fractions: BTreeMap<String, f64>,
    n_transitions: usize,
    median_bout_frames: usize,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct SeriesJson {
    source: String,
    place: String,
    carries: String,
    is_read: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct CountsJson {
    wrong: usize,
    doubtful: usize,
    advice: usize,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct WarningJson {
    level: String,
    kind: &'static str,
    place: String,
    text: String,
}

impl From<&Inspection> for InspectionJson {
    fn from(inspection: &Inspection) -> Self {
        Self {
            format: "nervering-inspection",
            version: 1,
            animals: inspection.animals.iter().map(AnimalJson::from).collect(),
            shared_neurons: inspection.shared.iter().map(ToString::to_string).collect(),
            series: inspection.series.iter().map(SeriesJson::from).collect(),
            counts: CountsJson {
                wrong: inspection.count(Level::Wrong),
                doubtful: inspection.count(Level::Doubtful),
                advice: inspection.count(Level::Advice),
            },
            warnings: inspection.warnings.iter().map(WarningJson::from).collect(),
        }
    }
}

impl From<&Animal> for AnimalJson {
    fn from(animal: &Animal) -> Self {
        Self {
            name: animal.name.clone(),
            origin: animal.origin.clone(),
            trace_field: animal.trace_field.clone(),
            unit: animal.unit.unit.as_str(),
            unit_stated: animal.unit.basis == UnitBasis::Stated,
            derivative_field: animal.derivative_field.clone(),
            n_frames: animal.n_frames,
            duration_seconds: animal.duration,
            frames_per_second: animal.fps,
            n_neurons: animal.n_neurons,
            n_identified: animal.n_identified,
            n_undecided: animal.n_undecided,
            behavior: animal.behavior.as_ref().map(BehaviorJson::from),
        }
    }
}

impl From<&BehaviorSummary> for BehaviorJson {
    fn from(behavior: &BehaviorSummary) -> Self {
        Self {
            fractions: behavior.fractions.iter().cloned().collect(),
            n_transitions: behavior.n_transitions,
            median_bout_frames: behavior.median_bout,
        }
    }
}

impl From<&TraceSeries> for SeriesJson {
    fn from(series: &TraceSeries) -> Self {
        Self {
            source: series.source.clone(),
            place: series.place.clone(),
            carries: series.carries.to_string(),
            is_read: series.is_read,
        }
    }
}

impl From<&Warning> for WarningJson {
    fn from(warning: &Warning) -> Self {
        Self {
            level: warning.level.to_string(),
            kind: warning.kind,
            place: warning.place.clone(),
            text: warning.text.clone(),
        }
    }
}
