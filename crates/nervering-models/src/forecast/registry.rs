//! The forecasters by name: the one place where a forecaster is registered.

use super::{
    Autoregression, BaselineForecast, Copy, DampedCopy, DirectForecast, Dnri, Free, Mean, Nri,
    Prior, VectorAutoregression,
};
use crate::architecture::Architecture;
use crate::gin::Epsilon;
use crate::recurrent_attention::Leaning;
use crate::trajectory::{TrajectoryEdges, TrajectoryNetwork};
use std::fmt;
use std::str::FromStr;

/// The name of a forecaster, as studies and tables write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
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
    /// Direct ridge regression of all training animals.
    Linear,
    /// The same, refitted on the past of the animal that is forecast.
    LinearAdapted,
    /// What came after the most similar states.
    Analog,
    /// The adapted regression, and what it missed after such states.
    LinearAnalog,
    /// The same, corrected by networks conditioned on the population.
    Population,
    /// The graph neural network whose edges are parameters.
    GnnFree,
    /// The graph neural network whose edges are read out of how each animal moves.
    Nri,
    /// The same with a graph of each frame, by a recurrent prior.
    Dnri,
    /// The multi-layer perceptron on all neurons side by side.
    Mlp,
    /// A perceptron of its own for every neuron.
    NodeMlp,
    /// One perceptron for every neuron by itself.
    NodeMlpShared,
    /// The graph neural network with dynamic edges.
    Gnn,
    /// The graph neural network with static edges.
    GnnStatic,
    /// LSTM before the perceptron.
    LstmMlp,
    /// LSTM before the graph neural network.
    LstmGnn,
    /// Graph attention network.
    Gat,
    /// Graph isomorphism network.
    Gin0,
    /// Graph isomorphism network that learns ε.
    GinEps,
    /// GraphSAGE.
    Sage,
    /// Global attention pooling.
    Attention,
    /// Attention among neurons with a memory each.
    RecurrentAttention,
    /// The same, leaning to a connectome.
    RecurrentAttentionConnectome,
}

/// What a name stands for.
#[derive(Clone, Copy)]
pub enum ForecastKind {
    /// Fitted in one go, most of them in closed form.
    Baseline(&'static dyn BaselineForecast),
    /// Trained through its roll-out.
    Network(TrajectoryNetwork),
}

/// What is said of a forecaster in one line.
struct Entry {
    name: &'static str,
    kind: ForecastKind,
    what: &'static str,
}

impl ForecastModel {
    /// All forecasters, in the order of tables.
    pub const ALL: &'static [Self] = &[
        Self::Copy,
        Self::Mean,
        Self::DampedCopy,
        Self::Ar,
        Self::Var,
        Self::Linear,
        Self::LinearAdapted,
        Self::Analog,
        Self::LinearAnalog,
        Self::Population,
        Self::GnnFree,
        Self::Nri,
        Self::Dnri,
        Self::Mlp,
        Self::NodeMlp,
        Self::NodeMlpShared,
        Self::Gnn,
        Self::GnnStatic,
        Self::LstmMlp,
        Self::LstmGnn,
        Self::Gat,
        Self::Gin0,
        Self::GinEps,
        Self::Sage,
        Self::Attention,
        Self::RecurrentAttention,
        Self::RecurrentAttentionConnectome,
    ];

    /// Those that are fitted in one go, in the order of tables.
    pub const BASELINES: [Self; 13] = [
        Self::Copy,
        Self::Mean,
        Self::DampedCopy,
        Self::Ar,
        Self::Var,
        Self::Linear,
        Self::LinearAdapted,
        Self::Analog,
        Self::LinearAnalog,
        Self::Population,
        Self::GnnFree,
        Self::Nri,
        Self::Dnri,
    ];

    /// Linear forecasters that learn from training animals alone: what a network has to beat to have
    /// found more than linear dynamics.
    pub const LINEAR: [Self; 3] = [Self::Ar, Self::Var, Self::Linear];

    /// Whether it learns from the past of the animal that it forecasts, without labels, besides what it
    /// has learnt from training animals.
    pub fn learns_from_own_past(self) -> bool {
        matches!(
            self,
            Self::LinearAdapted
                | Self::Analog
                | Self::LinearAnalog
                | Self::Population
                | Self::Nri
                | Self::Dnri
        )
    }

    /// Whether a fit starts from drawn weights, so that others would give another.
    pub fn starts_from_weights(self) -> bool {
        self.network().is_some()
            || matches!(self, Self::Population | Self::GnnFree | Self::Nri | Self::Dnri)
    }

    /// Whether its graph is that of the animals trained on, whichever it forecasts.
    pub fn has_graph_of_training(self) -> bool {
        self == Self::GnnFree
    }

    fn entry(self) -> Entry {
        use Architecture as A;
        use TrajectoryNetwork as N;
        let baseline = |baseline, what| {
            let baseline: &'static dyn BaselineForecast = baseline;
            Entry { name: baseline.name(), kind: ForecastKind::Baseline(baseline), what }
        };
        let network =
            |name, network, what| Entry { name, kind: ForecastKind::Network(network), what };
        match self {
            Self::Copy => baseline(&Copy, "persistence"),
            Self::Mean => baseline(&Mean, "mean of the training frames"),
            Self::DampedCopy => baseline(&DampedCopy, "persistence that decays towards the mean"),
            Self::Ar => baseline(&Autoregression, "ridge autoregression per neuron"),
            Self::Var => baseline(&VectorAutoregression, "ridge autoregression of all neurons"),
            Self::Linear => baseline(
                &DirectForecast::Linear,
                "ridge regression for each step ahead, neurons relative to their running mean and SD",
            ),
            Self::LinearAdapted => baseline(
                &DirectForecast::LinearAdapted,
                "linear, refitted every 48 frames on the past of the animal that is forecast as well",
            ),
            Self::Analog => baseline(
                &DirectForecast::Analog,
                "what came after the 60 most similar states, of training animals and the own past",
            ),
            Self::LinearAnalog => baseline(
                &DirectForecast::LinearAnalog,
                "linear-adapted, and part of what it missed after the 60 most similar states",
            ),
            Self::Population => baseline(
                &DirectForecast::Population,
                "linear-analog, corrected by networks conditioned on the population",
            ),
            Self::GnnFree => {
                baseline(&Free, "GNN with a trained weight of each pair, of single steps (ours)")
            }
            Self::Nri => baseline(
                &Nri { prior: Prior::Uniform },
                "neural relational inference, a graph of each animal (Kipf et al. 2018)",
            ),
            Self::Dnri => baseline(
                &Dnri,
                "the same with a graph of each frame (dNRI, Graber and Schwing 2020)",
            ),
            Self::Mlp => network("mlp", N::Mlp, "MLP on all neurons side by side (eq. 6-7)"),
            Self::NodeMlp => {
                network("node-mlp", N::Of(A::NodeMlp), "an MLP for each neuron (text)")
            }
            Self::NodeMlpShared => {
                network("node-mlp-shared", N::SharedMlp, "one MLP for every neuron (scripts)")
            }
            Self::Gnn => {
                let dynamic = N::Gnn(TrajectoryEdges::Dynamic);
                network("gnn", dynamic, "GNN, edges inferred at every step (eq. 8-12)")
            }
            Self::GnnStatic => {
                let kept = N::Gnn(TrajectoryEdges::Static);
                network("gnn-static", kept, "GNN, edges inferred once from all starts")
            }
            Self::LstmMlp => {
                network("lstm-mlp", N::Of(A::LstmMlp), "LSTM, then the MLP; burn-in of 4")
            }
            Self::LstmGnn => network("lstm-gnn", N::LstmGnn, "LSTM, then the GNN; burn-in of 4"),
            Self::Gat => network("gat", N::Of(A::Gat), "graph attention (Veličković et al. 2018)"),
            Self::Gin0 => {
                network("gin-0", N::Of(A::Gin(Epsilon::Zero)), "graph isomorphism (Xu et al. 2019)")
            }
            Self::GinEps => {
                network("gin-eps", N::Of(A::Gin(Epsilon::Learned)), "graph isomorphism, ε learned")
            }
            Self::Sage => network("sage", N::Of(A::Sage), "GraphSAGE, mean (Hamilton et al. 2017)"),
            Self::Attention => network(
                "attention",
                N::Of(A::Attention),
                "global attention pooling (Li et al. 2016)",
            ),
            Self::RecurrentAttention => network(
                "rgnn",
                N::Of(A::RecurrentAttention(Leaning::None)),
                "attention among neurons with a memory each; burn-in of 4",
            ),
            Self::RecurrentAttentionConnectome => network(
                "rgnn-connectome",
                N::Of(A::RecurrentAttention(Leaning::Connectome)),
                "the same, attention leaning to a connectome",
            ),
        }
    }

    /// The name in tables and files, for example `gnn-static`.
    pub fn as_str(self) -> &'static str {
        self.entry().name
    }

    /// For a note: what the name stands for, and its source.
    pub fn describe(self) -> &'static str {
        self.entry().what
    }

    /// The forecaster behind the name.
    pub fn kind(self) -> ForecastKind {
        self.entry().kind
    }

    /// The baseline behind the name, unless it is a network's.
    pub fn baseline(self) -> Option<&'static dyn BaselineForecast> {
        match self.kind() {
            ForecastKind::Baseline(baseline) => Some(baseline),
            ForecastKind::Network(_) => None,
        }
    }

    /// Whether its network is given a connectome.
    pub fn needs_connectome(self) -> bool {
        self.network().is_some_and(|network| network.given_edges().is_some())
    }

    /// The network behind the name, unless it is a baseline's.
    pub fn network(self) -> Option<TrajectoryNetwork> {
        match self.kind() {
            ForecastKind::Baseline(_) => None,
            ForecastKind::Network(network) => Some(network),
        }
    }
}

impl fmt::Display for ForecastModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Every baseline, in the order of tables.
pub fn baselines() -> impl Iterator<Item = &'static dyn BaselineForecast> {
    ForecastModel::ALL.iter().filter_map(|model| model.baseline())
}

/// A text that names no forecaster.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("found forecasting model {found:?}, expected one of {}", names())]
pub struct UnknownForecastModel {
    /// The text as it was written.
    pub found: String,
}

fn names() -> String {
    ForecastModel::ALL.iter().map(|model| model.as_str()).collect::<Vec<_>>().join(", ")
}

impl FromStr for ForecastModel {
    type Err = UnknownForecastModel;

    fn from_str(text: &str) -> Result<Self, UnknownForecastModel> {
        let by_name = |model: &&Self| model.as_str() == text;
        let found = || UnknownForecastModel { found: text.to_owned() };
        Self::ALL.iter().find(by_name).copied().ok_or_else(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_parses_to_its_model_and_is_listed_once() {
        for (at, &model) in ForecastModel::ALL.iter().enumerate() {
            assert_eq!(model as usize, at, "{model} stands in the order of declaration");
            assert_eq!(model.as_str().parse(), Ok(model));
            assert_eq!(model.baseline().is_some(), ForecastModel::BASELINES.contains(&model));
        }
        let error = "gnn2".parse::<ForecastModel>().unwrap_err().to_string();
        assert!(error.contains("\"gnn2\"") && error.contains("gnn-static, lstm-mlp"), "{error}");
    }
}
