//! What a study that has run becomes: [`tell`](Tell::tell) makes the text of its tables, the files of its
//! folder and the JSON for programs; [`write_folder`] writes them, and last the manifest. No file holds a
//! time or a number of threads, so that a study run twice is the same to the byte.

mod added;
mod decode;
mod forecast;

use crate::document::Citation;
use crate::figure::PngError;
use crate::layout::Layout;
use nervering_analysis::AnalysisError;
use nervering_grid::{GridError, finish};
use nervering_recording::Recording;
use nervering_study::{Aim, EdgeTable, Plan, Results, Spread};
use serde::Serialize;
use std::path::Path;

/// A study as it is told.
#[derive(Debug, Clone)]
pub struct Told {
    /// Its tables in the layout asked for, for reading.
    pub text: String,
    /// The files of its folder, by path within it.
    pub files: Vec<(String, Vec<u8>)>,
    /// Its tables for programs, one JSON document. Fields may be added within a version; none changes
    /// or goes.
    pub json: String,
}

/// What a study is told with.
#[derive(Debug, Clone, Copy)]
pub struct Telling<'a> {
    /// Its animals, those trained on first.
    pub recordings: &'a [Recording],
    /// Where it is.
    pub folder: &'a Path,
    /// The papers behind it.
    pub citations: &'a [Citation],
    /// What inferred edges are compared with, of a study that keeps them.
    pub edge_tables: &'a [EdgeTable],
    /// Random graphs that they are compared with besides.
    pub n_nulls: usize,
    /// How the tables that are printed are laid out; those of the folder are as [`Layout::FILE`] has them.
    pub layout: Layout,
}

/// Why a study could not be told.
#[derive(Debug, thiserror::Error)]
pub enum TellError {
    /// A figure that cannot be made into pixels.
    #[error(transparent)]
    Png(#[from] PngError),
    /// Edges that are no numbers, or recordings that cannot be analysed besides.
    #[error("failed to analyse what the study answers besides")]
    Analysis(#[from] AnalysisError),
    /// The folder.
    #[error(transparent)]
    Grid(#[from] GridError),
}

/// Studies of an aim can be told.
pub trait Tell: Aim {
    /// Tables, figures, page and JSON.
    ///
    /// # Errors
    /// [`TellError`].
    fn tell(
        plan: &Plan<Self>,
        results: &Results<Self>,
        telling: &Telling<'_>,
    ) -> Result<Told, TellError>;
}

/// Tells a study and writes its folder, and last the manifest.
///
/// # Errors
/// [`TellError`].
pub fn write_folder<A: Tell>(
    plan: &Plan<A>,
    results: &Results<A>,
    telling: &Telling<'_>,
) -> Result<Told, TellError> {
    let told = A::tell(plan, results, telling)?;
    finish(telling.folder, &plan.stored(), &told.files)?;
    Ok(told)
}

/// The neurons of a variant, by its name.
fn neurons_of<A: Aim>(plan: &Plan<A>, variant: &str) -> Vec<String> {
    let place = plan.config().variants.iter().position(|found| found.name == variant);
    let neurons = place.map_or(&[] as &[_], |place| plan.neurons(place));
    neurons.iter().map(ToString::to_string).collect()
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string_pretty(value).expect("tables are plain data") + "\n"
}

#[derive(Debug, Serialize)]
struct SpreadJson {
    mean: f64,
    /// `null` over fewer than two values.
    sd: Option<f64>,
    n: usize,
}

impl From<&Spread> for SpreadJson {
    fn from(spread: &Spread) -> Self {
        Self { mean: spread.mean, sd: (spread.n > 1).then_some(spread.sd), n: spread.n }
    }
}
