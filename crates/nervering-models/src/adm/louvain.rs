//! Communities of a weighted graph, by the Louvain method (Blondel et al., *J. Stat. Mech.* 2008,
//! P10008), with the resolution γ of Reichardt & Bornholdt (*Phys. Rev. E* 74:016110, 2006).
//!
//! The method depends on the order in which nodes are visited. The source draws ten orders at random;
//! here they are ten fixed ones, and the partition of highest modularity is taken, of equals the
//! first. Graphs are dense: one weight per pair.

/// Orders in which nodes are visited. Source: 10.
const N_ATTEMPTS: usize = 10;
/// Gains below this are rounding.
const LEAST_GAIN: f64 = 1e-10;

/// A symmetric graph: weights `[node, node]`, none below 0.
struct Graph {
    n: usize,
    weights: Vec<f64>,
    /// Sum of each node's weights.
    degrees: Vec<f64>,
    /// Sum of all weights.
    total: f64,
}

impl Graph {
    fn new(n: usize, weights: Vec<f64>) -> Self {
        let degrees: Vec<f64> = weights.chunks_exact(n).map(|row| row.iter().sum()).collect();
        let total = degrees.iter().sum();
        Self { n, weights, degrees, total }
    }

    fn row(&self, node: usize) -> &[f64] {
        &self.weights[node * self.n..][..self.n]
    }

    /// Q = Σ over pairs of one community of (weight − γ · degree · degree / total) / total.
    fn modularity(&self, community: &[usize], resolution: f64) -> f64 {
        let mut inside = 0.;
        let mut degrees = vec![0.; self.n];
        for (node, &own) in community.iter().enumerate() {
            let same = self.row(node).iter().zip(community).filter(|&(_, &other)| other == own);
            inside += same.map(|(weight, _)| weight).sum::<f64>();
            degrees[own] += self.degrees[node];
        }
        let expected = degrees.iter().map(|degree| degree * degree).sum::<f64>() / self.total;
        (inside - resolution * expected) / self.total
    }

    /// Moves single nodes to the community that gains most, until none gains.
    fn move_nodes(&self, resolution: f64, attempt: usize) -> Vec<usize> {
        let mut community: Vec<usize> = (0..self.n).collect();
        let mut degrees = self.degrees.clone();
        let mut links = vec![0.; self.n];
        loop {
            let mut moved = false;
            for node in visits(self.n, attempt) {
                let own = community[node];
                links.fill(0.);
                for (&weight, &other) in self.row(node).iter().zip(&community) {
                    links[other] += weight;
                }
                links[own] -= self.row(node)[node];
                degrees[own] -= self.degrees[node];
                let pull = resolution * self.degrees[node] / self.total;
                let gain = |to: usize| links[to] - pull * degrees[to];
                let (mut best, mut best_gain) = (own, gain(own));
                for &to in &community {
                    if gain(to) > best_gain + LEAST_GAIN * self.total / self.n as f64 {
                        (best, best_gain) = (to, gain(to));
                    }
                }
                degrees[best] += self.degrees[node];
                community[node] = best;
                moved |= best != own;
            }
            if !moved {
                return community;
            }
        }
    }

    /// The graph of which each community is a node.
    fn merged(&self, community: &[usize], n: usize) -> Self {
        let mut weights = vec![0.; n * n];
        for (node, &from) in community.iter().enumerate() {
            for (weight, &to) in self.row(node).iter().zip(community) {
                weights[from * n + to] += weight;
            }
        }
        Self::new(n, weights)
    }
}

/// All nodes, in an order of the attempt's own: in steps that share no factor with their number.
fn visits(n: usize, attempt: usize) -> impl Iterator<Item = usize> {
    let coprime = |step: &usize| {
        let (mut a, mut b) = (*step, n);
        while b > 0 {
            (a, b) = (b, a % b);
        }
        a == 1
    };
    // the golden section spreads the steps over the numbers up to n
    let wanted = 1 + ((attempt as f64 * 0.618_033_988_749_894_9).fract() * n as f64) as usize;
    let step = (wanted..).find(coprime).unwrap_or(1);
    (0..n).map(move |i| (i * step + attempt) % n)
}

/// Numbers communities from 0 in the order in which they appear.
pub(super) fn renumbered(community: &[usize]) -> (Vec<usize>, usize) {
    let mut names: Vec<usize> = Vec::new();
    let mut number = |name: usize| {
        names.iter().position(|&known| known == name).unwrap_or_else(|| {
            names.push(name);
            names.len() - 1
        })
    };
    let numbered = community.iter().map(|&name| number(name)).collect();
    (numbered, names.len())
}

/// The community of each of `n` nodes, numbered from 0 in the order of appearance; `weights` are
/// symmetric, `[node, node]`, and not below 0.
pub(super) fn louvain(n: usize, weights: Vec<f64>, resolution: f64) -> Vec<usize> {
    let graph = Graph::new(n, weights);
    if graph.total <= 0. {
        return (0..n).collect();
    }
    let attempt = |attempt| {
        let (mut community, mut n_communities) = renumbered(&graph.move_nodes(resolution, attempt));
        loop {
            let merged = graph.merged(&community, n_communities);
            let (of_merged, n_fewer) = renumbered(&merged.move_nodes(resolution, attempt));
            if n_fewer == n_communities {
                return (graph.modularity(&community, resolution), community);
            }
            community.iter_mut().for_each(|community| *community = of_merged[*community]);
            n_communities = n_fewer;
        }
    };
    let better = |a: (f64, _), b: (f64, _)| if b.0 > a.0 { b } else { a };
    let best = (0..N_ATTEMPTS).map(attempt).reduce(better);
    best.map_or(Vec::new(), |(_, community)| renumbered(&community).0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Groups of the given sizes: weight 1 within, `between` across, a little uneven.
    fn planted(sizes: &[usize], between: f64) -> (Vec<usize>, Vec<f64>) {
        let group: Vec<usize> =
            sizes.iter().enumerate().flat_map(|(k, &size)| std::iter::repeat_n(k, size)).collect();
        let n = group.len();
        let weight = |(a, b): (usize, usize)| {
            let uneven = 0.8 + ((a.min(b) * 7 + a.max(b) * 13) % 11) as f64 / 25.;
            if a == b {
                0.
            } else if group[a] == group[b] {
                uneven
            } else {
                between * uneven
            }
        };
        let weights = (0..n * n).map(|k| weight((k / n, k % n))).collect();
        (group, weights)
    }

    #[test]
    fn a_planted_partition_is_found() {
        for sizes in [&[20, 20, 20][..], &[40, 12, 25]] {
            let (group, weights) = planted(sizes, 0.1);
            assert_eq!(louvain(group.len(), weights, 1.2), group);
        }
    }

    #[test]
    fn no_partition_of_a_small_graph_is_better() {
        for seed in 0..6usize {
            let n = 7;
            let weight = |a: usize, b: usize| {
                let (a, b) = (a.min(b), a.max(b));
                if a == b { 0. } else { ((a * 31 + b * 17 + seed * 5) % 13) as f64 / 13. }
            };
            let graph = Graph::new(n, (0..n * n).map(|k| weight(k / n, k % n)).collect());
            let found = louvain(n, graph.weights.clone(), 1.2);
            let found = graph.modularity(&found, 1.2);
            // all assignments of seven nodes to up to four communities
            let all = (0..4usize.pow(n as u32)).map(|code| {
                let community: Vec<_> = (0..n as u32).map(|i| code / 4usize.pow(i) % 4).collect();
                graph.modularity(&community, 1.2)
            });
            let best = all.fold(f64::NEG_INFINITY, f64::max);
            assert!(found > best - 1e-9, "seed {seed}: {found}, best {best}");
        }
    }

    #[test]
    fn every_attempt_visits_every_node_once() {
        for n in [1, 2, 12, 97] {
            for attempt in 0..N_ATTEMPTS {
                let mut seen: Vec<_> = visits(n, attempt).collect();
                seen.sort_unstable();
                assert_eq!(seen, (0..n).collect::<Vec<_>>());
            }
        }
    }
}
