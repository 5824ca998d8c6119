//! Trains one forecaster on all given recordings. The end of each recording validates, and chooses
//! lags, penalties and epochs; nothing is kept to test, so the errors of [`ForecastingReport`] are no
//! measure of what the model is worth on other animals: studies measure that.

use super::network::Held;
use super::{FittedForecaster, ForecasterProvenance, ForecastingModel, HeldForecaster, check_size};
use crate::config::{Normalisation, Protocol};
use crate::error::StudyError;
use crate::forecast::{
    ForecastTraining, ForecastVariant, Outcome, forecast_errors, starts_within, training_config,
    training_of,
};
use crate::model::{ModelError, Scaling, trained_animal};
use crate::plan::{check_names, fingerprint};
use crate::view::{Parts, View};
use burn::tensor::Device;
use nervering_models::forecast::{
    BaselineForecast, Copy, ForecastAnimal, ForecastFrames, ForecastKind, ForecastModel,
};
use nervering_models::trajectory::{TrajectoryConfig, TrajectoryNetwork, TrajectoryVisitor};
use nervering_models::{Dimensions, ForecastingNetwork, Loss};
use nervering_nn::ops::Engine;
use nervering_prepare::{N_FEATURES, Split, TRAINING_STEPS};
use nervering_recording::{NeuronSet, Recording};
use nervering_statistics::seed::generator;
use nervering_train::{RollOutStatistics, SequenceLength, Sequences, fit_forecaster};
use std::borrow::Cow;

/// What to train, and how.
#[derive(Debug, Clone, PartialEq)]
pub struct ForecastingModelConfig {
    /// The model.
    pub model: ForecastModel,
    /// Neurons used of every animal.
    pub neurons: NeuronSet,
    /// How frames are split, where derivatives come from, and how networks are trained.
    pub protocol: Protocol,
    /// What features are normalised by; `None` for that of the protocol.
    pub normalisation: Option<Normalisation>,
    /// Width and activation of a network.
    pub network: TrajectoryConfig,
    /// What a network is trained to lower.
    pub loss: Loss,
    /// Epochs of a network; 800 in the text, 600 in the scripts.
    pub epochs: usize,
    /// Seed of everything random.
    pub seed: u64,
}

/// How a fit went.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct ForecastingReport {
    /// What was chosen: lags and penalty, or the epoch; empty where nothing is.
    pub chosen: String,
    /// Of a network.
    pub training: Option<ForecastTraining>,
    /// One per animal.
    pub animals: Vec<ValidatedAnimal>,
}

/// Forecasts of 8 steps on the frames that chose lags, penalties or epochs.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct ValidatedAnimal {
    /// The animal.
    pub animal: String,
    /// Forecasts trained on.
    pub n_training: usize,
    /// Forecasts validated on.
    pub n_validation: usize,
    /// Errors of the model, in the squared units of the normalised features.
    pub outcome: Outcome,
    /// The same of copying.
    pub copy: Outcome,
}

/// Of the one split that a model to be used has.
const FOLD: usize = 0;

/// Trains a forecaster on all given recordings. `on_epoch` hears of the gradient steps just done and
/// may stop the training by returning false.
///
/// # Errors
/// [`ModelError`] when the recordings do not allow it, no epoch was finite, or it was stopped.
pub fn fit_forecasting_model(
    config: &ForecastingModelConfig,
    recordings: &[Recording],
    on_epoch: &dyn Fn(usize) -> bool,
) -> Result<(ForecastingModel, ForecastingReport), ModelError> {
    check_names(recordings.iter())?;
    let of_protocol = ForecastVariant::new(config.protocol, &[], config.neurons.clone());
    let normalisation = config.normalisation.unwrap_or(of_protocol.normalisation);
    let variant = ForecastVariant { normalisation, ..of_protocol }.of_view();
    let parts = Parts::TrainValidate;
    let view = View::new(&variant, config.seed, recordings, &[], None, parts)?;
    let everyone: Vec<usize> = (0..recordings.len()).collect();
    let features = view.features(&everyone, FOLD)?;
    let training = Training { config, view: &view, features: &features };
    training.check()?;
    let (fitted, chosen, how) = match config.model.kind() {
        ForecastKind::Baseline(baseline) => training.baseline(baseline)?,
        ForecastKind::Network(architecture) => {
            check_size(config.model, view.neurons.len(), config.network.width)?;
            let parts = ["forecaster-weights", config.model.as_str()];
            let rngs = &mut [generator(config.seed, &parts)];
            let device = &Device::flex().autodiff();
            let visitor = Train { training: &training, architecture, on_epoch };
            architecture.init_with(config.network, training.sizes(), rngs, device, visitor)?
        }
    };
    let scaling = match normalisation {
        Normalisation::WholeRecording => Scaling::WholeRecording,
        Normalisation::Training => Scaling::Training(view.ranges(&everyone, FOLD)?),
        Normalisation::Causal => Scaling::Causal,
    };
    let animals = view.animals.iter().zip(recordings).map(|(animal, recording)| {
        trained_animal(recording, &animal.selected, &animal.splits[FOLD], fingerprint(recording))
    });
    let model = ForecastingModel {
        model: config.model,
        neurons: view.neurons.clone(),
        derivative: variant.derivative,
        scaling,
        interval: variant.interval(),
        fitted,
        provenance: ForecasterProvenance {
            nervering: env!("CARGO_PKG_VERSION").to_owned(),
            protocol: config.protocol,
            animals: animals.collect(),
            seed: config.seed,
            loss: config.loss,
            training: how.clone(),
        },
    };
    let animals = training.validated(&model)?;
    Ok((model, ForecastingReport { chosen, training: how, animals }))
}

/// A fitted forecaster, what it has chosen, and how its training went.
type Trained = (FittedForecaster, String, Option<ForecastTraining>);

/// What a fit works on.
struct Training<'a> {
    config: &'a ForecastingModelConfig,
    view: &'a View,
    /// Of every animal, `[frame, neuron, feature]`.
    features: &'a [Cow<'a, [f32]>],
}

/// Takes the frames of one use out of a split.
type Part = fn(&Split) -> &[usize];

impl Training<'_> {
    fn starts(&self, animal: usize, part: Part) -> Vec<usize> {
        starts_within(part(&self.view.animals[animal].splits[FOLD]))
    }

    /// Refuses animals in which nothing can be learnt to be forecast, or nothing can choose.
    fn check(&self) -> Result<(), StudyError> {
        let parts: [(&str, Part); 2] = [
            ("a forecast to train on", |split| &split.train),
            ("a forecast to validate on", |split| &split.validation),
        ];
        for (k, animal) in self.view.animals.iter().enumerate() {
            for (what, part) in parts {
                if self.starts(k, part).is_empty() {
                    let selected = &animal.selected;
                    let (animal, n_frames) = (selected.animal.clone(), selected.n_frames);
                    return Err(StudyError::TooShortToForecast { animal, n_frames, what });
                }
            }
        }
        Ok(())
    }

    fn sizes(&self) -> Dimensions {
        let n_neurons = self.view.neurons.len();
        Dimensions { n_neurons, n_features: N_FEATURES, n_classes: 0 }
    }

    fn baseline(&self, model: &dyn BaselineForecast) -> Result<Trained, StudyError> {
        let n_animals = self.features.len();
        let starts: Vec<Vec<usize>> =
            (0..n_animals).map(|k| self.starts(k, |split| &split.validation)).collect();
        let animal = |k: usize| ForecastAnimal {
            features: &self.features[k],
            train: &self.view.animals[k].splits[FOLD].train,
            validation_starts: &starts[k],
        };
        let frames = ForecastFrames {
            animals: &(0..n_animals).map(animal).collect::<Vec<_>>(),
            n_neurons: self.view.neurons.len(),
            n_features: N_FEATURES,
            n_steps: TRAINING_STEPS,
        };
        let fitted = model.fit(&frames).map_err(|source| StudyError::Forecast {
            model: model.name(),
            trained_on: "all given animals".to_owned(),
            source,
        })?;
        let chosen = fitted.chosen();
        Ok((FittedForecaster::Baseline(fitted), chosen, None))
    }

    /// Forecasts of every animal's validation frames, beside copying.
    fn validated(&self, model: &ForecastingModel) -> Result<Vec<ValidatedAnimal>, ModelError> {
        let n_neurons = self.view.neurons.len();
        let copy = FittedForecaster::Baseline(
            Copy.restore(&[], model.sizes()).expect("copying has learnt nothing"),
        );
        let of_animal = |k: usize| {
            let features = &self.features[k];
            let starts = self.starts(k, |split| &split.validation);
            let outcome = |fitted: &FittedForecaster| {
                let forecasts = fitted.forecasts(features, &starts, TRAINING_STEPS);
                let per_start = forecasts.len() / starts.len();
                let of_start = |at: usize| forecasts[at * per_start..(at + 1) * per_start].to_vec();
                forecast_errors(features, n_neurons, &starts, TRAINING_STEPS, of_start)
            };
            ValidatedAnimal {
                animal: self.view.animals[k].selected.animal.clone(),
                n_training: self.starts(k, |split| &split.train).len(),
                n_validation: starts.len(),
                outcome: outcome(&model.fitted),
                copy: outcome(&copy),
            }
        };
        Ok((0..self.features.len()).map(of_animal).collect())
    }
}

/// A network of any architecture on its way through training.
struct Train<'a, 'f> {
    training: &'a Training<'a>,
    architecture: TrajectoryNetwork,
    on_epoch: &'f dyn Fn(usize) -> bool,
}

impl TrajectoryVisitor for Train<'_, '_> {
    type Output = Result<Trained, ModelError>;

    fn visit<N: ForecastingNetwork>(self, network: N) -> Self::Output {
        let Self { training, architecture, on_epoch } = self;
        let (engine, n_animals) = (Engine::fastest(), training.features.len());
        let sizes = [training.view.neurons.len(), N_FEATURES];
        let length = SequenceLength { burn_in: network.burn_in(), n_steps: TRAINING_STEPS };
        let sequences = |part: Part, device: &Device| -> Vec<Sequences> {
            let of_animal = |k: usize| {
                let starts = training.starts(k, part);
                Sequences::new(&training.features[k], sizes, &starts, length, device)
            };
            (0..n_animals).map(of_animal).collect()
        };
        let train = sequences(|split| &split.train, &Device::flex().autodiff());
        let validation = sequences(|split| &split.validation, &Device::flex());
        let &ForecastingModelConfig { model, protocol, loss, epochs, seed, .. } = training.config;
        let config = training_config(protocol, loss, architecture, epochs);
        let rng = &mut generator(seed, &["forecaster-sampling", model.as_str()]);
        let epoch_done = || on_epoch(n_animals);
        let fitted = fit_forecaster(network, &train, &validation, &config, rng, epoch_done)
            .ok_or(ModelError::Stopped)?;
        if fitted.report.best_epoch == 0 {
            return Err(ModelError::NoEpoch { epochs });
        }
        let (network, n_steps) = (fitted.network, ForecastingModel::MOST_STEPS);
        let statistics = RollOutStatistics::measure(&network, &train, n_steps, engine);
        let chosen = format!("epoch {} of {epochs}", fitted.report.best_epoch);
        let held: Box<dyn HeldForecaster> = Box::new(Held { network, statistics, sizes });
        let fitted_network =
            FittedForecaster::Network { network: held, config: training.config.network };
        Ok((fitted_network, chosen, Some(training_of(fitted.report, &config))))
    }
}
