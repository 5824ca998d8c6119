//! Phase oscillators (Kuramoto 1975), as Kipf et al. 2018 simulate them (appendix, eq. 16):
//! `dφ_i/dt = ω_i + Σ_j k_ij sin(φ_j − φ_i)`, fourth-order Runge–Kutta, subsampled; the features of an
//! oscillator are dφ/dt, sin φ and its own frequency ω.
//!
//! Where we differ: their eq. 16 has sin(φ_i − φ_j), by which coupled phases would flee each other;
//! the sign here is Kuramoto's, by which they lock. And since a network here is seen in many
//! trajectories, its frequencies belong to it, as its couplings do; only phases begin anew.

use super::{Direction, TrueGraph, check};
use crate::SimulateError;
use rand::{Rng, RngExt};
use std::f64::consts::TAU;
use std::ops::Range;

/// Which oscillators, and how they are integrated.
#[derive(Debug, Clone, PartialEq)]
pub struct KuramotoConfig {
    /// Oscillators, 3 to 100. Default 5.
    pub n_oscillators: usize,
    /// Probability that a pair is coupled, 0.01 to 0.99. Default 0.5.
    pub probability: f64,
    /// k of a coupled pair, above 0 and at most 100. Default 1.
    pub coupling: f64,
    /// From which intrinsic frequencies are drawn, radians per unit of time, within 0 to 1,000.
    /// Default 1 to 10.
    pub frequencies: Range<f64>,
    /// Time of a step of integration, above 0 and at most 0.1. Default 0.01.
    pub step: f64,
    /// Steps from one frame to the next, 1 to 100,000. Default 10.
    pub steps_per_frame: usize,
}

impl Default for KuramotoConfig {
    fn default() -> Self {
        Self {
            n_oscillators: 5,
            probability: 0.5,
            coupling: 1.,
            frequencies: 1.0..10.,
            step: 0.01,
            steps_per_frame: 10,
        }
    }
}

/// Oscillators of which frequencies and couplings are known.
#[derive(Debug, Clone, PartialEq)]
pub struct Kuramoto {
    config: KuramotoConfig,
    graph: TrueGraph,
    frequencies: Vec<f64>,
}

impl KuramotoConfig {
    /// Draws frequencies and couplings.
    ///
    /// # Errors
    /// [`SimulateError`] for a setting outside its range.
    pub fn network(&self, rng: &mut impl Rng) -> Result<Kuramoto, SimulateError> {
        let Self { coupling, ref frequencies, step, steps_per_frame, .. } = *self;
        check(coupling > 0. && coupling <= 100., "coupling", coupling, "above 0, at most 100")?;
        let sound = frequencies.start >= 0. && frequencies.end <= 1000. && !frequencies.is_empty();
        let found = format!("{} to {}", frequencies.start, frequencies.end);
        check(sound, "frequencies", found, "an ascending range within 0 to 1000")?;
        check(step > 0. && step <= 0.1, "step", step, "above 0, at most 0.1")?;
        let sound = (1..=100_000).contains(&steps_per_frame);
        check(sound, "steps_per_frame", steps_per_frame, "1 to 100000")?;
        let (n, probability) = (self.n_oscillators, self.probability);
        let graph = TrueGraph::draw(n, "n_oscillators", Direction::Symmetric, probability, rng)?;
        let frequencies = (0..n).map(|_| rng.random_range(frequencies.clone())).collect();
        Ok(Kuramoto { config: self.clone(), graph, frequencies })
    }
}

impl Kuramoto {
    /// Who is coupled to whom.
    pub fn graph(&self) -> &TrueGraph {
        &self.graph
    }

    /// Intrinsic frequencies, radians per unit of time.
    pub fn frequencies(&self) -> &[f64] {
        &self.frequencies
    }

    /// dφ/dt, sin φ and ω of every oscillator from phases drawn anew,
    /// `[frame, oscillator, feature]`.
    pub fn trajectory(&self, n_frames: usize, rng: &mut impl Rng) -> Vec<f64> {
        let mut phases: Vec<f64> =
            self.frequencies.iter().map(|_| rng.random_range(0.0..TAU)).collect();
        let mut values = Vec::with_capacity(n_frames * phases.len() * 3);
        for frame in 0..n_frames {
            if frame > 0 {
                (0..self.config.steps_per_frame).for_each(|_| self.advance(&mut phases));
            }
            for ((speed, phase), omega) in
                self.speeds(&phases).iter().zip(&phases).zip(&self.frequencies)
            {
                values.extend([*speed, phase.sin(), *omega]);
            }
        }
        values
    }

    /// dφ/dt at phases.
    fn speeds(&self, phases: &[f64]) -> Vec<f64> {
        let speed = |(node, omega): (usize, &f64)| {
            let pulls = self.graph.senders(node).map(|other| (phases[other] - phases[node]).sin());
            omega + self.config.coupling * pulls.sum::<f64>()
        };
        self.frequencies.iter().enumerate().map(speed).collect()
    }

    /// One step of the classical Runge–Kutta method.
    fn advance(&self, phases: &mut [f64]) {
        let step = self.config.step;
        let moved = |by: f64, speeds: &[f64]| -> Vec<f64> {
            phases.iter().zip(speeds).map(|(phase, speed)| phase + by * speed).collect()
        };
        let first = self.speeds(phases);
        let second = self.speeds(&moved(step / 2., &first));
        let third = self.speeds(&moved(step / 2., &second));
        let fourth = self.speeds(&moved(step, &third));
        for (node, phase) in phases.iter_mut().enumerate() {
            let sum = first[node] + 2. * (second[node] + third[node]) + fourth[node];
            *phase += step / 6. * sum;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    /// Three oscillators of which exactly one pair is coupled, and that pair.
    fn one_pair(frequencies: Range<f64>) -> (Kuramoto, [usize; 3]) {
        let config = KuramotoConfig { n_oscillators: 3, frequencies, ..KuramotoConfig::default() };
        let mut networks =
            (0..100).map(|seed| config.network(&mut ChaCha8Rng::seed_from_u64(seed)).unwrap());
        let network = networks.find(|n| n.graph.n_edges() == 2).unwrap();
        let a = (0..3).find(|&a| network.graph.senders(a).next().is_some()).unwrap();
        let b = network.graph.senders(a).next().unwrap();
        (network, [a, b, 3 - a - b])
    }

    #[test]
    fn two_coupled_oscillators_lock_where_theory_says() {
        // sin(φ_b − φ_a) = (ω_b − ω_a) / 2k, and both go at the mean frequency.
        let (network, [a, b, alone]) = one_pair(4.0..5.5);
        let mut phases = vec![0.3, 1.9, 4.];
        (0..5000).for_each(|_| network.advance(&mut phases));
        let omega = network.frequencies();
        assert!(omega[a] != omega[b]);
        let lag = (phases[b] - phases[a]).sin();
        assert!((lag - (omega[b] - omega[a]) / 2.).abs() < 1e-9, "{lag}");
        let speeds = network.speeds(&phases);
        assert!((speeds[a] - speeds[b]).abs() < 1e-9);
        assert!((speeds[a] - (omega[a] + omega[b]) / 2.).abs() < 1e-9);
        assert_eq!(speeds[alone], omega[alone]);
        let mut later = phases.clone();
        network.advance(&mut later);
        assert!((later[alone] - phases[alone] - 0.01 * omega[alone]).abs() < 1e-9);
    }

    #[test]
    fn oscillators_too_far_apart_do_not_lock() {
        let (mut network, [a, b, _]) = one_pair(4.0..5.5);
        network.frequencies[a] = 1.;
        network.frequencies[b] = 9.;
        let mut phases = vec![0.; 3];
        (0..10_000).for_each(|_| network.advance(&mut phases));
        assert!(phases[b] - phases[a] > 500., "they drift apart");
    }

    #[test]
    fn halving_the_step_cuts_the_error_by_sixteen() {
        let network = |step| {
            let config = KuramotoConfig { step, ..KuramotoConfig::default() };
            config.network(&mut ChaCha8Rng::seed_from_u64(2)).unwrap()
        };
        let after_one = |step: f64| {
            let network = network(step);
            let mut phases: Vec<f64> = (0..5).map(f64::from).collect();
            (0..(1. / step).round() as usize).for_each(|_| network.advance(&mut phases));
            phases
        };
        let truth = after_one(0.001);
        let error = |step: f64| -> f64 {
            after_one(step).iter().zip(&truth).map(|(phase, truth)| (phase - truth).abs()).sum()
        };
        let ratio = error(0.04) / error(0.02);
        assert!((12. ..22.).contains(&ratio), "{ratio}");
    }
}
