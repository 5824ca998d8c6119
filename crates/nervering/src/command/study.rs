//! What `demo` and `reproduce` share: run, summarise, write, print.

use super::options::StudyOptions;
use crate::failure::Failure;
use crate::interrupt::{interrupted, listen};
use crate::output::{count, print, print_json, talk};
use crate::progress::Shown;
use nervering::report::{Table, accuracy_svg, confusion_csv, fits_csv, table_csv, table_text};
use nervering::study::{self, Plan, Spread, StudyError, StudyResults, SummaryRow};
use serde::Serialize;
use std::path::Path;
use std::process::ExitCode;

/// Runs a study or takes it up again, writes its folder, and prints its table.
///
/// # Errors
/// [`Failure::Run`] for a study that did not end or was interrupted.
pub fn run_study(plan: &Plan, options: &StudyOptions) -> Result<ExitCode, Failure> {
    let (out, n_threads) = (options.out(&plan.config().name), options.n_threads());
    talk(&announcement(plan, &out, n_threads));
    listen()?;
    let progress = Shown::new(plan);
    let results = study::run(plan, &out, n_threads, &progress, &interrupted);
    progress.end();
    let results = results.map_err(Failure::Run)?;
    let rows = study::summary(&results);
    let table = Table {
        title: &plan.config().title,
        rows: &rows,
        states: &results.states,
        notes: &results.notes,
    };
    let text = table_text(&table);
    write_folder(&plan.config().name, &out, &table, &text, &results).map_err(Failure::Run)?;
    let fits = count(results.fits.len(), "fit");
    talk(&format!("{fits} in {}; tables and figure in {}\n", progress.elapsed(), out.display()));
    if options.json {
        print_json(&StudyJson::new(plan, &out, &results, &rows))?;
    } else {
        print(&text)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// What is about to happen, before anyone has waited for it.
fn announcement(plan: &Plan, out: &Path, n_threads: usize) -> String {
    let config = plan.config();
    let models: Vec<String> = config.models.iter().map(ToString::to_string).collect();
    format!(
        "{}\n{} ({}), {}, {}\n{}, {} in all, on {}, into {}",
        config.title,
        count(plan.animals().len(), "animal"),
        plan.animals().join(" "),
        count(plan.neurons().len(), "neuron"),
        models.join(" "),
        count(plan.n_fits(), "fit"),
        count(plan.n_steps(), "gradient step"),
        count(n_threads, "thread"),
        out.display()
    )
}

/// Tables and figure, and last the manifest. No file holds a time or a thread count, so that a
/// study run twice is the same to the byte.
fn write_folder(
    name: &str,
    out: &Path,
    table: &Table<'_>,
    text: &str,
    results: &StudyResults,
) -> Result<(), StudyError> {
    let (table_name, text_name) = (format!("tables/{name}.csv"), format!("tables/{name}.txt"));
    let files = [
        (table_name.as_str(), table_csv(table)),
        (text_name.as_str(), text.as_bytes().to_vec()),
        ("tables/fits.csv", fits_csv(&results.fits)),
        ("tables/confusion.csv", confusion_csv(&results.fits, &results.states)),
        ("figures/accuracy.svg", accuracy_svg(table, &results.fits).into_bytes()),
    ];
    study::finish(out, &files)
}

/// What `--json` prints. Fields may be added within a version; none changes or goes.
#[derive(Debug, Serialize)]
struct StudyJson<'a> {
    format: &'static str,
    version: u32,
    name: &'a str,
    title: &'a str,
    folder: String,
    animals: Vec<String>,
    neurons: Vec<String>,
    states: &'a [String],
    n_fits: usize,
    rows: Vec<RowJson<'a>>,
    notes: &'a [String],
}

#[derive(Debug, Serialize)]
struct RowJson<'a> {
    model: &'a str,
    n_trained: usize,
    n_fits: usize,
    same_accuracy: Option<SpreadJson>,
    same_balanced_accuracy: Option<SpreadJson>,
    unseen_accuracy: Option<SpreadJson>,
    unseen_balanced_accuracy: Option<SpreadJson>,
    unseen_nll: Option<SpreadJson>,
    unseen_recall: &'a [Option<f64>],
}

#[derive(Debug, Serialize)]
struct SpreadJson {
    mean: f64,
    /// `null` over fewer than two values.
    sd: Option<f64>,
    n: usize,
}

impl<'a> StudyJson<'a> {
    fn new(plan: &'a Plan, out: &Path, results: &'a StudyResults, rows: &'a [SummaryRow]) -> Self {
        Self {
            format: "nervering-study-table",
            version: 1,
            name: &plan.config().name,
            title: &plan.config().title,
            folder: out.display().to_string(),
            animals: plan.animals(),
            neurons: plan.neurons().iter().map(ToString::to_string).collect(),
            states: &results.states,
            n_fits: results.fits.len(),
            rows: rows.iter().map(RowJson::from).collect(),
            notes: &results.notes,
        }
    }
}

impl<'a> From<&'a SummaryRow> for RowJson<'a> {
    fn from(row: &'a SummaryRow) -> Self {
        let spread = |spread: &Option<Spread>| spread.as_ref().map(SpreadJson::from);
        Self {
            model: &row.model,
            n_trained: row.n_trained,
            n_fits: row.n_fits,
            same_accuracy: spread(&row.same),
            same_balanced_accuracy: spread(&row.same_balanced),
            unseen_accuracy: spread(&row.unseen),
            unseen_balanced_accuracy: spread(&row.unseen_balanced),
            unseen_nll: spread(&row.unseen_nll),
            unseen_recall: &row.recall_unseen,
        }
    }
}

impl From<&Spread> for SpreadJson {
    fn from(spread: &Spread) -> Self {
        Self { mean: spread.mean, sd: (spread.n > 1).then_some(spread.sd), n: spread.n }
    }
}
