//! Training as the text has it: one animal is one batch and one step, so an epoch on k animals is
//! k steps; after each epoch the validation loss decides whether its weights are the best so far.

use crate::batch::Batch;
use crate::plateau::{Plateau, Schedule};
use crate::predict::EvaluationStatistics;
use burn::tensor::Tensor;
use nervering_models::DecodingNetwork;
use nervering_nn::adam::Adam;
use nervering_nn::ops::{Engine, Labels};
use nervering_nn::snapshot::Snapshot;

/// What batch norms and means over frames rest on where a validation loss chooses the epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValidationStatistics {
    /// The validation frames themselves: the scripts. It asks for many frames that are like all
    /// others, as shuffled windows are.
    Batch,
    /// The training frames, as in inductive evaluation. A short stretch of time, which may hold one
    /// state alone, says little under its own statistics.
    Training,
}

/// How a cohort is trained.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FitConfig {
    /// Epochs; 800 in the text.
    pub epochs: usize,
    /// Adam's rate at the start; 1e-3 in the text.
    pub learning_rate: f64,
    /// When it falls.
    pub plateau: Plateau,
    /// Fused or composed.
    pub engine: Engine,
    /// What the validation loss rests on.
    pub validation: ValidationStatistics,
}

impl FitConfig {
    /// "Adam optimizer with a learning rate of 10⁻³", × 0.25 after 50 epochs, 800 epochs.
    pub fn paper(engine: Engine) -> Self {
        let plateau = Plateau { patience: 50, factor: 0.25 };
        let validation = ValidationStatistics::Batch;
        Self { epochs: 800, learning_rate: 1e-3, plateau, engine, validation }
    }
}

/// What a cohort learns from: per training animal the frames to learn from, and those that
/// validate, on a device with automatic differentiation for the first and without for the second.
#[derive(Debug, Clone)]
pub struct Cohort {
    /// One batch per training animal, in the order of the steps.
    pub train: Vec<Batch>,
    /// The same animals' validation frames, or those of other animals.
    pub validation: Vec<Batch>,
}

/// How the training of one replica went.
#[derive(Debug, Clone, PartialEq)]
pub struct ReplicaReport {
    /// Epoch whose weights are kept, from 1; 0 when no epoch had a finite loss.
    pub best_epoch: usize,
    /// Validation loss at that epoch.
    pub best_validation_loss: f64,
    /// Learning rate at the end.
    pub final_learning_rate: f64,
    /// Whether the last validation loss was not a finite number.
    pub diverged: bool,
    /// Losses and learning rate of every epoch.
    pub curve: Vec<EpochLosses>,
}

/// One epoch of one replica.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EpochLosses {
    /// Mean over all training frames whose labels count, of the loss that each step set out from:
    /// every animal under the weights that it met, as in the step itself.
    pub training: f64,
    /// Mean over all validation frames whose labels count, under the weights at the end.
    pub validation: f64,
    /// Adam's rate during the epoch.
    pub learning_rate: f64,
}

/// A trained cohort, with each replica's best weights.
#[derive(Debug)]
pub struct Fitted<N> {
    /// The network, on the plain device.
    pub network: N,
    /// One report per replica.
    pub reports: Vec<ReplicaReport>,
}

/// Trains a cohort. `on_epoch` hears of every epoch that is done and may stop the training by
/// returning false; the result is then `None`, since an unfinished fit is no fit.
pub fn fit<N: DecodingNetwork>(
    network: N,
    cohort: &Cohort,
    config: &FitConfig,
    mut on_epoch: impl FnMut() -> bool,
) -> Option<Fitted<N>> {
    let n_replicas = cohort.train[0].labels.frames.present().len();
    let mut network = network;
    let mut adam = Adam::new();
    let mut schedules = vec![Schedule::new(config.learning_rate); n_replicas];
    let mut curves = vec![Vec::with_capacity(config.epochs); n_replicas];
    let mut best = Snapshot::of(&network);
    for epoch in 1..=config.epochs {
        let rates: Vec<f64> = schedules.iter().map(|schedule| schedule.learning_rate).collect();
        let mut training = MeanLosses::new(n_replicas);
        for batch in &cohort.train {
            let pass = batch.pass(config.engine);
            let losses = network.loss(&pass, batch.x.clone(), &batch.labels);
            training.add(losses.clone().inner(), &network.counted(&pass, &batch.labels));
            // Replicas share no parameter, so the gradient of the sum is each one's own.
            network = adam.step(network, losses.sum().backward(), &rates);
        }
        let validation = validation_losses(&network.valid(), cohort, config);
        for (r, (training, &validation)) in training.means().zip(&validation).enumerate() {
            curves[r].push(EpochLosses { training, validation, learning_rate: rates[r] });
        }
        let improved: Vec<bool> = schedules
            .iter_mut()
            .zip(&validation)
            .map(|(schedule, &loss)| schedule.observe(epoch, loss, config.plateau))
            .collect();
        best.update(&network, &improved);
        if !on_epoch() {
            return None;
        }
    }
    let reports = schedules
        .iter()
        .zip(curves)
        .map(|(schedule, curve)| ReplicaReport {
            best_epoch: schedule.best_epoch,
            best_validation_loss: schedule.best_loss,
            final_learning_rate: schedule.learning_rate,
            diverged: curve.last().is_none_or(|last| !last.validation.is_finite()),
            curve,
        })
        .collect();
    Some(Fitted { network: best.restore(network.valid()), reports })
}

/// The mean loss over all validation frames of each replica whose labels count, whichever animal
/// they are of. Each animal is a batch of its own, as in training.
fn validation_losses<N: DecodingNetwork>(
    network: &N,
    cohort: &Cohort,
    config: &FitConfig,
) -> Vec<f64> {
    let statistics = match config.validation {
        ValidationStatistics::Batch => EvaluationStatistics::Evaluated,
        ValidationStatistics::Training => {
            EvaluationStatistics::of_training(network, &cohort.train, config.engine)
        }
    };
    let mut mean = MeanLosses::new(cohort.validation[0].labels.frames.present().len());
    for batch in &cohort.validation {
        let pass = statistics.pass(batch, config.engine);
        let losses = network.loss(&pass, batch.x.clone(), &batch.labels);
        mean.add(losses, &network.counted(&pass, &batch.labels));
    }
    mean.means().collect()
}

/// Mean losses of every replica over the frames of several batches whose labels count.
struct MeanLosses {
    sums: Vec<f64>,
    counts: Vec<usize>,
}

impl MeanLosses {
    fn new(n_replicas: usize) -> Self {
        Self { sums: vec![0.; n_replicas], counts: vec![0; n_replicas] }
    }

    /// Takes the mean losses over one batch, `[replica]`.
    fn add(&mut self, losses: Tensor<1>, counted: &Labels) {
        let of_replicas = values(losses).into_iter().zip(n_labelled(counted));
        for ((loss, n), (sum, count)) in of_replicas.zip(self.sums.iter_mut().zip(&mut self.counts))
        {
            *sum += loss * n as f64;
            *count += n;
        }
    }

    fn means(&self) -> impl Iterator<Item = f64> {
        self.sums.iter().zip(&self.counts).map(|(sum, &n)| sum / n.max(1) as f64)
    }
}

/// Frames of each replica with a known class.
fn n_labelled(labels: &Labels) -> Vec<usize> {
    let replicas = labels.classes.chunks_exact(labels.frames.padded());
    replicas.map(|classes| classes.iter().filter(|&&class| class >= 0).count()).collect()
}

fn values(t: Tensor<1>) -> Vec<f64> {
    t.into_data().convert::<f64>().try_to_vec().expect("converted to float64")
}
