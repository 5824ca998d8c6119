//! The multi-layer perceptron with a memory: "we added an LSTM unit before the MLP", trained "with
//! burn-in periods of four timesteps": `lstm-mlp`.
//!
//! One unit reads all neurons side by side, the block `g` and the linear layer of `mlp` follow. The
//! paper does not give the unit's width; ours is that of the other layers. The state is zero before
//! the burn-in: the start of a forecast and the three frames before it.

use super::TrajectoryConfig;
use crate::forecast::{ForecastingNetwork, Increment};
use crate::network::{Dimensions, concatenated};
use crate::written::{Extent, Operation, Place, Written};
use burn::module::Module;
use burn::tensor::{Device, Tensor};
use nervering_nn::block::MlpBlock;
use nervering_nn::linear::Linear;
use nervering_nn::lstm::{BURN_IN, Lstm, LstmState};
use nervering_nn::pass::Pass;
use rand::Rng;

/// The multi-layer perceptron with a memory.
#[derive(Module, Debug)]
pub struct TrajectoryLstmMlp {
    lstm: Lstm,
    readout: MlpBlock,
    out: Linear,
    #[module(skip)]
    increment: Increment,
}

impl TrajectoryLstmMlp {
    /// One replica per generator.
    pub fn new<R: Rng>(
        config: TrajectoryConfig,
        sizes: Dimensions,
        rngs: &mut [R],
        device: &Device,
    ) -> Self {
        let n_in = sizes.n_neurons * sizes.n_features;
        let width = config.width;
        Self {
            lstm: Lstm::new(n_in, width, rngs, device),
            readout: config.block(width).init(rngs, device),
            out: config.out(n_in, rngs, device),
            increment: config.increment,
        }
    }

    /// The state after one more frame.
    fn read(&self, pass: &Pass, x: Tensor<4>, memory: &mut Option<LstmState>) -> Tensor<3> {
        let state = self.lstm.step(pass.engine, concatenated(x), memory.take());
        let hidden = state.hidden();
        *memory = Some(state);
        hidden
    }
}

impl ForecastingNetwork for TrajectoryLstmMlp {
    type Memory = Option<LstmState>;

    fn burn_in(&self) -> usize {
        BURN_IN
    }

    fn remember(&self, pass: &Pass, x: Tensor<4>, memory: &mut Self::Memory) {
        self.read(pass, x, memory);
    }

    fn next(&self, pass: &Pass, x: Tensor<4>, memory: &mut Self::Memory) -> Tensor<4> {
        let state = self.read(pass, x.clone(), memory);
        let raw = self.out.forward(self.readout.forward(pass, state, 1)).reshape(x.dims());
        self.increment.added_to(x, raw)
    }

    fn write(&self, to: &mut Written, x: Place) -> Place {
        let all = to.add(Operation::SideBySide, &[x]);
        let state = to.lstm("lstm", Extent::RollOut, all);
        let hidden = to.block("readout", &self.readout, state);
        let raw = to.dense("out", hidden);
        let raw = to.add(Operation::ByNeuron, &[raw, x]);
        self.increment.write(to, x, raw)
    }
}
