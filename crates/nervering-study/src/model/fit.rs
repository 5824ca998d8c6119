//! Trains one model on all given recordings. The end of each recording validates and chooses the
//! epoch; nothing is kept to test, so the figures of [`FitReport`] are no measure of what the model
//! is worth on other animals: studies measure that.

use super::likeness::likeness;
use super::network::{Held, HeldNetwork};
use super::{Decoder, Model, ModelError, ModelProvenance, Scaling, TrainedAnimal};
use crate::config::{GivenConnectome, KeepEdges, Normalisation, Protocol, StudyConfig, Variant};
use crate::decode::{Features, Job, Task, at_frames, predicted};
use crate::plan::Plan;
use crate::reading::ReadingEntry;
use crate::result::Training;
use crate::view::{Parts, PlannedAnimal, View};
use nervering_models::{DecoderModel, DecodingNetwork, ModelName, NetworkVisitor, Prediction};
use nervering_nn::ops::Engine;
use nervering_prepare::{Selected, Split};
use nervering_recording::{NeuronSet, Recording, StateCoding};
use nervering_statistics::BatchStatistics;
use nervering_statistics::metrics::{EvaluatedFrames, evaluate, most_probable};
use nervering_statistics::{Evaluation, Role};
use nervering_train::TrainingStatistics;
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
    /// How frames are split, and where derivatives come from.
    pub protocol: Protocol,
    /// What features are normalised by; `None` for that of the protocol.
    pub normalisation: Option<Normalisation>,
    /// Epochs of a network; 800 in the paper.
    pub epochs: usize,
    /// Seed of everything random.
    pub seed: u64,
    /// Edges, for a network that is given a connectome's.
    pub connectome: Option<GivenConnectome>,
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
    fn study(&self, n_animals: usize) -> StudyConfig {
        let of_protocol = Variant::new(self.protocol, &[self.model], self.neurons.clone());
        let variant = Variant {
            coding: self.coding.clone(),
            normalisation: self.normalisation.unwrap_or(of_protocol.normalisation),
            folds_run: 1,
            ..of_protocol
        };
        StudyConfig {
            name: "model".into(),
            title: String::new(),
            variants: vec![variant],
            training_sizes: vec![n_animals],
            max_subsets: None,
            epochs: self.epochs,
            seed: self.seed,
            initialisations: 1,
            connectome: self.connectome.clone(),
            keep_edges: KeepEdges::No,
            reading: ReadingEntry::default(),
        }
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
    let study = config.study(recordings.len());
    let plan = Plan::of_parts(study, recordings, &[], Parts::TrainValidate)?;
    let view = &plan.views[0];
    check_labels(view)?;
    let job = Job { group: plan.groups[0].clone(), folds: 0..1, epochs: config.epochs };
    let task = Task { plan: &plan, view, job: &job };
    let features = task.features()?;
    let (decoder, training) = match config.model.model() {
        DecoderModel::Direct(model) => {
            if model.restore().is_none() {
                return Err(ModelError::CannotBeSaved { model: config.model });
            }
            (Decoder::Direct(task.decoder(0, model.as_ref(), &features[0])?), None)
        }
        DecoderModel::Network(network) => {
            let visitor = Train { task, features: &features, on_epoch };
            let (network, training) =
                task.init_networks(network, visitor).ok_or(ModelError::Stopped)?;
            if training.best_epoch == 0 {
                return Err(ModelError::NoEpoch { epochs: config.epochs });
            }
            let edges = mean_edges(network.as_ref(), view, &features[0]);
            (Decoder::Network { network, edges }, Some(training))
        }
    };
    let variant = &view.variant;
    let scaling = match variant.normalisation {
        Normalisation::WholeRecording => Scaling::WholeRecording,
        Normalisation::Training => Scaling::Training(view.ranges(&job.group.subset, 0)?),
        Normalisation::Causal => Scaling::Causal,
    };
    let given = config.connectome.as_ref().filter(|_| config.model.needs_connectome());
    let model = Model {
        name: config.model,
        neurons: view.neurons.clone(),
        coding: variant.coding.clone(),
        derivative: variant.derivative,
        scaling,
        interval: variant.interval(),
        decoder,
        provenance: ModelProvenance {
            nervering: env!("CARGO_PKG_VERSION").to_owned(),
            protocol: config.protocol,
            animals: trained_animals(&plan, recordings),
            seed: config.seed,
            training: training.clone(),
            connectome: given.map(|given| given.name.clone()),
        },
    };
    let animals = figures(&model, view, &features[0]);
    Ok((model, FitReport { training, animals }))
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

fn trained_animals(plan: &Plan, recordings: &[Recording]) -> Vec<TrainedAnimal> {
    let animals = plan.views[0].animals.iter().zip(recordings).zip(plan.fingerprints());
    let of_plan = animals.map(|((animal, recording), sha256)| {
        trained_animal(recording, &animal.selected, &animal.splits[0], sha256.clone())
    });
    of_plan.collect()
}

/// What a model remembers of an animal that it was trained on.
pub(crate) fn trained_animal(
    recording: &Recording,
    selected: &Selected,
    split: &Split,
    sha256: String,
) -> TrainedAnimal {
    TrainedAnimal {
        name: selected.animal.clone(),
        sha256,
        n_frames: selected.n_frames,
        likeness: likeness(selected),
        n_training_frames: split.train.len(),
        n_validation_frames: split.validation.len(),
        fps: recording.time().fps(),
        unit: recording.unit().unit.as_str().to_owned(),
    }
}

/// Trains the one replica of the job, whatever network it is.
struct Train<'a, 'f> {
    task: Task<'a>,
    features: &'f [Features<'a>],
    on_epoch: &'f dyn Fn(usize) -> bool,
}

impl NetworkVisitor for Train<'_, '_> {
    type Output = Option<(Box<dyn HeldNetwork>, Training)>;

    fn visit<N: DecodingNetwork>(self, network: N) -> Self::Output {
        let engine = Engine::fastest();
        let (fitted, cohort) = self.task.train(network, self.features, engine, self.on_epoch)?;
        let statistics = TrainingStatistics::measure(&fitted.network, &cohort.train, engine);
        let training = self.task.training(&fitted.reports[0]);
        let held = Held::new(fitted.network, statistics, self.task.sizes());
        Some((Box::new(held), training))
    }
}

/// Mean over the animals of their edges over their training frames.
fn mean_edges(network: &dyn HeldNetwork, view: &View, features: &Features) -> Option<Vec<f32>> {
    let of_animal = |(k, animal): (usize, &PlannedAnimal)| {
        network.edges(&features[k], &animal.splits[0].train, BatchStatistics::Training)
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
        let statistics = model.is_network().then_some(BatchStatistics::Training);
        let all = model.decode(features, selected.n_frames, statistics);
        let of_part = |frames: &[usize]| {
            let evaluated = EvaluatedFrames {
                animal: &selected.animal,
                role: Role::SameAnimal,
                labels: &selected.labels,
                times_s: &selected.seconds,
                frames,
            };
            let prediction = at_frames(&all, frames, n_classes);
            Evaluation { statistics, ..evaluate(&evaluated, predicted(&prediction), n_classes) }
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
        statistics: Option<BatchStatistics>,
    ) -> Prediction {
        match &self.decoder {
            Decoder::Direct(decoder) => decoder.predict(features, &[n_frames]),
            Decoder::Network { network, .. } => {
                let frames: Vec<usize> = (0..n_frames).collect();
                let statistics = statistics.unwrap_or(BatchStatistics::Training);
                let log_probabilities = network.predict(features, &frames, statistics);
                Prediction {
                    classes: most_probable(&log_probabilities, self.coding.n_classes()),
                    log_probabilities: Some(log_probabilities),
                }
            }
        }
    }
}
