//! A finished forecasting study, and the words for what was measured in it.

use crate::document::Citation;
use nervering_recording::{NeuronName, Recording};
use nervering_statistics::Role;
use nervering_study::forecast::{ErrorSpread, Forecast, ForecastRow, ForecastSection};
use nervering_study::{Results, Unit};

/// A finished forecasting study.
#[derive(Debug, Clone, Copy)]
pub struct ForecastReport<'a> {
    /// What it found.
    pub results: &'a Results<Forecast>,
    /// Its rows.
    pub sections: &'a [ForecastSection],
    /// What came out, in sentences.
    pub findings: &'a [String],
    /// Its animals, those trained on first.
    pub recordings: &'a [Recording],
    /// The neurons of its first variant.
    pub neurons: &'a [NeuronName],
    /// Its `study.toml`.
    pub study_file: &'a str,
    /// The papers behind it.
    pub citations: &'a [Citation],
}

pub(super) fn trained(n: usize) -> String {
    if n == 1 { "trained on 1 animal".to_owned() } else { format!("trained on {n} animals") }
}

pub(super) fn role(role: Role) -> &'static str {
    match role {
        Role::SameAnimal => "future of the same animals",
        Role::UnseenAnimal => "unseen animals",
        Role::ExtendedAnimal => "extended set",
    }
}

pub(super) fn units(unit: Unit, n: usize) -> &'static str {
    match (unit, n) {
        (Unit::Pairs, 1) => "pair of training subset and evaluated animal",
        (Unit::Pairs, _) => "pairs of training subset and evaluated animal",
        (Unit::Animals, 1) => "animal",
        (Unit::Animals, _) => "animals",
    }
}

/// Where a quantity of a row stands.
pub(super) type QuantityOf = fn(&ForecastRow) -> &ErrorSpread;

/// A quantity of a row: its name in files and in headings, and where it stands.
pub(super) type Quantity = (&'static str, &'static str, QuantityOf);

pub(super) const QUANTITIES: [Quantity; 3] = [
    ("both", "traces and derivatives together", |row| &row.both),
    ("trace", "traces", |row| &row.trace),
    ("derivative", "derivatives", |row| &row.derivative),
];
