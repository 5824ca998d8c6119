//! The network: free weights, what pairs make of each other, and what a node makes of that.

use crate::arrays::ForecasterSizes;
use crate::written::{Operation, Place, Written};
use burn::module::{Module, Param};
use burn::tensor::activation::sigmoid;
use burn::tensor::{Device, Tensor, TensorData};
use nervering_nn::activation::Activation;
use nervering_nn::block::{MlpBlock, MlpBlockConfig};
use nervering_nn::edges::EdgeWeights;
use nervering_nn::init::free;
use nervering_nn::linear::Linear;
use nervering_nn::ops::{Engine, Frames};
use nervering_nn::pass::Pass;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Hidden units of every layer.
const WIDTH: usize = 32;

/// The scale of every feature, over all neurons.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Scales {
    pub(super) means: Vec<f64>,
    /// Above 0.
    pub(super) sds: Vec<f64>,
    /// SD of the increments from frame to frame; 0 of a feature that never changes.
    pub(super) increments: Vec<f64>,
}

impl Scales {
    /// Numbers `[…, feature]` with mean 0 and SD 1.
    pub(super) fn standardised(&self, x: &[f64]) -> Vec<f32> {
        let n = self.means.len();
        let of =
            |(at, value): (usize, &f64)| ((value - self.means[at % n]) / self.sds[at % n]) as f32;
        x.iter().enumerate().map(of).collect()
    }
}

/// Of one replica.
#[derive(Module, Debug)]
pub(super) struct FreeGraph {
    /// Logits, `[replica, receiver, sender]`.
    free: Param<Tensor<3>>,
    edge: MlpBlock,
    message: MlpBlock,
    out: Linear,
}

impl FreeGraph {
    /// All pairs alike, the rest drawn.
    pub(super) fn new(
        n_neurons: usize,
        n_features: usize,
        rng: &mut dyn Rng,
        device: &Device,
    ) -> Self {
        let rngs = &mut [rng];
        let block = |n_in| MlpBlockConfig {
            n_in,
            width: WIDTH,
            activation: Activation::Elu,
            batch_norm: false,
        };
        Self {
            free: free(n_neurons, 1, device),
            edge: block(2 * n_features).init(rngs, device),
            message: block(n_features + WIDTH).init(rngs, device),
            out: Linear::new(WIDTH, n_features, rngs, device),
        }
    }

    /// To be filled with other numbers.
    pub(super) fn zeros(n_neurons: usize, n_features: usize) -> Self {
        let rng = &mut ChaCha8Rng::seed_from_u64(0);
        Self::new(n_neurons, n_features, rng, &Device::flex())
    }

    /// Increments in units of their SD, `[1, frame, neuron, feature]`, of standardised frames, by weights
    /// `[1, frame or 1, receiver · sender, 1]`.
    pub(super) fn forward(&self, x: Tensor<4>, weights: Tensor<4>) -> Tensor<4> {
        let [_, n_frames, n, _] = x.dims();
        let pass = Pass::with_batch_statistics(Engine::fastest(), Frames::new([n_frames]));
        let pairs = self.edge.forward_pairs(&pass, &pass.frames, x.clone(), |pairs| pairs);
        let pairs = pairs.reshape([1, n_frames, n * n, WIDTH]) * weights;
        let messages = pairs.reshape([1, n_frames * n, n, WIDTH]).sum_dim(2);
        let messages = messages.reshape([1, n_frames, n, WIDTH]);
        let hidden = self.message.forward_nodes(&pass, Tensor::cat(vec![x, messages], 3));
        self.out.forward_nodes(hidden)
    }

    /// Logits, `[1, 1, receiver · sender, 1]`.
    pub(super) fn logits(&self) -> Tensor<4> {
        let free = self.free.val();
        let n = free.dims()[1];
        free.reshape([1, 1, n * n, 1])
    }

    /// `[1, 1, receiver · sender, 1]`: 0 from each neuron to itself.
    pub(super) fn without_self(weights: Tensor<4>, n: usize) -> Tensor<4> {
        let others = (0..n * n).map(|k| f32::from(u8::from(k / n != k % n))).collect();
        let others = TensorData::new(others, [1, 1, n * n, 1]);
        let device = weights.device();
        weights * Tensor::from_data(others, &device)
    }

    /// Increments of one standardised frame, `[neuron, feature]`, on the plain device.
    pub(super) fn increments(&self, x: &[f32], sizes: ForecasterSizes) -> Vec<f32> {
        let ForecasterSizes { n_neurons, n_features } = sizes;
        let x = TensorData::new(x.to_vec(), [1, 1, n_neurons, n_features]);
        let weights = Self::without_self(sigmoid(self.logits()), n_neurons);
        let said = self.forward(Tensor::from_data(x, &Device::flex()), weights);
        said.into_data().convert::<f32>().try_to_vec().expect("converted to float32")
    }

    /// The weights, `[receiver, sender]`, 0 from each neuron to itself.
    pub(super) fn edges(&self) -> Vec<f64> {
        let weights = EdgeWeights::Static(sigmoid(self.free.val())).without_self_edges();
        let weights = weights.mean_over_frames(&Frames::new([1]));
        weights.into_data().convert::<f64>().try_to_vec().expect("converted to float64")
    }

    /// [`FreeGraph::forward`] written out.
    pub(super) fn write(&self, to: &mut Written, x: Place) -> Place {
        let free = to.add(Operation::Parameter { name: to.name("free") }, &[]);
        let weights = to.add(Operation::Sigmoid, &[free]);
        let weights = to.add(Operation::WithoutSelf, &[weights]);
        let pairs = to.add(Operation::Pairs, &[x]);
        let pairs = to.block("edge", &self.edge, pairs);
        let messages = to.add(Operation::MixPairs, &[weights, pairs]);
        let beside = to.add(Operation::Join, &[x, messages]);
        let hidden = to.block("message", &self.message, beside);
        to.dense("out", hidden)
    }
}
