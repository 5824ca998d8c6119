//! From a study's configuration to its results: a grid of fits under one or more protocols.
//!
//! [`StudyConfig`] is what was asked, in code ([`builtin`]) or in a file ([`StudyFile`]); [`Plan::new`]
//! checks it against recordings, prepares them and cuts the splits; [`estimate`] says what it will
//! cost; [`run`] fits and evaluates what is missing in the study's folder and returns
//! [`StudyResults`]; [`summary`] makes the rows of a table, [`claims`] says what shuffled windows
//! would have made of them, [`compared`] puts models
//! against each other over animals; [`nervering_grid::finish`] writes files and
//! the manifest. Everything random comes from (seed, purpose, subset, fold), so the results are the
//! same bytes at any number of threads and however often a run was interrupted.
//!
//! [`fit_one`] trains one [`Model`] that is to be used instead of measured; it is saved as
//! safetensors and applied to other recordings; [`fit_forecasting_model`] does the same for a
//! [`ForecastingModel`].
//! Forecasting neurons is another grid, with the same steps from configuration to manifest, in
//! [`forecast`]; simulated systems whose graph is known have a small study of their own, in
//! [`known_truth`].
//!
//! This room neither draws nor prints.

pub mod builtin;
mod compared;
mod config;
mod curve;
mod decode;
mod error;
mod estimate;
mod file;
pub mod forecast;
mod forecaster;
mod inferred;
pub mod known_truth;
mod model;
mod model_file;
mod notes;
mod plan;
mod reading;
mod result;
mod run;
mod store;
mod summary;
mod toml_file;
mod view;

pub use compared::{Compared, compared};
pub use config::{
    GivenConnectome, KeepEdges, Normalisation, Preset, Protocol, StudyConfig, Variant,
};
pub use curve::{
    CurveBand, CurvePoint, QUANTILES, TrainingCurve, forecast_curves, training_curves,
};
pub use error::StudyError;
pub use estimate::{Estimate, Part, estimate};
pub use file::{AnimalEntry, ConnectomeEntry, RecordingsEntry, StudyFile, VariantEntry};
pub use forecaster::{
    ForecastRequest, ForecasterProvenance, ForecastingModel, ForecastingModelConfig,
    ForecastingReport, RecordingForecasts, ValidatedAnimal, fit_forecasting_model,
};
pub use inferred::{Against, EdgeTable, InferredGraph, TRACE_CORRELATION, inferred_graphs};
pub use model::{
    AnimalFigures, FitReport, Mismatch, Model, ModelConfig, ModelError, ModelPrediction,
    ModelProvenance, TrainedAnimal, fit_one,
};
pub use model_file::{ModelFileError, SavedModel};
pub use nervering_models::{ModelName, UnknownModel};
pub use plan::Plan;
pub use reading::ReadingEntry;
pub use result::{FitResult, Training};
pub use run::{Progress, StudyResults, run};
pub use store::{Status, status, study_toml};
pub use summary::{Claim, Measures, Quantity, Section, Spread, SummaryRow, Unit, claims, summary};
pub use toml_file::Task;
