//! `nervering reproduce synthetic`: simulated systems whose graph is known.

use super::analysis::{finish, refuse_study};
use super::experiment::ExperimentArgs;
use crate::failure::Failure;
use crate::interrupt::{ask_first, interrupted};
use crate::machine;
use crate::memory;
use crate::output::{count, talk};
use crate::progress::Shown;
use clap::ValueEnum;
use nervering::grid::Progress;
use nervering::report::{Citation, citations, known_truth};
use nervering::study::known_truth::{KnownTruthConfig, run};
use std::process::ExitCode;

/// A question that simulated systems answer
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Synthetic {
    /// Simulated springs, oscillators and linear networks: are they forecast, and is their graph
    /// found? Needs no recordings
    Synthetic,
}

impl Synthetic {
    /// Simulates, fits, writes the folder and prints the tables.
    ///
    /// # Errors
    /// [`Failure`] for an option that is about recordings, a run that was stopped, and a folder that
    /// cannot be written.
    pub fn run(self, args: &ExperimentArgs) -> Result<ExitCode, Failure> {
        if let Some(option) = args.of_recordings() {
            let task = "synthetic, which simulates what it measures,";
            return Err(Failure::NoSuchOption { option, task });
        }
        let Self::Synthetic = self;
        let (name, options) = ("synthetic", &args.options);
        let out = options.out(name);
        refuse_study(&out, options)?;
        let config = KnownTruthConfig::preset(options.preset(), options.seed());
        let machine = &machine::this();
        talk(&format!(
            "Systems whose graph is known: {}, {} in all, on {}, into {}",
            count(config.n_fits(), "fit"),
            count(config.n_steps(), "gradient step"),
            count(machine.threads(), "thread"),
            out.display()
        ));
        ask_first();
        memory::watch();
        let progress = Shown::of(config.n_fits(), config.n_steps());
        progress.steps(0);
        let found = run(&config, machine, &progress, &interrupted);
        progress.end();
        let report = known_truth(&found?, &cited());
        talk(&format!("{} in {}", count(config.n_fits(), "fit"), progress.elapsed()));
        finish(name, &report, &out, options)
    }
}

/// The source of springs and oscillators, before the papers behind everything else.
fn cited() -> Vec<Citation> {
    let text = "Kipf T, Fetaya E, Wang K-C, Welling M, Zemel R. Neural relational inference for \
                interacting systems. Proceedings of the 35th International Conference on Machine \
                Learning, PMLR 80:2688-2697, 2018.";
    let url = Some("https://proceedings.mlr.press/v80/kipf18a.html".to_owned());
    std::iter::once(Citation { text: text.to_owned(), url }).chain(citations()).collect()
}
