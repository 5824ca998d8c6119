//! What the checks measure: ranges, quantiles, correlations. Missing values (NaN) are passed over.

use nervering_recording::Recording;

/// The trace of a column.
pub(super) fn trace(recording: &Recording, column: usize) -> Vec<f64> {
    recording.traces().neuron(column).collect()
}

/// What to call a column: its name where there is one, and the beginning of what the file says else.
pub(super) fn column_name(recording: &Recording, column: usize) -> String {
    const SHOWN: usize = 20;
    let label = &recording.neurons()[column];
    let (number, said) = ((column + 1).to_string(), label.to_string());
    match label.name() {
        Some(name) => name.to_string(),
        None if said.is_empty() || said == number => format!("column {number}"),
        None => format!("column {number} ({})", said.chars().take(SHOWN).collect::<String>()),
    }
}

/// Columns whose trace satisfies a condition.
pub(super) fn columns_where(recording: &Recording, is: impl Fn(&[f64]) -> bool) -> Vec<usize> {
    (0..recording.neurons().len()).filter(|&column| is(&trace(recording, column))).collect()
}

/// What to call several columns.
pub(super) fn column_names(recording: &Recording, columns: &[usize]) -> String {
    let names: Vec<String> = columns.iter().map(|&k| column_name(recording, k)).collect();
    super::finding::listed(&names)
}

/// Smallest and largest value.
pub(super) fn range(values: &[f64]) -> Option<(f64, f64)> {
    let mut present = values.iter().copied().filter(|v| !v.is_nan());
    let first = present.next()?;
    Some(present.fold((first, first), |(low, high), v| (low.min(v), high.max(v))))
}

/// The values in ascending order.
pub(super) fn sorted(values: impl IntoIterator<Item = f64>) -> Vec<f64> {
    let mut present: Vec<f64> = values.into_iter().filter(|v| !v.is_nan()).collect();
    present.sort_by(f64::total_cmp);
    present
}

/// The value below which a fraction of the sorted values lies.
pub(super) fn quantile(sorted: &[f64], fraction: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    Some(sorted[(fraction * last as f64).round() as usize])
}

/// The middle of the values, the upper one of two.
pub(super) fn median(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    let sorted = sorted(values);
    sorted.get(sorted.len() / 2).copied()
}

/// Difference of the 99th and the first percentile: a range that single frames do not stretch.
pub(super) fn spread(values: &[f64]) -> f64 {
    let sorted = sorted(values.iter().copied());
    match (quantile(&sorted, 0.01), quantile(&sorted, 0.99)) {
        (Some(low), Some(high)) => high - low,
        _ => 0.,
    }
}

/// Mean and standard deviation (divisor n).
pub(super) fn mean_sd(values: &[f64]) -> Option<(f64, f64)> {
    let present: Vec<f64> = values.iter().copied().filter(|v| !v.is_nan()).collect();
    if present.is_empty() {
        return None;
    }
    let n = present.len() as f64;
    let mean = present.iter().sum::<f64>() / n;
    let variance = present.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n;
    Some((mean, variance.sqrt()))
}

/// Slope and correlation of `b` on `a`; none when either does not vary. Pairs with a missing value
/// are left out.
pub(super) fn regression(pairs: impl Iterator<Item = (f64, f64)>) -> Option<(f64, f64)> {
    let pairs: Vec<(f64, f64)> = pairs.filter(|(a, b)| a.is_finite() && b.is_finite()).collect();
    let n = pairs.len() as f64;
    let (sum_a, sum_b) = pairs.iter().fold((0., 0.), |(a, b), pair| (a + pair.0, b + pair.1));
    let (mean_a, mean_b) = (sum_a / n, sum_b / n);
    let (mut aa, mut bb, mut ab) = (0., 0., 0.);
    for (a, b) in pairs {
        aa += (a - mean_a).powi(2);
        bb += (b - mean_b).powi(2);
        ab += (a - mean_a) * (b - mean_b);
    }
    let scale = (aa * bb).sqrt();
    (scale > 0.).then(|| (ab / aa, ab / scale))
}

/// Pearson's correlation.
pub(super) fn correlation(a: &[f64], b: &[f64]) -> Option<f64> {
    regression(a.iter().copied().zip(b.iter().copied())).map(|(_, correlation)| correlation)
}

/// Correlation of the ranks of the values with their position (Spearman's).
pub(super) fn rank_trend(values: &[f64]) -> Option<f64> {
    let mut order: Vec<usize> = (0..values.len()).filter(|&k| !values[k].is_nan()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    regression(order.into_iter().enumerate().map(|(rank, k)| (rank as f64, k as f64)))
        .map(|(_, correlation)| correlation)
}

/// Probability that a value of `a` is above one of `b`, ties counted half (the area under the ROC).
pub(super) fn auc(a: &[f64], b: &[f64]) -> Option<f64> {
    let (a, b) = (sorted(a.iter().copied()), sorted(b.iter().copied()));
    if a.is_empty() || b.is_empty() {
        return None;
    }
    let above = |value: f64| {
        let below = b.partition_point(|&other| other < value);
        let not_above = b.partition_point(|&other| other <= value);
        (below + not_above) as f64 / 2.
    };
    Some(a.iter().map(|&value| above(value)).sum::<f64>() / (a.len() * b.len()) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_numbers_come_out() {
        let values = [3., f64::NAN, 1., 2., 10.];
        assert_eq!(range(&values), Some((1., 10.)));
        assert_eq!(median(values), Some(3.));
        assert_eq!(mean_sd(&[1., 3.]), Some((2., 1.)));
        assert_eq!(rank_trend(&[5., 6., 9., 20.]), Some(1.));
        assert_eq!(correlation(&[1., 2., 3.], &[2., 2., 2.]), None);
        let (slope, correlation) = regression([(0., 1.), (1., 3.), (2., 5.)].into_iter()).unwrap();
        assert!((slope - 2.).abs() < 1e-12 && (correlation - 1.).abs() < 1e-12);
    }

    #[test]
    fn the_area_under_the_curve_is_that_of_all_pairs() {
        let (a, b) = ([1., 2., 2., 5.], [0., 2., 3.]);
        let mut sum = 0.;
        for x in a {
            for y in b {
                sum += if x > y {
                    1.
                } else if x == y {
                    0.5
                } else {
                    0.
                };
            }
        }
        assert_eq!(auc(&a, &b), Some(sum / 12.));
        assert_eq!(auc(&[], &b), None);
    }
}
