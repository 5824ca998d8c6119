//! Runs a grid: what an earlier run has saved is kept, a cell that it has left goes on from its
//! checkpoint, the rest begins, on all threads; everything earned is saved at once.

use crate::context::{CheckpointTimes, Context};
use crate::error::GridError;
use crate::files::remove_folder_if_there;
use crate::folder::{CHECKPOINTS, Folder};
use crate::progress::{Progress, Silent};
use crate::shard::Shard;
use crate::task::Task;
use crate::threads::on_threads;
use std::collections::BTreeMap;
use std::sync::Mutex;

/// How a grid is run.
#[derive(Clone, Copy)]
pub struct Run<'a> {
    /// Jobs at a time.
    pub threads: usize,
    /// Which cells.
    pub shard: Shard,
    /// When cells under way keep where they stand.
    pub times: CheckpointTimes<'a>,
    /// Who hears of it.
    pub progress: &'a dyn Progress,
    /// Asked after every step; what is under way then keeps where it stands.
    pub interrupted: &'a (dyn Fn() -> bool + Sync),
}

impl Run<'static> {
    /// All cells, on so many threads, until they are done; nobody hears of it, and cells under way keep
    /// nothing.
    pub fn quietly(threads: usize) -> Self {
        Self {
            threads,
            shard: Shard::WHOLE,
            times: CheckpointTimes::NEVER,
            progress: &Silent,
            interrupted: &|| false,
        }
    }
}

/// What an earlier run has left.
pub struct Left<E> {
    /// What it has earned, by cell.
    pub earned: BTreeMap<usize, E>,
    /// The other cells, ascending.
    pub missing: Vec<usize>,
}

/// Looks for what these cells have earned in the folder of a task. `warn` hears of results that cannot
/// be used.
///
/// # Errors
/// [`GridError::Io`].
pub fn left<T: Task>(
    task: &T,
    cells: &[usize],
    folder: &Folder<'_>,
    warn: &dyn Fn(String),
) -> Result<Left<T::Earned>, GridError> {
    let (mut earned, mut missing) = (BTreeMap::new(), Vec::new());
    for &cell in cells {
        match folder.load(&task.key(cell), warn)? {
            Some(found) => _ = earned.insert(cell, found),
            None => missing.push(cell),
        }
    }
    Ok(Left { earned, missing })
}

/// A job, with the steps that an earlier run has done of it.
struct Job {
    cells: Vec<usize>,
    n_done: usize,
}

/// Runs what is missing of a task's cells, and gives back what all of them have earned, in their order.
///
/// # Errors
/// [`GridError::Interrupted`] when stopped, with everything earned saved; others when the folder cannot
/// be written, or a cell fails.
pub fn run<T: Task>(
    task: &T,
    folder: &Folder<'_>,
    run: &Run<'_>,
) -> Result<BTreeMap<usize, T::Earned>, T::Error> {
    let &Run { threads, shard, times, progress, interrupted } = run;
    let cells = shard.cells(task);
    let Left { mut earned, missing } = left(task, &cells, folder, &|text| progress.warned(&text))?;
    let context =
        |cells: &[usize]| Context::new(folder, task.key(cells[0]), times, progress, interrupted);
    let mut jobs = Vec::new();
    for cells in task.jobs(&missing) {
        let n_done = steps_done(task, &cells, &context(&cells))?;
        jobs.push(Job { cells, n_done });
    }
    progress.fits_done(0, earned.len());
    let steps = |cells: &[usize]| cells.iter().map(|&cell| task.steps(cell)).sum::<usize>();
    let n_done: usize = jobs.iter().map(|job| job.n_done).sum();
    progress.steps(steps(&cells) - steps(&missing) + n_done);
    let n_resumed = jobs.iter().filter(|job| job.n_done > 0).count();
    if n_resumed > 0 {
        progress.resumed(n_resumed, n_done);
    }
    let tallies = Tallies::new(task, &missing);
    let run_job = |job: &Job| -> Result<Vec<(usize, T::Earned)>, T::Error> {
        let context = context(&job.cells);
        context.begin_at(job.n_done);
        let Some(results) = task.run(&job.cells, &context)? else { return Ok(Vec::new()) };
        let results: Vec<_> = job.cells.iter().copied().zip(results).collect();
        for (cell, result) in &results {
            folder.save(&task.key(*cell), result)?;
        }
        context.forget()?;
        // One that has ended before its last step has none left to do.
        progress.steps(steps(&job.cells).saturating_sub(context.n_steps()));
        progress.fits_done(results.len(), 0);
        for line in tallies.count(&results) {
            progress.group_finished(&line);
        }
        Ok(results)
    };
    earned.extend(on_threads(threads, &jobs, interrupted, run_job)?.into_iter().flatten());
    let (done, total) = (earned.len(), cells.len());
    if done < total {
        return Err(GridError::Interrupted { done, total }.into());
    }
    if shard.is_whole() {
        remove_checkpoints(folder)?;
    }
    Ok(earned)
}

/// Steps of a job that need not be done again; a checkpoint that cannot be used is told.
fn steps_done<T: Task>(
    task: &T,
    cells: &[usize],
    context: &Context<'_>,
) -> Result<usize, GridError> {
    if context.checkpoint()?.is_none() {
        return Ok(0);
    }
    Ok(task.steps_done(cells[0], context).unwrap_or_else(|reason| {
        context.unusable(&reason);
        0
    }))
}

/// What is left of checkpoints once all cells are earned: of a run that was killed between saving a
/// result and removing its checkpoint, or while it wrote one.
pub(crate) fn remove_checkpoints(folder: &Folder<'_>) -> Result<(), GridError> {
    remove_folder_if_there(&folder.path(CHECKPOINTS))
}

/// Cells still to come of each kind, and what is counted of those that have come.
struct Tallies<'a, T: Task> {
    task: &'a T,
    by_kind: Mutex<BTreeMap<usize, (usize, T::Tally)>>,
}

impl<'a, T: Task> Tallies<'a, T> {
    fn new(task: &'a T, missing: &[usize]) -> Self {
        let mut by_kind: BTreeMap<usize, (usize, T::Tally)> = BTreeMap::new();
        for &cell in missing {
            by_kind.entry(task.kind(cell)).or_default().0 += 1;
        }
        Self { task, by_kind: Mutex::new(by_kind) }
    }

    /// A line for every kind of which these were the last.
    fn count(&self, results: &[(usize, T::Earned)]) -> Vec<String> {
        let mut by_kind = self.by_kind.lock().expect("no thread panics while counting");
        let mut lines = Vec::new();
        for (cell, result) in results {
            let Some((n_left, tally)) = by_kind.get_mut(&self.task.kind(*cell)) else { continue };
            *n_left -= 1;
            self.task.count(tally, result);
            if *n_left == 0 {
                lines.push(self.task.line(*cell, std::mem::take(tally)));
            }
        }
        lines
    }
}
