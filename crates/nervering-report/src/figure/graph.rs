//! Weighted graphs between neurons: what a model infers, and the connectome beside it.
//! [`super::graph_matrix`] and [`super::graph_network`] draw the same [`Data`].

use super::drawn::{About, csv, number32};
use super::mismatch::Mismatch;
use crate::draw::extent;
use serde::{Deserialize, Serialize};

/// Two graphs between the same neurons.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Data {
    /// Caption.
    pub about: About,
    /// Names of the neurons.
    pub neurons: Vec<String>,
    /// Inferred weights, row-major `[sender, receiver]`, in [0, 1].
    pub inferred: Vec<f32>,
    /// What the weights are of: `gnn trained on worm1, mean over folds`.
    pub model: String,
    /// What the weights are to be more than: the same between these neurons without a model, if it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub null: Option<NullData>,
    /// The connectome between these neurons, or the graph that they were simulated with, if there is
    /// one.
    pub connectome: Option<ConnectomeData>,
    /// Links of at least this weight are drawn between nodes.
    pub threshold: f32,
}

/// Weights that no model was needed for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NullData {
    /// What they are: `correlation of traces`.
    pub name: String,
    /// Row-major `[sender, receiver]`.
    pub weights: Vec<f32>,
}

/// Anatomy between the neurons of the graph.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConnectomeData {
    /// What it is known from.
    #[serde(default)]
    pub known_from: KnownFrom,
    /// Its source: `White et al. 1986`.
    pub source: String,
    /// Chemical synapses, row-major `[sender, receiver]`, counts.
    pub chemical: Vec<f32>,
    /// Gap junctions, the same, symmetric.
    pub electrical: Vec<f32>,
}

/// Where a graph that inferred edges are compared with is known from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KnownFrom {
    /// Anatomy.
    #[default]
    Anatomy,
    /// A simulation, which has couplings instead of chemical synapses, and no gap junctions.
    Simulation,
}

impl KnownFrom {
    /// `connectome`, `true graph`.
    pub(super) fn what(self) -> &'static str {
        match self {
            Self::Anatomy => "connectome",
            Self::Simulation => "true graph",
        }
    }
}

impl ConnectomeData {
    /// What shades, widths and marks are, for a caption.
    pub(super) fn legend(&self, synapses: &str, junctions: &str) -> String {
        match self.known_from {
            KnownFrom::Anatomy => format!(
                "chemical synapses ({synapses}) and gap junctions ({junctions}) of {}",
                self.source
            ),
            KnownFrom::Simulation => format!("couplings of {}", self.source),
        }
    }
}

/// The least and the greatest of weights, 0 and 1 where there are none.
pub(super) fn range(weights: &[f32]) -> (f64, f64) {
    match extent(weights.iter().map(|&weight| f64::from(weight))) {
        (low, high) if low < high => (low, high),
        (low, _) if low.is_finite() => (low - 0.5, low + 0.5),
        _ => (0., 1.),
    }
}

impl Data {
    pub(crate) fn check(&self) -> Result<(), Mismatch> {
        let n = self.neurons.len() * self.neurons.len();
        self.about.expect("inferred weights", self.inferred.len(), n)?;
        if let Some(null) = &self.null {
            self.about.expect("weights without a model", null.weights.len(), n)?;
        }
        self.connectome.iter().try_for_each(|connectome| {
            self.about.expect("chemical synapses", connectome.chemical.len(), n)?;
            self.about.expect("gap junctions", connectome.electrical.len(), n)
        })
    }

    pub(super) fn csv(&self) -> String {
        let n = self.neurons.len();
        let rows = self.inferred.iter().enumerate().map(|(k, &weight)| {
            let anatomy = |of: fn(&ConnectomeData) -> &[f32]| {
                self.connectome.as_ref().map_or_else(String::new, |c| number32(of(c)[k]))
            };
            let null =
                self.null.as_ref().map_or_else(String::new, |null| number32(null.weights[k]));
            vec![
                self.neurons[k / n].clone(),
                self.neurons[k % n].clone(),
                number32(weight),
                null,
                anatomy(|c| &c.chemical),
                anatomy(|c| &c.electrical),
            ]
        });
        csv(&["sender", "receiver", "inferred", "null", "chemical", "electrical"], rows)
    }
}
