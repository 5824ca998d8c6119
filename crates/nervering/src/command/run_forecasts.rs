//! What `reproduce` and `study run` share for forecasting studies: run, summarise, write, print.

use super::cite::citations;
use super::lock::lock;
use super::options::StudyOptions;
use super::run::{Announced, SpreadJson};
use crate::failure::Failure;
use crate::interrupt::{ask_first, interrupted};
use crate::memory;
use crate::output::{count, print, print_json, talk};
use crate::progress::Shown;
use nervering::grid::finish;
use nervering::recording::Recording;
use nervering::report::{
    self, ForecastReport, ForecastTable, forecast_csv, forecast_fits_csv, forecast_text,
    forecast_training_csv,
};
use nervering::study::forecast::{
    self, CheckpointTimes, ErrorSpread, ForecastPlan, ForecastResults, ForecastRow,
    ForecastSection, findings, forecast_sections, forecast_toml,
};
use serde::Serialize;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Runs a forecasting study or takes it up again, writes its folder, and prints its table.
///
/// # Errors
/// [`Failure::Run`] for a study that did not end or was interrupted.
pub fn run_forecasts(
    plan: &ForecastPlan,
    recordings: &[Recording],
    options: &StudyOptions,
    checkpoint_every: Duration,
) -> Result<ExitCode, Failure> {
    let (out, n_threads) = (options.out(&plan.config().name), options.n_threads());
    let variants = &plan.config().variants;
    let announced = Announced {
        title: &plan.config().title,
        animals: plan.animals(),
        variants: variants.iter().map(|variant| variant.name.as_str()).collect(),
        models: variants.iter().flat_map(|v| &v.models).map(|model| model.as_str()).collect(),
        n_fits: plan.n_fits(),
        n_steps: plan.n_steps(),
    };
    talk(&announced.text(&out, n_threads));
    let _lock = lock(&out)?;
    ask_first();
    memory::watch();
    let progress = Shown::of(plan.n_fits(), plan.n_steps());
    let begin = Instant::now();
    let times = CheckpointTimes { every: checkpoint_every, clock: &|| begin.elapsed() };
    let results = forecast::run_forecasts(plan, &out, n_threads, &progress, &times, &interrupted);
    progress.end();
    let results = results.map_err(Failure::Run)?;
    let sections = forecast_sections(&results);
    let findings = findings(&results);
    let table = ForecastTable {
        config: &results.config,
        sections: &sections,
        findings: &findings,
        notes: &results.notes,
    };
    let text = forecast_text(&table);
    let name = &plan.config().name;
    let study_file = forecast_toml(plan);
    let report = ForecastReport {
        results: &results,
        sections: &sections,
        findings: &findings,
        recordings,
        neurons: plan.neurons(0),
        study_file: &study_file,
        citations: &citations(),
    };
    let mut files = vec![
        (format!("tables/{name}.csv"), forecast_csv(&sections)),
        (format!("tables/{name}.txt"), text.as_bytes().to_vec()),
        ("tables/fits.csv".to_owned(), forecast_fits_csv(&results.fits)),
        ("tables/training.csv".to_owned(), forecast_training_csv(&results.fits)),
    ];
    files.extend(report::files(&report::forecast(&report)).map_err(Failure::Png)?);
    finish(&out, &plan.stored(), &files)?;
    let fits = count(results.fits.len(), "fit");
    let page = out.join("report.html");
    talk(&format!("{fits} in {}; the report is {}\n", progress.elapsed(), page.display()));
    if options.json {
        print_json(&ForecastJson::new(plan, &out, &results, &sections, &findings))?;
    } else {
        print(&text)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// As [`rehearse_report`](super::run::rehearse_report), for a forecasting study.
///
/// # Errors
/// [`Failure::Png`] for a figure that cannot be made into pixels.
pub fn rehearse_forecast_report(
    plan: &ForecastPlan,
    recordings: &[Recording],
) -> Result<(), Failure> {
    let config = plan.config().clone();
    let results = ForecastResults { fits: Vec::new(), config, notes: plan.notes() };
    let report = ForecastReport {
        results: &results,
        sections: &forecast_sections(&results),
        findings: &[],
        recordings,
        neurons: plan.neurons(0),
        study_file: &forecast_toml(plan),
        citations: &citations(),
    };
    report::files(&report::forecast(&report)).map(drop).map_err(Failure::Png)
}

/// What `--json` prints. Fields may be added within a version; none changes or goes.
#[derive(Debug, Serialize)]
struct ForecastJson<'a> {
    format: &'static str,
    version: u32,
    name: &'a str,
    title: &'a str,
    folder: String,
    animals: &'a [String],
    n_fits: usize,
    sections: Vec<SectionJson<'a>>,
    findings: &'a [String],
    notes: &'a [String],
}

#[derive(Debug, Serialize)]
struct SectionJson<'a> {
    variant: &'a str,
    neurons: Vec<String>,
    n_trained: usize,
    role: nervering::statistics::Role,
    /// One per model and step, errors in [0, 1]².
    rows: Vec<RowJson<'a>>,
}

#[derive(Debug, Serialize)]
struct RowJson<'a> {
    model: &'a str,
    step: usize,
    trace: ErrorJson,
    derivative: ErrorJson,
    both: ErrorJson,
    n_diverged: usize,
}

/// `null` where every fit diverged, or without `copy`.
#[derive(Debug, Serialize)]
struct ErrorJson {
    mse: Option<SpreadJson>,
    skill: Option<SpreadJson>,
}

impl<'a> ForecastJson<'a> {
    fn new(
        plan: &'a ForecastPlan,
        out: &Path,
        results: &'a ForecastResults,
        sections: &'a [ForecastSection],
        findings: &'a [String],
    ) -> Self {
        let section = |section: &'a ForecastSection| {
            let mut variants = results.config.variants.iter();
            let place = variants.position(|variant| variant.name == section.variant);
            let neurons = place.map_or(&[] as &[_], |place| plan.neurons(place));
            SectionJson {
                variant: &section.variant,
                neurons: neurons.iter().map(ToString::to_string).collect(),
                n_trained: section.n_trained,
                role: section.role,
                rows: section.rows.iter().map(RowJson::from).collect(),
            }
        };
        Self {
            format: "nervering-forecast-table",
            version: 1,
            name: &plan.config().name,
            title: &plan.config().title,
            folder: out.display().to_string(),
            animals: plan.animals(),
            n_fits: results.fits.len(),
            sections: sections.iter().map(section).collect(),
            findings,
            notes: &results.notes,
        }
    }
}

impl<'a> From<&'a ForecastRow> for RowJson<'a> {
    fn from(row: &'a ForecastRow) -> Self {
        let error = |ErrorSpread { mse, skill }| ErrorJson {
            mse: mse.as_ref().map(SpreadJson::from),
            skill: skill.as_ref().map(SpreadJson::from),
        };
        Self {
            model: &row.model,
            step: row.step,
            trace: error(row.trace),
            derivative: error(row.derivative),
            both: error(row.both),
            n_diverged: row.n_diverged,
        }
    }
}
