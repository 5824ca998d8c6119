//! `nervering demo`: a study of simulated animals, without any data.

use super::options::StudyOptions;
use super::study::run_study;
use crate::failure::Failure;
use clap::Args;
use nervering::simulate::{SimulationConfig, simulate};
use nervering::study::{Plan, Preset, StudyConfig};
use std::process::ExitCode;

/// Simulate animals, train on some, test on the others, and print the table
#[derive(Debug, Args)]
pub struct Demo {
    #[command(flatten)]
    options: StudyOptions,
}

impl Demo {
    pub fn run(self) -> Result<ExitCode, Failure> {
        let (plan, options) = self.study()?;
        run_study(&plan, &options)
    }

    /// The study and how to run it.
    ///
    /// # Errors
    /// [`Failure`] when it cannot be planned.
    pub fn study(self) -> Result<(Plan, StudyOptions), Failure> {
        let Self { options } = self;
        let animals = simulate(&animals_of(options.preset), options.seed)?;
        let recordings: Vec<_> = animals.into_iter().map(|animal| animal.recording).collect();
        let config = StudyConfig::demo(options.preset, options.seed);
        Ok((Plan::new(config, &recordings).map_err(Failure::Plan)?, options))
    }
}

/// Few and short animals where seconds count.
fn animals_of(preset: Preset) -> SimulationConfig {
    let whole = SimulationConfig::default();
    match preset {
        Preset::Smoke => SimulationConfig { n_animals: 3, duration_s: 180., ..whole },
        Preset::Quick | Preset::Full => whole,
    }
}
