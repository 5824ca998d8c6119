//! A figure, drawn: [`Figure`], what stands about it, and what all of them need to write their numbers.

use super::mismatch::Mismatch;
use crate::draw::{Canvas, png, svg};
use crate::recording_view::RecordingView;
use crate::table::csv_bytes;
use serde::{Deserialize, Serialize};

/// What stands about a drawing in its caption.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// Name of the files, without their endings, for example `accuracy`.
    pub name: String,
    /// First sentence of the caption, without its full stop.
    pub title: String,
    /// What was counted: `5 animals, 31 subsets, 10 folds`.
    pub n: String,
    /// `paper`, `authors-code`, `strict`, or why there is none.
    pub protocol: String,
    /// What the numbers rest on: `min-max over the whole recording (transductive)`.
    pub normalisation: String,
}

/// A figure, drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// Name of its files: letters of ASCII, digits and dashes.
    pub name: String,
    /// The drawing; self-contained, 85 or 180 mm wide.
    pub svg: String,
    /// The numbers behind it, one observation per row.
    pub csv: String,
    /// What it shows, for those who do not see it.
    pub alt: String,
    /// What stands under it.
    pub caption: String,
    canvas: Canvas,
}

/// A figure that could not be made into pixels.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("figure {figure}: failed to be drawn as PNG: {reason}")]
pub struct PngError {
    /// Name of the figure.
    pub figure: String,
    /// What the library said.
    pub reason: String,
}

impl Figure {
    /// `details` are the sentences of the caption that say what lines, dots and colours are.
    pub(super) fn new(
        about: &About,
        canvas: Canvas,
        csv: String,
        alt: &str,
        details: &str,
    ) -> Self {
        let name = file_name(&about.name);
        let basis = [
            ("n", &about.n),
            ("Protocol", &about.protocol),
            ("Normalisation", &about.normalisation),
        ];
        let basis = basis.into_iter().filter(|(_, text)| !text.is_empty());
        let basis: String = basis.map(|(what, text)| format!(" {what}: {text}.")).collect();
        let caption = format!("{}. {details}{basis}", about.title);
        let svg = svg::svg(&canvas, &name, &about.title, alt);
        Self { name, svg, csv, alt: alt.to_owned(), caption, canvas }
    }

    /// The drawing in pixels; journals ask for 300 dots per inch or more.
    ///
    /// # Errors
    /// [`PngError`] when the library refuses, for example at no dots per inch.
    pub fn png(&self, dots_per_inch: f64) -> Result<Vec<u8>, PngError> {
        png::png(&self.canvas, dots_per_inch)
            .map_err(|reason| PngError { figure: self.name.clone(), reason })
    }
}

/// Letters of ASCII, digits and dashes: what every file system takes and no shell minds.
pub(crate) fn file_name(name: &str) -> String {
    let kept: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).take(64).collect();
    let kept = kept.trim_matches('-').to_ascii_lowercase();
    if kept.is_empty() { "figure".to_owned() } else { kept }
}

impl About {
    /// `Ok` when a part has as many entries as it should.
    pub(crate) fn expect(
        &self,
        part: &'static str,
        found: usize,
        expected: usize,
    ) -> Result<(), Mismatch> {
        if found == expected {
            return Ok(());
        }
        Err(Mismatch { figure: self.name.clone(), part, found, expected })
    }

    /// The recording of a document that a figure draws.
    pub(crate) fn recording<'a>(
        &self,
        at: usize,
        recordings: &'a [RecordingView],
    ) -> Result<&'a RecordingView, Mismatch> {
        let (found, expected) = (recordings.len(), at.saturating_add(1));
        let missing = Mismatch { figure: self.name.clone(), part: "recordings", found, expected };
        recordings.get(at).ok_or(missing)
    }
}

/// CSV from a header and rows of the same length.
pub(super) fn csv(header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let header: Vec<String> = header.iter().map(ToString::to_string).collect();
    String::from_utf8(csv_bytes(&header, rows)).expect("made of strings")
}

/// A number for CSV, nothing for what is no number.
pub(super) fn number(value: impl Into<f64>) -> String {
    crate::table::number(Some(value.into()))
}

/// The same for single precision, with no more digits than it has.
pub(super) fn number32(value: f32) -> String {
    if value.is_finite() { value.to_string() } else { String::new() }
}

/// `1 animal`, `3 animals`.
pub(super) fn animals(n: usize) -> String {
    if n == 1 { "1 animal".to_owned() } else { format!("{n} animals") }
}

/// Names in their order of appearance, each once.
pub(super) fn distinct<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let mut distinct = Vec::new();
    for name in names {
        if !distinct.contains(&name) {
            distinct.push(name);
        }
    }
    distinct
}
