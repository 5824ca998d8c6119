//! The fits of one job: a model on a subset of animals, for one or more folds. Networks train all
//! folds of the job in lockstep; other models one after the other.

use crate::config::{KeepEdges, Protocol};
use crate::curve::TrainingCurve;
use crate::error::StudyError;
use crate::plan::{Group, Plan};
use crate::result::{FitResult, Training};
use crate::view::View;
use burn::tensor::Device;
use nervering_models::gnn::GivenEdges;
use nervering_models::{
    DecoderModel, DecodingNetwork, Dimensions, DirectDecoder, DirectModel, LabelledFrames,
    NetworkConfig, NetworkInputs, NetworkVisitor, Prediction,
};
use nervering_nn::ops::Engine;
use nervering_prepare::N_FEATURES;
use nervering_statistics::BatchStatistics;
use nervering_statistics::metrics::{EvaluatedFrames, Predicted, evaluate, most_probable};
use nervering_statistics::seed::generator;
use nervering_statistics::{Evaluation, Role};
use nervering_train::{
    Batch, BatchRows, Cohort, EvaluationStatistics, FitConfig, Fitted, PRIOR_FRAMES, Plateau,
    ReplicaReport, TrainingStatistics, ValidationStatistics, edges, fit, predict,
};
use rand::seq::SliceRandom;
use std::borrow::Cow;
use std::cell::OnceCell;
use std::ops::Range;
use std::sync::Arc;

/// Some folds of a group, run together.
#[derive(Debug, Clone)]
pub(crate) struct Job {
    pub(crate) group: Group,
    pub(crate) folds: Range<usize>,
    /// Of a network.
    pub(crate) epochs: usize,
}

/// Fits and evaluates a job. `on_epoch` hears of the gradient steps just done and may stop the
/// job by returning false; the result is then `None`.
pub(crate) fn run(
    plan: &Plan,
    job: &Job,
    on_epoch: &dyn Fn(usize) -> bool,
) -> Result<Option<Vec<FitResult>>, StudyError> {
    let view = &plan.views[job.group.variant];
    let task = Task { plan, view, job };
    match job.group.model.model() {
        DecoderModel::Direct(model) => {
            job.folds.clone().map(|fold| task.fit_direct(fold, model.as_ref()).map(Some)).collect()
        }
        DecoderModel::Network(config) => {
            let features = &task.features()?;
            Ok(task.init_networks(config, FitCohort { task, features, on_epoch }))
        }
    }
}

/// A job with what it works on.
#[derive(Clone, Copy)]
pub(crate) struct Task<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) view: &'a View,
    pub(crate) job: &'a Job,
}

/// The features of every animal, as one fold sees them.
pub(crate) type Features<'a> = Vec<Cow<'a, [f32]>>;

impl<'a> Task<'a> {
    fn result(
        &self,
        fold: usize,
        report: Option<&ReplicaReport>,
        evaluations: Vec<Evaluation>,
    ) -> FitResult {
        FitResult {
            variant: self.view.variant.name.clone(),
            model: self.job.group.model.to_string(),
            trained_on: self.trained_on(),
            fold,
            initialisation: self.job.group.initialisation,
            training: report.map(|report| self.training(report)),
            curve: report.map(|report| TrainingCurve::of(&report.curve)),
            evaluations,
        }
    }

    /// Names of the animals that the job trains on.
    fn trained_on(&self) -> Vec<String> {
        let name = |&k: &usize| self.view.animals[k].selected.animal.clone();
        self.job.group.subset.iter().map(name).collect()
    }

    fn n_classes(&self) -> usize {
        self.view.variant.coding.n_classes()
    }

    fn role(&self, animal: usize) -> Role {
        if self.job.group.subset.contains(&animal) {
            Role::SameAnimal
        } else if animal < self.view.n_trainable {
            Role::UnseenAnimal
        } else {
            Role::ExtendedAnimal
        }
    }

    /// The frames on which a fit is evaluated: the test frames of an animal it was trained on, all
    /// frames of another.
    fn evaluated_frames(&self, animal: usize, fold: usize) -> Cow<'a, [usize]> {
        let planned = &self.view.animals[animal];
        match self.role(animal) {
            Role::SameAnimal => Cow::Borrowed(&planned.splits[fold].test),
            Role::UnseenAnimal | Role::ExtendedAnimal => {
                Cow::Owned((0..planned.selected.n_frames).collect())
            }
        }
    }

    /// What a prediction of these frames is measured against.
    fn evaluated<'f>(&self, animal: usize, frames: &'f [usize]) -> EvaluatedFrames<'f>
    where
        'a: 'f,
    {
        let selected = &self.view.animals[animal].selected;
        let (labels, times_s) = (&selected.labels, &selected.seconds);
        let role = self.role(animal);
        EvaluatedFrames { animal: &selected.animal, role, labels, times_s, frames }
    }

    /// What is kept of a prediction: that of one fold says what those of the others say.
    fn kept(&self, animal: usize, fold: usize, classes: &[u8]) -> Option<Vec<(u8, usize)>> {
        let runs = classes.chunk_by(|a, b| a == b).map(|run| (run[0], run.len()));
        (fold == 0 && self.role(animal) != Role::SameAnimal).then(|| runs.collect())
    }

    fn fit_direct(&self, fold: usize, model: &dyn DirectModel) -> Result<FitResult, StudyError> {
        let of_animals = self.view.features(&self.job.group.subset, fold)?;
        let decoder = self.decoder(fold, model, &of_animals)?;
        let (n_inputs, n_classes) = (self.view.neurons.len() * N_FEATURES, self.n_classes());
        let evaluations = (0..self.view.animals.len()).map(|k| {
            let frames = self.evaluated_frames(k, fold);
            // From the beginning of the recording, for decoders that look back in time, to the
            // last evaluated frame.
            let n_frames = frames.last().map_or(0, |last| last + 1);
            let all = decoder.predict(&of_animals[k][..n_frames * n_inputs], &[n_frames]);
            let prediction = at_frames(&all, &frames, n_classes);
            Evaluation {
                predicted: self.kept(k, fold, &prediction.classes),
                ..evaluate(&self.evaluated(k, &frames), predicted(&prediction), n_classes)
            }
        });
        Ok(self.result(fold, None, evaluations.collect()))
    }

    /// Fits on the training frames. Those that the protocol lets the model look at besides stand
    /// between them without a label, so that time runs on.
    pub(crate) fn decoder(
        &self,
        fold: usize,
        model: &dyn DirectModel,
        of_animals: &Features,
    ) -> Result<Box<dyn DirectDecoder>, StudyError> {
        let n_inputs = self.view.neurons.len() * N_FEATURES;
        let (mut features, mut labels, mut runs) = (Vec::new(), Vec::new(), Vec::new());
        for &k in &self.job.group.subset {
            let visible = self.view.visible(k, fold);
            let animal = &self.view.animals[k];
            let begin = labels.len();
            labels.resize(begin + visible.len(), None);
            for &frame in &animal.splits[fold].train {
                labels[begin + frame - visible.start] = animal.selected.labels[frame];
            }
            runs.push(visible.len());
            features.extend_from_slice(
                &of_animals[k][visible.start * n_inputs..visible.end * n_inputs],
            );
        }
        let n_classes = self.n_classes();
        let frames = LabelledFrames {
            features: &features,
            n_inputs,
            labels: &labels,
            runs: &runs,
            n_classes,
        };
        model.fit(&frames).map_err(|source| StudyError::Fit {
            model: self.job.group.model.to_string(),
            trained_on: format!("{:?}", self.trained_on()),
            fold,
            source,
        })
    }

    /// The features of every fold of the job.
    pub(crate) fn features(&self) -> Result<Vec<Features<'a>>, StudyError> {
        let of_fold = |fold| self.view.features(&self.job.group.subset, fold);
        self.job.folds.clone().map(of_fold).collect()
    }

    /// Sizes that the data dictate.
    pub(crate) fn sizes(&self) -> Dimensions {
        Dimensions {
            n_neurons: self.view.neurons.len(),
            n_features: N_FEATURES,
            n_classes: self.n_classes(),
        }
    }

    /// Initialises the job's network, one replica per fold, and hands it to `visitor`.
    pub(crate) fn init_networks<V: NetworkVisitor>(
        self,
        config: NetworkConfig,
        visitor: V,
    ) -> V::Output {
        let sizes = self.sizes();
        let (seed, model) = (self.plan.config().seed, self.job.group.model.as_str());
        let subset: Vec<String> = self.job.group.subset.iter().map(usize::to_string).collect();
        let subset = subset.join("+");
        let of_fold = |fold: usize| {
            let fold = fold.to_string();
            let parts = ["weights", model, &subset, &fold];
            match self.job.group.initialisation {
                0 => generator(seed, &parts),
                n => generator(seed, &[&parts[..], &[&n.to_string()]].concat()),
            }
        };
        let mut rngs: Vec<_> = self.job.folds.clone().map(of_fold).collect();
        let adjacency = match (config.given_edges(), &self.view.adjacency) {
            (Some(GivenEdges::Shuffled), Some(edges)) => {
                let mut rng = generator(seed, &["shuffled edges", &subset]);
                let mut places: Vec<usize> = (0..sizes.n_neurons).collect();
                places.shuffle(&mut rng);
                Some(relabelled(edges, &places))
            }
            (_, edges) => edges.clone(),
        };
        let inputs = NetworkInputs { sizes, adjacency };
        let device = Device::flex().autodiff();
        config.init_with(&inputs, &mut rngs, &device, visitor)
    }

    /// One animal as all replicas of the job see it, each with the frames of its own fold.
    fn batch(
        &self,
        features: &[Features],
        animal: usize,
        frames: impl Fn(usize) -> Cow<'a, [usize]>,
        device: &Device,
    ) -> Batch {
        let selected = &self.view.animals[animal].selected;
        let frames: Vec<Cow<[usize]>> = self.job.folds.clone().map(frames).collect();
        let rows: Vec<BatchRows> = frames
            .iter()
            .zip(features)
            .map(|(frames, features)| BatchRows {
                features: &features[animal],
                labels: &selected.labels,
                frames,
            })
            .collect();
        Batch::new(&rows, self.view.neurons.len(), N_FEATURES, device)
    }

    fn fit_cohort<N: DecodingNetwork>(
        &self,
        network: N,
        features: &[Features],
        on_epoch: &dyn Fn(usize) -> bool,
    ) -> Option<Vec<FitResult>> {
        let engine = Engine::fastest();
        let (fitted, cohort) = self.train(network, features, engine, on_epoch)?;
        let evaluations = self.evaluate_cohort(&fitted, &cohort, features, engine);
        let of_replica = |(fold, (report, evaluations)): (usize, (&ReplicaReport, _))| {
            self.result(fold, Some(report), evaluations)
        };
        let of_folds = self.job.folds.clone().zip(fitted.reports.iter().zip(evaluations));
        Some(of_folds.map(of_replica).collect())
    }

    /// Trains all folds of the job in lockstep.
    pub(crate) fn train<N: DecodingNetwork>(
        &self,
        network: N,
        features: &[Features],
        engine: Engine,
        on_epoch: &dyn Fn(usize) -> bool,
    ) -> Option<(Fitted<N>, Cohort)> {
        let (plain, device) = (Device::flex(), Device::flex().autodiff());
        let subset = &self.job.group.subset;
        let animals = &self.view.animals;
        let batches = |frames_of: fn(&nervering_prepare::Split) -> &[usize], device: &Device| {
            let of_animal = |&k: &usize| {
                let frames = |fold: usize| Cow::Borrowed(frames_of(&animals[k].splits[fold]));
                self.batch(features, k, frames, device)
            };
            subset.iter().map(of_animal).collect::<Vec<Batch>>()
        };
        let cohort = Cohort {
            train: batches(|split| &split.train, &device),
            validation: batches(|split| &split.validation, &plain),
        };
        let config = FitConfig { epochs: self.job.epochs, ..self.fit_config(engine) };
        let steps_per_epoch = subset.len() * self.job.folds.len();
        let fitted = fit(network, &cohort, &config, || on_epoch(steps_per_epoch))?;
        Some((fitted, cohort))
    }

    /// How the training of a replica went.
    pub(crate) fn training(&self, report: &ReplicaReport) -> Training {
        Training {
            epochs: self.job.epochs,
            best_epoch: report.best_epoch,
            best_validation_loss: report.best_validation_loss,
            final_learning_rate: report.final_learning_rate,
            diverged: report.diverged,
        }
    }

    fn fit_config(&self, engine: Engine) -> FitConfig {
        let paper = FitConfig::paper(engine);
        match self.view.variant.protocol {
            Protocol::Paper => paper,
            // One stretch of time validates.
            Protocol::Strict => FitConfig { validation: ValidationStatistics::Training, ..paper },
            // "plateau patience 50, factor 0.1"
            Protocol::AuthorsCode => {
                FitConfig { plateau: Plateau { factor: 0.1, ..paper.plateau }, ..paper }
            }
        }
    }

    /// Per replica its evaluations: by statistics, then by animal.
    fn evaluate_cohort<N: DecodingNetwork>(
        &self,
        fitted: &Fitted<N>,
        cohort: &Cohort,
        features: &[Features],
        engine: Engine,
    ) -> Vec<Vec<Evaluation>> {
        let n_classes = self.n_classes();
        let (network, plain) = (&fitted.network, Device::flex());
        let keeps_edges = self.plan.config().keep_edges == KeepEdges::Yes;
        let mut evaluations = vec![Vec::new(); self.job.folds.len()];
        let training = OnceCell::new();
        let measured = || TrainingStatistics::measure(network, &cohort.train, engine);
        for &name in &self.view.variant.statistics {
            let statistics = evaluation_by(name, || training.get_or_init(measured).clone());
            for k in 0..self.view.animals.len() {
                let frames_of = |fold| self.evaluated_frames(k, fold);
                let batch = self.batch(features, k, frames_of, &plain);
                let by_replica = predict(network, &batch, engine, &statistics);
                let mut edges_by_replica = match keeps_edges {
                    true => edges(network, &batch, engine, &statistics),
                    false => None,
                };
                for (replica, log_probabilities) in by_replica.into_iter().enumerate() {
                    let fold = self.job.folds.start + replica;
                    let frames = frames_of(fold);
                    let prediction = Prediction {
                        classes: most_probable(&log_probabilities, n_classes),
                        log_probabilities: Some(log_probabilities),
                    };
                    let evaluated = self.evaluated(k, &frames);
                    let edges =
                        edges_by_replica.as_mut().map(|edges| std::mem::take(&mut edges[replica]));
                    evaluations[replica].push(Evaluation {
                        statistics: Some(name),
                        predicted: self.kept(k, fold, &prediction.classes),
                        edges,
                        ..evaluate(&evaluated, predicted(&prediction), n_classes)
                    });
                }
            }
        }
        evaluations
    }
}

/// The statistics of this name; `training` gives those of the training animals where they are needed.
pub(crate) fn evaluation_by(
    name: BatchStatistics,
    training: impl FnOnce() -> TrainingStatistics,
) -> EvaluationStatistics {
    match name {
        BatchStatistics::Evaluated => EvaluationStatistics::Evaluated,
        BatchStatistics::Training => EvaluationStatistics::Training(training()),
        BatchStatistics::Running => {
            EvaluationStatistics::Running { training: training(), prior_frames: PRIOR_FRAMES }
        }
    }
}

/// [`Task::fit_cohort`] for whichever network it is.
struct FitCohort<'a, 'f> {
    task: Task<'a>,
    features: &'f [Features<'a>],
    on_epoch: &'f dyn Fn(usize) -> bool,
}

impl NetworkVisitor for FitCohort<'_, '_> {
    type Output = Option<Vec<FitResult>>;

    fn visit<N: DecodingNetwork>(self, network: N) -> Self::Output {
        self.task.fit_cohort(network, self.features, self.on_epoch)
    }
}

/// What is said of some frames.
pub(crate) fn at_frames(all: &Prediction, frames: &[usize], n_classes: usize) -> Prediction {
    let log_probabilities = all.log_probabilities.as_ref().map(|rows| {
        let row = |&frame: &usize| &rows[frame * n_classes..(frame + 1) * n_classes];
        frames.iter().flat_map(row).copied().collect()
    });
    let classes = frames.iter().map(|&frame| all.classes[frame]).collect();
    Prediction { classes, log_probabilities }
}

/// The same graph with its neurons in other places: every degree and weight stays in it.
fn relabelled(edges: &[f32], places: &[usize]) -> Arc<[f32]> {
    let n = places.len();
    let edge = |k: usize| edges[places[k / n] * n + places[k % n]];
    (0..n * n).map(edge).collect()
}

/// A prediction as the metrics take it.
pub(crate) fn predicted(prediction: &Prediction) -> Predicted<'_> {
    let Prediction { classes, log_probabilities } = prediction;
    Predicted { classes, log_probabilities: log_probabilities.as_deref() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relabelled_graph_keeps_its_weights_and_self_edges() {
        let edges = [1., 2., 3., 4., 5., 6., 7., 8., 9.];
        let moved = relabelled(&edges, &[2, 0, 1]);
        assert_eq!(*moved, [9., 7., 8., 3., 1., 2., 6., 4., 5.]);
    }
}
