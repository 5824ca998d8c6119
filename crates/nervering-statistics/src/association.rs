//! How far two lists of numbers agree: Pearson and Spearman correlation, and the area under the
//! receiver operating characteristic. Ties share the mean of the ranks they cover.

use super::mean;

/// Pearson's correlation; `None` for fewer than two values or when a list does not vary.
///
/// # Panics
/// When the lists differ in length.
pub fn pearson(x: &[f64], y: &[f64]) -> Option<f64> {
    assert_eq!(x.len(), y.len(), "pairs of values");
    if x.len() < 2 {
        return None;
    }
    let constant = |values: &[f64]| values.iter().all(|value| *value == values[0]);
    if constant(x) || constant(y) {
        return None;
    }
    let (mean_x, mean_y) = (mean(x), mean(y));
    let (mut xx, mut yy, mut xy) = (0., 0., 0.);
    for (x, y) in x.iter().zip(y) {
        let (dx, dy) = (x - mean_x, y - mean_y);
        xx += dx * dx;
        yy += dy * dy;
        xy += dx * dy;
    }
    let r: f64 = xy / (xx.sqrt() * yy.sqrt());
    r.is_finite().then(|| r.clamp(-1., 1.))
}

/// Ranks from 1; equal values share the mean of the ranks they cover.
pub fn midranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.; values.len()];
    let mut start = 0;
    for ties in order.chunk_by(|&a, &b| values[a] == values[b]) {
        let end = start + ties.len();
        // The mean of start + 1 … end.
        ties.iter().for_each(|&at| ranks[at] = (start + 1 + end) as f64 / 2.);
        start = end;
    }
    ranks
}

/// Spearman's rank correlation; `None` as for [`pearson`].
///
/// # Panics
/// When the lists differ in length.
pub fn spearman(x: &[f64], y: &[f64]) -> Option<f64> {
    pearson(&midranks(x), &midranks(y))
}

/// Probability that a positive scores above a negative, ties counting half; `None` without a
/// positive or without a negative.
///
/// # Panics
/// When the lists differ in length.
pub fn auroc(scores: &[f64], positive: &[bool]) -> Option<f64> {
    assert_eq!(scores.len(), positive.len(), "one score per case");
    let n_positive = positive.iter().filter(|positive| **positive).count() as f64;
    let n_negative = positive.len() as f64 - n_positive;
    if n_positive == 0. || n_negative == 0. {
        return None;
    }
    let ranks = midranks(scores);
    let of_positives: f64 =
        ranks.iter().zip(positive).filter(|(_, positive)| **positive).map(|(rank, _)| rank).sum();
    Some((of_positives - n_positive * (n_positive + 1.) / 2.) / (n_positive * n_negative))
}
