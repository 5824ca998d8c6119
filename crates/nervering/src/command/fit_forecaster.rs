//! `nervering fit --task forecast`: one forecaster, trained on some recordings and written as a file.

use super::fit_asked::Fit;
use super::model::{shown, width_of};
use crate::failure::Failure;
use crate::machine;
use crate::output::{count, grouped, print, print_json, talk};
use crate::progress::{Busy, Shown};
use crate::terminal::wrapped;
use nervering::fit::{
    ForecastingModel, ForecastingModelConfig, ForecastingReport, Outcome, fit_forecasting_model,
};
use nervering::grid::Progress;
use nervering::models::trajectory::TrajectoryConfig;
use nervering::models::{ForecastModel, Loss};
use nervering::recording::Recording;
use serde::Serialize;
use std::fmt::Write;
use std::process::ExitCode;

/// Trains and writes.
///
/// # Errors
/// [`Failure::Model`] for a model that cannot be fitted or written.
pub fn run(fit: &Fit, model: ForecastModel, recordings: &[Recording]) -> Result<ExitCode, Failure> {
    let config = ForecastingModelConfig {
        model,
        neurons: fit.neurons.clone(),
        protocol: fit.protocol,
        normalisation: fit.normalisation,
        network: TrajectoryConfig {
            width: fit.width.map_or(TrajectoryConfig::scripts().width, std::num::NonZero::get),
            residual_of: fit.residual_of.unwrap_or_default(),
            ..TrajectoryConfig::scripts()
        },
        loss: Loss::SquaredError,
        epochs: fit.epochs.get(),
        seed: fit.seed,
        connectome: fit.given(model.needs_connectome()),
        machine: machine::this(),
    };
    let n_steps = match model.network() {
        Some(_) => fit.epochs.get() * recordings.len(),
        None => 0,
    };
    talk(&format!("Training {model} on {} to forecast.", count(recordings.len(), "animal")));
    let progress = Shown::of(1, n_steps);
    progress.steps(0);
    let on_epoch = |n| {
        progress.steps(n);
        true
    };
    // What has no steps says how long it has been at it.
    let busy = (n_steps == 0).then(|| Busy::begin(format!("fitting {model}")));
    let fitted = fit_forecasting_model(&config, recordings, &on_epoch);
    drop(busy);
    progress.end();
    let (model, report) = fitted?;
    model.write(&fit.out)?;
    talk(&format!("{} written after {}\n", fit.out.display(), progress.elapsed()));
    match fit.json {
        true => print_json(&ForecasterJson::new(fit, &model, &report))?,
        false => print(&wrapped(&text(&model, &report)))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Skill over copying, `1 − MSE / MSE of copy` of the trace, at a step of the validation forecasts.
fn skill(outcome: &Outcome, copy: &Outcome, step: usize) -> String {
    let error = |outcome: &Outcome| outcome.errors().map(|errors| errors.trace[step - 1]);
    match (error(outcome), error(copy)) {
        (Some(error), Some(copy)) => format!("{:.3}", 1. - error / copy).replace('-', "−"),
        _ => "diverged".to_owned(),
    }
}

fn text(model: &ForecastingModel, report: &ForecastingReport) -> String {
    let mut text = format!(
        "{}: {}, derivatives {}, features normalised by {}, protocol {}\n",
        model.model(),
        count(model.neurons().len(), "neuron"),
        model.derivative().as_str(),
        model.normalisation(),
        model.provenance().protocol,
    );
    if !report.chosen.is_empty() {
        _ = writeln!(text, "{}", report.chosen);
    }
    let names = report.animals.iter().map(|animal| animal.animal.as_str());
    let width = width_of("animal", names);
    let columns =
        format!("{:>12}{:>14}{:>16}{:>16}", "trained on", "validated on", "1 step", "8 steps");
    _ = writeln!(text, "\n{:width$}{:>26}{:>32}", "", "forecasts", "skill over copying, trace");
    _ = writeln!(text, "{:width$}{columns}", "animal");
    for animal in &report.animals {
        let of_step = |step| skill(&animal.outcome, &animal.copy, step);
        _ = writeln!(
            text,
            "{:width$}{:>12}{:>14}{:>16}{:>16}",
            shown(&animal.animal),
            grouped(animal.n_training),
            grouped(animal.n_validation),
            of_step(1),
            of_step(8),
        );
    }
    text + "\nThe validation frames chose lags, penalties or the epoch, or were learnt from as well, and the model\n\
            has seen all of these animals: what it is worth on others, `nervering reproduce fig4d` measures.\n"
}

/// What `--json` prints. Fields may be added within a version; none changes or goes.
#[derive(Debug, Serialize)]
struct ForecasterJson<'a> {
    format: &'static str,
    version: u32,
    file: String,
    model: &'static str,
    neurons: Vec<String>,
    protocol: &'static str,
    derivative: &'static str,
    normalisation: &'static str,
    report: &'a ForecastingReport,
}

impl<'a> ForecasterJson<'a> {
    fn new(fit: &Fit, model: &ForecastingModel, report: &'a ForecastingReport) -> Self {
        Self {
            format: "nervering-fit-forecaster",
            version: 1,
            file: fit.out.display().to_string(),
            model: model.model().as_str(),
            neurons: model.neurons().iter().map(ToString::to_string).collect(),
            protocol: model.provenance().protocol.as_str(),
            derivative: model.derivative().as_str(),
            normalisation: model.normalisation().as_str(),
            report,
        }
    }
}
