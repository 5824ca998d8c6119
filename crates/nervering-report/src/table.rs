//! The tables of a study as values, and as CSV with unrounded numbers.

use nervering_statistics::PairedComparison;
use nervering_study::{Claim, Compared, Measures, Section, Spread, SummaryRow, Unit};
use std::borrow::Cow;

/// What the tables of a study show.
#[derive(Debug, Clone, Copy)]
pub struct Table<'a> {
    /// What stands above them.
    pub title: &'a str,
    /// One per variant and kind of statistics.
    pub sections: &'a [Section],
    /// What shuffled windows would have claimed, where the study has asked.
    pub claims: &'a [Claim],
    /// Models against each other over animals, where the animal is the unit.
    pub compared: &'a [Compared],
    /// Sentences that stand under it: protocol, leakage, what was cut.
    pub notes: &'a [String],
}

/// The rows of one table as it is laid out: those of a section, each followed by what the same fits say
/// with other edges and the same batch norms.
pub(crate) struct Laid<'a> {
    /// The section.
    pub(crate) section: &'a Section,
    /// By the number of animals trained on, models in the given order.
    pub(crate) rows: Vec<LaidRow<'a>>,
}

/// One row as it is laid out.
pub(crate) struct LaidRow<'a> {
    /// The section that it is of.
    pub(crate) section: &'a Section,
    /// The row.
    pub(crate) row: &'a SummaryRow,
}

impl<'a> Laid<'a> {
    /// All sections of a study as they are laid out.
    pub(crate) fn all(sections: &'a [Section]) -> Vec<Self> {
        let kind = |section: &Section| (section.variant.clone(), section.statistics.batch_norm);
        let mut laid: Vec<Self> = Vec::new();
        for section in sections {
            if laid.iter().any(|laid| kind(laid.section) == kind(section)) {
                continue;
            }
            let of_kind = || sections.iter().filter(|other| kind(other) == kind(section));
            let all = || {
                of_kind().flat_map(|s| s.rows.iter().map(move |row| LaidRow { section: s, row }))
            };
            let key = |laid: &LaidRow<'a>| (laid.row.n_trained, laid.row.model.as_str());
            let mut keys: Vec<(usize, &str)> = all().map(|laid| key(&laid)).collect();
            // Stable: models keep their order.
            keys.sort_by_key(|(n_trained, _)| *n_trained);
            let mut seen = Vec::new();
            for key_of_row in keys {
                if !seen.contains(&key_of_row) {
                    seen.push(key_of_row);
                }
            }
            let rows = seen.into_iter().flat_map(|k| all().filter(move |laid| key(laid) == k));
            laid.push(Self { section, rows: rows.collect() });
        }
        laid
    }
}

impl LaidRow<'_> {
    /// What stands at the beginning of the row: the model, or, under the row of the model, that edges
    /// are others.
    pub(crate) fn label(&self, laid: &Section) -> String {
        match self.section == laid || self.section.statistics.edges == laid.statistics.edges {
            true => self.row.model.clone(),
            false => format!("  {} edges", self.section.statistics.edges),
        }
    }

    /// The same where rows stand by themselves.
    pub(crate) fn full_label(&self, laid: &Section) -> String {
        match self.label(laid) {
            edges if edges.starts_with(' ') => {
                format!("{},{edges}", self.row.model).replace(",  ", ", ")
            }
            model => model,
        }
    }
}

/// The rows as CSV. Accuracies, recalls, F1, calibration errors and shares are in [0, 1], negative
/// log-likelihoods in nats, times in seconds; for each quantity stand its mean, its SD and the
/// number of values it is over, which are of the row's `unit`. A number that does not exist is an
/// empty field.
pub fn table_csv(table: &Table<'_>) -> Vec<u8> {
    let mut header: Vec<String> =
        ["variant", "edges", "batch_norm", "unit", "model", "n_trained", "n_fits"]
            .map(str::to_owned)
            .into();
    for role in ["same", "unseen", "extended"] {
        for (name, _) in Measures::ALL {
            header.extend(["mean", "sd", "n"].map(|part| format!("{role}_{name}_{part}")));
        }
    }
    let mut states: Vec<&String> = Vec::new();
    for state in table.sections.iter().flat_map(|section| &section.states) {
        if !states.contains(&state) {
            states.push(state);
        }
    }
    let recall = |state: &&String| format!("unseen_recall_{}", state.replace(' ', "_"));
    header.extend(states.iter().map(recall));
    let of_section = |section: &Section| {
        let row = |row: &SummaryRow| {
            let mut fields = vec![
                section.variant.clone(),
                section.statistics.edges.to_string(),
                section.statistics.batch_norm.to_string(),
                unit_name(section.unit).to_owned(),
                row.model.clone(),
                row.n_trained.to_string(),
                row.n_fits.to_string(),
            ];
            for measures in [&row.same, &row.unseen, &row.extended] {
                for (_, quantity) in Measures::ALL {
                    let spread = quantity(measures);
                    fields.push(number(spread.map(|s| s.mean)));
                    fields.push(number(spread.filter(has_deviation).map(|s| s.sd)));
                    fields.push(spread.map_or(0, |s| s.n).to_string());
                }
            }
            fields.extend(states.iter().map(|state| {
                let place = section.states.iter().position(|s| s == *state);
                number(place.and_then(|k| row.recall_unseen.get(k).copied().flatten()))
            }));
            fields
        };
        section.rows.iter().map(row).collect::<Vec<_>>()
    };
    csv_bytes(&header, table.sections.iter().flat_map(of_section))
}

/// The same in long form: a row per row of the table, kind of evaluated frames and measure, with the mean,
/// its SD and the number of values it is over. What does not exist has no row.
pub fn tidy_csv(table: &Table<'_>) -> Vec<u8> {
    let header = [
        "variant",
        "edges",
        "batch_norm",
        "unit",
        "model",
        "n_trained",
        "n_fits",
        "on",
        "measure",
        "mean",
        "sd",
        "n",
    ];
    let of_row = |section: &Section, row: &SummaryRow| {
        let first = [
            section.variant.clone(),
            section.statistics.edges.to_string(),
            section.statistics.batch_norm.to_string(),
            unit_name(section.unit).to_owned(),
            row.model.clone(),
            row.n_trained.to_string(),
            row.n_fits.to_string(),
        ];
        let mut rows = Vec::new();
        let on = [("same", &row.same), ("unseen", &row.unseen), ("extended", &row.extended)];
        for (on, measures) in on {
            for (name, quantity) in Measures::ALL {
                let Some(spread) = quantity(measures) else { continue };
                let sd = number(Some(spread.sd).filter(|_| has_deviation(&spread)));
                let rest = [on.to_owned(), name.to_owned(), number(Some(spread.mean)), sd];
                rows.push(
                    first.iter().cloned().chain(rest).chain([spread.n.to_string()]).collect(),
                );
            }
        }
        for (state, recall) in section.states.iter().zip(&row.recall_unseen) {
            let Some(recall) = recall else { continue };
            let name = format!("recall_{}", state.replace(' ', "_"));
            let rest = ["unseen".to_owned(), name, number(Some(*recall)), String::new()];
            rows.push(first.iter().cloned().chain(rest).chain(["1".to_owned()]).collect());
        }
        rows
    };
    let of_section = |section: &Section| -> Vec<Vec<String>> {
        section.rows.iter().flat_map(|row| of_row(section, row)).collect()
    };
    csv_bytes(&header.map(str::to_owned), table.sections.iter().flat_map(of_section))
}

/// Every pair of models compared: mean paired difference in balanced accuracy over unseen animals
/// with its 95 % interval, and the p-values of the sign-flip test, bare and after Holm.
pub fn comparisons_csv(compared: &[Compared]) -> Vec<u8> {
    let header = [
        "variant",
        "n_trained",
        "first",
        "second",
        "n_animals",
        "difference",
        "low",
        "high",
        "p",
        "p_holm",
    ];
    let of_one = |compared: &Compared| {
        let row = |comparison: &PairedComparison| {
            let difference = comparison.difference.as_ref();
            let interval = difference.and_then(|d| d.interval);
            vec![
                compared.variant.clone(),
                compared.n_trained.to_string(),
                comparison.first.clone(),
                comparison.second.clone(),
                difference.map_or(0, |d| d.test.n_animals).to_string(),
                number(difference.map(|d| d.test.mean_difference)),
                number(interval.map(|i| i.low)),
                number(interval.map(|i| i.high)),
                number(difference.map(|d| d.test.p)),
                number(difference.map(|d| d.p_holm)),
            ]
        };
        compared.pairs.iter().map(row).collect::<Vec<_>>()
    };
    csv_bytes(&header.map(str::to_owned), compared.iter().flat_map(of_one))
}

/// As files name it.
pub(crate) fn unit_name(unit: Unit) -> &'static str {
    match unit {
        Unit::Pairs => "subset x animal",
        Unit::Animals => "animal",
    }
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
    let mut bytes = writer.into_inner().expect(written);
    // It has grown by doubling, and is kept until all tables are made.
    bytes.shrink_to_fit();
    bytes
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
