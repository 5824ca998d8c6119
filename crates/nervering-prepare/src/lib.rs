//! Recordings to numbers: derivative, normalisation, features and labels, windows, folds, subsets.
//!
//! [`select`] takes the neurons of a study out of one [`nervering_recording::Recording`] as
//! [`Selected`]: values `[frame, neuron, feature]` and one label per frame. Normalising them takes a
//! [`Scope`], or [`Ranges`] fitted on stated frames, so no statistic can be computed without saying
//! which frames it saw; the derivative says by its [`DerivativeMethod`] how far it looks ahead.
//! [`Folds`] (shuffled windows), [`forward_split`] (past and future), [`last_block_split`] (past and
//! future, nothing to test) and [`holdout_split`] (the scripts') say which frames train, validate and
//! test, [`forecast_starts`] from which of them forecasts start; [`subsets_of_size`] and
//! [`non_empty_subsets`] say which animals train.
//!
//! [`Signals`] are what models see that look at frames in order.
//!
//! This room knows no files, no tensors and no models, and draws randomness only from the
//! generator it is handed.

mod derivative;
mod error;
mod features;
mod folds;
mod follower;
mod forecast;
mod forward;
mod holdout;
mod levels;
mod normalize;
mod ranges;
mod scope;
mod signals;
mod smoothing;
mod subsets;
mod windows;

pub use derivative::{
    DerivativeMethod, DerivativeSource, UnknownDerivative, backward_differences,
    central_differences, derivative,
};
pub use error::{Feature, PrepareError};
pub use features::{N_FEATURES, Prepared, Selected, prepare, select, select_present};
pub use folds::{Folds, Split};
pub use follower::SignalFollower;
pub use forecast::{EVALUATION_STEPS, TRAINING_STEPS, forecast_starts, forecast_targets};
pub use forward::{forward_split, last_block_split, median_bout};
pub use holdout::holdout_split;
pub use levels::{
    LevelScale, Levels, N_CHANNELS, N_LEVELS, NeuronLevels, SLOPE_UNIT, SignalScope, TAIL,
};
pub use normalize::{Interval, Series, min_max, placed};
pub use ranges::Ranges;
pub use scope::{Scope, ScopeKind};
pub use signals::{N_TOKEN, Signals};
pub use smoothing::{SMOOTHING_S, Smoothing};
pub use subsets::{non_empty_subsets, subsets_of_size};
pub use windows::cut_windows;
