//! Runs a plan: what an earlier run has saved is kept, the rest becomes jobs for the threads, and
//! every fit is saved as soon as it is earned.

use crate::config::Variant;
use crate::decode::{self, Job};
use crate::error::StudyError;
use crate::plan::{Group, Plan};
use crate::result::FitResult;
use crate::store;
use nervering_grid::{Folder, on_threads};
use nervering_models::{DecoderModel, ModelName};
use nervering_statistics::Role;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;

/// Who hears of a run's progress. Called from all threads.
pub trait Progress: Sync {
    /// So many fits have been saved now, or were saved by an earlier run.
    fn fits_done(&self, n_new: usize, n_resumed: usize);
    /// So many gradient steps have been done, or need not be done again.
    fn steps(&self, n: usize);
    /// All fits of a model on one number of animals are done.
    fn group_finished(&self, line: &str);
    /// So many fits go on from where an earlier run has left them, with so many gradient steps done.
    fn resumed(&self, _n_fits: usize, _n_steps: usize) {}
    /// Something that costs no result, but that the user may want to know.
    fn warned(&self, _text: &str) {}
}

/// What a study has found.
#[derive(Debug, Clone, PartialEq)]
pub struct StudyResults {
    /// All fits, by variant, training size, model (in the order of the study), subset and fold.
    pub fits: Vec<FitResult>,
    /// The variants, in the order of the study.
    pub variants: Vec<Variant>,
    /// What a reader of the tables must know.
    pub notes: Vec<String>,
}

/// Rows (frames × neurons) of a cohort: as many folds train in lockstep as keep a step's
/// activations in the second-level cache, and share `burn`'s cost per operation.
const COHORT_ROWS: usize = 20_000;

/// Runs what is missing in `out` on `threads` threads. `interrupted` is asked after every epoch.
///
/// # Errors
/// [`StudyError::Interrupted`] when stopped, with everything earned saved; others when the folder
/// holds something else, cannot be written, or a fit fails.
pub fn run(
    plan: &Plan,
    out: &Path,
    threads: usize,
    progress: &dyn Progress,
    interrupted: &(dyn Fn() -> bool + Sync),
) -> Result<StudyResults, StudyError> {
    let folder = Folder::open(out, &store::study_toml(plan))?;
    let Work { mut fits, jobs } = Work::left(plan, &folder, &|text| progress.warned(&text))?;
    let tally = Tally::new(plan, &jobs);
    progress.fits_done(0, fits.len());
    progress.steps(plan.n_steps() - jobs.iter().map(|(_, job)| steps(job)).sum::<usize>());

    let run_job = |(at, job): &(usize, Job)| -> Result<Vec<Earned>, StudyError> {
        let on_epoch = |n| {
            progress.steps(n);
            !interrupted()
        };
        let Some(results) = decode::run(plan, job, &on_epoch)? else {
            return Ok(Vec::new());
        };
        for fit in &results {
            folder.save(&store::key(plan, &job.group, fit.fold), fit)?;
        }
        progress.fits_done(results.len(), 0);
        if let Some(line) = tally.count(&job.group, &results) {
            progress.group_finished(&line);
        }
        Ok(results.into_iter().map(|fit| ((*at, fit.fold), fit)).collect())
    };
    fits.extend(on_threads(threads, &jobs, interrupted, run_job)?.into_iter().flatten());
    if fits.len() < plan.n_fits() {
        return Err(StudyError::Interrupted { done: fits.len(), total: plan.n_fits() });
    }
    Ok(StudyResults {
        fits: fits.into_values().collect(),
        variants: plan.config().variants.clone(),
        notes: plan.notes(),
    })
}

/// A fit with its group and fold.
type Earned = ((usize, usize), FitResult);

/// What an earlier run has left to do.
pub(crate) struct Work {
    /// What it has earned, by group and fold.
    pub(crate) fits: BTreeMap<(usize, usize), FitResult>,
    /// The rest, with the group of each job, in the order in which they are run.
    pub(crate) jobs: Vec<(usize, Job)>,
}

impl Work {
    /// Looks into the folder of the study.
    pub(crate) fn left(
        plan: &Plan,
        folder: &Folder<'_>,
        warn: &dyn Fn(String),
    ) -> Result<Self, StudyError> {
        let (mut fits, mut jobs) = (BTreeMap::new(), Vec::new());
        for (at, group) in plan.groups.iter().enumerate() {
            let mut missing = Vec::new();
            for fold in 0..plan.folds_run(group) {
                match folder.load(&store::key(plan, group, fold), warn)? {
                    Some(fit) => _ = fits.insert((at, fold), fit),
                    None => missing.push(fold),
                }
            }
            let epochs = plan.config().epochs;
            jobs.extend(
                cohorts(&missing, cohort_width(plan, group))
                    .map(|folds| (at, Job { group: group.clone(), folds, epochs })),
            );
        }
        Ok(Self { fits, jobs })
    }
}

/// How many folds of a group train in lockstep. The choice never changes a result.
fn cohort_width(plan: &Plan, group: &Group) -> usize {
    let view = &plan.views[group.variant];
    let rows = |&k: &usize| view.animals[k].selected.n_frames * view.neurons.len();
    let longest = group.subset.iter().map(rows).max().unwrap_or(0);
    (COHORT_ROWS / longest.max(1)).max(1)
}

/// Runs of consecutive folds, each at most as long as a cohort is wide.
fn cohorts(folds: &[usize], width: usize) -> impl Iterator<Item = std::ops::Range<usize>> + '_ {
    folds
        .chunk_by(|a, b| a + 1 == *b)
        .flat_map(move |run| run.chunks(width))
        .map(|folds| folds[0]..folds[0] + folds.len())
}

/// Gradient steps of a job.
pub(crate) fn steps(job: &Job) -> usize {
    match job.group.model.model() {
        DecoderModel::Network(_) => job.folds.len() * job.group.subset.len() * job.epochs,
        DecoderModel::Direct(_) => 0,
    }
}

/// Fits still to come of each variant, model and training size, and accuracies on unseen animals so
/// far.
struct Tally<'a> {
    plan: &'a Plan,
    left: Mutex<BTreeMap<Kind, Left>>,
}

/// Variant, model and number of training animals.
type Kind = (usize, ModelName, usize);

#[derive(Default)]
struct Left {
    n_fits: usize,
    accuracies: Vec<f64>,
}

impl<'a> Tally<'a> {
    fn new(plan: &'a Plan, jobs: &[(usize, Job)]) -> Self {
        let mut left: BTreeMap<_, Left> = BTreeMap::new();
        for (_, job) in jobs {
            left.entry(kind(&job.group)).or_default().n_fits += job.folds.len();
        }
        Self { plan, left: Mutex::new(left) }
    }

    /// A line when these were the last fits of their kind.
    fn count(&self, group: &Group, fits: &[FitResult]) -> Option<String> {
        let mut left = self.left.lock().expect("no thread panics while counting");
        let Left { n_fits, accuracies } = left.get_mut(&kind(group))?;
        *n_fits -= fits.len();
        // Of several statistics the first one, as in the tables.
        let first = self.plan.variant(group).statistics[0];
        let evaluations = fits.iter().flat_map(|fit| &fit.evaluations);
        let unseen = evaluations
            .filter(|e| e.role == Role::UnseenAnimal && e.statistics.is_none_or(|s| s == first));
        accuracies.extend(unseen.filter_map(|e| e.accuracy));
        if *n_fits > 0 {
            return None;
        }
        // In a fixed order: threads finish in any.
        accuracies.sort_by(f64::total_cmp);
        let mean = accuracies.iter().sum::<f64>() / accuracies.len().max(1) as f64;
        let unseen = match accuracies.len() {
            0 => String::new(),
            _ => format!(", {:.1} % on unseen animals", 100. * mean),
        };
        let names = self.plan.config().variants.iter().map(|variant| variant.name.as_str());
        let model = group.model.as_str();
        Some(done_line(names, group.variant, model, group.subset.len()) + &unseen)
    }
}

/// `strict: gnn trained on 3 animals: done`; of a study's only variant nothing is said.
pub(crate) fn done_line<'a>(
    variants: impl ExactSizeIterator<Item = &'a str>,
    variant: usize,
    model: &str,
    n_trained: usize,
) -> String {
    let mut variants = variants;
    let variant = match variants.len() {
        1 => String::new(),
        _ => variants.nth(variant).map_or_else(String::new, |name| format!("{name}: ")),
    };
    let animals = if n_trained == 1 { "animal" } else { "animals" };
    format!("{variant}{model} trained on {n_trained} {animals}: done")
}

fn kind(group: &Group) -> Kind {
    (group.variant, group.model, group.subset.len())
}
