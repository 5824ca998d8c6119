//! Why a command failed, what is said about it, and its exit code: 1 for a run that failed, 2 for
//! wrong usage or input, and for a run that a signal has stopped that of [`interrupt`].

use crate::interrupt;
use crate::nearest::beside;
use nervering::catalog::CatalogError;
use nervering::fit::ModelError;
use nervering::grid::GridError;
use nervering::io::IoError;
use nervering::nn::NoSuchSet;
use nervering::report::{DocumentError, TellError, figure::PngError};
use nervering::simulate::SimulateError;
use nervering::study::StudyError;
use nervering::study::known_truth::KnownTruthError;
use std::error::Error;
use std::io;
use std::path::{Path, PathBuf};
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
    /// An instruction set that this machine does not have.
    #[error(transparent)]
    InstructionSet(#[from] NoSuchSet),
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
    /// A folder holds another study than the one that was to begin there.
    #[error(
        "{}: the folder holds another study; what differs: {differ}; --out DIR takes another folder, --fresh removes what is there and begins anew",
        .path.display()
    )]
    OtherStudy {
        /// Its `study.toml`.
        path: PathBuf,
        /// The keys that differ, with both values.
        differ: String,
    },
    /// A stream that cannot be followed.
    #[error("stream of frames: {reason}")]
    Stream {
        /// Why.
        reason: String,
    },
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

impl From<interrupt::NotHeard> for Failure {
    fn from(interrupt::NotHeard(source): interrupt::NotHeard) -> Self {
        Self::Interrupts(source)
    }
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
            Self::Run(StudyError::Grid(GridError::InUse { .. } | GridError::OtherStudy { .. })) => {
                ExitCode::from(2)
            }
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
            Self::InstructionSet(_)
            | Self::Io(_)
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
            | Self::OtherStudy { .. }
            | Self::Stream { .. }
            | Self::SameAnimal { .. }
            | Self::AlreadyThere { .. }
            | Self::SameFile { .. } => ExitCode::from(2),
        }
    }

    /// The chain of errors, outermost first, in at most five lines. A cause that its effect has
    /// already quoted is not said again; what the system says is put in words, and where a file is
    /// missing, what stands beside it is told.
    pub fn report(&self) -> String {
        let mut text = format!("error: {self}");
        let mut cause = self.source();
        while let Some(error) = cause {
            let said = match error.downcast_ref::<io::Error>() {
                Some(error) => in_words(error),
                None => error.to_string(),
            };
            if !text.contains(&said) {
                text += &format!("\nbecause {said}");
            }
            cause = error.source();
        }
        let near = self.path_of_reading().and_then(beside);
        for hint in near.into_iter().chain(self.other_kind()) {
            text += &format!("\n{hint}");
        }
        let lines: Vec<&str> = text.lines().take(MAX_LINES).collect();
        lines.join("\n  ")
    }
}

impl Failure {
    /// The file that was to be read, where one was.
    fn path_of_reading(&self) -> Option<&Path> {
        match self {
            Self::Read { path, .. }
            | Self::NoReport { path, .. }
            | Self::Io(IoError::Read { path, .. })
            | Self::Model(ModelError::Read { path, .. }) => Some(path),
            _ => None,
        }
    }
}

impl Failure {
    /// What to do where a file is of another kind than was asked for.
    fn other_kind(&self) -> Option<String> {
        match self {
            Self::Io(IoError::Unrecognised { path, .. }) if is_model(path) => Some(
                "it is a model, and recordings were asked for: a model goes first, as in `nervering \
                 predict MODEL FILE`"
                    .to_owned(),
            ),
            Self::Model(ModelError::File { path, .. }) if !is_model(path) => Some(
                "it is no model: `nervering fit` writes those, and recordings come after the model"
                    .to_owned(),
            ),
            _ => None,
        }
    }
}

/// Whether a file begins as models do: with the length of a header of JSON.
fn is_model(path: &Path) -> bool {
    use std::io::Read;
    const LONGEST_HEADER: u64 = 100_000_000;
    let mut head = [0; 9];
    let read = std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut head));
    let length = head.first_chunk().map(|&length| u64::from_le_bytes(length));
    read.is_ok() && length.is_some_and(|n| n < LONGEST_HEADER) && head[8] == b'{'
}

/// What the system says, without its number, and the usual cases in words.
fn in_words(error: &io::Error) -> String {
    use io::ErrorKind::{
        FileTooLarge, IsADirectory, NotADirectory, NotFound, PermissionDenied, ReadOnlyFilesystem,
        StorageFull,
    };
    let said = match error.kind() {
        // One that carries words of its own is not the system's.
        _ if error.raw_os_error().is_none() => return error.to_string(),
        NotFound => "there is no such file or folder",
        PermissionDenied => "this user may not open it; look at its permissions",
        IsADirectory => "it is a folder, and a file was asked for",
        NotADirectory => "a part of the path is a file, no folder",
        StorageFull => "the disk is full",
        ReadOnlyFilesystem => "the file system is read-only",
        FileTooLarge => "it would be larger than files may be here",
        _ => return without_number(&error.to_string()),
    };
    said.to_owned()
}

/// `No such device (os error 19)` without the parenthesis.
fn without_number(said: &str) -> String {
    said.split(" (os error").next().unwrap_or(said).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_system_says_is_put_in_words_without_its_number() {
        let words = |code: i32| in_words(&io::Error::from_raw_os_error(code));
        assert_eq!(words(2), "there is no such file or folder");
        for code in [1, 5, 13, 19, 20, 21, 28] {
            assert!(!words(code).contains("os error"), "{code}: {}", words(code));
        }
        assert_eq!(in_words(&io::Error::other("the disk sulks")), "the disk sulks");
    }

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
