//! What `demo`, `reproduce` and `study run` share: run, summarise, write, print.

use super::cite::citations;
use super::edges;
use super::lock::lock;
use super::options::StudyOptions;
use crate::failure::Failure;
use crate::interrupt::{ask_first, interrupted};
use crate::memory;
use crate::output::{count, print, print_json, talk};
use crate::progress::Shown;
use nervering::grid::finish;
use nervering::recording::Recording;
use nervering::report::{
    self, Document, EdgesReport, StudyReport, Table, TableData, comparisons_csv, confusion_csv,
    document, document_text, fits_csv, table_csv, table_text,
};
use nervering::study::{self, Measures, Plan, Section, Spread, StudyResults, SummaryRow};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

/// Runs a study or takes it up again, writes its folder, and prints its table.
///
/// # Errors
/// [`Failure::Run`] for a study that did not end or was interrupted.
pub fn run_study(
    plan: &Plan,
    recordings: &[Recording],
    options: &StudyOptions,
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
    let progress = Shown::new(plan);
    let results = study::run(plan, &out, n_threads, &progress, &interrupted);
    progress.end();
    let results = results.map_err(Failure::Run)?;
    let sections = study::summary(&results);
    let claims = study::claims(&results, &sections);
    let compared = study::compared(&results, plan.config().seed);
    let table = Table {
        title: &plan.config().title,
        sections: &sections,
        claims: &claims,
        compared: &compared,
        notes: &results.notes,
    };
    let edges = edges::of_study(plan, &results, recordings, options.preset())?;
    let mut text = table_text(&table);
    if let Some(edges) = &edges {
        text += &edges_text(edges);
    }
    let study_file = study::study_toml(plan);
    let report = StudyReport {
        table: &table,
        results: &results,
        recordings,
        neurons: plan.neurons(0),
        study_file: &study_file,
        seed: plan.config().seed,
        citations: &citations(),
    };
    write_folder(&plan.config().name, &out, &report, edges.as_ref(), &text, &plan.stored())?;
    let fits = count(results.fits.len(), "fit");
    let page = out.join("report.html");
    talk(&format!("{fits} in {}; the report is {}\n", progress.elapsed(), page.display()));
    if options.json {
        let edges = edges.as_ref().map_or(&[] as &[_], |edges| &edges.tables);
        print_json(&StudyJson { edges, ..StudyJson::new(plan, &out, &results, &sections) })?;
    } else {
        print(&text)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The report of a study with no fit yet, made and thrown away. Most of a report's memory goes into
/// the figures and the page of the recordings, so this takes about as much as the true one.
///
/// # Errors
/// [`Failure::Png`] for a figure that cannot be made into pixels.
pub fn rehearse_report(plan: &Plan, recordings: &[Recording]) -> Result<(), Failure> {
    let (fits, variants) = (Vec::new(), plan.config().variants.clone());
    let results = StudyResults { fits, variants, notes: plan.notes() };
    let sections = study::summary(&results);
    let table = Table {
        title: &plan.config().title,
        sections: &sections,
        claims: &[],
        compared: &[],
        notes: &results.notes,
    };
    let report = StudyReport {
        table: &table,
        results: &results,
        recordings,
        neurons: plan.neurons(0),
        study_file: &study::study_toml(plan),
        seed: plan.config().seed,
        citations: &citations(),
    };
    report::files(&document(&report)).map(drop).map_err(Failure::Png)
}

/// A study that is about to run.
pub struct Announced<'a> {
    pub title: &'a str,
    pub animals: &'a [String],
    pub variants: Vec<&'a str>,
    /// Of all variants, in their order.
    pub models: Vec<&'a str>,
    pub n_fits: usize,
    pub n_steps: usize,
}

impl Announced<'_> {
    /// What is about to happen, before anyone has waited for it.
    pub fn text(&self, out: &Path, n_threads: usize) -> String {
        let mut models: Vec<&str> = Vec::new();
        for model in &self.models {
            if !models.contains(model) {
                models.push(model);
            }
        }
        let variants = match self.variants.len() {
            1..=4 => self.variants.join(" "),
            n => count(n, "variant"),
        };
        format!(
            "{}\n{} ({}), {variants}\n{}\n{}, {} in all, on {}, into {}",
            self.title,
            count(self.animals.len(), "animal"),
            self.animals.join(" "),
            models.join(" "),
            count(self.n_fits, "fit"),
            count(self.n_steps, "gradient step"),
            count(n_threads, "thread"),
            out.display()
        )
    }
}

/// What stands under the tables of a study that keeps edges.
fn edges_text(edges: &EdgesReport) -> String {
    let mut document = Document::new("Inferred edges");
    document.tables.clone_from(&edges.tables);
    document.summary.found.clone_from(&edges.found);
    document.summary.distrust.clone_from(&edges.distrust);
    format!("\n{}", document_text(&document))
}

/// Tables, figures and page, and last the manifest. No file holds a time or a thread count, so that
/// a study run twice is the same to the byte.
fn write_folder(
    name: &str,
    out: &Path,
    report: &StudyReport<'_>,
    edges: Option<&EdgesReport>,
    text: &str,
    stored: &[String],
) -> Result<(), Failure> {
    let (table, results) = (report.table, report.results);
    let coding = |variant: &str| {
        let variant = results.variants.iter().find(|v| v.name == variant);
        variant.map_or_else(Vec::new, |variant| variant.coding.class_names())
    };
    let mut document = document(report);
    let mut files = vec![
        (format!("tables/{name}.csv"), table_csv(table)),
        (format!("tables/{name}.txt"), text.as_bytes().to_vec()),
        ("tables/fits.csv".to_owned(), fits_csv(&results.fits)),
        ("tables/confusion.csv".to_owned(), confusion_csv(&results.fits, coding)),
    ];
    if !table.compared.is_empty() {
        files.push(("tables/comparisons.csv".to_owned(), comparisons_csv(table.compared)));
    }
    if let Some(edges) = edges {
        document.tables.extend(edges.tables.iter().cloned());
        document.figures.extend(edges.figures.iter().cloned());
        document.summary.found.extend(edges.found.iter().cloned());
        document.summary.distrust.extend(edges.distrust.iter().cloned());
        files.extend(edges.files.iter().cloned());
    }
    files.extend(report::files(&document).map_err(Failure::Png)?);
    Ok(finish(out, stored, &files)?)
}

/// What `--json` prints. Fields may be added within a version; none changes or goes.
#[derive(Debug, Serialize)]
struct StudyJson<'a> {
    format: &'static str,
    version: u32,
    name: &'a str,
    title: &'a str,
    folder: String,
    animals: &'a [String],
    n_fits: usize,
    sections: Vec<SectionJson<'a>>,
    notes: &'a [String],
    /// Inferred edges beside known connections, of a study that keeps them.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    edges: &'a [TableData],
}

#[derive(Debug, Serialize)]
struct SectionJson<'a> {
    variant: &'a str,
    statistics: &'static str,
    neurons: Vec<String>,
    states: &'a [String],
    rows: Vec<RowJson<'a>>,
}

#[derive(Debug, Serialize)]
struct RowJson<'a> {
    model: &'a str,
    n_trained: usize,
    n_fits: usize,
    same: BTreeMap<&'static str, SpreadJson>,
    unseen: BTreeMap<&'static str, SpreadJson>,
    extended: BTreeMap<&'static str, SpreadJson>,
    unseen_recall: &'a [Option<f64>],
}

#[derive(Debug, Serialize)]
pub struct SpreadJson {
    mean: f64,
    /// `null` over fewer than two values.
    sd: Option<f64>,
    n: usize,
}

impl<'a> StudyJson<'a> {
    fn new(plan: &'a Plan, out: &Path, results: &'a StudyResults, sections: &'a [Section]) -> Self {
        let section = |section: &'a Section| {
            let place = results.variants.iter().position(|v| v.name == section.variant);
            let neurons = place.map_or(&[] as &[_], |place| plan.neurons(place));
            SectionJson {
                variant: &section.variant,
                statistics: section.statistics.as_str(),
                neurons: neurons.iter().map(ToString::to_string).collect(),
                states: &section.states,
                rows: section.rows.iter().map(RowJson::from).collect(),
            }
        };
        Self {
            format: "nervering-study-table",
            version: 2,
            name: &plan.config().name,
            title: &plan.config().title,
            folder: out.display().to_string(),
            animals: plan.animals(),
            n_fits: results.fits.len(),
            sections: sections.iter().map(section).collect(),
            notes: &results.notes,
            edges: &[],
        }
    }
}

impl<'a> From<&'a SummaryRow> for RowJson<'a> {
    fn from(row: &'a SummaryRow) -> Self {
        let measures = |measures: &Measures| {
            let of = |(name, quantity): (_, fn(&Measures) -> Option<Spread>)| {
                Some((name, SpreadJson::from(&quantity(measures)?)))
            };
            Measures::ALL.into_iter().filter_map(of).collect()
        };
        Self {
            model: &row.model,
            n_trained: row.n_trained,
            n_fits: row.n_fits,
            same: measures(&row.same),
            unseen: measures(&row.unseen),
            extended: measures(&row.extended),
            unseen_recall: &row.recall_unseen,
        }
    }
}

impl From<&Spread> for SpreadJson {
    fn from(spread: &Spread) -> Self {
        Self { mean: spread.mean, sd: (spread.n > 1).then_some(spread.sd), n: spread.n }
    }
}
