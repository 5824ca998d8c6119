//! A temporal convolutional network: a linear layer on all neurons of a frame, residual convolutions
//! whose taps stand 1, 2, 4, 8 and 16 frames apart, a linear readout: `tcn` and its causal forms. The same
//! over whichever neurons an animal has is [`any`](crate::any).
//!
//! After Bai, Kolter & Koltun (2018), "An empirical evaluation of generic convolutional and recurrent
//! networks for sequence modeling", without weight normalisation, and with a linear layer behind each
//! convolution. `tcn` looks 31 frames to either side; causal forms look 62 frames back, none ahead. A
//! frame beyond the end of a recording counts as zero, the level of a normalised neuron.

use crate::body::concatenated;
use crate::network::{DecodingNetwork, Dimensions};
use crate::written::{Operation, Place, Written};
use burn::module::Module;
use burn::tensor::{Device, Tensor};
use nervering_nn::linear::Linear;
use nervering_nn::ops::Taps;
use nervering_nn::pass::Pass;
use nervering_nn::temporal::TemporalBlock;
use rand::Rng;

/// Frames from tap to tap, block by block.
pub(crate) const DISTANCES: [usize; 5] = [1, 2, 4, 8, 16];

/// What a [`Tcn`] is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TcnConfig {
    /// Units of every layer.
    pub width: usize,
    /// Which frames its convolutions look at.
    pub taps: Taps,
}

impl TcnConfig {
    /// That looks to either side.
    pub fn centred() -> Self {
        Self { width: 32, taps: Taps::Centred }
    }

    /// That looks back.
    pub fn causal() -> Self {
        Self { width: 32, taps: Taps::Past }
    }

    /// Frames that it looks back and ahead.
    pub fn receptive_field(self) -> [usize; 2] {
        let reach: usize = DISTANCES.iter().sum();
        match self.taps {
            Taps::Centred => [reach, reach],
            Taps::Past => [2 * reach, 0],
        }
    }

    /// One replica per generator.
    pub fn init<R: Rng>(self, sizes: Dimensions, rngs: &mut [R], device: &Device) -> Tcn {
        let Self { width, taps } = self;
        Tcn {
            input: Linear::new(sizes.n_neurons * sizes.n_features, width, rngs, device),
            blocks: DISTANCES.map(|_| TemporalBlock::new(width, rngs, device)).into(),
            out: Linear::new(width, sizes.n_classes, rngs, device),
            taps,
        }
    }
}

/// The temporal convolutional network.
#[derive(Module, Debug)]
pub struct Tcn {
    input: Linear,
    blocks: Vec<TemporalBlock>,
    out: Linear,
    #[module(skip)]
    taps: Taps,
}

impl DecodingNetwork for Tcn {
    fn hidden(&self, pass: &Pass, x: Tensor<4>) -> Tensor<3> {
        let mut x = self.input.of_frames(pass, concatenated(x));
        for (place, (block, distance)) in self.blocks.iter().zip(DISTANCES).enumerate() {
            x = block.forward(pass, x, self.taps, distance, place as u32);
        }
        x
    }

    fn readout(&self) -> &Linear {
        &self.out
    }

    fn write(&self, to: &mut Written, x: Place) -> Place {
        let all = to.add(Operation::SideBySide, &[x]);
        let first = to.dense("input", all);
        let hidden = to.temporal_blocks(self.taps, &DISTANCES, first);
        to.dense("out", hidden)
    }

    fn edges(&self, _: &Pass, _: Tensor<4>) -> Option<Tensor<3>> {
        None
    }
}
