//! The network: free weights before the decoder.

use crate::arrays::ForecasterSizes;
use crate::forecast::markov::{Decoder, Scales, without_self};
use crate::written::{Operation, Place, Written};
use burn::module::{Module, Param};
use burn::tensor::activation::sigmoid;
use burn::tensor::{Device, Tensor};
use nervering_nn::init::free;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Of one replica.
#[derive(Module, Debug)]
pub(super) struct FreeGraph {
    /// Logits, `[replica, receiver, sender]`.
    free: Param<Tensor<3>>,
    pub(super) decoder: Decoder,
}

impl FreeGraph {
    /// All pairs alike, the rest drawn.
    pub(super) fn new(sizes: ForecasterSizes, rng: &mut dyn Rng, device: &Device) -> Self {
        let ForecasterSizes { n_neurons, n_features } = sizes;
        Self { free: free(n_neurons, 1, device), decoder: Decoder::new(n_features, rng, device) }
    }

    /// To be filled with other numbers.
    pub(super) fn zeros(sizes: ForecasterSizes) -> Self {
        Self::new(sizes, &mut ChaCha8Rng::seed_from_u64(0), &Device::flex())
    }

    /// Logits, `[1, 1, receiver · sender, 1]`.
    pub(super) fn logits(&self) -> Tensor<4> {
        let free = self.free.val();
        let n = free.dims()[1];
        free.reshape([1, 1, n * n, 1])
    }

    /// Weights, `[1, 1, receiver · sender, 1]`, 0 from each neuron to itself.
    fn weights(&self) -> Tensor<4> {
        let n = self.free.dims()[1];
        without_self(sigmoid(self.logits()), n)
    }

    /// The weights, `[receiver, sender]`.
    pub(super) fn edges(&self) -> Vec<f64> {
        self.weights().into_data().convert::<f64>().try_to_vec().expect("converted to float64")
    }

    /// What comes after each frame of `x`, on the plain device: `[frame, step, neuron, feature]`.
    pub(super) fn roll_out(
        &self,
        x: &[f32],
        scales: &Scales,
        sizes: ForecasterSizes,
        n_steps: usize,
    ) -> Vec<f64> {
        self.decoder.roll_out(x, &self.weights(), scales, sizes, n_steps)
    }

    /// The next frame from the one that is given, written out.
    pub(super) fn write(&self, to: &mut Written) -> Place {
        let free = to.add(Operation::Parameter { name: to.name("free") }, &[]);
        let weights = to.add(Operation::Sigmoid, &[free]);
        let weights = to.add(Operation::WithoutSelf, &[weights]);
        self.decoder.write(to, weights)
    }
}
