//! Everything that a report shows, as data: [`Document`], which a study writes as `report.json` and
//! the page and the figures are drawn from, then or later. The schema is versioned, and is no core
//! type: a document that can be read can be drawn, without the study.

use crate::figure::{Figure, FigureData, Mismatch, StateColours, States, file_name, missing};
use crate::table::{csv_bytes, number};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What `report.json` says it is.
pub const FORMAT: &str = "nervering-report";
/// The version of its schema. Fields may be added within a version; none changes or goes.
pub const VERSION: u32 = 2;

/// One report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Document {
    /// [`FORMAT`].
    pub format: String,
    /// [`VERSION`].
    pub version: u32,
    /// Heading of the page.
    pub title: String,
    /// What stands first.
    pub summary: Summary,
    /// Tables, in the order of the page.
    pub tables: Vec<TableData>,
    /// Figures, in the order of the page.
    pub figures: Vec<FigureData>,
    /// Recordings that a reader can look into.
    pub recordings: Vec<RecordingView>,
    /// Settings of the study.
    pub configuration: Vec<Setting>,
    /// The study file as it was run, if there is one.
    pub study_file: Option<String>,
    /// Names and versions of software, and the machine.
    pub software: Vec<Setting>,
    /// Names and values of seeds.
    pub seeds: Vec<Setting>,
    /// Papers and data sets behind what was run.
    pub citations: Vec<Citation>,
}

/// What a reader in a hurry reads: sentences, most important first.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Summary {
    /// The question.
    pub asked: Vec<String>,
    /// Animals, neurons, states, frames, and where they come from.
    pub data: Vec<String>,
    /// The answer, with n and the baseline in the same sentence.
    pub found: Vec<String>,
    /// What leaks, what was cut, what is circular.
    pub distrust: Vec<String>,
}

/// A name and a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Setting {
    /// What it is.
    pub name: String,
    /// What it was.
    pub value: String,
}

/// A paper or a data set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Citation {
    /// The reference.
    pub text: String,
    /// Where it is; only an `https` address becomes a link.
    pub url: Option<String>,
}

/// A table for the page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableData {
    /// Name of its file.
    pub name: String,
    /// What stands above it.
    pub title: String,
    /// Headings of the columns, with units.
    pub columns: Vec<String>,
    /// One cell per column in each row.
    pub rows: Vec<Vec<Cell>>,
    /// Sentences that stand under it.
    pub notes: Vec<String>,
}

impl TableData {
    /// The numbers unrounded, under names that a program takes as they are ([`column_names`]). A column of
    /// means is followed by one of their deviations; a number that does not exist is an empty field.
    pub fn csv(&self) -> Vec<u8> {
        let spreads = |column: usize| {
            let mut cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.any(|cell| matches!(cell, Cell::Spread { .. }))
        };
        let spreads: Vec<bool> = (0..self.columns.len()).map(spreads).collect();
        let header = self.columns.iter().zip(&spreads).flat_map(|(name, spread)| {
            [Some(name.clone()), spread.then(|| format!("{name}, sd"))].into_iter().flatten()
        });
        let header = column_names(header);
        let rows = self.rows.iter().map(|row| {
            let fields = row.iter().zip(&spreads).flat_map(|(cell, spread)| {
                let (value, sd) = match cell {
                    Cell::Text(text) => (text.clone(), None),
                    Cell::Number { value, .. } | Cell::P(value) => (number(Some(*value)), None),
                    Cell::Spread { mean, sd, .. } => (number(Some(*mean)), *sd),
                    Cell::Missing => (String::new(), None),
                };
                [Some(value), spread.then(|| number(sd))].into_iter().flatten()
            });
            fields.collect()
        });
        csv_bytes(&header, rows)
    }
}

/// Headings as names of columns: letters, digits and underscores, each but once. `unseen, balanced, %`
/// becomes `unseen_balanced_percent`; of a name that comes again the second is `…_2`.
pub(crate) fn column_names(headings: impl Iterator<Item = String>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for heading in headings {
        let mut spelt = heading;
        for (sign, word) in
            [("%", " percent "), ("±", " sd "), ("Δ", "d"), ("²", "2"), (">", " above ")]
        {
            spelt = spelt.replace(sign, word);
        }
        let words = spelt.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        let name = words.collect::<Vec<_>>().join("_");
        let name = if name.is_empty() { "column".to_owned() } else { name };
        let numbered = std::iter::once(name.clone()).chain((2..).map(|k| format!("{name}_{k}")));
        let free = numbered.into_iter().find(|name| !names.contains(name));
        names.push(free.expect("numbers do not end"));
    }
    names
}

/// One cell of a table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cell {
    /// Words.
    Text(String),
    /// A number, shown with so many decimals.
    Number {
        /// The number, finite.
        value: f64,
        /// Decimals shown.
        decimals: u8,
    },
    /// A mean and its deviation.
    Spread {
        /// The mean, finite.
        mean: f64,
        /// The deviation; `None` over fewer than two values.
        sd: Option<f64>,
        /// Decimals shown.
        decimals: u8,
    },
    /// The probability of a test, in [0, 1].
    P(f64),
    /// No such number.
    Missing,
}

/// A sentence that begins as sentences do.
pub(crate) fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// A number with so many decimals, a true minus sign, and no negative zero.
pub(crate) fn shown(value: f64, decimals: usize) -> String {
    let digits = format!("{:.decimals$}", value.abs());
    let is_zero = digits.bytes().all(|digit| matches!(digit, b'0' | b'.'));
    if value < 0. && !is_zero { format!("−{digits}") } else { digits }
}

/// Three decimals of the probability of a test; no test finds that it is 0.
pub(crate) fn p_text(p: f64) -> String {
    if p < 0.001 { "<0.001".to_owned() } else { format!("{p:.3}") }
}

impl Cell {
    /// The text of the cell.
    pub(crate) fn text(&self) -> String {
        let number = |value: f64, decimals: u8| shown(value, usize::from(decimals.min(12)));
        match self {
            Self::Text(text) => text.clone(),
            Self::Number { value, decimals } => number(*value, *decimals),
            Self::Spread { mean, sd: Some(sd), decimals } => {
                format!("{} ± {}", number(*mean, *decimals), number(*sd, *decimals))
            }
            Self::Spread { mean, sd: None, decimals } => number(*mean, *decimals),
            Self::P(p) => p_text(*p),
            Self::Missing => "–".to_owned(),
        }
    }
}

/// A recording to look into: traces, labelled states, and what models predict.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordingView {
    /// Name of the animal.
    pub animal: String,
    /// Time of each frame in seconds, increasing.
    pub seconds: Vec<f32>,
    /// Names of the neurons, those worth seeing first.
    pub neurons: Vec<String>,
    /// Traces, row-major `[neuron, frame]`; NaN (in JSON `null`) is missing.
    #[serde(with = "missing")]
    pub values: Vec<f32>,
    /// What they are: `ΔF/F`.
    #[serde(default = "delta_f")]
    pub unit: String,
    /// The labelled states.
    pub states: States,
    /// States that models predict, one ribbon each.
    pub predictions: Vec<Prediction>,
}

/// What traces were called before their unit was known.
fn delta_f() -> String {
    "ΔF/F".to_owned()
}

/// The states that a model predicts for a recording.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prediction {
    /// The model.
    pub model: String,
    /// What it was trained on: `worm1, worm3`.
    pub trained_on: String,
    /// Its states.
    pub states: States,
}

/// Why a file is no document.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DocumentError {
    /// It is not JSON of this schema.
    #[error("found something else than a report of version {VERSION}; run the study again")]
    Json(#[from] serde_json::Error),
    /// It says it is something else.
    #[error(
        "found {format:?} of version {version}, expected {FORMAT:?} of version {VERSION}; run the study again with this version of nervering"
    )]
    Version {
        /// What it says it is.
        format: String,
        /// The version it says.
        version: u32,
    },
    /// Parts of it do not fit together.
    #[error(transparent)]
    Mismatch(#[from] Mismatch),
}

impl Document {
    /// A document without content.
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            format: FORMAT.to_owned(),
            version: VERSION,
            title: title.into(),
            summary: Summary::default(),
            tables: Vec::new(),
            figures: Vec::new(),
            recordings: Vec::new(),
            configuration: Vec::new(),
            study_file: None,
            software: Vec::new(),
            seeds: Vec::new(),
            citations: Vec::new(),
        }
    }

    /// Reads `report.json`.
    ///
    /// # Errors
    /// [`DocumentError`] for another format or version, and for parts that do not fit together.
    pub fn from_json(text: &str) -> Result<Self, DocumentError> {
        /// What is read first, so that another version is named as such.
        #[derive(Deserialize)]
        struct Head {
            format: String,
            version: u32,
        }
        let Head { format, version } = serde_json::from_str(text)?;
        if (format.as_str(), version) != (FORMAT, VERSION) {
            return Err(DocumentError::Version { format, version });
        }
        let document: Self = serde_json::from_str(text)?;
        document.check()?;
        Ok(document)
    }

    /// The text of `report.json`.
    ///
    /// # Panics
    /// Never: no map of the schema has keys that are not text.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("the schema has only text as keys") + "\n"
    }

    /// Draws all figures. Where two have one name, the later is given a number.
    pub fn draw(&self) -> Vec<Figure> {
        let mut names = BTreeSet::new();
        let colours = self.state_colours();
        let draw = |data: &FigureData| {
            let first = file_name(&data.about().name);
            if names.insert(first.clone()) {
                return data.draw(&self.recordings, &colours);
            }
            let numbered = (2..).map(|k| format!("{first}-{k}"));
            let free = numbered.into_iter().find(|name| names.insert(name.clone()));
            data.renamed(free.expect("numbers do not end")).draw(&self.recordings, &colours)
        };
        self.figures.iter().map(draw).collect()
    }

    /// The figures again for a phone, each where that is another drawing, beside those that were drawn.
    pub(crate) fn draw_for_phone(&self, drawn: &[Figure]) -> Vec<Option<Figure>> {
        let colours = self.state_colours();
        let draw = |(data, drawn): (&FigureData, &Figure)| {
            let named = data.renamed(format!("{}-phone", drawn.name));
            named.draw_for_phone(&self.recordings, &colours)
        };
        self.figures.iter().zip(drawn).map(draw).collect()
    }

    /// The colours of the states of all its recordings, predictions and figures.
    pub fn state_colours(&self) -> StateColours {
        let views = self.recordings.iter().flat_map(RecordingView::all_states);
        let states: Vec<&States> =
            views.chain(self.figures.iter().flat_map(FigureData::states)).collect();
        let panels = self.figures.iter().flat_map(|figure| match figure {
            FigureData::StateMeans(data) => data.panels.as_slice(),
            _ => &[],
        });
        let shown = states.iter().flat_map(|states| states.shown());
        let listed = states.iter().flat_map(|states| states.names.iter().map(String::as_str));
        StateColours::new(shown.chain(panels.map(|panel| panel.state.as_str())), listed)
    }

    /// Compares the shapes of all parts.
    ///
    /// # Errors
    /// [`Mismatch`] for the first part that does not fit.
    pub fn check(&self) -> Result<(), Mismatch> {
        self.recordings.iter().try_for_each(RecordingView::check)?;
        self.figures.iter().try_for_each(|figure| figure.check(&self.recordings))?;
        self.tables.iter().try_for_each(|table| {
            let columns = table.columns.len();
            let mut rows = table.rows.iter();
            rows.try_for_each(|row| expect(&table.name, "cells in a row", row.len(), columns))
        })
    }
}

impl RecordingView {
    /// Labelled and predicted ones.
    fn all_states(&self) -> impl Iterator<Item = &States> {
        let predicted = self.predictions.iter().map(|prediction| &prediction.states);
        std::iter::once(&self.states).chain(predicted)
    }

    fn check(&self) -> Result<(), Mismatch> {
        let n_frames = self.seconds.len();
        let expect = |part, found, expected| expect(&self.animal, part, found, expected);
        expect("frames", n_frames, n_frames.max(2))?;
        expect("values", self.values.len(), n_frames * self.neurons.len())?;
        expect("labelled states", self.states.of_frame.len(), n_frames)?;
        self.predictions.iter().try_for_each(|prediction| {
            expect("predicted states", prediction.states.of_frame.len(), n_frames)
        })
    }
}

fn expect(name: &str, part: &'static str, found: usize, expected: usize) -> Result<(), Mismatch> {
    if found == expected {
        return Ok(());
    }
    Err(Mismatch { figure: name.to_owned(), part, found, expected })
}
