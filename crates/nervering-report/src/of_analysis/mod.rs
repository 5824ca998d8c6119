//! Reports of the analyses that need no training, one file per analysis: `pca`, `variability`,
//! `manifold`, `onset`, `ahead`, `information`;
//! of simulated systems, `known_truth`; `edges`, `sequence`,
//! `strains` and `validated`, which a study that asks for them adds to its own. Each brings results
//! into the shapes that tables, figures and the page take, and says under them what they rest on and
//! what to distrust. Nothing is computed here but counts and the choice of what is drawn.

mod ahead;
mod edges;
mod information;
mod known_truth;
mod manifold;
mod onset;
mod over_animals;
mod own_graphs;
mod pca;
mod sequence;
mod strains;
mod validated;
mod variability;

pub use ahead::ahead;
pub use edges::edges;
pub use information::{information, information_tables};
pub use known_truth::known_truth;
pub use manifold::manifold;
pub use onset::onset;
pub use pca::pca;
pub use sequence::sequence;
pub use strains::strains;
pub use validated::validated;
pub use variability::variability;

use crate::cells::{Cell, TableData};
use crate::document::{Citation, Document, Setting};
use crate::figure::{About, FigureData, States};
use crate::of_study::unit;
use nervering_recording::{MixedUnits, NeuronName, Recording, StateCoding};

/// Animals that get a panel of their own in a figure.
const MOST_PANELS: usize = 6;

/// What stands about an analysis.
#[derive(Debug, Clone, Copy)]
pub struct AnalysisAbout<'a> {
    /// The animals.
    pub recordings: &'a [Recording],
    /// The states told apart.
    pub coding: &'a StateCoding,
    /// Seed of everything random in it.
    pub seed: u64,
    /// The papers behind it.
    pub citations: &'a [Citation],
}

/// What an analysis becomes.
#[derive(Debug, Clone, PartialEq)]
pub struct AnalysisReport {
    /// What [`crate::document_text`] prints and [`crate::files`] makes files of.
    pub document: Document,
    /// Further files, too long for a page: path in the folder and content.
    pub files: Vec<(String, Vec<u8>)>,
}

/// What an analysis adds to the report of a study.
#[derive(Debug, Clone, PartialEq)]
pub struct AddedReport {
    /// For the page and for reading.
    pub tables: Vec<TableData>,
    /// For the page.
    pub figures: Vec<FigureData>,
    /// Further files: path in the folder and content.
    pub files: Vec<(String, Vec<u8>)>,
    /// What came out.
    pub found: Vec<String>,
    /// What to distrust.
    pub distrust: Vec<String>,
}

impl AnalysisAbout<'_> {
    /// A document that says which animals, neurons and states it is of.
    fn document(&self, title: &str, asked: &str, neurons: &[NeuronName]) -> Document {
        let setting = |name: &str, value: String| Setting { name: name.to_owned(), value };
        let names: Vec<&str> = neurons.iter().map(NeuronName::as_str).collect();
        let mut document = Document::new(title);
        document.summary.asked.push(asked.to_owned());
        document.summary.data.push(self.data(neurons));
        document.summary.distrust.extend(MixedUnits::of(self.recordings).map(|units| {
            format!("Animals in different units: {units}, as their files say or their values look.")
        }));
        document.configuration = vec![
            setting("neurons", names.join(" ")),
            setting("states", self.coding.class_names().join(", ")),
        ];
        document.software = vec![setting("nervering", env!("CARGO_PKG_VERSION").to_owned())];
        document.seeds = vec![setting("seed", self.seed.to_string())];
        document.citations = self.citations.to_vec();
        document
    }

    fn data(&self, neurons: &[NeuronName]) -> String {
        let n_frames: usize = self.recordings.iter().map(Recording::n_frames).sum();
        let names: Vec<&str> = self.recordings.iter().map(Recording::animal).collect();
        format!(
            "{} ({}), {n_frames} frames in all, {} neurons that all have, {} states.",
            counted(names.len(), "animal"),
            names.join(", "),
            neurons.len(),
            self.coding.n_classes()
        )
    }

    /// What the traces of its animals are.
    fn unit(&self) -> String {
        let mut units: Vec<String> = self.recordings.iter().map(unit).collect();
        units.sort();
        units.dedup();
        units.join(" or ")
    }

    /// About a figure.
    fn figure(&self, name: &str, title: &str, normalisation: &str) -> About {
        About {
            name: name.to_owned(),
            title: title.to_owned(),
            n: counted(self.recordings.len(), "animal"),
            protocol: String::new(),
            normalisation: normalisation.to_owned(),
        }
    }

    /// The states of every frame of an animal.
    fn states(&self, animal: usize) -> States {
        let recording = &self.recordings[animal];
        let of_frame = match recording.behavior() {
            Some(behavior) => self.coding.classes(behavior),
            None => vec![None; recording.n_frames()],
        };
        States { names: self.state_names(), of_frame }
    }

    fn state_names(&self) -> Vec<String> {
        self.coding.class_names().into_iter().map(str::to_owned).collect()
    }
}

fn table(name: &str, title: &str, columns: &[&str]) -> TableData {
    TableData {
        name: name.to_owned(),
        title: title.to_owned(),
        columns: columns.iter().map(|&column| column.to_owned()).collect(),
        rows: Vec::new(),
        notes: Vec::new(),
    }
}

fn words(text: &str) -> Cell {
    Cell::Text(text.to_owned())
}

fn count(n: usize) -> Cell {
    Cell::Number { value: n as f64, decimals: 0 }
}

/// A finite number, or none.
fn number(value: impl Into<Option<f64>>, decimals: u8) -> Cell {
    match value.into().filter(|value| value.is_finite()) {
        Some(value) => Cell::Number { value, decimals },
        None => Cell::Missing,
    }
}

/// A share in percent.
fn percent(share: impl Into<Option<f64>>) -> Cell {
    number(share.into().map(|share| 100. * share), 1)
}

/// `1 animal`, `3 animals`.
fn counted(n: usize, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}

/// `55–71` of shares, in percent.
fn range(shares: impl Iterator<Item = f64> + Clone) -> String {
    let low = shares.clone().fold(f64::INFINITY, f64::min);
    let high = shares.fold(f64::NEG_INFINITY, f64::max);
    format!("{:.0}–{:.0}", 100. * low, 100. * high)
}
