//! `nervering reproduce manifold`.

use super::given::Given;
use nervering::analysis::{AnalysisError, loop_manifolds};
use nervering::report::{AnalysisReport, manifold};

/// Loops of each animal and of all; nothing in it is random or has a size.
///
/// # Errors
/// [`AnalysisError`] of the recordings.
pub fn report(given: &Given<'_>) -> Result<AnalysisReport, AnalysisError> {
    let Given { recordings, neurons, about, .. } = given;
    Ok(manifold(&loop_manifolds(recordings, neurons, about.coding.clone())?, about))
}
