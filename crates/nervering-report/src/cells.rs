//! Tables as data: cells, and numbers in words.

use crate::table::{csv_bytes, number};
use serde::{Deserialize, Serialize};

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
    /// The numbers unrounded, under names that a program takes as they are: letters, digits and underscores. A column of
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
