//! Two groups of animals: if which group an animal is of says nothing, every other way to deal the values
//! into groups of these sizes was as likely. The p-value is the share of them whose means are at least as
//! far apart as those found (Fisher 1935; Pitman 1937). Beside it an interval of the difference, which
//! alone can say that two groups are alike.

use super::bootstrap::quantile;
use super::mean;
use rand::seq::SliceRandom;
use rand::{Rng, RngExt};

/// Ways to deal that are counted out; more are drawn from. Ten of twenty-one animals are 352,716.
const EXACT_UP_TO: usize = 500_000;
/// Resamples behind an interval.
const N_RESAMPLES: usize = 10_000;
/// Coverage aimed at.
const LEVEL: f64 = 0.95;

/// A two-sided test of the difference of two means.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TwoSampleTest {
    /// Mean of the first group less mean of the second.
    pub difference: f64,
    /// Percentile bootstrap interval of it at 95 %, each group resampled by itself; too narrow for few
    /// animals. `None` where a group has fewer than two.
    pub interval: Option<[f64; 2]>,
    /// Two-sided p-value.
    pub p: f64,
    /// The smallest p-value that groups of these sizes could have given.
    pub smallest_p: f64,
    /// Animals of each group.
    pub n: [usize; 2],
}

/// Tests whether two groups have one mean; `None` where one of them is empty. Up to half a million ways
/// to deal the animals it is exact, beyond `n_draws` are drawn.
///
/// # Panics
/// When no draws are asked for.
pub fn two_sample_test(
    first: &[f64],
    second: &[f64],
    n_draws: usize,
    rng: &mut impl Rng,
) -> Option<TwoSampleTest> {
    assert!(n_draws > 0, "at least one draw");
    if first.is_empty() || second.is_empty() {
        return None;
    }
    let all: Vec<f64> = first.iter().chain(second).copied().collect();
    let (n, n_first) = (all.len(), first.len());
    let total: f64 = all.iter().sum();
    let apart = |sum: f64| (sum / n_first as f64 - (total - sum) / (n - n_first) as f64).abs();
    let found = apart(first.iter().sum());
    // Sums in another order differ in the last bits; equal ones must count as equal.
    let tolerance = 1e-12 * all.iter().map(|value| value.abs()).sum::<f64>();
    let is_as_far = |sum: f64| apart(sum) >= found - tolerance;
    let (p, smallest_p) = match ways(n, n_first) {
        Some(n_ways) => {
            let mut as_far = 0;
            each_subset(n, n_first, |subset| {
                as_far += usize::from(is_as_far(subset.iter().map(|&k| all[k]).sum()));
            });
            // Groups of one size can be exchanged: then two ways are equally far.
            let fewest = if 2 * n_first == n { 2. } else { 1. };
            (as_far as f64 / n_ways as f64, fewest / n_ways as f64)
        }
        None => {
            let mut dealt = all.clone();
            let mut as_far = 1;
            for _ in 0..n_draws {
                let (chosen, _) = dealt.partial_shuffle(rng, n_first);
                as_far += usize::from(is_as_far(chosen.iter().sum()));
            }
            (as_far as f64 / (n_draws + 1) as f64, 1. / (n_draws + 1) as f64)
        }
    };
    Some(TwoSampleTest {
        difference: mean(first) - mean(second),
        interval: interval(first, second, rng),
        p,
        smallest_p: smallest_p.min(1.),
        n: [n_first, n - n_first],
    })
}

/// Ways to choose `k` of `n`; `None` for more than are counted out.
fn ways(n: usize, k: usize) -> Option<usize> {
    let mut ways = 1usize;
    for chosen in 0..k.min(n - k) {
        ways = ways.checked_mul(n - chosen)? / (chosen + 1);
        if ways > EXACT_UP_TO {
            return None;
        }
    }
    Some(ways)
}

/// Every choice of `k` of `n`, in lexicographic order.
fn each_subset(n: usize, k: usize, mut each: impl FnMut(&[usize])) {
    let mut subset: Vec<usize> = (0..k).collect();
    loop {
        each(&subset);
        let Some(at) = (0..k).rev().find(|&at| subset[at] < n - k + at) else { return };
        subset[at] += 1;
        for next in at + 1..k {
            subset[next] = subset[next - 1] + 1;
        }
    }
}

fn interval(first: &[f64], second: &[f64], rng: &mut impl Rng) -> Option<[f64; 2]> {
    if first.len() < 2 || second.len() < 2 {
        return None;
    }
    let mut resampled = |values: &[f64]| {
        let n = values.len();
        (0..n).map(|_| values[rng.random_range(0..n)]).sum::<f64>() / n as f64
    };
    let mut differences: Vec<f64> =
        (0..N_RESAMPLES).map(|_| resampled(first) - resampled(second)).collect();
    differences.sort_by(f64::total_cmp);
    Some([(1. - LEVEL) / 2., (1. + LEVEL) / 2.].map(|tail| quantile(&differences, tail)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::generator;

    #[test]
    fn few_animals_are_dealt_in_every_way() {
        let mut rng = generator(1, &["two samples"]);
        // Of the ten ways to choose two of five, one is as far: the one found.
        let test = two_sample_test(&[9., 8.], &[1., 2., 3.], 1, &mut rng).unwrap();
        assert_eq!((test.difference, test.p, test.smallest_p), (6.5, 0.1, 0.1));
        assert_eq!(test.n, [2, 3]);
        // Groups of one size: the mirror image is as far.
        let test = two_sample_test(&[1., 2.], &[3., 4.], 1, &mut rng).unwrap();
        assert_eq!((test.p, test.smallest_p), (2. / 6., 2. / 6.));
        let same = two_sample_test(&[0.1, 0.2, 0.3], &[0.3, 0.1, 0.2], 1, &mut rng).unwrap();
        assert_eq!(same.p, 1.);
        assert_eq!(two_sample_test(&[], &[1.], 1, &mut rng), None);
        assert_eq!(two_sample_test(&[1.], &[2., 3.], 1, &mut rng).unwrap().interval, None);
    }

    #[test]
    fn as_many_ways_as_the_binomial_coefficient_says() {
        assert_eq!([ways(21, 10), ways(5, 5), ways(30, 15)], [Some(352_716), Some(1), None]);
        let mut n = 0;
        each_subset(7, 3, |subset| {
            assert!(subset.is_sorted() && subset[2] < 7);
            n += 1;
        });
        assert_eq!(n, 35);
    }

    #[test]
    fn a_difference_is_found_and_none_is_not() {
        let mut found = [0, 0];
        for repeat in 0..200 {
            let mut rng = generator(repeat, &["two groups"]);
            let mut draw = |shift: f64| -> Vec<f64> {
                let normal = |rng: &mut _| {
                    (0..12).map(|_| RngExt::random::<f64>(rng)).sum::<f64>() - 6. + shift
                };
                (0..18).map(|_| normal(&mut rng)).collect()
            };
            let (first, same, other) = (draw(0.), draw(0.), draw(1.5));
            let mut rng = generator(repeat, &["draws"]);
            for (k, second) in [same, other].iter().enumerate() {
                // More ways than are counted out.
                let test = two_sample_test(&first, second, 199, &mut rng).unwrap();
                found[k] += usize::from(test.p <= 0.05);
                if k == 1 {
                    assert!(test.interval.unwrap()[0] < test.difference);
                }
            }
        }
        // 5 % of 200 with a standard deviation of 3, and nearly all.
        assert!((2..=20).contains(&found[0]) && found[1] > 185, "{found:?}");
    }
}
