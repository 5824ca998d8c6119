//! Decoders that are not trained by gradient steps in a cohort: the baselines that every table
//! carries, and the SVM. All behind one trait: fit on labelled frames, predict frames.
//!
//! Most of them take each frame by itself. Those that need time are told by `runs` which frames
//! follow each other: the lengths of stretches of consecutive frames, in order. A frame may be
//! given without a label, because nobody knows its state or because it is held out: it is then
//! part of its stretch, and nothing else is learnt from it.

use crate::arrays::{DecoderArray, DecoderSizes, RestoreError};
use crate::written::Written;
use std::ops::Range;

/// Frames as such a decoder sees them: one row of numbers each.
#[derive(Debug, Clone, Copy)]
pub struct LabelledFrames<'a> {
    /// Row-major `[frame, input]`: the features of all neurons, [0, 1] where normalised so.
    pub features: &'a [f32],
    /// Inputs of a frame: neurons × features.
    pub n_inputs: usize,
    /// Class of each frame, `None` where unknown.
    pub labels: &'a [Option<u8>],
    /// Lengths of stretches of consecutive frames, in order; their sum is the number of frames.
    /// One per animal where the whole recording is given.
    pub runs: &'a [usize],
    /// Classes of the state coding.
    pub n_classes: usize,
}

/// What a decoder says of each frame.
#[derive(Debug, Clone, PartialEq)]
pub struct Prediction {
    /// The most probable class of each frame.
    pub classes: Vec<u8>,
    /// Natural logarithms of the class probabilities, row-major `[frame, class]`, for decoders
    /// that have them.
    pub log_probabilities: Option<Vec<f32>>,
}

/// Why a decoder could not be fitted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FitError {
    /// No frame has a known state.
    #[error("found no labelled frame among {n_frames}, expected at least one")]
    NoLabels {
        /// Frames given.
        n_frames: usize,
    },
    /// The stretches are not those of the frames.
    #[error("found runs of {sum} frames in all for {n_frames} frames, expected as many")]
    Runs {
        /// Sum of the stretches' lengths.
        sum: usize,
        /// Frames given.
        n_frames: usize,
    },
    /// The library behind the decoder has failed.
    #[error("{decoder}: {reason}")]
    Library {
        /// The decoder.
        decoder: &'static str,
        /// What the library says.
        reason: String,
    },
}

/// The stretches of consecutive frames that `runs` are the lengths of.
pub(crate) fn stretches(runs: &[usize], n_frames: usize) -> Result<Vec<Range<usize>>, FitError> {
    let mut end = 0usize;
    let stretch = |&length: &usize| {
        let start = end;
        end = end.saturating_add(length);
        start..end
    };
    let stretches = runs.iter().map(stretch).collect();
    if end == n_frames { Ok(stretches) } else { Err(FitError::Runs { sum: end, n_frames }) }
}

/// Makes a decoder from the arrays of [`DirectDecoder::arrays`], in any order.
pub type Restore =
    fn(&[DecoderArray], DecoderSizes) -> Result<Box<dyn DirectDecoder>, RestoreError>;

/// A way to make a decoder from labelled frames.
pub trait DirectModel: Sync {
    /// Fits on the labelled frames among those given; deterministic.
    ///
    /// # Errors
    /// [`FitError`] without a labelled frame or when a library fails.
    fn fit(&self, frames: &LabelledFrames) -> Result<Box<dyn DirectDecoder>, FitError>;

    /// The way back from a fitted decoder's [`DirectDecoder::arrays`]; `None` where what a decoder
    /// knows is not given out as arrays.
    fn restore(&self) -> Option<Restore> {
        None
    }

    /// Whether a fitted decoder says how probable each class is, and not the class alone.
    fn gives_probabilities(&self) -> bool {
        true
    }
}

/// A fitted decoder.
pub trait DirectDecoder: Send {
    /// Predicts every frame of `features`, row-major `[frame, input]`, which come in stretches of
    /// `runs` consecutive frames (see [`LabelledFrames::runs`]). A decoder that takes each frame by
    /// itself does not look at `runs`.
    fn predict(&self, features: &[f32], runs: &[usize]) -> Prediction;

    /// The steps to the log-probabilities of a frame written out, for models with
    /// [`DirectModel::restore`].
    fn written(&self) -> Written {
        Written::default()
    }

    /// All that the decoder knows, for models with [`DirectModel::restore`].
    fn arrays(&self) -> Vec<DecoderArray> {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::{DecoderModel, ModelName};

    #[test]
    fn a_decoder_gives_probabilities_where_it_says_so() {
        // A cycle through two states, which diffusion maps can follow.
        let n_frames = 400;
        let angle = |frame: usize| frame as f32 * 0.21;
        let features: Vec<f32> = (0..n_frames)
            .flat_map(|frame| [angle(frame).sin(), angle(frame).cos(), (2. * angle(frame)).sin()])
            .collect();
        let labels: Vec<Option<u8>> =
            (0..n_frames).map(|frame| Some(u8::from(angle(frame).sin() > 0.))).collect();
        let runs = &[n_frames];
        let frames = LabelledFrames {
            features: &features,
            n_inputs: 3,
            labels: &labels,
            runs,
            n_classes: 2,
        };
        let mut n_without = 0;
        for name in ModelName::ALL {
            let DecoderModel::Direct(model) = name.model() else { continue };
            let said = model.fit(&frames).unwrap().predict(&features, runs);
            assert_eq!(said.log_probabilities.is_some(), name.gives_probabilities(), "{name}");
            n_without += usize::from(!name.gives_probabilities());
        }
        assert!(n_without > 0, "support vector machines have none");
    }
}
