//! Why a command failed, what is said about it, and its exit code: 1 for a run that failed, 2 for
//! wrong usage or input, and for a run that a signal has stopped that of [`interrupt`].

use crate::interrupt;
use nervering::catalog::CatalogError;
use nervering::fit::ModelError;
use nervering::grid::GridError;
use nervering::io::IoError;
use nervering::report::{DocumentError, TellError, figure::PngError};
use nervering::simulate::SimulateError;
use nervering::study::StudyError;
use nervering::study::known_truth::KnownTruthError;
use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

/// Lines that a failure may take on the screen.
const MAX_LINES: usize = 5;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// A file could not be read or written.
    #[error(transparent)]
    Io(#[from] IoError),
    /// A data set could not be fetched.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// Animals could not be simulated.
    #[error(transparent)]
    Simulate(#[from] SimulateError),
    /// What was asked for cannot be done with these recordings.
    #[error(transparent)]
    Plan(StudyError),
    /// The study began and did not end, or was interrupted.
    #[error(transparent)]
    Run(StudyError),
    /// A study's folder could not be used.
    #[error(transparent)]
    Grid(#[from] GridError),
    /// A model could not be fitted, read, written or used.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// A study of simulated systems did not end.
    #[error(transparent)]
    KnownTruth(#[from] KnownTruthError),
    /// A name that stands for no animal of the recordings.
    #[error("animal {found:?}: found none of this name, expected one of {expected}")]
    UnknownAnimal {
        /// The name.
        found: String,
        /// Those there are.
        expected: String,
    },
    /// A study of recordings without any.
    #[error("found no recordings to train on; give them with --kato FILE")]
    NoRecordings,
    /// A study of an extended set without any.
    #[error("found no recordings that are only evaluated; give them with --nichols FILE")]
    NoExtended,
    /// A public data set that has not been fetched.
    #[error("{dataset}: not fetched yet; run `nervering data fetch {dataset}`, or give files")]
    NotFetched {
        /// Its name.
        dataset: &'static str,
    },
    /// A name that stands for no study.
    #[error("study {found:?}: no such file or study, expected {expected}")]
    UnknownStudy {
        /// The name.
        found: String,
        /// What there is.
        expected: String,
    },
    /// A part of a study that cannot be.
    #[error("shard: {reason}")]
    Shard {
        /// Why.
        reason: String,
    },
    /// A folder that was not run in shards.
    #[error("{}: found no shards; `nervering study run --shard I/N` or `nervering study submit` makes some", .path.display())]
    NoShards {
        /// The folder.
        path: PathBuf,
    },
    /// A job that the batch system did not take.
    #[error("{}: failed to submit: {reason}", .script.display())]
    Submit {
        /// The script.
        script: PathBuf,
        /// What was said.
        reason: String,
    },
    /// An option that a study file decides.
    #[error("{option}: a study file says this itself; change it in {}", .path.display())]
    SetInFile {
        /// The option.
        option: &'static str,
        /// The file.
        path: PathBuf,
    },
    /// An option that means nothing to an analysis.
    #[error("{option}: {analysis} trains nothing and has no such option; leave it out")]
    OfStudies {
        /// The option.
        option: &'static str,
        /// The analysis.
        analysis: &'static str,
    },
    /// An option that a command or task does not have.
    #[error("{option}: {task} has no such option; leave it out")]
    NoSuchOption {
        /// The option.
        option: &'static str,
        /// What has none.
        task: &'static str,
    },
    /// A file that could not be read.
    #[error("{}: failed to read", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A study folder has no `report.json`.
    #[error("{}: failed to read; a finished study has one, `nervering study run` finishes it", .path.display())]
    NoReport {
        /// Where it should be.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A `report.json` is none, or does not fit together.
    #[error("{}: failed to be drawn", .path.display())]
    NotAReport {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: DocumentError,
    },
    /// A figure could not be made into pixels.
    #[error(transparent)]
    Png(PngError),
    /// Two recordings are of one animal, so that no test on unseen animals would be one.
    #[error("{place}: {text}; as it is, an animal trained on would count as unseen")]
    SameAnimal {
        /// The two animals.
        place: String,
        /// What was found.
        text: String,
    },
    /// A file that a command would write is there already.
    #[error("{}: already there; choose an empty folder, or replace files with --overwrite", .path.display())]
    AlreadyThere {
        /// The file.
        path: PathBuf,
    },
    /// A table whose name does not say what it is.
    #[error("{}: found another ending, expected .csv or .parquet", .path.display())]
    Ending {
        /// The file.
        path: PathBuf,
    },
    /// A name that stands for no model of the task.
    #[error("model: {reason}")]
    UnknownModel {
        /// What was found and what there is.
        reason: String,
    },
    /// Two animals would be written to one file.
    #[error(
        "animals {first:?} and {second:?} would both be written to {file:?}; rename one of them"
    )]
    SameFile {
        /// One animal.
        first: String,
        /// The other.
        second: String,
        /// The name of the file.
        file: String,
    },
    /// A folder or file that could not be written.
    #[error("{}: failed to write", .path.display())]
    Write {
        /// The folder or file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Standard output could not be written.
    #[error("failed to write to standard output")]
    Output(#[source] std::io::Error),
    /// Signals could not be listened for.
    #[error("failed to listen for Ctrl-C and other signals")]
    Interrupts(#[source] std::io::Error),
}

impl From<TellError> for Failure {
    fn from(error: TellError) -> Self {
        match error {
            TellError::Png(error) => Self::Png(error),
            TellError::Analysis(error) => Self::Run(StudyError::Analysis(error)),
            TellError::Grid(error) => Self::Grid(error),
        }
    }
}

impl Failure {
    /// 1 for a run that failed, 2 for wrong usage or input, what belongs to the signal for a run that
    /// was stopped.
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Run(StudyError::Grid(GridError::Interrupted { .. }))
            | Self::KnownTruth(KnownTruthError::Stopped { .. }) => {
                ExitCode::from(interrupt::exit_code().unwrap_or(1))
            }
            Self::Run(StudyError::Grid(GridError::InUse { .. })) => ExitCode::from(2),
            Self::Grid(error) => match error {
                GridError::Io { .. } | GridError::Gone { .. } | GridError::Threads { .. } => {
                    ExitCode::from(1)
                }
                // A folder that is unfinished or damaged has failed its check.
                GridError::NoManifest { .. }
                | GridError::NotAManifest { .. }
                | GridError::Missing { .. }
                | GridError::Interrupted { .. } => ExitCode::from(1),
                _ => ExitCode::from(2),
            },
            Self::Io(IoError::Write { .. })
            | Self::Run(_)
            | Self::KnownTruth(_)
            | Self::Png(_)
            | Self::Write { .. }
            | Self::Submit { .. }
            | Self::Output(_)
            | Self::Interrupts(_) => ExitCode::from(1),
            Self::Catalog(error) => ExitCode::from(if error.is_of_usage() { 2 } else { 1 }),
            Self::Model(error) => ExitCode::from(if error.is_of_usage() { 2 } else { 1 }),
            Self::Io(_)
            | Self::Simulate(_)
            | Self::UnknownAnimal { .. }
            | Self::Plan(_)
            | Self::NoRecordings
            | Self::NoExtended
            | Self::NotFetched { .. }
            | Self::UnknownStudy { .. }
            | Self::Shard { .. }
            | Self::NoShards { .. }
            | Self::SetInFile { .. }
            | Self::OfStudies { .. }
            | Self::Ending { .. }
            | Self::UnknownModel { .. }
            | Self::NoSuchOption { .. }
            | Self::Read { .. }
            | Self::NoReport { .. }
            | Self::NotAReport { .. }
            | Self::SameAnimal { .. }
            | Self::AlreadyThere { .. }
            | Self::SameFile { .. } => ExitCode::from(2),
        }
    }

    /// The chain of errors, outermost first, in at most five lines. A cause that its effect has
    /// already quoted is not said again.
    pub fn report(&self) -> String {
        let mut text = format!("error: {self}");
        let mut cause = self.source();
        while let Some(error) = cause {
            let said = error.to_string();
            if !text.contains(&said) {
                text += &format!("\nbecause {said}");
            }
            cause = error.source();
        }
        let lines: Vec<&str> = text.lines().take(MAX_LINES).collect();
        lines.join("\n  ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused() -> std::io::Error {
        std::io::Error::other("the disk is\nfull\nof\nworms\nand more worms")
    }

    #[test]
    fn a_report_names_the_cause_once_and_ends_after_five_lines() {
        let failure = Failure::Write { path: "a/b.csv".into(), source: refused() };
        let report = failure.report();
        assert_eq!(report.lines().count(), MAX_LINES);
        assert!(report.starts_with("error: a/b.csv: failed to write\n  because the disk is\n"));
        let failure =
            Failure::Io(IoError::NoRecordings { path: "here".into(), about: String::new() });
        assert_eq!(failure.report().matches("here").count(), 1, "{}", failure.report());
    }
}
