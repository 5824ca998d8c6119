//! `[reading]` of a study file: how recordings are read where their files leave a choice. A study
//! keeps it, so that a folder that is taken up again from its `study.toml` reads the same.
//!
//! This room reads no files: what a key means to a reader is decided where files are read.

use crate::error::StudyError;
use crate::toml_file::{choice, text_or_list};
use nervering_recording::NeuronNames;
use serde::{Deserialize, Serialize};

/// `[reading]`. What is left out is as readers have it by default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReadingEntry {
    /// Which names identify a neuron: `known`, `any`, or a list of names that count beside the known
    /// ones.
    #[serde(default, deserialize_with = "text_or_list", skip_serializing_if = "Option::is_none")]
    pub names: Option<Vec<String>>,
}

impl ReadingEntry {
    /// How it stands in a file.
    pub fn of(names: Option<&NeuronNames>) -> Self {
        let listed =
            |names: &NeuronNames| names.to_string().split(',').map(str::to_owned).collect();
        Self { names: names.map(listed) }
    }

    /// Which names identify a neuron, if it says so.
    ///
    /// # Errors
    /// [`StudyError::Choice`] for an entry that is no name.
    pub fn names(&self) -> Result<Option<NeuronNames>, StudyError> {
        let chosen = |names: &Vec<String>| choice("names", &names.join(","));
        self.names.as_ref().map(chosen).transpose()
    }

    /// Whether nothing was chosen.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}
