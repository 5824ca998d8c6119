//! One network of a kind, its trajectories as models take them: [`Instance`].

use super::{KnownTruthConfig, KnownTruthError};
use nervering_models::forecast::{ForecastAnimal, MOST_LAGS};
use nervering_prepare::{EVALUATION_STEPS, TRAINING_STEPS, forecast_starts};
use nervering_simulate::coupled::CoupledConfig;

/// A network, and trajectories of it in [0, 1]: every feature by its range over all nodes of the
/// trajectories trained on, so that nodes stay comparable, as in Kipf et al.
pub(super) struct Instance {
    /// The kind.
    pub(super) system: &'static str,
    /// Its number, from 0.
    pub(super) at: usize,
    pub(super) n_nodes: usize,
    pub(super) n_features: usize,
    /// The first of them, which change.
    pub(super) n_changing: usize,
    pub(super) n_frames: usize,
    /// `[receiver, sender]`.
    pub(super) truth: Vec<bool>,
    /// Trained on.
    pub(super) train: Trajectories,
    /// Chosen by.
    pub(super) validation: Trajectories,
    /// Evaluated.
    pub(super) test: Trajectories,
}

/// Trajectories one after the other, `[trajectory, frame, node, feature]`.
pub(super) struct Trajectories {
    values: Vec<f32>,
    /// Numbers of a trajectory.
    length: usize,
}

impl Trajectories {
    pub(super) fn each(&self) -> std::slice::ChunksExact<'_, f32> {
        self.values.chunks_exact(self.length)
    }

    /// All of them.
    pub(super) fn values(&self) -> &[f32] {
        &self.values
    }

    /// The numbers of some of them.
    pub(super) fn some(&self, trajectories: std::ops::Range<usize>) -> &[f32] {
        &self.values[trajectories.start * self.length..trajectories.end * self.length]
    }

    pub(super) fn len(&self) -> usize {
        self.values.len() / self.length
    }
}

impl Instance {
    /// Draws a network and its trajectories.
    pub(super) fn simulate(
        config: &KnownTruthConfig,
        system: &CoupledConfig,
        at: usize,
    ) -> Result<Self, KnownTruthError> {
        let none = || Trajectories { values: Vec::new(), length: 1 };
        let mut instance = Self {
            system: system.name(),
            at,
            n_nodes: system.n_nodes(),
            n_features: system.features().len(),
            n_changing: system.n_changing_features(),
            n_frames: config.n_frames,
            truth: Vec::new(),
            train: none(),
            validation: none(),
            test: none(),
        };
        let network = system.network(&mut instance.generator(config, &["graph"]))?;
        instance.truth = network.graph().adjacency().to_vec();
        let draw = |part: &str, n: usize| -> Vec<f64> {
            let rng = &mut instance.generator(config, &["trajectories", part]);
            (0..n).flat_map(|_| network.trajectory(config.n_frames, rng)).collect()
        };
        let parts = [
            draw("train", config.n_batches * config.batch),
            draw("validation", config.n_evaluated),
            draw("test", config.n_evaluated),
        ];
        let ranges = ranges(parts[0].iter().copied(), instance.n_features);
        let length = config.n_frames * instance.n_nodes * instance.n_features;
        let scaled = |values: Vec<f64>| {
            let scale = |(k, value): (usize, &f64)| {
                let (low, high) = ranges[k % ranges.len()];
                ((value - low) / (high - low)) as f32
            };
            Trajectories { values: values.iter().enumerate().map(scale).collect(), length }
        };
        let [train, validation, test] = parts.map(scaled);
        Ok(Self { train, validation, test, ..instance })
    }

    /// Every 8th frame with a network's burn-in up to it and the steps of training after it, of a
    /// trajectory.
    pub(super) fn training_starts(&self, burn_in: usize) -> Vec<usize> {
        forecast_starts(0..self.n_frames, TRAINING_STEPS, burn_in, TRAINING_STEPS)
    }

    /// The same with as many frames up to it as any model looks at.
    pub(super) fn validation_starts(&self) -> Vec<usize> {
        forecast_starts(0..self.n_frames, TRAINING_STEPS, MOST_LAGS, TRAINING_STEPS)
    }

    /// Every 16th, with the steps of the evaluation after it.
    pub(super) fn test_starts(&self) -> Vec<usize> {
        forecast_starts(0..self.n_frames, EVALUATION_STEPS, MOST_LAGS, EVALUATION_STEPS)
    }

    /// These starts in each of so many trajectories that stand one after the other.
    pub(super) fn in_each(&self, starts: &[usize], n_trajectories: usize) -> Vec<usize> {
        let of_one = |k: usize| starts.iter().map(move |start| k * self.n_frames + start);
        (0..n_trajectories).flat_map(of_one).collect()
    }

    /// Trajectories as baselines take animals: those trained on, and those that choose.
    pub(super) fn animals<'a>(
        &'a self,
        all_frames: &'a [usize],
        validation_starts: &'a [usize],
    ) -> Vec<ForecastAnimal<'a>> {
        let trained = self.train.each().map(|features| ForecastAnimal {
            features,
            train: all_frames,
            validation: &[],
            validation_starts: &[],
        });
        let choosing = self.validation.each().map(|features| ForecastAnimal {
            features,
            train: &[],
            validation: all_frames,
            validation_starts,
        });
        trained.chain(choosing).collect()
    }
}

/// Smallest and largest value of each feature over everything.
pub(super) fn ranges(values: impl Iterator<Item = f64>, n_features: usize) -> Vec<(f64, f64)> {
    let mut ranges = vec![(f64::INFINITY, f64::NEG_INFINITY); n_features];
    for (k, value) in values.enumerate() {
        let (low, high) = &mut ranges[k % n_features];
        (*low, *high) = (low.min(value), high.max(value));
    }
    ranges
}
