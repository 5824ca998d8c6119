//! What a forecasting plan will cost: its fits, for the calibration that decoding studies have.

use super::ForecastModel;
use super::file::forecast_toml;
use super::fit::{self, Driver, Next};
use super::plan::{ForecastPlan, PlannedFit};
use super::run::{Folder, Work};
use crate::error::StudyError;
use crate::estimate::{Costed, Estimate, Part, of_jobs};
use std::cell::Cell;
use std::path::Path;
use std::time::Duration;

/// As [`crate::estimate`], of the fits that are left in the study's folder. What fits under way have
/// done already is not counted.
///
/// # Errors
/// When the folder holds another study or cannot be read, or a fit fails.
pub fn estimate_forecasts(
    plan: &ForecastPlan,
    out: &Path,
    threads: usize,
    budget: Duration,
    clock: &(dyn Fn() -> Duration + Sync),
) -> Result<Estimate, StudyError> {
    let text = forecast_toml(plan);
    let folder = Folder { grid: nervering_grid::Folder::peek(out, &text)? };
    // The run will tell of a result or checkpoint that cannot be used.
    let Work { fits, jobs } = folder.left(plan, &|_| {})?;
    let of_job = |job: &super::run::Job| {
        let n_steps = plan.steps(&job.fit) - job.steps_done().unwrap_or(0);
        let epochs = n_steps.div_ceil(job.fit.subset.len());
        OfPlan { plan, fit: job.fit.clone(), epochs, n_steps }
    };
    let jobs: Vec<OfPlan<'_>> = jobs.iter().map(of_job).collect();
    of_jobs(&jobs, fits.len(), threads, budget, clock)
}

/// A fit to come.
struct OfPlan<'a> {
    plan: &'a ForecastPlan,
    fit: PlannedFit,
    /// To come.
    epochs: usize,
    n_steps: usize,
}

impl Costed for OfPlan<'_> {
    /// Variant, number of training animals, model.
    type Kind = (usize, usize, ForecastModel);
    /// One of the paper's size may take a minute.
    const FIRST_EPOCHS: usize = 1;

    fn kind(&self) -> Self::Kind {
        (self.fit.variant, self.n_trained(), self.fit.model)
    }

    fn part(&self) -> Part {
        Part {
            variant: self.plan.variant(&self.fit).name.clone(),
            model: self.fit.model.to_string(),
            n_trained: self.n_trained(),
            n_fits: 1,
            n_steps: self.n_steps,
            thread_time: Duration::ZERO,
        }
    }

    fn n_frames(&self) -> usize {
        let animals = &self.plan.views[self.fit.variant].animals;
        self.fit.subset.iter().map(|&k| animals[k].selected.n_frames).sum()
    }

    fn n_trained(&self) -> usize {
        self.fit.subset.len()
    }

    fn epochs(&self) -> usize {
        self.epochs
    }

    fn cut(&self, epochs: usize) -> Self {
        let n_steps = epochs * self.n_trained();
        Self { plan: self.plan, fit: self.fit.clone(), epochs, n_steps }
    }

    fn one_fit(&self, n_animals: usize) -> Self {
        let mut fit = self.fit.clone();
        fit.subset.truncate(n_animals);
        Self { plan: self.plan, fit, ..*self }
    }

    fn run(&self, on_epoch: &dyn Fn()) -> Result<(), StudyError> {
        let n_steps = Cell::new(0usize);
        let after_step = || {
            n_steps.set(n_steps.get() + 1);
            if n_steps.get().is_multiple_of(self.n_trained()) {
                on_epoch();
            }
            Next::GoOn
        };
        let driver = Driver {
            epochs: self.epochs,
            begin: None,
            unusable: &|_| {},
            after_step: &after_step,
            keep: &|_| Ok(()),
        };
        fit::run(self.plan, &self.fit, driver).map(|_| ())
    }
}
