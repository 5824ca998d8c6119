//! `nervering fit`: one model, trained on some recordings and written as a file, to be used on
//! others.

use super::convert::check_free;
use super::experiment::{given, read};
use super::fit_asked::{Fit, Purpose};
use super::fit_forecaster;
use super::model::{chosen, percent, shown, width_of};
use crate::failure::Failure;
use crate::interrupt::{Leaves, listen};
use crate::machine;
use crate::nearest::meant;
use crate::output::{count, grouped, print, print_json, talk};
use crate::progress::{Busy, Shown};
use crate::terminal::wrapped;
use nervering::catalog::ConnectomeName;
use nervering::fit::{FitReport, GivenConnectome, Model, ModelConfig, Protocol, fit_one};
use nervering::grid::Progress;
use nervering::models::{DecoderModel, ForecastModel, ModelName};
use nervering::recording::StateCoding;
use serde::Serialize;
use std::fmt::Write;
use std::path::PathBuf;
use std::process::ExitCode;

impl Fit {
    pub fn run(self) -> Result<ExitCode, Failure> {
        listen(Leaves::Nothing)?;
        check_free(&self.out, self.overwrite)?;
        let unknown = |reason: String, known: Vec<&str>| Failure::UnknownModel {
            reason: reason + &meant(&self.model, known),
        };
        match self.task {
            Purpose::Decode => {
                if self.residual_of.is_some() {
                    let option = "--residual-of";
                    return Err(Failure::NoSuchOption { option, task: "a decoder" });
                }
                let model = self.model.parse::<ModelName>();
                let known = ModelName::ALL.iter().map(|model| model.as_str()).collect();
                let model = model.map_err(|error| unknown(error.to_string(), known))?;
                self.decoder(model)
            }
            Purpose::Forecast => {
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
            machine: machine::this(),
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
            false => print(&wrapped(&text(&model, &report)))?,
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
