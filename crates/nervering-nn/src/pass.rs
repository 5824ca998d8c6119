//! How a network is run over a cohort: which frames are present, fused or composed, and what the
//! batch norms normalise with.

use crate::ops::{Engine, Frames, NormStatistics};
use std::cell::{Cell, RefCell};
use std::sync::Arc;

/// One run of a network. Batch norms report or look up their statistics in the order in which the
/// network calls them.
#[derive(Debug)]
pub struct Pass {
    /// Fused or composed.
    pub engine: Engine,
    /// Present frames of each replica.
    pub frames: Frames,
    statistics: Statistics,
}

#[derive(Debug)]
enum Statistics {
    Batch,
    Recorded(RefCell<Vec<NormStatistics>>),
    Fixed { table: Vec<Arc<NormStatistics>>, next: Cell<usize> },
}

impl Pass {
    /// Batch norms use the statistics of the frames they are given: in training, and for the
    /// scripts in evaluation too, where that adapts the network to each evaluated animal.
    pub fn with_batch_statistics(engine: Engine, frames: Frames) -> Self {
        Self { engine, frames, statistics: Statistics::Batch }
    }

    /// The same, remembering what each batch norm used; [`Pass::into_recorded`] returns it.
    pub fn recording_statistics(engine: Engine, frames: Frames) -> Self {
        Self { engine, frames, statistics: Statistics::Recorded(RefCell::default()) }
    }

    /// Batch norms use the table, in the order in which it was recorded. Evaluation only: results
    /// carry no gradient.
    pub fn with_fixed_statistics(
        engine: Engine,
        frames: Frames,
        table: Vec<Arc<NormStatistics>>,
    ) -> Self {
        Self { engine, frames, statistics: Statistics::Fixed { table, next: Cell::new(0) } }
    }

    /// What the batch norms have used, in order of their calls (empty unless recorded).
    pub fn into_recorded(self) -> Vec<NormStatistics> {
        match self.statistics {
            Statistics::Recorded(recorded) => recorded.into_inner(),
            Statistics::Batch | Statistics::Fixed { .. } => Vec::new(),
        }
    }

    pub(crate) fn next_fixed(&self) -> Option<Arc<NormStatistics>> {
        match &self.statistics {
            Statistics::Fixed { table, next } => {
                let at = next.replace(next.get() + 1);
                Some(table.get(at).expect("as many statistics as batch norms").clone())
            }
            Statistics::Batch | Statistics::Recorded(_) => None,
        }
    }

    pub(crate) fn record(&self, of_norm: impl FnOnce() -> NormStatistics) {
        if let Statistics::Recorded(recorded) = &self.statistics {
            recorded.borrow_mut().push(of_norm());
        }
    }
}
