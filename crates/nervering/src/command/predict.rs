//! `nervering predict`: what a model says of recordings, frame by frame.

use super::cached;
use super::convert::{check_free, paths_of};
use super::forecasts::{self, ForecastOptions};
use super::mismatches::{MismatchJson, told};
use super::model::{chosen, percent, shown, width_of};
use super::reading::ReadingOptions;
use super::statistics::StatisticsOptions;
use crate::failure::Failure;
use crate::machine;
use crate::output::{count, grouped, print, print_json, talk};
use crate::progress::Busy;
use crate::terminal::wrapped;
use clap::Args;
use nervering::fit::{
    Adaptation, Adapted, Mismatch, Model, ModelError, ModelPrediction, SavedModel,
};
use nervering::grid::{on_threads, write_atomically};
use nervering::io::read_all;
use nervering::recording::{NeuronName, Recording};
use nervering::report::prediction_csv;
use nervering::statistics::{NetworkStatistics, TakenFrom};
use serde::Serialize;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Apply a model to recordings: one CSV of states and probabilities per animal, or, of a forecaster,
/// one table of forecasts
#[derive(Debug, Args)]
pub struct Predict {
    /// The model, as `nervering fit` wrote it
    #[arg(value_name = "MODEL")]
    model: PathBuf,
    /// Recordings: files or folders
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Names of the animals to apply it to, separated by commas [default: all]
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    animals: Option<Vec<String>>,
    #[command(flatten)]
    statistics: StatisticsOptions,
    /// Folder for the tables; of a forecaster, the file for its table, .csv or .parquet [default:
    /// nervering-out/predict; of a forecaster, nervering-out/forecasts.csv]
    #[arg(long, value_name = "PATH")]
    out: Option<PathBuf>,
    /// Bring recordings to the frame rate that the model was trained at; what it says is given for
    /// their own frames, and of a forecaster at that rate
    #[arg(long)]
    resample: bool,
    /// Fit the readout of a network again for each recording: on the frames of which it is sure
    /// (unlabelled), or on the labels of the first so many seconds, which are then not measured
    #[arg(long, value_name = "HOW", conflicts_with = "resample")]
    adapt: Option<Adaptation>,
    #[command(flatten)]
    forecasts: ForecastOptions,
    /// Replace tables that are there
    #[arg(long)]
    overwrite: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    reading: ReadingOptions,
}

impl Predict {
    pub fn run(self) -> Result<ExitCode, Failure> {
        let saved = SavedModel::read(&self.model)?;
        let neurons = match &saved {
            SavedModel::Decoder(model) => model.neurons(),
            SavedModel::Forecaster(model) => model.neurons(),
        };
        cached::verify(&self.files)?;
        let busy = Busy::begin("reading recordings");
        let read = read_all(&self.files, &self.reading.options_for(neurons))?;
        busy.end();
        read.warnings.iter().for_each(|warning| talk(&warning.to_string()));
        let recordings = chosen(read.recordings, self.animals.as_deref())?;
        match saved {
            SavedModel::Decoder(model) => self.decoded(&model, &recordings),
            SavedModel::Forecaster(model) => {
                if let Some(option) = self.statistics.given() {
                    let task = "a forecaster, which takes those of the animals trained on,";
                    return Err(Failure::NoSuchOption { option, task });
                }
                if self.adapt.is_some() {
                    return Err(Failure::NoSuchOption { option: "--adapt", task: "a forecaster" });
                }
                let recordings = match self.resample {
                    true => at_rate(&recordings, model.training_fps())?,
                    false => recordings,
                };
                let flags = [self.overwrite, self.json];
                forecasts::run(&model, &recordings, &self.forecasts, self.out.as_deref(), flags)
            }
        }
    }

    fn decoded(&self, model: &Model, recordings: &[Recording]) -> Result<ExitCode, Failure> {
        if let Some(option) = self.forecasts.given() {
            return Err(Failure::NoSuchOption { option, task: "a decoder" });
        }
        let out = self.out.clone().unwrap_or_else(|| PathBuf::from("nervering-out/predict"));
        model.check_neurons(recordings)?;
        let animals: Vec<&str> = recordings.iter().map(|recording| recording.animal()).collect();
        let paths = paths_of(&animals, &out, "csv")?;
        paths.iter().try_for_each(|path| check_free(path, self.overwrite))?;
        let statistics = self.statistics.of(model, TakenFrom::Training)?;
        let busy = Busy::begin(format!("predicting {}", count(recordings.len(), "animal")));
        let found = self.of_animals(model, recordings, statistics)?;
        busy.end();
        let mut said = Vec::new();
        let mut doubts = Vec::new();
        for ((recording, path), (of_animal, mismatches)) in recordings.iter().zip(&paths).zip(found)
        {
            doubts.push(told(recording, mismatches));
            let table = prediction_csv(&model.coding().class_names(), &of_animal);
            write_atomically(path, &table).map_err(Failure::Grid)?;
            said.push(of_animal);
        }
        let tables = count(paths.len(), "table");
        talk(&format!("{tables} written into {}\n", out.display()));
        match self.json {
            true => print_json(&PredictionsJson::new(model, &said, &doubts, &paths))?,
            false => print(&wrapped(&text(model, &said)))?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// What is said of an animal, and in what it is unlike those trained on.
type OfAnimal = (ModelPrediction, Vec<Mismatch>);

impl Predict {
    /// What the model says of every recording, in their order: on several threads, of which each reads the
    /// model for itself.
    fn of_animals(
        &self,
        model: &Model,
        recordings: &[Recording],
        statistics: Option<NetworkStatistics>,
    ) -> Result<Vec<OfAnimal>, Failure> {
        let n_threads = machine::this().threads().min(recordings.len());
        if n_threads < 2 {
            return recordings.iter().map(|one| self.of_animal(model, one, statistics)).collect();
        }
        let jobs: Vec<usize> = (0..recordings.len()).collect();
        let of_job = |&k: &usize| {
            let model = Model::read(&self.model)?;
            Ok::<_, Failure>((k, self.of_animal(&model, &recordings[k], statistics)?))
        };
        let mut found = on_threads(n_threads, &jobs, &|| false, of_job)?;
        found.sort_by_key(|(k, _)| *k);
        Ok(found.into_iter().map(|(_, of_animal)| of_animal).collect())
    }

    fn of_animal(
        &self,
        model: &Model,
        recording: &Recording,
        statistics: Option<NetworkStatistics>,
    ) -> Result<OfAnimal, Failure> {
        let said = match (self.adapt, self.resample) {
            (Some(to), _) => model.predict_adapted(recording, statistics, to)?,
            (None, true) => model.predict_resampled(recording, statistics)?,
            (None, false) => model.predict(recording, statistics)?,
        };
        let mismatches = match self.resample {
            true => model.mismatches(&resampled(recording, model.training_fps())?)?,
            false => model.mismatches(recording)?,
        };
        Ok((said, mismatches))
    }
}

/// The recordings at another rate.
fn at_rate(recordings: &[Recording], fps: f64) -> Result<Vec<Recording>, Failure> {
    recordings.iter().map(|recording| resampled(recording, fps)).collect()
}

fn resampled(recording: &Recording, fps: f64) -> Result<Recording, Failure> {
    Ok(recording.resampled(fps).map_err(ModelError::Resample)?.recording)
}

fn text(model: &Model, said: &[ModelPrediction]) -> String {
    let statistics = said.iter().find_map(|said| said.evaluation.statistics);
    let statistics =
        statistics.map_or_else(String::new, |from| format!(", edges and batch norms: {from}"));
    let provenance = model.provenance();
    let mut text = format!(
        "{}, trained on {}; features normalised by {}{statistics}\n\n",
        model.name(),
        count(provenance.animals.len(), "animal"),
        model.normalisation(),
    );
    let width = width_of("animal", said.iter().map(|said| said.animal.as_str()));
    // Where animals may lack neurons, it is told how many each has.
    let any = model.name().inputs().may_be_absent();
    let neurons = if any { "   neurons" } else { "" };
    let columns = format!("{:>9}{:>10}{:>10}{:>10}", "frames", "labelled", "accuracy", "balanced");
    _ = writeln!(text, "{:width$}{neurons}{columns}", "animal");
    for said in said {
        let evaluation = &said.evaluation;
        let note = match (said.is_trained_on(), said.adapted) {
            (true, _) => "  trained on: not unseen",
            (false, Adapted::No) => "",
            (false, Adapted::Yes) => "  adapted",
            (false, Adapted::TakenBack) => "  adaptation taken back",
        };
        _ = writeln!(
            text,
            "{:width$}{}{:>9}{:>10}{:>10}{:>10}{note}",
            shown(&said.animal),
            if any { format!("{:>10}", said.neurons.len()) } else { String::new() },
            grouped(evaluation.n_frames),
            grouped(evaluation.n_labelled),
            percent(evaluation.accuracy),
            percent(evaluation.balanced_accuracy),
        );
    }
    text
}

/// What `--json` prints. Fields may be added within a version; none changes or goes.
#[derive(Debug, Serialize)]
struct PredictionsJson<'a> {
    format: &'static str,
    version: u32,
    model: &'static str,
    trained_on: Vec<&'a str>,
    normalisation: &'static str,
    states: Vec<&'a str>,
    animals: Vec<AnimalJson<'a>>,
}

#[derive(Debug, Serialize)]
struct AnimalJson<'a> {
    animal: &'a str,
    file: String,
    /// An animal that the model was trained on is no test of it.
    trained_on: bool,
    /// Those of the model's that the recording has.
    neurons: Vec<&'a str>,
    /// `no`, `yes`, or `taken-back` for self-training that moved the shares of states too far.
    adapted: &'static str,
    statistics: Option<NetworkStatistics>,
    n_frames: usize,
    n_labelled: usize,
    accuracy: Option<f64>,
    balanced_accuracy: Option<f64>,
    macro_f1: Option<f64>,
    nll: Option<f64>,
    recall: Vec<Option<f64>>,
    /// In what the recording is unlike those trained on.
    warnings: Vec<MismatchJson>,
}

impl<'a> PredictionsJson<'a> {
    fn new(
        model: &'a Model,
        said: &'a [ModelPrediction],
        doubts: &[Vec<Mismatch>],
        paths: &[PathBuf],
    ) -> Self {
        let animal = |((said, doubts), path): ((&'a ModelPrediction, &Vec<Mismatch>), &PathBuf)| {
            AnimalJson::new(said, doubts, path)
        };
        let names = model.provenance().animals.iter().map(|animal| animal.name.as_str());
        Self {
            format: "nervering-predictions",
            version: 2,
            model: model.name().as_str(),
            trained_on: names.collect(),
            normalisation: model.normalisation().as_str(),
            states: model.coding().class_names(),
            animals: said.iter().zip(doubts).zip(paths).map(animal).collect(),
        }
    }
}

impl<'a> AnimalJson<'a> {
    fn new(said: &'a ModelPrediction, doubts: &[Mismatch], path: &Path) -> Self {
        let evaluation = &said.evaluation;
        Self {
            animal: &said.animal,
            file: path.display().to_string(),
            trained_on: said.is_trained_on(),
            neurons: said.neurons.iter().map(NeuronName::as_str).collect(),
            adapted: match said.adapted {
                Adapted::No => "no",
                Adapted::Yes => "yes",
                Adapted::TakenBack => "taken-back",
            },
            statistics: evaluation.statistics,
            n_frames: evaluation.n_frames,
            n_labelled: evaluation.n_labelled,
            accuracy: evaluation.accuracy,
            balanced_accuracy: evaluation.balanced_accuracy,
            macro_f1: evaluation.macro_f1,
            nll: evaluation.nll,
            recall: evaluation.recall(),
            warnings: doubts.iter().map(MismatchJson::from).collect(),
        }
    }
}
