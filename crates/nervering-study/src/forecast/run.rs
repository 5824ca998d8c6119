//! Runs a forecasting plan: what an earlier run has saved is kept, a fit that it has left goes on
//! from its checkpoint, the rest begins, on all threads; every fit is saved as soon as it is earned.

use super::checkpoint::{self, Place};
use super::file::forecast_toml;
use super::fit::{self, Driver, Next};
use super::plan::{ForecastPlan, PlannedFit};
use super::result::{ForecastFit, ForecastResults};
use crate::error::StudyError;
use crate::run::{Progress, done_line};
use nervering_grid::{self as grid, on_threads};
use nervering_prepare::EVALUATION_STEPS;
use nervering_statistics::Role;
use nervering_train::ForecastCheckpoint;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

/// The folder of the checkpoints.
const CHECKPOINTS: &str = "checkpoints";

/// When fits that are under way keep where they stand.
pub struct CheckpointTimes<'a> {
    /// Work between two checkpoints of a fit.
    pub every: Duration,
    /// Time since any fixed moment.
    pub clock: &'a (dyn Fn() -> Duration + Sync),
}

/// Runs what is missing in `out` on `threads` threads. `interrupted` is asked after every gradient
/// step; fits that are then under way keep where they stand.
///
/// # Errors
/// [`StudyError::Interrupted`] when stopped, with everything earned saved; others when the folder
/// holds something else, cannot be written, or a fit fails.
pub fn run_forecasts(
    plan: &ForecastPlan,
    out: &Path,
    threads: usize,
    progress: &dyn Progress,
    times: &CheckpointTimes<'_>,
    interrupted: &(dyn Fn() -> bool + Sync),
) -> Result<ForecastResults, StudyError> {
    let text = forecast_toml(plan);
    let folder = Folder { grid: grid::Folder::open(out, &text)? };
    let Work { mut fits, jobs } = folder.left(plan, &|warning| progress.warned(&warning))?;
    progress.fits_done(0, fits.len());
    let resumed: Vec<usize> = jobs.iter().filter_map(Job::steps_done).collect();
    let to_come: usize = jobs.iter().map(|job| plan.steps(&job.fit)).sum();
    let steps_resumed = resumed.iter().sum::<usize>();
    progress.steps(plan.n_steps() - to_come + steps_resumed);
    if !resumed.is_empty() {
        progress.resumed(resumed.len(), steps_resumed);
    }
    let tally = Tally::new(plan, &jobs);
    let run_job = |job: &Job| -> Result<Option<(usize, ForecastFit)>, StudyError> {
        let place = folder.place(plan, &job.fit);
        let (kept_at, n_steps) = (Cell::new((times.clock)()), Cell::new(0));
        n_steps.set(job.steps_done().unwrap_or(0));
        let after_step = || {
            progress.steps(1);
            n_steps.set(n_steps.get() + 1);
            let now = (times.clock)();
            if interrupted() {
                Next::Stop
            } else if now.saturating_sub(kept_at.get()) >= times.every {
                kept_at.set(now);
                Next::Keep
            } else {
                Next::GoOn
            }
        };
        let driver = Driver {
            epochs: plan.config().epochs,
            begin: job.begin.lock().expect("no thread panics here").take(),
            unusable: &|reason| {
                n_steps.set(0);
                progress.warned(&unusable(&place, &reason));
            },
            after_step: &after_step,
            keep: &|checkpoint| Ok(checkpoint::save(&folder.grid, &place, checkpoint)?),
        };
        let Some(fit) = fit::run(plan, &job.fit, driver)? else { return Ok(None) };
        folder.grid.save(&name(plan, &job.fit), &fit)?;
        grid::remove_if_there(&place.path)?;
        // A fit that diverged has ended before its last step.
        progress.steps(plan.steps(&job.fit).saturating_sub(n_steps.get()));
        progress.fits_done(1, 0);
        if let Some(line) = tally.count(&job.fit, &fit) {
            progress.group_finished(&line);
        }
        Ok(Some((job.at, fit)))
    };
    fits.extend(on_threads(threads, &jobs, interrupted, run_job)?.into_iter().flatten());
    if fits.len() < plan.n_fits() {
        return Err(StudyError::Interrupted { done: fits.len(), total: plan.n_fits() });
    }
    folder.remove_checkpoints()?;
    Ok(ForecastResults {
        fits: fits.into_values().collect(),
        config: plan.config().clone(),
        notes: plan.notes(),
    })
}

/// The folder of a study.
pub(super) struct Folder<'a> {
    pub(super) grid: grid::Folder<'a>,
}

/// What an earlier run has left to do.
pub(super) struct Work {
    /// What it has earned, by place in the plan.
    pub(super) fits: BTreeMap<usize, ForecastFit>,
    /// The rest, in the order of the plan.
    pub(super) jobs: Vec<Job>,
}

/// A fit to be made.
pub(super) struct Job {
    /// Its place in the plan.
    pub(super) at: usize,
    pub(super) fit: PlannedFit,
    /// Where an earlier run has left it, until it is taken up.
    pub(super) begin: Mutex<Option<ForecastCheckpoint>>,
}

impl Job {
    /// Gradient steps that an earlier run has done, where it has left a checkpoint.
    pub(super) fn steps_done(&self) -> Option<usize> {
        let begin = self.begin.lock().expect("no thread panics here");
        let of = |c: &ForecastCheckpoint| {
            c.training_errors.len() * self.fit.subset.len() + c.errors_of_epoch.len()
        };
        begin.as_ref().map(of)
    }
}

impl<'a> Folder<'a> {
    /// What is left to do; a checkpoint that cannot be used is told.
    pub(super) fn left(
        &self,
        plan: &ForecastPlan,
        warn: &dyn Fn(String),
    ) -> Result<Work, StudyError> {
        let (mut fits, mut jobs) = (BTreeMap::new(), Vec::new());
        for (at, fit) in plan.fits.iter().enumerate() {
            let found = self.grid.load(&name(plan, fit), warn)?;
            let place = self.place(plan, fit);
            match found {
                Some(found) => _ = fits.insert(at, found),
                None => {
                    let begin = match checkpoint::load(&place)? {
                        Some(Err(reason)) => {
                            warn(unusable(&place, &reason));
                            None
                        }
                        Some(Ok(checkpoint)) => Some(checkpoint),
                        None => None,
                    };
                    jobs.push(Job { at, fit: fit.clone(), begin: Mutex::new(begin) });
                }
            }
        }
        Ok(Work { fits, jobs })
    }

    fn place(&self, plan: &ForecastPlan, fit: &PlannedFit) -> Place {
        let fit = name(plan, fit);
        let within = format!("{CHECKPOINTS}/{fit}.safetensors");
        let path = self.grid.path(&within);
        Place { within, path, study: self.grid.study().to_owned(), fit }
    }

    /// What is left of checkpoints once all fits are earned: of a run that was killed between
    /// saving a fit and removing its checkpoint, or while it wrote one.
    fn remove_checkpoints(&self) -> Result<(), StudyError> {
        Ok(grid::remove_folder_if_there(&self.grid.path(CHECKPOINTS))?)
    }
}

/// `strict-gnn-1+3`: variant, model, animals by their place in the study from 1. Names of animals
/// stay out of paths.
pub(super) fn name(plan: &ForecastPlan, fit: &PlannedFit) -> String {
    let places: Vec<String> = fit.subset.iter().map(|k| (k + 1).to_string()).collect();
    let (variant, model) = (&plan.variant(fit).name, fit.model.as_str());
    format!("{variant}-{model}-{}", places.join("+"))
}

fn unusable(place: &Place, reason: &str) -> String {
    let path = place.path.display();
    format!("{path}: found a checkpoint that cannot be used ({reason}); the fit begins anew")
}

/// Variant, model (by its name) and number of training animals.
type Kind = (usize, &'static str, usize);

/// Fits still to come of each kind, and those that have come.
struct Tally<'a> {
    plan: &'a ForecastPlan,
    left: Mutex<BTreeMap<Kind, Left>>,
}

#[derive(Default)]
struct Left {
    n_fits: usize,
    n_diverged: usize,
    /// Of traces and derivatives together, at the last step, in unseen animals.
    errors: Vec<f64>,
}

impl<'a> Tally<'a> {
    fn new(plan: &'a ForecastPlan, jobs: &[Job]) -> Self {
        let mut left: BTreeMap<Kind, Left> = BTreeMap::new();
        for job in jobs {
            left.entry(kind(&job.fit)).or_default().n_fits += 1;
        }
        Self { plan, left: Mutex::new(left) }
    }

    /// A line when this was the last fit of its kind.
    fn count(&self, planned: &PlannedFit, fit: &ForecastFit) -> Option<String> {
        let mut left = self.left.lock().expect("no thread panics while counting");
        let Left { n_fits, n_diverged, errors } = left.get_mut(&kind(planned))?;
        *n_fits -= 1;
        for evaluation in fit.evaluations.iter().filter(|e| e.role == Role::UnseenAnimal) {
            match fit.errors(evaluation) {
                Some(found) => errors.extend(found.both().last()),
                None => *n_diverged += 1,
            }
        }
        if *n_fits > 0 {
            return None;
        }
        // In a fixed order: threads finish in any.
        errors.sort_by(f64::total_cmp);
        let mean = errors.iter().sum::<f64>() / errors.len().max(1) as f64;
        let unseen = match errors.len() {
            0 => String::new(),
            _ => format!(", MSE {mean:.4} at step {EVALUATION_STEPS} in unseen animals"),
        };
        let diverged = match n_diverged {
            0 => String::new(),
            n => format!(", {n} diverged"),
        };
        let names = self.plan.config().variants.iter().map(|variant| variant.name.as_str());
        let (model, n_trained) = (planned.model.as_str(), planned.subset.len());
        Some(done_line(names, planned.variant, model, n_trained) + &unseen + &diverged)
    }
}

fn kind(fit: &PlannedFit) -> Kind {
    (fit.variant, fit.model.as_str(), fit.subset.len())
}
