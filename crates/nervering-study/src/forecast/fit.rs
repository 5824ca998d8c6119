//! One fit of a forecasting study: a model on all animals but one, and its forecasts of that one.

use super::errors::{Outcome, forecast_errors};
use super::{ForecastConfig, ForecastModel, ForecastProtocol, ForecastResult, Prepared};
use crate::error::StudyError;
use crate::seed::generator;
use burn::tensor::Device;
use nervering_models::forecast::{
    BaselineForecast, ForecastAnimal, ForecastError, ForecastFrames, MOST_LAGS,
};
use nervering_models::trajectory_gnn::TrajectoryGnnConfig;
use nervering_models::trajectory_mlp::TrajectoryMlpConfig;
use nervering_models::{Dimensions, ForecastingNetwork};
use nervering_nn::ops::Engine;
use nervering_prepare::{EVALUATION_STEPS, N_FEATURES, Selected, TRAINING_STEPS, forecast_starts};
use nervering_train::{
    ForecastFitConfig, ForecastStatistics, RollOutStatistics, ScheduledSampling, Sequences,
    fit_forecaster, forecast,
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
        let fitted = match model {
            ForecastModel::Mlp => {
                let rngs = &mut [self.generator("forecast-weights", model)];
                let network =
                    TrajectoryMlpConfig::scripts().init(self.sizes(), rngs, &learning_device());
                self.network(network, model, &starts, on_epoch)
            }
            ForecastModel::Gnn => {
                let rngs = &mut [self.generator("forecast-weights", model)];
                let network =
                    TrajectoryGnnConfig::scripts().init(self.sizes(), rngs, &learning_device());
                self.network(network, model, &starts, on_epoch)
            }
            ForecastModel::Copy
            | ForecastModel::Mean
            | ForecastModel::DampedCopy
            | ForecastModel::Ar
            | ForecastModel::Var => {
                let baseline = model.baseline().expect("a baseline");
                Some(self.baseline(baseline, &starts)?)
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

    /// Under `paper` batch norms take their statistics from the forecasts of the evaluated animal,
    /// as in the scripts; under `strict` from the training animals, since those of the evaluated
    /// one rest on frames after the start of a forecast.
    fn network<N: ForecastingNetwork>(
        &self,
        network: N,
        model: ForecastModel,
        starts: &[usize],
        on_epoch: &dyn Fn() -> bool,
    ) -> Option<(String, Outcome)> {
        let engine = Engine::fastest();
        let sequences = |animal: usize, starts: &[usize], n_steps: usize, device: &Device| {
            let n_neurons = self.sizes().n_neurons;
            let features = &self.prepared.features[animal];
            Sequences::new(features, [n_neurons, N_FEATURES], starts, n_steps, device)
        };
        let of_training = |k: usize| {
            let starts = self.prepared.training_starts(k);
            sequences(k, &starts, TRAINING_STEPS, &learning_device())
        };
        let of_validation = |k: usize| {
            let starts = self.prepared.validation_starts(k);
            sequences(k, &starts, TRAINING_STEPS, &Device::flex())
        };
        let train: Vec<Sequences> = self.trained().map(of_training).collect();
        let validation: Vec<Sequences> = self.trained().map(of_validation).collect();
        let scripts = ForecastFitConfig::scripts(model.learning_rate(), engine);
        // A shorter training sees the truth for the same share of it, or it would end before it
        // has learnt to start from its own predictions.
        let epochs = self.config.epochs;
        let ends_at = scripts.sampling.ends_at * epochs / scripts.epochs;
        let sampling = ScheduledSampling { ends_at };
        let config = ForecastFitConfig { epochs, sampling, ..scripts };
        let rng = &mut self.generator("forecast-sampling", model);
        let fitted = fit_forecaster(network, &train, &validation, &config, rng, on_epoch)?;
        let statistics =
            match self.config.protocol {
                ForecastProtocol::Paper => ForecastStatistics::Evaluated,
                ForecastProtocol::Strict => ForecastStatistics::Training(
                    RollOutStatistics::measure(&fitted.network, &train, EVALUATION_STEPS, engine),
                ),
            };
        let evaluated = sequences(self.left_out, starts, EVALUATION_STEPS, &Device::flex());
        let forecasts =
            forecast(&fitted.network, &evaluated, EVALUATION_STEPS, engine, &statistics);
        let per_start = forecasts.len() / starts.len();
        let roll_out = |at: usize| {
            forecasts[at * per_start..(at + 1) * per_start].iter().map(|&v| f64::from(v)).collect()
        };
        let features = &self.prepared.features[self.left_out];
        let n_neurons = self.sizes().n_neurons;
        let outcome = forecast_errors(features, n_neurons, starts, EVALUATION_STEPS, roll_out);
        let mut chosen = format!("epoch {} of {}", fitted.report.best_epoch, config.epochs);
        if let Some(epoch) = fitted.report.diverged_in {
            chosen += &format!(", training diverged in epoch {epoch}");
        }
        Some((chosen, outcome))
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

fn learning_device() -> Device {
    Device::flex().autodiff()
}
