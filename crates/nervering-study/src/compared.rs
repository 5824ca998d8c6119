//! Models against each other in a study whose unit is the animal: balanced accuracy in unseen animals,
//! paired over animals, corrected for the number of pairs.

use crate::comparison::Comparison;
use crate::decode::Decode;
use crate::result::FitResult;
use crate::run::Results;
use nervering_fit::Protocol;
use nervering_statistics::Role;
use nervering_statistics::seed::generator;
use nervering_statistics::{ComparisonConfig, ModelMean, PairedComparison, Pairs};
use nervering_statistics::{compare_models, model_means, per_animal};

/// The linear baseline, which the others are compared with.
const BASELINE: &str = "logistic";

/// The models of one variant, trained on the same number of animals, against the linear baseline, or
/// against the first model where there is none.
#[derive(Debug, Clone, PartialEq)]
pub struct Compared {
    /// The variant.
    pub variant: String,
    /// Animals trained on.
    pub n_trained: usize,
    /// Each model's balanced accuracy in unseen animals, with its interval.
    pub means: Vec<ModelMean>,
    /// The baseline with every other model; p-values are corrected for their number.
    pub pairs: Vec<PairedComparison>,
}

/// Comparisons of every variant under [`Protocol::Strict`] or [`Protocol::Animals`] and training size that leaves animals
/// unseen. Networks count with the first statistics of their variant.
pub fn compared(results: &Results<Decode>, seed: u64) -> Vec<Compared> {
    let strict = |variant: &&Comparison<Decode>| {
        matches!(variant.protocol(), Protocol::Strict | Protocol::Animals)
    };
    results
        .config
        .variants
        .iter()
        .filter(strict)
        .flat_map(|v| of_variant(&results.fits, v, seed))
        .collect()
}

fn of_variant(fits: &[FitResult], variant: &Comparison<Decode>, seed: u64) -> Vec<Compared> {
    let of_it = || fits.iter().filter(|fit| fit.variant == variant.name);
    let mut sizes: Vec<usize> = of_it().map(|fit| fit.trained_on.len()).collect();
    sizes.sort_unstable();
    sizes.dedup();
    let first = variant.statistics[0];
    let of_size = |n_trained: usize| {
        let values = per_animal(
            of_it().map(FitResult::measured),
            Role::UnseenAnimal,
            n_trained,
            |evaluation| {
                let counts = evaluation.statistics.is_none_or(|statistics| statistics == first);
                evaluation.balanced_accuracy.filter(|_| counts)
            },
        );
        let config = ComparisonConfig::default();
        let mut rng = generator(seed, &["comparison", &variant.name, &n_trained.to_string()]);
        let baseline = values.models.iter().position(|model| model.model == BASELINE).unwrap_or(0);
        (!values.animals.is_empty()).then(|| Compared {
            variant: variant.name.clone(),
            n_trained,
            means: model_means(&values, &config.bootstrap, &mut rng),
            pairs: compare_models(&values, Pairs::Against(baseline), &config, &mut rng),
        })
    };
    sizes.into_iter().filter_map(of_size).collect()
}
