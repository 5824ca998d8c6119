//! From a study's configuration to its results: a grid of fits under one protocol.
//!
//! [`StudyConfig`] is what was asked; [`Plan::new`] checks it against recordings, prepares them and
//! cuts the folds; [`estimate`] says what it will cost; [`run`] fits and evaluates what is missing in the study's folder and returns
//! [`StudyResults`]; [`summary`] makes the rows of a table; [`finish`] writes files and the
//! manifest. Everything random comes from (seed, purpose, subset, fold), so the results are the
//! same bytes at any number of threads and however often a run was interrupted.
//!
//! This room neither draws nor prints.

pub mod analysis;
mod bouts;
mod config;
mod decode;
mod error;
mod estimate;
mod metrics;
mod plan;
mod result;
mod run;
mod seed;
pub mod statistics;
mod store;
mod summary;

pub use config::{BatchNormFrom, Preset, Protocol, StudyConfig, UnknownChoice};
pub use error::StudyError;
pub use estimate::{Estimate, Part, estimate};
pub use nervering_models::{ModelName, UnknownModel};
pub use plan::Plan;
pub use result::{Evaluation, FitResult, Role, Training, TransitionTiming};
pub use run::{Progress, StudyResults, run};
pub use store::finish;
pub use summary::{Spread, SummaryRow, summary};
