//! The perceptrons and graph networks as operations of ONNX, with the statistics of the training animals:
//! batch norms and static edges are numbers then, and each frame is by itself.

use super::graph::{Graph, Value};
use super::proto::Setting;
use crate::decoder::{HeldNetwork, Seen};
use nervering_models::NetworkConfig;
use nervering_models::gnn::{Edges, GnnConfig, Message, Readout};
use nervering_nn::activation::Activation;
use nervering_nn::snapshot::SavedParameter;
use nervering_statistics::NetworkStatistics;
use nervering_train::NamedArray;

/// PyTorch's epsilon, as batch norms have it here.
const EPSILON: f32 = 1e-5;

/// What makes up a network.
pub(super) struct Parts<'a> {
    network: &'a dyn HeldNetwork,
    parameters: Vec<SavedParameter>,
    /// Means and variances of its batch norms, in the order in which they are passed.
    norms: Vec<(NamedArray, NamedArray)>,
    activation: Activation,
    n_neurons: usize,
    n_features: usize,
}

/// Why a network cannot be exported; `None` where it can.
pub(super) fn refusal(config: NetworkConfig) -> Option<&'static str> {
    match config {
        NetworkConfig::Mlp(_) => None,
        NetworkConfig::Gnn(GnnConfig { edges: Edges::Dynamic, .. }) => {
            Some("its edges are inferred anew at every frame")
        }
        NetworkConfig::Gnn(_) => None,
        _ => Some("only perceptrons, graph networks with static edges and linear models are"),
    }
}

/// Logits `[frame, class]` of features `[frame, neuron, feature]`.
pub(super) fn logits(
    graph: &mut Graph,
    config: NetworkConfig,
    network: &dyn HeldNetwork,
    features: Value,
    [n_neurons, n_features]: [usize; 2],
) -> Value {
    let activation = match config {
        NetworkConfig::Mlp(config) => config.activation,
        NetworkConfig::Gnn(config) => config.activation,
        _ => unreachable!("refused before"),
    };
    let mut parts = Parts {
        network,
        parameters: network.parameters(),
        norms: norms(network.statistics()),
        activation,
        n_neurons,
        n_features,
    };
    let hidden = match config {
        NetworkConfig::Gnn(config) => parts.gnn(graph, config, features),
        _ => parts.mlp(graph, features),
    };
    parts.linear(graph, "out", &hidden)
}

/// Pairs of mean and variance; means over frames are in the edges.
fn norms(statistics: Vec<NamedArray>) -> Vec<(NamedArray, NamedArray)> {
    let mut norms = Vec::new();
    let mut mean = None;
    for array in statistics {
        if array.name.ends_with(".mean") {
            mean = Some(array);
        } else if array.name.ends_with(".var")
            && let Some(mean) = mean.take()
        {
            norms.push((mean, array));
        }
    }
    norms
}

impl Parts<'_> {
    fn mlp(&mut self, graph: &mut Graph, features: Value) -> Value {
        let (nodes, width) = match self.has("node.w1") {
            true => {
                let width = self.width("node");
                (self.block(graph, "node", &features), width)
            }
            false => (features, self.n_features),
        };
        let side_by_side = graph.flat(&nodes, self.n_neurons * width);
        self.block(graph, "readout", &side_by_side)
    }

    fn gnn(&mut self, graph: &mut Graph, config: GnnConfig, features: Value) -> Value {
        let edges = self.edges(graph);
        let (sent, sent_width) = match config.message {
            Message::Raw => (features, self.n_features),
            Message::Encoded => {
                let width = self.width("node");
                (self.block(graph, "node", &features), width)
            }
        };
        // The norms of what the edges are inferred with lie between those of the nodes and these.
        let later = self.parameters.iter().filter(|p| p.name.ends_with(".gamma"));
        let of_edges =
            |name: &str| ["node.", "embed.", "edge."].iter().any(|of| name.starts_with(of));
        let n_later = later.filter(|p| !of_edges(&p.name)).count();
        self.norms.drain(..self.norms.len().saturating_sub(n_later));
        let mut messages = graph.run("MatMul", &[&edges, &sent], &[]);
        let mut width = sent_width;
        if config.message_block {
            messages = self.block(graph, "message", &messages);
            messages = self.linear(graph, "message_out", &messages);
            for step in 0..config.steps - 1 {
                let heard = graph.run("MatMul", &[&edges, &messages], &[]);
                let passed = self.block(graph, &format!("more.{step}.block"), &heard);
                messages = self.linear(graph, &format!("more.{step}.out"), &passed);
            }
            width = config.width;
        } else {
            for _ in 1..config.steps {
                messages = graph.run("MatMul", &[&edges, &messages], &[]);
            }
        }
        if config.own_features {
            messages = graph.run("Concat", &[&sent, &messages], &[Setting::Int("axis", 2)]);
            width += sent_width;
        }
        let aggregated = match config.readout {
            Readout::Concatenate => graph.flat(&messages, self.n_neurons * width),
            Readout::Sum => {
                let axes = graph.integers(&[1]);
                graph.run("ReduceSum", &[&messages, &axes], &[Setting::Int("keepdims", 0)])
            }
        };
        self.block(graph, "readout", &aggregated)
    }

    /// `[receiver, sender]`: one and the same for all frames.
    fn edges(&self, graph: &mut Graph) -> Value {
        let n = self.n_neurons;
        let zeros = vec![0.; n * self.n_features];
        let seen = [Seen { features: &zeros, frames: &[0] }];
        let edges = self.network.edges(&seen, NetworkStatistics::TRAINING);
        let edges = edges.expect("a graph network has edges").swap_remove(0);
        graph.floats(&[n, n], &edges)
    }

    /// Linear, activation, linear, activation, and a batch norm where the block has one.
    fn block(&mut self, graph: &mut Graph, name: &str, x: &Value) -> Value {
        let mut x = x.clone();
        for layer in ["1", "2"] {
            x = self.product(graph, &format!("{name}.w{layer}"), &format!("{name}.b{layer}"), &x);
            x = match self.activation {
                Activation::Relu => graph.run("Relu", &[&x], &[]),
                Activation::Elu => graph.run("Elu", &[&x], &[Setting::Float("alpha", 1.)]),
            };
        }
        if !self.has(&format!("{name}.gamma")) {
            return x;
        }
        let (mean, var) = self.norms.remove(0);
        let width = mean.values.len();
        let (gamma, beta) =
            (self.values(&format!("{name}.gamma")), self.values(&format!("{name}.beta")));
        let deviation = var.values.iter().map(|var| (var + EPSILON).sqrt());
        let scale: Vec<f32> = gamma.iter().zip(deviation).map(|(gamma, d)| gamma / d).collect();
        let mean = graph.floats(&[width], &mean.values);
        let (scale, shift) = (graph.floats(&[width], &scale), graph.floats(&[width], &beta));
        let centred = graph.run("Sub", &[&x, &mean], &[]);
        let scaled = graph.run("Mul", &[&centred, &scale], &[]);
        graph.run("Add", &[&scaled, &shift], &[])
    }

    fn linear(&self, graph: &mut Graph, name: &str, x: &Value) -> Value {
        self.product(graph, &format!("{name}.w"), &format!("{name}.b"), x)
    }

    fn product(&self, graph: &mut Graph, weights: &str, bias: &str, x: &Value) -> Value {
        let of = |name: &str| {
            let found = self.parameters.iter().find(|parameter| parameter.name == name);
            found.unwrap_or_else(|| panic!("the network has {name}"))
        };
        let (weights, bias) = (of(weights), of(bias));
        // Without the axis of the replicas.
        let w = graph.floats(&weights.shape[1..], &weights.values);
        let b = graph.floats(&bias.shape[1..], &bias.values);
        let product = graph.run("MatMul", &[x, &w], &[]);
        graph.run("Add", &[&product, &b], &[])
    }

    fn has(&self, name: &str) -> bool {
        self.parameters.iter().any(|parameter| parameter.name == name)
    }

    fn values(&self, name: &str) -> Vec<f32> {
        let found = self.parameters.iter().find(|parameter| parameter.name == name);
        found.map_or_else(Vec::new, |parameter| parameter.values.clone())
    }

    /// Units of a block.
    fn width(&self, name: &str) -> usize {
        self.values(&format!("{name}.b1")).len()
    }
}
