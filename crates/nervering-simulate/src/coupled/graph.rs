//! Who is coupled to whom: [`TrueGraph`], drawn at random and known.

use super::check;
use crate::SimulateError;
use rand::{Rng, RngExt};

/// Whether a coupling goes both ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Each ordered pair by itself.
    Directed,
    /// Each pair in both directions, or in neither.
    Symmetric,
}

/// A graph without weights and without couplings of a node to itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrueGraph {
    n_nodes: usize,
    direction: Direction,
    adjacency: Vec<bool>,
}

impl TrueGraph {
    /// Couples every pair with a probability. Drawn again until some pair is coupled and some is
    /// not: a graph of all or none tells nothing about who finds its edges.
    ///
    /// # Errors
    /// [`SimulateError`] unless there are at least three nodes and the probability lies in
    /// [0.01, 0.99].
    pub fn draw(
        n_nodes: usize,
        nodes: &'static str,
        direction: Direction,
        probability: f64,
        rng: &mut impl Rng,
    ) -> Result<Self, SimulateError> {
        check((3..=100).contains(&n_nodes), nodes, n_nodes, "3 to 100")?;
        let sound = (0.01..=0.99).contains(&probability);
        check(sound, "probability", probability, "0.01 to 0.99")?;
        loop {
            let mut graph = Self { n_nodes, direction, adjacency: vec![false; n_nodes * n_nodes] };
            for receiver in 0..n_nodes {
                for sender in 0..n_nodes {
                    let mirrored = direction == Direction::Symmetric && sender < receiver;
                    graph.adjacency[receiver * n_nodes + sender] = match mirrored {
                        true => graph.couples(sender, receiver),
                        false => receiver != sender && rng.random_bool(probability),
                    };
                }
            }
            if (1..n_nodes * (n_nodes - 1)).contains(&graph.n_edges()) {
                return Ok(graph);
            }
        }
    }

    /// Nodes.
    pub fn n_nodes(&self) -> usize {
        self.n_nodes
    }

    /// Whether couplings go both ways.
    pub fn direction(&self) -> Direction {
        self.direction
    }

    /// Row-major `[receiver, sender]`, as inferred weights are; nothing on the diagonal.
    pub fn adjacency(&self) -> &[bool] {
        &self.adjacency
    }

    /// Whether `receiver` is moved by `sender`.
    pub fn couples(&self, receiver: usize, sender: usize) -> bool {
        self.adjacency[receiver * self.n_nodes + sender]
    }

    /// Ordered pairs that are coupled.
    pub fn n_edges(&self) -> usize {
        self.adjacency.iter().filter(|coupled| **coupled).count()
    }

    /// The senders that move a node.
    pub(super) fn senders(&self, receiver: usize) -> impl Iterator<Item = usize> + '_ {
        (0..self.n_nodes).filter(move |&sender| self.couples(receiver, sender))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn pairs_are_coupled_as_often_as_asked_and_never_with_themselves() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        for direction in [Direction::Directed, Direction::Symmetric] {
            let mut n_edges = 0;
            for _ in 0..200 {
                let graph = TrueGraph::draw(10, "nodes", direction, 0.3, &mut rng).unwrap();
                let pairs = (0..10).flat_map(|a| (0..10).map(move |b| (a, b)));
                let symmetric =
                    pairs.clone().all(|(a, b)| graph.couples(a, b) == graph.couples(b, a));
                assert_eq!(symmetric, direction == Direction::Symmetric);
                assert!((0..10).all(|node| !graph.couples(node, node)));
                n_edges += graph.n_edges();
            }
            let share = n_edges as f64 / (200. * 90.);
            assert!((share - 0.3).abs() < 0.02, "{share}");
        }
    }

    #[test]
    fn a_graph_has_both_a_pair_that_is_coupled_and_one_that_is_not() {
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        for probability in [0.01, 0.99] {
            let graph =
                TrueGraph::draw(3, "nodes", Direction::Symmetric, probability, &mut rng).unwrap();
            assert!((1..6).contains(&graph.n_edges()));
        }
    }
}
