//! `nervering study`: plan, run and look at studies, built-in ones and those of a file.

use super::any_plan::AnyPlan;
use super::demo;
use super::experiment::{Experiment, ExperimentArgs, planned, read};
use super::forecast_experiment::ForecastExperiment;
use super::reading::ReadingOptions;
use super::verify::VerifyArgs;
use crate::failure::Failure;
use crate::interrupt::{Leaves, listen};
use crate::output::{count, grouped, print, print_json};
use clap::{Args, Subcommand, ValueEnum};
use nervering::catalog::{ConnectomeName, connectome};
use nervering::recording::Recording;
use nervering::study::forecast::ForecastFile;
use nervering::study::{RecordingsEntry, Status, StudyFile, Task, status};
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

/// Plan, run and look at studies
#[derive(Debug, Args)]
pub struct Study {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Count fits and steps, and predict time and memory from a calibration of two seconds
    Plan(Named),
    /// Run a study, or take it up where it was left
    Run(Named),
    /// Say how far the study in a folder has come
    Status(StatusArgs),
    /// Compare every file of a finished study with the checksum it was written with
    Verify(VerifyArgs),
}

#[derive(Debug, Args)]
struct Named {
    /// A study file (TOML), an experiment that `reproduce` knows, or demo
    #[arg(value_name = "STUDY")]
    study: String,
    #[command(flatten)]
    args: ExperimentArgs,
}

#[derive(Debug, Args)]
struct StatusArgs {
    /// Folder of the study
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Study {
    pub fn run(self) -> Result<ExitCode, Failure> {
        match self.action {
            Action::Plan(named) => {
                let begin = Instant::now();
                named.plan()?.print(&named.args, begin)
            }
            Action::Run(named) => {
                listen(Leaves::Results)?;
                named.plan()?.run(&named.args)
            }
            Action::Status(args) => args.run(),
            Action::Verify(args) => args.run(),
        }
    }
}

impl Named {
    /// The study and its recordings.
    fn plan(&self) -> Result<AnyPlan, Failure> {
        if self.study == "demo" {
            return demo::plan(&self.args.options).map(AnyPlan::decode);
        }
        if let Ok(experiment) = Experiment::from_str(&self.study, false) {
            return experiment.plan(&self.args).map(AnyPlan::decode);
        }
        if let Ok(experiment) = ForecastExperiment::from_str(&self.study, false) {
            return experiment.plan(&self.args);
        }
        let path = Path::new(&self.study);
        if path.extension().is_none() && path.try_exists().is_ok_and(|there| !there) {
            let decoding = Experiment::value_variants().iter().map(ValueEnum::to_possible_value);
            let forecasting = ForecastExperiment::value_variants().iter();
            let values = decoding.chain(forecasting.map(ValueEnum::to_possible_value)).flatten();
            let names: Vec<String> = values.map(|value| value.get_name().to_owned()).collect();
            let expected = format!("a study file, demo, {}", names.join(", "));
            return Err(Failure::UnknownStudy { found: self.study.clone(), expected });
        }
        self.plan_of_file(path)
    }

    /// The study of a file. Paths in it are relative to it; those of the command line come first.
    fn plan_of_file(&self, path: &Path) -> Result<AnyPlan, Failure> {
        if let Some(option) = self.args.set_in_a_file() {
            return Err(Failure::SetInFile { option, path: path.to_owned() });
        }
        let text = std::fs::read_to_string(path)
            .map_err(|source| Failure::Read { path: path.to_owned(), source })?;
        match Task::of_file(&text, path).map_err(Failure::Plan)? {
            Task::Decode => {
                if let Some(option) = self.args.of_forecasts() {
                    return Err(Failure::NoSuchOption { option, task: "a decoding study" });
                }
                let file = StudyFile::parse(&text, path).map_err(Failure::Plan)?;
                let look_up = |name: &str| {
                    let name: ConnectomeName = name
                        .parse()
                        .map_err(|_| ConnectomeName::ALL.map(ConnectomeName::as_str).join(", "))?;
                    Ok(connectome(name))
                };
                let config = file.study(look_up).map_err(Failure::Plan)?;
                let reading = ReadingOptions::of_file(&file.reading).map_err(Failure::Plan)?;
                let (train, extended) =
                    self.recordings_of(path, file.recordings.as_ref(), &reading)?;
                planned(config, train, extended).map(AnyPlan::decode)
            }
            Task::Forecast => {
                let file = ForecastFile::parse(&text, path).map_err(Failure::Plan)?;
                let config = file.study().map_err(Failure::Plan)?;
                let reading = ReadingOptions::of_file(&file.reading).map_err(Failure::Plan)?;
                let (train, extended) =
                    self.recordings_of(path, file.recordings.as_ref(), &reading)?;
                AnyPlan::forecast(config, train, extended)
            }
        }
    }

    /// The recordings of a file, or those of the command line.
    fn recordings_of(
        &self,
        path: &Path,
        entry: Option<&RecordingsEntry>,
        reading: &ReadingOptions,
    ) -> Result<(Vec<Recording>, Vec<Recording>), Failure> {
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
        read(&train, &extended, reading)
    }
}

impl StatusArgs {
    fn run(self) -> Result<ExitCode, Failure> {
        let status = status(&self.folder).map_err(Failure::Plan)?;
        if self.json {
            print_json(&StatusJson::from(&status))?;
            return Ok(ExitCode::SUCCESS);
        }
        let Status { name, title, n_fits, n_done, finished } = status;
        let state = match (finished, n_done == n_fits) {
            (true, _) => "finished".to_owned(),
            (false, true) => {
                "all fits are done; run the study again to write its tables".to_owned()
            }
            (false, false) => {
                let left = count(n_fits - n_done, "fit");
                format!("unfinished, {left} to come; run the study again to go on")
            }
        };
        let (done, all) = (grouped(n_done), count(n_fits, "fit"));
        print(&format!("{name}: {title}\n{done} of {all} done: {state}\n"))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// What `--json` prints. Fields may be added within a version; none changes or goes.
#[derive(Debug, Serialize)]
struct StatusJson<'a> {
    format: &'static str,
    version: u32,
    name: &'a str,
    title: &'a str,
    n_fits: usize,
    n_done: usize,
    finished: bool,
}

impl<'a> From<&'a Status> for StatusJson<'a> {
    fn from(status: &'a Status) -> Self {
        let Status { name, title, n_fits, n_done, finished } = status;
        let (n_fits, n_done, finished) = (*n_fits, *n_done, *finished);
        Self { format: "nervering-study-status", version: 1, name, title, n_fits, n_done, finished }
    }
}
