//! Trains one forecaster on all given recordings. The end of each recording validates, and chooses
//! lags, penalties and epochs; nothing is kept to test, so the errors of [`ForecastingReport`] are no
//! measure of what the model is worth on other animals: studies measure that.

use super::source::check_starts;
use super::{
    AnyForecaster, Fans, FittedForecaster, ForecasterFit, ForecasterProvenance, ForecastingModel,
    Outcome, RollOutFrom, ViewForecasts, check_size, forecast_errors, starts_within,
};
use crate::animal::{by_name, check_names, trained_animals};
use crate::error::ModelError;
use crate::preparation::{GivenConnectome, Normalisation, Preparation, Protocol};
use crate::recipe::forecaster_recipe;
use crate::training::ForecastTraining;
use crate::view::{Parts, View};
use nervering_models::Loss;
use nervering_models::forecast::{BaselineForecast, Copy, ForecastModel};
use nervering_models::trajectory::{TrajectoryConfig, TrajectoryNetwork};
use nervering_nn::machine::Machine;
use nervering_prepare::{N_FEATURES, TRAINING_STEPS};
use nervering_recording::{NeuronSet, Recording};
use nervering_statistics::seed::{generator, of_animals};

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
    /// Edges for networks that are given a connectome.
    pub connectome: Option<GivenConnectome>,
    /// What computes.
    pub machine: Machine,
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

/// Trains a forecaster on all given recordings. `on_step` hears of the gradient steps just done and
/// may stop the training by returning false.
///
/// # Errors
/// [`ModelError`] when the recordings do not allow it, no epoch was finite, or it was stopped.
pub fn fit_forecasting_model(
    config: &ForecastingModelConfig,
    recordings: &[Recording],
    on_step: &dyn Fn(usize) -> bool,
) -> Result<(ForecastingModel, ForecastingReport), ModelError> {
    let recordings = &*by_name(recordings);
    check_names(recordings.iter())?;
    let of_protocol = Preparation::new(config.protocol, config.neurons.clone());
    let normalisation = config.normalisation.unwrap_or(of_protocol.normalisation);
    let preparation = Preparation { normalisation, ..of_protocol };
    if config.model.needs_connectome() && config.connectome.is_none() {
        return Err(ModelError::NoConnectome { model: config.model.as_str() });
    }
    let connectome = config.connectome.as_ref().filter(|_| config.model.needs_connectome());
    let parts = Parts::TrainValidate;
    let view = View::new(&preparation, config.seed, recordings, &[], connectome, parts)?;
    let view = &view.on(&config.machine);
    check_starts(view)?;
    if config.model.network().is_some() {
        check_size(config.model, view.neurons.len(), config.network.width)?;
    }
    let everyone: Vec<usize> = (0..recordings.len()).collect();
    let source = ViewForecasts::new(view, &everyone)?;
    let animals = of_animals(&view.names(&everyone));
    let rng = |purpose: &str| generator(config.seed, &[purpose, config.model.as_str(), &animals]);
    let recipe = |architecture: TrajectoryNetwork| {
        let engine = view.machine.engine();
        forecaster_recipe(config.protocol, config.loss, architecture, config.epochs, engine)
    };
    let fit = ForecasterFit {
        model: config.model,
        source: &source,
        network: config.network,
        machine: &view.machine,
        recipe: &recipe,
        weights: rng("forecaster-weights"),
        sampling: rng("forecaster-sampling"),
    };
    let trained = fit.fit(&on_step)?.ok_or(ModelError::Stopped)?;
    if trained.training.as_ref().is_some_and(|training| training.best_epoch == 0) {
        return Err(ModelError::NoEpoch { epochs: config.epochs });
    }
    let mut fitted = trained.forecaster;
    if let AnyForecaster::Network { network, .. } = &mut fitted.0 {
        network.settle();
    }
    let fans = Fans::of(&fitted, &source, ForecastingModel::MOST_STEPS, RollOutFrom::Training);
    let model = ForecastingModel {
        model: config.model,
        neurons: view.neurons.clone(),
        derivative: preparation.derivative,
        scaling: view.scaling(&everyone, 0)?,
        interval: preparation.interval(),
        fitted,
        fans,
        provenance: ForecasterProvenance {
            nervering: env!("CARGO_PKG_VERSION").to_owned(),
            protocol: config.protocol,
            animals: trained_animals(view, recordings),
            seed: config.seed,
            loss: config.loss,
            training: trained.training.clone(),
            connectome: connectome.map(|given| given.name.clone()),
        },
    };
    let animals = validated(view, &source, &model);
    Ok((model, ForecastingReport { chosen: trained.chosen, training: trained.training, animals }))
}

/// Forecasts of every animal's validation frames, beside copying.
fn validated(
    view: &View,
    source: &ViewForecasts<'_>,
    model: &ForecastingModel,
) -> Vec<ValidatedAnimal> {
    let n_neurons = view.neurons.len();
    let copy = FittedForecaster(AnyForecaster::Baseline {
        fitted: Copy.restore(&[], model.sizes()).expect("copying has learnt nothing"),
        n_columns: n_neurons * N_FEATURES,
    });
    let all: Vec<usize> = (0..n_neurons).collect();
    let of_animal = |k: usize| {
        let (features, split) = (source.features(k), &view.animals[k].splits[0]);
        let starts = starts_within(&split.validation);
        let outcome = |fitted: &FittedForecaster| {
            let from = RollOutFrom::Training;
            let forecasts = fitted.forecasts(features, &starts, TRAINING_STEPS, from);
            forecast_errors(features, n_neurons, &starts, TRAINING_STEPS, &forecasts, &all)
        };
        ValidatedAnimal {
            animal: view.animals[k].selected.animal.clone(),
            n_training: starts_within(&split.train).len(),
            n_validation: starts.len(),
            outcome: outcome(&model.fitted),
            copy: outcome(&copy),
        }
    };
    (0..view.animals.len()).map(of_animal).collect()
}
