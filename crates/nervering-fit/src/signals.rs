//! Signals over time as a model sees them: [`SignalScaling`], which frames they rest on and what brings
//! them to scale.

use crate::preparation::Normalisation;
use nervering_models::{Inputs, Look};
use nervering_prepare::{
    LevelScale, Levels, N_CHANNELS, N_FEATURES, N_TOKEN, PrepareError, Selected, SignalScope,
    Signals, Smoothing,
};
use std::ops::Range;

/// Frames that the levels of the training animals count as before the first frame of a recording that
/// is scaled as it comes: about half a minute.
pub const PRIOR_FRAMES: f64 = 100.;

/// How an animal's signals are made.
#[derive(Debug, Clone, PartialEq)]
pub struct SignalScaling {
    /// Which frames they rest on, and how they are shown.
    pub inputs: Inputs,
    /// What scales them: an animal's whole recording, the training animals, or the frames so far.
    pub normalisation: Normalisation,
    /// Of the training animals: of all their frames together, or, for frames that are scaled as they
    /// come, the mean of their own.
    pub levels: Levels,
    /// Mean time from frame to frame of the training animals, in seconds.
    pub interval_s: f64,
}

/// The smoothing that lets a model look so far.
///
/// # Panics
/// For a model that sees no signals.
pub(crate) fn smoothing(inputs: Inputs, interval_s: f64) -> Smoothing {
    match inputs.look().expect("a model that sees signals") {
        Look::Around => Smoothing::Around,
        Look::Back { delay_s } => Smoothing::Back { delay_s, interval_s },
    }
}

/// What levels are told in: by that which stands first, or, of an ensemble, by one after the other, member by
/// member. Networks that differ in it err less alike.
pub(crate) fn scales(inputs: Inputs) -> &'static [LevelScale] {
    match inputs {
        Inputs::Signals(Look::Around) | Inputs::Tokens(Look::Around) => {
            &[LevelScale::ZScore, LevelScale::Range]
        }
        _ => &[LevelScale::ZScore],
    }
}

/// What a member of an ensemble sees, of features on all scales.
pub(crate) fn of_member(features: &[f32], inputs: Inputs, member: usize) -> &[f32] {
    let n_scales = scales(inputs).len();
    let of_scale = features.len() / n_scales;
    &features[(member % n_scales) * of_scale..][..of_scale]
}

/// Numbers of a neuron in a frame that a model takes.
pub(crate) fn n_features(inputs: Inputs) -> usize {
    match inputs {
        Inputs::Frames => N_FEATURES,
        Inputs::Signals(_) => N_CHANNELS,
        Inputs::Tokens(_) => N_TOKEN,
        Inputs::Context(_) => Signals::n_in_context(smoothing(inputs, 1.)),
    }
}

impl SignalScaling {
    /// The signals of an animal, `[scale, frame, neuron, channel]`.
    ///
    /// # Errors
    /// [`PrepareError`] for a missing value and a neuron that does not vary.
    pub fn features(&self, selected: &Selected) -> Result<Vec<f32>, PrepareError> {
        self.of_frames(selected, 0..selected.n_frames)
    }

    /// The same where only some neurons are shown.
    ///
    /// # Errors
    /// As [`SignalScaling::features`].
    ///
    /// # Panics
    /// For another number of neurons.
    pub fn features_of(
        &self,
        selected: &Selected,
        shown: &[bool],
    ) -> Result<Vec<f32>, PrepareError> {
        assert_eq!(shown.len(), selected.neurons.len(), "one per neuron");
        self.scaled(selected, 0..selected.n_frames, |neuron| shown[neuron])
    }

    /// Of some frames in a row, as if there were no others.
    pub(crate) fn of_frames(
        &self,
        selected: &Selected,
        frames: Range<usize>,
    ) -> Result<Vec<f32>, PrepareError> {
        self.scaled(selected, frames, |_| true)
    }

    fn scaled(
        &self,
        selected: &Selected,
        frames: Range<usize>,
        shown: impl Fn(usize) -> bool,
    ) -> Result<Vec<f32>, PrepareError> {
        let scope = match self.normalisation {
            Normalisation::WholeRecording => SignalScope::Own,
            Normalisation::Training => SignalScope::Fixed(&self.levels),
            Normalisation::Causal => {
                SignalScope::Running { prior: &self.levels, frames: PRIOR_FRAMES }
            }
        };
        let signals = Signals::new(selected, frames, smoothing(self.inputs, self.interval_s))?;
        match self.inputs {
            Inputs::Context(_) => signals.in_context(scope),
            Inputs::Frames | Inputs::Signals(_) => {
                self.on_scales(|scale| signals.scaled(scope, scale))
            }
            // A neuron that no animal trained on has says nothing.
            Inputs::Tokens(_) => {
                let levels = self.levels.of_neurons();
                let signals = signals.showing(|k| levels[k].are_known() && shown(k));
                self.on_scales(|scale| signals.tokens(scope, scale))
            }
        }
    }

    fn on_scales(
        &self,
        of_scale: impl Fn(LevelScale) -> Result<Vec<f32>, PrepareError>,
    ) -> Result<Vec<f32>, PrepareError> {
        let mut all = Vec::new();
        for &scale in scales(self.inputs) {
            all.extend(of_scale(scale)?);
        }
        Ok(all)
    }
}
