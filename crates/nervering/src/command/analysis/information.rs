//! `nervering reproduce information`.

use super::given::Given;
use nervering::analysis::{self, AnalysisError, InformationConfig};
use nervering::report::{self, AnalysisReport};
use nervering::study::Preset;

/// What neurons know of the state.
///
/// # Errors
/// [`AnalysisError`] of the recordings.
pub fn report(given: &Given<'_>) -> Result<AnalysisReport, AnalysisError> {
    let (n_shifts, most_chosen) = match given.preset {
        Preset::Smoke => (99, 1),
        Preset::Quick => (999, 5),
        Preset::Full => (9999, 15),
    };
    let Given { recordings, neurons, about, .. } = given;
    let config = InformationConfig { n_shifts, most_chosen, seed: about.seed };
    let found = analysis::information(recordings, neurons, about.coding.clone(), config)?;
    Ok(report::information(&found, neurons, about))
}
