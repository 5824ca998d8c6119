//! Skill in traces from every frame on, against more than copying: [`skill_sections`].
//!
//! One start in sixteen leaves chance in a number; here every frame is one. Skill is
//! `1 − MSE / MSE of the reference`, of each fit in each animal, then the mean over the fits of an animal;
//! the mean over animals has a bootstrap interval. The best linear forecaster is, at each step, that of
//! `ar`, `var` and `linear` with the most skill over copying in these very animals: a choice in its favour.

use super::rows::{Pair, pairs, same_fit};
use super::{Forecast, ForecastEvaluation, ForecastFit};
use crate::run::Results;
use crate::summary::Spread;
use nervering_fit::{ForecastModel, StepErrors};
use nervering_prepare::EVALUATION_STEPS;
use nervering_statistics::seed::generator;
use nervering_statistics::{BootstrapConfig, Interval, Role, bootstrap_mean, mean};
use std::collections::BTreeMap;

/// What skill is measured over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Over {
    /// Persistence.
    Copy,
    /// The autoregression of each neuron alone.
    Ar,
    /// The best linear forecaster that learns from training animals alone.
    BestLinear,
}

impl Over {
    /// All, in the order of tables.
    pub const ALL: [Self; 3] = [Self::Copy, Self::Ar, Self::BestLinear];

    /// The name, for example `best-linear`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Copy => "copy",
            Self::Ar => "ar",
            Self::BestLinear => "best-linear",
        }
    }
}

/// Skill of one model at one step over one reference.
#[derive(Debug, Clone, PartialEq)]
pub struct SkillRow {
    /// The model.
    pub model: String,
    /// Steps ahead, from 1.
    pub step: usize,
    /// The reference.
    pub over: Over,
    /// Over animals.
    pub spread: Spread,
    /// Of the mean, 95 %; nothing for a single animal.
    pub interval: Option<Interval>,
    /// Each animal by name, in alphabetical order.
    pub animals: Vec<(String, f64)>,
}

/// Skill over copying in a third of the recordings.
#[derive(Debug, Clone, PartialEq)]
pub struct ThirdRow {
    /// The model.
    pub model: String,
    /// Steps ahead, from 1.
    pub step: usize,
    /// Mean over animals: first, middle and last third.
    pub skills: [f64; 3],
}

/// Skills in one kind of animals, of fits of one size under one variant.
#[derive(Debug, Clone, PartialEq)]
pub struct SkillSection {
    /// Name of the variant.
    pub variant: String,
    /// Animals that each fit was trained on.
    pub n_trained: usize,
    /// Which animals were forecast.
    pub role: Role,
    /// By model in the order of the study, step, and reference. Without a reference there is no row.
    pub rows: Vec<SkillRow>,
    /// Of models that learn from the animal's own past, and of the best linear one.
    pub thirds: Vec<ThirdRow>,
    /// The best linear forecaster at each step, the first of step 1; empty where there is none.
    pub best_linear: Vec<String>,
}

impl SkillSection {
    /// The row of a model at a step over a reference.
    pub fn row(&self, model: &str, step: usize, over: Over) -> Option<&SkillRow> {
        let is_it =
            |row: &&SkillRow| (row.model.as_str(), row.step, row.over) == (model, step, over);
        self.rows.iter().find(is_it)
    }

    /// Names of the models, in the order of the study.
    pub fn models(&self) -> Vec<&str> {
        let mut models: Vec<&str> = self.rows.iter().map(|row| row.model.as_str()).collect();
        models.dedup();
        models
    }
}

/// Sections by variant, number of training animals and kind of animals: those that were not trained on.
pub fn skill_sections(results: &Results<Forecast>) -> Vec<SkillSection> {
    let mut sections = Vec::new();
    for variant in &results.config.variants {
        for &n_trained in &results.config.training_sizes {
            for role in [Role::UnseenAnimal, Role::ExtendedAnimal] {
                let pairs = pairs(results, &variant.name, n_trained, role);
                if !pairs.is_empty() {
                    let (name, models) = (variant.name.clone(), &variant.models);
                    sections.push(section(results, &pairs, name, n_trained, role, models));
                }
            }
        }
    }
    sections
}

fn section(
    results: &Results<Forecast>,
    pairs: &[Pair<'_>],
    variant: String,
    n_trained: usize,
    role: Role,
    models: &[ForecastModel],
) -> SkillSection {
    let over_copy = |model: ForecastModel, step: usize| {
        let skills = of_animals(pairs, model, ForecastModel::Copy, step, every);
        (!skills.is_empty()).then(|| mean(&values(&skills)))
    };
    let best_at = |step: usize| {
        let linear = models.iter().copied().filter(|model| ForecastModel::LINEAR.contains(model));
        let skilled = linear.filter_map(|model| Some((model, over_copy(model, step)?)));
        skilled.max_by(|a, b| a.1.total_cmp(&b.1)).map(|(model, _)| model)
    };
    let best: Vec<Option<ForecastModel>> = (1..=EVALUATION_STEPS).map(best_at).collect();
    let mut rows = Vec::new();
    for &model in models {
        for step in 1..=EVALUATION_STEPS {
            for over in Over::ALL {
                let reference = match over {
                    Over::Copy => Some(ForecastModel::Copy),
                    Over::Ar => Some(ForecastModel::Ar),
                    Over::BestLinear => best[step - 1],
                };
                let Some(reference) = reference else { continue };
                let animals = of_animals(pairs, model, reference, step, every);
                let of_mean = [variant.as_str(), model.as_str(), over.as_str(), &step.to_string()];
                let mut rng = generator(results.config.seed, &[&["skill"], &of_mean[..]].concat());
                let skills = values(&animals);
                let Some(spread) = Spread::of(&skills) else { continue };
                rows.push(SkillRow {
                    model: model.as_str().to_owned(),
                    step,
                    over,
                    spread,
                    interval: bootstrap_mean(&skills, &BootstrapConfig::default(), &mut rng),
                    animals,
                });
            }
        }
    }
    let is_told =
        |model: &&ForecastModel| model.learns_from_own_past() || best.contains(&Some(**model));
    let thirds = models.iter().filter(is_told).flat_map(|&model| {
        (1..=EVALUATION_STEPS).filter_map(move |step| {
            let of_third = |third: usize| {
                let errors = |e: &'_ ForecastEvaluation| e.thirds.get(third).cloned();
                let skills = of_animals(pairs, model, ForecastModel::Copy, step, errors);
                (!skills.is_empty()).then(|| mean(&values(&skills)))
            };
            let skills = [of_third(0)?, of_third(1)?, of_third(2)?];
            Some(ThirdRow { model: model.as_str().to_owned(), step, skills })
        })
    });
    let thirds = thirds.collect();
    let best_linear = best.iter().flatten().map(|model| model.as_str().to_owned()).collect();
    SkillSection { variant, n_trained, role, rows, thirds, best_linear }
}

/// Errors from every frame on, where all forecasts are finite.
fn every(evaluation: &ForecastEvaluation) -> Option<StepErrors> {
    evaluation.every.errors().cloned()
}

/// Skill of a model in each animal, mean over its fits; fits that diverged are left out.
fn of_animals(
    pairs: &[Pair<'_>],
    model: ForecastModel,
    reference: ForecastModel,
    step: usize,
    errors: impl Fn(&ForecastEvaluation) -> Option<StepErrors>,
) -> Vec<(String, f64)> {
    let trace = |(fit, evaluation): &(&ForecastFit, &ForecastEvaluation)| {
        if fit.training_diverged() {
            return None;
        }
        errors(evaluation)?.trace.get(step - 1).copied()
    };
    let mut animals: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for pair in pairs.iter().filter(|(fit, _)| fit.model == model.as_str()) {
        let other = same_fit(pairs, pair, reference.as_str());
        let (Some(own), Some(other)) = (trace(pair), other.as_ref().and_then(trace)) else {
            continue;
        };
        let skill = 1. - own / other;
        if skill.is_finite() {
            animals.entry(&pair.1.animal).or_default().push(skill);
        }
    }
    animals.into_iter().map(|(animal, skills)| (animal.to_owned(), mean(&skills))).collect()
}

fn values(animals: &[(String, f64)]) -> Vec<f64> {
    animals.iter().map(|(_, skill)| *skill).collect()
}
