//! The multi-layer perceptron with a memory: "to construct RNN variants, we added an LSTM unit
//! before the MLP", with "burn-in periods of four timesteps": `lstm-mlp`.
//!
//! One unit reads all neurons side by side; the block `g` (to decode without batch norm, as the scripts'
//! readout) and the linear layer of `mlp` follow. The paper does not give the unit's width; ours is that of
//! the other layers. [`nervering_nn::lstm`] says how far back it looks in a recording; in a forecast the state is
//! zero before the burn-in, which is its start and the three frames before it.

use crate::body::{Body, Layers, concatenated};
use crate::forecasting::{Forecasting, TrajectoryConfig};
use crate::heads::TwoHeads;
use crate::network::{Dimensions, NetworkInputs};
use crate::written::{Extent, Operation, Place, Written};
use burn::module::Module;
use burn::tensor::{Device, Tensor};
use nervering_nn::block::MlpBlockConfig;
use nervering_nn::lstm::{BURN_IN, Cut, Lstm, LstmState};
use nervering_nn::pass::Pass;
use rand::Rng;

/// A memory of all neurons.
#[derive(Module, Debug)]
pub struct LstmMlp {
    lstm: Lstm,
}

impl TwoHeads for LstmMlp {
    type Chosen = ();

    fn body<R: Rng>(
        layers: Layers,
        (): (),
        inputs: &NetworkInputs,
        rngs: &mut [R],
        device: &Device,
    ) -> Self {
        let n_in = inputs.sizes.n_neurons * inputs.sizes.n_features;
        Self { lstm: Lstm::new(n_in, layers.width, rngs, device) }
    }

    fn readout(layers: Layers, _: Dimensions) -> MlpBlockConfig {
        MlpBlockConfig { batch_norm: false, ..layers.block(layers.width) }
    }

    fn moving<R: Rng>(
        self,
        config: TrajectoryConfig,
        sizes: Dimensions,
        rngs: &mut [R],
        device: &Device,
    ) -> Forecasting<Self> {
        Forecasting::of_all_nodes(self, config.width, config, sizes, rngs, device)
    }
}

impl Body for LstmMlp {
    type Memory = Option<LstmState>;

    fn burn_in(&self) -> usize {
        BURN_IN
    }

    /// One node for all: the state.
    fn heard(&self, pass: &Pass, x: Tensor<4>) -> Tensor<4> {
        self.lstm.forward(pass, Cut::WINDOWS, concatenated(x).unsqueeze_dim(2))
    }

    fn heard_next(&self, pass: &Pass, x: Tensor<4>, memory: &mut Self::Memory) -> Tensor<4> {
        let state = self.lstm.step(pass.engine, concatenated(x), memory.take());
        let hidden = state.hidden();
        *memory = Some(state);
        hidden.unsqueeze_dim(2)
    }

    fn write(&self, to: &mut Written, extent: Extent, x: Place) -> Place {
        let all = to.add(Operation::SideBySide, &[x]);
        to.lstm("lstm", extent, all)
    }

    /// The state of all neurons has no others to stand beside.
    fn write_side_by_side(&self, to: &mut Written, extent: Extent, x: Place) -> Place {
        self.write(to, extent, x)
    }
}
