//! `nervering fit`: one model, trained on some recordings and written as a file, to be used on
//! others.

use super::convert::check_free;
use super::experiment::{given, read, states};
use super::fit_forecaster;
use super::hyperparameters::HyperparameterOptions;
use super::model::{chosen, percent, shown, width_of};
use super::reading::ReadingOptions;
use crate::failure::Failure;
use crate::interrupt::{Leaves, listen};
use crate::nearest::meant;
use crate::output::{count, grouped, print, print_json, talk};
use crate::progress::{Busy, Shown};
use clap::{Args, ValueEnum};
use nervering::catalog::ConnectomeName;
use nervering::fit::{
    FitReport, GivenConnectome, Model, ModelConfig, Normalisation, Protocol, Structure, fit_one,
};
use nervering::grid::Progress;
use nervering::models::{DecoderModel, ForecastModel, ModelName, ResidualOf};
use nervering::recording::{NeuronSet, StateCoding};
use serde::Serialize;
use std::fmt::Write;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;

/// Train one model on all given animals and write it as a file
#[derive(Debug, Args)]
pub struct Fit {
    /// The model: to decode, a network (tcn and its causal forms look at frames in order), majority,
    /// logistic or lda; to forecast, copy, mean,
    /// damped-copy, ar, var or a network
    #[arg(value_name = "MODEL")]
    model: String,
    /// What it is to do: decode behaviour, or forecast neurons
    #[arg(long, value_enum, value_name = "TASK", default_value_t = Task::Decode)]
    task: Task,
    /// Recordings to train on: files or folders
    #[arg(long, value_name = "FILE", num_args = 1.., required = true)]
    on: Vec<PathBuf>,
    /// Names of the animals to train on, separated by commas [default: all]
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    animals: Option<Vec<String>>,
    /// File for the model
    #[arg(long, value_name = "FILE", default_value = "model.safetensors")]
    pub out: PathBuf,
    /// Replace a file that is there
    #[arg(long)]
    overwrite: bool,
    /// Neurons: shared, paper-15, paper-3, names separated by commas, or for tcn-any named (all that any
    /// animal has)
    #[arg(long, value_name = "SET", default_value = "paper-15")]
    pub neurons: NeuronSet,
    /// To decode: states told apart, 2, 4, 6 or 7 [default: 2]
    #[arg(long, value_name = "N", value_parser = states)]
    states: Option<StateCoding>,
    /// To decode: how states are chosen from what the model says of frames: frames (each by itself),
    /// filter (a Markov chain over the frames so far), markov or semi-markov (over all frames)
    /// [default: frames]
    #[arg(long, value_name = "HOW")]
    decode: Option<Structure>,
    /// Which frames validate and where derivatives come from: strict (the last tenth of each
    /// recording; backward differences), animals (whole animals: models that need no validation learn
    /// from every frame), paper (shuffled windows) or authors-code
    #[arg(long, value_name = "PROTOCOL", default_value = "strict")]
    pub protocol: Protocol,
    /// What features are normalised by: whole-recording, training or causal [default: that of the
    /// protocol]
    #[arg(long, value_name = "BY")]
    pub normalisation: Option<Normalisation>,
    /// Connectome for a network that is given its edges [default: white1986]
    #[arg(long, value_name = "NAME")]
    connectome: Option<ConnectomeName>,
    /// Hidden units of a network [default: 16 to decode, 256 to forecast]
    #[arg(long, value_name = "N")]
    pub width: Option<NonZeroUsize>,
    /// To forecast: what a network corrects: copy, as in the paper, or linear [default: copy]
    #[arg(long, value_name = "FORECAST")]
    pub residual_of: Option<ResidualOf>,
    #[command(flatten)]
    hyperparameters: HyperparameterOptions,
    /// Epochs of training; the best one is kept
    #[arg(long, value_name = "N", default_value = "800")]
    pub epochs: NonZeroUsize,
    /// Seed of everything random
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// Print the figures as JSON
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    reading: ReadingOptions,
}

/// What a model is trained for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Task {
    /// States of behaviour
    Decode,
    /// Traces and derivatives of the next frames
    Forecast,
}

impl Fit {
    pub fn run(self) -> Result<ExitCode, Failure> {
        listen(Leaves::Nothing)?;
        check_free(&self.out, self.overwrite)?;
        let unknown = |reason: String, known: Vec<&str>| Failure::UnknownModel {
            reason: reason + &meant(&self.model, known),
        };
        match self.task {
            Task::Decode => {
                if self.residual_of.is_some() {
                    let option = "--residual-of";
                    return Err(Failure::NoSuchOption { option, task: "a decoder" });
                }
                let model = self.model.parse::<ModelName>();
                let known = ModelName::ALL.iter().map(|model| model.as_str()).collect();
                let model = model.map_err(|error| unknown(error.to_string(), known))?;
                self.decoder(model)
            }
            Task::Forecast => {
                let model = self.model.parse::<ForecastModel>();
                let known = ForecastModel::ALL.iter().map(|model| model.as_str()).collect();
                let model = model.map_err(|error| unknown(error.to_string(), known))?;
                let decoding =
                    [("--states", self.states.is_some()), ("--decode", self.decode.is_some())];
                let decoding =
                    decoding.into_iter().find(|(_, given)| *given).map(|(option, _)| option);
                if let Some(option) = decoding.or_else(|| self.hyperparameters.given()) {
                    return Err(Failure::NoSuchOption { option, task: "a forecaster" });
                }
                if self.residual_of.is_some() && model.network().is_none() {
                    let (option, task) = ("--residual-of", "a forecaster that is no network");
                    return Err(Failure::NoSuchOption { option, task });
                }
                let (recordings, _) = read(&self.on, &[] as &[PathBuf], &self.reading)?;
                let recordings = chosen(recordings, self.animals.as_deref())?;
                fit_forecaster::run(&self, model, &recordings)
            }
        }
    }

    /// The connectome for a network that needs one.
    pub(super) fn given(&self, needs: bool) -> Option<GivenConnectome> {
        needs.then(|| given(self.connectome.unwrap_or(ConnectomeName::White1986)))
    }

    fn decoder(self, name: ModelName) -> Result<ExitCode, Failure> {
        let (recordings, _) = read(&self.on, &[] as &[PathBuf], &self.reading)?;
        let recordings = chosen(recordings, self.animals.as_deref())?;
        let config = ModelConfig {
            model: name,
            neurons: self.neurons.clone(),
            coding: self.states.clone().unwrap_or(StateCoding::Two),
            structure: self.decode.unwrap_or_default(),
            protocol: self.protocol,
            normalisation: self.normalisation,
            epochs: self.epochs.get(),
            hyperparameters: self.hyperparameters.with_width(self.width),
            seed: self.seed,
            connectome: self.given(name.needs_connectome()),
        };
        let n_steps = match name.model() {
            DecoderModel::Network(_) => self.epochs.get() * recordings.len(),
            DecoderModel::Direct(_) => 0,
        };
        let animals = count(recordings.len(), "animal");
        talk(&format!("Training {name} on {animals}."));
        let progress = Shown::of(1, n_steps);
        progress.steps(0);
        let on_epoch = |n| {
            progress.steps(n);
            true
        };
        // What has no steps says how long it has been at it.
        let busy = (n_steps == 0).then(|| Busy::begin(format!("fitting {name}")));
        let fitted = fit_one(&config, &recordings, &on_epoch);
        drop(busy);
        progress.end();
        let (model, report) = fitted?;
        model.write(&self.out)?;
        talk(&format!("{} written after {}\n", self.out.display(), progress.elapsed()));
        match self.json {
            true => print_json(&FitJson::new(&self, &model, &report))?,
            false => print(&text(&model, &report))?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn text(model: &Model, report: &FitReport) -> String {
    let whichever = match model.name().inputs().may_be_absent() {
        true => " or those of them that an animal has",
        false => "",
    };
    let mut text = format!(
        "{}: {}{whichever}, {}, features normalised by {}, protocol {}\n",
        model.name(),
        count(model.neurons().len(), "neuron"),
        count(model.coding().n_classes(), "state"),
        model.normalisation(),
        model.provenance().protocol,
    );
    if let Some(training) = &report.training {
        let (best, epochs) = (training.best_epoch, training.epochs);
        _ = match training.best_validation_loss {
            Some(loss) => {
                writeln!(text, "epoch {best} of {epochs} kept, validation loss {loss:.4}")
            }
            None => writeln!(text, "{epochs} steps on crops, averaged weights kept"),
        };
    }
    let names = report.animals.iter().map(|animal| animal.training.animal.as_str());
    let width = width_of("animal", names);
    let chosen = report.training.as_ref().is_some_and(|t| t.best_validation_loss.is_some());
    let second = match model.provenance().protocol {
        // What chooses nothing by validation has learnt from every frame.
        Protocol::Animals if !chosen => "last tenth, trained on too",
        _ => "validated on",
    };
    let parts = format!("{:>28}{second:>28}", "trained on");
    let columns = format!("{:>8}{:>10}{:>10}", "frames", "accuracy", "balanced");
    _ = writeln!(text, "\n{:width$}{parts}\n{:width$}{columns}{columns}", "", "animal");
    for animal in &report.animals {
        _ = write!(text, "{:width$}", shown(&animal.training.animal));
        for part in [&animal.training, &animal.validation] {
            let (accuracy, balanced) = (percent(part.accuracy), percent(part.balanced_accuracy));
            let n_frames = grouped(part.n_labelled);
            _ = write!(text, "{n_frames:>8}{accuracy:>10}{balanced:>10}");
        }
        text.push('\n');
    }
    text + "\nFrames are those with a known state. The model has seen all of these animals: what it is\n\
            worth on others, `nervering reproduce` and `nervering study` measure.\n"
}

/// What `--json` prints. Fields may be added within a version; none changes or goes.
#[derive(Debug, Serialize)]
struct FitJson<'a> {
    format: &'static str,
    version: u32,
    file: String,
    model: &'static str,
    neurons: Vec<String>,
    states: Vec<&'a str>,
    protocol: &'static str,
    normalisation: &'static str,
    report: &'a FitReport,
}

impl<'a> FitJson<'a> {
    fn new(fit: &Fit, model: &'a Model, report: &'a FitReport) -> Self {
        Self {
            format: "nervering-fit",
            version: 1,
            file: fit.out.display().to_string(),
            model: model.name().as_str(),
            neurons: model.neurons().iter().map(ToString::to_string).collect(),
            states: model.coding().class_names(),
            protocol: model.provenance().protocol.as_str(),
            normalisation: model.normalisation().as_str(),
            report,
        }
    }
}
