//! Results to the rows of tables: [`forecast_sections`] averages errors and skill over animals, and
//! [`versus`] says which models beat a baseline, and at which steps.

use super::{Forecast, ForecastEvaluation, ForecastFit};
use crate::run::Results;
use crate::summary::{Spread, Unit};
use nervering_fit::{ForecastModel, Protocol, StepErrors};
use nervering_prepare::EVALUATION_STEPS;
use nervering_statistics::Role;
use std::collections::BTreeMap;

/// One variant, number of training animals and kind of evaluated animals.
#[derive(Debug, Clone, PartialEq)]
pub struct ForecastSection {
    /// Name of the variant.
    pub variant: String,
    /// Animals that each fit was trained on.
    pub n_trained: usize,
    /// Which animals were forecast.
    pub role: Role,
    /// What counts as one value.
    pub unit: Unit,
    /// By model in the order of the study, then by step from 1 to 16.
    pub rows: Vec<ForecastRow>,
}

impl ForecastSection {
    /// `Three-paper, trained on 4, unseen animals`; without the variant where it is the only one.
    pub fn title(&self, of_several: bool) -> String {
        let role = match self.role {
            Role::SameAnimal => "the future of the same animals",
            Role::UnseenAnimal => "unseen animals",
            Role::ExtendedAnimal => "the extended set",
        };
        let trained = format!("trained on {}, {role}", self.n_trained);
        if of_several { format!("{}, {trained}", self.variant) } else { trained }
    }

    /// The row of a model at a step.
    pub fn row(&self, model: &str, step: usize) -> Option<&ForecastRow> {
        self.rows.iter().find(|row| row.model == model && row.step == step)
    }
}

/// Error and skill of one model at one step ahead.
#[derive(Debug, Clone, PartialEq)]
pub struct ForecastRow {
    /// The model.
    pub model: String,
    /// Steps ahead, from 1.
    pub step: usize,
    /// Of the trace.
    pub trace: ErrorSpread,
    /// Of the derivative.
    pub derivative: ErrorSpread,
    /// Of both together.
    pub both: ErrorSpread,
    /// Evaluations of fits whose training diverged, or with a forecast that was not finite. They
    /// are in no mean of this row.
    pub n_diverged: usize,
}

/// Means over units.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ErrorSpread {
    /// Mean squared error, [0, 1]²; four times that in [−1, 1]². Nothing where every fit diverged.
    pub mse: Option<Spread>,
    /// `1 − MSE / MSE of copy`, of each fit in each animal, then averaged. Nothing without `copy`.
    pub skill: Option<Spread>,
}

/// One evaluation with its fit.
pub(super) type Pair<'a> = (&'a ForecastFit, &'a ForecastEvaluation);

/// Sections by variant, number of training animals, and kind of evaluated animals.
pub fn forecast_sections(results: &Results<Forecast>) -> Vec<ForecastSection> {
    let mut sections = Vec::new();
    for variant in &results.config.variants {
        let unit = match variant.protocol() {
            Protocol::Paper | Protocol::AuthorsCode => Unit::Pairs,
            Protocol::Strict | Protocol::Animals => Unit::Animals,
        };
        for &n_trained in &results.config.training_sizes {
            for role in [Role::SameAnimal, Role::UnseenAnimal, Role::ExtendedAnimal] {
                let pairs = pairs(results, &variant.name, n_trained, role);
                if pairs.is_empty() {
                    continue;
                }
                let of_model = |model: &ForecastModel| model_rows(&pairs, model.as_str(), unit);
                let rows = variant.models.iter().flat_map(of_model).collect();
                let variant = variant.name.clone();
                sections.push(ForecastSection { variant, n_trained, role, unit, rows });
            }
        }
    }
    sections
}

pub(super) fn pairs<'a>(
    results: &'a Results<Forecast>,
    variant: &str,
    n_trained: usize,
    role: Role,
) -> Vec<Pair<'a>> {
    let fits = results.fits.iter();
    fits.filter(|fit| fit.variant == variant && fit.trained_on.len() == n_trained)
        .flat_map(|fit| fit.evaluations.iter().map(move |evaluation| (fit, evaluation)))
        .filter(|(_, evaluation)| evaluation.role == role)
        .collect()
}

fn model_rows(pairs: &[Pair<'_>], model: &str, unit: Unit) -> Vec<ForecastRow> {
    let of_model = || pairs.iter().filter(|(fit, _)| fit.model == model);
    let finite: Vec<(Pair<'_>, &StepErrors)> =
        of_model().filter_map(|&(fit, e)| Some(((fit, e), fit.errors(e)?))).collect();
    let n_diverged = of_model().count() - finite.len();
    let row = |step: usize| {
        let spread = |of: fn(&StepErrors) -> Vec<f64>| {
            let at_step = |errors: &StepErrors| of(errors).get(step - 1).copied();
            let errors = finite.iter().filter_map(|((_, evaluation), errors)| {
                Some((evaluation.animal.as_str(), at_step(errors)?))
            });
            let skills = finite.iter().filter_map(|(pair, errors)| {
                let copy = same_pair(pairs, pair, ForecastModel::Copy.as_str())?;
                let skill = 1. - at_step(errors)? / at_step(copy)?;
                skill.is_finite().then_some((pair.1.animal.as_str(), skill))
            });
            ErrorSpread { mse: over_units(errors, unit), skill: over_units(skills, unit) }
        };
        ForecastRow {
            model: model.to_owned(),
            step,
            trace: spread(|errors| errors.trace.clone()),
            derivative: spread(|errors| errors.derivative.clone()),
            both: spread(StepErrors::both),
            n_diverged,
        }
    };
    (1..=EVALUATION_STEPS).map(row).collect()
}

/// Another model, trained on the same animals, in the same animal; of several initialisations the same one,
/// where there is it.
pub(super) fn same_fit<'a>(
    pairs: &[Pair<'a>],
    (fit, evaluation): &Pair<'_>,
    model: &str,
) -> Option<Pair<'a>> {
    let is_it = |(other, e): &&Pair<'_>| {
        other.model == model && other.trained_on == fit.trained_on && e.animal == evaluation.animal
    };
    let is_other = |(other, _): &&Pair<'_>| other.initialisation != fit.initialisation;
    pairs.iter().filter(is_it).min_by_key(is_other).copied()
}

/// Its errors.
fn same_pair<'a>(pairs: &[Pair<'a>], pair: &Pair<'_>, model: &str) -> Option<&'a StepErrors> {
    let (fit, evaluation) = same_fit(pairs, pair, model)?;
    fit.errors(evaluation)
}

fn over_units<'a>(values: impl Iterator<Item = (&'a str, f64)>, unit: Unit) -> Option<Spread> {
    match unit {
        Unit::Pairs => Spread::of(&values.map(|(_, value)| value).collect::<Vec<_>>()),
        Unit::Animals => {
            let mut of_animals: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
            for (animal, value) in values {
                of_animals.entry(animal).or_default().push(value);
            }
            let mean = |values: &Vec<f64>| values.iter().sum::<f64>() / values.len() as f64;
            Spread::of(&of_animals.values().map(mean).collect::<Vec<_>>())
        }
    }
}

/// How one model does against a baseline: where its mean squared error of traces and derivatives
/// together, over the evaluations in which neither has diverged, is less.
#[derive(Debug, Clone, PartialEq)]
pub struct Versus {
    /// Name of the variant.
    pub variant: String,
    /// Animals that each fit was trained on.
    pub n_trained: usize,
    /// Which animals were forecast.
    pub role: Role,
    /// The model.
    pub model: String,
    /// What it was held against.
    pub baseline: String,
    /// Steps at which it is better, ascending.
    pub better_at: Vec<usize>,
    /// Evaluations that the means are over.
    pub n: usize,
}

impl Versus {
    /// The step from which on the model is better up to the last one, if there is any.
    pub fn better_from(&self) -> Option<usize> {
        let from = |from: &usize| (*from..=EVALUATION_STEPS).all(|k| self.better_at.contains(&k));
        self.better_at.iter().copied().find(from)
    }
}

/// Every other model of the study against `baseline`, by section.
pub fn versus(results: &Results<Forecast>, baseline: ForecastModel) -> Vec<Versus> {
    let mut all = Vec::new();
    for section in forecast_sections(results) {
        let ForecastSection { variant, n_trained, role, .. } = section;
        let pairs = pairs(results, &variant, n_trained, role);
        let config = results.config.variants.iter().find(|v| v.name == variant);
        let models = config.map_or(&[] as &[_], |variant| &variant.models);
        for model in models.iter().filter(|&&model| model != baseline) {
            let both: Vec<(Vec<f64>, Vec<f64>)> = pairs
                .iter()
                .filter(|(fit, _)| fit.model == model.as_str())
                .filter_map(|pair| {
                    let errors = pair.0.errors(pair.1)?;
                    Some((errors.both(), same_pair(&pairs, pair, baseline.as_str())?.both()))
                })
                .collect();
            if both.is_empty() {
                continue;
            }
            let is_better = |step: &usize| {
                both.iter().map(|(own, other)| own[step - 1] - other[step - 1]).sum::<f64>() < 0.
            };
            all.push(Versus {
                variant: variant.clone(),
                n_trained,
                role,
                model: model.as_str().to_owned(),
                baseline: baseline.as_str().to_owned(),
                better_at: (1..=EVALUATION_STEPS).filter(is_better).collect(),
                n: both.len(),
            });
        }
    }
    all
}
