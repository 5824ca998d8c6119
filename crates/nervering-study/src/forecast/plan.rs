//! From what was asked to what can be run: recordings prepared, splits cut, every fit named. Only a
//! [`ForecastPlan`] can run.

use super::config::{ForecastConfig, ForecastVariant};
use super::run::name;
use super::{ForecastModel, notes};
use crate::config::Protocol;
use crate::error::StudyError;
use crate::plan::{
    Subsets, check_counts, check_models, check_names, check_training_sizes, check_variant_name,
    fingerprint,
};
use crate::store;
use crate::view::{Parts, View};
use nervering_grid::check_name;
use nervering_models::forecast::MOST_LAGS;
use nervering_prepare::{EVALUATION_STEPS, TRAINING_STEPS, forecast_starts};
use nervering_recording::{MixedUnits, NeuronName, Recording};
use nervering_statistics::Role;
use std::collections::BTreeSet;

/// Hidden units that a network may have at most: the paper has 256.
const WIDEST: usize = 4096;

/// A forecasting study that can run: every part of its configuration is valid for its recordings.
#[derive(Debug)]
pub struct ForecastPlan {
    config: ForecastConfig,
    /// One per variant.
    pub(super) views: Vec<View>,
    pub(super) fits: Vec<PlannedFit>,
    n_trainable: usize,
    animals: Vec<String>,
    fingerprints: Vec<String>,
    n_subsets_cut: usize,
    mixed_units: Option<MixedUnits>,
}

/// One model on one subset of animals under one variant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PlannedFit {
    /// Place of the variant.
    pub(super) variant: usize,
    pub(super) model: ForecastModel,
    /// Indices of the animals trained on, ascending.
    pub(super) subset: Vec<usize>,
}

impl ForecastPlan {
    /// Checks a configuration against recordings and prepares them. Animals of `extended` are
    /// evaluated and never trained on.
    ///
    /// # Errors
    /// [`StudyError`] says which part of the configuration or which recording does not fit.
    pub fn new(
        config: ForecastConfig,
        train: &[Recording],
        extended: &[Recording],
    ) -> Result<Self, StudyError> {
        let everyone = || train.iter().chain(extended);
        check(&config, train.len())?;
        check_names(everyone())?;
        let mut views = Vec::new();
        for variant in &config.variants {
            let (variant, parts) = (variant.of_view(), Parts::TrainValidateTest);
            let view = View::new(&variant, config.seed, train, extended, None, parts)?;
            check_lengths(&view)?;
            views.push(view);
        }
        let (mut fits, mut n_subsets_cut) = (Vec::new(), 0);
        for (place, variant) in config.variants.iter().enumerate() {
            for &size in &config.training_sizes {
                let Subsets { used, n_cut } = Subsets::new(train.len(), size, config.max_subsets);
                n_subsets_cut = n_subsets_cut.max(n_cut);
                for &model in &variant.models {
                    let of_model = used.iter().cloned();
                    fits.extend(of_model.map(|subset| PlannedFit {
                        variant: place,
                        model,
                        subset,
                    }));
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
            fits,
            n_trainable,
            animals,
            fingerprints,
            n_subsets_cut,
            mixed_units,
        })
    }

    /// What was asked for.
    pub fn config(&self) -> &ForecastConfig {
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

    /// Fits of the study.
    pub fn n_fits(&self) -> usize {
        self.fits.len()
    }

    /// Gradient steps of the study, of fits that do not diverge: one per network, epoch and
    /// training animal.
    pub fn n_steps(&self) -> usize {
        self.fits.iter().map(|fit| self.steps(fit)).sum()
    }

    /// What a reader of the tables must know: what was cut, and what the numbers rest on.
    pub fn notes(&self) -> Vec<String> {
        notes::of_plan(self)
    }

    /// Its `study.toml` and its results, by path within its folder.
    pub fn stored(&self) -> Vec<String> {
        store::stored(self.fits.iter().map(|fit| name(self, fit)))
    }

    /// Gradient steps of a fit that does not diverge.
    pub(super) fn steps(&self, fit: &PlannedFit) -> usize {
        if fit.model.baseline().is_some() { 0 } else { fit.subset.len() * self.config.epochs }
    }

    pub(super) fn variant(&self, fit: &PlannedFit) -> &ForecastVariant {
        &self.config.variants[fit.variant]
    }

    /// Names of the animals that a fit trains on.
    pub(super) fn trained_on(&self, fit: &PlannedFit) -> Vec<String> {
        fit.subset.iter().map(|&k| self.animals[k].clone()).collect()
    }

    /// The units of the animals, where they are in several.
    pub(super) fn mixed_units(&self) -> Option<&MixedUnits> {
        self.mixed_units.as_ref()
    }

    /// Subsets of animals of one size that are left out, at most.
    pub(super) fn n_subsets_cut(&self) -> usize {
        self.n_subsets_cut
    }

    /// SHA-256 of everything about each animal that can enter a fit.
    pub(super) fn fingerprints(&self) -> &[String] {
        &self.fingerprints
    }

    /// Which frames of an animal of the fit's view are forecast.
    pub(super) fn role(&self, fit: &PlannedFit, animal: usize) -> Role {
        if fit.subset.contains(&animal) {
            Role::SameAnimal
        } else if animal < self.n_trainable {
            Role::UnseenAnimal
        } else {
            Role::ExtendedAnimal
        }
    }

    /// Frames from which a fit forecasts an animal: every 16th with [`MOST_LAGS`] frames up to it
    /// and 16 after it, so that all models are measured on the same. Of an animal trained on, those
    /// that forecast frames of the test block of `strict`; shuffled windows of 8 frames hold no
    /// forecast of 16, so there are none.
    pub(super) fn evaluation_starts(&self, fit: &PlannedFit, animal: usize) -> Vec<usize> {
        let planned = &self.views[fit.variant].animals[animal];
        let frames = match (self.role(fit, animal), self.variant(fit).protocol) {
            (Role::SameAnimal, Protocol::Strict) => {
                let block = &planned.splits[0].test;
                let first = block.first().expect("a split has test frames");
                // What the block is forecast from lies before it.
                first.saturating_sub(MOST_LAGS)..first + block.len()
            }
            (Role::SameAnimal, Protocol::Paper | Protocol::AuthorsCode) => return Vec::new(),
            (Role::UnseenAnimal | Role::ExtendedAnimal, _) => 0..planned.selected.n_frames,
        };
        forecast_starts(frames, EVALUATION_STEPS, MOST_LAGS, EVALUATION_STEPS)
    }
}

/// Of each stretch of consecutive frames, the frame before it and every 8th after that, as long as
/// the steps of training follow within the stretch. Shuffled windows are as long as that, so each
/// is forecast from the frame before it. Every start has [`MOST_LAGS`] frames up to it.
pub(crate) fn starts_within(frames: &[usize]) -> Vec<usize> {
    let stretches = frames.chunk_by(|a, b| a + 1 == *b);
    let starts = stretches.flat_map(|stretch| {
        let (first, last) = (stretch[0], stretch[stretch.len() - 1]);
        forecast_starts(first.saturating_sub(1)..last + 1, TRAINING_STEPS, 1, TRAINING_STEPS)
    });
    starts.filter(|start| start + 1 >= MOST_LAGS).collect()
}

fn check(config: &ForecastConfig, n_animals: usize) -> Result<(), StudyError> {
    let refuse =
        |what, found: String, expected: String| Err(StudyError::Config { what, found, expected });
    if config.variants.is_empty() {
        return refuse("variants", "none".into(), "at least one".into());
    }
    check_name("name of the study", &config.name)?;
    check_training_sizes(&config.training_sizes, n_animals)?;
    let per_subset = config.variants.iter().map(|variant| variant.models.len()).sum();
    check_counts(n_animals, &config.training_sizes, config.max_subsets, per_subset)?;
    if config.epochs == 0 {
        return refuse("epochs", "0".into(), "at least 1".into());
    }
    let width = config.network.width;
    if width == 0 || width > WIDEST {
        return refuse("width", width.to_string(), format!("1 to {WIDEST} hidden units"));
    }
    let mut names = BTreeSet::new();
    for variant in &config.variants {
        check_variant_name(&variant.name)?;
        check_models(&variant.models)?;
        if !names.insert(&variant.name) {
            return refuse("variant", variant.name.clone(), "names that differ".into());
        }
    }
    Ok(())
}

/// Refuses animals in which nothing could be forecast.
fn check_lengths(view: &View) -> Result<(), StudyError> {
    for (k, animal) in view.animals.iter().enumerate() {
        let n_frames = animal.selected.n_frames;
        let short = |what| {
            let animal = animal.selected.animal.clone();
            Err(StudyError::TooShortToForecast { animal, n_frames, what })
        };
        if n_frames < MOST_LAGS + EVALUATION_STEPS {
            return short("a forecast of 16 frames from 8");
        }
        if k < view.n_trainable {
            if starts_within(&animal.splits[0].train).is_empty() {
                return short("a forecast to train on");
            }
            if starts_within(&animal.splits[0].validation).is_empty() {
                return short("a forecast to validate on");
            }
        }
    }
    Ok(())
}
