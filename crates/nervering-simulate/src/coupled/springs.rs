//! Particles in a box, pairs of them joined by springs: Kipf et al. 2018, section 5.1.
//!
//! Every particle has mass 1 and a position and velocity in the plane; two that are joined attract
//! each other by Hooke's law, `F_ij = −k (r_i − r_j)`; walls reflect without loss. Integrated by
//! leapfrog and subsampled. Positions begin normally distributed, velocities with one speed in any
//! direction. Numbers are those of the paper and its published program.
//!
//! Where we differ: the velocity is kept at the same instant as the position (kick, drift, kick),
//! where the published program keeps it half a step ahead, and nothing is clipped, since no force
//! comes near their limit.

use super::{Direction, TrueGraph, check};
use crate::SimulateError;
use rand::Rng;
use rand_distr::{Distribution, StandardNormal};

/// Which particles, and how they are integrated.
#[derive(Debug, Clone, PartialEq)]
pub struct SpringsConfig {
    /// Particles, 3 to 100. Default 5.
    pub n_particles: usize,
    /// Probability that a pair is joined, 0.01 to 0.99. Default 0.5.
    pub probability: f64,
    /// Force per distance, above 0 and at most 100. Default 0.1.
    pub spring_constant: f64,
    /// Distance of every wall from the middle, above 0. Default 5; `f64::INFINITY` for no walls.
    pub half_width: f64,
    /// Standard deviation of a coordinate at the beginning, above 0. Default 0.5.
    pub position_sd: f64,
    /// Speed at the beginning, above 0. Default 0.5.
    pub speed: f64,
    /// Time of a step of integration, above 0 and at most 0.1. Default 0.001.
    pub step: f64,
    /// Steps from one frame to the next, 1 to 100,000. Default 100.
    pub steps_per_frame: usize,
}

impl Default for SpringsConfig {
    fn default() -> Self {
        Self {
            n_particles: 5,
            probability: 0.5,
            spring_constant: 0.1,
            half_width: 5.,
            position_sd: 0.5,
            speed: 0.5,
            step: 0.001,
            steps_per_frame: 100,
        }
    }
}

/// Particles of which it is known who is joined to whom.
#[derive(Debug, Clone, PartialEq)]
pub struct Springs {
    config: SpringsConfig,
    graph: TrueGraph,
}

/// Positions and velocities in the plane.
struct State {
    positions: Vec<[f64; 2]>,
    velocities: Vec<[f64; 2]>,
}

impl SpringsConfig {
    /// Draws who is joined to whom.
    ///
    /// # Errors
    /// [`SimulateError`] for a setting outside its range.
    pub fn network(&self, rng: &mut impl Rng) -> Result<Springs, SimulateError> {
        let Self { spring_constant, half_width, position_sd, speed, step, .. } = *self;
        let within = |value: f64, most: f64| value > 0. && value <= most;
        check(
            within(spring_constant, 100.),
            "spring_constant",
            spring_constant,
            "above 0, at most 100",
        )?;
        check(within(half_width, f64::INFINITY), "half_width", half_width, "above 0")?;
        check(within(position_sd, half_width), "position_sd", position_sd, "above 0, in the box")?;
        check(within(speed, 1e3), "speed", speed, "above 0, at most 1000")?;
        check(within(step, 0.1), "step", step, "above 0, at most 0.1")?;
        let (found, sound) = (self.steps_per_frame, (1..=100_000).contains(&self.steps_per_frame));
        check(sound, "steps_per_frame", found, "1 to 100000")?;
        let (n, probability) = (self.n_particles, self.probability);
        let graph = TrueGraph::draw(n, "n_particles", Direction::Symmetric, probability, rng)?;
        Ok(Springs { config: self.clone(), graph })
    }
}

impl Springs {
    /// Who is joined to whom.
    pub fn graph(&self) -> &TrueGraph {
        &self.graph
    }

    /// x, y, vx and vy of every particle from a start of its own, `[frame, particle, feature]`.
    pub fn trajectory(&self, n_frames: usize, rng: &mut impl Rng) -> Vec<f64> {
        let mut state = self.start(rng);
        let mut values = Vec::with_capacity(n_frames * self.config.n_particles * 4);
        for frame in 0..n_frames {
            if frame > 0 {
                (0..self.config.steps_per_frame).for_each(|_| self.advance(&mut state));
            }
            for (position, velocity) in state.positions.iter().zip(&state.velocities) {
                values.extend(position);
                values.extend(velocity);
            }
        }
        values
    }

    fn start(&self, rng: &mut impl Rng) -> State {
        let n = self.config.n_particles;
        let mut normal = || -> f64 { StandardNormal.sample(rng) };
        let sd = self.config.position_sd;
        let positions = (0..n).map(|_| [sd * normal(), sd * normal()]).collect();
        let velocity = |_| {
            let (a, b) = (normal(), normal());
            let scale = self.config.speed / f64::hypot(a, b);
            [scale * a, scale * b]
        };
        let velocities = (0..n).map(velocity).collect();
        let mut state = State { positions, velocities };
        self.reflect(&mut state);
        state
    }

    /// One step: half a kick, a drift, walls, and the other half of the kick.
    fn advance(&self, state: &mut State) {
        let step = self.config.step;
        self.kick(state, step / 2.);
        for (position, velocity) in state.positions.iter_mut().zip(&state.velocities) {
            for (r, v) in position.iter_mut().zip(velocity) {
                *r += step * v;
            }
        }
        self.reflect(state);
        self.kick(state, step / 2.);
    }

    fn kick(&self, state: &mut State, time: f64) {
        let k = self.config.spring_constant;
        for (receiver, velocity) in state.velocities.iter_mut().enumerate() {
            for sender in self.graph.senders(receiver) {
                for (axis, v) in velocity.iter_mut().enumerate() {
                    let apart = state.positions[receiver][axis] - state.positions[sender][axis];
                    *v -= time * k * apart;
                }
            }
        }
    }

    /// Puts back what has left the box, and turns its velocity inwards.
    fn reflect(&self, state: &mut State) {
        let wall = self.config.half_width;
        for (position, velocity) in state.positions.iter_mut().zip(&mut state.velocities) {
            for (r, v) in position.iter_mut().zip(velocity) {
                if r.abs() > wall {
                    *r = r.signum() * (2. * wall - r.abs());
                    *v = -r.signum() * v.abs();
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    fn rng(seed: u64) -> ChaCha8Rng {
        ChaCha8Rng::seed_from_u64(seed)
    }

    /// Kinetic energy, and half of k r² for every spring, once.
    fn energy(springs: &Springs, frame: &[f64]) -> f64 {
        let particles: Vec<&[f64]> = frame.chunks_exact(4).collect();
        let mut energy: f64 = particles.iter().map(|p| (p[2] * p[2] + p[3] * p[3]) / 2.).sum();
        for a in 0..particles.len() {
            for b in springs.graph.senders(a).filter(|b| *b < a) {
                let apart = f64::hypot(
                    particles[a][0] - particles[b][0],
                    particles[a][1] - particles[b][1],
                );
                energy += springs.config.spring_constant * apart * apart / 2.;
            }
        }
        energy
    }

    #[test]
    fn energy_stays_without_walls_and_with_them() {
        for (half_width, speed, bound) in [(f64::INFINITY, 0.5, 1e-7), (1., 0.5, 1e-2)] {
            let config = SpringsConfig { half_width, speed, ..SpringsConfig::default() };
            let springs = config.network(&mut rng(4)).unwrap();
            let values = springs.trajectory(100, &mut rng(5));
            let energies: Vec<f64> =
                values.chunks_exact(20).map(|frame| energy(&springs, frame)).collect();
            let drift = |e: &f64| (e / energies[0] - 1.).abs();
            let worst = energies.iter().map(drift).fold(0., f64::max);
            assert!(worst < bound, "{worst:e}, walls at {half_width}");
        }
    }

    #[test]
    fn two_joined_particles_swing_with_the_frequency_of_their_spring() {
        // Between two of mass 1 the distance obeys r'' = −2 k r; a third, alone, goes straight on.
        let config = SpringsConfig { half_width: f64::INFINITY, ..SpringsConfig::default() };
        let mut found = 0;
        for seed in 0..40 {
            let three = SpringsConfig { n_particles: 3, ..config.clone() };
            let springs = three.network(&mut rng(seed)).unwrap();
            if springs.graph.n_edges() != 2 {
                continue;
            }
            found += 1;
            let a = (0..3).find(|&a| springs.graph.senders(a).next().is_some()).unwrap();
            let b = springs.graph.senders(a).next().unwrap();
            let alone = 3 - a - b;
            let values = springs.trajectory(60, &mut rng(seed + 100));
            let at = |frame: usize, node: usize, feature: usize| {
                values[(frame * 3 + node) * 4 + feature]
            };
            let apart = |frame, feature| at(frame, a, feature) - at(frame, b, feature);
            let omega = (2. * 0.1f64).sqrt();
            for frame in 0..60 {
                let t = frame as f64 * 0.1;
                let swung =
                    apart(0, 0) * (omega * t).cos() + apart(0, 2) / omega * (omega * t).sin();
                assert!((apart(frame, 0) - swung).abs() < 1e-6);
                let straight = at(0, alone, 0) + t * at(0, alone, 2);
                assert!((at(frame, alone, 0) - straight).abs() < 1e-9);
            }
        }
        assert!(found > 0);
    }

    #[test]
    fn walls_keep_particles_in() {
        let config = SpringsConfig { half_width: 1., speed: 5., ..SpringsConfig::default() };
        let springs = config.network(&mut rng(1)).unwrap();
        let values = springs.trajectory(200, &mut rng(2));
        assert!(values.chunks_exact(4).all(|p| p[0].abs() <= 1. && p[1].abs() <= 1.));
        let turned = values.chunks_exact(20).any(|frame| frame[2].signum() != values[2].signum());
        assert!(turned, "no wall was hit");
    }
}
