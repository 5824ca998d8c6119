//! The frames that a statistic may see: [`Scope`], and what a result says of it: [`ScopeKind`].
//!
//! A range fitted over the whole recording knows the test frames; one that is fitted on training
//! frames or causally does not. So every function of this room that computes a statistic takes a
//! [`Scope`], and there is no default.

use std::fmt;

/// The frames over which a statistic of one recording is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope<'a> {
    /// All frames, test frames included: the paper's normalisation. It leaks.
    WholeRecording,
    /// These frames of the recording, in any order. Other frames may normalise to values outside
    /// [0, 1]; they are not clipped, because a model should see that they are unusual.
    TrainingFrames(&'a [usize]),
    /// At each frame, that frame and those before it.
    Causal,
}

/// A [`Scope`] without its frames, as results record it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ScopeKind {
    /// [`Scope::WholeRecording`]: transductive, since the evaluated frames shape their own features.
    WholeRecording,
    /// [`Scope::TrainingFrames`]: inductive.
    TrainingFrames,
    /// [`Scope::Causal`]: no frame sees a later one.
    Causal,
}

impl Scope<'_> {
    /// Which of the three scopes it is.
    pub fn kind(&self) -> ScopeKind {
        match self {
            Self::WholeRecording => ScopeKind::WholeRecording,
            Self::TrainingFrames(_) => ScopeKind::TrainingFrames,
            Self::Causal => ScopeKind::Causal,
        }
    }
}

impl ScopeKind {
    /// The name under which results record it, for example `whole-recording`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::WholeRecording => "whole-recording",
            Self::TrainingFrames => "training-frames",
            Self::Causal => "causal",
        }
    }
}

impl fmt::Display for ScopeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
