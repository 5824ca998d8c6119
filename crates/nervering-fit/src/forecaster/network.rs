//! A network whose kind is forgotten: [`HeldForecaster`] forecasts, and gives out the numbers that
//! make it up. [`LoadForecaster`] is the way back from those numbers.

use super::ForecastingModel;
use crate::error::ModelError;
use crate::model_file::ModelFileError;
use nervering_models::trajectory::TrajectoryVisitor;
use nervering_models::written::Written;
use nervering_models::{ForecastModel, ForecastingNetwork};
use nervering_nn::machine::Machine;
use nervering_nn::ops::Frames;
use nervering_nn::pass::Pass;
use nervering_nn::snapshot::{SavedParameter, Snapshot};
use nervering_train::{
    ForecastStatistics, NamedArray, RollOutStatistics, SequenceLength, Sequences, forecast,
};
use std::cell::OnceCell;

/// Forecasts made in one go. Under the statistics of the training animals how many has no influence
/// on them, only on the memory that they take.
const AT_ONCE: usize = 64;
/// Numbers that the hidden units of all pairs of neurons may be in one frame: 256 units of 302
/// neurons fit, and no file can ask for more than 256 MiB.
const MOST_PAIR_UNITS: usize = 1 << 26;

/// Where a network's batch norms and static edges take their statistics from in forecasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RollOutFrom {
    /// All forecasts of the evaluated animal together, as in the scripts: a forecast then rests on frames
    /// after its start too.
    Evaluated,
    /// The training animals.
    Training,
}

/// Where forecasts start.
pub(crate) struct Starts<'a> {
    /// Frames of the animal.
    pub(super) frames: &'a [usize],
    /// Steps ahead.
    pub(super) n_steps: usize,
    /// Increments of the forecast that is corrected, `[start, step, neuron, feature]`; nothing where that
    /// is persistence.
    pub(super) drift: Option<&'a [f32]>,
}

/// A trained network of one replica, with the statistics of its training animals.
pub(crate) trait HeldForecaster: Send {
    /// Frames that a forecast rests on, the one that it starts from included.
    fn burn_in(&self) -> usize;

    /// Neurons and features.
    fn sizes(&self) -> [usize; 2];

    /// `[start, step, neuron, feature]`, of an animal whose `features` are
    /// `[frame, neuron, feature]`.
    fn forecast(&self, features: &[f32], starts: &Starts<'_>, from: RollOutFrom) -> Vec<f32>;

    /// The weights by which nodes hear each other, `[receiver, sender]`, mean over the starts, with what
    /// is taken over frames taken from these; `None` for a network without.
    fn edges(&self, features: &[f32], starts: &[usize]) -> Option<Vec<f64>>;

    /// A step of its roll-outs written out.
    fn written(&self) -> Written;

    /// Its parameters, with the axis of the replica first.
    fn parameters(&self) -> Vec<SavedParameter>;

    /// The statistics of the training animals.
    fn statistics(&self) -> Vec<NamedArray>;

    /// Lets go of the training frames.
    fn settle(&mut self);
}

/// A network of a kind.
pub(super) struct Held<N> {
    network: N,
    /// Measured when they are first asked for.
    statistics: OnceCell<RollOutStatistics>,
    /// What they are measured on.
    frames: Vec<Sequences>,
    /// Neurons and features.
    sizes: [usize; 2],
    machine: Machine,
}

impl<N: ForecastingNetwork> Held<N> {
    /// Takes a network on the plain device, with the frames that it was trained on.
    pub(super) fn trained(
        network: N,
        frames: Vec<Sequences>,
        sizes: [usize; 2],
        machine: &Machine,
    ) -> Self {
        let machine = machine.clone();
        Self { network, statistics: OnceCell::new(), frames, sizes, machine }
    }

    fn training(&self) -> &RollOutStatistics {
        let measure = || {
            let n_steps = ForecastingModel::MOST_STEPS;
            RollOutStatistics::measure(&self.network, &self.frames, n_steps, self.machine.engine())
        };
        self.statistics.get_or_init(measure)
    }
}

impl<N: ForecastingNetwork> HeldForecaster for Held<N> {
    fn burn_in(&self) -> usize {
        self.network.burn_in()
    }

    fn sizes(&self) -> [usize; 2] {
        self.sizes
    }

    fn forecast(&self, features: &[f32], starts: &Starts<'_>, from: RollOutFrom) -> Vec<f32> {
        let Starts { frames, n_steps, drift } = *starts;
        let (statistics, at_once) = match from {
            RollOutFrom::Evaluated => (ForecastStatistics::Evaluated, frames.len().max(1)),
            RollOutFrom::Training => {
                (ForecastStatistics::Training(self.training().clone()), AT_ONCE)
            }
        };
        // No frame after a start is looked at, and there may be none.
        let length = SequenceLength { burn_in: self.burn_in(), n_steps: 0 };
        let per_start = n_steps * self.sizes.iter().product::<usize>();
        let some = |(chunk, starts): (usize, &[usize])| {
            let sequences =
                Sequences::new(features, self.sizes, starts, length, self.machine.plain());
            let sequences = match drift {
                None => sequences,
                Some(drift) => {
                    let drift = &drift[chunk * at_once * per_start..][..starts.len() * per_start];
                    sequences.along(drift.to_vec())
                }
            };
            forecast(&self.network, &sequences, n_steps, self.machine.engine(), &statistics)
        };
        frames.chunks(at_once).enumerate().flat_map(some).collect()
    }

    fn edges(&self, features: &[f32], starts: &[usize]) -> Option<Vec<f64>> {
        let length = SequenceLength { burn_in: self.burn_in(), n_steps: 0 };
        let sequences = Sequences::new(features, self.sizes, starts, length, self.machine.plain());
        let pass = Pass::with_batch_statistics(self.machine.engine(), Frames::new([starts.len()]));
        let (x, mut memory) = self.network.start(&pass, sequences.history);
        let edges = self.network.edges(&pass, x, &mut memory)?;
        Some(edges.into_data().convert::<f64>().try_to_vec().expect("converted to float64"))
    }

    fn written(&self) -> Written {
        self.network.written()
    }

    fn parameters(&self) -> Vec<SavedParameter> {
        Snapshot::of(&self.network).parameters().to_vec()
    }

    fn statistics(&self) -> Vec<NamedArray> {
        self.training().arrays()
    }

    fn settle(&mut self) {
        self.training();
        self.frames = Vec::new();
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
    pub(crate) machine: Machine,
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
        let (statistics, frames) = (OnceCell::from(statistics), Vec::new());
        Ok(Box::new(Held { network, statistics, frames, sizes, machine: self.machine }))
    }
}
