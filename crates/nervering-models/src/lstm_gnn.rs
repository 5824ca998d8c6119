//! The graph network with a memory, as [`lstm_mlp`](crate::lstm_mlp) is to the perceptron:
//! `lstm-gnn`.
//!
//! One unit, shared by the neurons, reads each neuron by itself; its state takes the place of trace
//! and derivative as the node's features in the graph network, so that edges (to forecast, inferred at every
//! step), too, are inferred from it. The paper does not say where in the network its unit stands, or how wide it
//! is; ours is as wide as the other layers.

use crate::body::Body;
use crate::decoding::Decoding;
use crate::forecasting::{Forecasting, TrajectoryConfig};
use crate::gnn::{Gnn, GnnConfig, TrajectoryEdges};
use crate::network::{Dimensions, NetworkInputs};
use crate::written::{Extent, Place, Written};
use burn::module::Module;
use burn::tensor::{Device, Tensor};
use nervering_nn::block::MlpBlock;
use nervering_nn::lstm::{BURN_IN, Cut, Lstm, LstmState};
use nervering_nn::pass::Pass;
use rand::Rng;

/// A memory of each neuron, and the graph network's body behind it.
#[derive(Module, Debug)]
pub struct LstmGnn {
    lstm: Lstm,
    gnn: Gnn,
}

impl LstmGnn {
    /// One replica per generator. The memory is as wide as the graph network.
    ///
    /// # Panics
    /// As [`GnnConfig::init`].
    fn new<R: Rng>(
        gnn: GnnConfig,
        inputs: NetworkInputs,
        rngs: &mut [R],
        device: &Device,
    ) -> (Self, NetworkInputs) {
        let sizes = inputs.sizes;
        let sizes_behind = Dimensions { n_features: gnn.width, ..sizes };
        let behind = NetworkInputs { sizes: sizes_behind, ..inputs };
        let lstm = Lstm::new(sizes.n_features, gnn.width, rngs, device);
        let gnn = gnn.body(&behind, rngs, device);
        (Self { lstm, gnn }, behind)
    }

    /// The network that decodes.
    ///
    /// # Panics
    /// As [`GnnConfig::init`].
    pub fn decoding<R: Rng>(
        gnn: GnnConfig,
        inputs: impl Into<NetworkInputs>,
        rngs: &mut [R],
        device: &Device,
    ) -> Decoding<Self> {
        let (body, behind) = Self::new(gnn, inputs.into(), rngs, device);
        Decoding::of(body, gnn.readout(behind.sizes), behind.sizes, rngs, device)
    }

    /// The network that forecasts.
    pub fn forecasting<R: Rng>(
        config: TrajectoryConfig,
        sizes: Dimensions,
        rngs: &mut [R],
        device: &Device,
    ) -> Forecasting<Self> {
        let gnn = GnnConfig::forecasting(config.layers(), TrajectoryEdges::Dynamic);
        let (body, _) = Self::new(gnn, sizes.into(), rngs, device);
        Forecasting::of_each_node(body, Some(config.width), config, sizes, rngs, device)
    }

    /// The state of every node after one more frame.
    fn remembered(&self, pass: &Pass, x: Tensor<4>, memory: &mut Option<LstmState>) -> Tensor<4> {
        let [n_replicas, n_sequences, n, n_features] = x.dims();
        let rows = x.reshape([n_replicas, n_sequences * n, n_features]);
        let state = self.lstm.step(pass.engine, rows, memory.take());
        let hidden = state.hidden();
        *memory = Some(state);
        let width = hidden.dims()[2];
        hidden.reshape([n_replicas, n_sequences, n, width])
    }
}

impl Body for LstmGnn {
    type Memory = Option<LstmState>;

    fn burn_in(&self) -> usize {
        BURN_IN
    }

    fn heard(&self, pass: &Pass, x: Tensor<4>) -> Tensor<4> {
        self.gnn.heard(pass, self.lstm.forward(pass, Cut::WINDOWS, x))
    }

    fn remember(&self, pass: &Pass, x: Tensor<4>, memory: &mut Self::Memory) {
        self.remembered(pass, x, memory);
    }

    fn heard_next(&self, pass: &Pass, x: Tensor<4>, memory: &mut Self::Memory) -> Tensor<4> {
        let states = self.remembered(pass, x, memory);
        self.gnn.heard_next(pass, states, &mut None)
    }

    fn write(&self, to: &mut Written, extent: Extent, x: Place) -> Place {
        let states = to.lstm("lstm", extent, x);
        to.within("gnn", |to| self.gnn.write(to, extent, states))
    }

    fn read(&self, pass: &Pass, block: &MlpBlock, x: Tensor<4>) -> Tensor<3> {
        self.gnn.read(pass, block, self.lstm.forward(pass, Cut::WINDOWS, x))
    }

    fn edges(&self, pass: &Pass, x: Tensor<4>) -> Option<Tensor<3>> {
        self.gnn.edges(pass, self.lstm.forward(pass, Cut::WINDOWS, x))
    }

    fn edges_next(
        &self,
        pass: &Pass,
        x: Tensor<4>,
        memory: &mut Self::Memory,
    ) -> Option<Tensor<3>> {
        let states = self.remembered(pass, x, memory);
        self.gnn.edges_next(pass, states, &mut None)
    }
}
