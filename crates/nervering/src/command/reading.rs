//! The options of every command that reads recordings: how files are read where they leave a choice.
//! A study keeps them in its `study.toml`.

use clap::Args;
use nervering::io::ReadOptions;
use nervering::recording::{Conversion, NeuronName, NeuronNames, StateMap, TraceUnit};
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
    /// Series of traces to read where a file offers several, as inspect lists them: its place or the
    /// last part of it, for example DfOverF or deltaFOverF [default: what most surely is ΔF/F]
    #[arg(long, value_name = "NAME")]
    pub series: Option<String>,
    /// What the traces are, whatever their files say: delta-f, percent-delta-f, ratio (F/F0), z-score or
    /// fluorescence
    /// [default: as the file says, or a guess from the values]
    #[arg(long, value_name = "UNIT")]
    pub unit: Option<TraceUnit>,
    /// Bring traces to ΔF/F: percent is divided by 100, 1 is subtracted from a ratio; fluorescence needs
    /// --baseline
    #[arg(long)]
    pub to_delta_f: bool,
    /// Of fluorescence: the percentile of each neuron over its whole recording that is F0
    #[arg(long, value_name = "PERCENTILE", requires = "to_delta_f",
        value_parser = clap::value_parser!(u8).range(0..=100))]
    pub baseline: Option<u8>,
    /// What the states of the files stand for, by name or by code: a known state, NOSTATE, or another
    /// name, for example roaming=FWD,dwelling=NOSTATE
    #[arg(long, value_name = "NAME=STATE,…")]
    pub map: Option<StateMap>,
}

impl ReadingOptions {
    /// What readers are told.
    pub fn options(&self) -> ReadOptions {
        ReadOptions {
            names: self.names.clone().unwrap_or_default(),
            states: self.map.clone().unwrap_or_default(),
            series: self.series.clone(),
            unit: self.unit,
            to_delta_f: self.conversion(),
        }
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
        let map = entry.map()?;
        let to_delta_f = entry.to_delta_f()?;
        Ok(Self {
            names: entry.names()?,
            map: (!map.is_empty()).then_some(map),
            series: entry.series.clone(),
            unit: entry.unit()?,
            to_delta_f: to_delta_f.is_some(),
            baseline: to_delta_f.and_then(|conversion| conversion.baseline_percentile),
        })
    }

    /// How it stands in a study file.
    pub fn entry(&self) -> ReadingEntry {
        let (map, series) = (self.map.clone().unwrap_or_default(), self.series.as_deref());
        ReadingEntry::of(self.names.as_ref(), &map, series, self.unit, self.conversion())
    }

    /// An option, if one was given.
    pub fn given(&self) -> Option<&'static str> {
        let options = [
            ("--names", self.names.is_some()),
            ("--map", self.map.is_some()),
            ("--series", self.series.is_some()),
            ("--unit", self.unit.is_some()),
            ("--to-delta-f", self.to_delta_f),
        ];
        options.into_iter().find_map(|(option, given)| given.then_some(option))
    }

    fn conversion(&self) -> Option<Conversion> {
        self.to_delta_f.then_some(Conversion { baseline_percentile: self.baseline })
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
