//! Trains one decoder on all given recordings. The end of each recording validates and chooses the
//! epoch; nothing is kept to test, so the figures of [`FitReport`] are no measure of what the model
//! is worth on other animals: studies measure that.

use super::asked::{DecoderFit, Features, check_neurons};
use super::fit::Only;
use super::network::HeldNetwork;
use super::seen::Seen;
use super::{Decoder, Model, ModelProvenance, readout};
use crate::animal::{TrainedAnimal, by_name, check_behavior, check_names, trained_animals};
use crate::error::ModelError;
use crate::hyperparameters::Hyperparameters;
use crate::preparation::{GivenConnectome, Normalisation, Preparation, Protocol};
use crate::scaling::Scaling;
use crate::training::Training;
use crate::view::{Parts, PlannedAnimal, View};
use nervering_models::sequence::Structure;
use nervering_models::{DecoderModel, ModelName, Prediction};
use nervering_nn::machine::Machine;
use nervering_prepare::Split;
use nervering_recording::{NeuronSet, Recording, StateCoding};
use nervering_statistics::NetworkStatistics;
use nervering_statistics::metrics::{EvaluatedFrames, evaluate};
use nervering_statistics::{Evaluation, Role};
use std::borrow::Cow;

/// What to train, and how.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelConfig {
    /// The architecture.
    pub model: ModelName,
    /// Neurons used of every animal.
    pub neurons: NeuronSet,
    /// States told apart.
    pub coding: StateCoding,
    /// How states are chosen from what the model says of frames.
    pub structure: Structure,
    /// How frames are split, and where derivatives come from.
    pub protocol: Protocol,
    /// What features are normalised by; `None` for that of the protocol.
    pub normalisation: Option<Normalisation>,
    /// Epochs of a network; 800 in the paper.
    pub epochs: usize,
    /// What of a network is otherwise than the model has it.
    pub hyperparameters: Hyperparameters,
    /// Seed of everything random.
    pub seed: u64,
    /// Edges, for a network that is given a connectome's.
    pub connectome: Option<GivenConnectome>,
    /// What computes.
    pub machine: Machine,
}

/// How a fit went.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct FitReport {
    /// Of a network.
    pub training: Option<Training>,
    /// One per animal.
    pub animals: Vec<AnimalFigures>,
}

/// What the model makes of the frames of an animal it was trained on, with the statistics of the
/// training animals.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct AnimalFigures {
    /// Of the frames trained on.
    pub training: Evaluation,
    /// Of the frames that chose the epoch.
    pub validation: Evaluation,
}

impl ModelConfig {
    fn preparation(&self, recordings: &[Recording]) -> Result<Preparation, ModelError> {
        let of_protocol = Preparation::new(self.protocol, self.neurons.clone());
        Ok(Preparation {
            coding: self.coding.resolve(recordings)?,
            structure: self.structure,
            normalisation: self.normalisation.unwrap_or(of_protocol.normalisation),
            ..of_protocol
        })
    }
}

/// Trains a model on all given recordings. `on_epoch` hears of the gradient steps just done and may
/// stop the training by returning false.
///
/// # Errors
/// [`ModelError`] when the model cannot be saved, the recordings do not allow it, or it was stopped.
pub fn fit_one(
    config: &ModelConfig,
    recordings: &[Recording],
    on_epoch: &dyn Fn(usize) -> bool,
) -> Result<(Model, FitReport), ModelError> {
    match can_be_saved(config.model) {
        true => fit_to_use(config, recordings, on_epoch),
        false => Err(ModelError::CannotBeSaved { model: config.model }),
    }
}

/// The same of a model that is used at once, and may be one that cannot be saved.
///
/// # Errors
/// As [`fit_one`].
pub fn fit_to_use(
    config: &ModelConfig,
    recordings: &[Recording],
    on_epoch: &dyn Fn(usize) -> bool,
) -> Result<(Model, FitReport), ModelError> {
    config.check()?;
    let recordings = &*by_name(recordings);
    check_names(recordings.iter())?;
    check_behavior(recordings.iter())?;
    let preparation = config.preparation(recordings)?;
    let connectome = config.connectome.as_ref();
    let parts = Parts::TrainValidate;
    let view = View::new(&preparation, config.seed, recordings, &[], connectome, parts)?;
    let view = &view.on(&config.machine);
    let trained = trained_animals(view, recordings);
    fit_view(Fitting { config, view, trained, scaling: None }, on_epoch)
}

/// Whether what a model learns can be written to a file.
pub fn can_be_saved(model: ModelName) -> bool {
    match model.model() {
        DecoderModel::Network(_) => true,
        DecoderModel::Direct(direct) => direct.restore().is_some(),
    }
}

/// A model to train on all animals of a view.
pub(super) struct Fitting<'a> {
    pub(super) config: &'a ModelConfig,
    pub(super) view: &'a View,
    /// What is remembered of its animals.
    pub(super) trained: Vec<TrainedAnimal>,
    /// What its features are scaled by, where it does not say so itself.
    pub(super) scaling: Option<Scaling>,
}

pub(super) fn fit_view(
    fitting: Fitting<'_>,
    on_epoch: &dyn Fn(usize) -> bool,
) -> Result<(Model, FitReport), ModelError> {
    let Fitting { config, view, trained, scaling } = fitting;
    let preparation = &view.preparation;
    check_labels(view)?;
    let everyone: Vec<usize> = (0..view.animals.len()).collect();
    let fit = DecoderFit {
        view,
        model: config.model,
        choices: config.hyperparameters.network,
        subset: &everyone,
        folds: 0..1,
        initialisation: 0,
        seed: config.seed,
        recipe: config.hyperparameters.recipe(
            config.model,
            config.protocol,
            config.epochs,
            view.machine.engine(),
        ),
        trained: None,
    };
    let features = fit.features()?;
    let fitted = fit.fit(&features, &on_epoch)?.ok_or(ModelError::Stopped)?;
    let training = fitted.reports().first().map(|report| Training::of(report, fit.recipe.epochs()));
    if training.as_ref().is_some_and(|training| training.best_epoch == 0) {
        return Err(ModelError::NoEpoch { epochs: config.epochs });
    }
    let (only, readout) = fitted.only();
    let decoder = match only {
        Only::Direct(decoder) => Decoder::Direct(decoder),
        Only::Network(mut network) => {
            network.settle();
            let edges = mean_edges(network.as_ref(), view, &features[0]);
            Decoder::Network { network, edges }
        }
    };
    let given = config.connectome.as_ref().filter(|_| config.model.needs_connectome());
    let model = Model {
        name: config.model,
        choices: config.hyperparameters.network,
        neurons: view.neurons.clone(),
        coding: preparation.coding.clone(),
        network_coding: fit.network_coding(),
        derivative: preparation.derivative,
        scaling: match scaling {
            Some(scaling) => scaling,
            None => fit.scaling(0)?,
        },
        interval: preparation.interval(),
        decoder,
        readout,
        provenance: ModelProvenance {
            nervering: env!("CARGO_PKG_VERSION").to_owned(),
            protocol: config.protocol,
            animals: trained,
            seed: config.seed,
            training: training.clone(),
            connectome: given.map(|given| given.name.clone()),
        },
    };
    let animals = figures(&model, view, &features[0]);
    Ok((model, FitReport { training, animals }))
}

impl ModelConfig {
    /// Refuses what no recording could change.
    fn check(&self) -> Result<(), ModelError> {
        let model = self.model;
        self.hyperparameters.check(&[model])?;
        check_neurons(&self.neurons, model)?;
        if model.needs_connectome() && self.connectome.is_none() {
            return Err(ModelError::NoConnectome { model: model.as_str() });
        }
        Ok(())
    }
}

/// Takes the frames of one use out of a split.
type Part = fn(&Split) -> &[usize];

/// A validation loss over no frame would be 0 and choose the first epoch.
fn check_labels(view: &View) -> Result<(), ModelError> {
    let parts: [(&str, Part); 2] =
        [("train", |split| &split.train), ("validate", |split| &split.validation)];
    for (what, part) in parts {
        let frames =
            || view.animals.iter().flat_map(|a| part(&a.splits[0]).iter().map(move |f| (a, f)));
        if !frames().any(|(animal, &frame)| animal.selected.labels[frame].is_some()) {
            return Err(ModelError::NoLabels { what, n_frames: frames().count() });
        }
    }
    Ok(())
}

/// Mean over the animals of their edges over their training frames.
fn mean_edges(network: &dyn HeldNetwork, view: &View, features: &Features) -> Option<Vec<f32>> {
    let of_animal = |(k, animal): (usize, &PlannedAnimal)| {
        let seen = [Seen { features: &features[k], frames: &animal.splits[0].train }];
        Some(network.edges(&seen, NetworkStatistics::TRAINING)?.swap_remove(0))
    };
    let of_animals: Vec<Vec<f32>> =
        view.animals.iter().enumerate().map(of_animal).collect::<Option<_>>()?;
    let n_animals = of_animals.len() as f64;
    let mean = |k: usize| {
        let sum: f64 = of_animals.iter().map(|edges| f64::from(edges[k])).sum();
        (sum / n_animals) as f32
    };
    Some((0..of_animals[0].len()).map(mean).collect())
}

fn figures(model: &Model, view: &View, features: &Features) -> Vec<AnimalFigures> {
    let n_classes = model.coding.n_classes();
    let of_animal = |(animal, features): (&PlannedAnimal, &Cow<[f32]>)| {
        let (selected, split) = (&animal.selected, &animal.splits[0]);
        let statistics = model.takes_statistics().then_some(NetworkStatistics::TRAINING);
        let all = model.decode(features, selected.n_frames, statistics);
        let of_part = |frames: &[usize]| {
            let evaluated = EvaluatedFrames {
                animal: &selected.animal,
                role: Role::SameAnimal,
                labels: &selected.labels,
                times_s: &selected.seconds,
                frames,
            };
            let prediction = readout::at_frames(&all, frames, n_classes);
            let predicted = readout::predicted(&prediction);
            Evaluation { statistics, ..evaluate(&evaluated, predicted, n_classes) }
        };
        AnimalFigures { training: of_part(&split.train), validation: of_part(&split.validation) }
    };
    view.animals.iter().zip(features).map(of_animal).collect()
}

impl Model {
    /// What the decoder says of all frames of an animal, whose features are
    /// `[frame, neuron, feature]`. `statistics` are a network's, and none for other decoders.
    pub(super) fn decode(
        &self,
        features: &[f32],
        n_frames: usize,
        statistics: Option<NetworkStatistics>,
    ) -> Prediction {
        let frames: Vec<usize> = (0..n_frames).collect();
        match &self.decoder {
            Decoder::Direct(decoder) => {
                self.chosen(decoder.predict(features, &[n_frames]), &frames)
            }
            Decoder::Network { network, .. } => {
                let statistics = statistics.unwrap_or(NetworkStatistics::TRAINING);
                self.decoded(network.as_ref(), Seen { features, frames: &frames }, statistics)
            }
        }
    }

    /// What a decoder says of frames by themselves, before states are chosen together.
    pub(super) fn said_of_frames(
        &self,
        features: &[f32],
        n_frames: usize,
        statistics: NetworkStatistics,
    ) -> Prediction {
        match &self.decoder {
            Decoder::Direct(decoder) => decoder.predict(features, &[n_frames]),
            Decoder::Network { network, .. } => {
                let frames: Vec<usize> = (0..n_frames).collect();
                let seen = [Seen { features, frames: &frames }];
                let said = network.predict(&seen, statistics).swap_remove(0);
                readout::states(said, self.coding.n_classes())
            }
        }
    }

    /// The same by a network.
    pub(super) fn decoded(
        &self,
        network: &dyn HeldNetwork,
        seen: Seen<'_>,
        statistics: NetworkStatistics,
    ) -> Prediction {
        let log_probabilities = network.predict(&[seen], statistics).swap_remove(0);
        self.chosen(readout::states(log_probabilities, self.coding.n_classes()), seen.frames)
    }

    /// States together, where the model chooses them so.
    fn chosen(&self, said: Prediction, frames: &[usize]) -> Prediction {
        match &self.readout {
            None => said,
            Some(readout) => readout.chosen(said, frames),
        }
    }
}
