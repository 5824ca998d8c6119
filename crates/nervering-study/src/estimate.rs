//! What a plan will cost, from a calibration of seconds: jobs of every kind (model × number of
//! animals), cut to a few epochs, on all threads at once as in the run, so that they share cache,
//! memory and clock frequency as they will then. An epoch costs the same from first to last, since
//! no shape changes; what lies outside the epochs (setting up, evaluating) is timed too. The
//! clock comes from outside.

use crate::aim::{Aim, Drive};
use crate::error::StudyError;
use crate::plan::{Group, Plan};
use nervering_grid::{
    CheckpointTimes, Context, Folder, Left, Shard, Silent, Task, left, thread_pool,
};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

/// Epochs that a calibration runs at most.
const MOST_EPOCHS: usize = 100;
/// Epochs from which on the first ones, which find neither memory nor caches warm, need not count.
const WARM_EPOCHS: usize = 4;
/// A look that is this many times shorter than what it foretells may exceed the budget.
const WORTH_A_LOOK: f64 = 100.;
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

/// Calibrates for about `budget` on `threads` threads: a short look at every kind of job that is
/// left in the study's folder, and a longer one, with the time that remains, at those that the
/// study will spend most of its time on. Where the short looks take longer, or a longer one is worth
/// a hundredth of the time that it foretells, so does the calibration. `clock` is the time since any fixed moment.
///
/// # Errors
/// When the folder holds another study or cannot be read, or a fit fails.
pub fn estimate<A: Aim>(
    plan: &Plan<A>,
    out: &Path,
    threads: usize,
    budget: Duration,
    clock: &(dyn Fn() -> Duration + Sync),
) -> Result<Estimate, StudyError> {
    let folder = Folder::peek(out, &plan.study_toml())?;
    // The run will tell of a result or checkpoint that cannot be used.
    let Left { earned, missing } = left(plan, &Shard::WHOLE.cells(plan), &folder, &|_| {})?;
    let jobs: Vec<Job<'_, A>> =
        plan.jobs(&missing).iter().map(|cells| Job::new(plan, cells, &folder)).collect();
    of_jobs(&jobs, earned.len(), threads, budget, clock)
}

/// The cost of jobs, in the order in which they are run.
fn of_jobs<A: Aim>(
    jobs: &[Job<'_, A>],
    n_fits_done: usize,
    threads: usize,
    budget: Duration,
    clock: &(dyn Fn() -> Duration + Sync),
) -> Result<Estimate, StudyError> {
    let mut kinds: BTreeMap<(usize, usize), Vec<&Job<'_, A>>> = BTreeMap::new();
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
            cost.outside + cost.epoch * length * job.epochs as f64
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

/// Some folds of a group, whose cost can be found out.
struct Job<'a, A: Aim> {
    plan: &'a Plan<A>,
    group: Group<A::Model>,
    folds: Range<usize>,
    /// To come; 0 for a model without any.
    epochs: usize,
    /// To come.
    n_steps: usize,
}

impl<'a, A: Aim> Job<'a, A> {
    /// Of cells that are run together; what an earlier run has done of them is not counted.
    fn new(plan: &'a Plan<A>, cells: &[usize], folder: &Folder<'_>) -> Self {
        let (group, first) = plan.place(cells[0]);
        let (never, key) = (CheckpointTimes::NEVER, plan.key(cells[0]));
        let context = Context::new(folder, key, never, &Silent, &|| false);
        let done = plan.steps_done(cells[0], &context).unwrap_or(0);
        let n_steps = (plan.steps_of(group) * cells.len()).saturating_sub(done);
        let epochs = n_steps.div_ceil(group.subset.len() * cells.len());
        Self { plan, group: group.clone(), folds: first..first + cells.len(), epochs, n_steps }
    }

    /// Jobs of a kind cost the same per frame: variant, model, number of animals; number of folds.
    fn kind(&self) -> (usize, usize) {
        (self.group.kind(), self.folds.len())
    }

    /// What it counts in a plan, in no time yet.
    fn part(&self) -> Part {
        Part {
            variant: self.plan.variant(&self.group).name.clone(),
            model: self.group.model.to_string(),
            n_trained: self.n_trained(),
            n_fits: self.folds.len(),
            n_steps: self.n_steps,
            thread_time: Duration::ZERO,
        }
    }

    /// Frames of the animals that it trains on.
    fn n_frames(&self) -> usize {
        let animals = &self.plan.view(&self.group).animals;
        self.group.subset.iter().map(|&k| animals[k].selected.n_frames).sum()
    }

    fn n_trained(&self) -> usize {
        self.group.subset.len()
    }

    /// The same in so many epochs from the beginning.
    fn cut(&self, epochs: usize) -> Self {
        Self { group: self.group.clone(), folds: self.folds.clone(), epochs, ..*self }
    }

    /// One fit of it, on so many of its animals.
    fn one_fit(&self, n_animals: usize) -> Self {
        let mut group = self.group.clone();
        group.subset.truncate(n_animals);
        Self { group, folds: self.folds.start..self.folds.start + 1, ..*self }
    }

    /// Runs it and saves nothing; `on_epoch` hears of every epoch.
    fn run(&self, on_epoch: &dyn Fn()) -> Result<(), StudyError> {
        let (of_epoch, n_steps) = (self.n_trained() * self.folds.len(), Cell::new(0usize));
        let hears = |n: usize| {
            n_steps.set(n_steps.get() + n);
            if n > 0 && n_steps.get().is_multiple_of(of_epoch) {
                on_epoch();
            }
        };
        let (folds, drive) = (self.folds.clone(), Drive::Calibration(&hears));
        A::fit(self.plan, &self.group, folds, self.epochs, drive).map(|_| ())
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
struct Look<'a, A: Aim> {
    kind: (usize, usize),
    n_jobs: usize,
    typical: &'a Job<'a, A>,
    cost: Cost,
}

impl<A: Aim> Look<'_, A> {
    /// Seconds of all jobs of the kind.
    fn expected(&self) -> f64 {
        let of_job = self.cost.outside + self.cost.epoch * self.typical.epochs as f64;
        of_job * self.n_jobs as f64
    }
}

struct Calibration<'a> {
    pool: rayon::ThreadPool,
    clock: &'a (dyn Fn() -> Duration + Sync),
}

impl Calibration<'_> {
    fn first_look<A: Aim>(&self, job: &Job<'_, A>) -> Result<Cost, StudyError> {
        match job.epochs {
            0 => self.of_direct(job),
            epochs => self.time(&job.cut(A::FIRST_EPOCHS.min(epochs))),
        }
    }

    /// As many epochs of a network as fit in `share` seconds, or so many that the last ones are warm where that is
    /// little beside what they foretell; what the first look has found where that is no more than it has seen.
    fn second_look<A: Aim>(&self, look: &Look<'_, A>, share: f64) -> Result<Cost, StudyError> {
        let Cost { outside, epoch } = look.cost;
        let affordable = ((share - outside) / epoch).clamp(0., MOST_EPOCHS as f64) as usize;
        let is_worth_it = outside + epoch * WARM_EPOCHS as f64 <= look.expected() / WORTH_A_LOOK;
        let wanted = if is_worth_it { affordable.max(WARM_EPOCHS) } else { affordable };
        let epochs = wanted.min(look.typical.epochs);
        if epochs > A::FIRST_EPOCHS { self.time(&look.typical.cut(epochs)) } else { Ok(look.cost) }
    }

    /// One fit of a model without epochs. Where that would take long it is timed on one animal, and
    /// the time of several taken to grow with the square of their number, as that of a support
    /// vector machine does about.
    fn of_direct<A: Aim>(&self, job: &Job<'_, A>) -> Result<Cost, StudyError> {
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
    fn time<A: Aim>(&self, job: &Job<'_, A>) -> Result<Cost, StudyError> {
        let costs = self.pool.broadcast(|_| {
            let begin = (self.clock)();
            let ends = Mutex::new(Vec::with_capacity(job.epochs));
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
