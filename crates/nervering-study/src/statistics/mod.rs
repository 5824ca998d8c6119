//! Statistics with the animal as the unit. Frames of one animal, and folds and subsets that share
//! animals, are not independent; animals are. So [`per_animal`] first makes one number of
//! everything that was measured on an animal, and the rest works on these few numbers:
//! [`bootstrap_mean`] gives an interval over animals, [`sign_flip_test`] tests a paired difference,
//! [`holm`] corrects for the number of tests, and [`compare_models`] does all three for pairs of
//! models. [`pearson`], [`spearman`] and [`auroc`] measure how far two lists agree.
//!
//! With few animals little can be shown: the smallest possible p of five is 1/16, and the results
//! say so ([`SignFlipTest::smallest_p`], [`Interval::caution`]).
//!
//! What does not hold even so: two animals that were evaluated by fits which share training animals
//! are not quite independent, and no resampling of animals mends that.

mod association;
mod bootstrap;
mod compare;
mod distributions;
mod holm;
mod per_animal;
mod sign_flip;
#[cfg(test)]
mod tests;

pub use association::{auroc, midranks, pearson, spearman};
pub use bootstrap::{BootstrapConfig, Interval, IntervalMethod, Resamples, bootstrap_mean};
pub use compare::{
    Comparison, ComparisonConfig, Difference, ModelMean, Pairs, compare_models, model_means,
};
pub use holm::holm;
pub use per_animal::{AnimalValues, ModelValues, per_animal};
pub use sign_flip::{Flips, SignFlipTest, sign_flip_test};

pub(crate) use bootstrap::quantile;
pub(crate) use distributions::student_t_quantile;

/// Mean; NaN of nothing.
pub(crate) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}
