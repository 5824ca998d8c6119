//! Graphs that need no network, from the trajectories that networks are trained on.

use super::data::Instance;
use super::{InferredGraph, KnownTruthError};
use nervering_models::forecast::{ForecastFrames, linear_edges};
use nervering_prepare::TRAINING_STEPS;
use nervering_statistics::{mean, pearson};

/// The size of Pearson's correlation between the same feature of two nodes, mean over the features
/// that change.
pub const CORRELATION: &str = "|r|";
/// The size of the coefficients of a linear regression of the next frame on the present one.
pub const LINEAR: &str = "|linear|";

/// Both of them.
pub(super) fn graphs(instance: &Instance) -> Result<Vec<InferredGraph>, KnownTruthError> {
    let frames: Vec<usize> = (0..instance.n_frames).collect();
    let linear = linear_edges(&ForecastFrames {
        animals: &instance.animals(&frames, &[]),
        n_neurons: instance.n_nodes,
        n_features: instance.n_features,
        n_steps: TRAINING_STEPS,
    });
    let linear = linear.map_err(|source| KnownTruthError::Forecast {
        system: instance.system,
        instance: instance.at + 1,
        what: LINEAR,
        source,
    })?;
    Ok(vec![
        InferredGraph::new(CORRELATION, correlations(instance), &instance.truth),
        InferredGraph::new(LINEAR, linear, &instance.truth),
    ])
}

/// `[receiver, sender]`.
fn correlations(instance: &Instance) -> Vec<f64> {
    let Instance { n_nodes: n, n_features, n_changing, .. } = *instance;
    let column = |node: usize, feature: usize| -> Vec<f64> {
        let values = instance.train.values().iter().skip(node * n_features + feature);
        values.step_by(n * n_features).map(|&value| f64::from(value)).collect()
    };
    let columns: Vec<Vec<f64>> =
        (0..n * n_changing).map(|k| column(k / n_changing, k % n_changing)).collect();
    let size = |pair: usize| {
        let (receiver, sender) = (pair / n * n_changing, pair % n * n_changing);
        let of_feature = |feature: usize| {
            pearson(columns[receiver + feature].as_slice(), columns[sender + feature].as_slice())
        };
        // A column that does not vary goes with nothing.
        mean(&(0..n_changing).map(|k| of_feature(k).unwrap_or(0.).abs()).collect::<Vec<_>>())
    };
    (0..n * n).map(size).collect()
}
