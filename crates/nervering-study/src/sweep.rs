//! How much the choice of hyper-parameters moves a model, beside how much its initial weights do:
//! [`sweeps`] of a study whose variants see the animals alike and make or train their networks otherwise.

use crate::comparison::Comparison;
use crate::decode::Decode;
use crate::result::FitResult;
use crate::run::Results;
use nervering_statistics::{Evaluation, Role, mean};
use std::collections::BTreeMap;

/// One model, trained on so many animals, under every setting of a study.
#[derive(Debug, Clone, PartialEq)]
pub struct Sweep {
    /// The model.
    pub model: String,
    /// Animals trained on.
    pub n_trained: usize,
    /// Whose frames are decoded: unseen animals' where there are any.
    pub role: Role,
    /// In the order of the study: the first is what the others are set against.
    pub settings: Vec<Setting>,
}

/// One setting.
#[derive(Debug, Clone, PartialEq)]
pub struct Setting {
    /// Name of the variant without its protocol.
    pub name: String,
    /// Balanced accuracy of each initial weights, in [0, 1]: mean over the folds and subsets of an
    /// animal, then over animals.
    pub of_seeds: Vec<f64>,
}

impl Setting {
    /// Mean over initial weights.
    pub fn mean(&self) -> f64 {
        mean(&self.of_seeds)
    }

    /// Standard deviation over initial weights; `None` of one.
    pub fn sd(&self) -> Option<f64> {
        variance(&self.of_seeds).map(f64::sqrt)
    }
}

impl Sweep {
    /// Standard deviation over settings of their means; `None` of one setting.
    pub fn sd_of_settings(&self) -> Option<f64> {
        variance(&self.means()).map(f64::sqrt)
    }

    /// Standard deviation over initial weights under one setting: the root of the mean variance.
    pub fn sd_of_seeds(&self) -> Option<f64> {
        let variances: Vec<f64> =
            self.settings.iter().filter_map(|setting| variance(&setting.of_seeds)).collect();
        (!variances.is_empty()).then(|| mean(&variances).sqrt())
    }

    /// The lowest and the highest mean of a setting.
    pub fn range(&self) -> (f64, f64) {
        let means = self.means();
        let low = means.iter().copied().fold(f64::INFINITY, f64::min);
        (low, means.iter().copied().fold(f64::NEG_INFINITY, f64::max))
    }

    fn means(&self) -> Vec<f64> {
        self.settings.iter().map(Setting::mean).collect()
    }
}

/// One sweep per model and number of animals trained on, of variants that differ from the first of them in
/// their hyper-parameters alone; none of a study without such variants.
pub fn sweeps(results: &Results<Decode>) -> Vec<Sweep> {
    let all = &results.config.variants;
    let mut sweeps = Vec::new();
    for (k, first) in all.iter().enumerate() {
        let alike = |other: &&Comparison<Decode>| {
            (&other.preparation, &other.statistics, other.folds_run)
                == (&first.preparation, &first.statistics, first.folds_run)
                && other.claim_of.is_some() == first.claim_of.is_some()
        };
        let is_later = all[..k].iter().any(|other| alike(&other));
        let of_first: Vec<&Comparison<Decode>> = all.iter().filter(alike).collect();
        if is_later || of_first.len() < 2 {
            continue;
        }
        for &n_trained in &results.config.training_sizes {
            for &model in &first.models {
                sweeps.extend(sweep(&results.fits, &of_first, model.as_str(), n_trained));
            }
        }
    }
    sweeps
}

fn sweep(
    fits: &[FitResult],
    variants: &[&Comparison<Decode>],
    model: &str,
    n_trained: usize,
) -> Option<Sweep> {
    let of_model = |fit: &&FitResult| fit.model == model && fit.trained_on.len() == n_trained;
    // A model without hyper-parameters is the same under all settings.
    let is_network = fits.iter().filter(of_model).any(|fit| fit.training.is_some());
    let of_role = |role: Role| {
        let setting = |variant: &&Comparison<Decode>| {
            let fits = fits.iter().filter(of_model).filter(|fit| fit.variant == variant.name);
            let protocol = format!("-{}", variant.protocol());
            let name = variant.name.trim_end_matches(protocol.as_str()).to_owned();
            let of_seeds = of_seeds(fits, role, |evaluation| {
                evaluation.statistics == variant.statistics.first().copied()
            });
            (!of_seeds.is_empty()).then_some(Setting { name, of_seeds })
        };
        let settings: Vec<Setting> = variants.iter().filter_map(setting).collect();
        (settings.len() > 1).then_some(Sweep { model: model.to_owned(), n_trained, role, settings })
    };
    let roles = [Role::UnseenAnimal, Role::SameAnimal];
    is_network.then(|| roles.into_iter().find_map(of_role)).flatten()
}

/// Balanced accuracy of each initial weights.
fn of_seeds<'a>(
    fits: impl Iterator<Item = &'a FitResult>,
    role: Role,
    counts: impl Fn(&Evaluation) -> bool,
) -> Vec<f64> {
    let mut seeds: BTreeMap<usize, BTreeMap<&str, Vec<f64>>> = BTreeMap::new();
    for fit in fits {
        for evaluation in fit.evaluations.iter().filter(|e| e.role == role && counts(e)) {
            if let Some(value) = evaluation.balanced_accuracy {
                let of_seed = seeds.entry(fit.initialisation).or_default();
                of_seed.entry(&evaluation.animal).or_default().push(value);
            }
        }
    }
    let of_seed = |animals: &BTreeMap<&str, Vec<f64>>| {
        mean(&animals.values().map(|values| mean(values)).collect::<Vec<_>>())
    };
    seeds.values().map(of_seed).collect()
}

/// Of a sample of two or more.
fn variance(values: &[f64]) -> Option<f64> {
    let centre = (values.len() > 1).then(|| mean(values))?;
    let squares: f64 = values.iter().map(|value| (value - centre).powi(2)).sum();
    Some(squares / (values.len() - 1) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sweep(settings: &[&[f64]]) -> Sweep {
        let setting =
            |of_seeds: &&[f64]| Setting { name: String::new(), of_seeds: of_seeds.to_vec() };
        Sweep {
            model: "gnn".into(),
            n_trained: 1,
            role: Role::UnseenAnimal,
            settings: settings.iter().map(setting).collect(),
        }
    }

    #[test]
    fn spreads_over_settings_and_over_seeds_are_told_apart() {
        let found = sweep(&[&[0.8, 0.9], &[0.6, 0.8], &[0.85, 0.85]]);
        let near = |found: Option<f64>, expected: f64| {
            let found = found.unwrap();
            assert!((found - expected).abs() < 1e-12, "{found} against {expected}");
        };
        // Means .85, .7, .85; variances .005, .02, 0.
        near(found.sd_of_settings(), (0.015f64 / 2.).sqrt());
        near(found.sd_of_seeds(), (0.025f64 / 3.).sqrt());
        near(Some(found.range().1), 0.85);
        let once = sweep(&[&[0.8], &[0.7]]);
        assert_eq!((once.sd_of_seeds(), once.settings[0].sd()), (None, None));
    }
}
