//! The training of one forecaster, one gradient step at a time, so that whoever drives it can stop
//! between any two, or keep a [`ForecastCheckpoint`] and go on from there later.

use super::checkpoint::{CheckpointError, ForecastCheckpoint};
use super::{
    FittedForecaster, ForecastFitConfig, ForecastReport, Sequences, sampled_roll_out,
    validation_error, value,
};
use crate::plateau::Schedule;
use nervering_models::ForecastingNetwork;
use nervering_nn::adam::Adam;
use nervering_nn::snapshot::Snapshot;
use rand_chacha::ChaCha8Rng;

/// A training under way.
#[derive(Debug)]
pub struct ForecasterTraining<'a, N> {
    /// Empty only within a step.
    network: Option<N>,
    adam: Adam,
    schedule: Schedule,
    best: Snapshot,
    errors_of_epoch: Vec<f64>,
    training_errors: Vec<f64>,
    validation_errors: Vec<f64>,
    diverged_in: Option<usize>,
    train: &'a [Sequences],
    validation: &'a [Sequences],
    config: &'a ForecastFitConfig,
    rng: &'a mut ChaCha8Rng,
}

/// What a step has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stepped {
    /// There is more to do.
    On,
    /// The last epoch is done, or an error was not finite.
    Finished,
}

impl<'a, N: ForecastingNetwork> ForecasterTraining<'a, N> {
    /// The beginning: a network of one replica, to be trained on `train`, one animal per step, on a
    /// device with automatic differentiation, and validated on `validation`, on one without. `rng`
    /// draws when the truth is seen.
    ///
    /// # Panics
    /// Without an animal to train on and one to validate on, and without an epoch.
    pub fn new(
        network: N,
        train: &'a [Sequences],
        validation: &'a [Sequences],
        config: &'a ForecastFitConfig,
        rng: &'a mut ChaCha8Rng,
    ) -> Self {
        assert!(!train.is_empty() && !validation.is_empty(), "animals to train and to validate on");
        assert!(config.epochs > 0, "at least one epoch");
        let best = Snapshot::of(&network);
        Self {
            network: Some(network),
            adam: Adam::new(),
            schedule: Schedule::new(config.learning_rate),
            best,
            errors_of_epoch: Vec::new(),
            training_errors: Vec::new(),
            validation_errors: Vec::new(),
            diverged_in: None,
            train,
            validation,
            config,
            rng,
        }
    }

    /// Goes to where a checkpoint of the same fit stands. All or nothing.
    ///
    /// # Errors
    /// [`CheckpointError`] for one that cannot be of this fit.
    pub fn go_to(&mut self, checkpoint: ForecastCheckpoint) -> Result<(), CheckpointError> {
        let (epochs, steps) = (checkpoint.training_errors.len(), checkpoint.errors_of_epoch.len());
        let (all_epochs, all_steps) = (self.config.epochs, self.train.len());
        let is_inside = epochs < all_epochs && steps < all_steps;
        if !is_inside || checkpoint.validation_errors.len() != epochs {
            return Err(CheckpointError::Place { epochs, steps, all_epochs, all_steps });
        }
        let weights = Snapshot::for_module(checkpoint.weights, self.network())?;
        let best = Snapshot::for_module(checkpoint.best, self.network())?;
        let moments = &checkpoint.adam.moments;
        // Before its first step the optimiser has none.
        let is_begun = epochs + steps > 0;
        let lengths = weights.parameters().iter().map(|p| [1, p.values.len()]);
        let of_network = lengths.eq(moments.iter().map(|m| m.shape))
            && moments.iter().all(|m| [m.first.len(), m.second.len()] == [m.shape[1]; 2]);
        if of_network != is_begun || (!is_begun && !moments.is_empty()) {
            let expected = weights.parameters().len();
            return Err(CheckpointError::Moments { found: moments.len(), expected });
        }
        let network = weights.restore(self.network.take().expect("between steps"));
        let device = self.validation[0].history.device();
        self.network = Some(network);
        self.adam = Adam::at(checkpoint.adam, &device);
        self.schedule = Schedule {
            learning_rate: checkpoint.learning_rate,
            best_loss: checkpoint.best_error,
            best_epoch: checkpoint.best_epoch,
            waited: checkpoint.waited,
        };
        self.best = best;
        self.errors_of_epoch = checkpoint.errors_of_epoch;
        self.training_errors = checkpoint.training_errors;
        self.validation_errors = checkpoint.validation_errors;
        self.rng.set_word_pos(checkpoint.rng_position);
        Ok(())
    }

    /// Where it stands.
    pub fn checkpoint(&self) -> ForecastCheckpoint {
        let Schedule { learning_rate, best_loss, best_epoch, waited } = self.schedule;
        ForecastCheckpoint {
            weights: Snapshot::of(self.network()).parameters().to_vec(),
            best: self.best.parameters().to_vec(),
            adam: self.adam.state(),
            learning_rate,
            best_error: best_loss,
            best_epoch,
            waited,
            errors_of_epoch: self.errors_of_epoch.clone(),
            training_errors: self.training_errors.clone(),
            validation_errors: self.validation_errors.clone(),
            rng_position: self.rng.get_word_pos(),
        }
    }

    /// Epochs that are done.
    pub fn n_epochs(&self) -> usize {
        self.validation_errors.len()
    }

    /// One gradient step on the next animal, and after the last of an epoch its validation. Nothing
    /// once the training is finished.
    pub fn step(&mut self) -> Stepped {
        if self.diverged_in.is_some() || self.n_epochs() == self.config.epochs {
            return Stepped::Finished;
        }
        let epoch = self.n_epochs() + 1;
        let animal = &self.train[self.errors_of_epoch.len()];
        let n_steps = animal.targets.dims()[2];
        let from_truth = self.config.sampling.draw(epoch - 1, n_steps, self.rng);
        let network = self.network();
        let predicted = sampled_roll_out(network, animal, &from_truth, self.config.engine);
        let error = animal.loss(self.config.loss, predicted);
        let value_of_error = value(error.clone());
        if !value_of_error.is_finite() {
            self.diverged_in = Some(epoch);
            return Stepped::Finished;
        }
        let gradients = error.backward();
        let network = self.network.take().expect("between steps");
        self.network = Some(self.adam.step(network, gradients, &[self.schedule.learning_rate]));
        self.errors_of_epoch.push(value_of_error);
        if self.errors_of_epoch.len() == self.train.len() {
            self.end_epoch(epoch);
        }
        let is_finished = self.diverged_in.is_some() || self.n_epochs() == self.config.epochs;
        if is_finished { Stepped::Finished } else { Stepped::On }
    }

    fn end_epoch(&mut self, epoch: usize) {
        let network = self.network();
        let error = validation_error(&network.valid(), self.validation, self.config);
        let improved = self.schedule.observe(epoch, error, self.config.plateau);
        let network = self.network.take().expect("between steps");
        self.best.update(&network, &[improved]);
        self.network = Some(network);
        if !error.is_finite() {
            self.diverged_in = Some(epoch);
            return;
        }
        let n = self.errors_of_epoch.len() as f64;
        self.training_errors.push(self.errors_of_epoch.drain(..).sum::<f64>() / n);
        self.validation_errors.push(error);
    }

    /// The network with the weights of its best epoch so far, and how it went.
    pub fn finish(self) -> FittedForecaster<N> {
        let report = ForecastReport {
            best_epoch: self.schedule.best_epoch,
            best_validation_error: self.schedule.best_loss,
            final_learning_rate: self.schedule.learning_rate,
            diverged_in: self.diverged_in,
            training_errors: self.training_errors,
            validation_errors: self.validation_errors,
        };
        let network = self.network.expect("between steps");
        FittedForecaster { network: self.best.restore(network.valid()), report }
    }

    fn network(&self) -> &N {
        self.network.as_ref().expect("between steps")
    }
}
