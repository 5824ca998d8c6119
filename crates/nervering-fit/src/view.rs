//! A preparation made concrete for recordings: which neurons of which animals, split into which
//! frames, as which numbers. A fit sees animals only through its [`View`].

use crate::error::ModelError;
use crate::preparation::{GivenConnectome, Normalisation, Preparation, Protocol};
use crate::scaling::Scaling;
use crate::signals::{SignalScaling, smoothing};
use nervering_models::Inputs;
use nervering_nn::machine::Machine;
use nervering_prepare::{
    DerivativeMethod, Folds, Levels, Ranges, Scope, Selected, Signals, Split, cut_windows,
    forward_split, holdout_split, last_block_split, select, select_present,
};
use nervering_recording::{NeuronName, NeuronSet, Recording};
use nervering_statistics::Role;
use nervering_statistics::seed::generator;
use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

/// Frames of a window; 8 in the paper, about three seconds.
pub const WINDOW: usize = 8;

/// What the frames of an animal are dealt into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parts {
    /// A study: some frames are kept to measure the fit with.
    TrainValidateTest,
    /// A model that is to be used on other recordings: all frames train or validate.
    TrainValidate,
}

/// Blocks of a recording of which the last validates a model that is to be used, under `strict`.
const N_BLOCKS: usize = 10;

/// Recordings as models see them.
#[derive(Debug)]
pub struct View {
    /// How they are seen.
    pub preparation: Preparation,
    /// The neurons used of every animal, in the order of the features.
    pub neurons: Vec<NeuronName>,
    /// Those that can be trained on, then those that are only ever evaluated.
    pub animals: Vec<PlannedAnimal>,
    /// How many of them can be trained on.
    pub n_trainable: usize,
    /// Of each neuron, whether it is shown of animals not trained on, where not all are.
    pub shown: Option<Vec<bool>>,
    /// Animals of the extended set that lack a neuron of this preparation, or all of them where animals
    /// may lack some.
    pub left_out: Vec<String>,
    /// Edges for networks that are given theirs, `[receiver, sender]`.
    pub adjacency: Option<Arc<[f32]>>,
    /// What computes the fits of it.
    pub machine: Machine,
}

/// One animal as it is seen.
#[derive(Debug)]
pub struct PlannedAnimal {
    /// Its neurons, derivatives and labels, in the units of the recording.
    pub selected: Selected,
    /// Features that are the same for every fit, where the normalisation is the animal's own.
    own: Option<Vec<f32>>,
    /// One per fold that is cut; empty for an animal that is never trained on.
    pub splits: Vec<Split>,
}

impl PlannedAnimal {
    /// An animal whose features are the same for every fit, `[frame, neuron, feature]`.
    pub(crate) fn of_features(selected: Selected, features: Vec<f32>, splits: Vec<Split>) -> Self {
        Self { selected, own: Some(features), splits }
    }
}

impl View {
    /// Resolves neurons, prepares animals and cuts splits.
    ///
    /// # Errors
    /// [`ModelError`] for neurons that an animal to train on lacks, and recordings that cannot be
    /// prepared or split.
    pub fn new(
        preparation: &Preparation,
        seed: u64,
        train: &[Recording],
        extended: &[Recording],
        connectome: Option<&GivenConnectome>,
        parts: Parts,
    ) -> Result<Self, ModelError> {
        let missing = |missing| {
            let set = preparation.neurons.to_string();
            ModelError::NeuronSet { set, missing }
        };
        let neurons = preparation.neurons.resolve(train).map_err(missing)?;
        let shown = shown(preparation, &neurons, train)?;
        let may_lack = preparation.neurons == NeuronSet::Named;
        let select = if may_lack { select_present } else { select };
        let mut animals = Vec::new();
        for recording in train {
            let selected =
                select(recording, &neurons, &preparation.coding, preparation.derivative)?;
            let splits = match parts {
                Parts::TrainValidateTest => splits(preparation, seed, &selected)?,
                Parts::TrainValidate => vec![split_without_test(preparation, seed, &selected)?],
            };
            animals.push(PlannedAnimal {
                own: own_features(preparation, &selected)?,
                selected,
                splits,
            });
        }
        let mut left_out = Vec::new();
        for recording in extended {
            let lacks = |neuron: &NeuronName| recording.column(neuron).is_none();
            let is_unfit = match may_lack {
                true => neurons.iter().all(lacks),
                false => neurons.iter().any(lacks),
            };
            if is_unfit {
                left_out.push(recording.animal().to_owned());
                continue;
            }
            let selected =
                select(recording, &neurons, &preparation.coding, preparation.derivative)?;
            let own = own_features(preparation, &selected)?;
            animals.push(PlannedAnimal { own, selected, splits: Vec::new() });
        }
        let adjacency = connectome.map(|given| {
            let weights = given.connectome.edge_weights(&neurons, &given.kinds, given.weighting);
            weights.into_iter().map(|w| w as f32).collect()
        });
        let n_trainable = train.len();
        Ok(Self {
            preparation: preparation.clone(),
            neurons,
            animals,
            n_trainable,
            shown,
            left_out,
            adjacency,
            machine: Machine::default(),
        })
    }

    /// Whose fits this machine computes, instead of the processor.
    #[must_use]
    pub fn on(self, machine: &Machine) -> Self {
        Self { machine: machine.clone(), ..self }
    }

    /// The features of every animal, `[frame, neuron, feature]`, as a fit on `subset` and `fold`
    /// sees them.
    ///
    /// # Errors
    /// [`ModelError::Prepare`] for a neuron that cannot be normalised.
    pub fn features(
        &self,
        subset: &[usize],
        fold: usize,
    ) -> Result<Vec<Cow<'_, [f32]>>, ModelError> {
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
            features.push(Cow::Owned(ranges.apply(selected, self.preparation.interval())?));
        }
        Ok(features)
    }

    /// Whether the derivative of a frame holds frames after it.
    pub fn looks_ahead(&self) -> bool {
        let causal = DerivativeMethod::BackwardDifferences;
        self.animals.iter().any(|animal| animal.selected.derivative_method != causal)
    }

    /// What the features of a fit are normalised by, with its numbers.
    ///
    /// # Errors
    /// [`ModelError::Prepare`] for a neuron that cannot be normalised.
    pub fn scaling(&self, subset: &[usize], fold: usize) -> Result<Scaling, ModelError> {
        Ok(match self.preparation.normalisation {
            Normalisation::WholeRecording => Scaling::WholeRecording,
            Normalisation::Training => Scaling::Training(self.ranges(subset, fold)?),
            Normalisation::Causal => Scaling::Causal,
        })
    }

    /// Names of some animals, in their order.
    pub fn names(&self, subset: &[usize]) -> Vec<String> {
        subset.iter().map(|&k| self.animals[k].selected.animal.clone()).collect()
    }

    /// Which frames of an animal are evaluated of a fit on `subset`.
    pub fn role(&self, subset: &[usize], animal: usize) -> Role {
        if subset.contains(&animal) {
            Role::SameAnimal
        } else if animal < self.n_trainable {
            Role::UnseenAnimal
        } else {
            Role::ExtendedAnimal
        }
    }

    /// The animals of the extended set whose whole recordings validate fits under
    /// [`crate::Validation::Extended`]: every second one, from the first. The others are never learnt from.
    pub fn validating(&self) -> Vec<usize> {
        (self.n_trainable..self.animals.len()).step_by(2).collect()
    }

    /// The ranges of the training frames of a fit, all its animals pooled.
    fn ranges(&self, subset: &[usize], fold: usize) -> Result<Ranges, ModelError> {
        let training = |&k: &usize| {
            let animal = &self.animals[k];
            (&animal.selected, animal.splits[fold].train.as_slice())
        };
        Ok(Ranges::fit(&subset.iter().map(training).collect::<Vec<_>>())?)
    }

    /// The frames of an animal that a fit learns from, where nothing is chosen by validation frames:
    /// under [`Protocol::Animals`] all of them, under the others the training frames.
    pub fn learnt(&self, animal: usize, fold: usize) -> Cow<'_, [usize]> {
        let PlannedAnimal { selected, splits, .. } = &self.animals[animal];
        match self.preparation.protocol {
            Protocol::Animals => Cow::Owned((0..selected.n_frames).collect()),
            _ => Cow::Borrowed(&splits[fold].train),
        }
    }

    /// The frames of an animal trained on that a fit may look at, labelled or not.
    pub fn visible(&self, animal: usize, fold: usize) -> Range<usize> {
        let PlannedAnimal { selected, splits, .. } = &self.animals[animal];
        match self.preparation.protocol {
            Protocol::Paper | Protocol::AuthorsCode | Protocol::Animals => 0..selected.n_frames,
            Protocol::Strict => {
                let end = splits[fold].validation.last().expect("a split has validation frames");
                0..end + 1
            }
        }
    }

    /// How signals over time are scaled in a fit on some animals: nothing but the frames that it may look at is
    /// looked at.
    ///
    /// # Errors
    /// [`ModelError::Prepare`] for a missing value.
    pub(crate) fn signal_scaling(
        &self,
        inputs: Inputs,
        subset: &[usize],
        fold: usize,
    ) -> Result<SignalScaling, ModelError> {
        let intervals = subset.iter().map(|&animal| {
            let seconds = &self.animals[animal].selected.seconds[self.visible(animal, fold)];
            match seconds {
                [first, .., last] => (last - first) / (seconds.len() - 1) as f64,
                _ => 1.,
            }
        });
        let interval_s = intervals.sum::<f64>() / subset.len() as f64;
        let signals = |&animal: &usize| {
            let selected = &self.animals[animal].selected;
            Signals::new(selected, self.visible(animal, fold), smoothing(inputs, interval_s))
        };
        let signals = subset.iter().map(signals).collect::<Result<Vec<_>, _>>()?;
        let signals: Vec<&Signals> = signals.iter().collect();
        let normalisation = self.preparation.normalisation;
        let levels = match normalisation {
            Normalisation::Causal => Levels::expected(&signals),
            Normalisation::WholeRecording | Normalisation::Training => Levels::pooled(&signals),
        };
        Ok(SignalScaling { inputs, normalisation, levels, interval_s })
    }
}

/// Which neurons are shown of animals not trained on.
fn shown(
    preparation: &Preparation,
    neurons: &[NeuronName],
    train: &[Recording],
) -> Result<Option<Vec<bool>>, ModelError> {
    let Some(set) = &preparation.shown else { return Ok(None) };
    let missing = |missing| ModelError::NeuronSet { set: set.to_string(), missing };
    let names = set.resolve(train).map_err(missing)?;
    Ok(Some(neurons.iter().map(|neuron| names.contains(neuron)).collect()))
}

/// Features by the animal's own range, where that is what it is normalised by.
fn own_features(
    preparation: &Preparation,
    selected: &Selected,
) -> Result<Option<Vec<f32>>, ModelError> {
    // Models of frames see no animals that lack neurons.
    if preparation.neurons == NeuronSet::Named {
        return Ok(None);
    }
    let scope = match preparation.normalisation {
        // "Normalization was performed for the entire recorded calcium trace of a worm."
        Normalisation::WholeRecording => Scope::WholeRecording,
        Normalisation::Causal => Scope::Causal,
        Normalisation::Training => return Ok(None),
    };
    Ok(Some(selected.normalized(scope, preparation.interval())?))
}

fn splits(
    preparation: &Preparation,
    seed: u64,
    selected: &Selected,
) -> Result<Vec<Split>, ModelError> {
    let Selected { animal, n_frames, states, .. } = selected;
    let n_folds = preparation.n_folds;
    match preparation.protocol {
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
        // Nothing of the animals trained on is tested.
        Protocol::Animals => Ok(vec![last_block_split(states, N_BLOCKS)?]),
        Protocol::Strict => {
            let of_fold = |fold| Ok(forward_split(states, n_folds, fold)?);
            (0..n_folds).map(of_fold).collect()
        }
    }
}

/// Under the paper's protocol.
fn folds(n_folds: usize, seed: u64, selected: &Selected) -> Result<Folds, ModelError> {
    let windows = cut_windows(selected.n_frames, WINDOW)?;
    let mut rng = generator(seed, &["folds", &selected.animal]);
    Ok(Folds::shuffled(&windows, n_folds, &mut rng)?)
}

/// Under `strict` the last block validates; under the others the part of windows that validates
/// the first fold of a study, while the part that would test it trains.
fn split_without_test(
    preparation: &Preparation,
    seed: u64,
    selected: &Selected,
) -> Result<Split, ModelError> {
    let split = match preparation.protocol {
        Protocol::Strict | Protocol::Animals => {
            return Ok(last_block_split(&selected.states, N_BLOCKS)?);
        }
        Protocol::Paper => {
            let Split { mut train, validation, test } =
                folds(preparation.n_folds, seed, selected)?.split(0);
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
