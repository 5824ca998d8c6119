//! Who drives a fit: [`Driver`] hears of gradient steps, and says whether they go on.

use crate::error::ModelError;
pub use nervering_grid::Next;
use nervering_train::ForecastCheckpoint;

/// Who drives a fit: where it begins, and what happens after its gradient steps. A closure that says
/// whether to go on is one that keeps nothing.
pub trait Driver {
    /// Hears of so many gradient steps just done, 0 between fits without any, and says what is next.
    fn steps(&self, n: usize) -> Next;

    /// Where an earlier run has left the fit.
    fn begin(&self) -> Option<ForecastCheckpoint> {
        None
    }

    /// Hears of a checkpoint that cannot be of this fit, which then begins anew.
    fn unusable(&self, _reason: String) {}

    /// Keeps where the fit stands.
    ///
    /// # Errors
    /// [`ModelError::Grid`] when it cannot be written.
    fn keep(&self, _checkpoint: &ForecastCheckpoint) -> Result<(), ModelError> {
        Ok(())
    }
}

impl<F: Fn(usize) -> bool> Driver for F {
    fn steps(&self, n: usize) -> Next {
        if self(n) { Next::GoOn } else { Next::Stop }
    }
}
