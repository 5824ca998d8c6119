//! `[reading]` of a study file: how recordings are read where their files leave a choice. A study
//! keeps it, so that a folder that is taken up again from its `study.toml` reads the same.
//!
//! This room reads no files: what a key means to a reader is decided where files are read.

use crate::error::StudyError;
use crate::toml_file::{choice, text_or_list};
use nervering_recording::{Conversion, NeuronNames, StateMap, TraceUnit};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// `[reading]`. What is left out is as readers have it by default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReadingEntry {
    /// Which names identify a neuron: `known`, `any`, or a list of names that count beside the known
    /// ones.
    #[serde(default, deserialize_with = "text_or_list", skip_serializing_if = "Option::is_none")]
    pub names: Option<Vec<String>>,
    /// What the traces are, whatever their files say: `delta-f`, `ratio`, `z-score`, `fluorescence`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Whether traces are brought to ΔF/F.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub to_delta_f: bool,
    /// Percentile of each neuron over its whole recording that is F₀, of fluorescence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<u8>,
    /// The series of traces to read where files offer several: its place, or the last parts of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub series: Option<String>,
    /// What states of the files stand for, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub map: BTreeMap<String, String>,
}

impl ReadingEntry {
    /// How it stands in a file.
    pub fn of(
        names: Option<&NeuronNames>,
        map: &StateMap,
        series: Option<&str>,
        unit: Option<TraceUnit>,
        to_delta_f: Option<Conversion>,
    ) -> Self {
        let listed =
            |names: &NeuronNames| names.to_string().split(',').map(str::to_owned).collect();
        let pairs = map.pairs().map(|(from, to)| (from.to_owned(), to.to_owned()));
        Self {
            names: names.map(listed),
            map: pairs.collect(),
            series: series.map(str::to_owned),
            unit: unit.map(|unit| unit.as_str().to_owned()),
            to_delta_f: to_delta_f.is_some(),
            baseline: to_delta_f.and_then(|conversion| conversion.baseline_percentile),
        }
    }

    /// Which names identify a neuron, if it says so.
    ///
    /// # Errors
    /// [`StudyError::Choice`] for an entry that is no name.
    pub fn names(&self) -> Result<Option<NeuronNames>, StudyError> {
        let chosen = |names: &Vec<String>| choice("names", &names.join(","));
        self.names.as_ref().map(chosen).transpose()
    }

    /// What the traces are, if it says so.
    ///
    /// # Errors
    /// [`StudyError::Choice`] for an entry that is no unit.
    pub fn unit(&self) -> Result<Option<TraceUnit>, StudyError> {
        self.unit.as_ref().map(|unit| choice("unit", unit)).transpose()
    }

    /// How traces are brought to ΔF/F, if they are.
    ///
    /// # Errors
    /// [`StudyError::Choice`] for a baseline that is no percentile, or is of no use.
    pub fn to_delta_f(&self) -> Result<Option<Conversion>, StudyError> {
        match (self.to_delta_f, self.baseline) {
            (true, Some(percentile)) if percentile > 100 => Err(StudyError::Choice {
                what: "baseline",
                reason: format!("found {percentile}, expected a percentile from 0 to 100"),
            }),
            (false, Some(_)) => Err(StudyError::Choice {
                what: "baseline",
                reason: "found one, expected it with to_delta_f = true only".to_owned(),
            }),
            (true, baseline_percentile) => Ok(Some(Conversion { baseline_percentile })),
            (false, None) => Ok(None),
        }
    }

    /// What states of the files stand for.
    ///
    /// # Errors
    /// [`StudyError::Choice`] for an entry that is no pair of names of states.
    pub fn map(&self) -> Result<StateMap, StudyError> {
        let map = StateMap::new(&self.map);
        map.map_err(|error| StudyError::Choice { what: "map", reason: error.to_string() })
    }

    /// Whether nothing was chosen.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}
