//! One fit: animals as a model sees them, how it is trained, what comes out, and its file.
//!
//! A [`Preparation`] says how animals are seen, a [`View`] is that made concrete for recordings. One
//! primitive trains each kind of model: [`DecoderFit`], on the folds of a view, and [`ForecasterFit`],
//! on whatever has frames ([`ForecastSource`]). A recipe ([`decoder_recipe`], [`forecaster_recipe`])
//! says how; a [`Driver`] hears of every gradient step, and may stop it or keep where it stands.
//!
//! A model to keep ([`fit_one`], [`fit_forecasting_model`]) and a cell of a study are the same call.
//! A [`Model`] or [`ForecastingModel`] holds all that it takes to use it on other recordings, and is
//! saved as safetensors.
//!
//! This room knows neither studies nor tables.

mod adaptation;
mod animal;
mod decoder;
mod driver;
mod error;
mod forecaster;
mod hyperparameters;
mod mismatch;
mod model_file;
mod onnx;
mod preparation;
mod recipe;
mod scaling;
mod signals;
mod training;
mod view;

pub use adaptation::Adaptation;
pub use animal::{TrainedAnimal, by_name, check_behavior, check_names, fingerprint, sort_by_name};
pub use decoder::{
    Adapted, AnimalFigures, DecoderFit, Features, FitReport, FittedDecoders, LabelledRows,
    LiveAnswer, LiveDecoder, Model, ModelConfig, ModelPrediction, ModelProvenance, Rows, Seen,
    TrainedNetworks, can_be_saved, check_neurons, fit_one, fit_rows, fit_to_use, predicted,
    takes_single_frames,
};
pub use driver::{Driver, Next};
pub use error::ModelError;
pub use forecaster::{
    Fan, FanScores, Fans, FittedForecaster, FollowingFan, ForecastIntervals, ForecastRequest,
    ForecastSource, ForecasterFit, ForecasterProvenance, ForecastingModel, ForecastingModelConfig,
    ForecastingReport, IntervalScores, Intervals, LiveForecasts, Missed, Outcome,
    RecordingForecasts, RollOutFrom, Sequence, ShownFan, ShownFans, StepErrors, TrainedForecaster,
    ValidatedAnimal, ViewForecasts, fan_scores, fit_forecasting_model, forecast_errors, show_fans,
    starts_within,
};
pub use hyperparameters::Hyperparameters;
pub use mismatch::Mismatch;
pub use model_file::{ModelFileError, SavedModel};
pub use nervering_models::sequence::Structure;
pub use nervering_models::{ForecastModel, Inputs, Look, ModelName, NetworkChoices, UnknownModel};
pub use nervering_nn::activation::Activation;
pub use nervering_nn::machine::Machine;
pub use onnx::{decoder_not_exported, forecaster_not_exported};
pub use preparation::{GivenConnectome, Normalisation, Preparation, Protocol, Validation};
pub use recipe::{DecoderRecipe, decoder_recipe, forecaster_recipe};
pub use scaling::Scaling;
pub use signals::SignalScaling;
pub use training::{ForecastTraining, Training};
pub use view::{Parts, PlannedAnimal, View, WINDOW};
