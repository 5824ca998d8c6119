//! `nervering reproduce`: the paper's experiments as built-in studies.

use super::options::StudyOptions;
use super::study::run_study;
use crate::failure::Failure;
use crate::output::talk;
use clap::{Args, Subcommand};
use nervering::io::inspect::SAME_ANIMAL_TWICE;
use nervering::io::{Level, inspect, read_all};
use nervering::models::ModelName;
use nervering::recording::{NeuronSet, StateCoding};
use nervering::study::{BatchNormFrom, Plan, StudyConfig};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;

/// Run an experiment of the paper on recordings
#[derive(Debug, Args)]
pub struct Reproduce {
    #[command(subcommand)]
    experiment: Experiment,
}

/// The built-in studies of the paper's experiments
#[derive(Debug, Subcommand)]
pub enum Experiment {
    Table1(Table1),
}

/// Table 1: decode forward and reverse crawling, in the same worms and in worms never seen
#[derive(Debug, Args)]
pub struct Table1 {
    /// Recordings: WT_NoStim.mat of Kato et al., or other files or folders that `inspect` reads
    #[arg(long, value_name = "FILE", required = true, num_args = 1..)]
    kato: Vec<PathBuf>,
    /// Models to compare, separated by commas [default: those of the preset]
    #[arg(long, value_name = "MODELS", value_delimiter = ',')]
    models: Option<Vec<ModelName>>,
    /// Neurons: shared, paper-15, paper-3, or names separated by commas [default: paper-15]
    #[arg(long, value_name = "SET")]
    neurons: Option<NeuronSet>,
    /// States told apart: 2, 4 or 7 [default: 2]
    #[arg(long, value_name = "N", value_parser = states)]
    states: Option<StateCoding>,
    /// Numbers of animals to train on, separated by commas [default: those of the preset]
    #[arg(long, value_name = "SIZES", value_delimiter = ',')]
    training_sizes: Option<Vec<usize>>,
    /// Batch norm in evaluation: from the evaluated frames, which adapts the networks to each
    /// animal, or from the animals of the training [default: evaluated]
    #[arg(long, value_name = "FROM")]
    batch_norm: Option<BatchNormFrom>,
    /// Epochs of training [default: those of the preset]
    #[arg(long, value_name = "N")]
    epochs: Option<NonZeroUsize>,
    /// Folds to run, the first N of those that are cut [default: those of the preset]
    #[arg(long, value_name = "N")]
    folds: Option<NonZeroUsize>,
    #[command(flatten)]
    options: StudyOptions,
}

impl Reproduce {
    pub fn run(self) -> Result<ExitCode, Failure> {
        let (plan, options) = self.experiment.study()?;
        run_study(&plan, &options)
    }
}

impl Experiment {
    /// The study and how to run it; what is doubtful in its recordings is said.
    ///
    /// # Errors
    /// [`Failure`] when the recordings cannot be read, or the study not be planned with them.
    pub fn study(self) -> Result<(Plan, StudyOptions), Failure> {
        match self {
            Self::Table1(table1) => table1.study(),
        }
    }
}

impl Table1 {
    fn study(self) -> Result<(Plan, StudyOptions), Failure> {
        let config = self.config();
        let read = read_all(&self.kato)?;
        for warning in inspect(&read.recordings, &read.warnings).warnings {
            if warning.kind == SAME_ANIMAL_TWICE {
                let (place, text) = (warning.place, warning.text);
                return Err(Failure::SameAnimal { place, text });
            }
            if warning.level > Level::Advice {
                talk(&warning.to_string());
            }
        }
        let plan = Plan::new(config, &read.recordings).map_err(Failure::Plan)?;
        Ok((plan, self.options))
    }

    /// The preset, with what was asked for otherwise.
    fn config(&self) -> StudyConfig {
        let preset = StudyConfig::table1(self.options.preset, self.options.seed);
        let coding = self.states.unwrap_or(preset.coding);
        let title = match coding {
            StateCoding::Two => preset.title,
            coding => format!("As Table 1, but {} states told apart", coding.n_classes()),
        };
        StudyConfig {
            title,
            coding,
            models: self.models.clone().unwrap_or(preset.models),
            neurons: self.neurons.clone().unwrap_or(preset.neurons),
            batch_norm: self.batch_norm.unwrap_or(preset.batch_norm),
            training_sizes: self.training_sizes.clone().unwrap_or(preset.training_sizes),
            epochs: self.epochs.map_or(preset.epochs, NonZeroUsize::get),
            folds_run: self.folds.map_or(preset.folds_run, NonZeroUsize::get),
            ..preset
        }
    }
}

fn states(text: &str) -> Result<StateCoding, String> {
    let n_states = text.parse().ok();
    n_states.and_then(StateCoding::from_n_states).ok_or_else(|| "expected 2, 4 or 7".to_owned())
}
