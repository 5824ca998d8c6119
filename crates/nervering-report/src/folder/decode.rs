//! A study that decodes, as it is told.

use super::added::edges_of;
use super::{SpreadJson, Tell, TellError, Telling, Told, json, neurons_of};
use crate::cells::TableData;
use crate::figure::PngError;
use crate::fits::{confusion_csv, fits_csv};
use crate::folds::folds_csv;
use crate::layout::Layout;
use crate::of_analysis::{self, AddedReport, AnalysisAbout, information_tables};
use crate::of_study::{StudyReport, document};
use crate::sweep::{self, sweep_table, sweeps_csv, sweeps_text};
use crate::table::{Table, comparisons_csv, table_csv, tidy_csv};
use crate::text::table_text;
use nervering_analysis::{InformationConfig, information, sequence_only};
use nervering_recording::StateCoding;
use nervering_study::{
    Added, Decode, Measures, Plan, Results, Section, Spread, SummaryRow, Sweep, claims, compared,
    strains, summary, sweeps, validated,
};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;

impl Tell for Decode {
    fn tell(
        plan: &Plan<Self>,
        results: &Results<Self>,
        telling: &Telling<'_>,
    ) -> Result<Told, TellError> {
        let config = plan.config();
        let sections = summary(results);
        let (claims, compared) = (claims(results, &sections), compared(results, config.seed));
        let table = Table {
            title: &config.title,
            sections: &sections,
            claims: &claims,
            compared: &compared,
            notes: &results.notes,
        };
        let edges = edges_of(plan, results, plan.config().aim.keep_edges, telling)?;
        let besides = besides(plan, results, telling)?;
        let added: Vec<&AddedReport> =
            edges.iter().chain(besides.iter().map(|(_, added)| added)).collect();
        let sweeps = sweeps(results);
        let text = |layout: Layout| {
            let mut text = table_text(&table, layout) + &sweeps_text(&sweeps, layout);
            text.extend(edges.iter().map(|edges| edges.text("Inferred edges", layout)));
            text.extend(besides.iter().map(|(title, added)| added.text(title, layout)));
            text
        };
        let report = StudyReport {
            table: &table,
            results,
            recordings: telling.recordings,
            neurons: plan.neurons(0),
            study_file: &plan.study_toml(),
            seed: config.seed,
            citations: telling.citations,
        };
        let mut files = files(&config.name, &report, &added, &sweeps, &text(Layout::FILE))?;
        files.push(("tables/folds.csv".to_owned(), folds_csv(plan.parts_of_folds())));
        let text = text(telling.layout);
        let tables = |(_, added): &(_, AddedReport)| added.tables.clone();
        let besides: Vec<TableData> = besides.iter().flat_map(tables).collect();
        let edges = edges.as_ref().map_or(&[] as &[_], |edges| &edges.tables);
        let of_study = StudyJson::new(plan, telling.folder, results, &sections);
        let json = json(&StudyJson { edges, added: &besides, ..of_study });
        Ok(Told { text, files, json })
    }
}

/// Neurons chosen one after the other where a study asks for information.
const MOST_CHOSEN: usize = 3;

/// What a study answers besides, each with a heading. Nothing of a study that has not run.
fn besides(
    plan: &Plan<Decode>,
    results: &Results<Decode>,
    telling: &Telling<'_>,
) -> Result<Vec<(&'static str, AddedReport)>, TellError> {
    let Telling { recordings, citations, n_nulls, .. } = *telling;
    let (train, extended) = recordings.split_at(plan.n_trainable().min(recordings.len()));
    let (coding, seed) = (&plan.config().variants[0].preparation.coding, plan.config().seed);
    let about = |recordings| AnalysisAbout { recordings, coding, seed, citations };
    let mut besides = Vec::new();
    for added in &plan.config().aim.added {
        match added {
            // Of one animal nothing gets across to another.
            Added::Information if n_nulls > 0 && train.len() > 1 => {
                let config =
                    InformationConfig { n_shifts: n_nulls, most_chosen: MOST_CHOSEN, seed };
                let found = information(train, plan.neurons(0), coding.clone(), config)?;
                let added = information_tables(&found, &about(train));
                besides.push(("What neurons know of the state", added));
            }
            Added::Strains if !results.fits.is_empty() => {
                let added = of_analysis::strains(&strains(results, extended), &about(extended));
                besides.push(("Strains", added));
            }
            Added::Validation if !results.fits.is_empty() => {
                let found = validated(results, &plan.validating());
                let added = of_analysis::validated(&found, &about(extended));
                besides.push(("The extended set as validation set", added));
            }
            Added::Sequence if train.len() > 1 => {
                let mut codings: Vec<&StateCoding> = Vec::new();
                for variant in &plan.config().variants {
                    if !codings.contains(&&variant.preparation.coding) {
                        codings.push(&variant.preparation.coding);
                    }
                }
                let of = |coding| sequence_only(train, coding, seed);
                let found: Vec<_> = codings.into_iter().map(of).collect::<Result<_, _>>()?;
                besides
                    .push(("What the order of states says alone", of_analysis::sequence(&found)));
            }
            Added::Information | Added::Strains | Added::Validation | Added::Sequence => {}
        }
    }
    Ok(besides)
}

fn files(
    name: &str,
    report: &StudyReport<'_>,
    added: &[&AddedReport],
    sweeps: &[Sweep],
    text: &str,
) -> Result<Vec<(String, Vec<u8>)>, PngError> {
    let (table, results) = (report.table, report.results);
    let coding = |variant: &str| {
        let variant = results.config.variants.iter().find(|v| v.name == variant);
        variant.map_or_else(Vec::new, |variant| variant.preparation.coding.class_names())
    };
    let mut document = document(report);
    let mut files = vec![
        (format!("tables/{name}.csv"), table_csv(table)),
        ("tables/tidy.csv".to_owned(), tidy_csv(table)),
        (format!("tables/{name}.txt"), text.as_bytes().to_vec()),
        ("tables/fits.csv".to_owned(), fits_csv(&results.fits)),
        ("tables/confusion.csv".to_owned(), confusion_csv(&results.fits, coding)),
    ];
    if !table.compared.is_empty() {
        files.push(("tables/comparisons.csv".to_owned(), comparisons_csv(table.compared)));
    }
    if !sweeps.is_empty() {
        files.push(("tables/sweep.csv".to_owned(), sweeps_csv(sweeps)));
        document.tables.splice(0..0, sweeps.iter().map(sweep_table));
        document.summary.found.extend(sweeps.iter().map(sweep::found));
    }
    for added in added {
        files.extend(added.joined_to(&mut document));
    }
    files.extend(crate::files::files(&document)?);
    Ok(files)
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
    /// What the study answers besides.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    added: &'a [TableData],
}

#[derive(Debug, Serialize)]
struct SectionJson<'a> {
    variant: &'a str,
    edges: &'static str,
    batch_norm: &'static str,
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

impl<'a> StudyJson<'a> {
    fn new(
        plan: &'a Plan<Decode>,
        out: &Path,
        results: &'a Results<Decode>,
        sections: &'a [Section],
    ) -> Self {
        let section = |section: &'a Section| SectionJson {
            variant: &section.variant,
            edges: section.statistics.edges.as_str(),
            batch_norm: section.statistics.batch_norm.as_str(),
            neurons: neurons_of(plan, &section.variant),
            states: &section.states,
            rows: section.rows.iter().map(RowJson::from).collect(),
        };
        Self {
            format: "nervering-study-table",
            version: 3,
            name: &plan.config().name,
            title: &plan.config().title,
            folder: out.display().to_string(),
            animals: plan.animals(),
            n_fits: results.fits.len(),
            sections: sections.iter().map(section).collect(),
            notes: &results.notes,
            edges: &[],
            added: &[],
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
