//! The program `nervering` as functions, for what is not a program of its own: the Python package
//! runs the whole of it ([`main`]), and studies and readers as its command line asks for them
//! ([`AskedStudy`], [`reading`], [`files`]), so that both know the same words and do the same.

use crate::command::{self, Named, ReadingOptions, ReadyStudy, Recordings, TableFormat};
use crate::failure::Failure;
use crate::program_path::PATH;
use crate::{interrupt, machine, output};
use clap::error::ErrorKind;
use clap::{Parser, ValueEnum};
use nervering::fit::Machine;
use nervering::grid::{CheckpointTimes, Progress, Run, Shard};
use nervering::io::ReadOptions;
use nervering::nn::InstructionSet;
use nervering::recording::Recording;
use nervering::report::Told;
use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

/// Takes from the environment what [`main`] takes from it: the instructions of the processor that kernels
/// may use. To be called once, before anything is trained.
///
/// # Errors
/// [`Failure`] for a name that stands for none, or for one that the processor does not have.
pub fn set_up() -> Result<(), Failure> {
    Ok(InstructionSet::of_environment().map(drop)?)
}

/// Whether a command line, the program first, begins with a command that trains nothing and follows no model.
pub fn only_reads(arguments: impl IntoIterator<Item = OsString>) -> bool {
    arguments
        .into_iter()
        .nth(1)
        .is_some_and(|first| first.to_str().is_some_and(|first| command::READING.contains(&first)))
}

/// Runs the program with a command line, its own name first. Wrong usage, help and signals end the
/// process.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    interrupt::tell_of_files_too_large();
    match command::run(arguments) {
        Ok(exit_code) => exit_code,
        Err(failure) => {
            output::talk(&failure.report());
            failure.exit_code()
        }
    }
}

/// Says which file is the program, where that is not the one that the process was started from. The
/// first call counts.
pub fn set_path(path: PathBuf) {
    _ = PATH.set(path);
}

/// Why what was asked for is not done.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// An option that there is not.
    #[error("{0}")]
    Unknown(String),
    /// An option with a value that it cannot have.
    #[error("{0}")]
    Option(String),
    /// As the program fails.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<clap::Error> for Refused {
    fn from(error: clap::Error) -> Self {
        let text = error.to_string();
        let said = text.lines().next().unwrap_or_default();
        let said = said.strip_prefix("error: ").unwrap_or(said).to_owned();
        match error.kind() {
            ErrorKind::UnknownArgument => Self::Unknown(said),
            _ => Self::Option(said),
        }
    }
}

/// How files are read, as options of the command line say it: `["--series", "DfOverF"]`.
///
/// # Errors
/// [`Refused`].
pub fn reading(options: &[String]) -> Result<ReadOptions, Refused> {
    #[derive(Parser)]
    #[command(no_binary_name = true)]
    struct Parsed {
        #[command(flatten)]
        reading: ReadingOptions,
    }
    Ok(Parsed::try_parse_from(options)?.reading.options())
}

/// Files and folders as commands read them: names of public data sets that have been fetched stand for
/// their files, and what lies in the cache is verified.
///
/// # Errors
/// [`Failure`] for a data set that has not been fetched, and a file that has changed.
pub fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    command::expanded(paths)
}

/// Writes one table per recording into a folder, as `nervering convert` does; `format` is csv or
/// parquet. Gives back the paths of the tables.
///
/// # Errors
/// [`Refused`] for another format, and files that are there and may not be replaced.
pub fn save(
    recordings: &[&Recording],
    folder: &Path,
    format: &str,
    overwrite: bool,
) -> Result<Vec<PathBuf>, Refused> {
    let Ok(known) = TableFormat::from_str(format, false) else {
        return Err(Refused::Option(format!("found {format:?}, expected csv or parquet")));
    };
    Ok(command::write_recordings(recordings, folder, known, overwrite)?)
}

/// A study as `nervering study run` is asked for it, on files or on recordings that are given.
pub struct AskedStudy {
    named: Named,
    ready: Box<dyn ReadyStudy>,
    threads: usize,
}

/// Who hears of a study, and may stop it.
#[derive(Clone, Copy)]
pub struct Listener<'a> {
    /// How far it has come.
    pub progress: &'a dyn Progress,
    /// Asked after every step; what is earned by then is saved.
    pub interrupted: &'a (dyn Fn() -> bool + Sync),
}

impl AskedStudy {
    /// Plans a study: an experiment by name, or a study file; `options` are those of the command line.
    ///
    /// # Errors
    /// [`Refused`] when the recordings cannot be read, or the study not be planned with them.
    pub fn new(
        study: &str,
        options: &[String],
        recordings: Option<Recordings>,
    ) -> Result<Self, Refused> {
        #[derive(Parser)]
        #[command(no_binary_name = true)]
        struct Parsed {
            #[command(flatten)]
            named: Named,
            /// As of every command.
            #[arg(long, value_parser = machine::parse_threads)]
            threads: Option<NonZeroUsize>,
        }
        let arguments = options.iter().map(String::as_str).chain(["--", study]);
        let Parsed { mut named, threads } = Parsed::try_parse_from(arguments)?;
        if let Some((train, extended)) = &recordings {
            command::looked_at(&[train.as_slice(), extended].concat(), &[])?;
        }
        named.args.given = recordings;
        let ready = named.ready()?;
        Ok(Self {
            named,
            ready,
            threads: threads.map_or_else(machine::this, Machine::cpu).threads(),
        })
    }

    /// Its folder.
    pub fn folder(&self) -> PathBuf {
        self.ready.out(&self.named.args.options)
    }

    /// Its fits, and the gradient steps that they take.
    pub fn size(&self) -> (usize, usize) {
        self.ready.size()
    }

    /// Runs it, or takes it up where it was left, and writes its folder.
    ///
    /// # Errors
    /// [`Failure`], of a study that was stopped too.
    pub fn run(&self, listener: Listener<'_>) -> Result<Told, Failure> {
        let begin = Instant::now();
        let options = &self.named.args.options;
        let every = self.named.args.checkpoint_every();
        let clock = || begin.elapsed();
        self.ready.run_for(
            options,
            &Run {
                threads: self.threads,
                shard: Shard::WHOLE,
                times: CheckpointTimes { every, clock: &clock },
                progress: listener.progress,
                interrupted: listener.interrupted,
            },
        )
    }
}
