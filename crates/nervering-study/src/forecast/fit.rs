//! One fit of a forecasting study: a model on all animals but one, and its forecasts of that one.

use super::errors::{Outcome, forecast_errors};
use super::{ForecastConfig, ForecastModel, ForecastProtocol, ForecastResult, Prepared};
use crate::error::StudyError;
use crate::seed::generator;
use burn::tensor::Device;
use nervering_models::forecast::{
    BaselineForecast, ForecastAnimal, ForecastError, ForecastFrames, ForecastKind, MOST_LAGS,
};
use nervering_models::trajectory::{TrajectoryNetwork, TrajectoryVisitor};
use nervering_models::{Dimensions, ForecastingNetwork};
use nervering_nn::ops::Engine;
use nervering_prepare::{EVALUATION_STEPS, N_FEATURES, Selected, TRAINING_STEPS, forecast_starts};
use nervering_train::{
    ForecastFitConfig, ForecastStatistics, RollOutStatistics, ScheduledSampling, SequenceLength,
    Sequences, fit_forecaster, forecast,
};

/// A fit, and what it works on.
pub(super) struct Fit<'a> {
    pub(super) prepared: &'a Prepared,
    pub(super) animals: &'a [Selected],
    pub(super) left_out: usize,
    pub(super) config: &'a ForecastConfig,
}

impl Fit<'_> {
    /// Fits a model and forecasts the animal left out; nothing when `on_epoch` returns false.
    pub(super) fn result(
        &self,
        model: ForecastModel,
        on_epoch: &dyn Fn() -> bool,
    ) -> Result<Option<ForecastResult>, StudyError> {
        let left_out = &self.animals[self.left_out];
        let starts =
            forecast_starts(0..left_out.n_frames, EVALUATION_STEPS, MOST_LAGS, EVALUATION_STEPS);
        let fitted = match model.kind() {
            ForecastKind::Baseline(baseline) => Some(self.baseline(baseline, &starts)?),
            ForecastKind::Network(architecture) => {
                let rngs = &mut [self.generator("forecast-weights", model)];
                let fit = NetworkFit { fit: self, model, architecture, starts: &starts, on_epoch };
                let (config, sizes) = (self.config.network, self.sizes());
                architecture.init_with(config, sizes, rngs, &learning_device(), fit)
            }
        };
        Ok(fitted.map(|(chosen, outcome)| ForecastResult {
            model: model.as_str().to_owned(),
            animal: left_out.animal.clone(),
            chosen,
            n_forecasts: starts.len(),
            outcome,
        }))
    }

    fn baseline(
        &self,
        model: &dyn BaselineForecast,
        starts: &[usize],
    ) -> Result<(String, Outcome), StudyError> {
        let validation: Vec<Vec<usize>> =
            self.trained().map(|k| self.prepared.validation_starts(k)).collect();
        let seen: Vec<ForecastAnimal<'_>> = self
            .trained()
            .zip(&validation)
            .map(|(k, validation_starts)| ForecastAnimal {
                features: &self.prepared.features[k],
                train: &self.prepared.splits[k].train,
                validation_starts,
            })
            .collect();
        let n_neurons = self.sizes().n_neurons;
        let (n_features, n_steps) = (N_FEATURES, TRAINING_STEPS);
        let frames = ForecastFrames { animals: &seen, n_neurons, n_features, n_steps };
        let failed = |source: ForecastError| StudyError::Forecast {
            model: model.name(),
            left_out: self.animals[self.left_out].animal.clone(),
            source,
        };
        let fitted = model.fit(&frames).map_err(failed)?;
        let features = &self.prepared.features[self.left_out];
        let roll_out = |at: usize| fitted.roll_out(features, starts[at], EVALUATION_STEPS);
        let outcome = forecast_errors(features, n_neurons, starts, EVALUATION_STEPS, roll_out);
        Ok((fitted.chosen(), outcome))
    }

    fn trained(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.animals.len()).filter(|&k| k != self.left_out)
    }

    fn sizes(&self) -> Dimensions {
        let n_neurons = self.animals[self.left_out].neurons.len();
        Dimensions { n_neurons, n_features: N_FEATURES, n_classes: 0 }
    }

    fn generator(&self, purpose: &str, model: ForecastModel) -> rand_chacha::ChaCha8Rng {
        let animal = &self.animals[self.left_out].animal;
        generator(self.config.seed, &[purpose, model.as_str(), animal])
    }
}

/// A network of any architecture on its way through training to its forecasts.
pub(super) struct NetworkFit<'a> {
    pub(super) fit: &'a Fit<'a>,
    pub(super) model: ForecastModel,
    pub(super) architecture: TrajectoryNetwork,
    pub(super) starts: &'a [usize],
    pub(super) on_epoch: &'a dyn Fn() -> bool,
}

/// What comes of the training of a network.
pub(super) struct NetworkForecasts {
    chosen: String,
    /// `[start, step, neuron, feature]`.
    pub(super) values: Vec<f32>,
}

impl NetworkFit<'_> {
    fn sequences(
        &self,
        animal: usize,
        starts: &[usize],
        length: SequenceLength,
        device: &Device,
    ) -> Sequences {
        let n_neurons = self.fit.sizes().n_neurons;
        let features = &self.fit.prepared.features[animal];
        Sequences::new(features, [n_neurons, N_FEATURES], starts, length, device)
    }

    fn config(&self) -> ForecastFitConfig {
        let ForecastConfig { epochs, loss, .. } = *self.fit.config;
        let learning_rate = self.architecture.learning_rate();
        let scripts = ForecastFitConfig::scripts(learning_rate, Engine::fastest());
        // A shorter training sees the truth for the same share of it, or it would end before it
        // has learnt to start from its own predictions.
        let ends_at = scripts.sampling.ends_at * epochs / scripts.epochs;
        let sampling = ScheduledSampling { ends_at };
        ForecastFitConfig { epochs, sampling, loss, ..scripts }
    }
}

impl NetworkFit<'_> {
    /// Trains, and forecasts the animal left out.
    ///
    /// Under `paper` batch norms and static edges take their statistics from the forecasts of the
    /// evaluated animal, as in the scripts; under `strict` from the training animals, since those of
    /// the evaluated one rest on frames after the start of a forecast.
    pub(super) fn forecasts<N: ForecastingNetwork>(&self, network: N) -> Option<NetworkForecasts> {
        let Self { fit, starts, .. } = *self;
        let burn_in = network.burn_in();
        let of_training = |k: usize, starts: Vec<usize>, device: &Device| {
            self.sequences(k, &starts, SequenceLength { burn_in, n_steps: TRAINING_STEPS }, device)
        };
        let train: Vec<Sequences> = fit
            .trained()
            .map(|k| of_training(k, fit.prepared.training_starts(k), &learning_device()))
            .collect();
        let validation: Vec<Sequences> = fit
            .trained()
            .map(|k| of_training(k, fit.prepared.validation_starts(k), &Device::flex()))
            .collect();
        let config = self.config();
        let engine = config.engine;
        let rng = &mut fit.generator("forecast-sampling", self.model);
        let fitted = fit_forecaster(network, &train, &validation, &config, rng, self.on_epoch)?;
        let statistics =
            match fit.config.protocol {
                ForecastProtocol::Paper => ForecastStatistics::Evaluated,
                ForecastProtocol::Strict => ForecastStatistics::Training(
                    RollOutStatistics::measure(&fitted.network, &train, EVALUATION_STEPS, engine),
                ),
            };
        let length = SequenceLength { burn_in, n_steps: EVALUATION_STEPS };
        let evaluated = self.sequences(fit.left_out, starts, length, &Device::flex());
        let values = forecast(&fitted.network, &evaluated, EVALUATION_STEPS, engine, &statistics);
        let mut chosen = format!("epoch {} of {}", fitted.report.best_epoch, config.epochs);
        if let Some(epoch) = fitted.report.diverged_in {
            chosen += &format!(", training diverged in epoch {epoch}");
        }
        Some(NetworkForecasts { chosen, values })
    }
}

impl TrajectoryVisitor for NetworkFit<'_> {
    type Output = Option<(String, Outcome)>;

    fn visit<N: ForecastingNetwork>(self, network: N) -> Self::Output {
        let NetworkForecasts { chosen, values } = self.forecasts(network)?;
        let per_start = values.len() / self.starts.len();
        let roll_out = |at: usize| {
            values[at * per_start..(at + 1) * per_start].iter().map(|&v| f64::from(v)).collect()
        };
        let features = &self.fit.prepared.features[self.fit.left_out];
        let n_neurons = self.fit.sizes().n_neurons;
        let outcome = forecast_errors(features, n_neurons, self.starts, EVALUATION_STEPS, roll_out);
        Some((chosen, outcome))
    }
}

fn learning_device() -> Device {
    Device::flex().autodiff()
}
