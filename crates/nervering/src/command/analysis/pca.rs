//! `nervering reproduce pca`.

use super::given::Given;
use nervering::analysis::{AnalysisError, components};
use nervering::report::{AnalysisReport, pca};
use nervering::study::Preset;

/// Components of each animal and of all.
///
/// # Errors
/// [`AnalysisError`] of the recordings.
pub fn report(given: &Given<'_>) -> Result<AnalysisReport, AnalysisError> {
    let n_permutations = match given.preset {
        Preset::Smoke => 3,
        Preset::Quick => 20,
        Preset::Full => 200,
    };
    let Given { recordings, neurons, about, .. } = given;
    let found = components(recordings, neurons, about.coding.clone(), n_permutations, about.seed)?;
    Ok(pca(&found, about))
}
