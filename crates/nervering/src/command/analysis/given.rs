//! What an analysis is given.

use nervering::recording::{NeuronName, Recording};
use nervering::report::AnalysisAbout;
use nervering::study::Preset;

/// What an analysis is given.
pub(super) struct Given<'a> {
    /// Animals.
    pub(super) recordings: &'a [Recording],
    /// Neurons that all of them have.
    pub(super) neurons: &'a [NeuronName],
    /// How long a test may take.
    pub(super) preset: Preset,
    /// What stands about it.
    pub(super) about: AnalysisAbout<'a>,
}
