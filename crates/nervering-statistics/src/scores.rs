//! Scores of forecasts that are distributions, each the less the better, in the unit of the value but for
//! the logarithm: the continuous ranked probability score (Gneiting & Raftery 2007, eq. 20–21), and the
//! negative log density.

use super::distributions::normal_cdf;
use std::f64::consts::PI;

/// CRPS of a normal distribution whose mean is wrong by `error` (the value less the mean).
pub fn normal_crps(error: f64, sd: f64) -> f64 {
    let z = error / sd;
    let density = (-z * z / 2.).exp() / (2. * PI).sqrt();
    sd * (z * (2. * normal_cdf(z) - 1.) + 2. * density - 1. / PI.sqrt())
}

/// Negative log density of the same, in nats.
pub fn normal_nll(error: f64, sd: f64) -> f64 {
    (error / sd).powi(2) / 2. + (sd * (2. * PI).sqrt()).ln()
}

/// CRPS of a distribution of which the quantiles at `levels` are known, evenly spaced in (0, 1): twice
/// the mean of their pinball losses.
///
/// # Panics
/// When there are not as many quantiles as levels.
pub fn quantile_crps(levels: &[f64], quantiles: &[f64], value: f64) -> f64 {
    assert_eq!(levels.len(), quantiles.len(), "a quantile for each level");
    let loss = |(level, quantile): (&f64, &f64)| match value - quantile {
        above if above >= 0. => level * above,
        below => (level - 1.) * below,
    };
    2. * levels.iter().zip(quantiles).map(loss).sum::<f64>() / levels.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_are_those_worked_out_by_hand() {
        // At the mean: sd (2 φ(0) − 1 / √π).
        let at_mean = 2. * (2. / (2. * PI).sqrt() - 1. / PI.sqrt());
        assert!((normal_crps(0., 2.) - at_mean).abs() < 1e-12);
        assert!((normal_crps(0.7, 1.) - normal_crps(-0.7, 1.)).abs() < 1e-12);
        // Far away it is the absolute error less the SD of the mean difference.
        assert!((normal_crps(1e3, 1.) - (1e3 - 1. / PI.sqrt())).abs() < 1e-9);
        assert!((normal_nll(1., 1.) - (0.5 + 0.5 * (2. * PI).ln())).abs() < 1e-12);
        // One quantile at the median: the absolute error.
        assert_eq!(quantile_crps(&[0.5], &[2.], 5.), 3.);
        assert_eq!(quantile_crps(&[0.5], &[2.], -1.), 3.);
    }

    #[test]
    fn many_quantiles_of_a_normal_score_as_it_does() {
        let levels: Vec<f64> = (1..2000).map(|k| k as f64 / 2000.).collect();
        let normal = crate::distributions::normal_quantile;
        let quantiles: Vec<f64> = levels.iter().map(|&level| 3. * normal(level)).collect();
        for value in [-4., 0., 1.3] {
            let (found, expected) =
                (quantile_crps(&levels, &quantiles, value), normal_crps(value, 3.));
            assert!((found - expected).abs() < 5e-3, "{found} {expected}");
        }
    }
}
