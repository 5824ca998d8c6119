//! Random graphs in which every node keeps its number of connections: what a comparison with a
//! connectome must beat, since hubs alone make any two graphs of the same neurons look alike.
//!
//! A step exchanges the targets of two edges, a → b and c → d to a → d and c → b, when that makes no
//! edge to itself and none that exists (Maslov & Sneppen 2002; a refused step counts). Exchanges
//! alone cannot reverse a directed triangle, so a second kind of step does (Rao, Jana & Bandyopadhyay
//! 1996); with both, every graph of the same degrees is reached, and all equally often. A weight
//! stays with the sender of its edge, so that a sender's weights keep their sum too; in undirected
//! graphs it stays with one of the two ends.

use rand::{Rng, RngExt};

/// Whether an edge has a direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Directed,
    /// Listed both ways with the same weight.
    Undirected,
}

/// A weighted graph without edges from a node to itself.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Graph {
    n_nodes: usize,
    direction: Direction,
    /// From, to, weight; an undirected edge stands once.
    edges: Vec<(usize, usize, f64)>,
    /// Place of the edge, row-major `[from, to]`; an undirected edge stands both ways.
    place: Vec<Option<usize>>,
}

/// Steps per edge: with several times their number, nothing of the original order is left.
const STEPS_PER_EDGE: usize = 20;
/// In small graphs most steps are refused.
const MIN_STEPS: usize = 500;

impl Graph {
    /// The graph of the non-zero weights, row-major `[from, to]`, off the diagonal. Undirected if
    /// asked for and the weights are symmetric.
    pub(super) fn new(weights: &[f64], n_nodes: usize, direction: Direction) -> Self {
        let weight = |a: usize, b: usize| weights[a * n_nodes + b];
        let symmetric = || (0..n_nodes).all(|a| (0..a).all(|b| weight(a, b) == weight(b, a)));
        let direction = match direction {
            Direction::Undirected if symmetric() => Direction::Undirected,
            _ => Direction::Directed,
        };
        let place = vec![None; n_nodes * n_nodes];
        let mut graph = Self { n_nodes, direction, edges: Vec::new(), place };
        for a in 0..n_nodes {
            for b in (0..n_nodes).filter(|&b| b != a && weight(a, b) != 0.) {
                if direction == Direction::Directed || a < b {
                    graph.edges.push((a, b, weight(a, b)));
                    graph.set(a, b, Some(graph.edges.len() - 1));
                }
            }
        }
        graph
    }

    /// Weights, row-major `[from, to]`.
    pub(super) fn weights(&self) -> Vec<f64> {
        let weight = |place: &Option<usize>| place.map_or(0., |edge| self.edges[edge].2);
        self.place.iter().map(weight).collect()
    }

    /// A graph of the same degrees, drawn evenly from all of them.
    pub(super) fn rewired(&self, rng: &mut impl Rng) -> Self {
        let mut graph = self.clone();
        if graph.edges.len() > 1 {
            for _ in 0..(STEPS_PER_EDGE * graph.edges.len()).max(MIN_STEPS) {
                graph.exchange(rng);
                if graph.direction == Direction::Directed && graph.n_nodes > 2 {
                    graph.reverse_triangle(rng);
                }
            }
        }
        graph
    }

    fn set(&mut self, a: usize, b: usize, edge: Option<usize>) {
        self.place[a * self.n_nodes + b] = edge;
        if self.direction == Direction::Undirected {
            self.place[b * self.n_nodes + a] = edge;
        }
    }

    fn has(&self, a: usize, b: usize) -> bool {
        self.place[a * self.n_nodes + b].is_some()
    }

    /// Puts an edge elsewhere; its old place must have been cleared.
    fn put(&mut self, edge: usize, a: usize, b: usize) {
        self.edges[edge].0 = a;
        self.edges[edge].1 = b;
        self.set(a, b, Some(edge));
    }

    fn exchange(&mut self, rng: &mut impl Rng) {
        let n_edges = self.edges.len();
        let (x, y) = (rng.random_range(0..n_edges), rng.random_range(0..n_edges));
        let ((a, b, _), (mut c, mut d, _)) = (self.edges[x], self.edges[y]);
        if self.direction == Direction::Undirected && rng.random() {
            (c, d) = (d, c);
        }
        if x == y || a == d || c == b || self.has(a, d) || self.has(c, b) {
            return;
        }
        self.set(a, b, None);
        self.set(c, d, None);
        self.put(x, a, d);
        self.put(y, c, b);
    }

    fn reverse_triangle(&mut self, rng: &mut impl Rng) {
        let mut node = || rng.random_range(0..self.n_nodes);
        let (a, b, c) = (node(), node(), node());
        let around = [(a, b), (b, c), (c, a)];
        let is_triangle = a != b && b != c && c != a;
        if !is_triangle || around.iter().any(|&(x, y)| !self.has(x, y) || self.has(y, x)) {
            return;
        }
        let edges = around.map(|(x, y)| self.place[x * self.n_nodes + y].expect("it has the edge"));
        around.iter().for_each(|&(x, y)| self.set(x, y, None));
        // Each sender turns to the node that sent to it.
        for (edge, (x, y)) in edges.into_iter().zip([(a, c), (b, a), (c, b)]) {
            self.put(edge, x, y);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;
    use std::collections::BTreeMap;

    /// Degrees of a set of ordered pairs: sent and received per node.
    fn degrees(weights: &[f64], n: usize) -> Vec<(usize, usize)> {
        let count = |at: &dyn Fn(usize) -> usize| (0..n).filter(|&j| weights[at(j)] != 0.).count();
        (0..n).map(|i| (count(&|j| i * n + j), count(&|j| j * n + i))).collect()
    }

    /// Draws graphs and checks that each of the same degrees comes equally often. Every pattern of
    /// edges among `pairs` is tried to know how many there are.
    fn assert_even(weights: &[f64], n: usize, direction: Direction, pairs: &[(usize, usize)]) {
        let matrix = |pattern: usize| {
            let mut weights = vec![0.; n * n];
            for (bit, &(a, b)) in pairs.iter().enumerate() {
                if pattern >> bit & 1 == 1 {
                    weights[a * n + b] = 1.;
                    if direction == Direction::Undirected {
                        weights[b * n + a] = 1.;
                    }
                }
            }
            weights
        };
        let wanted = degrees(weights, n);
        let all = (0..1usize << pairs.len()).map(matrix);
        let n_graphs = all.filter(|weights| degrees(weights, n) == wanted).count();
        let graph = Graph::new(weights, n, direction);
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        let n_draws = 60 * n_graphs;
        for _ in 0..n_draws {
            let drawn = graph.rewired(&mut rng).weights();
            assert_eq!(degrees(&drawn, n), wanted);
            *counts.entry(format!("{drawn:?}")).or_default() += 1;
        }
        assert_eq!(counts.len(), n_graphs);
        let expected = n_draws as f64 / n_graphs as f64;
        let chi2: f64 = counts.values().map(|&c| (c as f64 - expected).powi(2) / expected).sum();
        let df = (n_graphs - 1) as f64;
        assert!(
            (chi2 - df).abs() < 4. * (2. * df).sqrt(),
            "χ² {chi2} with {df} degrees of freedom"
        );
    }

    fn graph(n: usize, edges: &[(usize, usize)], direction: Direction) -> Vec<f64> {
        let mut weights = vec![0.; n * n];
        for &(a, b) in edges {
            weights[a * n + b] = 1.;
            if direction == Direction::Undirected {
                weights[b * n + a] = 1.;
            }
        }
        weights
    }

    #[test]
    fn every_directed_graph_of_the_same_degrees_comes_equally_often() {
        let pairs: Vec<_> =
            (0..4).flat_map(|a| (0..4).filter(move |&b| b != a).map(move |b| (a, b))).collect();
        let edges = [(0, 1), (1, 2), (2, 0), (0, 3), (3, 1)];
        let weights = graph(4, &edges, Direction::Directed);
        assert_even(&weights, 4, Direction::Directed, &pairs);
        // A triangle has no other exchange than its reversal.
        let weights = graph(3, &[(0, 1), (1, 2), (2, 0)], Direction::Directed);
        let pairs = [(0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1)];
        assert_even(&weights, 3, Direction::Directed, &pairs);
    }

    #[test]
    fn every_undirected_graph_of_the_same_degrees_comes_equally_often() {
        let pairs: Vec<_> = (0..6).flat_map(|a| (a + 1..6).map(move |b| (a, b))).collect();
        let edges = [(0, 1), (1, 2), (2, 3), (3, 4), (4, 0), (0, 5)];
        let weights = graph(6, &edges, Direction::Undirected);
        assert_even(&weights, 6, Direction::Undirected, &pairs);
    }

    #[test]
    fn a_senders_weights_stay_with_it() {
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        let n = 9;
        let weights: Vec<f64> = (0..n * n)
            .map(|at| if at / n != at % n && rng.random_bool(0.3) { at as f64 } else { 0. })
            .collect();
        let rewired = Graph::new(&weights, n, Direction::Directed).rewired(&mut rng).weights();
        assert_ne!(rewired, weights);
        for a in 0..n {
            let sorted = |weights: &[f64]| {
                let mut of_sender = weights[a * n..(a + 1) * n].to_vec();
                of_sender.sort_by(f64::total_cmp);
                of_sender
            };
            assert_eq!(sorted(&rewired), sorted(&weights));
        }
    }

    #[test]
    fn weights_that_are_not_symmetric_are_directed() {
        let weights = [0., 2., 0., 0.];
        let graph = Graph::new(&weights, 2, Direction::Undirected);
        assert_eq!((graph.direction, graph.weights()), (Direction::Directed, weights.to_vec()));
    }
}
