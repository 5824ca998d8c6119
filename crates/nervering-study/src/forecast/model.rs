//! The models of a forecasting study by name: baselines, and the trained networks of the scripts.

use nervering_models::forecast::{
    Autoregression, BaselineForecast, Copy, DampedCopy, Mean, VectorAutoregression,
};

/// A model of a forecasting study.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ForecastModel {
    /// Persistence, which skill is measured against.
    Copy,
    /// The mean of the training frames.
    Mean,
    /// Persistence that decays towards the mean.
    DampedCopy,
    /// Ridge autoregression per neuron.
    Ar,
    /// Joint ridge autoregression of all neurons.
    Var,
    /// [`nervering_models::trajectory_mlp`], as the scripts have it.
    Mlp,
    /// [`nervering_models::trajectory_gnn`], as the scripts have it: dynamic edges.
    Gnn,
}

impl ForecastModel {
    /// Every model, in the order of tables.
    pub const ALL: [Self; 7] =
        [Self::Copy, Self::Mean, Self::DampedCopy, Self::Ar, Self::Var, Self::Mlp, Self::Gnn];
    /// Those that are fitted in moments.
    pub const BASELINES: [Self; 5] =
        [Self::Copy, Self::Mean, Self::DampedCopy, Self::Ar, Self::Var];

    /// The name in tables and files.
    pub fn as_str(self) -> &'static str {
        match self.baseline() {
            Some(baseline) => baseline.name(),
            None if self == Self::Mlp => "mlp",
            None => "gnn",
        }
    }

    /// The baseline behind the name, unless it is a network's.
    pub fn baseline(self) -> Option<&'static dyn BaselineForecast> {
        Some(match self {
            Self::Copy => &Copy,
            Self::Mean => &Mean,
            Self::DampedCopy => &DampedCopy,
            Self::Ar => &Autoregression,
            Self::Var => &VectorAutoregression,
            Self::Mlp | Self::Gnn => return None,
        })
    }

    /// Adam's rate at the start, of a network: 5e-4 for the graph network, 1e-3 for the MLP.
    pub(super) fn learning_rate(self) -> f64 {
        if self == Self::Gnn { 5e-4 } else { 1e-3 }
    }
}
