//! What is asked for when decoders are trained, [`DecoderFit`], and what it says of itself: sizes, features, scales,
//! generators. `fit.rs` trains.

use super::network::HeldNetwork;
use super::outputs::{Outputs, network_coding};
use super::trained::TrainedNetworks;
use crate::error::ModelError;
use crate::recipe::DecoderRecipe;
use crate::scaling::Scaling;
use crate::signals::n_features;
use crate::view::{PlannedAnimal, View};
use nervering_models::{Dimensions, DirectDecoder, Inputs, ModelName, NetworkChoices};
use nervering_recording::{NeuronSet, StateCoding};
use nervering_statistics::seed::{generator, of_animals};
use rand_chacha::ChaCha8Rng;
use std::borrow::Cow;
use std::ops::Range;

/// A decoder on some animals of a view, for one or more of its folds: a network is trained on all of
/// them in lockstep, other models one after the other.
#[derive(Debug, Clone)]
pub struct DecoderFit<'a> {
    /// The animals, and how they are seen.
    pub view: &'a View,
    /// The model.
    pub model: ModelName,
    /// What of a network is otherwise than the model has it.
    pub choices: NetworkChoices,
    /// Indices of the animals trained on, ascending.
    pub subset: &'a [usize],
    /// Folds of the view.
    pub folds: Range<usize>,
    /// Which initial weights, from 0.
    pub initialisation: usize,
    /// Seed of everything random.
    pub seed: u64,
    /// How a network is trained.
    pub recipe: DecoderRecipe,
    /// Networks that other fits have trained, and that this one leaves for others.
    pub trained: Option<&'a TrainedNetworks>,
}

/// The features of every animal of a view, `[frame, neuron, feature]`, as one fold sees them.
pub type Features<'a> = Vec<Cow<'a, [f32]>>;

pub(super) enum Kind {
    /// One replica per fold.
    Network(Box<dyn HeldNetwork>),
    Direct(Vec<Box<dyn DirectDecoder>>),
}

/// Refuses a model that needs all neurons of every animal, where animals may lack some.
///
/// # Errors
/// [`ModelError::NeedsEveryNeuron`].
pub fn check_neurons(neurons: &NeuronSet, model: ModelName) -> Result<(), ModelError> {
    match *neurons == NeuronSet::Named && !model.inputs().may_be_absent() {
        true => Err(ModelError::NeedsEveryNeuron { what: format!("model {model}") }),
        false => Ok(()),
    }
}

impl<'a> DecoderFit<'a> {
    /// The features of every fold of the fit; those of animals that it is not trained on are of the
    /// neurons that are to be shown of them.
    ///
    /// # Errors
    /// [`ModelError::Prepare`] for a neuron that cannot be normalised.
    pub fn features(&self) -> Result<Vec<Features<'a>>, ModelError> {
        self.folds.clone().map(|fold| self.of_fold(fold)).collect()
    }

    fn of_fold(&self, fold: usize) -> Result<Features<'a>, ModelError> {
        check_neurons(&self.view.preparation.neurons, self.model)?;
        match self.model.inputs() {
            Inputs::Frames => self.view.features(self.subset, fold),
            inputs => {
                let scaling = self.view.signal_scaling(inputs, self.subset, fold)?;
                let of_animal = |(k, PlannedAnimal { selected, .. }): (usize, &PlannedAnimal)| {
                    let features = match (&self.view.shown, self.subset.contains(&k)) {
                        (Some(shown), false) => scaling.features_of(selected, shown)?,
                        _ => scaling.features(selected)?,
                    };
                    Ok(Cow::Owned(features))
                };
                self.view.animals.iter().enumerate().map(of_animal).collect()
            }
        }
    }

    /// What the features of a fold are scaled by.
    ///
    /// # Errors
    /// [`ModelError::Prepare`] for a neuron that cannot be normalised.
    pub fn scaling(&self, fold: usize) -> Result<Scaling, ModelError> {
        match self.model.inputs() {
            Inputs::Frames => self.view.scaling(self.subset, fold),
            inputs => Ok(Scaling::Signals(self.view.signal_scaling(inputs, self.subset, fold)?)),
        }
    }

    /// The states that networks of the fit are trained to tell apart.
    pub fn network_coding(&self) -> StateCoding {
        let animals = self.view.animals[..self.view.n_trainable].iter();
        let shown = animals.flat_map(|animal| animal.selected.states.iter().copied());
        network_coding(self.model, &self.view.preparation.coding, shown)
    }

    /// Sizes that the data dictate.
    pub(super) fn sizes(&self) -> Dimensions {
        Dimensions {
            n_neurons: self.view.neurons.len(),
            n_features: n_features(self.model.inputs()),
            n_classes: self.network_coding().n_classes(),
        }
    }

    /// How the networks of a fold become one model.
    pub(super) fn outputs(&self) -> Outputs {
        let (network, model) = (self.network_coding(), &self.view.preparation.coding);
        Outputs::new(self.model, &network, model)
    }

    /// Generators of every network, those of the members of a fold beside each other.
    pub(super) fn generators(&self, purpose: &str) -> Vec<ChaCha8Rng> {
        let animals = of_animals(&self.view.names(self.subset));
        let mut generators = Vec::new();
        for fold in self.folds.clone() {
            for member in 0..self.model.members() {
                let mut parts = vec![
                    purpose.to_owned(),
                    self.model.to_string(),
                    animals.clone(),
                    fold.to_string(),
                ];
                if self.initialisation > 0 {
                    parts.push(self.initialisation.to_string());
                }
                if member > 0 {
                    parts.push(format!("member {member}"));
                }
                let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
                generators.push(generator(self.seed, &parts));
            }
        }
        generators
    }
}
