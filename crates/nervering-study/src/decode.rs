//! The fits of one job: a model on a subset of animals, for one or more folds. Networks train all
//! folds of the job in lockstep; other models one after the other.

use crate::config::BatchNormFrom;
use crate::error::StudyError;
use crate::metrics::{EvaluatedFrames, evaluate, most_probable};
use crate::plan::{Group, Plan, PlannedAnimal};
use crate::result::{Evaluation, FitResult, Role, Training};
use crate::seed::generator;
use burn::tensor::Device;
use nervering_models::{
    DecoderModel, DecodingNetwork, Dimensions, DirectModel, LabelledFrames, NetworkConfig,
    Prediction,
};
use nervering_nn::ops::Engine;
use nervering_train::{
    Batch, BatchRows, Cohort, EvaluationStatistics, FitConfig, ReplicaReport, fit, predict,
};
use std::ops::Range;

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
    match job.group.model.model() {
        DecoderModel::Direct(model) => {
            job.folds.clone().map(|fold| fit_direct(plan, job, fold, model.as_ref())).collect()
        }
        DecoderModel::Network(config) => Ok(fit_networks(plan, job, config, on_epoch)),
    }
}

/// Names of the animals that a job trains on.
fn trained_on(plan: &Plan, job: &Job) -> Vec<String> {
    let name = |&k: &usize| plan.animals[k].prepared.animal.clone();
    job.group.subset.iter().map(name).collect()
}

fn result(
    plan: &Plan,
    job: &Job,
    fold: usize,
    training: Option<Training>,
    evaluations: Vec<Evaluation>,
) -> FitResult {
    FitResult {
        model: job.group.model.to_string(),
        trained_on: trained_on(plan, job),
        fold,
        training,
        evaluations,
    }
}

/// The labels of some frames.
fn labels_of(animal: &PlannedAnimal, frames: &[usize]) -> Vec<Option<u8>> {
    frames.iter().map(|&frame| animal.prepared.labels[frame]).collect()
}

fn role(job: &Job, animal: usize) -> Role {
    if job.group.subset.contains(&animal) { Role::SameAnimal } else { Role::UnseenAnimal }
}

/// The frames on which a fit is evaluated: the test fold of an animal it was trained on, all
/// frames of another.
fn evaluated_frames(plan: &Plan, job: &Job, animal: usize, fold: usize) -> Vec<usize> {
    let planned = &plan.animals[animal];
    match role(job, animal) {
        Role::SameAnimal => planned.folds.split(fold).test,
        Role::UnseenAnimal => (0..planned.prepared.n_frames).collect(),
    }
}

/// What a prediction of these frames is measured against.
fn evaluated<'a>(
    animal: &'a PlannedAnimal,
    role: Role,
    frames: &'a [usize],
) -> EvaluatedFrames<'a> {
    let (prepared, times_s) = (&animal.prepared, &animal.times_s);
    EvaluatedFrames { animal: &prepared.animal, role, labels: &prepared.labels, times_s, frames }
}

fn fit_direct(
    plan: &Plan,
    job: &Job,
    fold: usize,
    model: &dyn DirectModel,
) -> Result<Option<FitResult>, StudyError> {
    let n_classes = plan.config().coding.n_classes();
    let n_inputs = plan.neurons().len() * plan.n_features();
    let gather = |animal: &PlannedAnimal, frames: &[usize]| -> Vec<f32> {
        let row =
            |&frame: &usize| &animal.prepared.features[frame * n_inputs..(frame + 1) * n_inputs];
        frames.iter().flat_map(row).copied().collect()
    };
    let (mut features, mut labels) = (Vec::new(), Vec::new());
    for &k in &job.group.subset {
        let animal = &plan.animals[k];
        let train = animal.folds.split(fold).train;
        features.extend(gather(animal, &train));
        labels.extend(labels_of(animal, &train));
    }
    let frames = LabelledFrames { features: &features, n_inputs, labels: &labels, n_classes };
    let decoder = model.fit(&frames).map_err(|source| StudyError::Fit {
        model: job.group.model.to_string(),
        trained_on: format!("{:?}", trained_on(plan, job)),
        fold,
        source,
    })?;
    let evaluations = (0..plan.animals.len())
        .map(|k| {
            let animal = &plan.animals[k];
            let frames = evaluated_frames(plan, job, k, fold);
            let prediction = decoder.predict(&gather(animal, &frames));
            evaluate(&evaluated(animal, role(job, k), &frames), &prediction, n_classes)
        })
        .collect();
    Ok(Some(result(plan, job, fold, None, evaluations)))
}

fn fit_networks(
    plan: &Plan,
    job: &Job,
    config: NetworkConfig,
    on_epoch: &dyn Fn(usize) -> bool,
) -> Option<Vec<FitResult>> {
    let sizes = Dimensions {
        n_neurons: plan.neurons().len(),
        n_features: plan.n_features(),
        n_classes: plan.config().coding.n_classes(),
    };
    let subset = job.group.subset.iter().map(usize::to_string).collect::<Vec<_>>().join("+");
    let model = job.group.model.as_str();
    let of_fold = |fold: usize| {
        generator(plan.config().seed, &["weights", model, &subset, &fold.to_string()])
    };
    let mut rngs: Vec<_> = job.folds.clone().map(of_fold).collect();
    let device = Device::flex().autodiff();
    match config {
        NetworkConfig::Mlp(config) => {
            fit_cohort(plan, job, config.init(sizes, &mut rngs, &device), on_epoch)
        }
        NetworkConfig::Gnn(config) => {
            fit_cohort(plan, job, config.init(sizes, &mut rngs, &device), on_epoch)
        }
    }
}

/// One animal as all replicas of the job see it, each with the frames of its own fold.
fn batch(
    plan: &Plan,
    job: &Job,
    animal: usize,
    frames: impl Fn(usize) -> Vec<usize>,
    device: &Device,
) -> Batch {
    let prepared = &plan.animals[animal].prepared;
    let frames: Vec<Vec<usize>> = job.folds.clone().map(frames).collect();
    let rows: Vec<BatchRows> = frames
        .iter()
        .map(|frames| BatchRows { features: &prepared.features, labels: &prepared.labels, frames })
        .collect();
    Batch::new(&rows, plan.neurons().len(), plan.n_features(), device)
}

fn fit_cohort<N: DecodingNetwork>(
    plan: &Plan,
    job: &Job,
    network: N,
    on_epoch: &dyn Fn(usize) -> bool,
) -> Option<Vec<FitResult>> {
    let (plain, device) = (Device::flex(), Device::flex().autodiff());
    let subset = &job.group.subset;
    let folds_of = |k: usize| move |fold: usize| plan.animals[k].folds.split(fold);
    let cohort = Cohort {
        train: subset
            .iter()
            .map(|&k| batch(plan, job, k, |fold| folds_of(k)(fold).train, &device))
            .collect(),
        validation: subset
            .iter()
            .map(|&k| batch(plan, job, k, |fold| folds_of(k)(fold).validation, &plain))
            .collect(),
    };
    let engine = Engine::fastest();
    let config = FitConfig { epochs: job.epochs, ..FitConfig::paper(engine) };
    let steps_per_epoch = subset.len() * job.folds.len();
    let fitted = fit(network, &cohort, &config, || on_epoch(steps_per_epoch))?;

    let n_classes = plan.config().coding.n_classes();
    let statistics = match plan.config().batch_norm {
        BatchNormFrom::Evaluated => EvaluationStatistics::Evaluated,
        BatchNormFrom::Training => {
            EvaluationStatistics::of_training(&fitted.network, &cohort.train, engine)
        }
    };
    let mut evaluations = vec![Vec::new(); job.folds.len()];
    for k in 0..plan.animals.len() {
        let animal = &plan.animals[k];
        let frames_of = |fold| evaluated_frames(plan, job, k, fold);
        let batch = batch(plan, job, k, frames_of, &plain);
        let by_replica = predict(&fitted.network, &batch, engine, &statistics);
        for (replica, log_probabilities) in by_replica.into_iter().enumerate() {
            let frames = frames_of(job.folds.start + replica);
            let prediction = Prediction {
                classes: most_probable(&log_probabilities, n_classes),
                log_probabilities: Some(log_probabilities),
            };
            let evaluated = evaluated(animal, role(job, k), &frames);
            evaluations[replica].push(evaluate(&evaluated, &prediction, n_classes));
        }
    }
    let epochs = job.epochs;
    let of_replica = |(fold, (report, evaluations)): (usize, (&ReplicaReport, _))| {
        let training = Training {
            epochs,
            best_epoch: report.best_epoch,
            best_validation_loss: report.best_validation_loss,
            final_learning_rate: report.final_learning_rate,
            diverged: report.diverged,
        };
        result(plan, job, fold, Some(training), evaluations)
    };
    Some(job.folds.clone().zip(fitted.reports.iter().zip(evaluations)).map(of_replica).collect())
}
