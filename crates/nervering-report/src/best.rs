//! Which model is best, and which are not told apart from it: by the one primary measure of a study,
//! balanced accuracy in animals never seen.

use crate::table::Table;
use nervering_statistics::PairedComparison;
use nervering_study::{Compared, Section};

/// How a model stands among those trained on as many animals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// The highest measure of all.
    Best,
    /// Not told apart from the best: the interval of their difference holds 0, or, where models were not
    /// compared over animals, the measures are the same to a tenth of a percent.
    Tie,
    /// Neither.
    Other,
}

/// How a model of a section stands.
pub(crate) fn standing(
    table: &Table<'_>,
    section: &Section,
    n_trained: usize,
    model: &str,
) -> Standing {
    let measured: Vec<(&str, f64)> = section
        .rows
        .iter()
        .filter(|row| row.n_trained == n_trained)
        .filter_map(|row| Some((row.model.as_str(), row.unseen.balanced_accuracy?.mean)))
        .collect();
    let Some(&(best, of_best)) = measured.iter().reduce(|a, b| if b.1 > a.1 { b } else { a })
    else {
        return Standing::Other;
    };
    let Some((_, value)) = measured.iter().find(|(name, _)| *name == model) else {
        return Standing::Other;
    };
    if measured.len() < 2 {
        return Standing::Other;
    }
    if model == best {
        return Standing::Best;
    }
    let is_its = |compared: &&Compared| {
        (compared.variant.as_str(), compared.n_trained) == (section.variant.as_str(), n_trained)
    };
    let ties = match table.compared.iter().find(is_its) {
        Some(compared) => compared.pairs.iter().any(|pair| is_tie(pair, best, model)),
        None => (1000. * value).round() == (1000. * of_best).round(),
    };
    if ties { Standing::Tie } else { Standing::Other }
}

/// Whether a comparison is of these two and does not tell them apart.
fn is_tie(pair: &PairedComparison, best: &str, model: &str) -> bool {
    let names = [pair.first.as_str(), pair.second.as_str()];
    let is_theirs = names == [best, model] || names == [model, best];
    let interval = pair.difference.as_ref().and_then(|difference| difference.interval);
    is_theirs && interval.is_none_or(|interval| interval.low <= 0. && interval.high >= 0.)
}
