//! What forecasters learn from: [`ForecastSource`], and that of a view, [`ViewForecasts`].

use crate::error::ModelError;
use crate::view::View;
use nervering_models::forecast::{ForecastAnimal, MOST_LAGS};
use nervering_prepare::{N_FEATURES, Split, TRAINING_STEPS, forecast_starts};
use nervering_recording::NeuronSet;
use std::borrow::Cow;
use std::sync::Arc;

/// Frames that forecasts start from.
pub struct Sequence<'a> {
    /// `[frame, neuron, feature]`.
    pub features: &'a [f32],
    /// The place of the animal that they are of among [`ForecastSource::animals`]; nothing where they are
    /// of several.
    pub animal: Option<usize>,
    /// The frames, each with all the frames before and after it that are looked at.
    pub starts: Vec<usize>,
}

/// What a forecaster learns from.
pub trait ForecastSource {
    /// Neurons and features.
    fn sizes(&self) -> [usize; 2];

    /// Animals as baselines learn from them.
    fn animals(&self) -> Vec<ForecastAnimal<'_>>;

    /// What networks learn from, one entry per gradient step of an epoch; `burn_in` are the frames that
    /// the network looks at, the start included.
    fn train(&self, burn_in: usize) -> Vec<Sequence<'_>>;

    /// What chooses their epoch.
    fn validation(&self) -> Vec<Sequence<'_>>;

    /// A connectome's edges between the neurons, `[receiver, sender]`, where there is one.
    fn adjacency(&self) -> Option<Arc<[f32]>> {
        None
    }

    /// What it is, for errors.
    fn name(&self) -> String;
}

/// Some animals of a view.
pub struct ViewForecasts<'a> {
    view: &'a View,
    subset: Vec<usize>,
    /// Of every animal of the view, `[frame, neuron, feature]`.
    features: Vec<Cow<'a, [f32]>>,
    /// Of every animal of the subset.
    validation_starts: Vec<Vec<usize>>,
}

/// Of the splits that a view cuts, the first is used.
const FOLD: usize = 0;

/// Takes the frames of one use out of a split.
type Part = fn(&Split) -> &[usize];

impl<'a> ViewForecasts<'a> {
    /// Those trained on, by their indices, ascending.
    ///
    /// # Errors
    /// [`ModelError::Prepare`] for a neuron that cannot be normalised.
    pub fn new(view: &'a View, subset: &[usize]) -> Result<Self, ModelError> {
        let features = view.features(subset, FOLD)?;
        let starts = |&k: &usize| starts_within(&view.animals[k].splits[FOLD].validation);
        let validation_starts = subset.iter().map(starts).collect();
        Ok(Self { view, subset: subset.to_vec(), features, validation_starts })
    }

    /// The features of an animal of the view.
    pub fn features(&self, animal: usize) -> &[f32] {
        &self.features[animal]
    }

    /// Of every animal trained on, starts in consecutive frames of forecasts of `n_steps` that lie within a
    /// stretch of its validation frames, the first one frame before it: one list per stretch.
    pub fn validation_runs(&self, n_steps: usize) -> Vec<Sequence<'_>> {
        let mut runs = Vec::new();
        for (place, &k) in self.subset.iter().enumerate() {
            let frames = &self.view.animals[k].splits[FOLD].validation;
            for stretch in frames.chunk_by(|a, b| a + 1 == *b) {
                let first = stretch[0].saturating_sub(1).max(MOST_LAGS - 1);
                let end = (stretch[stretch.len() - 1] + 1).saturating_sub(n_steps);
                if first < end {
                    let starts = (first..end).collect();
                    let (features, animal) = (&*self.features[k], Some(place));
                    runs.push(Sequence { features, animal, starts });
                }
            }
        }
        runs
    }

    fn sequences(&self, part: Part) -> Vec<Sequence<'_>> {
        let of_animal = |(place, &k): (usize, &usize)| Sequence {
            features: &self.features[k],
            animal: Some(place),
            starts: starts_within(part(&self.view.animals[k].splits[FOLD])),
        };
        self.subset.iter().enumerate().map(of_animal).collect()
    }
}

impl ForecastSource for ViewForecasts<'_> {
    fn sizes(&self) -> [usize; 2] {
        [self.view.neurons.len(), N_FEATURES]
    }

    fn adjacency(&self) -> Option<Arc<[f32]>> {
        self.view.adjacency.clone()
    }

    fn animals(&self) -> Vec<ForecastAnimal<'_>> {
        let of_subset = self.subset.iter().zip(&self.validation_starts);
        let animals = of_subset.map(|(&k, validation_starts)| ForecastAnimal {
            features: &self.features[k],
            train: &self.view.animals[k].splits[FOLD].train,
            validation: &self.view.animals[k].splits[FOLD].validation,
            validation_starts,
        });
        animals.collect()
    }

    fn train(&self, _burn_in: usize) -> Vec<Sequence<'_>> {
        self.sequences(|split| &split.train)
    }

    fn validation(&self) -> Vec<Sequence<'_>> {
        self.sequences(|split| &split.validation)
    }

    fn name(&self) -> String {
        format!("{:?}", self.view.names(&self.subset))
    }
}

/// Of each stretch of consecutive frames, the frame before it and every 8th after that, as long as
/// the steps of training follow within the stretch. Shuffled windows are as long as that, so each
/// is forecast from the frame before it. Every start has [`MOST_LAGS`] frames up to it.
pub fn starts_within(frames: &[usize]) -> Vec<usize> {
    let stretches = frames.chunk_by(|a, b| a + 1 == *b);
    let starts = stretches.flat_map(|stretch| {
        let (first, last) = (stretch[0], stretch[stretch.len() - 1]);
        forecast_starts(first.saturating_sub(1)..last + 1, TRAINING_STEPS, 1, TRAINING_STEPS)
    });
    starts.filter(|start| start + 1 >= MOST_LAGS).collect()
}

/// Refuses animals in which nothing can be learnt to be forecast, or nothing can choose.
///
/// # Errors
/// [`ModelError::TooShortToForecast`], and [`ModelError::NeedsEveryNeuron`] where animals may lack neurons.
pub(crate) fn check_starts(view: &View) -> Result<(), ModelError> {
    if view.preparation.neurons == NeuronSet::Named {
        return Err(ModelError::NeedsEveryNeuron { what: "forecasts".to_owned() });
    }
    let parts: [(&str, Part); 2] = [
        ("a forecast to train on", |split| &split.train),
        ("a forecast to validate on", |split| &split.validation),
    ];
    for animal in &view.animals[..view.n_trainable] {
        for (what, part) in parts {
            if starts_within(part(&animal.splits[FOLD])).is_empty() {
                let (animal, n_frames) = (animal.selected.animal.clone(), animal.selected.n_frames);
                return Err(ModelError::TooShortToForecast { animal, n_frames, what });
            }
        }
    }
    Ok(())
}

impl View {
    /// Refuses animals in which a study could forecast nothing: too few frames to train, to choose or
    /// to measure on.
    ///
    /// # Errors
    /// [`ModelError::TooShortToForecast`].
    pub fn check_forecasts(&self, n_steps: usize) -> Result<(), ModelError> {
        let is_short = |n_frames: usize| n_frames < MOST_LAGS + n_steps;
        match self.animals.iter().find(|animal| is_short(animal.selected.n_frames)) {
            Some(animal) => Err(ModelError::TooShortToForecast {
                animal: animal.selected.animal.clone(),
                n_frames: animal.selected.n_frames,
                what: "a forecast of 16 frames from 8",
            }),
            None => check_starts(self),
        }
    }
}
