//! The paired test over animals: if two models are equally good on every animal, each difference
//! could as well have had the other sign. The p-value is the share of sign patterns whose mean
//! difference is at least as far from 0 as the one found (Fisher 1935). It assumes nothing about
//! the shape of the differences but that symmetry.

use super::mean;
use rand::{Rng, RngExt};

/// Animals up to which all 2ⁿ sign patterns are counted.
const EXACT_UP_TO: usize = 20;

/// Which sign patterns a p-value rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flips {
    /// All there are, so many.
    Exact(usize),
    /// So many, drawn at random; the pattern found is counted once more.
    Drawn(usize),
}

/// A two-sided test of the mean paired difference.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SignFlipTest {
    /// Mean difference.
    pub mean_difference: f64,
    /// Two-sided p-value.
    pub p: f64,
    /// The smallest p-value that so many animals could have given: 2 / 2ⁿ.
    pub smallest_p: f64,
    /// What it rests on.
    pub flips: Flips,
    /// Animals.
    pub n_animals: usize,
}

/// Tests whether paired differences, one per animal, are symmetric around 0; `None` without one.
/// Up to 20 animals the test is exact and `n_draws` and `rng` are not used.
///
/// # Panics
/// When no draws are asked for.
pub fn sign_flip_test(
    differences: &[f64],
    n_draws: usize,
    rng: &mut impl Rng,
) -> Option<SignFlipTest> {
    assert!(n_draws > 0, "at least one draw");
    let n = differences.len();
    if n == 0 {
        return None;
    }
    let observed: f64 = differences.iter().sum();
    // Sums in another order differ in the last bits; equal ones must count as equal.
    let tolerance = 1e-12 * differences.iter().map(|d| d.abs()).sum::<f64>();
    let is_as_far = |sum: f64| sum.abs() >= observed.abs() - tolerance;
    let (p, smallest_p, flips) = if n <= EXACT_UP_TO {
        // A pattern and its opposite are equally far: the last sign can stay.
        let half = 1usize << (n - 1);
        let sum = |pattern: usize| -> f64 {
            let signed = |(k, d): (usize, &f64)| if pattern >> k & 1 == 1 { -d } else { *d };
            differences.iter().enumerate().map(signed).sum()
        };
        let n_as_far = (0..half).filter(|&pattern| is_as_far(sum(pattern))).count();
        (n_as_far as f64 / half as f64, 1. / half as f64, Flips::Exact(2 * half))
    } else {
        let mut n_as_far = 1;
        for _ in 0..n_draws {
            let flipped = |d: &f64| if rng.random::<bool>() { -d } else { *d };
            n_as_far += usize::from(is_as_far(differences.iter().map(flipped).sum()));
        }
        let n_patterns = (n_draws + 1) as f64;
        (n_as_far as f64 / n_patterns, 1. / n_patterns, Flips::Drawn(n_draws))
    };
    Some(SignFlipTest {
        mean_difference: mean(differences),
        p,
        smallest_p: smallest_p.min(1.),
        flips,
        n_animals: n,
    })
}
