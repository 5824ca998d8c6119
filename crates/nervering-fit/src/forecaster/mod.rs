//! Forecasters: [`ForecasterFit`] trains one on any [`ForecastSource`], [`fit_forecasting_model`] one
//! that is to be used; [`ForecastingModel::forecast`] says how a recording goes on. Its file is
//! [`crate::model_file`]'s.
//!
//! A [`ForecastingModel`] holds everything that turns frames of a recording into forecasts in the
//! recording's own units. Its forecasts always rest on the statistics of the training animals, and so on
//! nothing after the frame that they start from, unless derivatives or normalisation look ahead; under
//! `strict` they do not.

mod errors;
mod fan;
mod fit;
mod live;
mod network;
mod one;
mod predict;
mod residual;
mod shown_fan;
mod source;

pub use errors::{Outcome, StepErrors, forecast_errors};
pub use fan::{Fan, FanScores, Fans, FollowingFan, IntervalScores, Missed, fan_scores};
pub use fit::{ForecasterFit, TrainedForecaster};
pub use live::LiveForecasts;
pub use network::RollOutFrom;
pub(crate) use network::{HeldForecaster, LoadForecaster, check_size};
pub use one::{ForecastingModelConfig, ForecastingReport, ValidatedAnimal, fit_forecasting_model};
pub use predict::{ForecastIntervals, ForecastRequest, Intervals, RecordingForecasts};
pub use shown_fan::{ShownFan, ShownFans, show_fans};
pub use source::{ForecastSource, Sequence, ViewForecasts, starts_within};

use crate::animal::TrainedAnimal;
use crate::preparation::{Normalisation, Protocol};
use crate::scaling::Scaling;
use crate::training::ForecastTraining;
use nervering_models::Loss;
use nervering_models::forecast::{ForecastModel, Forecaster};
use nervering_models::trajectory::TrajectoryConfig;
use nervering_prepare::{DerivativeSource, EVALUATION_STEPS, Interval};
use nervering_recording::NeuronName;

/// A trained forecaster with everything needed to use it.
pub struct ForecastingModel {
    pub(crate) model: ForecastModel,
    pub(crate) neurons: Vec<NeuronName>,
    pub(crate) derivative: DerivativeSource,
    pub(crate) scaling: Scaling,
    pub(crate) interval: Interval,
    pub(crate) fitted: FittedForecaster,
    /// How sure forecasts are; nothing where no stretch of validation frames holds one of all steps.
    pub(crate) fans: Option<Fans>,
    pub(crate) provenance: ForecasterProvenance,
}

/// What turns features into forecasts.
pub struct FittedForecaster(pub(crate) AnyForecaster);

pub(crate) enum AnyForecaster {
    Baseline {
        fitted: Box<dyn Forecaster>,
        n_columns: usize,
    },
    Network {
        network: Box<dyn HeldForecaster>,
        config: TrajectoryConfig,
        /// What it corrects, where that is not persistence.
        corrected: Option<Box<dyn Forecaster>>,
    },
}

/// Where a forecaster came from.
#[derive(Debug, Clone, PartialEq)]
pub struct ForecasterProvenance {
    /// Version of this program.
    pub nervering: String,
    /// How frames were split, and how networks were trained.
    pub protocol: Protocol,
    /// The animals trained on.
    pub animals: Vec<TrainedAnimal>,
    /// Seed of everything random.
    pub seed: u64,
    /// What networks were trained to lower.
    pub loss: Loss,
    /// How training went; `None` for baselines.
    pub training: Option<ForecastTraining>,
    /// Name of the connectome, of networks that were given its edges.
    pub connectome: Option<String>,
}

impl ForecastingModel {
    /// Steps ahead that it forecasts at most: for so many the statistics of the training animals are
    /// known.
    pub const MOST_STEPS: usize = EVALUATION_STEPS;

    /// The model.
    pub fn model(&self) -> ForecastModel {
        self.model
    }

    /// The neurons that a recording must have, in the order of the features.
    pub fn neurons(&self) -> &[NeuronName] {
        &self.neurons
    }

    /// Where derivatives come from.
    pub fn derivative(&self) -> DerivativeSource {
        self.derivative
    }

    /// What features are normalised by.
    pub fn normalisation(&self) -> Normalisation {
        self.scaling.normalisation()
    }

    /// Whether a forecast can rest on frames after the one that it starts from.
    pub fn looks_ahead(&self) -> bool {
        self.derivative != DerivativeSource::Backward
            || self.normalisation() == Normalisation::WholeRecording
    }

    /// Whether it can say how sure it is.
    pub fn has_intervals(&self) -> bool {
        self.fans.is_some()
    }

    /// Where it came from.
    pub fn provenance(&self) -> &ForecasterProvenance {
        &self.provenance
    }
}

impl std::fmt::Debug for ForecastingModel {
    /// Everything but the numbers of the forecaster.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ForecastingModel")
            .field("model", &self.model)
            .field("neurons", &self.neurons)
            .field("derivative", &self.derivative)
            .field("normalisation", &self.normalisation())
            .field("provenance", &self.provenance)
            .finish_non_exhaustive()
    }
}
