//! What a fitted network takes over frames, measured on its training animals: mean and variance of
//! its batch norms, and the means that its static edges rest on. With this table a prediction rests
//! on the training animals and on the predicted frame, and on no other frame of the evaluated animal.
//!
//! [`NamedArray`]s are the table as plain numbers, for whoever writes a model file.

use crate::batch::{Batch, BatchRows};
use burn::tensor::Device;
use nervering_models::{DecodingNetwork, Dimensions};
use nervering_nn::ops::{Engine, NormStatistics};
use nervering_nn::pass::{OverFrames, Pass};
use std::sync::Arc;

/// The statistics of the training animals, in the order in which a network takes them.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainingStatistics {
    entries: Arc<[OverFrames]>,
}

/// Numbers under a name, one replica's.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedArray {
    /// For example `statistics.0.mean`.
    pub name: String,
    /// Row-major.
    pub values: Vec<f32>,
}

/// Named arrays that are not the statistics of a network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StatisticsError {
    /// A name that is not the next of the network's.
    #[error("found array {found:?}, expected {expected:?}")]
    Name {
        /// The name as it was given.
        found: String,
        /// The name of what the network takes there.
        expected: String,
    },
    /// An array of another length.
    #[error("found {found} values in array {name:?}, expected {expected}")]
    Length {
        /// The array.
        name: String,
        /// Its values.
        found: usize,
        /// The values that the network takes there.
        expected: usize,
    },
    /// Fewer or more arrays than the network takes.
    #[error("found {found} arrays of statistics, expected the network's {expected}")]
    Count {
        /// Arrays given.
        found: usize,
        /// Arrays of the network.
        expected: usize,
    },
}

impl TrainingStatistics {
    /// Measures them under a fitted network. Every animal is run by itself, as in training, and
    /// weighs the same: per batch norm and unit the mean of the animals' means and the variance
    /// of their pooled frames, and the mean of the animals' means over frames.
    pub fn measure<N: DecodingNetwork>(network: &N, train: &[Batch], engine: Engine) -> Self {
        let of_animals: Vec<Vec<OverFrames>> =
            train.iter().map(|batch| recorded(network, batch, engine)).collect();
        let entry = |at: usize| {
            let animals: Vec<&OverFrames> = of_animals.iter().map(|entries| &entries[at]).collect();
            pooled(&animals)
        };
        Self { entries: (0..of_animals[0].len()).map(entry).collect() }
    }

    /// Whether there are any: a network without batch norm and static edges takes none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// For a [`Pass`].
    pub(crate) fn entries(&self) -> Arc<[OverFrames]> {
        self.entries.clone()
    }

    /// The statistics of one of `n_replicas` replicas: `statistics.<k>.mean` and
    /// `statistics.<k>.var` where the k-th entry is a batch norm's, `statistics.<k>.over_frames`
    /// where it is a mean over frames.
    pub fn arrays(&self, replica: usize, n_replicas: usize) -> Vec<NamedArray> {
        arrays_of(&self.entries, replica, n_replicas)
    }

    /// The way back, for `network` of one replica on the plain CPU device: the arrays of
    /// [`TrainingStatistics::arrays`], in the same order.
    ///
    /// # Errors
    /// [`StatisticsError`] where the arrays are not those of such a network.
    pub fn from_arrays<N: DecodingNetwork>(
        arrays: &[NamedArray],
        network: &N,
        sizes: Dimensions,
        n_replicas: usize,
    ) -> Result<Self, StatisticsError> {
        // What a network takes does not depend on the frames: one of zeros shows it.
        let Dimensions { n_neurons, n_features, .. } = sizes;
        let features = vec![0.; n_neurons * n_features];
        let rows =
            vec![BatchRows { features: &features, labels: &[None], frames: &[0] }; n_replicas];
        let example = Batch::new(&rows, n_neurons, n_features, &Device::flex());
        let wanted = recorded(network, &example, Engine::Composed);
        Ok(Self { entries: entries_of(arrays, &wanted)?.into() })
    }
}

/// Entries of one of `n_replicas` replicas under their names.
pub(crate) fn arrays_of(
    entries: &[OverFrames],
    replica: usize,
    n_replicas: usize,
) -> Vec<NamedArray> {
    let mut arrays = Vec::new();
    for (k, entry) in entries.iter().enumerate() {
        let mut add = |what: &str, values: &[f32]| {
            let len = values.len() / n_replicas;
            let values = values[replica * len..(replica + 1) * len].to_vec();
            arrays.push(NamedArray { name: format!("statistics.{k}.{what}"), values });
        };
        match entry {
            OverFrames::Norm(norm) => {
                add("mean", &norm.mean);
                add("var", &norm.var);
            }
            OverFrames::Mean(values) => add("over_frames", values),
        }
    }
    arrays
}

/// Entries like those wanted, of one replica, with the numbers of the arrays.
///
/// # Errors
/// [`StatisticsError`] for arrays with other names or lengths.
pub(crate) fn entries_of(
    arrays: &[NamedArray],
    wanted: &[OverFrames],
) -> Result<Vec<OverFrames>, StatisticsError> {
    let expected = arrays_of(wanted, 0, 1);
    if arrays.len() != expected.len() {
        let (found, expected) = (arrays.len(), expected.len());
        return Err(StatisticsError::Count { found, expected });
    }
    for (array, expected) in arrays.iter().zip(&expected) {
        if array.name != expected.name {
            let (found, expected) = (array.name.clone(), expected.name.clone());
            return Err(StatisticsError::Name { found, expected });
        }
        let (found, expected) = (array.values.len(), expected.values.len());
        if found != expected {
            return Err(StatisticsError::Length { name: array.name.clone(), found, expected });
        }
    }
    let mut values = arrays.iter().map(|array| array.values.clone());
    let mut next = || values.next().expect("as many as expected");
    let entry = |wanted: &OverFrames| match wanted {
        OverFrames::Norm(_) => {
            OverFrames::Norm(Arc::new(NormStatistics { mean: next(), var: next() }))
        }
        OverFrames::Mean(_) => OverFrames::Mean(Arc::new(next())),
    };
    Ok(wanted.iter().map(entry).collect())
}

/// What a network takes over the frames of a batch.
fn recorded<N: DecodingNetwork>(network: &N, batch: &Batch, engine: Engine) -> Vec<OverFrames> {
    let frames = batch.labels.frames.clone();
    let pass = Pass::recording_statistics(engine, frames).with_runs(batch.runs.clone());
    let x = batch.x.clone();
    let x = if x.device().is_autodiff() { x.inner() } else { x };
    let _ = network.hidden(&pass, x);
    pass.into_recorded()
}

/// One entry of all animals.
fn pooled(animals: &[&OverFrames]) -> OverFrames {
    let n_animals = animals.len() as f64;
    match animals[0] {
        OverFrames::Norm(first) => {
            let norms = || {
                animals.iter().map(|entry| match entry {
                    OverFrames::Norm(norm) => norm,
                    OverFrames::Mean(_) => unreachable!("a network takes the same of every animal"),
                })
            };
            let of_unit = |unit: usize| {
                let mean = norms().map(|s| f64::from(s.mean[unit])).sum::<f64>() / n_animals;
                let second = |s: &Arc<NormStatistics>| {
                    f64::from(s.var[unit]) + f64::from(s.mean[unit]).powi(2)
                };
                let square = norms().map(second).sum::<f64>() / n_animals;
                (mean as f32, (square - mean * mean).max(0.) as f32)
            };
            let (mean, var) = (0..first.mean.len()).map(of_unit).unzip();
            OverFrames::Norm(Arc::new(NormStatistics { mean, var }))
        }
        OverFrames::Mean(first) => {
            let at = |k: usize| {
                let of_animal = |entry: &&OverFrames| match entry {
                    OverFrames::Mean(values) => f64::from(values[k]),
                    OverFrames::Norm(_) => unreachable!("a network takes the same of every animal"),
                };
                (animals.iter().map(of_animal).sum::<f64>() / n_animals) as f32
            };
            OverFrames::Mean(Arc::new((0..first.len()).map(at).collect()))
        }
    }
}
