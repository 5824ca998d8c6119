//! Edges that are given instead of inferred: the connectome, and the controls that say what a
//! graph's structure, or its being inferred, is worth.

use crate::network::NetworkInputs;
use burn::module::Param;
use burn::tensor::{Device, Tensor};
use nervering_nn::init::untrained;
use rand::{Rng, RngExt};

/// Where given edges come from. Weights are taken as they are, `w[receiver, sender]`, and stay as
/// they are in training.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GivenEdges {
    /// A connectome, from [`NetworkInputs::adjacency`]. Best with self edges and then with rows
    /// that add up to 1 over senders: in White 1986 RMED, RMEL and RMER are connected to none of
    /// the paper's other neurons, and would hear nothing without self edges.
    Connectome,
    /// The same with its edges moved, from [`NetworkInputs::adjacency`].
    Shuffled,
    /// Drawn anew for every fit: each weight uniformly from [0, 1), self edges included, each row
    /// then divided by its sum.
    Random,
    /// Every neuron hears all n, itself included, with weight 1 / n.
    Uniform,
    /// Every neuron hears itself alone, with weight 1: no message passes.
    SelfOnly,
}

impl GivenEdges {
    /// Whether [`NetworkInputs::adjacency`] must hold them.
    pub fn are_from_outside(self) -> bool {
        matches!(self, Self::Connectome | Self::Shuffled)
    }

    /// `[replica, receiver, sender]`.
    ///
    /// # Panics
    /// When they must come from outside and are not there, or are not one per pair of neurons.
    pub(crate) fn init<R: Rng>(
        self,
        inputs: &NetworkInputs,
        rngs: &mut [R],
        device: &Device,
    ) -> Param<Tensor<3>> {
        let n = inputs.sizes.n_neurons;
        let same = |of_replica: Vec<f32>| of_replica.repeat(rngs.len());
        let values = match self {
            Self::Connectome | Self::Shuffled => {
                let given = inputs.adjacency.as_ref().expect("edges from outside");
                assert_eq!(given.len(), n * n, "edges given, one per pair of {n} neurons expected");
                same(given.to_vec())
            }
            Self::Uniform => same(vec![1. / n as f32; n * n]),
            Self::SelfOnly => same((0..n * n).map(|k| f32::from(k / n == k % n)).collect()),
            Self::Random => rngs.iter_mut().flat_map(|rng| random(n, rng)).collect(),
        };
        untrained(values, [rngs.len(), n, n], device)
    }
}

fn random<R: Rng>(n: usize, rng: &mut R) -> Vec<f32> {
    let mut weights: Vec<f32> = (0..n * n).map(|_| rng.random::<f32>()).collect();
    for row in weights.chunks_exact_mut(n) {
        let sum: f32 = row.iter().sum();
        row.iter_mut().for_each(|w| *w /= sum);
    }
    weights
}
