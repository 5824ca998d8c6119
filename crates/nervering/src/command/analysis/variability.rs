//! `nervering reproduce variability`.

use super::given::Given;
use nervering::analysis::{AnalysisError, individuality};
use nervering::report::{AnalysisReport, variability};
use nervering::study::Preset;

/// Means through states, and tests between animals.
///
/// # Errors
/// [`AnalysisError`] of the recordings.
pub fn report(given: &Given<'_>) -> Result<AnalysisReport, AnalysisError> {
    let n_permutations = match given.preset {
        Preset::Smoke => 99,
        Preset::Quick => 999,
        Preset::Full => 9999,
    };
    let Given { recordings, neurons, about, .. } = given;
    let found =
        individuality(recordings, neurons, about.coding.clone(), n_permutations, about.seed)?;
    Ok(variability(&found, about))
}
