//! How sure forecasts of traces are and with what right, over animals: [`fan_rows`].

use super::Forecast;
use super::rows::{Pair, pairs, same_fit};
use crate::run::Results;
use nervering_fit::{FanScores, ForecastModel};
use nervering_prepare::EVALUATION_STEPS;
use nervering_statistics::{Role, mean};
use std::collections::BTreeMap;

/// How an interval of 90 % did.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Covered {
    /// Share of what came that lies within: mean over animals.
    pub mean: f64,
    /// In the animal where it is least.
    pub least: f64,
    /// In the animal where it is most.
    pub most: f64,
    /// Width, in the unit of the features, mean over animals.
    pub width: f64,
}

/// Intervals of one model at one step in one kind of animals.
#[derive(Debug, Clone, PartialEq)]
pub struct FanRow {
    /// Name of the variant.
    pub variant: String,
    /// Animals that each fit was trained on.
    pub n_trained: usize,
    /// Which animals were forecast.
    pub role: Role,
    /// The model.
    pub model: String,
    /// Steps ahead, from 1.
    pub step: usize,
    /// Of normal distributions.
    pub normal: Covered,
    /// Of empirical quantiles.
    pub empirical: Covered,
    /// Of conformal intervals.
    pub conformal: Covered,
    /// Negative log density of the normal distributions, nats, mean over animals.
    pub nll: f64,
    /// Continuous ranked probability score of the empirical quantiles, mean over animals.
    pub crps: f64,
    /// `1 − CRPS / CRPS of ar`, of each fit in each animal, mean over animals; nothing without `ar`.
    pub crps_over_ar: Option<f64>,
    /// Animals.
    pub n_animals: usize,
}

/// By variant, number of training animals, kind of animals that were not trained on, model, and step.
pub fn fan_rows(results: &Results<Forecast>) -> Vec<FanRow> {
    let mut rows = Vec::new();
    for variant in &results.config.variants {
        for &n_trained in &results.config.training_sizes {
            for role in [Role::UnseenAnimal, Role::ExtendedAnimal] {
                let pairs = pairs(results, &variant.name, n_trained, role);
                for model in &variant.models {
                    let of_step = |step: usize| row(&pairs, *model, step);
                    let found = (1..=EVALUATION_STEPS).filter_map(of_step);
                    let variant = variant.name.clone();
                    rows.extend(found.map(|row| FanRow {
                        variant: variant.clone(),
                        n_trained,
                        role,
                        ..row
                    }));
                }
            }
        }
    }
    rows
}

fn row(pairs: &[Pair<'_>], model: ForecastModel, step: usize) -> Option<FanRow> {
    let at = step - 1;
    let scores = |pair: &Pair<'_>| pair.1.fans.clone().filter(|_| !pair.0.training_diverged());
    let mut animals: BTreeMap<&str, Vec<(FanScores, Option<FanScores>)>> = BTreeMap::new();
    for pair in pairs.iter().filter(|(fit, _)| fit.model == model.as_str()) {
        let Some(own) = scores(pair) else { continue };
        let ar = same_fit(pairs, pair, ForecastModel::Ar.as_str());
        animals.entry(&pair.1.animal).or_default().push((own, ar.as_ref().and_then(scores)));
    }
    if animals.is_empty() {
        return None;
    }
    // Fits of an animal first, then animals.
    let of_animals = |of: &dyn Fn(&FanScores) -> f64| -> Vec<f64> {
        let of_animal = |fits: &Vec<(FanScores, _)>| {
            mean(&fits.iter().map(|(own, _)| of(own)).collect::<Vec<f64>>())
        };
        animals.values().map(of_animal).collect()
    };
    let covered = |which: fn(&FanScores) -> &nervering_fit::IntervalScores| {
        let coverage = of_animals(&|scores| which(scores).coverage[at]);
        Covered {
            mean: mean(&coverage),
            least: coverage.iter().copied().fold(f64::INFINITY, f64::min),
            most: coverage.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            width: mean(&of_animals(&|scores| which(scores).width[at])),
        }
    };
    let skills: Vec<f64> = animals
        .values()
        .filter_map(|fits| {
            let skill = |(own, ar): &(FanScores, Option<FanScores>)| {
                Some(1. - own.empirical_crps[at] / ar.as_ref()?.empirical_crps[at])
            };
            let skills: Vec<f64> =
                fits.iter().filter_map(skill).filter(|s| s.is_finite()).collect();
            (!skills.is_empty()).then(|| mean(&skills))
        })
        .collect();
    Some(FanRow {
        variant: String::new(),
        n_trained: 0,
        role: Role::UnseenAnimal,
        model: model.as_str().to_owned(),
        step,
        normal: covered(|scores| &scores.normal),
        empirical: covered(|scores| &scores.empirical),
        conformal: covered(|scores| &scores.conformal),
        nll: mean(&of_animals(&|scores| scores.nll[at])),
        crps: mean(&of_animals(&|scores| scores.empirical_crps[at])),
        crps_over_ar: (!skills.is_empty()).then(|| mean(&skills)),
        n_animals: animals.len(),
    })
}
