//! A variant made concrete for the recordings of a study: which neurons of which animals, split into
//! which frames, as which numbers. A fit sees animals only through its [`View`].

use crate::config::{GivenConnectome, Normalisation, Protocol, Variant};
use crate::error::StudyError;
use nervering_prepare::{
    DerivativeMethod, Folds, Ranges, Scope, Selected, Split, cut_windows, forward_split,
    holdout_split, last_block_split, select,
};
use nervering_recording::{NeuronName, Recording};
use nervering_statistics::seed::generator;
use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

/// Frames of a window; 8 in the paper, about three seconds.
pub(crate) const WINDOW: usize = 8;

/// What the frames of an animal are dealt into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Parts {
    /// A study: some frames are kept to measure the fit with.
    TrainValidateTest,
    /// A model that is to be used on other recordings: all frames train or validate.
    TrainValidate,
}

/// Blocks of a recording of which the last validates a model that is to be used, under `strict`.
const N_BLOCKS: usize = 10;

/// The recordings of a study as one variant sees them.
#[derive(Debug)]
pub(crate) struct View {
    pub(crate) variant: Variant,
    pub(crate) neurons: Vec<NeuronName>,
    /// Those that can be trained on, then those that are only ever evaluated.
    pub(crate) animals: Vec<PlannedAnimal>,
    /// How many of them can be trained on.
    pub(crate) n_trainable: usize,
    /// Animals of the extended set that lack a neuron of this variant.
    pub(crate) left_out: Vec<String>,
    /// Edges for networks that are given theirs, `[receiver, sender]`.
    pub(crate) adjacency: Option<Arc<[f32]>>,
}

/// One animal as a variant uses it.
#[derive(Debug)]
pub(crate) struct PlannedAnimal {
    pub(crate) selected: Selected,
    /// Features that are the same for every fit, where the normalisation is the animal's own.
    own: Option<Vec<f32>>,
    /// One per fold that is cut; empty for an animal that is never trained on.
    pub(crate) splits: Vec<Split>,
}

impl View {
    /// Resolves neurons, prepares animals and cuts splits.
    ///
    /// # Errors
    /// [`StudyError`] for neurons that an animal to train on lacks, and recordings that cannot be
    /// prepared or split.
    pub(crate) fn new(
        variant: &Variant,
        seed: u64,
        train: &[Recording],
        extended: &[Recording],
        connectome: Option<&GivenConnectome>,
        parts: Parts,
    ) -> Result<Self, StudyError> {
        let neurons = variant
            .neurons
            .resolve(train)
            .map_err(|missing| StudyError::Neurons { set: variant.neurons.to_string(), missing })?;
        let mut animals = Vec::new();
        for recording in train {
            let selected = select(recording, &neurons, &variant.coding, variant.derivative)?;
            let splits = match parts {
                Parts::TrainValidateTest => splits(variant, seed, &selected)?,
                Parts::TrainValidate => vec![split_without_test(variant, seed, &selected)?],
            };
            animals.push(PlannedAnimal {
                own: own_features(variant, &selected)?,
                selected,
                splits,
            });
        }
        let mut left_out = Vec::new();
        for recording in extended {
            if neurons.iter().any(|neuron| recording.column(neuron).is_none()) {
                left_out.push(recording.animal().to_owned());
                continue;
            }
            let selected = select(recording, &neurons, &variant.coding, variant.derivative)?;
            let own = own_features(variant, &selected)?;
            animals.push(PlannedAnimal { own, selected, splits: Vec::new() });
        }
        let adjacency = connectome.map(|given| {
            let weights = given.connectome.edge_weights(&neurons, &given.kinds, given.weighting);
            weights.into_iter().map(|w| w as f32).collect()
        });
        let n_trainable = train.len();
        Ok(Self { variant: variant.clone(), neurons, animals, n_trainable, left_out, adjacency })
    }

    /// The features of every animal, `[frame, neuron, feature]`, as a fit on `subset` and `fold`
    /// sees them.
    ///
    /// # Errors
    /// [`StudyError::Prepare`] for a neuron that cannot be normalised.
    pub(crate) fn features(
        &self,
        subset: &[usize],
        fold: usize,
    ) -> Result<Vec<Cow<'_, [f32]>>, StudyError> {
        let mut pooled = None;
        let mut features = Vec::with_capacity(self.animals.len());
        for PlannedAnimal { selected, own, .. } in &self.animals {
            if let Some(own) = own {
                features.push(Cow::Borrowed(own.as_slice()));
                continue;
            }
            let ranges = match &pooled {
                Some(ranges) => ranges,
                None => pooled.insert(self.ranges(subset, fold)?),
            };
            features.push(Cow::Owned(ranges.apply(selected, self.variant.interval())?));
        }
        Ok(features)
    }

    /// Whether the derivative of a frame holds frames after it.
    pub(crate) fn looks_ahead(&self) -> bool {
        let causal = DerivativeMethod::BackwardDifferences;
        self.animals.iter().any(|animal| animal.selected.derivative_method != causal)
    }

    /// The ranges of the training frames of a fit, all its animals pooled.
    pub(crate) fn ranges(&self, subset: &[usize], fold: usize) -> Result<Ranges, StudyError> {
        let training = |&k: &usize| {
            let animal = &self.animals[k];
            (&animal.selected, animal.splits[fold].train.as_slice())
        };
        Ok(Ranges::fit(&subset.iter().map(training).collect::<Vec<_>>())?)
    }

    /// The frames of an animal trained on that a fit may look at, labelled or not.
    pub(crate) fn visible(&self, animal: usize, fold: usize) -> Range<usize> {
        let PlannedAnimal { selected, splits, .. } = &self.animals[animal];
        match self.variant.protocol {
            Protocol::Paper | Protocol::AuthorsCode => 0..selected.n_frames,
            Protocol::Strict => {
                let end = splits[fold].validation.last().expect("a split has validation frames");
                0..end + 1
            }
        }
    }
}

/// Features by the animal's own range, where that is what the variant normalises by.
fn own_features(variant: &Variant, selected: &Selected) -> Result<Option<Vec<f32>>, StudyError> {
    let scope = match variant.normalisation {
        // "Normalization was performed for the entire recorded calcium trace of a worm."
        Normalisation::WholeRecording => Scope::WholeRecording,
        Normalisation::Causal => Scope::Causal,
        Normalisation::Training => return Ok(None),
    };
    Ok(Some(selected.normalized(scope, variant.interval())?))
}

fn splits(variant: &Variant, seed: u64, selected: &Selected) -> Result<Vec<Split>, StudyError> {
    let Selected { animal, n_frames, states, .. } = selected;
    let n_folds = variant.n_folds;
    match variant.protocol {
        Protocol::Paper => {
            let folds = folds(n_folds, seed, selected)?;
            Ok((0..n_folds).map(|fold| folds.split(fold)).collect())
        }
        Protocol::AuthorsCode => {
            // The scripts have no folds; more of them than one repeat the split with other draws.
            let of_repeat = |repeat: usize| {
                let mut rng = generator(seed, &["holdout", animal, &repeat.to_string()]);
                Ok(holdout_split(*n_frames, WINDOW, &mut rng)?)
            };
            (0..n_folds).map(of_repeat).collect()
        }
        Protocol::Strict => {
            let of_fold = |fold| Ok(forward_split(states, n_folds, fold)?);
            (0..n_folds).map(of_fold).collect()
        }
    }
}

/// Under the paper's protocol.
fn folds(n_folds: usize, seed: u64, selected: &Selected) -> Result<Folds, StudyError> {
    let windows = cut_windows(selected.n_frames, WINDOW)?;
    let mut rng = generator(seed, &["folds", &selected.animal]);
    Ok(Folds::shuffled(&windows, n_folds, &mut rng)?)
}

/// Under `strict` the last block validates; under the others the part of windows that validates
/// the first fold of a study, while the part that would test it trains.
fn split_without_test(
    variant: &Variant,
    seed: u64,
    selected: &Selected,
) -> Result<Split, StudyError> {
    let split = match variant.protocol {
        Protocol::Strict => return Ok(last_block_split(&selected.states, N_BLOCKS)?),
        Protocol::Paper => {
            let Split { mut train, validation, test } =
                folds(variant.n_folds, seed, selected)?.split(0);
            train.extend(test);
            train.sort_unstable();
            Split { train, validation, test: Vec::new() }
        }
        Protocol::AuthorsCode => {
            let mut rng = generator(seed, &["holdout", &selected.animal, "0"]);
            let split = holdout_split(selected.n_frames, WINDOW, &mut rng)?;
            Split { test: Vec::new(), ..split }
        }
    };
    Ok(split)
}
