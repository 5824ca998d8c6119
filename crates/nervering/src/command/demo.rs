//! `nervering demo`: a study of simulated animals, without any data.

use super::options::StudyOptions;
use super::ready::{CHECKPOINT_EVERY, Ready, ReadyStudy};
use crate::failure::Failure;
use crate::interrupt::{Leaves, listen};
use clap::Args;
use nervering::simulate::{SimulationConfig, simulate};
use nervering::study::{Decode, Preset, builtin};
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
        ready(&self.options)?.run(&self.options, CHECKPOINT_EVERY)
    }
}

/// The study of simulated animals, and these.
///
/// # Errors
/// [`Failure`] when it cannot be planned.
pub fn ready(options: &StudyOptions) -> Result<Ready<Decode>, Failure> {
    let (preset, seed) = (options.preset(), options.seed());
    let animals = simulate(&animals_of(preset), seed)?;
    let recordings: Vec<_> = animals.into_iter().map(|animal| animal.recording).collect();
    Ready::new(builtin::demo(preset, seed), recordings, Vec::new())
}

/// Short recordings where seconds count, and of fewer animals.
fn animals_of(preset: Preset) -> SimulationConfig {
    let whole = SimulationConfig::default();
    match preset {
        Preset::Smoke => SimulationConfig { n_animals: 3, duration_s: 180., ..whole },
        Preset::Quick => SimulationConfig { duration_s: 600., ..whole },
        Preset::Full => whole,
    }
}
