//! Forecasting neurons: from the frames of an animal so far, the next frames of every trace and
//! derivative.
//!
//! [`ForecastModel`] names all forecasters. Trained networks are behind [`ForecastingNetwork`], and
//! lower a [`Loss`]; what they have to beat, and what neither text nor scripts have, is behind
//! [`BaselineForecast`]: [`struct@Copy`], [`Mean`], [`DampedCopy`],
//! [`Autoregression`] per neuron and [`VectorAutoregression`] over all, which roll out on their own
//! predictions, and the direct forecasters of [`linear`](mod@linear), which know the whole past of an
//! animal, the last of them corrected by small networks. All are fitted on [`ForecastFrames`], in one go,
//! deterministically. A fitted one
//! follows an animal frame by frame ([`Following`]): what it says can rest on nothing later.

mod autoregression;
mod copy;
mod damped_copy;
mod following;
mod free;
pub mod linear;
mod linear_edges;
mod loss;
mod markov;
mod mean;
pub(crate) mod network;
mod nri;
mod population;
mod registry;
mod ridge;
mod vector_autoregression;

pub use autoregression::Autoregression;
pub use copy::Copy;
pub use damped_copy::DampedCopy;
pub use following::{Following, follow};
pub use free::Free;
pub use linear::{DirectForecast, HEADS, LinearLeftOut};
pub use linear_edges::linear_edges;
pub use loss::{Loss, UnknownLoss};
pub use mean::Mean;
pub use network::{
    ForecastingNetwork, Increment, ResidualOf, UnknownIncrement, UnknownResidualOf, drifted,
};
pub use nri::{Dnri, Nri, Prior};
pub use registry::{ForecastKind, ForecastModel, UnknownForecastModel, baselines};
pub use ridge::{MOST_LAGS, PENALTIES};
pub use vector_autoregression::VectorAutoregression;

use crate::arrays::{DecoderArray, ForecasterSizes, RestoreError};
use crate::written::Written;
use rand::Rng;

/// One animal as a baseline learns from it.
#[derive(Debug, Clone, Copy)]
pub struct ForecastAnimal<'a> {
    /// All its frames, row-major `[frame, neuron, feature]`.
    pub features: &'a [f32],
    /// Frames that may be learnt to be forecast. What is one step before them is looked at too.
    pub train: &'a [usize],
    /// Frames that may choose between settings, and be learnt from once that is done.
    pub validation: &'a [usize],
    /// Frames from which forecasts start that choose between lags and penalties; the
    /// [`ForecastFrames::n_steps`] frames after each exist.
    pub validation_starts: &'a [usize],
}

/// What a baseline is fitted on.
#[derive(Debug, Clone, Copy)]
pub struct ForecastFrames<'a> {
    /// The animals; at least one with a training frame.
    pub animals: &'a [ForecastAnimal<'a>],
    /// Neurons.
    pub n_neurons: usize,
    /// Features of each; the trace and its derivative.
    pub n_features: usize,
    /// Steps ahead over which forecasts choose between lags and penalties.
    pub n_steps: usize,
}

impl ForecastFrames<'_> {
    /// Numbers in a frame.
    pub fn n_columns(&self) -> usize {
        self.n_neurons * self.n_features
    }

    /// Mean of each column over the training frames, `[neuron, feature]`.
    fn means(&self) -> Vec<f64> {
        let n = self.n_columns();
        let (mut means, mut count) = (vec![0.; n], 0usize);
        for animal in self.animals {
            for &frame in animal.train {
                let row = &animal.features[frame * n..(frame + 1) * n];
                means.iter_mut().zip(row).for_each(|(sum, &value)| *sum += f64::from(value));
                count += 1;
            }
        }
        means.iter_mut().for_each(|sum| *sum /= count as f64);
        means
    }
}

/// Why a baseline could not be fitted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ForecastError {
    /// Nothing to learn from.
    #[error("found no training frame with {n_lags} frames before it, expected at least one")]
    NoFrames {
        /// Frames before a forecast one that the baseline looks at, at most.
        n_lags: usize,
    },
    /// Nothing to choose lags and penalty on.
    #[error(
        "found no start of a validation forecast with {n_lags} frames up to it, expected at least one"
    )]
    NoValidation {
        /// Frames up to the start that the baseline looks at, at most.
        n_lags: usize,
    },
    /// No lag and penalty gives finite forecasts.
    #[error("found no finite forecast of the validation frames, expected finite features")]
    NotFinite,
    /// No frame that all steps of a direct forecast can be learnt from.
    #[error(
        "found no stretch of {expected} training frames in a row, expected one, to learn {HEADS} steps ahead from"
    )]
    NoStretch {
        /// Frames that a stretch must have.
        expected: usize,
    },
}

/// A way to make a forecaster out of training frames, in one go.
pub trait BaselineForecast: Sync {
    /// Name in tables and files.
    fn name(&self) -> &'static str;

    /// Fits; deterministic, on one thread. What is drawn comes from `rng`.
    ///
    /// # Errors
    /// [`ForecastError`] when there is nothing to learn from or to choose on.
    fn fit(
        &self,
        frames: &ForecastFrames<'_>,
        rng: &mut dyn Rng,
    ) -> Result<Box<dyn Forecaster>, ForecastError>;

    /// Makes a fitted baseline of the arrays of [`Forecaster::arrays`], in any order.
    ///
    /// # Errors
    /// [`RestoreError`] for arrays that are not this baseline's, for neurons and features of these
    /// sizes.
    fn restore(
        &self,
        arrays: &[DecoderArray],
        sizes: ForecasterSizes,
    ) -> Result<Box<dyn Forecaster>, RestoreError>;
}

/// A fitted baseline.
pub trait Forecaster: Send {
    /// What the fit has chosen, for people: `3 lags, penalty 0.1`; empty where nothing is chosen.
    fn chosen(&self) -> String {
        String::new()
    }

    /// Begins to follow an animal, of which it has seen nothing yet.
    fn begin(&self) -> Box<dyn Following + '_>;

    /// Frames that must have been pushed before it can say anything, the one that a forecast starts
    /// from included.
    fn n_history(&self) -> usize {
        1
    }

    /// What [`follow`] says, where there is a quicker way to many forecasts: to the bit what [`Forecaster::begin`]
    /// says one by one, and with its panics.
    fn at_once(&self, _features: &[f32], _starts: &[usize], _n_steps: usize) -> Option<Vec<f64>> {
        None
    }

    /// The steps of a forecast written out, with the arrays as parameters: to the next frame, or to all steps
    /// ahead at once. No step where the present frame is the forecast.
    fn written(&self) -> Written;

    /// The weights by which neurons hear each other, `[receiver, sender]`, of one that has a graph: of an animal with
    /// these frames, `[frame, neuron, feature]`, where it has one of each animal.
    fn edges(&self, _features: &[f32]) -> Option<Vec<f64>> {
        None
    }

    /// What it knows, for whoever writes a model file.
    fn arrays(&self) -> Vec<DecoderArray>;
}

#[cfg(test)]
mod tests;
