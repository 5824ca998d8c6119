//! A linear network with noise: `x_{t+1} = A x_t + ε`, the system of which a vector autoregression is
//! the true model, and a graph network is not. Random sparse A, directed, scaled to be stable.

use super::{Direction, TrueGraph, check};
use crate::SimulateError;
use rand::{Rng, RngExt};
use rand_distr::{Distribution, StandardNormal};

/// Frames before a trajectory begins, so that it begins in equilibrium: 0.9²⁰⁰ is 10⁻⁹.
const BURN_IN: usize = 200;
/// Matrix squarings behind the spectral radius: A to the power of 2¹².
const SQUARINGS: u32 = 12;

/// Which network.
#[derive(Debug, Clone, PartialEq)]
pub struct LinearConfig {
    /// Nodes, 3 to 100. Default 5, as in the other systems.
    pub n_nodes: usize,
    /// Probability of a coupling from one node to another, 0.01 to 0.99. Default 0.3.
    pub probability: f64,
    /// Largest absolute eigenvalue of A, above 0 and at most 0.95. Default 0.9.
    pub spectral_radius: f64,
    /// Standard deviation of ε, the same for all, above 0 and at most 1,000. Default 1.
    pub noise: f64,
}

impl Default for LinearConfig {
    fn default() -> Self {
        Self { n_nodes: 5, probability: 0.3, spectral_radius: 0.9, noise: 1. }
    }
}

/// A linear network of which A is known.
#[derive(Debug, Clone, PartialEq)]
pub struct Linear {
    config: LinearConfig,
    graph: TrueGraph,
    weights: Vec<f64>,
}

impl LinearConfig {
    /// Draws A: before scaling, 1 from every node to itself, and from 0.5 to 1 of either sign where
    /// nodes are coupled.
    ///
    /// # Errors
    /// [`SimulateError`] for a setting outside its range.
    pub fn network(&self, rng: &mut impl Rng) -> Result<Linear, SimulateError> {
        let Self { n_nodes, probability, spectral_radius, noise } = *self;
        let sound = spectral_radius > 0. && spectral_radius <= 0.95;
        check(sound, "spectral_radius", spectral_radius, "above 0, at most 0.95")?;
        check(noise > 0. && noise <= 1000., "noise", noise, "above 0, at most 1000")?;
        let graph = TrueGraph::draw(n_nodes, "n_nodes", Direction::Directed, probability, rng)?;
        let mut weight = |(at, &coupled): (usize, &bool)| {
            let size = rng.random_range(0.5..1.);
            let sign = if rng.random_bool(0.5) { 1. } else { -1. };
            match (coupled, at / n_nodes == at % n_nodes) {
                (true, _) => sign * size,
                (false, true) => 1.,
                (false, false) => 0.,
            }
        };
        let mut weights: Vec<f64> = graph.adjacency().iter().enumerate().map(&mut weight).collect();
        // With 1 on the diagonal the trace is not 0, and neither is the radius.
        let scale = spectral_radius / radius(&weights, n_nodes);
        weights.iter_mut().for_each(|weight| *weight *= scale);
        Ok(Linear { config: self.clone(), graph, weights })
    }
}

impl Linear {
    /// Who moves whom: the entries of A off the diagonal that are not 0.
    pub fn graph(&self) -> &TrueGraph {
        &self.graph
    }

    /// A, row-major `[receiver, sender]`.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// Values in equilibrium, `[frame, node, 1]`.
    pub fn trajectory(&self, n_frames: usize, rng: &mut impl Rng) -> Vec<f64> {
        let mut x = vec![0.; self.config.n_nodes];
        let mut values = Vec::with_capacity(n_frames * x.len());
        for frame in 0..BURN_IN + n_frames {
            x = self.next(&x, rng);
            if frame >= BURN_IN {
                values.extend(&x);
            }
        }
        values
    }

    fn next(&self, x: &[f64], rng: &mut impl Rng) -> Vec<f64> {
        let mut node = |weights: &[f64]| {
            let noise: f64 = StandardNormal.sample(rng);
            let sum: f64 = weights.iter().zip(x).map(|(weight, x)| weight * x).sum();
            sum + self.config.noise * noise
        };
        self.weights.chunks_exact(x.len()).map(&mut node).collect()
    }
}

/// The spectral radius as the limit of `‖Aᵏ‖^(1/k)` (Gelfand), with k by squaring.
fn radius(matrix: &[f64], n: usize) -> f64 {
    let mut power = matrix.to_vec();
    // ln ‖A^(2^s)‖ of what has been divided out.
    let mut log_norm = 0.;
    for squaring in 0..=SQUARINGS {
        let norm = power.iter().map(|value| value * value).sum::<f64>().sqrt();
        log_norm += norm.ln();
        power.iter_mut().for_each(|value| *value /= norm);
        if squaring < SQUARINGS {
            log_norm *= 2.;
            power = product(&power, &power, n);
        }
    }
    (log_norm / f64::from(1u32 << SQUARINGS)).exp()
}

fn product(a: &[f64], b: &[f64], n: usize) -> Vec<f64> {
    let entry = |at: usize| (0..n).map(|k| a[at / n * n + k] * b[k * n + at % n]).sum();
    (0..n * n).map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn the_radius_of_matrices_whose_eigenvalues_are_known() {
        // Of a rotation by any angle times 0.7; of a triangle; of a nilpotent part beside a number.
        let (s, c) = 1.1f64.sin_cos();
        assert!((radius(&[0.7 * c, -0.7 * s, 0.7 * s, 0.7 * c], 2) - 0.7).abs() < 1e-3);
        assert!((radius(&[0.5, 9., 0., -0.8], 2) - 0.8).abs() < 3e-3);
        assert!((radius(&[0., 1., 0., 0., 0., 0., 0., 0., 0.3], 3) - 0.3).abs() < 1e-3);
    }

    #[test]
    fn regression_on_trajectories_finds_the_weights() {
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        let network = LinearConfig::default().network(&mut rng).unwrap();
        assert!((radius(network.weights(), 5) - 0.9).abs() < 1e-2);
        let values = network.trajectory(40_000, &mut rng);
        // Yule–Walker: A = C₁ C₀⁻¹, by Gauss–Jordan elimination of [C₀ᵀ | C₁ᵀ].
        let moment = |lag: usize, a: usize, b: usize| {
            let n_pairs = values.len() / 5 - lag;
            let pairs = (0..n_pairs).map(|t| values[(t + lag) * 5 + a] * values[t * 5 + b]);
            pairs.sum::<f64>() / n_pairs as f64
        };
        let mut rows: Vec<Vec<f64>> =
            (0..5).map(|a| (0..10).map(|b| moment(b / 5, b % 5, a)).collect()).collect();
        for pivot in 0..5 {
            let lead = rows[pivot][pivot];
            rows[pivot].iter_mut().for_each(|value| *value /= lead);
            let row = rows[pivot].clone();
            for (_, other) in rows.iter_mut().enumerate().filter(|(at, _)| *at != pivot) {
                let factor = other[pivot];
                other.iter_mut().zip(&row).for_each(|(value, of_row)| *value -= factor * of_row);
            }
        }
        for (receiver, sender) in (0..25).map(|at| (at / 5, at % 5)) {
            let (found, truth) =
                (rows[sender][5 + receiver], network.weights[receiver * 5 + sender]);
            assert!((found - truth).abs() < 0.03, "{receiver} {sender}: {found} for {truth}");
            if receiver != sender {
                assert_eq!(truth != 0., network.graph.couples(receiver, sender));
            }
        }
    }

    #[test]
    fn trajectories_begin_in_equilibrium() {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let network = LinearConfig::default().network(&mut rng).unwrap();
        let mut squares = [0.; 2];
        for _ in 0..1500 {
            let values = network.trajectory(50, &mut rng);
            squares[0] += values[..5].iter().map(|x| x * x).sum::<f64>();
            squares[1] += values[245..].iter().map(|x| x * x).sum::<f64>();
        }
        let ratio = squares[1] / squares[0];
        assert!((ratio - 1.).abs() < 0.15, "{ratio}");
    }
}
