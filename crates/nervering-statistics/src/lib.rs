//! What is measured of predictions, and what many measurements say. [`metrics`] make one
//! [`Evaluation`] of a prediction; [`bouts`](mod@bouts) are the runs of one state that behaviour comes
//! in. Neither files nor models are known here.
//!
//! The rest has the animal as its unit. Frames of one animal, and folds and subsets that share
//! animals, are not independent; animals are. So [`per_animal`] first makes one number of
//! everything that was measured on an animal, and the rest works on these few numbers:
//! [`bootstrap_mean`] gives an interval over animals, [`sign_flip_test`] tests a paired difference,
//! [`two_sample_test`] two groups of animals, [`holm`] corrects for the number of tests, and [`compare_models`] does all three for pairs of
//! models. [`pearson`], [`spearman`] and [`auroc`] measure how far two lists agree.
//!
//! With few animals little can be shown: the smallest possible p of five is 1/16, and the results
//! say so ([`SignFlipTest::smallest_p`], [`Interval::caution`]).
//!
//! What does not hold even so: two animals that were evaluated by fits which share training animals
//! are not quite independent, and no resampling of animals mends that.

mod association;
mod bootstrap;
pub mod bouts;
mod choice;
mod compare;
mod distributions;
mod evaluation;
mod holm;
pub mod metrics;
mod per_animal;
mod scores;
pub mod seed;
mod sign_flip;
#[cfg(test)]
mod tests;
mod two_sample;

pub use association::{auroc, midranks, pearson, spearman};
pub use bootstrap::{
    BootstrapConfig, Interval, IntervalMethod, Resamples, bootstrap_mean, quantile,
};
pub use choice::UnknownChoice;
pub use compare::{
    ComparisonConfig, Difference, ModelMean, PairedComparison, Pairs, compare_models, model_means,
};
pub use distributions::student_t_quantile;
pub use evaluation::{
    Evaluation, Measured, NetworkStatistics, Role, TakenFrom, Timeline, TransitionTiming,
};
pub use holm::holm;
pub use per_animal::{AnimalValues, ModelValues, per_animal};
pub use scores::{normal_crps, normal_nll, quantile_crps};
pub use sign_flip::{Flips, SignFlipTest, sign_flip_test};
pub use two_sample::{TwoSampleTest, two_sample_test};

/// Mean; NaN of nothing.
pub fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}
