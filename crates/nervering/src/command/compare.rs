//! `nervering compare`: one's own recordings, by the protocol that does not leak.

use super::experiment::ExperimentArgs;
use super::experiments::{Experiment, ForecastExperiment};
use super::fit_asked::Purpose;
use super::ready::ReadyStudy;
use crate::failure::Failure;
use crate::interrupt::{Leaves, listen};
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;

/// Say how well behaviour is decoded, or neurons are forecast, in animals never seen: all models
/// beside their baselines, on your own recordings
///
/// Each animal is left out in turn and tested by models of the others (protocol strict), over the
/// neurons that all share and the states that the files have. What shuffled windows would have claimed
/// stands beside it.
#[derive(Debug, Args)]
#[command(mut_arg("kato", |arg| arg.hide(true)), mut_arg("nichols", |arg| arg.hide(true)))]
pub struct Compare {
    /// Recordings of two animals or more: files or folders that `inspect` reads
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// What is compared: models that decode behaviour, or models that forecast neurons
    #[arg(long, value_enum, value_name = "TASK", default_value_t = Purpose::Decode)]
    task: Purpose,
    #[command(flatten)]
    args: ExperimentArgs,
}

impl Compare {
    pub fn run(self) -> Result<ExitCode, Failure> {
        listen(Leaves::Results)?;
        let Self { files, task, mut args } = self;
        args.set_files(files)?;
        let every = args.checkpoint_every();
        match task {
            Purpose::Decode => Experiment::Compare.ready(&args)?.run(&args.options, every),
            Purpose::Forecast => {
                ForecastExperiment::Compare.ready(&args)?.run(&args.options, every)
            }
        }
    }
}
