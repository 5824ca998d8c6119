//! Who hears how far a grid has come.

/// Who hears of a run's progress. Called from all threads.
pub trait Progress: Sync {
    /// So many cells have been saved now, or were saved by an earlier run.
    fn fits_done(&self, _n_new: usize, _n_resumed: usize) {}
    /// So many steps have been done, or need not be done again.
    fn steps(&self, _n: usize) {}
    /// All cells of a kind are done.
    fn group_finished(&self, _line: &str) {}
    /// So many cells go on from where an earlier run has left them, with so many steps done.
    fn resumed(&self, _n_fits: usize, _n_steps: usize) {}
    /// Something that costs no result, but that the user may want to know.
    fn warned(&self, _text: &str) {}
}

/// Nobody hears of it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {}
