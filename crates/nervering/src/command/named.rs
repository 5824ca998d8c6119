//! A study by name: a file, an experiment, or the demo.

use super::demo;
use super::experiment::{ExperimentArgs, read};
use super::experiments::{Experiment, ForecastExperiment};
use super::reading::ReadingOptions;
use super::ready::{Ready, ReadyStudy};
use crate::failure::Failure;
use crate::nearest::meant;
use clap::{Args, ValueEnum};
use nervering::catalog::{ConnectomeName, connectome};
use nervering::io::animals_at_least;
use nervering::recording::Recording;
use nervering::study::forecast::ForecastFile;
use nervering::study::{RecordingsEntry, StudyError, StudyFile, TaskName};
use std::path::{Path, PathBuf};

/// A study by name, and what it is run with.
#[derive(Debug, Args)]
pub struct Named {
    /// A study file (TOML), an experiment that `reproduce` knows, or demo
    #[arg(value_name = "STUDY")]
    pub study: String,
    #[command(flatten)]
    pub args: ExperimentArgs,
}

impl Named {
    /// The study and its recordings.
    ///
    /// # Errors
    /// [`Failure`] when the recordings cannot be read, or the study not be planned with them.
    pub fn ready(&self) -> Result<Box<dyn ReadyStudy>, Failure> {
        if self.study == "demo" {
            return Ok(Box::new(demo::ready(&self.args.options)?));
        }
        if let Ok(experiment) = Experiment::from_str(&self.study, false) {
            return Ok(Box::new(experiment.ready(&self.args)?));
        }
        if let Ok(experiment) = ForecastExperiment::from_str(&self.study, false) {
            return Ok(Box::new(experiment.ready(&self.args)?));
        }
        let path = Path::new(&self.study);
        if path.extension().is_none() && path.try_exists().is_ok_and(|there| !there) {
            let decoding = Experiment::value_variants().iter().map(ValueEnum::to_possible_value);
            let forecasting = ForecastExperiment::value_variants().iter();
            let values = decoding.chain(forecasting.map(ValueEnum::to_possible_value)).flatten();
            let names: Vec<String> = values.map(|value| value.get_name().to_owned()).collect();
            let near = meant(&self.study, names.iter().map(String::as_str));
            let expected = format!("a study file, demo, {}{near}", names.join(", "));
            return Err(Failure::UnknownStudy { found: self.study.clone(), expected });
        }
        self.of_file(path)
    }

    /// The study of a file. Paths in it are relative to it; those of the command line come first.
    fn of_file(&self, path: &Path) -> Result<Box<dyn ReadyStudy>, Failure> {
        if let Some(option) = self.args.set_in_a_file() {
            return Err(Failure::SetInFile { option, path: path.to_owned() });
        }
        let text = std::fs::read_to_string(path)
            .map_err(|source| Failure::Read { path: path.to_owned(), source })?;
        let look_up = |name: &str| {
            let name: ConnectomeName = name
                .parse()
                .map_err(|_| ConnectomeName::ALL.map(ConnectomeName::as_str).join(", "))?;
            Ok(connectome(name))
        };
        match TaskName::of_file(&text, path).map_err(Failure::Plan)? {
            TaskName::Decode => {
                if let Some(option) = self.args.of_forecasts() {
                    return Err(Failure::NoSuchOption { option, task: "a decoding study" });
                }
                let file = StudyFile::parse(&text, path).map_err(Failure::Plan)?;
                let config = file.study(look_up).map_err(Failure::Plan)?;
                let reading = ReadingOptions::of_file(&file.reading).map_err(Failure::Plan)?;
                let (train, extended) =
                    self.recordings_of(path, file.recordings.as_ref(), &reading, &|n| {
                        config.check_counts(n)
                    })?;
                Ok(Box::new(Ready::new(config, train, extended)?))
            }
            TaskName::Forecast => {
                let file = ForecastFile::parse(&text, path).map_err(Failure::Plan)?;
                let config = file.study(look_up).map_err(Failure::Plan)?;
                let reading = ReadingOptions::of_file(&file.reading).map_err(Failure::Plan)?;
                let (train, extended) =
                    self.recordings_of(path, file.recordings.as_ref(), &reading, &|n| {
                        config.check_counts(n)
                    })?;
                Ok(Box::new(Ready::new(config, train, extended)?))
            }
        }
    }

    /// The recordings of a file, or those of the command line or of another program. What so many animals are
    /// too many for is told before they are read.
    fn recordings_of(
        &self,
        path: &Path,
        entry: Option<&RecordingsEntry>,
        reading: &ReadingOptions,
        check_counts: &dyn Fn(usize) -> Result<(), StudyError>,
    ) -> Result<(Vec<Recording>, Vec<Recording>), Failure> {
        if let Some(recordings) = &self.args.given {
            return Ok(recordings.clone());
        }
        let beside = |entry: &PathBuf| path.parent().unwrap_or(Path::new("")).join(entry);
        let of_file = |of: fn(&RecordingsEntry) -> &Vec<PathBuf>| -> Vec<PathBuf> {
            entry.map(of).into_iter().flatten().map(beside).collect()
        };
        let (given_train, given_extended) = self.args.recordings();
        let or_file = |given: &[PathBuf], of| match given {
            [] => of_file(of),
            given => given.to_vec(),
        };
        let train = or_file(given_train, |recordings| &recordings.train);
        let extended = or_file(given_extended, |recordings| &recordings.evaluate);
        if train.is_empty() {
            return Err(Failure::NoRecordings);
        }
        check_counts(animals_at_least(&train)).map_err(Failure::Plan)?;
        read(&train, &extended, reading)
    }
}
