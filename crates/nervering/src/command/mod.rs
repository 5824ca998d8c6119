//! The commands, one per file, and the arguments they take.

mod analysis;
mod cached;
mod cite;
mod compare;
mod completions;
mod convert;
mod data;
mod demo;
mod edges;
mod experiment;
mod experiments;
mod export;
mod fit;
mod fit_asked;
mod fit_forecaster;
mod forecasts;
mod fresh;
mod graph;
mod hyperparameters;
mod inspect;
mod live;
mod lock;
mod mismatches;
mod model;
mod named;
mod options;
mod planned;
mod predict;
mod reading;
mod ready;
mod report;
mod reproduce;
mod shard;
mod simulate;
mod statistics;
mod study;
mod submit;
mod synthetic;
mod verify;
mod view;

pub use cached::expanded;
pub use convert::{TableFormat, write_recordings};
pub use experiment::{Recordings, looked_at};
pub use named::Named;
pub use reading::ReadingOptions;
pub use ready::ReadyStudy;

use crate::failure::Failure;
use crate::machine;
use clap::{CommandFactory, Parser, Subcommand};
use nervering::nn::InstructionSet;
use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::process::ExitCode;

const EXAMPLES: &str = "\
Examples:
  nervering demo
  nervering inspect WT_NoStim.mat
  nervering view my-worms/ --out view.html
  nervering compare my-worms/
  nervering study plan table1 --kato WT_NoStim.mat --preset full
  nervering reproduce table1 --kato WT_NoStim.mat --preset quick
  nervering reproduce table1 --kato WT_NoStim.mat --protocol strict
  nervering reproduce fig4d --kato WT_NoStim.mat
  nervering reproduce pca --kato WT_NoStim.mat
  nervering reproduce synthetic

Data goes to standard output, everything else to standard error. Exit codes: 0 success, 1 a run that \
failed or a recording that is wrong, 2 wrong usage or input, 75 a study stopped by USR1 or XCPU, which \
the same command finishes, 128 + n any other run that signal n has stopped.";

/// Decode behaviour from whole-brain calcium imaging of C. elegans, and test every model on
/// animals it has never seen.
#[derive(Debug, Parser)]
#[command(version, after_help = EXAMPLES, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// Threads to work on; results do not depend on it [default: one per processor]
    #[arg(long, global = true, value_name = "N", env = "NERVERING_THREADS",
        hide_env_values = true, value_parser = machine::parse_threads)]
    threads: Option<NonZeroUsize>,
}

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::Demo),
    Compare(Box<compare::Compare>),
    Reproduce(reproduce::Reproduce),
    Study(study::Study),
    Report(report::Report),
    Fit(fit_asked::Fit),
    Predict(predict::Predict),
    Live(live::Live),
    Graph(graph::Graph),
    Export(export::Export),
    Inspect(inspect::Inspect),
    View(view::View),
    Convert(convert::Convert),
    Simulate(simulate::Simulate),
    Data(data::Data),
    Cite(cite::Cite),
    Completions(completions::Completions),
    Man(completions::Man),
}

/// Commands that read, write and draw alone.
pub const READING: [&str; 8] =
    ["report", "inspect", "view", "convert", "data", "cite", "completions", "man"];

/// Parses a command line, the program first, and runs its command. Wrong usage ends the program with
/// exit code 2.
///
/// # Errors
/// [`Failure`] of the command.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Result<ExitCode, Failure> {
    let cli = Cli::parse_from(arguments);
    InstructionSet::of_environment()?;
    machine::set_threads(cli.threads);
    match cli.command {
        Command::Demo(command) => command.run(),
        Command::Compare(command) => command.run(),
        Command::Reproduce(command) => command.run(),
        Command::Study(command) => command.run(),
        Command::Report(command) => command.run(),
        Command::Fit(command) => command.run(),
        Command::Predict(command) => command.run(),
        Command::Live(command) => command.run(),
        Command::Graph(command) => command.run(),
        Command::Export(command) => command.run(),
        Command::Inspect(command) => command.run(),
        Command::View(command) => command.run(),
        Command::Convert(command) => command.run(),
        Command::Simulate(command) => command.run(),
        Command::Data(command) => command.run(),
        Command::Cite(command) => command.run(),
        Command::Completions(command) => command.run(Cli::command()),
        Command::Man(command) => command.run(Cli::command()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_of_the_arguments_is_sound() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }

    #[test]
    fn what_only_reads_are_commands() {
        use clap::CommandFactory;
        let known = Cli::command();
        let is_known = |name: &&str| known.find_subcommand(name).is_some();
        assert!(READING.iter().all(is_known), "{READING:?}");
    }
}
