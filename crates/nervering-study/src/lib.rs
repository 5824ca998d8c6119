//! From a study's configuration to its results: a grid of fits under one or more protocols.
//!
//! [`StudyConfig`] is what was asked, in code ([`builtin`]) or in a file ([`StudyFile`]): comparisons
//! × models × subsets of animals × folds, with an [`Aim`], which is to [`Decode`] behaviour or to
//! [`Forecast`](forecast::Forecast) neurons. [`Plan::new`] checks it against recordings, prepares them
//! and cuts the splits; [`estimate`] says what it will cost; [`run`](fn@run) fits and evaluates what is
//! missing in the study's folder and returns [`Results`]; [`summary`] makes the rows of a table,
//! [`claims`] says what shuffled windows would have made of them, [`compared`] puts models against each
//! other over animals; [`nervering_grid::finish`] writes files and the manifest. Everything random comes
//! from (seed, purpose, animals by name, fold), so the results are the same bytes at any number of threads and
//! however often a run was interrupted.
//!
//! A [`Plan`] is a task of [`nervering_grid`]; one fit is [`nervering_fit`]'s. Simulated systems whose
//! graph is known have a small study of their own, in [`known_truth`].
//!
//! This room neither draws nor prints.

mod aim;
mod asked;
pub mod builtin;
mod compared;
mod comparison;
mod config;
mod curve;
mod decode;
mod error;
mod estimate;
mod file;
pub mod forecast;
mod inferred;
pub mod known_truth;
mod notes;
mod plan;
mod reading;
mod result;
mod run;
mod splits;
mod store;
mod strains;
mod subsets;
mod summary;
mod sweep;
mod toml_file;
mod training_curve;
mod validated;

pub use aim::{Aim, Drive};
pub use asked::Asked;
pub use compared::{Compared, compared};
pub use comparison::{Comparison, Preset};
pub use config::StudyConfig;
pub use curve::{CurveBand, CurvePoint, QUANTILES, forecast_curves, training_curves};
pub use decode::{Added, Decode, KeepEdges};
pub use error::StudyError;
pub use estimate::{Estimate, Part, estimate};
pub use file::{AnimalEntry, ConnectomeEntry, RecordingsEntry, StudyFile, VariantEntry};
pub use inferred::{
    Against, EdgeTable, FitOf, Graph, InferredGraph, InfersEdges, TRACE_CORRELATION,
    inferred_graphs,
};
pub use plan::{Group, Plan};
pub use reading::ReadingEntry;
pub use result::FitResult;
pub use run::{Results, merge, run, run_shard};
pub use splits::PartOfFold;
pub use store::{Status, status};
pub use strains::{Strain, StrainDifference, StrainQuantity, Strains, check_strains, strains};
pub use subsets::check_subsets;
pub use summary::{Claim, Measures, Quantity, Section, Spread, SummaryRow, Unit, claims, summary};
pub use sweep::{Setting, Sweep, sweeps};
pub use toml_file::TaskName;
pub use training_curve::TrainingCurve;
pub use validated::{Validated, ValidatedHalf, validated};
