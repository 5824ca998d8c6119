//! From what was asked to what can be run: recordings prepared, folds cut, every fit named. Only a
//! [`Plan`] can run.

use crate::config::{BatchNormFrom, Protocol, StudyConfig};
use crate::error::StudyError;
use crate::seed::generator;
use nervering_models::{DecoderModel, ModelName};
use nervering_prepare::{
    DerivativeMethod, Folds, N_FEATURES, Prepared, Scope, ScopeKind, cut_windows, prepare,
    subsets_of_size,
};
use nervering_recording::{NeuronName, Recording};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// Frames of a window; 8 in the paper, about three seconds.
const WINDOW: usize = 8;

/// A study that can run: every part of its configuration is valid for its recordings.
#[derive(Debug)]
pub struct Plan {
    config: StudyConfig,
    neurons: Vec<NeuronName>,
    pub(crate) animals: Vec<PlannedAnimal>,
    pub(crate) groups: Vec<Group>,
    n_subsets_cut: usize,
}

/// One animal as the study uses it.
#[derive(Debug)]
pub(crate) struct PlannedAnimal {
    pub(crate) prepared: Prepared,
    /// Time of every frame in seconds.
    pub(crate) times_s: Vec<f64>,
    pub(crate) folds: Folds,
}

/// All folds of one model on one subset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Group {
    pub(crate) model: ModelName,
    /// Indices of the animals trained on, ascending.
    pub(crate) subset: Vec<usize>,
}

impl Plan {
    /// Checks a configuration against recordings and prepares them.
    ///
    /// # Errors
    /// [`StudyError`] says which part of the configuration or which recording does not fit.
    pub fn new(config: StudyConfig, recordings: &[Recording]) -> Result<Self, StudyError> {
        check(&config, recordings)?;
        let neurons = config
            .neurons
            .resolve(recordings)
            .map_err(|missing| StudyError::Neurons { set: config.neurons.to_string(), missing })?;
        let Protocol::Paper = config.protocol;
        let mut animals = Vec::new();
        for recording in recordings {
            // "Normalization was performed for the entire recorded calcium trace of a worm."
            let scope = Scope::WholeRecording;
            let (coding, source) = (config.coding, config.derivative);
            let prepared = prepare(recording, &neurons, coding, source, scope)?;
            let windows = cut_windows(prepared.n_frames, WINDOW)?;
            let mut rng = generator(config.seed, &["folds", &prepared.animal]);
            let folds = Folds::shuffled(&windows, config.n_folds, &mut rng)?;
            let times_s = recording.time().seconds().to_vec();
            animals.push(PlannedAnimal { prepared, times_s, folds });
        }
        let mut groups = Vec::new();
        let mut n_subsets_cut = 0;
        for &size in &config.training_sizes {
            let subsets: Vec<_> = subsets_of_size(animals.len(), size).collect();
            let n_used = config.max_subsets.unwrap_or(usize::MAX).min(subsets.len());
            n_subsets_cut += subsets.len() - n_used;
            for &model in &config.models {
                let of_model = subsets[..n_used].iter().cloned();
                groups.extend(of_model.map(|subset| Group { model, subset }));
            }
        }
        Ok(Self { config, neurons, animals, groups, n_subsets_cut })
    }

    /// What was asked for.
    pub fn config(&self) -> &StudyConfig {
        &self.config
    }

    /// The neurons used, in the order of the features.
    pub fn neurons(&self) -> &[NeuronName] {
        &self.neurons
    }

    /// Names of the animals.
    pub fn animals(&self) -> Vec<String> {
        self.animals.iter().map(|animal| animal.prepared.animal.clone()).collect()
    }

    /// Fits of the study.
    pub fn n_fits(&self) -> usize {
        self.groups.len() * self.config.folds_run
    }

    /// Gradient steps of the study: one per network, epoch and training animal.
    pub fn n_steps(&self) -> usize {
        let of_group = |group: &Group| match group.model.model() {
            DecoderModel::Network(_) => {
                group.subset.len() * self.config.folds_run * self.config.epochs
            }
            DecoderModel::Direct(_) => 0,
        };
        self.groups.iter().map(of_group).sum()
    }

    /// What a reader of the table must know: what was cut, and what the numbers rest on.
    pub fn notes(&self) -> Vec<String> {
        let config = &self.config;
        let mut notes = vec![format!(
            "{} animals, {} neurons, {} states; windows of {WINDOW} frames in {} shuffled folds: {} train, 1 validates, 1 tests.",
            self.animals.len(),
            self.neurons.len(),
            config.coding.n_classes(),
            config.n_folds,
            config.n_folds - 2,
        )];
        if config.folds_run < config.n_folds || config.epochs < 800 || self.n_subsets_cut > 0 {
            let mut cut = format!(
                "Cut against the paper's grid: {} of {} folds run, {} of 800 epochs",
                config.folds_run, config.n_folds, config.epochs
            );
            if self.n_subsets_cut > 0 {
                cut += &format!(", {} subsets of animals left out", self.n_subsets_cut);
            }
            notes.push(cut + ".");
        }
        let methods: BTreeSet<&str> =
            self.animals.iter().map(|a| a.prepared.derivative_method.as_str()).collect();
        let methods: Vec<&str> = methods.into_iter().collect();
        let causal = self.animals.iter().all(|animal| {
            animal.prepared.derivative_method == DerivativeMethod::BackwardDifferences
        });
        let ahead = if causal { "" } else { ", which look ahead" };
        notes.push(format!("Derivative: {}{ahead}.", methods.join(", ")));
        let scope = match self.animals[0].prepared.scope {
            ScopeKind::WholeRecording => "whole recording",
            ScopeKind::TrainingFrames => "training frames",
            ScopeKind::Causal => "past of each frame",
        };
        let (batch_norm, adapts) = match config.batch_norm {
            BatchNormFrom::Evaluated => (
                "over the evaluated frames (transductive)",
                "Unseen animals are unseen, but adapt normalisation and batch norm.",
            ),
            BatchNormFrom::Training => (
                "with the statistics of the animals trained on (inductive)",
                "Unseen animals are unseen, but normalised over their whole recording.",
            ),
        };
        notes.push(format!(
            "Protocol {}: min-max over the {scope}; batch norm {batch_norm}.",
            config.protocol
        ));
        notes.push(format!(
            "It leaks: test frames take part in the normalisation, and windows of one bout lie in training and test. {adapts}"
        ));
        notes
    }

    /// SHA-256 of everything about the animals that enters a fit.
    pub(crate) fn fingerprints(&self) -> Vec<String> {
        let of_animal = |animal: &PlannedAnimal| {
            let mut hash = Sha256::new();
            animal.prepared.features.iter().for_each(|v| hash.update(v.to_le_bytes()));
            let label = |label: &Option<u8>| label.unwrap_or(u8::MAX);
            hash.update(animal.prepared.labels.iter().map(label).collect::<Vec<_>>());
            hex(&hash.finalize())
        };
        self.animals.iter().map(of_animal).collect()
    }

    pub(crate) fn n_features(&self) -> usize {
        N_FEATURES
    }
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn check(config: &StudyConfig, recordings: &[Recording]) -> Result<(), StudyError> {
    let refuse =
        |what, found: String, expected: String| Err(StudyError::Config { what, found, expected });
    let mut names = BTreeSet::new();
    for recording in recordings {
        if !names.insert(recording.animal()) {
            return Err(StudyError::SameAnimalTwice { animal: recording.animal().to_owned() });
        }
        if recording.behavior().is_none() {
            return Err(StudyError::NoBehavior { animal: recording.animal().to_owned() });
        }
    }
    if config.models.is_empty() {
        return refuse("models", "none".into(), "at least one".into());
    }
    if config.training_sizes.is_empty() {
        return refuse("training sizes", "none".into(), "at least one".into());
    }
    for &size in &config.training_sizes {
        if size == 0 || size > recordings.len() {
            let expected = format!("1 to {} animals", recordings.len());
            return refuse("training size", size.to_string(), expected);
        }
    }
    if config.folds_run == 0 || config.folds_run > config.n_folds {
        let expected = format!("1 to {}", config.n_folds);
        return refuse("folds to run", config.folds_run.to_string(), expected);
    }
    if config.epochs == 0 {
        return refuse("epochs", "0".into(), "at least 1".into());
    }
    Ok(())
}
