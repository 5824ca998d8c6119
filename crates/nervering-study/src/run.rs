//! Runs a plan in its folder, by the grid's hand: [`run`].

use crate::aim::Aim;
use crate::config::StudyConfig;
use crate::error::StudyError;
use crate::plan::Plan;
use nervering_grid::{Folder, Run, Shard, gather};
use std::path::{Path, PathBuf};

/// What a study has found.
#[derive(Debug, Clone, PartialEq)]
pub struct Results<A: Aim> {
    /// All fits, by variant, training size, model (in the order of the study), subset, initial weights
    /// and fold.
    pub fits: Vec<A::Fit>,
    /// What was asked for.
    pub config: StudyConfig<A>,
    /// What a reader of the tables must know.
    pub notes: Vec<String>,
}

impl<A: Aim> Results<A> {
    /// Of some fits of a plan.
    pub fn of(plan: &Plan<A>, fits: Vec<A::Fit>) -> Self {
        Self { fits, config: plan.config().clone(), notes: plan.notes() }
    }
}

/// Runs what is missing in `out`, and gives back everything.
///
/// # Errors
/// [`nervering_grid::GridError::Interrupted`] when stopped, with everything earned saved; others when
/// the folder holds something else, cannot be written, or a fit fails.
pub fn run<A: Aim>(plan: &Plan<A>, out: &Path, how: &Run<'_>) -> Result<Results<A>, StudyError> {
    let folder = Folder::open(out, &plan.study_toml())?;
    let how = Run { shard: Shard::WHOLE, ..*how };
    let fits = nervering_grid::run(plan, &folder, &how)?;
    Ok(Results::of(plan, fits.into_values().collect()))
}

/// Runs what is missing of one shard in `out`, and says how many fits it has.
///
/// # Errors
/// As [`run`](fn@run).
pub fn run_shard<A: Aim>(plan: &Plan<A>, out: &Path, how: &Run<'_>) -> Result<usize, StudyError> {
    let folder = Folder::open(out, &plan.study_toml())?;
    Ok(nervering_grid::run(plan, &folder, how)?.len())
}

/// Joins what shards have earned in these folders, and in `out`, where it is brought together, and gives
/// back everything. Nothing is fitted. `warn` hears of results that cannot be used.
///
/// # Errors
/// [`nervering_grid::GridError::Missing`] when some fits are in none of them,
/// [`nervering_grid::GridError::OtherStudy`] for a folder of another study.
pub fn merge<A: Aim>(
    plan: &Plan<A>,
    out: &Path,
    from: &[PathBuf],
    warn: &dyn Fn(String),
) -> Result<Results<A>, StudyError> {
    let text = plan.study_toml();
    let folder = Folder::open(out, &text)?;
    let fits = gather(plan, &text, &folder, from, warn)?;
    Ok(Results::of(plan, fits.into_values().collect()))
}
