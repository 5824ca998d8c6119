//! The network: the encoder, which reads graphs out of steps, before the decoder. The equations are those of
//! [`super`].

use super::encoder::{Encoder, edge_over_none};
use crate::arrays::ForecasterSizes;
use crate::forecast::markov::{Decoder, Scales, WIDTH};
use crate::written::{Operation, Place, Written};
use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};
use nervering_nn::linear::Linear;
use nervering_nn::ops::Engine;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Of one replica.
#[derive(Module, Debug)]
pub(super) struct Network {
    encoder: Encoder,
    out: Linear,
    pub(super) decoder: Decoder,
}

impl Network {
    pub(super) fn new(n_features: usize, rng: &mut dyn Rng, device: &Device) -> Self {
        Self {
            encoder: Encoder::new(n_features, rng, device),
            out: Linear::new(WIDTH, 2, &mut [&mut *rng], device),
            decoder: Decoder::new(n_features, rng, device),
        }
    }

    /// To be filled with other numbers.
    pub(super) fn zeros(n_features: usize) -> Self {
        Self::new(n_features, &mut ChaCha8Rng::seed_from_u64(0), &Device::flex())
    }

    /// By how much the logit of an edge exceeds that of none, of each pair at each step,
    /// `[1, step, receiver · sender, 1]`: of standardised frames, and of the increments after them,
    /// `[1, step, neuron, 2 · feature]`.
    pub(super) fn logits(&self, engine: Engine, seen: Tensor<4>) -> Tensor<4> {
        let [_, n_steps, n, _] = seen.dims();
        let both = self.out.forward(self.encoder.forward(engine, seen));
        edge_over_none(both).reshape([1, n_steps, n * n, 1])
    }

    /// The same of steps, `[step, receiver, sender]`, of `[step, neuron, 2 · feature]`, on the plain device.
    pub(super) fn logits_of(&self, seen: Vec<f32>, sizes: ForecasterSizes) -> Vec<f32> {
        let n_steps = seen.len() / (2 * sizes.n_columns());
        let seen = TensorData::new(seen, [1, n_steps, sizes.n_neurons, 2 * sizes.n_features]);
        let logits = self.logits(Engine::fastest(), Tensor::from_data(seen, &Device::flex()));
        logits.into_data().convert::<f32>().try_to_vec().expect("converted to float32")
    }

    /// The next frame from the one that is given and those before it, written out.
    pub(super) fn write(&self, to: &mut Written) -> Place {
        let weights = to.once(|to| {
            let [means, sds, increments] = Scales::NAMES.map(|name| to.name(name));
            let seen = to.add(Operation::PastSteps { means, sds, increments }, &[]);
            let hidden = to.within("encoder", |to| self.encoder.write(to, seen));
            let of_steps = to.dense("out", hidden);
            let both = to.add(Operation::MeanOfPast, &[of_steps]);
            let weights = to.add(Operation::EdgeWeight { scale: 1. }, &[both]);
            to.add(Operation::WithoutSelf, &[weights])
        });
        self.decoder.write(to, weights)
    }
}
