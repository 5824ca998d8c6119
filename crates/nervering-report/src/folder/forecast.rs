//! A study that forecasts, as it is told.

use super::added::edges_of;
use super::{SpreadJson, Tell, TellError, Telling, Told, json, neurons_of};
use crate::cells::TableData;
use crate::folds::folds_csv;
use crate::forecast_csv::{forecast_csv, forecast_fits_csv, forecast_training_csv};
use crate::forecast_fans::forecast_fans_csv;
use crate::forecast_skills::forecast_skills_csv;
use crate::forecast_text::{ForecastTable, forecast_text};
use crate::layout::Layout;
use crate::of_forecast::{ForecastReport, forecast};
use nervering_statistics::Role;
use nervering_study::forecast::{
    ErrorSpread, Forecast, ForecastRow, ForecastSection, SkillSection, fan_rows, findings,
    forecast_sections, skill_sections,
};
use nervering_study::{Plan, Results};
use serde::Serialize;
use std::path::Path;

impl Tell for Forecast {
    fn tell(
        plan: &Plan<Self>,
        results: &Results<Self>,
        telling: &Telling<'_>,
    ) -> Result<Told, TellError> {
        let (sections, findings) = (forecast_sections(results), findings(results));
        let (skills, fans) = (skill_sections(results), fan_rows(results));
        let table = ForecastTable {
            config: &results.config,
            sections: &sections,
            skills: &skills,
            fans: &fans,
            findings: &findings,
            notes: &results.notes,
        };
        let edges = edges_of(plan, results, plan.config().aim.keep_edges, telling)?;
        let text = |layout: Layout| {
            let mut text = forecast_text(&table, layout);
            text.extend(edges.iter().map(|edges| edges.text("Inferred edges", layout)));
            text
        };
        let report = ForecastReport {
            results,
            sections: &sections,
            findings: &findings,
            recordings: telling.recordings,
            neurons: plan.neurons(0),
            study_file: &plan.study_toml(),
            citations: telling.citations,
        };
        let name = &plan.config().name;
        let mut files = vec![
            (format!("tables/{name}.csv"), forecast_csv(&sections)),
            (format!("tables/{name}.txt"), text(Layout::FILE).into_bytes()),
            ("tables/skills.csv".to_owned(), forecast_skills_csv(&skills)),
            ("tables/intervals.csv".to_owned(), forecast_fans_csv(&fans)),
            ("tables/fits.csv".to_owned(), forecast_fits_csv(&results.fits)),
            ("tables/folds.csv".to_owned(), folds_csv(plan.parts_of_folds())),
            ("tables/training.csv".to_owned(), forecast_training_csv(&results.fits)),
        ];
        let mut document = forecast(&report);
        files.extend(edges.iter().flat_map(|edges| edges.joined_to(&mut document)));
        files.extend(crate::files::files(&document)?);
        let of_study =
            ForecastJson::new(plan, telling.folder, results, (&sections, &skills), &findings);
        let tables = edges.as_ref().map_or(&[] as &[_], |edges| &edges.tables);
        let json = json(&ForecastJson { edges: tables, ..of_study });
        Ok(Told { text: text(telling.layout), files, json })
    }
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
    /// Skill in traces from every frame on.
    skills: Vec<SkillJson<'a>>,
    findings: &'a [String],
    notes: &'a [String],
    /// Inferred edges beside known connections, of a study that keeps them.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    edges: &'a [TableData],
}

#[derive(Debug, Serialize)]
struct SectionJson<'a> {
    variant: &'a str,
    neurons: Vec<String>,
    n_trained: usize,
    role: Role,
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
        plan: &'a Plan<Forecast>,
        out: &Path,
        results: &'a Results<Forecast>,
        (sections, skills): (&'a [ForecastSection], &'a [SkillSection]),
        findings: &'a [String],
    ) -> Self {
        let section = |section: &'a ForecastSection| SectionJson {
            variant: &section.variant,
            neurons: neurons_of(plan, &section.variant),
            n_trained: section.n_trained,
            role: section.role,
            rows: section.rows.iter().map(RowJson::from).collect(),
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
            skills: skills.iter().flat_map(SkillJson::of).collect(),
            findings,
            notes: &results.notes,
            edges: &[],
        }
    }
}

#[derive(Debug, Serialize)]
struct SkillJson<'a> {
    variant: &'a str,
    n_trained: usize,
    role: Role,
    model: &'a str,
    step: usize,
    /// `copy`, `ar` or `best-linear`.
    over: &'static str,
    mean: f64,
    /// Ends of the 95 % interval over animals; `null` for a single one.
    interval: Option<[f64; 2]>,
    animals: Vec<AnimalSkillJson<'a>>,
}

#[derive(Debug, Serialize)]
struct AnimalSkillJson<'a> {
    animal: &'a str,
    skill: f64,
}

impl<'a> SkillJson<'a> {
    fn of(section: &'a SkillSection) -> impl Iterator<Item = Self> {
        section.rows.iter().map(|row| Self {
            variant: &section.variant,
            n_trained: section.n_trained,
            role: section.role,
            model: &row.model,
            step: row.step,
            over: row.over.as_str(),
            mean: row.spread.mean,
            interval: row.interval.map(|interval| [interval.low, interval.high]),
            animals: row
                .animals
                .iter()
                .map(|(animal, skill)| AnimalSkillJson { animal, skill: *skill })
                .collect(),
        })
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
