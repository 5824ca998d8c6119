//! The analyses that need no training: by name, and what they share. Each is one file with a function
//! from recordings to a report; [`Analysis::run`] reads the recordings, writes the folder and
//! prints.

mod ahead;
mod given;
mod information;
mod manifold;
mod onset;
mod pca;
mod variability;

use super::experiment::{ExperimentArgs, read};
use super::fresh::{self, Held};
use super::lock::lock;
use super::options::StudyOptions;
use crate::failure::Failure;
use crate::output::{count, print_json, print_tables, talk};
use crate::progress::Busy;
use crate::terminal;
use clap::ValueEnum;
use given::Given;
use nervering::fit::{ModelError, sort_by_name};
use nervering::grid;
use nervering::recording::{NeuronSet, StateCoding};
use nervering::report::{self, AnalysisAbout, AnalysisReport, Layout, citations, document_text};
use nervering::study::StudyError;
use serde::Serialize;
use std::path::Path;
use std::process::ExitCode;

/// An analysis of recordings that trains nothing
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Analysis {
    /// Figure S1: principal components of each animal, and what pooling all loses
    Pca,
    /// Figures 1C and 1D: state-wise means, and whether two animals are of one distribution
    Variability,
    /// Figure 2: the loop manifold of each animal and of all together
    Manifold,
    /// Figure 1E: the onset of backward locomotion, decoded from mean activity around it, the animal's own
    /// and that of others
    Onset,
    /// States of an animal never seen up to 30 s ahead, and when it will switch, told by the loop manifold of
    /// the others
    Ahead,
    /// What single neurons, a few, and all know of the state, in bits
    Information,
}

impl Analysis {
    fn name(self) -> &'static str {
        match self {
            Self::Pca => "pca",
            Self::Variability => "variability",
            Self::Manifold => "manifold",
            Self::Onset => "onset",
            Self::Ahead => "ahead",
            Self::Information => "information",
        }
    }

    /// The states that it tells apart where no others are asked for.
    fn states(self) -> StateCoding {
        match self {
            Self::Pca | Self::Variability | Self::Manifold => StateCoding::Seven,
            Self::Onset | Self::Ahead | Self::Information => StateCoding::Four,
        }
    }

    /// Whether it is about certain states.
    fn fixed_states(self) -> bool {
        self == Self::Onset
    }

    /// Analyses the recordings, writes the folder and prints the tables.
    ///
    /// # Errors
    /// [`Failure`] when the recordings cannot be read or analysed, or the folder not be written.
    pub fn run(self, args: &ExperimentArgs) -> Result<ExitCode, Failure> {
        if let Some(option) = args.for_studies_only() {
            return Err(Failure::OfStudies { option, analysis: self.name() });
        }
        if self.fixed_states() && args.coding().is_some() {
            return Err(Failure::NoSuchOption { option: "--states", task: self.name() });
        }
        let (files, _) = args.recordings();
        if files.is_empty() {
            return Err(Failure::NoRecordings);
        }
        let options = &args.options;
        let out = options.out(self.name());
        refuse_study(&out, options)?;
        let (mut recordings, _) = read(files, &[], &args.reading)?;
        // As studies do: the order in which files are given changes no number.
        sort_by_name(&mut recordings);
        let set = args.neuron_set().unwrap_or(NeuronSet::Paper15);
        let unknown =
            |missing| Failure::Plan(ModelError::NeuronSet { set: set.to_string(), missing }.into());
        let neurons = set.resolve(&recordings).map_err(unknown)?;
        let asked = args.coding().unwrap_or(self.states());
        let coding =
            asked.resolve(&recordings).map_err(|error| Failure::Plan(StudyError::Coding(error)))?;
        let given = Given {
            recordings: &recordings,
            neurons: &neurons,
            preset: options.preset(),
            about: AnalysisAbout {
                recordings: &recordings,
                coding: &coding,
                seed: options.seed(),
                citations: &citations(),
            },
        };
        let busy = Busy::begin(format!("{} of {}", self.name(), count(recordings.len(), "animal")));
        let analysed = match self {
            Self::Pca => pca::report(&given),
            Self::Variability => variability::report(&given),
            Self::Manifold => manifold::report(&given),
            Self::Onset => onset::report(&given),
            Self::Ahead => ahead::report(&given),
            Self::Information => information::report(&given),
        };
        busy.end();
        let analysed = analysed.map_err(|error| Failure::Plan(StudyError::Analysis(error)))?;
        finish(self.name(), &analysed, &out, options)
    }
}

/// Writes the folder of an analysis and prints its tables.
///
/// # Errors
/// [`Failure`] when the folder cannot be written.
pub fn finish(
    name: &str,
    analysed: &AnalysisReport,
    out: &Path,
    options: &StudyOptions,
) -> Result<ExitCode, Failure> {
    let AnalysisReport { document, files } = analysed;
    let text = document_text(document, Layout::FILE);
    let mut files = files.clone();
    files.push((format!("tables/{}.txt", name), text.into_bytes()));
    let busy = Busy::begin("drawing figures and page");
    files.extend(report::files(document).map_err(Failure::Png)?);
    busy.end();
    let _lock = lock(out)?;
    grid::finish(out, &[], &files)?;
    talk(&format!("the report is {}\n", out.join("report.html").display()));
    if options.json {
        print_json(&AnalysisJson {
            format: "nervering-analysis",
            version: 1,
            name,
            title: &document.title,
            folder: out.display().to_string(),
            tables: &document.tables,
            found: &document.summary.found,
            distrust: &document.summary.distrust,
        })?;
    } else {
        print_tables(&document_text(document, terminal::layout()))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// A study's folder is not written over, unless that is asked for.
///
/// # Errors
/// [`Failure::OtherStudy`] for a folder that holds one.
pub fn refuse_study(out: &Path, options: &StudyOptions) -> Result<(), Failure> {
    let path = out.join("study.toml");
    match (path.exists(), options.held()) {
        (false, _) => Ok(()),
        (true, Held::Removed) => fresh::begin(out, "", Held::Removed),
        (true, Held::GoneOnFrom) => {
            Err(Failure::OtherStudy { path, differ: "a study of models, no analysis".to_owned() })
        }
    }
}

/// What `--json` prints. Fields may be added within a version; none changes or goes.
#[derive(Debug, Serialize)]
struct AnalysisJson<'a> {
    format: &'static str,
    version: u32,
    name: &'a str,
    title: &'a str,
    folder: String,
    tables: &'a [report::TableData],
    found: &'a [String],
    distrust: &'a [String],
}
