//! Every network that forecasts, once more: in float64, by plain loops over numbers, from the
//! definitions alone and without tensors, for the library to be held against.

use nervering_models::gin::Epsilon;
use nervering_models::trajectory::{TrajectoryEdges, TrajectoryNetwork};
use nervering_models::{Architecture, Increment};
use nervering_nn::activation::Activation;
use std::collections::BTreeMap;

/// Parameters of one replica by their path, row-major.
pub type Parameters = BTreeMap<String, Vec<f64>>;
/// Rows of features.
type Rows = Vec<Vec<f64>>;

const EPSILON: f64 = 1e-5;

/// A network and its parameters.
pub struct Reference<'a> {
    pub network: TrajectoryNetwork,
    pub activation: Activation,
    pub increment: Increment,
    pub parameters: &'a Parameters,
    pub n_neurons: usize,
    /// What attention may lean to, `[receiver · sender]`.
    pub connectome: &'a [f32],
}

/// What a roll-out carries along.
#[derive(Default)]
struct Carried {
    /// Hidden state and cell of each sequence, or of each neuron of each sequence.
    lstm: Option<(Rows, Rows)>,
    /// Static edges.
    edges: Option<Rows>,
    /// State of each neuron of each sequence.
    state: Option<Rows>,
}

impl Reference<'_> {
    /// Forecasts from `history`, `[sequence][frame][neuron · feature]`, all of whose frames are the
    /// burn-in: `[sequence][step][neuron · feature]`.
    pub fn roll_out(&self, history: &[Rows], n_steps: usize) -> Vec<Rows> {
        let (mut x, mut carried) = self.start(history);
        let mut steps = vec![Vec::new(); history.len()];
        for _ in 0..n_steps {
            x = self.next(&x, &mut carried);
            for (sequence, steps) in steps.iter_mut().enumerate() {
                steps.push(self.nodes_of(&x, sequence).concat());
            }
        }
        steps
    }

    /// Edges at the start, their mean over sequences, `[receiver · sender]`.
    pub fn edges(&self, history: &[Rows]) -> Option<Vec<f64>> {
        let (x, mut carried) = self.start(history);
        let edges = match self.network {
            TrajectoryNetwork::Gnn(_) => self.gnn_edges("", &x, &mut carried),
            TrajectoryNetwork::LstmGnn => {
                let state = self.lstm(x, &mut carried);
                self.gnn_edges("gnn.", &state, &mut carried)
            }
            TrajectoryNetwork::Of(Architecture::Gat) => self.attend(&self.block("node", &x)).1,
            TrajectoryNetwork::Of(Architecture::RecurrentAttention(_)) => {
                self.listen(&x, &mut carried).1
            }
            _ => return None,
        };
        let n = self.n_neurons;
        let share = 1. / (edges.len() / n) as f64;
        let of_pair =
            |pair: usize| edges.iter().skip(pair / n).step_by(n).map(move |w| w[pair % n]);
        Some((0..n * n).map(|pair| of_pair(pair).sum::<f64>() * share).collect())
    }

    /// Rows of nodes, sequence by sequence, after the burn-in but for its last frame.
    fn start(&self, history: &[Rows]) -> (Rows, Carried) {
        let mut carried = Carried::default();
        let n_frames = history[0].len();
        let frame = |at: usize| -> Rows {
            history.iter().flat_map(|frames| frames[at].chunks(2).map(<[f64]>::to_vec)).collect()
        };
        for at in 0..n_frames - 1 {
            self.remember(&frame(at), &mut carried);
        }
        (frame(n_frames - 1), carried)
    }

    fn remember(&self, x: &Rows, carried: &mut Carried) {
        match self.network {
            TrajectoryNetwork::Of(Architecture::LstmMlp) => {
                drop(self.lstm(self.side_by_side(x), carried))
            }
            TrajectoryNetwork::LstmGnn => drop(self.lstm(x.clone(), carried)),
            TrajectoryNetwork::Of(Architecture::RecurrentAttention(_)) => {
                drop(self.listen(x, carried))
            }
            _ => panic!("a burn-in of one frame"),
        }
    }

    fn next(&self, x: &Rows, carried: &mut Carried) -> Rows {
        let last = |name: &str, hidden: Rows| self.linear(name, &hidden);
        let raw: Rows = match self.network {
            TrajectoryNetwork::Mlp => {
                self.apart(last("out", self.block("message", &self.side_by_side(x))))
            }
            TrajectoryNetwork::Of(Architecture::LstmMlp) => {
                let state = self.lstm(self.side_by_side(x), carried);
                self.apart(last("out", self.block("message", &state)))
            }
            TrajectoryNetwork::SharedMlp => last("out", self.block("node", x)),
            TrajectoryNetwork::Of(Architecture::NodeMlp) => self.node_mlp(x),
            TrajectoryNetwork::Gnn(_) => {
                let edges = self.gnn_edges("", x, carried);
                last("out", self.block("message", &self.passed(&edges, x)))
            }
            TrajectoryNetwork::LstmGnn => {
                let state = self.lstm(x.clone(), carried);
                let edges = self.gnn_edges("gnn.", &state, carried);
                last("out", self.block("message", &self.passed(&edges, &state)))
            }
            TrajectoryNetwork::Of(Architecture::Gat) => {
                let (z, attention) = self.attend(&self.block("node", x));
                let b = &self.parameters["b"];
                let activated = |row: Vec<f64>| {
                    row.iter().zip(b).map(|(v, b)| self.activate(v + b)).collect::<Vec<f64>>()
                };
                let heard = self.passed(&attention, &z).into_iter().map(activated).collect();
                last("out", self.block("message", &heard))
            }
            TrajectoryNetwork::Of(Architecture::RecurrentAttention(_)) => {
                let (states, _) = self.listen(x, carried);
                last("out", self.block("message", &states))
            }
            TrajectoryNetwork::Of(Architecture::Gin(epsilon)) => {
                let epsilon = match epsilon {
                    Epsilon::Zero => 0.,
                    Epsilon::Learned => self.parameters["epsilon"][0],
                };
                let f = self.block("node", x);
                let heard = self.with_others(&f, |own, others| {
                    let heard = |k: usize| {
                        (1. + epsilon) * own[k] + others.iter().map(|row| row[k]).sum::<f64>()
                    };
                    (0..own.len()).map(heard).collect()
                });
                last("out", self.block("message", &heard))
            }
            TrajectoryNetwork::Of(Architecture::Sage) => {
                let f = self.block("node", x);
                let beside = self.with_others(&f, |own, others| {
                    let mean = |k: usize| {
                        others.iter().map(|row| row[k]).sum::<f64>() / others.len() as f64
                    };
                    own.iter().copied().chain((0..own.len()).map(mean)).collect()
                });
                let gathered = self.linear("gather", &beside);
                let activated = |row: Vec<f64>| row.iter().map(|v| self.activate(*v)).collect();
                let heard = gathered.into_iter().map(activated).collect();
                last("out", self.block("message", &heard))
            }
            TrajectoryNetwork::Of(Architecture::Attention) => {
                let f = self.block("node", x);
                let (gates, values) = (self.linear("gate", &f), self.linear("value", &f));
                let mut heard = Vec::new();
                for sequence in 0..x.len() / self.n_neurons {
                    let gates: Vec<f64> =
                        self.nodes_of(&gates, sequence).iter().map(|gate| gate[0]).collect();
                    let shares = softmax(&gates);
                    let values = self.nodes_of(&values, sequence);
                    let pooled: Vec<f64> = (0..values[0].len())
                        .map(|k| values.iter().zip(&shares).map(|(v, share)| v[k] * share).sum())
                        .collect();
                    let own = self.nodes_of(&f, sequence);
                    heard.extend(own.iter().map(|own| [own.as_slice(), &pooled].concat()));
                }
                last("out", self.block("message", &heard))
            }
        };
        let bounded = |v: f64| match self.increment {
            Increment::Unbounded => v,
            Increment::Tanh => v.tanh(),
        };
        let moved = |(x, raw): (&Vec<f64>, &Vec<f64>)| {
            x.iter().zip(raw).map(|(x, raw)| x + bounded(*raw)).collect()
        };
        x.iter().zip(&raw).map(moved).collect()
    }

    fn nodes_of<'r>(&self, rows: &'r Rows, sequence: usize) -> &'r [Vec<f64>] {
        &rows[sequence * self.n_neurons..(sequence + 1) * self.n_neurons]
    }

    /// Nodes of a sequence as one row.
    fn side_by_side(&self, x: &Rows) -> Rows {
        x.chunks(self.n_neurons).map(<[Vec<f64>]>::concat).collect()
    }

    /// The way back.
    fn apart(&self, rows: Rows) -> Rows {
        rows.iter().flat_map(|row| row.chunks(2).map(<[f64]>::to_vec)).collect()
    }

    fn activate(&self, v: f64) -> f64 {
        match self.activation {
            Activation::Relu => v.max(0.),
            Activation::Elu => {
                if v > 0. {
                    v
                } else {
                    v.exp() - 1.
                }
            }
        }
    }

    fn linear(&self, name: &str, rows: &Rows) -> Rows {
        let parameter = |which: &str| &self.parameters[&format!("{name}.{which}")];
        product(rows, parameter("w"), parameter("b"))
    }

    /// The block `g`, batch norm over all rows.
    fn block(&self, name: &str, rows: &Rows) -> Rows {
        let parameter = |which: &str| self.parameters[&format!("{name}.{which}")].as_slice();
        self.block_of(rows, ["w1", "b1", "w2", "b2", "gamma", "beta"].map(parameter))
    }

    fn block_of(&self, rows: &Rows, [w1, b1, w2, b2, gamma, beta]: [&[f64]; 6]) -> Rows {
        let activated = |rows: Rows| -> Rows {
            rows.into_iter().map(|row| row.iter().map(|v| self.activate(*v)).collect()).collect()
        };
        let mut y = activated(product(&activated(product(rows, w1, b1)), w2, b2));
        let n = y.len() as f64;
        for k in 0..gamma.len() {
            let mean = y.iter().map(|row| row[k]).sum::<f64>() / n;
            let variance = y.iter().map(|row| (row[k] - mean).powi(2)).sum::<f64>() / n;
            for row in &mut y {
                row[k] = (row[k] - mean) / (variance + EPSILON).sqrt() * gamma[k] + beta[k];
            }
        }
        y
    }

    /// Every neuron by itself.
    fn node_mlp(&self, x: &Rows) -> Rows {
        let n = self.n_neurons;
        let of_node = |name: &str, node: usize| {
            let values = &self.parameters[name];
            let len = values.len() / n;
            &values[node * len..(node + 1) * len]
        };
        let mut raw = vec![Vec::new(); x.len()];
        for node in 0..n {
            let rows: Rows = x.iter().skip(node).step_by(n).cloned().collect();
            let names = ["w1", "b1", "w2", "b2", "gamma", "beta"];
            let hidden =
                self.block_of(&rows, names.map(|name| of_node(&format!("nodes.{name}"), node)));
            let of_rows = product(&hidden, of_node("out.w", node), of_node("out.b", node));
            for (sequence, row) in of_rows.into_iter().enumerate() {
                raw[sequence * n + node] = row;
            }
        }
        raw
    }

    /// `w[sequence · receiver][sender]`.
    fn gnn_edges(&self, prefix: &str, nodes: &Rows, carried: &mut Carried) -> Rows {
        let n = self.n_neurons;
        let n_sequences = nodes.len() / n;
        if let Some(edges) = &carried.edges {
            return edges.clone();
        }
        let is_static = self.network == TrajectoryNetwork::Gnn(TrajectoryEdges::Static);
        let mut embedded = self.block(&format!("{prefix}node"), nodes);
        if is_static {
            let mean = |node: usize, k: usize| {
                let of_node = embedded.iter().skip(node).step_by(n);
                of_node.map(|row| row[k]).sum::<f64>() / n_sequences as f64
            };
            let width = embedded[0].len();
            embedded = (0..n).map(|node| (0..width).map(|k| mean(node, k)).collect()).collect();
        }
        let mut pairs = Vec::new();
        for nodes in embedded.chunks(n) {
            for receiver in nodes {
                pairs.extend(nodes.iter().map(|sender| [receiver.as_slice(), sender].concat()));
            }
        }
        let hidden = self.block(&format!("{prefix}edge"), &pairs);
        let logits = self.linear(&format!("{prefix}edge_out"), &hidden);
        let w: Vec<f64> = logits.iter().map(|logits| softmax(logits)[1]).collect();
        let edges: Rows = w.chunks(n).map(<[f64]>::to_vec).collect();
        if is_static {
            let edges: Rows = (0..n_sequences).flat_map(|_| edges.clone()).collect();
            carried.edges = Some(edges.clone());
            return edges;
        }
        edges
    }

    /// `Σ_j w_ij f_j`.
    fn passed(&self, edges: &Rows, f: &Rows) -> Rows {
        let n = self.n_neurons;
        let heard = |(row, w): (usize, &Vec<f64>)| {
            let nodes = self.nodes_of(f, row / n);
            (0..f[0].len()).map(|k| w.iter().zip(nodes).map(|(w, f)| w * f[k]).sum()).collect()
        };
        edges.iter().enumerate().map(heard).collect()
    }

    /// `W f` and the attention of each receiver, `[sequence · receiver][sender]`.
    fn attend(&self, f: &Rows) -> (Rows, Rows) {
        let width = f[0].len();
        let z = product(f, &self.parameters["w"], &vec![0.; width]);
        let a = &self.parameters["attention"];
        let mut attention = Vec::new();
        for nodes in z.chunks(self.n_neurons) {
            for receiver in nodes {
                let score = |sender: &Vec<f64>| {
                    let both = receiver.iter().chain(sender);
                    let score: f64 = both.zip(a).map(|(z, a)| z * a).sum();
                    if score > 0. { score } else { 0.2 * score }
                };
                attention.push(softmax(&nodes.iter().map(score).collect::<Vec<_>>()));
            }
        }
        (z, attention)
    }

    /// The state of every neuron after one more frame, and whom each listens to, `[sequence · receiver][sender]`,
    /// the mean of the heads.
    fn listen(&self, x: &Rows, carried: &mut Carried) -> (Rows, Rows) {
        let n = self.n_neurons;
        let f = self.block("node", x);
        let width = f[0].len();
        let n_heads = (1..=4).rev().find(|heads| width.is_multiple_of(*heads)).unwrap();
        let of_head = width / n_heads;
        let before = carried.state.take().unwrap_or_else(|| vec![vec![0.; width]; f.len()]);
        let beside = |a: &Rows, b: &Rows| -> Rows {
            a.iter().zip(b).map(|(a, b)| [a.as_slice(), b].concat()).collect()
        };
        let z = beside(&f, &before);
        let [query, key, value] =
            ["query", "key", "value"].map(|name| self.linear(&format!("cell.{name}"), &z));
        let leaning = self.parameters.get("cell.leaning");
        let mut attention = vec![vec![0.; n]; f.len()];
        let mut messages = vec![vec![0.; width]; f.len()];
        for (row, message) in messages.iter_mut().enumerate() {
            let first = row / n * n;
            for head in 0..n_heads {
                let units = head * of_head..(head + 1) * of_head;
                let score = |sender: usize| {
                    let dot: f64 =
                        units.clone().map(|k| query[row][k] * key[first + sender][k]).sum();
                    let leans = leaning.map_or(0., |leaning| {
                        leaning[head] * f64::from(self.connectome[row % n * n + sender])
                    });
                    dot / (of_head as f64).sqrt() + leans
                };
                let shares = softmax(&(0..n).map(score).collect::<Vec<_>>());
                for (sender, share) in shares.iter().enumerate() {
                    attention[row][sender] += share / n_heads as f64;
                    units.clone().for_each(|k| message[k] += share * value[first + sender][k]);
                }
            }
        }
        let of_heard = self.linear("cell.heard", &beside(&f, &messages));
        let of_state = self.linear("cell.state", &before);
        let logistic = |v: f64| 1. / (1. + (-v).exp());
        let mut after = Vec::new();
        for ((heard, state), before) in of_heard.iter().zip(&of_state).zip(&before) {
            let unit = |k: usize| {
                let reset = logistic(heard[k] + state[k]);
                let update = logistic(heard[width + k] + state[width + k]);
                let candidate = (heard[2 * width + k] + reset * state[2 * width + k]).tanh();
                (1. - update) * candidate + update * before[k]
            };
            after.push((0..width).map(unit).collect::<Vec<f64>>());
        }
        carried.state = Some(after.clone());
        (after, attention)
    }

    /// What becomes of each node and the others of its sequence.
    fn with_others(&self, f: &Rows, of: impl Fn(&Vec<f64>, &[&Vec<f64>]) -> Vec<f64>) -> Rows {
        let mut rows = Vec::new();
        for nodes in f.chunks(self.n_neurons) {
            for (node, own) in nodes.iter().enumerate() {
                let others: Vec<&Vec<f64>> =
                    nodes.iter().enumerate().filter(|(k, _)| *k != node).map(|(_, f)| f).collect();
                rows.push(of(own, &others));
            }
        }
        rows
    }

    /// The hidden state of every row after one more frame.
    fn lstm(&self, rows: Rows, carried: &mut Carried) -> Rows {
        let parameter = |which: &str| &self.parameters[&format!("lstm.{which}")];
        let (w_in, w_state, b) = (parameter("w_in"), parameter("w_state"), parameter("b"));
        let width = b.len() / 4;
        let zeros = vec![vec![0.; width]; rows.len()];
        let (hidden, cell) = carried.lstm.take().unwrap_or((zeros.clone(), zeros));
        let from_state = product(&hidden, w_state, &vec![0.; 4 * width]);
        let logistic = |v: f64| 1. / (1. + (-v).exp());
        let (mut next_hidden, mut next_cell) = (Vec::new(), Vec::new());
        for ((input, state), cell) in product(&rows, w_in, b).iter().zip(from_state).zip(cell) {
            let gate = |which: usize, k: usize| input[which * width + k] + state[which * width + k];
            let cell: Vec<f64> = (0..width)
                .map(|k| logistic(gate(1, k)) * cell[k] + logistic(gate(0, k)) * gate(2, k).tanh())
                .collect();
            next_hidden.push((0..width).map(|k| logistic(gate(3, k)) * cell[k].tanh()).collect());
            next_cell.push(cell);
        }
        carried.lstm = Some((Rows::clone(&next_hidden), next_cell));
        next_hidden
    }
}

/// `rows · w + b`.
fn product(rows: &Rows, w: &[f64], b: &[f64]) -> Rows {
    let n_out = b.len();
    let of_row = |row: &Vec<f64>| {
        let sum = |k: usize| {
            row.iter().enumerate().map(|(i, v)| v * w[i * n_out + k]).sum::<f64>() + b[k]
        };
        (0..n_out).map(sum).collect()
    };
    rows.iter().map(of_row).collect()
}

fn softmax(logits: &[f64]) -> Vec<f64> {
    let all: f64 = logits.iter().map(|v| v.exp()).sum();
    logits.iter().map(|v| v.exp() / all).collect()
}
