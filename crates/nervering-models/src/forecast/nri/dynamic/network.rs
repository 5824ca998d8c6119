//! The network: the encoder of `nri`, memories of each pair along time, and the decoder. The equations are those of
//! [`super`].

use crate::arrays::ForecasterSizes;
use crate::forecast::markov::{Decoder, Scales, WIDTH, without_self};
use crate::forecast::nri::encoder::{Encoder, edge_over_none};
use crate::written::{Operation, Place, Written};
use burn::module::Module;
use burn::tensor::activation::sigmoid;
use burn::tensor::{Device, Tensor, TensorData};
use nervering_nn::linear::Linear;
use nervering_nn::lstm::{Lstm, LstmState};
use nervering_nn::ops::Engine;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Of one replica.
#[derive(Module, Debug)]
pub(super) struct Network {
    encoder: Encoder,
    forward: Lstm,
    backward: Lstm,
    prior: Linear,
    posterior: Linear,
    pub(super) decoder: Decoder,
}

/// Logits of edges over none of every step of windows, `[1, window · step, receiver · sender, 1]`.
pub(super) struct Logits {
    pub(super) prior: Tensor<4>,
    pub(super) posterior: Tensor<4>,
}

impl Network {
    pub(super) fn new(n_features: usize, rng: &mut dyn Rng, device: &Device) -> Self {
        let encoder = Encoder::new(n_features, rng, device);
        let mut lstm = || Lstm::new(WIDTH, WIDTH, &mut [&mut *rng], device);
        let (forward, backward) = (lstm(), lstm());
        let mut linear = |n_in| Linear::new(n_in, 2, &mut [&mut *rng], device);
        let (prior, posterior) = (linear(WIDTH), linear(2 * WIDTH));
        let decoder = Decoder::new(n_features, rng, device);
        Self { encoder, forward, backward, prior, posterior, decoder }
    }

    /// To be filled with other numbers.
    pub(super) fn zeros(n_features: usize) -> Self {
        Self::new(n_features, &mut ChaCha8Rng::seed_from_u64(0), &Device::flex())
    }

    /// Of windows of steps, `[1, window · step, neuron, 2 · feature]`.
    pub(super) fn logits(&self, engine: Engine, seen: Tensor<4>, n_windows: usize) -> Logits {
        let [_, n_rows, n, _] = seen.dims();
        let (n_steps, n_pairs) = (n_rows / n_windows, n * n);
        let embedded = self.encoder.forward(engine, seen);
        let embedded = embedded.reshape([n_windows, n_steps, n_pairs, WIDTH]).swap_dims(0, 1);
        let at = |step: usize| -> Tensor<3> {
            embedded.clone().narrow(0, step, 1).reshape([1, n_windows * n_pairs, WIDTH])
        };
        let run = |lstm: &Lstm, steps: &mut dyn Iterator<Item = usize>| -> Vec<Tensor<3>> {
            let mut state: Option<LstmState> = None;
            let mut hidden = Vec::with_capacity(n_steps);
            for step in steps {
                let after = lstm.step(engine, at(step), state.take());
                hidden.push(after.hidden());
                state = Some(after);
            }
            hidden
        };
        let forward = run(&self.forward, &mut (0..n_steps));
        let mut backward = run(&self.backward, &mut (0..n_steps).rev());
        backward.reverse();
        let nothing = Tensor::zeros_like(&forward[0]);
        let before = std::iter::once(nothing).chain(forward[..n_steps - 1].iter().cloned());
        let before: Tensor<3> = Tensor::cat(before.collect(), 1);
        let both = Tensor::cat(vec![Tensor::cat(forward, 1), Tensor::cat(backward, 1)], 2);
        // By step, then window: as the memories ran.
        let of_steps = |logits: Tensor<3>| {
            let logits = logits.reshape([n_steps, n_windows, n_pairs, 1]).swap_dims(0, 1);
            logits.reshape([1, n_rows, n_pairs, 1])
        };
        Logits {
            prior: of_steps(edge_over_none(self.prior.forward(before))),
            posterior: of_steps(edge_over_none(self.posterior.forward(both))),
        }
    }

    /// What pairs make of steps, `[step, neuron, 2 · feature]`, on the plain device: `[1, step · receiver · sender,
    /// unit]`.
    pub(super) fn embedded(&self, seen: Vec<f32>, sizes: ForecasterSizes) -> Tensor<3> {
        let n_steps = seen.len() / (2 * sizes.n_columns());
        let seen = TensorData::new(seen, [1, n_steps, sizes.n_neurons, 2 * sizes.n_features]);
        self.encoder.forward(Engine::fastest(), Tensor::from_data(seen, &Device::flex()))
    }

    /// The memory of every pair after one more step, `[1, pair, unit]`.
    pub(super) fn after(&self, state: Option<LstmState>, embedded: Tensor<3>) -> LstmState {
        self.forward.step(Engine::fastest(), embedded, state)
    }

    /// Weights by the prior, of one animal or several, `[1, animal, receiver · sender, 1]`, 0 from each neuron to itself.
    pub(super) fn gates(&self, state: Option<&LstmState>, sizes: ForecasterSizes) -> Tensor<4> {
        let n_pairs = sizes.n_neurons.pow(2);
        let hidden = match state {
            Some(state) => state.hidden(),
            None => Tensor::zeros([1, n_pairs, WIDTH], &Device::flex()),
        };
        let n_animals = hidden.dims()[1] / n_pairs;
        let logits = edge_over_none(self.prior.forward(hidden)).reshape([1, n_animals, n_pairs, 1]);
        without_self(sigmoid(logits), sizes.n_neurons)
    }

    /// The same as numbers, `[receiver, sender]`.
    pub(super) fn weights(&self, state: Option<&LstmState>, sizes: ForecasterSizes) -> Vec<f32> {
        let weights = self.gates(state, sizes).into_data();
        weights.convert::<f32>().try_to_vec().expect("converted to float32")
    }

    /// The next frame from the one that is given and those before it, written out.
    pub(super) fn write(&self, to: &mut Written) -> Place {
        let [means, sds, increments] = Scales::NAMES.map(|name| to.name(name));
        let seen = to.add(Operation::PastSteps { means, sds, increments }, &[]);
        let embedded = to.within("encoder", |to| self.encoder.write(to, seen));
        let state = to.memory_of_pairs("forward", embedded);
        let both = to.dense("prior", state);
        let weights = to.add(Operation::EdgeWeight { scale: 1. }, &[both]);
        let weights = to.add(Operation::WithoutSelf, &[weights]);
        self.decoder.write(to, weights)
    }
}
