//! The graph network whose graph is free: `gnn-free`. Every ordered pair of neurons has a weight of its own,
//! the logistic function of a number that is trained as any other parameter; one graph for all animals.
//!
//! The paper's encoder infers edges from states averaged over time, which hold no identity of a pair: on
//! systems with a known graph it is at chance by construction. Here nothing is inferred. And where the paper
//! sends a neuron's state as it is, messages are made of both ends, `e_ij = g_e([x_i ‖ x_j])`, as in Kipf et al.
//! (2018): a force between two points is a function of both. `m_i = Σ_{j ≠ i} w_ij e_ij`, and the block `g` and a
//! linear layer turn `[x_i ‖ m_i]` into the increment: Markovian, since a decoder that sees the increment before
//! needs no edges. No neuron hears itself, which is beside its messages anyway.

use super::TrajectoryConfig;
use crate::forecast::{ForecastingNetwork, Increment};
use crate::network::Dimensions;
use crate::written::{Operation, Place, Written};
use burn::module::{Module, Param};
use burn::tensor::activation::sigmoid;
use burn::tensor::{Device, Tensor};
use nervering_nn::block::MlpBlock;
use nervering_nn::edges::EdgeWeights;
use nervering_nn::init::free;
use nervering_nn::linear::Linear;
use nervering_nn::pass::Pass;
use rand::Rng;

/// The graph network whose graph is free.
#[derive(Module, Debug)]
pub struct TrajectoryFree {
    /// Logits, `[replica, receiver, sender]`.
    free: Param<Tensor<3>>,
    edge: MlpBlock,
    message: MlpBlock,
    out: Linear,
    #[module(skip)]
    increment: Increment,
}

impl TrajectoryFree {
    /// One replica per generator.
    pub fn new<R: Rng>(
        config: TrajectoryConfig,
        sizes: Dimensions,
        rngs: &mut [R],
        device: &Device,
    ) -> Self {
        let Dimensions { n_neurons, n_features, .. } = sizes;
        Self {
            free: free(n_neurons, rngs.len(), device),
            edge: config.block(2 * n_features).init(rngs, device),
            message: config.block(n_features + config.width).init(rngs, device),
            out: config.out(n_features, rngs, device),
            increment: config.increment,
        }
    }

    /// `[replica, receiver, sender]`, 0 from each neuron to itself.
    fn weights(&self) -> EdgeWeights {
        EdgeWeights::Static(sigmoid(self.free.val())).without_self_edges()
    }
}

impl ForecastingNetwork for TrajectoryFree {
    type Memory = ();

    fn next(&self, pass: &Pass, x: Tensor<4>, (): &mut ()) -> Tensor<4> {
        let [n_replicas, n_sequences, n, _] = x.dims();
        let pairs = self.edge.forward_pairs(pass, &pass.frames, x.clone(), |pairs| pairs);
        let width = pairs.dims()[2];
        let pairs = pairs.reshape([n_replicas, n_sequences, n * n, width]);
        let weights = self.weights().mean_over_frames(&pass.frames);
        let weighted = pairs * weights.reshape([n_replicas, 1, n * n, 1]);
        let by_sender = weighted.reshape([n_replicas, n_sequences * n, n, width]);
        let messages = by_sender.sum_dim(2).reshape([n_replicas, n_sequences, n, width]);
        let hidden = self.message.forward_nodes(pass, Tensor::cat(vec![x.clone(), messages], 3));
        self.increment.added_to(x, self.out.forward_nodes(hidden))
    }

    fn write(&self, to: &mut Written, x: Place) -> Place {
        let free = to.add(Operation::Parameter { name: to.name("free") }, &[]);
        let weights = to.add(Operation::Sigmoid, &[free]);
        let weights = to.add(Operation::WithoutSelf, &[weights]);
        let pairs = to.add(Operation::Pairs, &[x]);
        let pairs = to.block("edge", &self.edge, pairs);
        let messages = to.add(Operation::MixPairs, &[weights, pairs]);
        let beside = to.add(Operation::Join, &[x, messages]);
        let hidden = to.block("message", &self.message, beside);
        let raw = to.dense("out", hidden);
        self.increment.write(to, x, raw)
    }

    fn edges(&self, pass: &Pass, _: Tensor<4>, (): &mut ()) -> Option<Tensor<3>> {
        Some(self.weights().mean_over_frames(&pass.frames))
    }
}
