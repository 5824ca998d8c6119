//! What steps say of pairs: node → edge → node → edge, eq. 6–8 of [`super`] up to the last layer.

use crate::forecast::markov::{WIDTH, block, without_self};
use crate::written::{Operation, Place, Written};
use burn::module::Module;
use burn::tensor::{Device, Tensor};
use nervering_nn::block::MlpBlock;
use nervering_nn::ops::{self, Engine, Frames};
use nervering_nn::pass::Pass;
use rand::Rng;

/// Of one replica.
#[derive(Module, Debug)]
pub(super) struct Encoder {
    step: MlpBlock,
    node: MlpBlock,
    pair: MlpBlock,
}

impl Encoder {
    pub(super) fn new(n_features: usize, rng: &mut dyn Rng, device: &Device) -> Self {
        let mut of = |n_in| block(n_in).init(&mut [&mut *rng], device);
        let (step, node, pair) = (of(4 * n_features), of(WIDTH), of(3 * WIDTH));
        Self { step, node, pair }
    }

    /// Of standardised frames and the increments after them, `[1, step, neuron, 2 · feature]`, what each pair makes
    /// of each step, `[1, step · receiver · sender, unit]`.
    pub(super) fn forward(&self, engine: Engine, seen: Tensor<4>) -> Tensor<3> {
        let [_, n_steps, n, _] = seen.dims();
        let pass = Pass::with_batch_statistics(engine, Frames::new([n_steps]));
        let pairs = self.step.forward_pairs(&pass, &pass.frames, seen, |pairs| pairs);
        let by_pair = pairs.clone().reshape([1, n_steps, n * n, WIDTH]);
        let others = without_self(by_pair, n).reshape([1, n_steps * n, n, WIDTH]);
        let heard = others.sum_dim(2) / (n - 1).max(1) as f64;
        let nodes = self.node.forward_nodes(&pass, heard.reshape([1, n_steps, n, WIDTH]));
        let both = Tensor::cat(vec![ops::pairs(nodes), pairs], 2);
        self.pair.forward(&pass, both, n * n)
    }

    /// The same written out, of steps.
    pub(super) fn write(&self, to: &mut Written, seen: Place) -> Place {
        let pairs = to.add(Operation::Pairs, &[seen]);
        let pairs = to.block("step", &self.step, pairs);
        let heard = to.add(Operation::MeanOfSenders, &[pairs]);
        let nodes = to.block("node", &self.node, heard);
        let nodes = to.add(Operation::Pairs, &[nodes]);
        let beside = to.add(Operation::Join, &[nodes, pairs]);
        to.block("pair", &self.pair, beside)
    }
}

/// By how much the logit of an edge exceeds that of none, of the layer that says both, `[1, row, 2]` → `[1, row, 1]`.
pub(super) fn edge_over_none(both: Tensor<3>) -> Tensor<3> {
    both.clone().narrow(2, 1, 1) - both.narrow(2, 0, 1)
}
