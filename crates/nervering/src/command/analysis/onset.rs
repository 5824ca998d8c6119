//! `nervering reproduce onset`.

use super::given::Given;
use nervering::analysis::{AnalysisError, onsets};
use nervering::report::{AnalysisReport, onset};
use nervering::study::Preset;

/// Onsets by their own templates and those of other animals.
///
/// # Errors
/// [`AnalysisError`] of the recordings.
pub fn report(given: &Given<'_>) -> Result<AnalysisReport, AnalysisError> {
    let n_shifts = match given.preset {
        Preset::Smoke => 99,
        Preset::Quick => 999,
        Preset::Full => 9999,
    };
    let Given { recordings, neurons, about, .. } = given;
    Ok(onset(&onsets(recordings, neurons, n_shifts, about.seed)?, about))
}
