//! A decoder on plain numbers: [`Rows`] that follow each other in no order and have no names, as other
//! libraries hold them. [`fit_rows`] is to them what [`super::fit_one`] is to recordings.
//!
//! Each input stands where a neuron would. What a recording has besides is not there: derivatives are 0,
//! and a tenth of the rows of each group, spread over its classes, validates instead of its end. Inputs are
//! scaled by their ranges over the rows that train; one that is the same in all of them counts as 0. Only
//! models that take each frame by itself are fitted so ([`takes_single_frames`]).

use super::one::{Fitting, fit_view};
use super::{FitReport, Model, ModelConfig};
use crate::animal::{TrainedAnimal, likeness};
use crate::error::ModelError;
use crate::preparation::{Normalisation, Preparation, Protocol};
use crate::scaling::Scaling;
use crate::view::{PlannedAnimal, View};
use nervering_grid::hex;
use nervering_models::sequence::Structure;
use nervering_models::{DecoderModel, Inputs, ModelName, Prediction};
use nervering_prepare::{DerivativeMethod, DerivativeSource, N_FEATURES, Ranges, Selected, Split};
use nervering_recording::{NeuronName, NeuronSet, State, StateCoding};
use nervering_statistics::seed::generator;
use rand::seq::SliceRandom;
use sha2::{Digest, Sha256};

/// One row in so many validates.
const VALIDATES: usize = 10;
/// Inputs that have a name.
const MOST_INPUTS: usize = 99_999;

/// Some rows of numbers.
#[derive(Debug, Clone, Copy)]
pub struct Rows<'a> {
    /// Row-major `[row, input]`; NaN is refused.
    pub values: &'a [f64],
    /// Inputs of a row.
    pub n_inputs: usize,
}

/// Rows of one group, for example of one animal, with the class of each in the coding.
#[derive(Debug, Clone)]
pub struct LabelledRows {
    /// Row-major `[row, input]`.
    pub values: Vec<f64>,
    /// One per row.
    pub classes: Vec<u8>,
}

/// Whether a model takes each frame by itself, so that rows need no order.
pub fn takes_single_frames(model: ModelName) -> bool {
    let has_memory = match model.model() {
        DecoderModel::Network(config) => config.receptive_field() != [0, 0],
        // Diffusion maps follow the flow of the frames.
        DecoderModel::Direct(_) => model == ModelName::Adm,
    };
    model.inputs() == Inputs::Frames && !has_memory
}

/// Trains a model on all given rows, for [`Model::predict_rows`]. Of `config` the model, its
/// hyper-parameters, epochs, seed and coding count.
///
/// # Errors
/// [`ModelError`] for a model that needs an order or names, numbers that are missing, and a training
/// that was stopped.
///
/// # Panics
/// Without a group, or for rows of other lengths than `n_inputs`.
pub fn fit_rows(
    config: &ModelConfig,
    groups: &[LabelledRows],
    n_inputs: usize,
    on_epoch: &dyn Fn(usize) -> bool,
) -> Result<(Model, FitReport), ModelError> {
    let model = config.model;
    if !takes_single_frames(model) || config.structure != Structure::Frames {
        return Err(ModelError::NeedsOrder { model });
    }
    if model.needs_connectome() {
        return Err(ModelError::NoConnectome { model: model.as_str() });
    }
    config.hyperparameters.check(&[model])?;
    let neurons = names(n_inputs)?;
    let preparation = Preparation {
        coding: config.coding.clone(),
        derivative: DerivativeSource::Backward,
        normalisation: Normalisation::Training,
        ..Preparation::new(Protocol::Animals, NeuronSet::Names(neurons.clone()))
    };
    let selected = |(k, group): (usize, &LabelledRows)| {
        let rows = Rows { values: &group.values, n_inputs };
        let labels = group.classes.iter().map(|&class| Some(class)).collect();
        selected(&format!("group {:05}", k + 1), &neurons, rows, labels, &config.coding)
    };
    let animals: Vec<Selected> = groups.iter().enumerate().map(selected).collect();
    let splits: Vec<Split> = animals.iter().map(|animal| split(animal, config.seed)).collect();
    let ranges = ranges(&animals, &splits)?;
    let scaling = Scaling::Training(ranges);
    let mut planned = Vec::new();
    for (selected, split) in animals.into_iter().zip(splits) {
        let features = scaling.features(&selected, preparation.interval())?;
        planned.push(PlannedAnimal::of_features(selected, features, vec![split]));
    }
    let trained = planned.iter().map(trained).collect();
    let view = View {
        n_trainable: planned.len(),
        preparation,
        neurons,
        animals: planned,
        shown: None,
        left_out: Vec::new(),
        adjacency: None,
        machine: config.machine.clone(),
    };
    let config = ModelConfig { protocol: Protocol::Animals, ..config.clone() };
    fit_view(Fitting { config: &config, view: &view, trained, scaling: Some(scaling) }, on_epoch)
}

impl Model {
    /// What the model says of rows, each by itself, with the statistics of the training rows.
    ///
    /// # Errors
    /// [`ModelError::Prepare`] for a number that is missing or far beyond the training rows.
    ///
    /// # Panics
    /// For rows of other inputs than those trained on, and without a row.
    pub fn predict_rows(&self, rows: Rows<'_>) -> Result<Prediction, ModelError> {
        assert_eq!(rows.n_inputs, self.neurons.len(), "inputs of the rows and of the model");
        let labels = vec![None; rows.values.len() / rows.n_inputs];
        let selected = selected("rows", &self.neurons, rows, labels, &self.coding);
        let features = self.scaling.features(&selected, self.interval)?;
        let statistics = self.statistics(None)?;
        Ok(self.decode(&features, selected.n_frames, statistics))
    }
}

/// `X00001` and so on.
fn names(n_inputs: usize) -> Result<Vec<NeuronName>, ModelError> {
    if !(1..=MOST_INPUTS).contains(&n_inputs) {
        let (what, found) = ("inputs of a row", n_inputs.to_string());
        let expected = format!("1 to {MOST_INPUTS}");
        return Err(ModelError::Hyperparameter { what, found, expected });
    }
    let name = |k| format!("X{k:05}").parse().expect("a letter and five digits are a name");
    Ok((1..=n_inputs).map(name).collect())
}

fn selected(
    animal: &str,
    neurons: &[NeuronName],
    rows: Rows<'_>,
    labels: Vec<Option<u8>>,
    coding: &StateCoding,
) -> Selected {
    let n_frames = labels.len();
    assert_eq!(rows.values.len(), n_frames * rows.n_inputs, "one label per row");
    Selected {
        animal: animal.to_owned(),
        neurons: neurons.to_vec(),
        present: vec![true; neurons.len()],
        n_frames,
        values: rows.values.iter().flat_map(|&value| [value, 0.]).collect(),
        labels,
        states: vec![State::Unknown; n_frames],
        seconds: (0..n_frames).map(|row| row as f64).collect(),
        coding: coding.clone(),
        derivative_method: DerivativeMethod::BackwardDifferences,
    }
}

/// Rows drawn at random, of each class the same share; of few rows all train and all validate.
fn split(animal: &Selected, seed: u64) -> Split {
    let mut rows: Vec<usize> = (0..animal.n_frames).collect();
    if rows.len() < VALIDATES {
        return Split { train: rows.clone(), validation: rows, test: Vec::new() };
    }
    rows.shuffle(&mut generator(seed, &["rows", &animal.animal]));
    rows.sort_by_key(|&row| animal.labels[row]);
    let validates = |place: usize| place % VALIDATES == VALIDATES / 2;
    let of = |which: bool| {
        let places = rows.iter().enumerate().filter(|(place, _)| validates(*place) == which);
        let mut rows: Vec<usize> = places.map(|(_, &row)| row).collect();
        rows.sort_unstable();
        rows
    };
    Split { train: of(false), validation: of(true), test: Vec::new() }
}

/// The ranges of the rows that train. What does not vary is put at 0.
fn ranges(animals: &[Selected], splits: &[Split]) -> Result<Ranges, ModelError> {
    let width = animals[0].neurons.len() * N_FEATURES;
    let mut ranges = vec![(f64::INFINITY, f64::NEG_INFINITY); width];
    for (animal, split) in animals.iter().zip(splits) {
        for &row in &split.train {
            let values = &animal.values[row * width..(row + 1) * width];
            for ((low, high), &value) in ranges.iter_mut().zip(values) {
                (*low, *high) = (low.min(value), high.max(value));
            }
        }
    }
    for (low, high) in &mut ranges {
        if *low >= *high {
            // One more is a step that single precision can tell, however large the value.
            *high = *low + low.abs().max(1.);
        }
    }
    Ok(Ranges::from_values(ranges))
}

fn trained(animal: &PlannedAnimal) -> TrainedAnimal {
    let PlannedAnimal { selected, splits, .. } = animal;
    let mut hash = Sha256::new();
    selected.values.iter().for_each(|value| hash.update(value.to_le_bytes()));
    selected.labels.iter().for_each(|label| hash.update([label.unwrap_or(u8::MAX)]));
    TrainedAnimal {
        name: selected.animal.clone(),
        sha256: hex(&hash.finalize()),
        n_frames: selected.n_frames,
        likeness: likeness(selected),
        n_training_frames: splits[0].train.len(),
        n_validation_frames: splits[0].validation.len(),
        fps: 1.,
        unit: "unknown".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hyperparameters::Hyperparameters;
    use nervering_nn::machine::Machine;
    use rand::RngExt;

    fn config(model: ModelName) -> ModelConfig {
        ModelConfig {
            model,
            neurons: NeuronSet::Shared,
            coding: StateCoding::Own(vec!["a".into(), "b".into(), "c".into()]),
            structure: Structure::Frames,
            protocol: Protocol::Strict,
            normalisation: None,
            epochs: 60,
            hyperparameters: Hyperparameters::default(),
            seed: 0,
            connectome: None,
            machine: Machine::default(),
        }
    }

    /// Two groups of three clouds, and an input that never varies.
    fn clouds() -> Vec<LabelledRows> {
        let mut rng = generator(7, &["clouds"]);
        let group = |_| {
            let mut rows = LabelledRows { values: Vec::new(), classes: Vec::new() };
            for k in 0..90u8 {
                let class = k % 3;
                let mut noise = || rng.random_range(-0.5..0.5);
                let (x, y) = ([0., 3., 0.][usize::from(class)], [0., 0., 3.][usize::from(class)]);
                rows.values.extend([x + noise(), y + noise(), 5.]);
                rows.classes.push(class);
            }
            rows
        };
        [0, 1].map(group).into()
    }

    #[test]
    fn rows_are_told_apart_each_by_itself() {
        let groups = clouds();
        for model in [ModelName::Logistic, ModelName::Lda, ModelName::Mlp] {
            let (fitted, _) = fit_rows(&config(model), &groups, 3, &|_| true).unwrap();
            let rows = Rows { values: &groups[1].values, n_inputs: 3 };
            let said = fitted.predict_rows(rows).unwrap();
            let right = said.classes.iter().zip(&groups[1].classes).filter(|(a, b)| a == b).count();
            assert!(right > 85, "{model}: {right} of 90");
            let one = Rows { values: &groups[1].values[6..9], n_inputs: 3 };
            assert_eq!(fitted.predict_rows(one).unwrap().classes, said.classes[2..3]);
            let again = Model::from_bytes(&fitted.to_bytes().unwrap()).unwrap();
            assert_eq!(again.predict_rows(rows).unwrap(), said, "{model}");
        }
    }

    #[test]
    fn what_needs_an_order_is_refused() {
        for model in [ModelName::Tcn, ModelName::LstmMlp, ModelName::Adm] {
            let refused = fit_rows(&config(model), &clouds(), 3, &|_| true);
            assert!(matches!(refused, Err(ModelError::NeedsOrder { .. })), "{model}");
        }
    }

    #[test]
    fn a_missing_number_is_told() {
        let mut groups = clouds();
        groups[0].values[4] = f64::NAN;
        let error = fit_rows(&config(ModelName::Logistic), &groups, 3, &|_| true).unwrap_err();
        assert!(matches!(error, ModelError::Prepare(_)), "{error}");
    }
}
