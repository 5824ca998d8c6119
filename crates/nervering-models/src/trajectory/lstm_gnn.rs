//! The graph network with a memory, as [`lstm_mlp`](super::lstm_mlp) is to the perceptron:
//! `lstm-gnn`.
//!
//! One unit, shared by the neurons, reads each neuron by itself; its state takes the place of trace
//! and derivative as the node's features, so that edges, inferred at every step, and messages come
//! from it. The paper does not say where in the network its unit stands.

use super::TrajectoryConfig;
use super::gnn::{TrajectoryEdges, TrajectoryGnn};
use crate::forecast::ForecastingNetwork;
use crate::network::Dimensions;
use crate::written::{Extent, Place, Written};
use burn::module::Module;
use burn::tensor::{Device, Tensor};
use nervering_nn::lstm::{BURN_IN, Lstm, LstmState};
use nervering_nn::pass::Pass;
use rand::Rng;

/// The graph network with a memory.
#[derive(Module, Debug)]
pub struct TrajectoryLstmGnn {
    lstm: Lstm,
    gnn: TrajectoryGnn,
}

impl TrajectoryLstmGnn {
    /// One replica per generator. The network is the same for any number of neurons.
    pub fn new<R: Rng>(
        config: TrajectoryConfig,
        sizes: Dimensions,
        rngs: &mut [R],
        device: &Device,
    ) -> Self {
        let (n_features, width) = (sizes.n_features, config.width);
        let edges = TrajectoryEdges::Dynamic;
        Self {
            lstm: Lstm::new(n_features, width, rngs, device),
            gnn: TrajectoryGnn::behind(config, edges, [width, n_features], rngs, device),
        }
    }

    /// The state of every node after one more frame.
    fn read(&self, pass: &Pass, x: Tensor<4>, memory: &mut Option<LstmState>) -> Tensor<4> {
        let [n_replicas, n_sequences, n, n_features] = x.dims();
        let rows = x.reshape([n_replicas, n_sequences * n, n_features]);
        let state = self.lstm.step(pass.engine, rows, memory.take());
        let hidden = state.hidden();
        *memory = Some(state);
        let width = hidden.dims()[2];
        hidden.reshape([n_replicas, n_sequences, n, width])
    }
}

impl ForecastingNetwork for TrajectoryLstmGnn {
    type Memory = Option<LstmState>;

    fn burn_in(&self) -> usize {
        BURN_IN
    }

    fn remember(&self, pass: &Pass, x: Tensor<4>, memory: &mut Self::Memory) {
        self.read(pass, x, memory);
    }

    fn next(&self, pass: &Pass, x: Tensor<4>, memory: &mut Self::Memory) -> Tensor<4> {
        let nodes = self.read(pass, x.clone(), memory);
        self.gnn.moved(pass, x, nodes, &mut None)
    }

    fn write(&self, to: &mut Written, x: Place) -> Place {
        let nodes = to.lstm("lstm", Extent::RollOut, x);
        to.within("gnn", |to| self.gnn.write_moved(to, x, nodes))
    }

    fn edges(&self, pass: &Pass, x: Tensor<4>, memory: &mut Self::Memory) -> Option<Tensor<3>> {
        let nodes = self.read(pass, x, memory);
        Some(self.gnn.weights(pass, &nodes, &mut None).mean_over_frames(&pass.frames))
    }
}
