//! The graph network with a memory, as [`lstm_mlp`](crate::lstm_mlp) is to the perceptron:
//! `lstm-gnn`.
//!
//! One unit, shared by the neurons, reads each neuron by itself; its state takes the place of trace
//! and derivative as the node's features in the scripts' graph network, so that edges, too, are
//! inferred from it. The paper does not say where in the network its unit stands, or how wide it
//! is; ours is as wide as the other layers.

use crate::gnn::{Gnn, GnnConfig};
use crate::network::{DecodingNetwork, Dimensions, NetworkInputs};
use crate::written::{Extent, Place, Written};
use burn::module::Module;
use burn::tensor::{Device, Tensor};
use nervering_nn::linear::Linear;
use nervering_nn::lstm::{Cut, Lstm, without_burn_in};
use nervering_nn::ops::Labels;
use nervering_nn::pass::Pass;
use rand::Rng;

/// What an [`LstmGnn`] is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LstmGnnConfig {
    /// The network behind the memory, which has its width.
    pub gnn: GnnConfig,
}

impl LstmGnnConfig {
    /// In front of the scripts' network.
    pub fn scripts() -> Self {
        Self { gnn: GnnConfig::scripts() }
    }

    /// One replica per generator.
    ///
    /// # Panics
    /// As [`GnnConfig::init`].
    pub fn init<R: Rng>(
        self,
        inputs: impl Into<NetworkInputs>,
        rngs: &mut [R],
        device: &Device,
    ) -> LstmGnn {
        let NetworkInputs { sizes, adjacency } = inputs.into();
        let width = self.gnn.width;
        let behind = Dimensions { n_features: width, ..sizes };
        LstmGnn {
            lstm: Lstm::new(sizes.n_features, width, rngs, device),
            gnn: self.gnn.init(NetworkInputs { sizes: behind, adjacency }, rngs, device),
        }
    }
}

/// The graph network with a memory.
#[derive(Module, Debug)]
pub struct LstmGnn {
    lstm: Lstm,
    gnn: Gnn,
}

impl DecodingNetwork for LstmGnn {
    fn hidden(&self, pass: &Pass, x: Tensor<4>) -> Tensor<3> {
        self.gnn.hidden(pass, self.lstm.forward(pass, Cut::WINDOWS, x))
    }

    fn readout(&self) -> &Linear {
        self.gnn.readout()
    }

    fn write(&self, to: &mut Written, x: Place) -> Place {
        let states = to.lstm("lstm", Extent::Recording(Cut::WINDOWS), x);
        to.within("gnn", |to| self.gnn.write(to, states))
    }

    fn edges(&self, pass: &Pass, x: Tensor<4>) -> Option<Tensor<3>> {
        self.gnn.edges(pass, self.lstm.forward(pass, Cut::WINDOWS, x))
    }

    fn counted(&self, pass: &Pass, labels: &Labels) -> Labels {
        without_burn_in(&pass.runs(), labels)
    }
}
