//! The multi-layer perceptron, agnostic to graph structure: eq. 6–7, aggregation by
//! concatenation of the neurons.
//!
//! The text concatenates the features and applies the block `g`. The scripts first encode every
//! neuron by a shared block and leave the batch norm out of the second one.

use crate::network::{DecodingNetwork, Dimensions};
use burn::module::Module;
use burn::tensor::{Device, Tensor};
use nervering_nn::activation::Activation;
use nervering_nn::block::{MlpBlock, MlpBlockConfig};
use nervering_nn::linear::Linear;
use nervering_nn::pass::Pass;
use rand::Rng;

/// What an [`Mlp`] is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MlpConfig {
    /// Hidden units of every layer; 16 in the paper.
    pub width: usize,
    /// ReLU in the text, ELU in the scripts.
    pub activation: Activation,
    /// Whether a shared block encodes each neuron before the concatenation.
    pub node_encoder: bool,
    /// Whether the block after the concatenation is batch-normalised.
    pub readout_norm: bool,
}

impl MlpConfig {
    /// Eq. 6–7 as written.
    pub fn text() -> Self {
        let activation = Activation::Relu;
        Self { width: 16, activation, node_encoder: false, readout_norm: true }
    }

    /// The scripts' architecture.
    pub fn scripts() -> Self {
        let activation = Activation::Elu;
        Self { width: 16, activation, node_encoder: true, readout_norm: false }
    }

    /// One replica per generator.
    pub fn init<R: Rng>(self, sizes: Dimensions, rngs: &mut [R], device: &Device) -> Mlp {
        let Self { width, activation, node_encoder, readout_norm } = self;
        let block = |n_in, batch_norm| MlpBlockConfig { n_in, width, activation, batch_norm };
        let per_neuron = if node_encoder { width } else { sizes.n_features };
        Mlp {
            node: node_encoder.then(|| block(sizes.n_features, true).init(rngs, device)),
            readout: block(sizes.n_neurons * per_neuron, readout_norm).init(rngs, device),
            out: Linear::new(width, sizes.n_classes, rngs, device),
        }
    }
}

/// The multi-layer perceptron.
#[derive(Module, Debug)]
pub struct Mlp {
    node: Option<MlpBlock>,
    readout: MlpBlock,
    out: Linear,
}

impl DecodingNetwork for Mlp {
    fn hidden(&self, pass: &Pass, x: Tensor<4>) -> Tensor<3> {
        let [n_replicas, n_frames, n, n_features] = x.dims();
        let concatenated = match &self.node {
            None => x.reshape([n_replicas, n_frames, n * n_features]),
            Some(node) => {
                let rows = x.reshape([n_replicas, n_frames * n, n_features]);
                let encoded = node.forward(pass, rows, n);
                let width = encoded.dims()[2];
                encoded.reshape([n_replicas, n_frames, n * width])
            }
        };
        self.readout.forward(pass, concatenated, 1)
    }

    fn readout(&self) -> &Linear {
        &self.out
    }

    fn edges(&self, _: &Pass, _: Tensor<4>) -> Option<Tensor<3>> {
        None
    }
}
