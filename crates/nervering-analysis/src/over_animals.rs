//! What one value per animal says of animals: [`OverAnimals`] and its paired difference to another, and
//! the [`Band`] of curves of several animals. The animal is the unit throughout.

use nervering_statistics::seed::generator;
use nervering_statistics::{
    BootstrapConfig, Interval, SignFlipTest, bootstrap_mean, mean, sign_flip_test,
};

/// Sign patterns drawn where there are too many animals to try all.
const N_FLIPS: usize = 100_000;

/// One value per animal, with what they say together.
#[derive(Debug, Clone, PartialEq)]
pub struct OverAnimals {
    /// One per animal; `None` where there is none.
    pub values: Vec<Option<f64>>,
    /// Animals that have one.
    pub n: usize,
    /// Mean over these; `None` without any.
    pub mean: Option<f64>,
    /// Sample standard deviation; `None` over fewer than two.
    pub sd: Option<f64>,
    /// Bootstrap interval of the mean at 95 %; `None` over fewer than two.
    pub interval: Option<Interval>,
}

impl OverAnimals {
    /// Of values; `parts` name the purpose of the interval's draws.
    pub fn of(values: Vec<Option<f64>>, seed: u64, parts: &[&str]) -> Self {
        let known: Vec<f64> = values.iter().flatten().copied().collect();
        let mut rng = generator(seed, &[&["interval"], parts].concat());
        Self {
            n: known.len(),
            mean: (!known.is_empty()).then(|| mean(&known)),
            sd: sd(&known),
            interval: bootstrap_mean(&known, &BootstrapConfig::default(), &mut rng),
            values,
        }
    }

    /// Less another quantity of the same animals, in the same order: mean paired difference and p.
    /// `None` where no animal has both.
    pub fn less(&self, other: &Self, seed: u64, parts: &[&str]) -> Option<SignFlipTest> {
        let both = self.values.iter().zip(&other.values);
        let differences: Vec<f64> = both.filter_map(|(a, b)| Some((*a)? - (*b)?)).collect();
        let mut rng = generator(seed, &[&["sign flips"], parts].concat());
        sign_flip_test(&differences, N_FLIPS, &mut rng)
    }
}

/// Curves of several animals on one abscissa.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Band {
    /// Mean over the animals that have a value at each point; NaN where none has.
    pub mean: Vec<f64>,
    /// Sample standard deviation; NaN where fewer than two have one.
    pub sd: Vec<f64>,
}

impl Band {
    /// Of curves of one length; a value that is no number is none.
    pub fn of(curves: &[&[f64]]) -> Self {
        let n = curves.first().map_or(0, |curve| curve.len());
        let at = |k: usize| -> Vec<f64> {
            curves.iter().map(|curve| curve[k]).filter(|value| value.is_finite()).collect()
        };
        Self {
            mean: (0..n).map(|k| mean(&at(k))).collect(),
            sd: (0..n).map(|k| sd(&at(k)).unwrap_or(f64::NAN)).collect(),
        }
    }

    /// Mean less and plus the deviation.
    pub fn ends(&self) -> [Vec<f64>; 2] {
        [-1., 1.].map(|sign| self.mean.iter().zip(&self.sd).map(|(m, sd)| m + sign * sd).collect())
    }
}

/// Sample standard deviation; `None` over fewer than two.
fn sd(values: &[f64]) -> Option<f64> {
    let centre = mean(values);
    let squares: f64 = values.iter().map(|value| (value - centre).powi(2)).sum();
    (values.len() > 1).then(|| (squares / (values.len() as f64 - 1.)).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn animals_without_a_value_count_in_nothing() {
        let of = |values: [Option<f64>; 4]| OverAnimals::of(values.to_vec(), 1, &["a"]);
        let first = of([Some(3.), None, Some(5.), Some(10.)]);
        assert_eq!((first.n, first.mean), (3, Some(6.)));
        assert!((first.sd.unwrap() - 13f64.sqrt()).abs() < 1e-12);
        let second = of([Some(1.), Some(9.), None, Some(6.)]);
        let test = first.less(&second, 1, &["a"]).unwrap();
        assert_eq!((test.mean_difference, test.n_animals, test.p), (3., 2, 0.5));
        assert_eq!(of([None; 4]).mean, None);
        assert_eq!(first.less(&of([None; 4]), 1, &["a"]), None);
    }

    #[test]
    fn bands_are_over_those_that_go_so_far() {
        let band = Band::of(&[&[1., 2., f64::NAN], &[3., f64::NAN, f64::NAN]]);
        assert_eq!(band.mean[..2], [2., 2.]);
        assert!(band.mean[2].is_nan() && band.sd[1].is_nan());
        assert!((band.ends()[1][0] - (2. + 2f64.sqrt())).abs() < 1e-12);
        assert_eq!(Band::of(&[]).mean.len(), 0);
    }
}
