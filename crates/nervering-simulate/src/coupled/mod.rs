//! Coupled systems whose graph is known: what a network that claims to infer edges is put to the
//! test on.
//!
//! A [`CoupledConfig`] is one of three kinds of systems: springs and phase oscillators as Kipf et al.
//! 2018 have them ("Neural Relational Inference for Interacting Systems", section 5.1 and appendix),
//! and a linear network with noise. [`CoupledConfig::network`] draws a [`CoupledNetwork`], whose
//! [`TrueGraph`] is the truth; [`CoupledNetwork::trajectory`] draws any number of trajectories of it,
//! row-major `[frame, node, feature]`.
//!
//! Kipf et al. draw another graph for every trajectory, which their encoder reads from that
//! trajectory alone. Here all trajectories of a network share one graph, as recordings of one
//! nervous system do.

mod graph;
mod kuramoto;
mod linear;
mod springs;

pub use graph::{Direction, TrueGraph};
pub use kuramoto::{Kuramoto, KuramotoConfig};
pub use linear::{Linear, LinearConfig};
pub use springs::{Springs, SpringsConfig};

use crate::SimulateError;
use rand::Rng;

/// A kind of coupled systems.
#[derive(Debug, Clone, PartialEq)]
pub enum CoupledConfig {
    /// Particles in a box, joined by springs.
    Springs(SpringsConfig),
    /// Phase oscillators.
    Kuramoto(KuramotoConfig),
    /// A stable vector autoregression.
    Linear(LinearConfig),
}

/// One system: who is coupled to whom, and whatever else does not change between trajectories.
#[derive(Debug, Clone, PartialEq)]
pub enum CoupledNetwork {
    /// Particles in a box, joined by springs.
    Springs(Springs),
    /// Phase oscillators.
    Kuramoto(Kuramoto),
    /// A stable vector autoregression.
    Linear(Linear),
}

impl CoupledConfig {
    /// The three kinds with their defaults.
    pub fn all() -> [Self; 3] {
        [
            Self::Springs(SpringsConfig::default()),
            Self::Kuramoto(KuramotoConfig::default()),
            Self::Linear(LinearConfig::default()),
        ]
    }

    /// The name in tables and files.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Springs(_) => "springs",
            Self::Kuramoto(_) => "kuramoto",
            Self::Linear(_) => "linear",
        }
    }

    /// Nodes of the system.
    pub fn n_nodes(&self) -> usize {
        match self {
            Self::Springs(config) => config.n_particles,
            Self::Kuramoto(config) => config.n_oscillators,
            Self::Linear(config) => config.n_nodes,
        }
    }

    /// The features of every node at every frame, in order. Those that never change in a node come
    /// last.
    pub fn features(&self) -> &'static [&'static str] {
        match self {
            Self::Springs(_) => &["x", "y", "vx", "vy"],
            Self::Kuramoto(_) => &["dphi/dt", "sin phi", "omega"],
            Self::Linear(_) => &["x"],
        }
    }

    /// How many of the features change from frame to frame.
    pub fn n_changing_features(&self) -> usize {
        match self {
            Self::Springs(_) => 4,
            Self::Kuramoto(_) => 2,
            Self::Linear(_) => 1,
        }
    }

    /// Draws a network.
    ///
    /// # Errors
    /// [`SimulateError`] for a setting outside the range that its documentation gives.
    pub fn network(&self, rng: &mut impl Rng) -> Result<CoupledNetwork, SimulateError> {
        Ok(match self {
            Self::Springs(config) => CoupledNetwork::Springs(config.network(rng)?),
            Self::Kuramoto(config) => CoupledNetwork::Kuramoto(config.network(rng)?),
            Self::Linear(config) => CoupledNetwork::Linear(config.network(rng)?),
        })
    }
}

impl CoupledNetwork {
    /// Who is coupled to whom.
    pub fn graph(&self) -> &TrueGraph {
        match self {
            Self::Springs(network) => network.graph(),
            Self::Kuramoto(network) => network.graph(),
            Self::Linear(network) => network.graph(),
        }
    }

    /// A trajectory from a start of its own, row-major `[frame, node, feature]` in the units of the
    /// system.
    pub fn trajectory(&self, n_frames: usize, rng: &mut impl Rng) -> Vec<f64> {
        match self {
            Self::Springs(network) => network.trajectory(n_frames, rng),
            Self::Kuramoto(network) => network.trajectory(n_frames, rng),
            Self::Linear(network) => network.trajectory(n_frames, rng),
        }
    }
}

/// Refuses a setting outside its range.
fn check(
    sound: bool,
    field: &'static str,
    found: impl ToString,
    expected: &'static str,
) -> Result<(), SimulateError> {
    match sound {
        true => Ok(()),
        false => Err(SimulateError::Setting { field, found: found.to_string(), expected }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn one_seed_is_one_network_and_one_trajectory() {
        for config in CoupledConfig::all() {
            let draw = |seed| {
                let mut rng = ChaCha8Rng::seed_from_u64(seed);
                let network = config.network(&mut rng).unwrap();
                let trajectory = network.trajectory(20, &mut rng);
                (network, trajectory)
            };
            assert_eq!(draw(1), draw(1));
            assert_ne!(draw(1).1, draw(2).1);
            let (network, trajectory) = draw(3);
            let (n, n_features) = (config.n_nodes(), config.features().len());
            assert_eq!(network.graph().n_nodes(), n);
            assert_eq!(trajectory.len(), 20 * n * n_features);
            assert!(trajectory.iter().all(|value| value.is_finite()), "{}", config.name());
            // Features that are said to change do, and only these.
            for column in 0..n * n_features {
                let of_column = trajectory.iter().skip(column).step_by(n * n_features);
                let changes = of_column.clone().any(|value| value != &trajectory[column]);
                assert_eq!(changes, column % n_features < config.n_changing_features());
            }
        }
    }

    #[test]
    fn a_setting_out_of_range_is_named() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut field = |config: CoupledConfig| match config.network(&mut rng) {
            Err(SimulateError::Setting { field, .. }) => field,
            other => panic!("{other:?}"),
        };
        let springs = SpringsConfig { spring_constant: f64::NAN, ..SpringsConfig::default() };
        assert_eq!(field(CoupledConfig::Springs(springs)), "spring_constant");
        let one = SpringsConfig { n_particles: 2, ..SpringsConfig::default() };
        assert_eq!(field(CoupledConfig::Springs(one)), "n_particles");
        let kuramoto = KuramotoConfig { frequencies: 3.0..2.0, ..KuramotoConfig::default() };
        assert_eq!(field(CoupledConfig::Kuramoto(kuramoto)), "frequencies");
        let linear = LinearConfig { spectral_radius: 1., ..LinearConfig::default() };
        assert_eq!(field(CoupledConfig::Linear(linear)), "spectral_radius");
    }
}
