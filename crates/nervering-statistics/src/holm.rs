//! Holm's correction for multiplicity.

/// P-values adjusted for being one of several, in the order given (Holm 1979): the smallest is
/// multiplied by their number, the next by one less, and so on, none below the one before it and
/// none above 1. Rejecting those at most α keeps the probability of any false rejection below α,
/// whatever the tests have to do with each other.
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let n = p_values.len();
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    let mut adjusted = vec![0.; n];
    let mut largest = 0f64;
    for (rank, at) in order.into_iter().enumerate() {
        largest = largest.max((n - rank) as f64 * p_values[at]).min(1.);
        adjusted[at] = largest;
    }
    adjusted
}
