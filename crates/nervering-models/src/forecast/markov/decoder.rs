//! The network that says increments by a graph it is given: what pairs make of each other, and what a node makes
//! of that.

use super::Scales;
use crate::arrays::ForecasterSizes;
use crate::written::{GIVEN, Operation, Place, Written};
use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};
use nervering_nn::activation::Activation;
use nervering_nn::block::{MlpBlock, MlpBlockConfig};
use nervering_nn::linear::Linear;
use nervering_nn::ops::{Engine, Frames};
use nervering_nn::pass::Pass;
use rand::Rng;

/// Hidden units of every layer.
pub(in crate::forecast) const WIDTH: usize = 32;

/// Of one replica. The equations are those of [`super`].
#[derive(Module, Debug)]
pub(in crate::forecast) struct Decoder {
    edge: MlpBlock,
    message: MlpBlock,
    out: Linear,
}

/// A block of these networks: ELU, no batch norm.
pub(in crate::forecast) fn block(n_in: usize) -> MlpBlockConfig {
    MlpBlockConfig { n_in, width: WIDTH, activation: Activation::Elu, batch_norm: false }
}

impl Decoder {
    /// Drawn.
    pub(in crate::forecast) fn new(n_features: usize, rng: &mut dyn Rng, device: &Device) -> Self {
        let rngs = &mut [rng];
        Self {
            edge: block(2 * n_features).init(rngs, device),
            message: block(n_features + WIDTH).init(rngs, device),
            out: Linear::new(WIDTH, n_features, rngs, device),
        }
    }

    /// Increments in units of their SD, `[1, frame, neuron, feature]`, of standardised frames, by weights
    /// `[1, frame or 1, receiver · sender, 1]`.
    pub(in crate::forecast) fn forward(
        &self,
        engine: Engine,
        x: Tensor<4>,
        weights: Tensor<4>,
    ) -> Tensor<4> {
        let [_, n_frames, n, _] = x.dims();
        let pass = Pass::with_batch_statistics(engine, Frames::new([n_frames]));
        let pairs = self.edge.forward_pairs(&pass, &pass.frames, x.clone(), |pairs| pairs);
        let pairs = pairs.reshape([1, n_frames, n * n, WIDTH]) * weights;
        let messages = pairs.reshape([1, n_frames * n, n, WIDTH]).sum_dim(2);
        let messages = messages.reshape([1, n_frames, n, WIDTH]);
        let hidden = self.message.forward_nodes(&pass, Tensor::cat(vec![x, messages], 3));
        self.out.forward_nodes(hidden)
    }

    /// What comes after each frame of `x`, `[frame, neuron, feature]`: row-major `[frame, step, neuron, feature]`, by
    /// weights `[1, frame or 1, receiver · sender, 1]`, on the plain device.
    pub(in crate::forecast) fn roll_out(
        &self,
        x: &[f32],
        weights: &Tensor<4>,
        scales: &Scales,
        sizes: ForecasterSizes,
        n_steps: usize,
    ) -> Vec<f64> {
        let mut x: Vec<f64> = x.iter().map(|&value| f64::from(value)).collect();
        let mut said = RollOuts::new(x.len(), sizes, n_steps);
        for step in 0..n_steps {
            self.go_on(&mut x, weights, scales, sizes);
            said.put(step, &x);
        }
        said.values
    }

    /// The frames after those of `x`, in their place.
    pub(in crate::forecast) fn go_on(
        &self,
        x: &mut [f64],
        weights: &Tensor<4>,
        scales: &Scales,
        sizes: ForecasterSizes,
    ) {
        let ForecasterSizes { n_neurons, n_features } = sizes;
        let shape = [1, x.len() / sizes.n_columns(), n_neurons, n_features];
        let now = TensorData::new(scales.standardised(x), shape);
        let now = Tensor::from_data(now, &Device::flex());
        let said = self.forward(Engine::fastest(), now, weights.clone()).into_data();
        let said: Vec<f32> = said.convert::<f32>().try_to_vec().expect("converted to float32");
        for (at, (value, said)) in x.iter_mut().zip(said).enumerate() {
            *value += f64::from(said) * scales.increments[at % n_features];
        }
    }

    /// The next frame from the one that is given, written out; `weights` are of pairs, without those of a neuron
    /// to itself.
    pub(in crate::forecast) fn write(&self, to: &mut Written, weights: Place) -> Place {
        let [means, sds, increments] = Scales::NAMES.map(|name| to.name(name));
        let x = to.add(Operation::Standardise { means, sds }, &[GIVEN]);
        let scaled = to.within("decoder", |to| {
            let pairs = to.add(Operation::Pairs, &[x]);
            let pairs = to.block("edge", &self.edge, pairs);
            let messages = to.add(Operation::MixPairs, &[weights, pairs]);
            let beside = to.add(Operation::Join, &[x, messages]);
            let hidden = to.block("message", &self.message, beside);
            to.dense("out", hidden)
        });
        let increments = to.add(Operation::Parameter { name: increments }, &[]);
        let moved = to.add(Operation::Multiply, &[scaled, increments]);
        to.add(Operation::Add, &[GIVEN, moved])
    }
}

/// Forecasts from several frames, filled in step by step, `[frame, step, neuron, feature]`.
pub(in crate::forecast) struct RollOuts {
    pub(in crate::forecast) values: Vec<f64>,
    n_columns: usize,
    n_steps: usize,
}

impl RollOuts {
    /// From frames that are so many numbers together.
    pub(in crate::forecast) fn new(len: usize, sizes: ForecasterSizes, n_steps: usize) -> Self {
        Self { values: vec![0.; len * n_steps], n_columns: sizes.n_columns(), n_steps }
    }

    /// All frames so many steps ahead, from 0.
    pub(in crate::forecast) fn put(&mut self, step: usize, x: &[f64]) {
        for (frame, x) in x.chunks_exact(self.n_columns).enumerate() {
            let at = (frame * self.n_steps + step) * self.n_columns;
            self.values[at..at + self.n_columns].copy_from_slice(x);
        }
    }
}

/// `[1, any, receiver · sender, 1]`: 0 from each neuron to itself.
pub(in crate::forecast) fn without_self(weights: Tensor<4>, n: usize) -> Tensor<4> {
    let others = (0..n * n).map(|k| f32::from(u8::from(k / n != k % n))).collect();
    let others = TensorData::new(others, [1, 1, n * n, 1]);
    let device = weights.device();
    weights * Tensor::from_data(others, &device)
}
