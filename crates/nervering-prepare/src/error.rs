//! Why recordings cannot be prepared: [`PrepareError`], which names animal, neuron and frame.

use nervering_recording::NeuronName;
use std::fmt;

/// One of the two numbers that describe a neuron at a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Feature {
    /// ΔF/F.
    Trace,
    /// Its time derivative, ΔF/F per second.
    Derivative,
}

impl fmt::Display for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Trace => "trace",
            Self::Derivative => "derivative",
        })
    }
}

/// Why a recording, a fold or a window cannot be prepared. Frames are counted from 0.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PrepareError {
    /// The list of neurons is empty.
    #[error("animal {animal:?}: found an empty list of neurons, expected at least one")]
    NoNeurons {
        /// The animal.
        animal: String,
    },
    /// A neuron that the animal does not have.
    #[error(
        "animal {animal:?}: no neuron is identified as {neuron}; choose neurons that all animals share"
    )]
    MissingNeuron {
        /// The animal.
        animal: String,
        /// The neuron asked for.
        neuron: NeuronName,
    },
    /// A missing value in a neuron that is used.
    #[error(
        "animal {animal:?}, neuron {neuron}, frame {frame}: the {feature} is missing (NaN), expected a number; leave the neuron out or cut the recording"
    )]
    MissingValue {
        /// The animal.
        animal: String,
        /// The neuron.
        neuron: NeuronName,
        /// Trace or derivative.
        feature: Feature,
        /// The first frame without a value.
        frame: usize,
    },
    /// A neuron that does not change over the frames of the scope, so that it has no range.
    #[error(
        "animal {animal:?}, neuron {neuron}: the {feature} is {value} at every frame of the scope ({scope}), expected it to vary; leave the neuron out"
    )]
    Flat {
        /// The animal.
        animal: String,
        /// The neuron.
        neuron: NeuronName,
        /// Trace or derivative.
        feature: Feature,
        /// The scope of the range, in words.
        scope: &'static str,
        /// The one value found.
        value: f64,
    },
    /// A normalised value that single precision cannot hold.
    #[error(
        "animal {animal:?}, neuron {neuron}, frame {frame}: the {feature} is {value}, which is {normalized} of its range, expected a number within single precision; check the units"
    )]
    OutOfReach {
        /// The animal.
        animal: String,
        /// The neuron.
        neuron: NeuronName,
        /// Trace or derivative.
        feature: Feature,
        /// The frame.
        frame: usize,
        /// The value before normalisation.
        value: f64,
        /// The value after it.
        normalized: f64,
    },
    /// A scope without a frame.
    #[error(
        "animal {animal:?}: the scope of the normalisation holds no training frame, expected at least two"
    )]
    EmptyScope {
        /// The animal.
        animal: String,
    },
    /// A training frame that the recording does not have.
    #[error(
        "animal {animal:?}: training frame {frame} lies beyond the {n_frames} frames of the recording"
    )]
    ScopeFrame {
        /// The animal.
        animal: String,
        /// The frame asked for.
        frame: usize,
        /// Frames of the recording.
        n_frames: usize,
    },
    /// Windows of no frame.
    #[error("found a window length of 0 frames, expected at least 1 (the paper uses 8)")]
    ZeroWindow,
    /// Windows that are empty, overlap or are out of order.
    #[error(
        "window {window} covers frames {start}..{end} after one that ends at {previous_end}, expected windows that are not empty, in ascending order and without overlap"
    )]
    Windows {
        /// Which window, from 0.
        window: usize,
        /// Its first frame.
        start: usize,
        /// The frame after its last.
        end: usize,
        /// The frame after the last of the window before, 0 for the first.
        previous_end: usize,
    },
    /// Too few folds to train, validate and test.
    #[error("found {n_folds} folds, expected at least 3: to train, to validate and to test")]
    TooFewFolds {
        /// Folds asked for.
        n_folds: usize,
    },
    /// Fewer windows than folds.
    #[error(
        "found {n_windows} windows for {n_folds} folds, expected at least one window per fold; use fewer folds, shorter windows or a longer recording"
    )]
    TooFewWindows {
        /// Windows given.
        n_windows: usize,
        /// Folds asked for.
        n_folds: usize,
    },
    /// Gaps that leave nothing to train or to validate on.
    #[error(
        "found {n_frames} frames for {n_folds} blocks of test frames with gaps of {gap} frames (one median bout), expected some to be left to train and to validate; use fewer folds or a longer recording"
    )]
    TooFewFrames {
        /// Frames of the recording.
        n_frames: usize,
        /// Folds asked for.
        n_folds: usize,
        /// Frames of one gap.
        gap: usize,
    },
}
