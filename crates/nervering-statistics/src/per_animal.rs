//! One number per animal and model: everything measured on an animal, averaged.

use super::mean;
use crate::{Evaluation, Measured, Role};

/// A metric of several models on the same animals.
#[derive(Debug, Clone, PartialEq)]
pub struct AnimalValues {
    /// Names of the animals, in the order in which the fits first name them.
    pub animals: Vec<String>,
    /// The models, in the order in which the fits first name them.
    pub models: Vec<ModelValues>,
}

/// A metric of one model.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelValues {
    /// The model.
    pub model: String,
    /// One value per animal; `None` where the model was not measured on it.
    pub values: Vec<Option<f64>>,
}

/// Averages a metric per evaluated animal and model: first over the folds of a subset of training
/// animals, then over subsets, so that a subset with more folds does not weigh more. Only fits on
/// `n_trained` animals count, and of their evaluations those in `role` where the metric exists.
pub fn per_animal<'a>(
    fits: impl IntoIterator<Item = Measured<'a>>,
    role: Role,
    n_trained: usize,
    metric: impl Fn(&Evaluation) -> Option<f64>,
) -> AnimalValues {
    let mut animals: Vec<String> = Vec::new();
    // Per model and animal, a list of subsets, each with a value per fold.
    type Subsets<'a> = Vec<(&'a [String], Vec<f64>)>;
    let mut models: Vec<(&str, Vec<Subsets<'_>>)> = Vec::new();
    for fit in fits.into_iter().filter(|fit| fit.trained_on.len() == n_trained) {
        let model = index_or_push(&mut models, |m| m.0 == fit.model, || (fit.model, Vec::new()));
        for evaluation in fit.evaluations.iter().filter(|e| e.role == role) {
            let name = &evaluation.animal;
            let animal = index_or_push(&mut animals, |a| a == name, || name.clone());
            let Some(value) = metric(evaluation) else { continue };
            let of_model = &mut models[model].1;
            of_model.resize_with(of_model.len().max(animal + 1), Vec::new);
            let subset = fit.trained_on;
            let of_animal = &mut of_model[animal];
            let at = index_or_push(of_animal, |s| s.0 == subset, || (subset, Vec::new()));
            of_animal[at].1.push(value);
        }
    }
    let n_animals = animals.len();
    let of_animal = |subsets: Option<&Subsets<'_>>| {
        let means: Vec<f64> = subsets?.iter().map(|(_, folds)| mean(folds)).collect();
        (!means.is_empty()).then(|| mean(&means))
    };
    let models = models.into_iter().map(|(model, of_model)| ModelValues {
        model: model.to_owned(),
        values: (0..n_animals).map(|animal| of_animal(of_model.get(animal))).collect(),
    });
    let models = models.collect();
    AnimalValues { animals, models }
}

/// The place of the first entry that is the one sought, pushed if there is none.
fn index_or_push<T>(
    entries: &mut Vec<T>,
    is_sought: impl Fn(&T) -> bool,
    make: impl FnOnce() -> T,
) -> usize {
    entries.iter().position(is_sought).unwrap_or_else(|| {
        entries.push(make());
        entries.len() - 1
    })
}
