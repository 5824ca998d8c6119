//! Models against each other, over animals: mean paired difference with its bootstrap interval,
//! exact paired test, and Holm's correction over all pairs compared.

use super::bootstrap::{BootstrapConfig, Interval, bootstrap_mean};
use super::holm::holm;
use super::mean;
use super::per_animal::{AnimalValues, ModelValues};
use super::sign_flip::{SignFlipTest, sign_flip_test};
use rand::Rng;

/// Which models are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pairs {
    /// Each with each.
    All,
    /// The model at this place with every other.
    Against(usize),
}

/// How models are compared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ComparisonConfig {
    /// The interval of the difference.
    pub bootstrap: BootstrapConfig,
    /// Sign patterns to draw for more animals than can be counted out.
    pub n_flips: usize,
}

impl Default for ComparisonConfig {
    /// 95 % BCa intervals of 10,000 resamples, 100,000 sign patterns.
    fn default() -> Self {
        Self { bootstrap: BootstrapConfig::default(), n_flips: 100_000 }
    }
}

/// A model's mean over animals.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelMean {
    /// The model.
    pub model: String,
    /// Animals it was measured on.
    pub n_animals: usize,
    /// Mean over them; `None` without one.
    pub mean: Option<f64>,
    /// Interval of the mean; `None` for fewer than two animals.
    pub interval: Option<Interval>,
}

/// One pair of models.
#[derive(Debug, Clone, PartialEq)]
pub struct PairedComparison {
    /// The first model.
    pub first: String,
    /// The second.
    pub second: String,
    /// What was found; `None` when no animal was measured under both.
    pub difference: Option<Difference>,
}

/// First minus second, over the animals measured under both.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// Mean paired difference, number of animals and p-value.
    pub test: SignFlipTest,
    /// Interval of the mean difference; `None` for fewer than two animals.
    pub interval: Option<Interval>,
    /// The p-value adjusted for all pairs compared.
    pub p_holm: f64,
}

/// Every model's mean with its interval.
pub fn model_means(
    values: &AnimalValues,
    config: &BootstrapConfig,
    rng: &mut impl Rng,
) -> Vec<ModelMean> {
    let of_model = |ModelValues { model, values }: &ModelValues| {
        let known: Vec<f64> = values.iter().flatten().copied().collect();
        ModelMean {
            model: model.clone(),
            n_animals: known.len(),
            mean: (!known.is_empty()).then(|| mean(&known)),
            interval: bootstrap_mean(&known, config, rng),
        }
    };
    values.models.iter().map(of_model).collect()
}

/// Compares models pair by pair.
///
/// # Panics
/// When [`Pairs::Against`] names a place where there is no model.
pub fn compare_models(
    values: &AnimalValues,
    pairs: Pairs,
    config: &ComparisonConfig,
    rng: &mut impl Rng,
) -> Vec<PairedComparison> {
    let n_models = values.models.len();
    let pairs: Vec<(usize, usize)> = match pairs {
        Pairs::All => (0..n_models).flat_map(|a| (a + 1..n_models).map(move |b| (a, b))).collect(),
        Pairs::Against(first) => {
            assert!(first < n_models, "model {first} of {n_models}");
            (0..n_models).filter(|&other| other != first).map(|other| (first, other)).collect()
        }
    };
    let mut comparisons: Vec<PairedComparison> =
        pairs.into_iter().map(|pair| compare(values, pair, config, rng)).collect();
    let found = || comparisons.iter().flat_map(|c| &c.difference);
    let adjusted = holm(&found().map(|difference| difference.test.p).collect::<Vec<_>>());
    let differences = comparisons.iter_mut().flat_map(|c| &mut c.difference);
    differences.zip(adjusted).for_each(|(difference, p)| difference.p_holm = p);
    comparisons
}

/// One pair, not yet adjusted.
fn compare(
    values: &AnimalValues,
    (first, second): (usize, usize),
    config: &ComparisonConfig,
    rng: &mut impl Rng,
) -> PairedComparison {
    let [first, second] = [first, second].map(|model| &values.models[model]);
    let both = first.values.iter().zip(&second.values);
    let differences: Vec<f64> = both.filter_map(|(a, b)| Some((*a)? - (*b)?)).collect();
    let difference = sign_flip_test(&differences, config.n_flips, rng).map(|test| Difference {
        test,
        interval: bootstrap_mean(&differences, &config.bootstrap, rng),
        p_holm: test.p,
    });
    PairedComparison { first: first.model.clone(), second: second.model.clone(), difference }
}
