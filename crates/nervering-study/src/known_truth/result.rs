//! What came out: forecasts' errors and inferred graphs of every instance.

use super::{KnownTruthConfig, ReadGraphs};
use nervering_statistics::auroc;

/// All results.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownTruth {
    /// What was asked.
    pub config: KnownTruthConfig,
    /// One per kind of systems.
    pub systems: Vec<SystemResult>,
    /// By system, the reference before the models.
    pub own_graphs: Vec<ReadGraphs>,
}

/// Results of one kind of systems.
#[derive(Debug, Clone, PartialEq)]
pub struct SystemResult {
    /// The kind.
    pub system: &'static str,
    /// Features of a node.
    pub features: &'static [&'static str],
    /// The first of them, which change and are evaluated.
    pub n_changing: usize,
    /// Nodes.
    pub n_nodes: usize,
    /// One per network of the kind.
    pub instances: Vec<InstanceResult>,
}

/// Results on one network.
#[derive(Debug, Clone, PartialEq)]
pub struct InstanceResult {
    /// Who is coupled to whom, row-major `[receiver, sender]`.
    pub truth: Vec<bool>,
    /// One per model, in the order of the configuration.
    pub models: Vec<ModelResult>,
    /// The references, then the models that infer edges.
    pub graphs: Vec<InferredGraph>,
}

/// Forecasts of one model on one network.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelResult {
    /// The model.
    pub model: &'static str,
    /// What its fit has chosen: lags and penalty, or the epoch; empty where nothing is chosen.
    pub chosen: String,
    /// Epoch whose weights were kept, from 1, of a network.
    pub best_epoch: Option<usize>,
    /// Mean squared error of the features that change, in [0, 1]², one value per step ahead. `None`
    /// when a forecast was not finite.
    pub errors: Option<Vec<f64>>,
}

/// A graph that a model or a reference has inferred.
#[derive(Debug, Clone, PartialEq)]
pub struct InferredGraph {
    /// Model or reference.
    pub source: &'static str,
    /// Row-major `[receiver, sender]`.
    pub weights: Vec<f64>,
    /// Probability that a coupled pair has the larger weight, pairs of a node with itself left out.
    /// `None` when a weight is no number.
    pub auroc: Option<f64>,
}

impl InferredGraph {
    /// Measures weights against the truth.
    pub(super) fn new(source: &'static str, weights: Vec<f64>, truth: &[bool]) -> Self {
        let auroc = auroc_of(&weights, truth);
        Self { source, weights, auroc }
    }
}

/// AUROC over ordered pairs of different nodes.
pub(super) fn auroc_of(weights: &[f64], truth: &[bool]) -> Option<f64> {
    let n = truth.len().isqrt();
    let pairs = (0..truth.len()).filter(|at| at / n != at % n);
    let (scores, coupled): (Vec<f64>, Vec<bool>) = pairs.map(|at| (weights[at], truth[at])).unzip();
    match scores.iter().all(|score| score.is_finite()) {
        true => auroc(&scores, &coupled),
        false => None,
    }
}
