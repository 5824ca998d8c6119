//! The training loop over a cohort: R fits of one architecture in lockstep along the replica axis.
//!
//! [`Batch`] is one animal as all replicas of a cohort see it; [`fit`] trains on such batches as
//! the text says (Adam, learning rate lowered when the validation loss stands still, best epoch
//! kept); [`predict`] runs a fitted network on other frames, under [`EvaluationStatistics`]. What a replica learns does not depend
//! on the other replicas, to the bit, so the width of a cohort is only a matter of speed.
//!
//! [`fit_forecaster`] trains networks that forecast, on [`Sequences`], through their roll-out;
//! [`ForecasterTraining`] does so step by step, and can be left and taken up again from a
//! [`ForecastCheckpoint`].
//!
//! This room knows numbers and networks, no recordings and no files.

mod batch;
mod crops;
mod fit;
mod forecast;
mod noise;
mod plateau;
mod predict;
mod statistics;

pub use batch::{Batch, BatchRows};
pub use crops::{Augmentation, CropCohort, CropConfig, Stretch, fit_crops};
pub use fit::{Cohort, EpochLosses, FitConfig, Fitted, ReplicaReport, ValidationStatistics, fit};
pub use forecast::{
    CheckpointError, FittedForecaster, ForecastCheckpoint, ForecastFitConfig, ForecastReport,
    ForecastStatistics, ForecasterTraining, RollOutStatistics, ScheduledSampling, SequenceLength,
    Sequences, Stepped, fit_forecaster, forecast,
};
pub use nervering_nn::pass::Origin;
pub use plateau::Plateau;
pub use predict::{EvaluationStatistics, PRIOR_FRAMES, edges, hidden, predict};
pub use statistics::{NamedArray, StatisticsError, TrainingStatistics};
