//! One number per animal and model: everything measured on an animal, averaged.

use super::mean;
use crate::result::{Evaluation, FitResult};

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
    /// The model, or whatever is compared.
    pub model: String,
    /// One value per animal; `None` where the model was not measured on it.
    pub values: Vec<Option<f64>>,
}

/// Averages a metric per evaluated animal and model: first over the folds of a subset of training
/// animals, then over subsets, so that a subset with more folds does not weigh more.
///
/// `model` names what an evaluation counts for, or says by `None` that it does not count; for
/// example the fit's model where the evaluation is of an unseen animal and the fit was trained on
/// four. Evaluations without the metric are passed over.
pub fn per_animal(
    fits: &[FitResult],
    model: impl Fn(&FitResult, &Evaluation) -> Option<String>,
    metric: impl Fn(&Evaluation) -> Option<f64>,
) -> AnimalValues {
    let mut animals: Vec<&str> = Vec::new();
    // Per model and animal, a list of subsets, each with a value per fold.
    type Subsets<'a> = Vec<(&'a [String], Vec<f64>)>;
    let mut models: Vec<(String, Vec<Subsets<'_>>)> = Vec::new();
    for fit in fits {
        for evaluation in &fit.evaluations {
            let Some(name) = model(fit, evaluation) else { continue };
            let at = index_or_push(&mut models, |m| m.0 == name, || (name.clone(), Vec::new()));
            let of_model = &mut models[at].1;
            let animal = evaluation.animal.as_str();
            let animal = index_or_push(&mut animals, |a| *a == animal, || animal);
            let Some(value) = metric(evaluation) else { continue };
            of_model.resize_with(of_model.len().max(animal + 1), Vec::new);
            let subset = fit.trained_on.as_slice();
            let of_animal = &mut of_model[animal];
            let at = index_or_push(of_animal, |s| s.0 == subset, || (subset, Vec::new()));
            of_animal[at].1.push(value);
        }
    }
    let of_animal = |subsets: Option<&Subsets<'_>>| {
        let means: Vec<f64> = subsets?.iter().map(|(_, folds)| mean(folds)).collect();
        (!means.is_empty()).then(|| mean(&means))
    };
    let models = models.into_iter().map(|(model, of_model)| ModelValues {
        model,
        values: (0..animals.len()).map(|animal| of_animal(of_model.get(animal))).collect(),
    });
    let models = models.collect();
    AnimalValues { animals: animals.into_iter().map(String::from).collect(), models }
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
