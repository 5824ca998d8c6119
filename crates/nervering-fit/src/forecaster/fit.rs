//! The one way in which forecasters are trained: [`ForecasterFit`] → [`TrainedForecaster`]. A model to
//! keep, a cell of a study and a simulated system are the same call.

use super::network::Held;
use super::{AnyForecaster, FittedForecaster, ForecastSource, Sequence, residual};
use crate::driver::{Driver, Next};
use crate::error::ModelError;
use crate::training::ForecastTraining;
use burn::tensor::Device;
use nervering_models::forecast::{BaselineForecast, ForecastFrames, ForecastKind, ForecastModel};
use nervering_models::trajectory::{TrajectoryConfig, TrajectoryNetwork, TrajectoryVisitor};
use nervering_models::{Dimensions, ForecastingNetwork, NetworkInputs};
use nervering_nn::machine::Machine;
use nervering_prepare::TRAINING_STEPS;
use nervering_train::{ForecastFitConfig, ForecasterTraining, SequenceLength, Sequences, Stepped};
use rand_chacha::ChaCha8Rng;

/// A forecaster on some frames.
pub struct ForecasterFit<'a> {
    /// The model.
    pub model: ForecastModel,
    /// What it learns from.
    pub source: &'a dyn ForecastSource,
    /// Width and activation of a network.
    pub network: TrajectoryConfig,
    /// What computes.
    pub machine: &'a Machine,
    /// How a network is trained.
    pub recipe: &'a dyn Fn(TrajectoryNetwork) -> ForecastFitConfig,
    /// Draws the initial weights of a network, and all that is drawn in what is fitted in one go.
    pub weights: ChaCha8Rng,
    /// Draws from which roll-outs the truth is seen (scheduled sampling).
    pub sampling: ChaCha8Rng,
}

/// A forecaster that has been fitted.
pub struct TrainedForecaster {
    /// What forecasts.
    pub forecaster: FittedForecaster,
    /// What was chosen, for people: `3 lags, penalty 1e-4`, `epoch 57 of 60`; empty where nothing is.
    pub chosen: String,
    /// How the training of a network went.
    pub training: Option<ForecastTraining>,
}

impl ForecasterFit<'_> {
    /// Trains; nothing when the driver has stopped it.
    ///
    /// # Errors
    /// [`ModelError::Forecast`] for a regression that finds no answer, and those of the driver.
    pub fn fit(mut self, driver: &dyn Driver) -> Result<Option<TrainedForecaster>, ModelError> {
        match self.model.kind() {
            ForecastKind::Baseline(baseline) => match driver.steps(0) {
                Next::Stop => Ok(None),
                Next::GoOn | Next::Keep => self.baseline(baseline).map(Some),
            },
            ForecastKind::Network(architecture) => {
                let [n_neurons, n_features] = self.source.sizes();
                let sizes = Dimensions { n_neurons, n_features, n_classes: 0 };
                let adjacency = self.source.adjacency();
                let device = &self.machine.learning();
                let rngs = &mut [self.weights.clone()];
                let network = self.network;
                let visitor = Train { fit: &mut self, architecture, driver };
                let inputs = NetworkInputs { sizes, adjacency, classes: None };
                architecture.init_with(network, inputs, rngs, device, visitor)
            }
        }
    }

    fn baseline(&self, model: &dyn BaselineForecast) -> Result<TrainedForecaster, ModelError> {
        let [n_neurons, n_features] = self.source.sizes();
        let animals = &self.source.animals();
        let frames = ForecastFrames { animals, n_neurons, n_features, n_steps: TRAINING_STEPS };
        let fitted = model.fit(&frames, &mut self.weights.clone()).map_err(|source| {
            ModelError::Forecast { model: model.name(), trained_on: self.source.name(), source }
        })?;
        let chosen = fitted.chosen();
        let forecaster =
            FittedForecaster(AnyForecaster::Baseline { fitted, n_columns: frames.n_columns() });
        Ok(TrainedForecaster { forecaster, chosen, training: None })
    }
}

/// A network of any architecture on its way through training.
struct Train<'f, 'a> {
    fit: &'f mut ForecasterFit<'a>,
    architecture: TrajectoryNetwork,
    driver: &'f dyn Driver,
}

impl TrajectoryVisitor for Train<'_, '_> {
    type Output = Result<Option<TrainedForecaster>, ModelError>;

    fn visit<N: ForecastingNetwork>(self, network: N) -> Self::Output {
        let Self { fit, architecture, driver } = self;
        let source = fit.source;
        let machine = fit.machine;
        let burn_in = network.burn_in();
        let length = SequenceLength { burn_in, n_steps: TRAINING_STEPS };
        let corrected = residual::corrected(fit.network.residual_of, source)?;
        let n_columns = source.sizes().iter().product();
        let sequences = |of: Vec<Sequence<'_>>, device: &Device| -> Vec<Sequences> {
            let new = |s: Sequence<'_>| {
                let new = Sequences::new(s.features, source.sizes(), &s.starts, length, device);
                match &corrected {
                    None => new,
                    Some(corrected) => new.along(residual::of_sequence(corrected, &s, n_columns)),
                }
            };
            of.into_iter().map(new).collect()
        };
        let train = sequences(source.train(burn_in), &machine.learning());
        let validation = sequences(source.validation(), machine.plain());
        let config = (fit.recipe)(architecture);
        let rng = &mut fit.sampling;
        let mut training = ForecasterTraining::new(network, &train, &validation, &config, rng);
        if let Some(checkpoint) = driver.begin()
            && let Err(error) = training.go_to(checkpoint)
        {
            driver.unusable(error.to_string());
        }
        loop {
            let stepped = training.step();
            let next = driver.steps(1);
            if stepped == Stepped::Finished {
                break;
            }
            if next != Next::GoOn {
                driver.keep(&training.checkpoint())?;
            }
            if next == Next::Stop {
                return Ok(None);
            }
        }
        let fitted = training.finish();
        let report = fitted.report;
        let mut chosen = format!("epoch {} of {}", report.best_epoch, config.epochs);
        if let Some(epoch) = report.diverged_in {
            chosen += &format!(", training diverged in epoch {epoch}");
        }
        let network = Box::new(Held::trained(fitted.network, train, source.sizes(), machine));
        let corrected = corrected.map(|corrected| corrected.of_all);
        let fitted = AnyForecaster::Network { network, config: fit.network, corrected };
        let forecaster = FittedForecaster(fitted);
        let training = Some(ForecastTraining::of(report, &config));
        Ok(Some(TrainedForecaster { forecaster, chosen, training }))
    }
}
