//! What reading gave: [`ReadOutcome`].

use crate::series::TraceSeries;
use crate::warning::Warning;
use nervering_recording::Recording;

/// What reading gave.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReadOutcome {
    /// One recording per animal, in the order of the file.
    pub recordings: Vec<Recording>,
    /// What was noticed and not refused.
    pub warnings: Vec<Warning>,
    /// The series of traces that the files offer, with the ones that were read; none of formats
    /// whose series have no names.
    pub series: Vec<TraceSeries>,
}
