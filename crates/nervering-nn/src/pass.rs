//! How a network is run over a cohort: which frames are present and which of them follow each
//! other, fused or composed, and where everything that is taken over frames comes from: the mean
//! and variance of batch norms, and the means that static edges rest on.

pub use crate::ops::Runs;
use crate::ops::{Engine, Frames, NormStatistics};
use std::cell::{Cell, RefCell};
use std::sync::Arc;

/// One run of a network. Blocks report or look up what they take over frames in the order in
/// which the network calls them.
#[derive(Debug)]
pub struct Pass {
    /// Fused or composed.
    pub engine: Engine,
    /// Present frames of each replica.
    pub frames: Frames,
    runs: Option<Runs>,
    dropout: Option<Arc<[u32]>>,
    statistics: Statistics,
}

/// What a network takes over frames, once: an entry of the table of a
/// [recording pass](Pass::recording_statistics).
#[derive(Debug, Clone, PartialEq)]
pub enum OverFrames {
    /// Mean and variance of a batch norm.
    Norm(Arc<NormStatistics>),
    /// The mean over frames of a block's result, `[replica, row, width]`.
    Mean(Arc<Vec<f32>>),
}

/// Where one kind of what is taken over frames comes from in evaluation: batch norms, or means.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Origin {
    /// The frames given.
    Given,
    /// A table, so that each frame's result rests on that frame alone.
    Table,
    /// At each frame the frames up to and including it, as the block has seen them, and the table,
    /// which counts as so many frames before the first.
    UpToEach {
        /// How many; 0 or more.
        prior_frames: f64,
    },
}

#[derive(Debug)]
enum Statistics {
    Batch,
    Recorded(RefCell<Vec<OverFrames>>),
    Looked { table: Table, norms: Origin, means: Origin },
}

#[derive(Debug)]
struct Table {
    entries: Arc<[OverFrames]>,
    next: Cell<usize>,
}

/// What a block normalises with or pools from.
pub(crate) enum Source<T> {
    /// The frames it is given.
    Batch,
    /// This, whatever it is given.
    Fixed(Arc<T>),
    /// The frames up to each frame, after this that counts as so many frames.
    Running { prior: Arc<T>, prior_frames: f64 },
}

impl Pass {
    /// Everything over frames is taken from the frames given: in training, and for the scripts in
    /// evaluation too, where that adapts the network to each evaluated animal.
    pub fn with_batch_statistics(engine: Engine, frames: Frames) -> Self {
        Self { engine, frames, runs: None, dropout: None, statistics: Statistics::Batch }
    }

    /// The same, remembering what was taken; [`Pass::into_recorded`] returns it.
    pub fn recording_statistics(engine: Engine, frames: Frames) -> Self {
        let statistics = Statistics::Recorded(RefCell::default());
        Self { engine, frames, runs: None, dropout: None, statistics }
    }

    /// Everything over frames is taken from the table, in the order in which it was recorded, so
    /// that each frame's result rests on that frame alone. Evaluation only: results carry no
    /// gradient.
    pub fn with_fixed_statistics(
        engine: Engine,
        frames: Frames,
        table: impl Into<Arc<[OverFrames]>>,
    ) -> Self {
        Self::with_statistics_from(engine, frames, table, [Origin::Table; 2])
    }

    /// Batch norms and means over frames each from where it is said, by the table in the order in which
    /// it was recorded. Evaluation only: results carry no gradient.
    ///
    /// # Panics
    /// When `prior_frames` is negative or no number.
    pub fn with_statistics_from(
        engine: Engine,
        frames: Frames,
        table: impl Into<Arc<[OverFrames]>>,
        [norms, means]: [Origin; 2],
    ) -> Self {
        for origin in [norms, means] {
            if let Origin::UpToEach { prior_frames: n } = origin {
                assert!(n >= 0., "found {n} frames of prior, expected 0 or more");
            }
        }
        let statistics = Statistics::Looked { table: Table::new(table), norms, means };
        Self { engine, frames, runs: None, dropout: None, statistics }
    }

    /// Says which frames follow each other; without it, all frames of a replica do.
    ///
    /// # Panics
    /// When the lengths of a replica do not add up to its present frames.
    pub fn with_runs(mut self, runs: Runs) -> Self {
        for (replica, &n_frames) in self.frames.present().iter().enumerate() {
            let in_runs: usize = runs.of_replica(replica).iter().sum();
            assert_eq!(in_runs, n_frames, "frames in the runs of replica {replica}");
        }
        self.runs = Some(runs);
        self
    }

    /// Units are left out, in layers that do so in training; which, a seed of each replica says.
    pub fn with_dropout(mut self, seeds: impl Into<Arc<[u32]>>) -> Self {
        self.dropout = Some(seeds.into());
        self
    }

    /// For layers that see each of `n` nodes over time by itself: the present frames of the first node, then
    /// those of the second, and so on, `[replica, node · frame, …]`.
    pub fn of_each_node(&self, n: usize) -> Self {
        let runs = self.runs();
        let present = self.frames.present();
        let frames = Frames::new(present.iter().map(|frames| n * frames).collect::<Vec<_>>());
        let of_replica = |replica: usize| runs.of_replica(replica).repeat(n);
        let runs: Vec<_> = (0..present.len()).map(of_replica).collect();
        let pass = Self::with_batch_statistics(self.engine, frames).with_runs(Runs::new(runs));
        Self { dropout: self.dropout.clone(), ..pass }
    }

    /// Seeds of what is left out, one per replica; nothing is in evaluation.
    pub(crate) fn dropout(&self) -> Option<&[u32]> {
        self.dropout.as_deref()
    }

    /// Which frames follow each other.
    pub fn runs(&self) -> Runs {
        let one_run =
            || Runs::new(self.frames.present().iter().map(|&n| vec![n]).collect::<Vec<_>>());
        self.runs.clone().unwrap_or_else(one_run)
    }

    /// Whether all that is taken over frames is taken from the frames given.
    pub(crate) fn is_of_batch(&self) -> bool {
        matches!(self.statistics, Statistics::Batch | Statistics::Recorded(_))
    }

    /// What was taken over frames, in order of the calls (empty unless recorded).
    pub fn into_recorded(self) -> Vec<OverFrames> {
        match self.statistics {
            Statistics::Recorded(recorded) => recorded.into_inner(),
            Statistics::Batch | Statistics::Looked { .. } => Vec::new(),
        }
    }

    /// Where the next batch norm takes its statistics from.
    pub(crate) fn norm(&self) -> Source<NormStatistics> {
        self.next(|entry| match entry {
            (OverFrames::Norm(statistics), norms, _) => (statistics.clone(), norms),
            _ => panic!("found a mean over frames in the place of a batch norm"),
        })
    }

    /// Where the next mean over frames is taken from.
    pub(crate) fn mean(&self) -> Source<Vec<f32>> {
        self.next(|entry| match entry {
            (OverFrames::Mean(values), _, means) => (values.clone(), means),
            _ => panic!("found a batch norm in the place of a mean over frames"),
        })
    }

    /// `take` is given the next entry, where norms come from, and where means do.
    fn next<T>(
        &self,
        take: impl Fn((&OverFrames, Origin, Origin)) -> (Arc<T>, Origin),
    ) -> Source<T> {
        match &self.statistics {
            Statistics::Batch | Statistics::Recorded(_) => Source::Batch,
            &Statistics::Looked { ref table, norms, means } => {
                match take((table.next(), norms, means)) {
                    (_, Origin::Given) => Source::Batch,
                    (entry, Origin::Table) => Source::Fixed(entry),
                    (prior, Origin::UpToEach { prior_frames }) => {
                        Source::Running { prior, prior_frames }
                    }
                }
            }
        }
    }

    pub(crate) fn record(&self, entry: impl FnOnce() -> OverFrames) {
        if let Statistics::Recorded(recorded) = &self.statistics {
            recorded.borrow_mut().push(entry());
        }
    }
}

impl Table {
    fn new(entries: impl Into<Arc<[OverFrames]>>) -> Self {
        Self { entries: entries.into(), next: Cell::new(0) }
    }

    fn next(&self) -> &OverFrames {
        let at = self.next.replace(self.next.get() + 1);
        self.entries.get(at).expect("as many entries as the network takes over frames")
    }
}
