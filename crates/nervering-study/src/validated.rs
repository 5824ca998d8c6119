//! What validating on animals of the extended set does: the paper tried it, "found that the MLP performed
//! significantly better", and left it out for fear "that the MLP was overfitting to the validation set".
//! [`validated`] compares each model under a variant that validates on some of these animals with itself
//! under one that does not, in the animals that validate and in those that never do. What is gained in
//! the first and not in the second is overfitting to the validation set.

use crate::comparison::Comparison;
use crate::decode::Decode;
use crate::result::FitResult;
use crate::run::Results;
use nervering_fit::Validation;
use nervering_statistics::seed::generator;
use nervering_statistics::{AnimalValues, Role, SignFlipTest, mean, per_animal, sign_flip_test};

/// Sign patterns drawn where there are too many animals to try all.
const N_FLIPS: usize = 100_000;

/// One model under both kinds of validation.
#[derive(Debug, Clone, PartialEq)]
pub struct Validated {
    /// The model.
    pub model: String,
    /// In the animals that validate, then in those that do not.
    pub halves: [ValidatedHalf; 2],
}

/// Balanced accuracies on half of the extended set, in [0, 1].
#[derive(Debug, Clone, PartialEq)]
pub struct ValidatedHalf {
    /// Its animals, by name.
    pub animals: Vec<String>,
    /// Of fits validated on frames of the animals trained on, one per animal.
    pub training: Vec<Option<f64>>,
    /// Of fits validated on the first half.
    pub extended: Vec<Option<f64>>,
    /// The second less the first; `None` where no animal has both.
    pub gain: Option<SignFlipTest>,
}

impl ValidatedHalf {
    /// Mean of some of its values; `None` of none.
    pub fn mean_of(values: &[Option<f64>]) -> Option<f64> {
        let known: Vec<f64> = values.iter().flatten().copied().collect();
        (!known.is_empty()).then(|| mean(&known))
    }
}

/// Every model of a study that is under both kinds of validation. `validating` are the names of the
/// animals that validate. Networks count with the first statistics of their variant.
pub fn validated(results: &Results<Decode>, validating: &[String]) -> Vec<Validated> {
    let of_kind = |kind: Validation| {
        results.config.variants.iter().find(|variant| variant.preparation.validation == kind)
    };
    let (Some(training), Some(extended)) =
        (of_kind(Validation::Training), of_kind(Validation::Extended))
    else {
        return Vec::new();
    };
    let [training, extended] = [training, extended].map(|variant| values(results, variant));
    let (halves, mut found) = ([true, false], Vec::new());
    for of_model in &extended.models {
        let Some(own) = training.models.iter().find(|other| other.model == of_model.model) else {
            continue;
        };
        let half = |validates: bool| {
            let is_of_half = |name: &&String| validating.contains(name) == validates;
            let animals: Vec<String> =
                extended.animals.iter().filter(is_of_half).cloned().collect();
            let of = |all: &AnimalValues, values: &[Option<f64>]| -> Vec<Option<f64>> {
                let value = |name: &String| values[all.animals.iter().position(|a| a == name)?];
                animals.iter().map(value).collect()
            };
            let (training, extended) =
                (of(&training, &own.values), of(&extended, &of_model.values));
            let both = extended.iter().zip(&training);
            let gains: Vec<f64> = both.filter_map(|(a, b)| Some((*a)? - (*b)?)).collect();
            let which = if validates { "validates" } else { "never" };
            let mut rng = generator(results.config.seed, &["validated", &of_model.model, which]);
            let gain = sign_flip_test(&gains, N_FLIPS, &mut rng);
            ValidatedHalf { animals, training, extended, gain }
        };
        found.push(Validated { model: of_model.model.clone(), halves: halves.map(half) });
    }
    found
}

fn values(results: &Results<Decode>, variant: &Comparison<Decode>) -> AnimalValues {
    let fits = results.fits.iter().filter(|fit| fit.variant == variant.name);
    let first = variant.statistics[0];
    let n_trained = results.config.training_sizes.first().copied().unwrap_or(0);
    per_animal(fits.map(FitResult::measured), Role::ExtendedAnimal, n_trained, |evaluation| {
        let counts = evaluation.statistics.is_none_or(|statistics| statistics == first);
        evaluation.balanced_accuracy.filter(|_| counts)
    })
}
