//! `nervering reproduce ahead`.

use super::given::Given;
use nervering::analysis::{self, AnalysisError};
use nervering::report::{self, AnalysisReport};

/// States and switches ahead, each animal by all others; nothing in it has a size.
///
/// # Errors
/// [`AnalysisError`] of the recordings.
pub fn report(given: &Given<'_>) -> Result<AnalysisReport, AnalysisError> {
    let Given { recordings, neurons, about, .. } = given;
    let found = analysis::ahead(recordings, neurons, about.coding.clone(), about.seed)?;
    Ok(report::ahead(&found, about))
}
