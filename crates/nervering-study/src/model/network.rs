//! A network whose kind is forgotten: [`HeldNetwork`] predicts, and gives out the numbers that make
//! it up. [`Load`] is the way back from those numbers.

use crate::decode::evaluation_by;
use crate::model_file::ModelFileError;
use burn::tensor::Device;
use nervering_models::{DecodingNetwork, Dimensions, NetworkVisitor};
use nervering_nn::ops::Engine;
use nervering_nn::snapshot::{SavedParameter, Snapshot};
use nervering_statistics::BatchStatistics;
use nervering_train::{
    Batch, BatchRows, EvaluationStatistics, NamedArray, TrainingStatistics, edges, predict,
};

/// A trained network of one replica, with the statistics of its training animals.
pub(crate) trait HeldNetwork {
    /// Natural logarithms of the class probabilities, `[frame, class]`, of some frames of an
    /// animal, whose `features` are `[frame, neuron, feature]`.
    fn predict(&self, features: &[f32], frames: &[usize], statistics: BatchStatistics) -> Vec<f32>;

    /// The weights by which neurons hear each other, `[receiver, sender]`, mean over the frames.
    fn edges(
        &self,
        features: &[f32],
        frames: &[usize],
        statistics: BatchStatistics,
    ) -> Option<Vec<f32>>;

    /// Its parameters, with the axis of the replica first.
    fn parameters(&self) -> Vec<SavedParameter>;

    /// The statistics of the training animals.
    fn statistics(&self) -> Vec<NamedArray>;
}

/// A network of a kind.
pub(crate) struct Held<N> {
    network: N,
    training: TrainingStatistics,
    sizes: Dimensions,
}

impl<N: DecodingNetwork> Held<N> {
    /// Takes a network on the plain device.
    pub(crate) fn new(network: N, training: TrainingStatistics, sizes: Dimensions) -> Self {
        Self { network, training, sizes }
    }

    fn batch(&self, features: &[f32], frames: &[usize]) -> Batch {
        let Dimensions { n_neurons, n_features, .. } = self.sizes;
        let labels = vec![None; features.len() / (n_neurons * n_features)];
        let rows = [BatchRows { features, labels: &labels, frames }];
        Batch::new(&rows, n_neurons, n_features, &Device::flex())
    }

    fn evaluation(&self, statistics: BatchStatistics) -> EvaluationStatistics {
        evaluation_by(statistics, || self.training.clone())
    }
}

impl<N: DecodingNetwork> HeldNetwork for Held<N> {
    fn predict(&self, features: &[f32], frames: &[usize], statistics: BatchStatistics) -> Vec<f32> {
        let (batch, from) = (self.batch(features, frames), self.evaluation(statistics));
        predict(&self.network, &batch, Engine::fastest(), &from).swap_remove(0)
    }

    fn edges(
        &self,
        features: &[f32],
        frames: &[usize],
        statistics: BatchStatistics,
    ) -> Option<Vec<f32>> {
        let (batch, from) = (self.batch(features, frames), self.evaluation(statistics));
        Some(edges(&self.network, &batch, Engine::fastest(), &from)?.swap_remove(0))
    }

    fn parameters(&self) -> Vec<SavedParameter> {
        Snapshot::of(&self.network).parameters().to_vec()
    }

    fn statistics(&self) -> Vec<NamedArray> {
        self.training.arrays(0, 1)
    }
}

/// Puts saved numbers into a freshly initialised network, whatever its kind.
pub(crate) struct Load {
    pub(crate) parameters: Vec<SavedParameter>,
    pub(crate) statistics: Vec<NamedArray>,
    pub(crate) sizes: Dimensions,
}

impl NetworkVisitor for Load {
    type Output = Result<Box<dyn HeldNetwork>, ModelFileError>;

    fn visit<N: DecodingNetwork>(self, network: N) -> Self::Output {
        let parameters = Snapshot::for_module(self.parameters, &network)?;
        let network = parameters.restore(network);
        let training = TrainingStatistics::from_arrays(&self.statistics, &network, self.sizes)?;
        Ok(Box::new(Held::new(network, training, self.sizes)))
    }
}
