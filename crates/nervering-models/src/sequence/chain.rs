//! What is known of how states follow each other, and the arithmetic of its logarithms.

use super::durations::Durations;

/// How states follow each other.
#[derive(Debug, Clone, PartialEq)]
pub struct Chain {
    /// Natural logarithms of the probability that `to` follows `from`, `[from, to]`; a state never
    /// follows itself.
    pub transitions: Vec<f64>,
    /// How long each state lasts, in frames.
    pub durations: Vec<Durations>,
    /// What the log-probabilities of frames are multiplied by: neighbouring frames say the same twice.
    pub weight: f64,
}

/// The class of the largest number, the first of equals.
pub(super) fn largest(row: &[f64]) -> u8 {
    let better = |best: usize, k: usize| if row[k] > row[best] { k } else { best };
    (1..row.len()).fold(0, better) as u8
}

/// `ln Σ exp`.
pub(super) fn log_sum(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let largest = values.clone().fold(f64::NEG_INFINITY, f64::max);
    match largest.is_finite() {
        true => largest + values.map(|value| (value - largest).exp()).sum::<f64>().ln(),
        false => largest,
    }
}
