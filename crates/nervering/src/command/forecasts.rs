//! `nervering predict` with a forecaster: how recordings go on, as one CSV or Parquet table.

use super::convert::{check_free, make_folder};
use super::mismatches::{MismatchJson, told};
use super::model::{shown, width_of};

use crate::failure::Failure;
use crate::output::{count, grouped, print, print_json, talk};
use crate::progress::Busy;
use crate::terminal::wrapped;
use clap::Args;
use nervering::fit::{ForecastRequest, ForecastingModel, Intervals, Mismatch, RecordingForecasts};
use nervering::grid::write_atomically;
use nervering::io::{LongColumn, LongValues, write_long_parquet};
use nervering::recording::Recording;
use nervering::report::{self, ForecastColumns, LongTable, forecast_table};
use serde::Serialize;
use std::fmt::Write;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Which forecasts to make; a decoder has no such options.
#[derive(Debug, Args)]
pub struct ForecastOptions {
    /// Of a forecaster: the first frame to forecast from, from 0 [default: the first possible]
    #[arg(long, value_name = "FRAME")]
    from: Option<usize>,
    /// Of a forecaster: the last frame to forecast from [default: the last]
    #[arg(long, value_name = "FRAME")]
    to: Option<usize>,
    /// Of a forecaster: frames from one forecast to the next [default: 16]
    #[arg(long, value_name = "N")]
    every: Option<NonZeroUsize>,
    /// Of a forecaster: steps ahead, at most 16 [default: 16]
    #[arg(long, value_name = "N")]
    steps: Option<NonZeroUsize>,
    /// Of a forecaster: forecasts of derivatives too
    #[arg(long)]
    derivatives: bool,
    /// Of a forecaster: 5, 50 and 95 % of each trace, from what was missed in the animal so far
    #[arg(long)]
    intervals: bool,
}

impl ForecastOptions {
    /// An option, if one was given.
    pub fn given(&self) -> Option<&'static str> {
        let options = [
            ("--from", self.from.is_some()),
            ("--to", self.to.is_some()),
            ("--every", self.every.is_some()),
            ("--steps", self.steps.is_some()),
            ("--derivatives", self.derivatives),
            ("--intervals", self.intervals),
        ];
        options.into_iter().find_map(|(option, given)| given.then_some(option))
    }

    fn request(&self) -> ForecastRequest {
        ForecastRequest {
            from: self.from.unwrap_or(0),
            to: self.to,
            every: self.every.map_or(16, NonZeroUsize::get),
            n_steps: self.steps.map_or(ForecastingModel::MOST_STEPS, NonZeroUsize::get),
            intervals: if self.intervals { Intervals::Conformal } else { Intervals::None },
        }
    }
}

/// A table by the ending of its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    Csv,
    Parquet,
}

/// Forecasts recordings, writes the table and says what is in it.
///
/// # Errors
/// [`Failure`] for recordings that the model cannot be applied to, a file whose ending is neither
/// `.csv` nor `.parquet`, and one that may not be replaced or written.
pub fn run(
    model: &ForecastingModel,
    recordings: &[Recording],
    options: &ForecastOptions,
    out: Option<&Path>,
    [overwrite, json]: [bool; 2],
) -> Result<ExitCode, Failure> {
    let out = out.map_or_else(|| PathBuf::from("nervering-out/forecasts.csv"), Path::to_owned);
    let ending = match out.extension().and_then(|ending| ending.to_str()) {
        Some("csv") => Ending::Csv,
        Some("parquet") => Ending::Parquet,
        _ => return Err(Failure::Ending { path: out }),
    };
    check_free(&out, overwrite)?;
    model.check_neurons(recordings)?;
    let request = options.request();
    let busy = Busy::begin(format!("forecasting {}", count(recordings.len(), "animal")));
    let said = recordings
        .iter()
        .map(|recording| model.forecast(recording, &request))
        .collect::<Result<Vec<_>, _>>()?;
    busy.end();
    let mut doubts = Vec::new();
    for recording in recordings {
        doubts.push(told(recording, model.mismatches(recording)?));
    }
    let which = match options.derivatives {
        true => ForecastColumns::TracesAndDerivatives,
        false => ForecastColumns::Traces,
    };
    let table = forecast_table(&said, which);
    if let Some(folder) = out.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        make_folder(folder)?;
    }
    match ending {
        Ending::Csv => write_atomically(&out, &table.csv()).map_err(Failure::Grid)?,
        Ending::Parquet => write_long_parquet(&columns(&table), &out)?,
    }
    talk(&format!("{} written into {}\n", count(table.n_rows(), "row"), out.display()));
    match json {
        true => print_json(&ForecastsJson::new(model, &said, &doubts, &out))?,
        false => print(&wrapped(&text(model, &said)))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The table as the writer takes it.
fn columns(table: &LongTable) -> Vec<LongColumn<'_>> {
    let columns = table.columns.iter();
    columns.map(|(name, values)| LongColumn { name, values: values_of(values) }).collect()
}

fn values_of(column: &report::LongColumn) -> LongValues<'_> {
    match column {
        report::LongColumn::Text(values) => LongValues::Text(values),
        report::LongColumn::Integers(values) => LongValues::Integers(values),
        report::LongColumn::Numbers(values) => LongValues::Numbers(values),
    }
}

fn text(model: &ForecastingModel, said: &[RecordingForecasts]) -> String {
    let mut text = format!(
        "{}, trained on {}; derivatives: {}; features normalised by {}\n",
        model.model(),
        count(model.provenance().animals.len(), "animal"),
        model.derivative().as_str(),
        model.normalisation(),
    );
    text += match model.looks_ahead() {
        true => {
            "Forecasts rest on frames after their start: on derivatives or ranges that look ahead.\n\n"
        }
        false => "No forecast rests on a frame after its start.\n\n",
    };
    let width = width_of("animal", said.iter().map(|said| said.animal.as_str()));
    let columns = format!("{:>10}{:>8}{:>9}{:>11}", "forecasts", "steps", "neurons", "not finite");
    _ = writeln!(text, "{:width$}{columns}", "animal");
    for said in said {
        let note = if said.is_trained_on { "  trained on: not unseen" } else { "" };
        _ = writeln!(
            text,
            "{:width$}{:>10}{:>8}{:>9}{:>11}{note}",
            shown(&said.animal),
            grouped(said.starts.len()),
            said.n_steps,
            said.neurons.len(),
            grouped(said.n_diverged()),
        );
    }
    text
}

/// What `--json` prints. Fields may be added within a version; none changes or goes.
#[derive(Debug, Serialize)]
struct ForecastsJson<'a> {
    format: &'static str,
    version: u32,
    file: String,
    model: &'static str,
    trained_on: Vec<&'a str>,
    derivative: &'static str,
    normalisation: &'static str,
    /// Whether forecasts can rest on frames after their start.
    looks_ahead: bool,
    neurons: Vec<String>,
    animals: Vec<AnimalJson<'a>>,
}

#[derive(Debug, Serialize)]
struct AnimalJson<'a> {
    animal: &'a str,
    /// An animal that the model was trained on is no test of it.
    trained_on: bool,
    n_forecasts: usize,
    n_steps: usize,
    n_not_finite: usize,
    /// In what the recording is unlike those trained on.
    warnings: Vec<MismatchJson>,
}

impl<'a> ForecastsJson<'a> {
    fn new(
        model: &'a ForecastingModel,
        said: &'a [RecordingForecasts],
        doubts: &[Vec<Mismatch>],
        out: &Path,
    ) -> Self {
        let animals = said.iter().zip(doubts).map(|(said, doubts)| AnimalJson {
            animal: &said.animal,
            trained_on: said.is_trained_on,
            n_forecasts: said.starts.len(),
            n_steps: said.n_steps,
            n_not_finite: said.n_diverged(),
            warnings: doubts.iter().map(MismatchJson::from).collect(),
        });
        let names = model.provenance().animals.iter().map(|animal| animal.name.as_str());
        Self {
            format: "nervering-forecasts",
            version: 1,
            file: out.display().to_string(),
            model: model.model().as_str(),
            trained_on: names.collect(),
            derivative: model.derivative().as_str(),
            normalisation: model.normalisation().as_str(),
            looks_ahead: model.looks_ahead(),
            neurons: model.neurons().iter().map(ToString::to_string).collect(),
            animals: animals.collect(),
        }
    }
}
