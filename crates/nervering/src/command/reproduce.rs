//! `nervering reproduce`: the paper's experiments as built-in studies.

use super::experiment::{Experiment, ExperimentArgs};
use super::run::run_study;
use crate::failure::Failure;
use clap::Args;
use std::process::ExitCode;

/// Run an experiment of the paper, or a question that it raises, on recordings
#[derive(Debug, Args)]
pub struct Reproduce {
    /// Which one
    #[arg(value_enum, value_name = "EXPERIMENT")]
    experiment: Experiment,
    #[command(flatten)]
    args: ExperimentArgs,
}

impl Reproduce {
    pub fn run(self) -> Result<ExitCode, Failure> {
        let (plan, recordings) = self.experiment.plan(&self.args)?;
        run_study(&plan, &recordings, &self.args.options)
    }
}
