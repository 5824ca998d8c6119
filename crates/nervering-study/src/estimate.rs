//! What a plan will cost, from a calibration of seconds: jobs of every kind (model × number of
//! animals), cut to a few epochs, on all threads at once as in the run, so that they share cache,
//! memory and clock frequency as they will then. An epoch costs the same from first to last, since
//! no shape changes; what lies outside the epochs (setting up, evaluating) is timed too. The
//! clock comes from outside.

use crate::decode::{self, Job};
use crate::error::StudyError;
use crate::plan::{Group, Plan};
use crate::run::{Work, steps};
use crate::store;
use nervering_grid::{Folder, thread_pool};
use nervering_models::{DecoderModel, ModelName};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

/// Epochs that a calibration runs at most.
const MOST_EPOCHS: usize = 100;
/// The longest fit without epochs that is timed as it is, in seconds.
const LONGEST_DIRECT: f64 = 1.;

/// The cost of what an earlier run has left to do.
#[derive(Debug, Clone, PartialEq)]
pub struct Estimate {
    /// By variant, number of animals and model, in the order of the study.
    pub parts: Vec<Part>,
    /// Fits that an earlier run has saved, not counted in the parts.
    pub n_fits_done: usize,
    /// Time from beginning to end on the given threads.
    pub wall: Duration,
}

/// All fits of one model on one number of animals under one variant.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// Name of the variant.
    pub variant: String,
    /// The model.
    pub model: String,
    /// Animals that each fit trains on.
    pub n_trained: usize,
    /// Fits to come.
    pub n_fits: usize,
    /// Gradient steps to come.
    pub n_steps: usize,
    /// Time of one thread for all of them.
    pub thread_time: Duration,
}

/// Seconds of one job.
#[derive(Debug, Clone, Copy)]
struct Cost {
    /// Outside the epochs.
    outside: f64,
    /// One epoch, 0 for a model without any.
    epoch: f64,
}

/// A job whose cost can be found out.
pub(crate) trait Costed: Sync + Sized {
    /// Jobs of a kind cost the same per frame.
    type Kind: Ord + Clone;
    /// Epochs of the first look at a network.
    const FIRST_EPOCHS: usize;

    /// Its kind.
    fn kind(&self) -> Self::Kind;
    /// What it counts in a plan, in no time yet.
    fn part(&self) -> Part;
    /// Frames of the animals that it trains on.
    fn n_frames(&self) -> usize;
    /// Animals that it trains on.
    fn n_trained(&self) -> usize;
    /// Epochs to come; 0 for a model without any.
    fn epochs(&self) -> usize;
    /// The same in so many epochs from the beginning.
    fn cut(&self, epochs: usize) -> Self;
    /// One fit of it, on so many of its animals.
    fn one_fit(&self, n_animals: usize) -> Self;
    /// Runs it and saves nothing; `on_epoch` hears of every epoch.
    fn run(&self, on_epoch: &dyn Fn()) -> Result<(), StudyError>;
}

/// Calibrates for about `budget` on `threads` threads: a short look at every kind of job that is
/// left in the study's folder, and a longer one, with the time that remains, at those that the
/// study will spend most of its time on. Where the short looks take longer, so does the
/// calibration. `clock` is the time since any fixed moment.
///
/// # Errors
/// When the folder holds another study or cannot be read, or a fit fails.
pub fn estimate(
    plan: &Plan,
    out: &Path,
    threads: usize,
    budget: Duration,
    clock: &(dyn Fn() -> Duration + Sync),
) -> Result<Estimate, StudyError> {
    let folder = Folder::peek(out, &store::study_toml(plan))?;
    // The run will tell of a result that cannot be used.
    let Work { fits, jobs } = Work::left(plan, &folder, &|_| {})?;
    let jobs: Vec<OfPlan> = jobs.into_iter().map(|(_, job)| OfPlan { plan, job }).collect();
    of_jobs(&jobs, fits.len(), threads, budget, clock)
}

/// The cost of jobs, in the order in which they are run.
pub(crate) fn of_jobs<J: Costed>(
    jobs: &[J],
    n_fits_done: usize,
    threads: usize,
    budget: Duration,
    clock: &(dyn Fn() -> Duration + Sync),
) -> Result<Estimate, StudyError> {
    let mut kinds: BTreeMap<J::Kind, Vec<&J>> = BTreeMap::new();
    for job in jobs {
        kinds.entry(job.kind()).or_default().push(job);
    }
    let calibration = Calibration { pool: thread_pool(threads)?, clock };
    let begin = clock();
    let mut looks = Vec::new();
    for (kind, mut jobs) in kinds {
        // Animals differ in length.
        jobs.sort_by_key(|job| job.n_frames());
        let typical = jobs[jobs.len() / 2];
        let cost = calibration.first_look(typical)?;
        looks.push(Look { kind, n_jobs: jobs.len(), typical, cost });
    }
    let left = budget.saturating_sub(clock() - begin).as_secs_f64();
    let expected: f64 = looks.iter().map(Look::expected).sum();
    let mut costs = BTreeMap::new();
    for look in looks {
        let share = left * look.expected() / expected;
        let cost = calibration.second_look(&look, share)?;
        costs.insert(look.kind, (cost, look.typical.n_frames()));
    }
    let seconds: Vec<f64> = jobs
        .iter()
        .map(|job| {
            let (cost, n_calibrated) = costs[&job.kind()];
            let length = job.n_frames() as f64 / n_calibrated as f64;
            cost.outside + cost.epoch * length * job.epochs() as f64
        })
        .collect();
    let mut parts: Vec<Part> = Vec::new();
    for (job, &seconds) in jobs.iter().zip(&seconds) {
        let of_job = job.part();
        let is_its = |part: &&mut Part| {
            (&part.variant, &part.model, part.n_trained)
                == (&of_job.variant, &of_job.model, of_job.n_trained)
        };
        let thread_time = Duration::from_secs_f64(seconds);
        match parts.iter_mut().find(is_its) {
            Some(part) => {
                part.n_fits += of_job.n_fits;
                part.n_steps += of_job.n_steps;
                part.thread_time += thread_time;
            }
            None => parts.push(Part { thread_time, ..of_job }),
        }
    }
    let wall = Duration::from_secs_f64(makespan(&seconds, threads));
    Ok(Estimate { parts, n_fits_done, wall })
}

/// A job of a decoding study.
struct OfPlan<'a> {
    plan: &'a Plan,
    job: Job,
}

impl Costed for OfPlan<'_> {
    /// Variant, number of training animals, model, number of folds.
    type Kind = (usize, usize, ModelName, usize);
    const FIRST_EPOCHS: usize = 3;

    fn kind(&self) -> Self::Kind {
        let Group { variant, model, ref subset, .. } = self.job.group;
        (variant, subset.len(), model, self.job.folds.len())
    }

    fn part(&self) -> Part {
        Part {
            variant: self.plan.variant(&self.job.group).name.clone(),
            model: self.job.group.model.to_string(),
            n_trained: self.n_trained(),
            n_fits: self.job.folds.len(),
            n_steps: steps(&self.job),
            thread_time: Duration::ZERO,
        }
    }

    fn n_frames(&self) -> usize {
        let animals = &self.plan.views[self.job.group.variant].animals;
        self.job.group.subset.iter().map(|&k| animals[k].selected.n_frames).sum()
    }

    fn n_trained(&self) -> usize {
        self.job.group.subset.len()
    }

    fn epochs(&self) -> usize {
        match self.job.group.model.model() {
            DecoderModel::Network(_) => self.job.epochs,
            DecoderModel::Direct(_) => 0,
        }
    }

    fn cut(&self, epochs: usize) -> Self {
        Self { plan: self.plan, job: Job { epochs, ..self.job.clone() } }
    }

    fn one_fit(&self, n_animals: usize) -> Self {
        let folds = self.job.folds.start..self.job.folds.start + 1;
        let mut job = Job { folds, ..self.job.clone() };
        job.group.subset.truncate(n_animals);
        Self { plan: self.plan, job }
    }

    fn run(&self, on_epoch: &dyn Fn()) -> Result<(), StudyError> {
        let on_epoch = |_| {
            on_epoch();
            true
        };
        decode::run(self.plan, &self.job, &on_epoch).map(|_| ())
    }
}

/// End of the last job when each goes to the first thread that is free, as in the run.
fn makespan(jobs: &[f64], threads: usize) -> f64 {
    let mut free_at = vec![0f64; threads.max(1)];
    for seconds in jobs {
        let earliest = free_at.iter_mut().min_by(|a, b| a.total_cmp(b)).expect("a thread");
        *earliest += seconds;
    }
    free_at.into_iter().fold(0., f64::max)
}

/// What a short look at a kind of jobs has found.
struct Look<'a, J: Costed> {
    kind: J::Kind,
    n_jobs: usize,
    typical: &'a J,
    cost: Cost,
}

impl<J: Costed> Look<'_, J> {
    /// Seconds of all jobs of the kind.
    fn expected(&self) -> f64 {
        let of_job = self.cost.outside + self.cost.epoch * self.typical.epochs() as f64;
        of_job * self.n_jobs as f64
    }
}

struct Calibration<'a> {
    pool: rayon::ThreadPool,
    clock: &'a (dyn Fn() -> Duration + Sync),
}

impl Calibration<'_> {
    fn first_look<J: Costed>(&self, job: &J) -> Result<Cost, StudyError> {
        match job.epochs() {
            0 => self.of_direct(job),
            epochs => self.time(&job.cut(J::FIRST_EPOCHS.min(epochs))),
        }
    }

    /// As many epochs of a network as fit in `share` seconds; what the first look has found where
    /// that is no more than it has seen.
    fn second_look<J: Costed>(&self, look: &Look<'_, J>, share: f64) -> Result<Cost, StudyError> {
        let Cost { outside, epoch } = look.cost;
        let affordable = ((share - outside) / epoch).clamp(0., MOST_EPOCHS as f64) as usize;
        let epochs = affordable.min(look.typical.epochs());
        if epochs > J::FIRST_EPOCHS { self.time(&look.typical.cut(epochs)) } else { Ok(look.cost) }
    }

    /// One fit of a model without epochs. Where that would take long it is timed on one animal, and
    /// the time of several taken to grow with the square of their number, as that of a support
    /// vector machine does about.
    fn of_direct<J: Costed>(&self, job: &J) -> Result<Cost, StudyError> {
        let (n_trained, n_fits) = (job.n_trained(), job.part().n_fits as f64);
        let of_one = self.time(&job.one_fit(1))?.outside;
        let guess = of_one * (n_trained * n_trained) as f64;
        let of_fit = if n_trained > 1 && guess < LONGEST_DIRECT {
            self.time(&job.one_fit(n_trained))?.outside
        } else {
            guess
        };
        Ok(Cost { outside: of_fit * n_fits, epoch: 0. })
    }

    /// Runs the job on all threads at once; the mean over the threads.
    fn time<J: Costed>(&self, job: &J) -> Result<Cost, StudyError> {
        let costs = self.pool.broadcast(|_| {
            let begin = (self.clock)();
            let ends = Mutex::new(Vec::with_capacity(job.epochs()));
            let on_epoch = || {
                ends.lock().expect("no thread panics here").push((self.clock)());
            };
            job.run(&on_epoch)?;
            let whole = ((self.clock)() - begin).as_secs_f64();
            let ends = ends.into_inner().expect("no thread panics here");
            // The first epoch sets up what the others find there.
            let epoch = match ends[..] {
                // The first ones find neither memory nor caches warm.
                [_, second, .., last] => (last - second).as_secs_f64() / (ends.len() - 2) as f64,
                [.., before, last] => (last - before).as_secs_f64(),
                [only] => (only - begin).as_secs_f64(),
                [] => 0.,
            };
            Ok(Cost { outside: (whole - epoch * ends.len() as f64).max(0.), epoch })
        });
        let costs = costs.into_iter().collect::<Result<Vec<Cost>, StudyError>>()?;
        let mean = |of: fn(&Cost) -> f64| costs.iter().map(of).sum::<f64>() / costs.len() as f64;
        Ok(Cost { outside: mean(|cost| cost.outside), epoch: mean(|cost| cost.epoch) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_go_to_the_first_thread_that_is_free() {
        assert_eq!(makespan(&[], 2), 0.);
        assert_eq!(makespan(&[3., 1., 1., 1., 2.], 1), 8.);
        assert_eq!(makespan(&[3., 1., 1., 1., 2.], 2), 5.);
        assert_eq!(makespan(&[3., 1., 1., 1., 2.], 9), 3.);
    }
}
