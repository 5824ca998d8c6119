//! `nervering demo`: a study of simulated animals, without any data.

use super::options::StudyOptions;
use super::run::run_study;
use crate::failure::Failure;
use crate::interrupt::{Leaves, listen};
use clap::Args;
use nervering::recording::Recording;
use nervering::simulate::{SimulationConfig, simulate};
use nervering::study::{Plan, Preset, builtin};
use std::process::ExitCode;

/// Simulate animals, train on some, test on the others, and print the table
#[derive(Debug, Args)]
pub struct Demo {
    #[command(flatten)]
    options: StudyOptions,
}

impl Demo {
    pub fn run(self) -> Result<ExitCode, Failure> {
        listen(Leaves::Results)?;
        let (plan, recordings) = plan(&self.options)?;
        run_study(&plan, &recordings, &self.options)
    }
}

/// The study of simulated animals, and these.
///
/// # Errors
/// [`Failure`] when it cannot be planned.
pub fn plan(options: &StudyOptions) -> Result<(Plan, Vec<Recording>), Failure> {
    let (preset, seed) = (options.preset(), options.seed());
    let animals = simulate(&animals_of(preset), seed)?;
    let recordings: Vec<_> = animals.into_iter().map(|animal| animal.recording).collect();
    let plan = Plan::new(builtin::demo(preset, seed), &recordings, &[]).map_err(Failure::Plan)?;
    Ok((plan, recordings))
}

/// Few and short animals where seconds count.
fn animals_of(preset: Preset) -> SimulationConfig {
    let whole = SimulationConfig::default();
    match preset {
        Preset::Smoke => SimulationConfig { n_animals: 3, duration_s: 180., ..whole },
        Preset::Quick | Preset::Full => whole,
    }
}
