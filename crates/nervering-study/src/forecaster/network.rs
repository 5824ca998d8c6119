//! A network whose kind is forgotten: [`HeldForecaster`] forecasts, and gives out the numbers that
//! make it up. [`LoadForecaster`] is the way back from those numbers.

use super::ForecastingModel;
use crate::model::ModelError;
use crate::model_file::ModelFileError;
use burn::tensor::Device;
use nervering_models::trajectory::TrajectoryVisitor;
use nervering_models::{ForecastModel, ForecastingNetwork};
use nervering_nn::ops::Engine;
use nervering_nn::snapshot::{SavedParameter, Snapshot};
use nervering_train::{
    ForecastStatistics, NamedArray, RollOutStatistics, SequenceLength, Sequences, forecast,
};

/// Forecasts made in one go. Under the statistics of the training animals how many has no influence
/// on them, only on the memory that they take.
const AT_ONCE: usize = 64;
/// Numbers that the hidden units of all pairs of neurons may be in one frame: 256 units of 302
/// neurons fit, and no file can ask for more than 256 MiB.
const MOST_PAIR_UNITS: usize = 1 << 26;

/// A trained network of one replica, with the statistics of its training animals.
pub(crate) trait HeldForecaster {
    /// Frames that a forecast rests on, the one that it starts from included.
    fn burn_in(&self) -> usize;

    /// `[start, step, neuron, feature]`, of an animal whose `features` are
    /// `[frame, neuron, feature]`.
    fn forecast(&self, features: &[f32], starts: &[usize], n_steps: usize) -> Vec<f32>;

    /// Its parameters, with the axis of the replica first.
    fn parameters(&self) -> Vec<SavedParameter>;

    /// The statistics of the training animals.
    fn statistics(&self) -> Vec<NamedArray>;
}

/// A network of a kind.
pub(super) struct Held<N> {
    pub(super) network: N,
    pub(super) statistics: RollOutStatistics,
    /// Neurons and features.
    pub(super) sizes: [usize; 2],
}

impl<N: ForecastingNetwork> HeldForecaster for Held<N> {
    fn burn_in(&self) -> usize {
        self.network.burn_in()
    }

    fn forecast(&self, features: &[f32], starts: &[usize], n_steps: usize) -> Vec<f32> {
        let statistics = ForecastStatistics::Training(self.statistics.clone());
        // No frame after a start is looked at, and there may be none.
        let length = SequenceLength { burn_in: self.burn_in(), n_steps: 0 };
        let some = |starts: &[usize]| {
            let sequences = Sequences::new(features, self.sizes, starts, length, &Device::flex());
            forecast(&self.network, &sequences, n_steps, Engine::fastest(), &statistics)
        };
        starts.chunks(AT_ONCE).flat_map(some).collect()
    }

    fn parameters(&self) -> Vec<SavedParameter> {
        Snapshot::of(&self.network).parameters().to_vec()
    }

    fn statistics(&self) -> Vec<NamedArray> {
        self.statistics.arrays()
    }
}

/// Refuses a network that would need too much memory.
pub(crate) fn check_size(
    model: ForecastModel,
    n_neurons: usize,
    width: usize,
) -> Result<(), ModelError> {
    let units = n_neurons.saturating_mul(n_neurons).saturating_mul(width);
    if width == 0 || units > MOST_PAIR_UNITS {
        return Err(ModelError::TooWide { model, n_neurons, width });
    }
    Ok(())
}

/// Puts saved numbers into a freshly initialised network, whatever its kind.
pub(crate) struct LoadForecaster {
    pub(crate) parameters: Vec<SavedParameter>,
    pub(crate) statistics: Vec<NamedArray>,
    /// Neurons and features.
    pub(crate) sizes: [usize; 2],
}

impl TrajectoryVisitor for LoadForecaster {
    type Output = Result<Box<dyn HeldForecaster>, ModelFileError>;

    fn visit<N: ForecastingNetwork>(self, network: N) -> Self::Output {
        let parameters = Snapshot::for_module(self.parameters, &network)?;
        let network = parameters.restore(network);
        let n_steps = ForecastingModel::MOST_STEPS;
        let sizes = self.sizes;
        let statistics =
            RollOutStatistics::from_arrays(&self.statistics, &network, sizes, n_steps)?;
        Ok(Box::new(Held { network, statistics, sizes }))
    }
}
