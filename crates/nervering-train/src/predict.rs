//! A fitted network on other frames, and what its batch norms normalise with there.

use crate::batch::Batch;
use burn::tensor::Tensor;
use nervering_models::DecodingNetwork;
use nervering_nn::ops::{Engine, NormStatistics};
use nervering_nn::pass::Pass;
use std::sync::Arc;

/// Where batch norms take mean and variance from in evaluation.
#[derive(Debug, Clone, PartialEq)]
pub enum EvaluationStatistics {
    /// From the evaluated frames: the scripts. It adapts the network to each evaluated animal
    /// without labels (transductive).
    Evaluated,
    /// From the training animals, averaged over them (inductive).
    Training(Vec<Arc<NormStatistics>>),
}

impl EvaluationStatistics {
    /// Measures the statistics of the training animals under a fitted network: per batch norm and
    /// unit the mean of the animals' means, and the variance of their pooled frames with every
    /// animal weighing the same.
    pub fn of_training<N: DecodingNetwork>(network: &N, train: &[Batch], engine: Engine) -> Self {
        let of_animals: Vec<Vec<NormStatistics>> = train
            .iter()
            .map(|batch| {
                let pass = Pass::recording_statistics(engine, batch.labels.frames.clone());
                let _ = network.hidden(&pass, batch.x.clone().inner());
                pass.into_recorded()
            })
            .collect();
        let n_animals = of_animals.len() as f64;
        let of_norm = |norm: usize| {
            let len = of_animals[0][norm].mean.len();
            let pooled = |unit: usize| {
                let animals = || of_animals.iter().map(|animal| &animal[norm]);
                let mean = animals().map(|s| f64::from(s.mean[unit])).sum::<f64>() / n_animals;
                let second =
                    |s: &NormStatistics| f64::from(s.var[unit]) + f64::from(s.mean[unit]).powi(2);
                let square = animals().map(second).sum::<f64>() / n_animals;
                (mean as f32, (square - mean * mean).max(0.) as f32)
            };
            let (mean, var) = (0..len).map(pooled).unzip();
            Arc::new(NormStatistics { mean, var })
        };
        Self::Training((0..of_animals[0].len()).map(of_norm).collect())
    }
}

/// Natural logarithms of the class probabilities of every replica and present frame:
/// `[replica][frame · class]`.
pub fn predict<N: DecodingNetwork>(
    network: &N,
    batch: &Batch,
    engine: Engine,
    statistics: &EvaluationStatistics,
) -> Vec<Vec<f32>> {
    let frames = batch.labels.frames.clone();
    let pass = match statistics {
        EvaluationStatistics::Evaluated => Pass::with_batch_statistics(engine, frames.clone()),
        EvaluationStatistics::Training(table) => {
            Pass::with_fixed_statistics(engine, frames.clone(), table.clone())
        }
    };
    let log_probabilities: Tensor<3> = network.log_probabilities(&pass, batch.x.clone());
    let [_, padded, n_classes] = log_probabilities.dims();
    let values: Vec<f32> =
        log_probabilities.into_data().convert::<f32>().try_to_vec().expect("converted to float32");
    values
        .chunks_exact(padded * n_classes)
        .zip(frames.present())
        .map(|(replica, &n)| replica[..n * n_classes].to_vec())
        .collect()
}
