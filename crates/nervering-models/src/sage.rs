//! GraphSAGE with the mean aggregator (Hamilton et al. 2017, algorithm 1) on the fully connected
//! graph, one of the "established models" of the supplement's model selection: `sage`.
//!
//! `h_i = σ(W · [f_i ‖ mean_{j ≠ i} f_j] + b)`. Algorithm 1 then scales each `h_i` to length 1; like
//! PyTorch Geometric, which the paper used, we leave that out. Node encoder, concatenation and
//! readout are those of `gnn`.

use crate::body::{Body, Layers};
use crate::heads::TwoHeads;
use crate::network::NetworkInputs;
use crate::written::{Extent, Operation, Place, Written};
use burn::module::Module;
use burn::tensor::{Device, Tensor};
use nervering_nn::activation::Activation;
use nervering_nn::block::MlpBlock;
use nervering_nn::linear::Linear;
use nervering_nn::pass::Pass;
use rand::Rng;

/// GraphSAGE.
#[derive(Module, Debug)]
pub struct Sage {
    node: MlpBlock,
    /// `W` and `b` of the aggregator.
    gather: Linear,
    #[module(skip)]
    activation: Activation,
}

impl TwoHeads for Sage {
    type Chosen = ();

    /// The body is the same for any number of neurons.
    fn body<R: Rng>(
        layers: Layers,
        (): (),
        inputs: &NetworkInputs,
        rngs: &mut [R],
        device: &Device,
    ) -> Self {
        let width = layers.width;
        Self {
            node: layers.block(inputs.sizes.n_features).init(rngs, device),
            gather: Linear::new(2 * width, width, rngs, device),
            activation: layers.activation,
        }
    }
}

impl Body for Sage {
    type Memory = ();

    fn heard(&self, pass: &Pass, x: Tensor<4>) -> Tensor<4> {
        let f = self.node.forward_nodes(pass, x);
        let n = f.dims()[2];
        // A neuron alone has no others, and hears zeros.
        let share = 1. / (n - 1).max(1) as f64;
        let of_others = (f.clone().sum_dim(2) - f.clone()) * share;
        let beside = Tensor::cat(vec![f, of_others], 3);
        self.activation.apply(self.gather.forward_nodes(beside))
    }

    fn write(&self, to: &mut Written, _: Extent, x: Place) -> Place {
        let f = to.block("node", &self.node, x);
        let others = to.add(Operation::MeanOfOthers, &[f]);
        let beside = to.add(Operation::Join, &[f, others]);
        let heard = to.dense("gather", beside);
        to.activation(self.activation, heard)
    }
}
