//! The options of every command that reads recordings: how files are read where they leave a choice.
//! A study keeps them in its `study.toml`.

use clap::Args;
use nervering::io::ReadOptions;
use nervering::recording::{NeuronName, NeuronNames};
use nervering::study::{ReadingEntry, StudyError};
use std::path::Path;

/// How files are read where they leave a choice.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Reading recordings")]
pub struct ReadingOptions {
    /// Names that identify a neuron: known (those of C. elegans, both sexes), any (two to six letters
    /// and digits), or others to accept beside the known ones for another species or strain: names
    /// separated by commas, or a file of names [default: known]
    #[arg(long, value_name = "NAMES", value_parser = names)]
    pub names: Option<NeuronNames>,
}

impl ReadingOptions {
    /// What readers are told.
    pub fn options(&self) -> ReadOptions {
        ReadOptions { names: self.names.clone().unwrap_or_default() }
    }

    /// The same for recordings that a model is applied to, whose neurons count in any case: they did
    /// where it was trained.
    pub fn options_for(&self, neurons: &[NeuronName]) -> ReadOptions {
        let options = self.options();
        ReadOptions { names: options.names.and(neurons.iter().cloned()), ..options }
    }

    /// What a study file says of it.
    ///
    /// # Errors
    /// [`StudyError::Choice`] for a value that is none of the choices there are.
    pub fn of_file(entry: &ReadingEntry) -> Result<Self, StudyError> {
        Ok(Self { names: entry.names()? })
    }

    /// How it stands in a study file.
    pub fn entry(&self) -> ReadingEntry {
        ReadingEntry::of(self.names.as_ref())
    }

    /// An option, if one was given.
    pub fn given(&self) -> Option<&'static str> {
        self.names.as_ref().map(|_| "--names")
    }
}

/// Reads which names count; a list may stand in a file, `#` begins a remark there.
fn names(text: &str) -> Result<NeuronNames, String> {
    let path = Path::new(text);
    if matches!(text, "known" | "any") || !path.is_file() {
        return text.parse().map_err(|error| format!("{error}; or known, any, or a file of names"));
    }
    let listed = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    let lines = listed.lines().map(|line| line.split('#').next().unwrap_or_default());
    let entries = lines.flat_map(|line| line.split([',', ' ', '\t']));
    let names: Vec<&str> = entries.filter(|entry| !entry.is_empty()).collect();
    names.join(",").parse().map_err(|error| format!("in this file, {error}"))
}
