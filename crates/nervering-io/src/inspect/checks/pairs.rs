//! The check of left–right pairs: names that stand one column beside their traces.
//!
//! The left and right of most classes are active together. Where the names were shifted against the
//! traces, as for worm 4 in the older deposit of Kato et al. (OSF y8a6e), the pairs no longer are,
//! and the columns one beside theirs are instead.

use super::finding::{Finding, per_animal};
use super::measure::{correlation, median, trace};
use crate::warning::Level::{Doubtful, Wrong};
use nervering_recording::Recording;

/// Pairs without which there is no telling. When all are shifted, one may fall off the edge.
const MIN_PAIRS: usize = 4;
const MIN_SHIFTED_PAIRS: usize = 3;
/// Pairs with which chance is no explanation any more.
const MANY_PAIRS: usize = 8;
/// What the median correlation of shifted pairs must reach, and by how much it must exceed that of
/// the pairs as they are named, and that of most other shifts: in a short recording, in which hardly
/// anything happens, any two columns may go together.
const TOGETHER: f64 = 0.6;
const BETTER: f64 = 0.3;
/// Shifts that are compared with.
const OTHER_SHIFTS: [isize; 8] = [-5, -4, -3, -2, 2, 3, 4, 5];

pub(super) fn shifted_names(recordings: &[Recording]) -> Vec<Finding> {
    per_animal(recordings, |recording| {
        let pairs = pairs(recording);
        let (n_pairs, named) =
            agreement(recording, &pairs, 0).filter(|(n_pairs, _)| *n_pairs >= MIN_PAIRS)?;
        let of_shift = |shift: isize| {
            let (n_pairs, correlation) = agreement(recording, &pairs, shift)?;
            (n_pairs >= MIN_SHIFTED_PAIRS).then_some((shift, correlation))
        };
        let (shift, shifted) =
            [-1, 1].into_iter().filter_map(of_shift).max_by(|a, b| a.1.total_cmp(&b.1))?;
        let others = OTHER_SHIFTS.into_iter().filter_map(of_shift);
        let others = median(others.map(|(_, correlation)| correlation));
        let found = shifted >= TOGETHER
            && shifted >= named + BETTER
            && others.is_none_or(|others| shifted >= others + BETTER);
        let level = if n_pairs >= MANY_PAIRS { Wrong } else { Doubtful };
        let side = if shift < 0 { "before" } else { "after" };
        let text = || {
            format!(
                "left and right of {n_pairs} pairs correlate by {named:.2} (median), but by {shifted:.2} when every name is read off the column {side} it: the names are shifted against the traces by one; move them"
            )
        };
        found.then(|| (level, text()))
    })
}

/// Columns of the left and the right of every class of which both are there.
fn pairs(recording: &Recording) -> Vec<(usize, usize)> {
    let left = recording.identified().filter(|name| name.as_str().ends_with('L'));
    left.filter_map(|name| {
        let right = name.partner()?;
        Some((recording.column(name)?, recording.column(&right)?))
    })
    .collect()
}

/// Number of pairs, and the median over them of the correlation of their columns when all are
/// shifted.
fn agreement(
    recording: &Recording,
    pairs: &[(usize, usize)],
    shift: isize,
) -> Option<(usize, f64)> {
    let n_neurons = recording.neurons().len();
    let shifted = |column: usize| column.checked_add_signed(shift).filter(|k| *k < n_neurons);
    let correlations: Vec<f64> = pairs
        .iter()
        .filter_map(|&(left, right)| {
            let (left, right) = (shifted(left)?, shifted(right)?);
            correlation(&trace(recording, left), &trace(recording, right))
        })
        .collect();
    Some((correlations.len(), median(correlations)?))
}
