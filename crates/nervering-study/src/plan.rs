//! From what was asked to what can be run: recordings prepared, splits cut, every fit named. Only a
//! [`Plan`] can run.

use crate::config::{StudyConfig, Variant};
use crate::error::StudyError;
use crate::notes;
use crate::store;
use crate::view::{Parts, View};
use nervering_grid::{check_name, hex};
use nervering_models::{DecoderModel, ModelName};
use nervering_prepare::subsets_of_size;
use nervering_recording::{MixedUnits, NeuronName, Recording, State};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// A study that can run: every part of its configuration is valid for its recordings.
#[derive(Debug)]
pub struct Plan {
    config: StudyConfig,
    /// One per variant.
    pub(crate) views: Vec<View>,
    pub(crate) groups: Vec<Group>,
    n_trainable: usize,
    animals: Vec<String>,
    fingerprints: Vec<String>,
    n_subsets_cut: usize,
    mixed_units: Option<MixedUnits>,
}

/// All folds of one model on one subset under one variant, from one set of initial weights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Group {
    /// Place of the variant.
    pub(crate) variant: usize,
    pub(crate) model: ModelName,
    /// Indices of the animals trained on, ascending.
    pub(crate) subset: Vec<usize>,
    /// Which initial weights, from 0; 0 for a model without any.
    pub(crate) initialisation: usize,
}

impl Plan {
    /// Checks a configuration against recordings and prepares them. Animals of `extended` are
    /// evaluated and never trained on.
    ///
    /// # Errors
    /// [`StudyError`] says which part of the configuration or which recording does not fit.
    pub fn new(
        config: StudyConfig,
        train: &[Recording],
        extended: &[Recording],
    ) -> Result<Self, StudyError> {
        Self::of_parts(config, train, extended, Parts::TrainValidateTest)
    }

    /// The same with a say in what frames are dealt into.
    pub(crate) fn of_parts(
        mut config: StudyConfig,
        train: &[Recording],
        extended: &[Recording],
        parts: Parts,
    ) -> Result<Self, StudyError> {
        let everyone = || train.iter().chain(extended);
        check(&config, train.len())?;
        check_names(everyone())?;
        check_behavior(everyone())?;
        for variant in &mut config.variants {
            variant.coding = variant.coding.resolve(everyone())?;
        }
        let mut views = Vec::new();
        for variant in &config.variants {
            let connectome = config.connectome.as_ref();
            views.push(View::new(variant, config.seed, train, extended, connectome, parts)?);
        }
        let mut groups = Vec::new();
        let mut n_subsets_cut = 0;
        for (variant, view) in views.iter().enumerate() {
            for &size in &config.training_sizes {
                let Subsets { used, n_cut } = Subsets::new(train.len(), size, config.max_subsets);
                n_subsets_cut = n_subsets_cut.max(n_cut);
                for &model in &view.variant.models {
                    for subset in &used {
                        groups.extend((0..initialisations(config.initialisations, model)).map(
                            |initialisation| Group {
                                variant,
                                model,
                                subset: subset.clone(),
                                initialisation,
                            },
                        ));
                    }
                }
            }
        }
        let animals = everyone().map(|recording| recording.animal().to_owned()).collect();
        let fingerprints = everyone().map(fingerprint).collect();
        let n_trainable = train.len();
        let mixed_units = MixedUnits::of(everyone());
        Ok(Self {
            config,
            views,
            groups,
            n_trainable,
            animals,
            fingerprints,
            n_subsets_cut,
            mixed_units,
        })
    }

    /// What was asked for.
    pub fn config(&self) -> &StudyConfig {
        &self.config
    }

    /// The neurons that a variant uses, in the order of the features.
    pub fn neurons(&self, variant: usize) -> &[NeuronName] {
        &self.views[variant].neurons
    }

    /// Names of the animals: those to train on, then those that are only evaluated.
    pub fn animals(&self) -> &[String] {
        &self.animals
    }

    /// How many of the animals are trained on.
    pub fn n_trainable(&self) -> usize {
        self.n_trainable
    }

    /// The units of the animals, where they are in several.
    pub(crate) fn mixed_units(&self) -> Option<&MixedUnits> {
        self.mixed_units.as_ref()
    }

    /// Subsets of animals of one size that are left out, at most.
    pub(crate) fn n_subsets_cut(&self) -> usize {
        self.n_subsets_cut
    }

    /// Fits of the study.
    pub fn n_fits(&self) -> usize {
        self.groups.iter().map(|group| self.folds_run(group)).sum()
    }

    /// Gradient steps of the study: one per network, epoch and training animal.
    pub fn n_steps(&self) -> usize {
        let of_group = |group: &Group| match group.model.model() {
            DecoderModel::Network(_) => {
                group.subset.len() * self.folds_run(group) * self.config.epochs
            }
            DecoderModel::Direct(_) => 0,
        };
        self.groups.iter().map(of_group).sum()
    }

    /// What a reader of the tables must know: what was cut, and what the numbers rest on.
    pub fn notes(&self) -> Vec<String> {
        notes::of_plan(self)
    }

    /// Its `study.toml` and its results, by path within its folder.
    pub fn stored(&self) -> Vec<String> {
        let of_group =
            |group| (0..self.folds_run(group)).map(move |fold| store::key(self, group, fold));
        store::stored(self.groups.iter().flat_map(of_group))
    }

    pub(crate) fn folds_run(&self, group: &Group) -> usize {
        self.variant(group).folds_run
    }

    pub(crate) fn variant(&self, group: &Group) -> &Variant {
        &self.views[group.variant].variant
    }

    /// SHA-256 of everything about each animal that can enter a fit.
    pub(crate) fn fingerprints(&self) -> &[String] {
        &self.fingerprints
    }
}

/// Subsets of one size of the animals to train on.
pub(crate) struct Subsets {
    /// Those trained on, in lexicographic order.
    pub(crate) used: Vec<Vec<usize>>,
    /// How many more there are.
    pub(crate) n_cut: usize,
}

impl Subsets {
    pub(crate) fn new(n_animals: usize, size: usize, most: Option<usize>) -> Self {
        let most = most.unwrap_or(usize::MAX);
        let used: Vec<_> = subsets_of_size(n_animals, size).take(most).collect();
        Self { n_cut: n_subsets_of_size(n_animals, size) - used.len(), used }
    }
}

/// How many subsets of a size there are, counted without listing them.
pub(crate) fn n_subsets_of_size(n_animals: usize, size: usize) -> usize {
    if size > n_animals {
        return 0;
    }
    // Every product of so many factors is divisible by that many.
    let next = |n: u128, k: usize| n.saturating_mul((n_animals - k) as u128) / (k as u128 + 1);
    let n = (0..size.min(n_animals - size)).fold(1u128, next);
    usize::try_from(n).unwrap_or(usize::MAX)
}

/// Fits that a study may have at most: more could be neither kept in memory nor waited for.
const MOST_FITS: usize = 1_000_000;

/// Refuses a grid that is too large before it is listed. `per_subset` are the fits of one subset of
/// animals.
pub(crate) fn check_counts(
    n_animals: usize,
    training_sizes: &[usize],
    max_subsets: Option<usize>,
    per_subset: usize,
) -> Result<(), StudyError> {
    let used =
        |&size: &usize| n_subsets_of_size(n_animals, size).min(max_subsets.unwrap_or(usize::MAX));
    let n_subsets = training_sizes.iter().map(used).fold(0, usize::saturating_add);
    let n_fits = n_subsets.saturating_mul(per_subset);
    if n_fits <= MOST_FITS {
        return Ok(());
    }
    let sizes: Vec<String> = training_sizes.iter().map(usize::to_string).collect();
    let sizes = sizes.join(", ");
    let found = format!("{n_fits}, of {n_subsets} subsets of {sizes} of {n_animals} animals");
    let expected = format!("at most {MOST_FITS}; say how many subsets to take with max-subsets");
    Err(StudyError::Config { what: "fits", found, expected })
}

/// How many times a fit of a model is made: one that starts from no weights, only once.
pub(crate) fn initialisations(asked: usize, model: ModelName) -> usize {
    match model.model() {
        DecoderModel::Network(_) => asked,
        DecoderModel::Direct(_) => 1,
    }
}

/// SHA-256 of everything about an animal that can enter a fit.
pub(crate) fn fingerprint(recording: &Recording) -> String {
    let mut hash = Sha256::new();
    recording.time().seconds().iter().for_each(|s| hash.update(s.to_le_bytes()));
    for (column, label) in recording.neurons().iter().enumerate() {
        hash.update(label.to_string());
        recording.traces().neuron(column).for_each(|v| hash.update(v.to_le_bytes()));
        if let Some(derivative) = recording.file_derivative() {
            derivative.values.neuron(column).for_each(|v| hash.update(v.to_le_bytes()));
        }
    }
    if let Some(behavior) = recording.behavior() {
        for (state, name) in behavior.states().iter().zip(behavior.names()) {
            // Labels of one's own may be the beginnings of others.
            hash.update(name);
            if let State::Own(_) = state {
                hash.update([0]);
            }
        }
    }
    hex(&hash.finalize())
}

/// Refuses two recordings of one name.
pub(crate) fn check_names<'a>(
    recordings: impl Iterator<Item = &'a Recording>,
) -> Result<(), StudyError> {
    let mut names = BTreeSet::new();
    for recording in recordings {
        if !names.insert(recording.animal()) {
            return Err(StudyError::SameAnimalTwice { animal: recording.animal().to_owned() });
        }
    }
    Ok(())
}

fn check_behavior<'a>(
    mut recordings: impl Iterator<Item = &'a Recording>,
) -> Result<(), StudyError> {
    match recordings.find(|recording| recording.behavior().is_none()) {
        Some(recording) => Err(StudyError::NoBehavior { animal: recording.animal().to_owned() }),
        None => Ok(()),
    }
}

/// Refuses numbers of animals to train on that cannot be.
pub(crate) fn check_training_sizes(sizes: &[usize], n_animals: usize) -> Result<(), StudyError> {
    let what = "training size";
    if sizes.is_empty() {
        let (found, expected) = ("none".to_owned(), "at least one".to_owned());
        return Err(StudyError::Config { what: "training sizes", found, expected });
    }
    if n_animals == 0 {
        let (found, expected) = ("none".to_owned(), "at least one".to_owned());
        return Err(StudyError::Config { what: "animals to train on", found, expected });
    }
    for (k, &size) in sizes.iter().enumerate() {
        let expected = if size == 0 || size > n_animals {
            format!("1 to {n_animals} animals")
        } else if sizes[..k].contains(&size) {
            "each once".to_owned()
        } else {
            continue;
        };
        return Err(StudyError::Config { what, found: size.to_string(), expected });
    }
    Ok(())
}

/// Refuses a name of a variant that could not stand in a path.
pub(crate) fn check_variant_name(name: &str) -> Result<(), StudyError> {
    let sound = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.is_empty() || name.len() > 60 || !name.chars().all(sound) {
        let (what, found) = ("name of a variant", format!("{name:?}"));
        let expected = "1 to 60 lower-case letters, digits and hyphens".to_owned();
        return Err(StudyError::Config { what, found, expected });
    }
    Ok(())
}

/// Refuses no model, and one that is named twice.
pub(crate) fn check_models<M: PartialEq + std::fmt::Display>(
    models: &[M],
) -> Result<(), StudyError> {
    let refuse = |found, expected: &str| {
        Err(StudyError::Config { what: "models", found, expected: expected.to_owned() })
    };
    let twice = |(k, model): &(usize, &M)| models[..*k].contains(model);
    match models.iter().enumerate().find(twice) {
        Some((_, model)) => refuse(format!("{model} twice"), "each once"),
        None if models.is_empty() => refuse("none".to_owned(), "at least one"),
        None => Ok(()),
    }
}

fn check(config: &StudyConfig, n_animals: usize) -> Result<(), StudyError> {
    let refuse =
        |what, found: String, expected: String| Err(StudyError::Config { what, found, expected });
    if config.variants.is_empty() {
        return refuse("variants", "none".into(), "at least one".into());
    }
    check_name("name of the study", &config.name)?;
    check_training_sizes(&config.training_sizes, n_animals)?;
    for (what, n) in [("epochs", config.epochs), ("initialisations", config.initialisations)] {
        if n == 0 {
            return refuse(what, "0".into(), "at least 1".into());
        }
    }
    let mut names = BTreeSet::new();
    for variant in &config.variants {
        check_variant(variant)?;
        if !names.insert(&variant.name) {
            return refuse("variant", variant.name.clone(), "names that differ".into());
        }
        let needs = variant.models.iter().find(|model| model.needs_connectome());
        if let (Some(model), None) = (needs, &config.connectome) {
            return refuse("connectome", "none".into(), format!("one, for model {model}"));
        }
    }
    let of_variant = |variant: &Variant| {
        let times = |&model: &ModelName| initialisations(config.initialisations, model);
        let n_models = variant.models.iter().map(times).fold(0, usize::saturating_add);
        n_models.saturating_mul(variant.folds_run)
    };
    let per_subset = config.variants.iter().map(of_variant).fold(0, usize::saturating_add);
    check_counts(n_animals, &config.training_sizes, config.max_subsets, per_subset)
}

fn check_variant(variant: &Variant) -> Result<(), StudyError> {
    let refuse =
        |what, found: String, expected: String| Err(StudyError::Config { what, found, expected });
    check_variant_name(&variant.name)?;
    check_models(&variant.models)?;
    if variant.statistics.is_empty() {
        return refuse("statistics", "none".into(), "at least one".into());
    }
    if variant.n_folds == 0 {
        return refuse("folds", "0".into(), "at least one".into());
    }
    if variant.folds_run == 0 || variant.folds_run > variant.n_folds {
        let expected = format!("1 to {}", variant.n_folds);
        return refuse("folds to run", variant.folds_run.to_string(), expected);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// "found 1, expected 1 to 0 animals" and "found 0, expected 1 to 0" were said.
    #[test]
    fn no_range_is_asked_for_that_holds_nothing() {
        let error = check_training_sizes(&[1], 0).unwrap_err().to_string();
        assert_eq!(error, "animals to train on: found none, expected at least one");
        let (models, neurons) = ([ModelName::Majority], nervering_recording::NeuronSet::Shared);
        let mut variant = Variant::new(crate::Protocol::Paper, &models, neurons);
        (variant.n_folds, variant.folds_run) = (0, 0);
        let error = check_variant(&variant).unwrap_err().to_string();
        assert_eq!(error, "folds: found 0, expected at least one");
    }

    #[test]
    fn subsets_are_counted_without_listing_them() {
        for n in 0..12 {
            for size in 0..=n + 1 {
                assert_eq!(n_subsets_of_size(n, size), subsets_of_size(n, size).count());
            }
        }
        assert_eq!(n_subsets_of_size(30, 15), 155_117_520);
        assert_eq!(n_subsets_of_size(10_000, 5_000), usize::MAX);
    }

    #[test]
    fn a_grid_that_is_too_large_is_refused_with_its_number() {
        let said = check_counts(30, &[15], None, 1).unwrap_err().to_string();
        assert!(said.contains("155117520") && said.contains("max-subsets"), "{said}");
        check_counts(30, &[15], Some(100), 1).unwrap();
        assert!(check_counts(5, &[1], None, usize::MAX).is_err());
    }
}
