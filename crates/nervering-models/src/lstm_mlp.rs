//! The multi-layer perceptron with a memory: "to construct RNN variants, we added an LSTM unit
//! before the MLP", with "burn-in periods of four timesteps": `lstm-mlp`.
//!
//! One unit reads all neurons side by side; the block `g` (without batch norm, as the scripts'
//! readout) and the linear layer follow. The paper does not give the unit's width; ours is that of
//! the other layers. [`nervering_nn::lstm`] says how far back it looks.

use crate::network::{DecodingNetwork, Dimensions, concatenated};
use crate::written::{Extent, Operation, Place, Written};
use burn::module::Module;
use burn::tensor::{Device, Tensor};
use nervering_nn::activation::Activation;
use nervering_nn::block::{MlpBlock, MlpBlockConfig};
use nervering_nn::linear::Linear;
use nervering_nn::lstm::{Cut, Lstm, without_burn_in};
use nervering_nn::ops::Labels;
use nervering_nn::pass::Pass;
use rand::Rng;

/// What an [`LstmMlp`] is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LstmMlpConfig {
    /// Units of the memory and of every layer.
    pub width: usize,
    /// After each layer of the block.
    pub activation: Activation,
}

impl LstmMlpConfig {
    /// In the frame of the scripts' networks.
    pub fn scripts() -> Self {
        Self { width: 16, activation: Activation::Elu }
    }

    /// One replica per generator.
    pub fn init<R: Rng>(self, sizes: Dimensions, rngs: &mut [R], device: &Device) -> LstmMlp {
        let Self { width, activation } = self;
        let block = MlpBlockConfig { n_in: width, width, activation, batch_norm: false };
        LstmMlp {
            lstm: Lstm::new(sizes.n_neurons * sizes.n_features, width, rngs, device),
            readout: block.init(rngs, device),
            out: Linear::new(width, sizes.n_classes, rngs, device),
        }
    }
}

/// The multi-layer perceptron with a memory.
#[derive(Module, Debug)]
pub struct LstmMlp {
    lstm: Lstm,
    readout: MlpBlock,
    out: Linear,
}

impl DecodingNetwork for LstmMlp {
    fn hidden(&self, pass: &Pass, x: Tensor<4>) -> Tensor<3> {
        let all_neurons = concatenated(x).unsqueeze_dim(2);
        let state = self.lstm.forward(pass, Cut::WINDOWS, all_neurons).squeeze_dim(2);
        self.readout.forward(pass, state, 1)
    }

    fn readout(&self) -> &Linear {
        &self.out
    }

    fn write(&self, to: &mut Written, x: Place) -> Place {
        let all = to.add(Operation::SideBySide, &[x]);
        let state = to.lstm("lstm", Extent::Recording(Cut::WINDOWS), all);
        let hidden = to.block("readout", &self.readout, state);
        to.dense("out", hidden)
    }

    fn edges(&self, _: &Pass, _: Tensor<4>) -> Option<Tensor<3>> {
        None
    }

    fn counted(&self, pass: &Pass, labels: &Labels) -> Labels {
        without_burn_in(&pass.runs(), labels)
    }
}
