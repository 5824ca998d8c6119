//! A finished study, and what stands about its figures.

use crate::document::Citation;
use crate::figure::About;
use crate::table::Table;
use nervering_recording::{NeuronName, Recording};
use nervering_study::{Comparison, Decode, Results};

/// A finished study.
#[derive(Debug, Clone, Copy)]
pub struct StudyReport<'a> {
    /// Its tables.
    pub table: &'a Table<'a>,
    /// What lies behind them.
    pub results: &'a Results<Decode>,
    /// Its animals, those trained on first.
    pub recordings: &'a [Recording],
    /// The neurons of its first variant.
    pub neurons: &'a [NeuronName],
    /// Its `study.toml`.
    pub study_file: &'a str,
    /// Seed of everything random in it.
    pub seed: u64,
    /// The papers behind it.
    pub citations: &'a [Citation],
}

pub(super) fn about(
    study: &StudyReport<'_>,
    variant: &Comparison<Decode>,
    name: String,
    title: String,
) -> About {
    let n = study.table.notes.first().map(|note| note.trim_end_matches('.').to_owned());
    About {
        name,
        title,
        n: n.unwrap_or_default(),
        protocol: variant.preparation.protocol.to_string(),
        normalisation: format!(
            "min-max to {} by {}; batch norms and edges {}",
            variant.preparation.interval().as_str(),
            variant.preparation.normalisation,
            variant.statistics[0]
        ),
    }
}

/// About a figure of the recordings alone.
pub(super) fn about_data(name: &str, title: &str, n: &str, unit: &str) -> About {
    About {
        name: name.to_owned(),
        title: title.to_owned(),
        n: n.to_owned(),
        protocol: String::new(),
        normalisation: format!("none; {unit}"),
    }
}

/// Some of all models: the last of a study, which are the ones that it is about, and the best one wherever
/// it stands.
pub(super) fn telling<T: Copy>(
    all: &[T],
    most: usize,
    measure: impl Fn(T) -> Option<f64>,
) -> Vec<T> {
    let last = all.len().saturating_sub(most);
    let measured = all.iter().enumerate().filter_map(|(k, &one)| Some((k, measure(one)?)));
    match measured.reduce(|a, b| if b.1 > a.1 { b } else { a }) {
        Some((best, _)) if best < last => {
            std::iter::once(all[best]).chain(all[last + 1..].iter().copied()).collect()
        }
        _ => all[last..].to_vec(),
    }
}
