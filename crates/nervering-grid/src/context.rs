//! What a cell under way is given: [`Context`] counts its steps, says whether they go on, and keeps
//! where it stands.

use crate::error::GridError;
use crate::files::{read_if_there, remove_if_there};
use crate::folder::{CHECKPOINTS, Folder};
use crate::progress::Progress;
use std::cell::Cell;
use std::path::PathBuf;
use std::time::Duration;

/// What is next after a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// The next step.
    GoOn,
    /// The next step, after where the cell stands has been kept.
    Keep,
    /// No more, after where the cell stands has been kept.
    Stop,
}

/// When cells that are under way keep where they stand.
#[derive(Clone, Copy)]
pub struct CheckpointTimes<'a> {
    /// Work between two checkpoints of a cell.
    pub every: Duration,
    /// Time since any fixed moment.
    pub clock: &'a (dyn Fn() -> Duration + Sync),
}

impl CheckpointTimes<'_> {
    /// Only when the run is stopped.
    pub const NEVER: CheckpointTimes<'static> =
        CheckpointTimes { every: Duration::MAX, clock: &|| Duration::ZERO };
}

/// A job that is under way.
pub struct Context<'a> {
    folder: &'a Folder<'a>,
    /// Of its first cell.
    key: String,
    times: CheckpointTimes<'a>,
    progress: &'a dyn Progress,
    interrupted: &'a (dyn Fn() -> bool + Sync),
    kept_at: Cell<Duration>,
    n_steps: Cell<usize>,
}

impl<'a> Context<'a> {
    /// Of the job whose first cell has this key.
    pub fn new(
        folder: &'a Folder<'a>,
        key: String,
        times: CheckpointTimes<'a>,
        progress: &'a dyn Progress,
        interrupted: &'a (dyn Fn() -> bool + Sync),
    ) -> Self {
        let (kept_at, n_steps) = (Cell::new((times.clock)()), Cell::new(0));
        Self { folder, key, times, progress, interrupted, kept_at, n_steps }
    }

    /// Counts so many steps that were just done, 0 where there are none, and says what is next.
    pub fn step(&self, n: usize) -> Next {
        if n > 0 {
            self.progress.steps(n);
            self.n_steps.set(self.n_steps.get() + n);
        }
        let now = (self.times.clock)();
        if (self.interrupted)() {
            Next::Stop
        } else if now.saturating_sub(self.kept_at.get()) >= self.times.every {
            self.kept_at.set(now);
            Next::Keep
        } else {
            Next::GoOn
        }
    }

    /// The key of the job's first cell.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// SHA-256 of the study's `study.toml`.
    pub fn study(&self) -> &str {
        self.folder.study()
    }

    /// What an earlier run has kept of the job. It may be of another study, or damaged.
    ///
    /// # Errors
    /// [`GridError::Io`].
    pub fn checkpoint(&self) -> Result<Option<Vec<u8>>, GridError> {
        read_if_there(&self.place())
    }

    /// Keeps where the job stands, in the place of what was kept before.
    ///
    /// # Errors
    /// As [`Folder::save`].
    pub fn keep(&self, bytes: &[u8]) -> Result<(), GridError> {
        self.folder.write(&self.within(), bytes)
    }

    /// Tells of a checkpoint that cannot be used, so that the job begins anew.
    pub fn unusable(&self, reason: &str) {
        self.n_steps.set(0);
        let path = self.place();
        let is = "found a checkpoint that cannot be used";
        self.progress.warned(&format!("{}: {is} ({reason}); the fit begins anew", path.display()));
    }

    /// So many steps were done by an earlier run.
    pub(crate) fn begin_at(&self, n_steps: usize) {
        self.n_steps.set(n_steps);
    }

    pub(crate) fn n_steps(&self) -> usize {
        self.n_steps.get()
    }

    pub(crate) fn forget(&self) -> Result<(), GridError> {
        remove_if_there(&self.place())
    }

    fn within(&self) -> String {
        format!("{CHECKPOINTS}/{}.safetensors", self.key)
    }

    fn place(&self) -> PathBuf {
        self.folder.path(&self.within())
    }
}
