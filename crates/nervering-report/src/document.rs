//! Everything that a report shows, as data: [`Document`], which a study writes as `report.json` and
//! the page and the figures are drawn from, then or later. The schema is versioned, and is no core
//! type: a document that can be read can be drawn, without the study.

pub use crate::cells::{Cell, TableData};
use crate::figure::{Figure, FigureData, Mismatch, StateColours, States, file_name};
use crate::recording_view::expect;
pub use crate::recording_view::{Prediction, RecordingView};
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
