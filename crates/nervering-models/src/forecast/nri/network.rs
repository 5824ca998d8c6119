//! The network: the encoder, which reads graphs out of steps, before the decoder. The equations are those of
//! [`super`].

use crate::arrays::ForecasterSizes;
use crate::forecast::markov::{Decoder, Scales, WIDTH, block, without_self};
use crate::written::{Operation, Place, Written};
use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};
use nervering_nn::block::MlpBlock;
use nervering_nn::linear::Linear;
use nervering_nn::ops::{self, Engine, Frames};
use nervering_nn::pass::Pass;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Of one replica.
#[derive(Module, Debug)]
pub(super) struct Network {
    step: MlpBlock,
    node: MlpBlock,
    pair: MlpBlock,
    out: Linear,
    pub(super) decoder: Decoder,
}

impl Network {
    pub(super) fn new(n_features: usize, rng: &mut dyn Rng, device: &Device) -> Self {
        let mut of = |n_in| block(n_in).init(&mut [&mut *rng], device);
        let (step, node, pair) = (of(4 * n_features), of(WIDTH), of(3 * WIDTH));
        Self {
            step,
            node,
            pair,
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
        let pass = Pass::with_batch_statistics(engine, Frames::new([n_steps]));
        let pairs = self.step.forward_pairs(&pass, &pass.frames, seen, |pairs| pairs);
        let by_pair = pairs.clone().reshape([1, n_steps, n * n, WIDTH]);
        let others = without_self(by_pair, n).reshape([1, n_steps * n, n, WIDTH]);
        let heard = others.sum_dim(2) / (n - 1).max(1) as f64;
        let nodes = self.node.forward_nodes(&pass, heard.reshape([1, n_steps, n, WIDTH]));
        let both = Tensor::cat(vec![ops::pairs(nodes), pairs], 2);
        let both = self.out.forward(self.pair.forward(&pass, both, n * n));
        let logits = both.clone().narrow(2, 1, 1) - both.narrow(2, 0, 1);
        logits.reshape([1, n_steps, n * n, 1])
    }

    /// The same of one step, `[receiver, sender]`, of `[neuron, 2 · feature]`, on the plain device.
    pub(super) fn logits_of(&self, seen: Vec<f32>, sizes: ForecasterSizes) -> Vec<f32> {
        let seen = TensorData::new(seen, [1, 1, sizes.n_neurons, 2 * sizes.n_features]);
        let logits = self.logits(Engine::fastest(), Tensor::from_data(seen, &Device::flex()));
        logits.into_data().convert::<f32>().try_to_vec().expect("converted to float32")
    }

    /// The next frame from the one that is given and those before it, written out.
    pub(super) fn write(&self, to: &mut Written) -> Place {
        let weights = to.once(|to| {
            let [means, sds, increments] = Scales::NAMES.map(|name| to.name(name));
            let seen = to.add(Operation::PastSteps { means, sds, increments }, &[]);
            let pairs = to.add(Operation::Pairs, &[seen]);
            let pairs = to.block("step", &self.step, pairs);
            let heard = to.add(Operation::MeanOfSenders, &[pairs]);
            let nodes = to.block("node", &self.node, heard);
            let nodes = to.add(Operation::Pairs, &[nodes]);
            let beside = to.add(Operation::Join, &[nodes, pairs]);
            let hidden = to.block("pair", &self.pair, beside);
            let of_steps = to.dense("out", hidden);
            let both = to.add(Operation::MeanOfPast, &[of_steps]);
            let weights = to.add(Operation::EdgeWeight { scale: 1. }, &[both]);
            to.add(Operation::WithoutSelf, &[weights])
        });
        self.decoder.write(to, weights)
    }
}
