//! What features are normalised by, with the numbers that it takes.

use crate::preparation::Normalisation;
use crate::signals::SignalScaling;
use nervering_prepare::{Interval, PrepareError, Ranges, Scope, Selected};

/// What features are normalised by.
#[derive(Debug, Clone)]
pub enum Scaling {
    /// Each animal by its own range over its whole recording.
    WholeRecording,
    /// The ranges of the training frames.
    Training(Ranges),
    /// Each animal by its own range up to each frame.
    Causal,
    /// Signals over time, which scale themselves.
    Signals(SignalScaling),
}

impl Scaling {
    /// Its name.
    pub fn normalisation(&self) -> Normalisation {
        match self {
            Self::WholeRecording => Normalisation::WholeRecording,
            Self::Training(_) => Normalisation::Training,
            Self::Causal => Normalisation::Causal,
            Self::Signals(signals) => signals.normalisation,
        }
    }

    /// The features of an animal, `[frame, neuron, feature]`: trace and derivative, or the channels of signals.
    ///
    /// # Errors
    /// [`PrepareError`] for a neuron that cannot be normalised.
    pub fn features(
        &self,
        selected: &Selected,
        interval: Interval,
    ) -> Result<Vec<f32>, PrepareError> {
        match self {
            Self::WholeRecording => selected.normalized(Scope::WholeRecording, interval),
            Self::Causal => selected.normalized(Scope::Causal, interval),
            Self::Training(ranges) => ranges.apply(selected, interval),
            Self::Signals(signals) => signals.features(selected),
        }
    }
}
