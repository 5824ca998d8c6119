//! A fitted one: [`FittedGraph`].

use super::{Scales, arrays, restored};
use crate::arrays::{DecoderArray, ForecasterSizes, RestoreError};
use crate::forecast::{ForecastError, ForecastFrames};
use burn::module::Module;
use nervering_nn::snapshot::Snapshot;

/// A network, and what brings frames to its scale.
pub(in crate::forecast) struct FittedGraph<N> {
    pub(in crate::forecast) network: N,
    pub(in crate::forecast) scales: Scales,
    pub(in crate::forecast) sizes: ForecasterSizes,
}

impl<N: Module> FittedGraph<N> {
    pub(in crate::forecast) fn new(
        frames: &ForecastFrames<'_>,
        (network, scales): (N, Scales),
    ) -> Self {
        let ForecastFrames { n_neurons, n_features, .. } = *frames;
        Self { network, scales, sizes: ForecasterSizes { n_neurons, n_features } }
    }

    /// `like` with numbers from a model file.
    ///
    /// # Errors
    /// [`RestoreError`] for arrays that are not those of [`Self::arrays`].
    pub(in crate::forecast) fn restored(
        like: N,
        given: &[DecoderArray],
        sizes: ForecasterSizes,
    ) -> Result<Self, RestoreError> {
        let (network, scales) = restored(like, given, sizes.n_features)?;
        Ok(Self { network, scales, sizes })
    }

    /// For a model file.
    pub(in crate::forecast) fn arrays(&self) -> Vec<DecoderArray> {
        arrays(&self.network, &self.scales)
    }
}

/// A network that has been trained, unless a number of it is none.
///
/// # Errors
/// [`ForecastError::NotFinite`].
pub(in crate::forecast) fn finite<N: Module>(network: N) -> Result<N, ForecastError> {
    let parameters = Snapshot::of(&network);
    let mut values = parameters.parameters().iter().flat_map(|parameter| &parameter.values);
    match values.all(|value| value.is_finite()) {
        true => Ok(network),
        false => Err(ForecastError::NotFinite),
    }
}
