//! The table of a study as a value, and as CSV with unrounded numbers.

use nervering_study::{Spread, SummaryRow};
use std::borrow::Cow;

/// What a table shows.
#[derive(Debug, Clone, Copy)]
pub struct Table<'a> {
    /// What stands above it.
    pub title: &'a str,
    /// One row per model and number of animals trained on.
    pub rows: &'a [SummaryRow],
    /// Names of the states, in the order of [`SummaryRow::recall_unseen`].
    pub states: &'a [String],
    /// Sentences that stand under it: protocol, leakage, what was cut.
    pub notes: &'a [String],
}

/// The quantities of a row that have a mean and a deviation, and the names of their columns.
type Quantity = (&'static str, fn(&SummaryRow) -> Option<&Spread>);

const QUANTITIES: [Quantity; 5] = [
    ("same_accuracy", |row| row.same.as_ref()),
    ("same_balanced_accuracy", |row| row.same_balanced.as_ref()),
    ("unseen_accuracy", |row| row.unseen.as_ref()),
    ("unseen_balanced_accuracy", |row| row.unseen_balanced.as_ref()),
    ("unseen_nll", |row| row.unseen_nll.as_ref()),
];

/// The rows as CSV. Accuracies and recalls are in [0, 1], negative log-likelihoods in nats; for
/// each quantity stand its mean, its SD and the number of subset × animal pairs it is over. A
/// number that does not exist is an empty field.
pub fn table_csv(table: &Table<'_>) -> Vec<u8> {
    let mut header = vec!["model".to_owned(), "n_trained".to_owned(), "n_fits".to_owned()];
    for (name, _) in QUANTITIES {
        header.extend(["mean", "sd", "n"].map(|part| format!("{name}_{part}")));
    }
    let recall = |state: &String| format!("unseen_recall_{}", state.replace(' ', "_"));
    header.extend(table.states.iter().map(recall));
    let rows = table.rows.iter().map(|row| {
        let mut fields = vec![row.model.clone(), row.n_trained.to_string(), row.n_fits.to_string()];
        for (_, spread) in QUANTITIES {
            let spread = spread(row);
            fields.push(number(spread.map(|s| s.mean)));
            fields.push(number(spread.filter(|s| has_deviation(s)).map(|s| s.sd)));
            fields.push(spread.map_or(0, |s| s.n).to_string());
        }
        let recall = |k: usize| number(row.recall_unseen.get(k).copied().flatten());
        fields.extend((0..table.states.len()).map(recall));
        fields
    });
    csv_bytes(&header, rows)
}

/// Whether a spread is over enough values to have a deviation.
pub(crate) fn has_deviation(spread: &Spread) -> bool {
    spread.n > 1 && spread.sd.is_finite()
}

/// The shortest decimal that reads back as the same number; nothing for what does not exist.
pub(crate) fn number(value: Option<f64>) -> String {
    value.filter(|v| v.is_finite()).map_or_else(String::new, |v| v.to_string())
}

/// A header and rows as CSV. A text that a spreadsheet would run as a formula is preceded by an
/// apostrophe: names of neurons and animals come from files.
pub(crate) fn csv_bytes(header: &[String], rows: impl IntoIterator<Item = Vec<String>>) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let written = "writing to memory does not fail, and all rows are as long as the header";
    writer.write_record(header.iter().map(|field| no_formula(field))).expect(written);
    for row in rows {
        writer.write_record(row.iter().map(|field| no_formula(field))).expect(written);
    }
    writer.into_inner().expect(written)
}

/// The field, unless it begins as formulas do and is no number (OWASP, "CSV Injection").
fn no_formula(field: &str) -> Cow<'_, [u8]> {
    let begins = field
        .trim_start_matches(' ')
        .starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    if begins && field.parse::<f64>().is_err() {
        return Cow::Owned(format!("'{field}").into_bytes());
    }
    Cow::Borrowed(field.as_bytes())
}
