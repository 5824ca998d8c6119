//! What a plan will cost, from a calibration of seconds: jobs of every kind (model × number of
//! animals), cut to a few epochs, on all threads at once as in the run, so that they share cache,
//! memory and clock frequency as they will then. An epoch costs the same from first to last, since
//! no shape changes; what lies outside the epochs (setting up, evaluating) is timed too. The
//! clock comes from outside.

use crate::decode::{self, Job};
use crate::error::StudyError;
use crate::plan::{Group, Plan};
use crate::run::{Work, steps, thread_pool};
use nervering_models::{DecoderModel, ModelName};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

/// Epochs of the first look at a network.
const FIRST_EPOCHS: usize = 3;
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
    pub model: ModelName,
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
    crate::store::peek(out, plan)?;
    let Work { fits, jobs } = Work::left(plan, out)?;
    let mut kinds: BTreeMap<Kind, Vec<&Job>> = BTreeMap::new();
    for (_, job) in &jobs {
        kinds.entry(Kind::of(job)).or_default().push(job);
    }
    let calibration = Calibration { plan, pool: thread_pool(threads)?, clock };
    let begin = clock();
    let mut looks = Vec::new();
    for (kind, mut jobs) in kinds {
        // Animals differ in length.
        jobs.sort_by_key(|job| n_frames(plan, job));
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
        costs.insert(look.kind, (cost, n_frames(plan, look.typical)));
    }
    let seconds: Vec<f64> = jobs
        .iter()
        .map(|(_, job)| {
            let (cost, n_calibrated) = costs[&Kind::of(job)];
            let length = n_frames(plan, job) as f64 / n_calibrated as f64;
            cost.outside + cost.epoch * length * job.epochs as f64
        })
        .collect();
    let mut parts: Vec<Part> = Vec::new();
    for ((_, job), &seconds) in jobs.iter().zip(&seconds) {
        let (model, n_trained) = (job.group.model, job.group.subset.len());
        let variant = &plan.variant(&job.group).name;
        let is_its = |part: &&mut Part| {
            part.variant == *variant && part.model == model && part.n_trained == n_trained
        };
        let part = match parts.iter_mut().find(is_its) {
            Some(part) => part,
            None => {
                let thread_time = Duration::ZERO;
                let variant = variant.clone();
                parts.push(Part { variant, model, n_trained, n_fits: 0, n_steps: 0, thread_time });
                parts.last_mut().expect("just pushed")
            }
        };
        part.n_fits += job.folds.len();
        part.n_steps += steps(job);
        part.thread_time += Duration::from_secs_f64(seconds);
    }
    let wall = Duration::from_secs_f64(makespan(&seconds, threads));
    Ok(Estimate { parts, n_fits_done: fits.len(), wall })
}

/// Jobs of a kind cost the same per frame.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Kind {
    variant: usize,
    n_trained: usize,
    model: ModelName,
    n_folds: usize,
}

impl Kind {
    fn of(job: &Job) -> Self {
        let Group { variant, model, ref subset, .. } = job.group;
        Self { variant, n_trained: subset.len(), model, n_folds: job.folds.len() }
    }
}

/// Frames of the animals that a job trains on.
fn n_frames(plan: &Plan, job: &Job) -> usize {
    let animals = &plan.views[job.group.variant].animals;
    job.group.subset.iter().map(|&k| animals[k].selected.n_frames).sum()
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
struct Look<'a> {
    kind: Kind,
    n_jobs: usize,
    typical: &'a Job,
    cost: Cost,
}

impl Look<'_> {
    /// Seconds of all jobs of the kind.
    fn expected(&self) -> f64 {
        let of_job = self.cost.outside + self.cost.epoch * self.typical.epochs as f64;
        of_job * self.n_jobs as f64
    }
}

struct Calibration<'a> {
    plan: &'a Plan,
    pool: rayon::ThreadPool,
    clock: &'a (dyn Fn() -> Duration + Sync),
}

impl Calibration<'_> {
    fn first_look(&self, job: &Job) -> Result<Cost, StudyError> {
        match job.group.model.model() {
            DecoderModel::Network(_) => {
                self.time(&Job { epochs: FIRST_EPOCHS.min(job.epochs), ..job.clone() })
            }
            DecoderModel::Direct(_) => self.of_direct(job),
        }
    }

    /// As many epochs of a network as fit in `share` seconds; what the first look has found where
    /// that is no more than it has seen.
    fn second_look(&self, look: &Look, share: f64) -> Result<Cost, StudyError> {
        let Cost { outside, epoch } = look.cost;
        let affordable = ((share - outside) / epoch).clamp(0., MOST_EPOCHS as f64) as usize;
        let epochs = affordable.min(look.typical.epochs);
        let is_network = matches!(look.kind.model.model(), DecoderModel::Network(_));
        if is_network && epochs > FIRST_EPOCHS {
            self.time(&Job { epochs, ..look.typical.clone() })
        } else {
            Ok(look.cost)
        }
    }

    /// One fold of a model without epochs. Where that would take long it is timed on one animal,
    /// and the time of several taken to grow with the square of their number, as that of a support
    /// vector machine does about.
    fn of_direct(&self, job: &Job) -> Result<Cost, StudyError> {
        let n_folds = job.folds.len() as f64;
        let one_fold = Job { folds: job.folds.start..job.folds.start + 1, ..job.clone() };
        let n_trained = job.group.subset.len();
        let mut one_animal = one_fold.clone();
        one_animal.group.subset.truncate(1);
        let of_one = self.time(&one_animal)?.outside;
        let guess = of_one * (n_trained * n_trained) as f64;
        let of_fold = if n_trained > 1 && guess < LONGEST_DIRECT {
            self.time(&one_fold)?.outside
        } else {
            guess
        };
        Ok(Cost { outside: of_fold * n_folds, epoch: 0. })
    }

    /// Runs the job on all threads at once; the mean over the threads.
    fn time(&self, job: &Job) -> Result<Cost, StudyError> {
        let costs = self.pool.broadcast(|_| {
            let begin = (self.clock)();
            let ends = Mutex::new(Vec::with_capacity(job.epochs));
            let on_epoch = |_| {
                ends.lock().expect("no thread panics here").push((self.clock)());
                true
            };
            decode::run(self.plan, job, &on_epoch)?;
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
