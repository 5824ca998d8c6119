//! The paper's networks over time: an encoder of temporal convolutions, shared by the neurons, reads each
//! neuron by itself, and what it says takes the place of trace and derivative as the node's features: in
//! front of the graph network (`tcn-gnn`), so that edges and messages know what a neuron has been
//! doing, and of the perceptron (`tcn-mlp`), which differs from it by the messages alone.

use crate::decoding::Decoding;
use crate::gnn::{Gnn, GnnConfig};
use crate::mlp::{Mlp, MlpConfig};
use crate::network::{DecodingNetwork, Dimensions, NetworkInputs};
use crate::tcn::DISTANCES;
use crate::written::{Place, Written};
use burn::module::{Module, ModuleDisplay};
use burn::tensor::{Device, Tensor};
use nervering_nn::linear::Linear;
use nervering_nn::ops::{Labels, Taps};
use nervering_nn::pass::Pass;
use nervering_nn::temporal::TemporalBlock;
use rand::Rng;

/// What stands behind the encoder, which is as wide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EncodedConfig {
    /// The graph network.
    Gnn(GnnConfig),
    /// The perceptron.
    Mlp(MlpConfig),
}

impl EncodedConfig {
    /// Frames that the encoder looks back and ahead.
    pub fn receptive_field(self) -> [usize; 2] {
        [DISTANCES.iter().sum(); 2]
    }
}

/// A linear layer and residual convolutions over time, the same for every neuron.
#[derive(Module, Debug)]
struct Encoder {
    input: Linear,
    blocks: Vec<TemporalBlock>,
}

impl Encoder {
    fn new<R: Rng>(n_features: usize, width: usize, rngs: &mut [R], device: &Device) -> Self {
        Self {
            input: Linear::new(n_features, width, rngs, device),
            blocks: DISTANCES.map(|_| TemporalBlock::new(width, rngs, device)).into(),
        }
    }

    /// `[replica, frame, neuron, feature]` → `[replica, frame, neuron, width]`.
    fn forward(&self, pass: &Pass, x: Tensor<4>) -> Tensor<4> {
        let [_, n_frames, n, _] = x.dims();
        let of_nodes = &pass.of_each_node(n);
        let mut by_node = self.input.forward(packed(pass, of_nodes, x));
        for (place, (block, distance)) in self.blocks.iter().zip(DISTANCES).enumerate() {
            by_node = block.forward(of_nodes, by_node, Taps::Centred, distance, place as u32);
        }
        unpacked(pass, by_node, [n_frames, n])
    }
}

/// `[replica, frame, node, number]` → `[replica, node · frame, number]`: the present frames of one node after
/// those of the other, and what pads a replica behind them all, so that a replica is the same however far
/// its cohort is padded.
fn packed(pass: &Pass, of_nodes: &Pass, x: Tensor<4>) -> Tensor<3> {
    let [_, _, n, n_features] = x.dims();
    let of_replica = |(r, &present): (usize, &usize)| {
        let of_frames = x.clone().slice([r..r + 1, 0..present, 0..n, 0..n_features]);
        padded(
            of_frames.swap_dims(1, 2).reshape([1, n * present, n_features]),
            1,
            of_nodes.frames.padded(),
        )
    };
    Tensor::cat(pass.frames.present().iter().enumerate().map(of_replica).collect(), 0)
}

/// The way back.
fn unpacked(pass: &Pass, x: Tensor<3>, [n_frames, n]: [usize; 2]) -> Tensor<4> {
    let [_, _, width] = x.dims();
    let of_replica = |(r, &present): (usize, &usize)| {
        let of_nodes = x.clone().slice([r..r + 1, 0..n * present, 0..width]);
        padded(of_nodes.reshape([1, n, present, width]).swap_dims(1, 2), 1, n_frames)
    };
    Tensor::cat(pass.frames.present().iter().enumerate().map(of_replica).collect(), 0)
}

/// With zeros behind it along an axis.
fn padded<const D: usize>(x: Tensor<D>, axis: usize, to: usize) -> Tensor<D> {
    let mut shape = x.dims();
    if shape[axis] == to {
        return x;
    }
    shape[axis] = to - shape[axis];
    let zeros = Tensor::zeros(shape, &x.device());
    Tensor::cat(vec![x, zeros], axis)
}

/// A network behind an encoder over time.
#[derive(Module, Debug)]
pub struct Encoded<N: Module> {
    encoder: Encoder,
    network: N,
}

/// Sizes of the network behind an encoder of so many units.
fn behind(sizes: Dimensions, width: usize) -> Dimensions {
    Dimensions { n_features: width, ..sizes }
}

impl Encoded<Decoding<Gnn>> {
    /// One replica per generator.
    ///
    /// # Panics
    /// As [`GnnConfig::init`].
    pub fn gnn<R: Rng>(
        config: GnnConfig,
        inputs: impl Into<NetworkInputs>,
        rngs: &mut [R],
        device: &Device,
    ) -> Self {
        let inputs = inputs.into();
        let sizes = inputs.sizes;
        let inputs = NetworkInputs { sizes: behind(sizes, config.width), ..inputs };
        let encoder = Encoder::new(sizes.n_features, config.width, rngs, device);
        Self { encoder, network: config.init(inputs, rngs, device) }
    }
}

impl Encoded<Decoding<Mlp>> {
    /// One replica per generator.
    pub fn mlp<R: Rng>(
        config: MlpConfig,
        sizes: Dimensions,
        rngs: &mut [R],
        device: &Device,
    ) -> Self {
        let encoder = Encoder::new(sizes.n_features, config.width, rngs, device);
        Self { encoder, network: config.init(behind(sizes, config.width), rngs, device) }
    }
}

impl<N: DecodingNetwork + ModuleDisplay> DecodingNetwork for Encoded<N> {
    fn hidden(&self, pass: &Pass, x: Tensor<4>) -> Tensor<3> {
        self.network.hidden(pass, self.encoder.forward(pass, x))
    }

    fn readout(&self) -> &Linear {
        self.network.readout()
    }

    fn write(&self, to: &mut Written, x: Place) -> Place {
        let by_node = to.within("encoder", |to| {
            let first = to.dense("input", x);
            to.temporal_blocks(Taps::Centred, &DISTANCES, first)
        });
        to.within("network", |to| self.network.write(to, by_node))
    }

    fn edges(&self, pass: &Pass, x: Tensor<4>) -> Option<Tensor<3>> {
        self.network.edges(pass, self.encoder.forward(pass, x))
    }

    fn counted(&self, pass: &Pass, labels: &Labels) -> Labels {
        self.network.counted(pass, labels)
    }
}
