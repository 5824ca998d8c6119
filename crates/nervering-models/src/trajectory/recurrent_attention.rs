//! The [recurrent graph network with attention](crate::recurrent_attention) that forecasts:
//! `rgnn`, and with a connectome `rgnn-connectome`.
//!
//! Its memory goes on through burn-in and roll-out. What stands around it is what stands around the other
//! message passing here: `g_enc` in front, the block `g` and a linear layer behind.

use super::TrajectoryConfig;
use crate::forecast::{ForecastingNetwork, Increment};
use crate::network::NetworkInputs;
use crate::recurrent_attention::{Cell, Leaning};
use crate::written::{Extent, Place, Written};
use burn::module::Module;
use burn::tensor::{Device, Tensor};
use nervering_nn::block::MlpBlock;
use nervering_nn::edges::EdgeWeights;
use nervering_nn::linear::Linear;
use nervering_nn::lstm::BURN_IN;
use nervering_nn::pass::Pass;
use rand::Rng;

/// The recurrent graph network with attention that forecasts.
#[derive(Module, Debug)]
pub struct TrajectoryRecurrentAttention {
    node: MlpBlock,
    cell: Cell,
    message: MlpBlock,
    out: Linear,
    #[module(skip)]
    increment: Increment,
}

impl TrajectoryRecurrentAttention {
    /// One replica per generator. Without a connectome the network is the same for any number of neurons.
    ///
    /// # Panics
    /// When a connectome is leant to and `inputs` do not hold one number per pair of neurons.
    pub fn new<R: Rng>(
        config: TrajectoryConfig,
        leaning: Leaning,
        inputs: &NetworkInputs,
        rngs: &mut [R],
        device: &Device,
    ) -> Self {
        let (width, n_features) = (config.width, inputs.sizes.n_features);
        Self {
            node: config.block(n_features).init(rngs, device),
            cell: Cell::new(width, leaning, inputs, rngs, device),
            message: config.block(width).init(rngs, device),
            out: config.out(n_features, rngs, device),
            increment: config.increment,
        }
    }

    /// The states after one more frame, and who was listened to.
    fn read(
        &self,
        pass: &Pass,
        x: Tensor<4>,
        memory: &mut Option<Tensor<4>>,
    ) -> (Tensor<4>, Tensor<5>) {
        let f = self.node.forward_nodes(pass, x);
        let (after, weights) = self.cell.step(f, memory.take());
        *memory = Some(after.clone());
        (after, weights)
    }
}

impl ForecastingNetwork for TrajectoryRecurrentAttention {
    type Memory = Option<Tensor<4>>;

    fn burn_in(&self) -> usize {
        BURN_IN
    }

    fn remember(&self, pass: &Pass, x: Tensor<4>, memory: &mut Self::Memory) {
        self.read(pass, x, memory);
    }

    fn next(&self, pass: &Pass, x: Tensor<4>, memory: &mut Self::Memory) -> Tensor<4> {
        let (states, _) = self.read(pass, x.clone(), memory);
        let hidden = self.message.forward_nodes(pass, states);
        self.increment.added_to(x, self.out.forward_nodes(hidden))
    }

    fn write(&self, to: &mut Written, x: Place) -> Place {
        let f = to.block("node", &self.node, x);
        let width = self.out.w.dims()[1];
        let states = self.cell.write(to, width, Extent::RollOut, f);
        let hidden = to.block("message", &self.message, states);
        let raw = to.dense("out", hidden);
        self.increment.write(to, x, raw)
    }

    /// The mean of the heads.
    fn edges(&self, pass: &Pass, x: Tensor<4>, memory: &mut Self::Memory) -> Option<Tensor<3>> {
        let (_, weights) = self.read(pass, x, memory);
        let listening = EdgeWeights::Dynamic(weights.mean_dim(2).squeeze_dim(2));
        Some(listening.mean_over_frames(&pass.frames))
    }
}
