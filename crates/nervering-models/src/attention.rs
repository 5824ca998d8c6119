//! Global attention pooling (Li et al. 2016, eq. 7, in the form of PyTorch Geometric, which the
//! paper used): one of the "established models" of the supplement's model selection: `attention`.
//!
//! `r = Σ_i softmax_i(gate(f_i)) · value(f_i)`, with a linear layer each for gate and value. Li et
//! al. gate by a logistic function instead of the softmax. To decode, the sum over nodes takes the place of
//! the concatenation, so the network does not tell neurons apart. So that neurons can be forecast differently,
//! each node's own encoded features then stand beside it, as beside the messages of the scripts' decoding graph
//! network. Node encoder and readout are those of `gnn`.

use crate::body::{Body, Layers};
use crate::forecasting::{Forecasting, TrajectoryConfig};
use crate::heads::TwoHeads;
use crate::network::{Dimensions, NetworkInputs};
use crate::written::{Extent, Operation, Place, Written};
use burn::module::Module;
use burn::tensor::{Device, Tensor, activation::softmax};
use nervering_nn::block::{MlpBlock, MlpBlockConfig};
use nervering_nn::linear::Linear;
use nervering_nn::pass::Pass;
use rand::Rng;

/// Global attention pooling.
#[derive(Module, Debug)]
pub struct Attention {
    node: MlpBlock,
    gate: Linear,
    value: Linear,
}

impl Attention {
    /// `Σ_i softmax_i(gate(f_i)) · value(f_i)` of encoded nodes, `[replica, frame, 1, width]`.
    fn pooled(&self, f: Tensor<4>) -> Tensor<4> {
        let shares = softmax(self.gate.forward_nodes(f.clone()), 2);
        (self.value.forward_nodes(f) * shares).sum_dim(2)
    }
}

impl TwoHeads for Attention {
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
            gate: Linear::new(width, 1, rngs, device),
            value: Linear::new(width, width, rngs, device),
        }
    }

    fn readout(layers: Layers, _: Dimensions) -> MlpBlockConfig {
        layers.block(layers.width)
    }

    fn moving<R: Rng>(
        self,
        config: TrajectoryConfig,
        sizes: Dimensions,
        rngs: &mut [R],
        device: &Device,
    ) -> Forecasting<Self> {
        Forecasting::of_each_node(self, Some(2 * config.width), config, sizes, rngs, device)
    }
}

impl Body for Attention {
    type Memory = ();

    fn heard(&self, pass: &Pass, x: Tensor<4>) -> Tensor<4> {
        self.pooled(self.node.forward_nodes(pass, x))
    }

    /// With each node's own features beside it, `[replica, sequence, node, 2 · width]`.
    fn heard_next(&self, pass: &Pass, x: Tensor<4>, (): &mut ()) -> Tensor<4> {
        let f = self.node.forward_nodes(pass, x);
        let heard = self.pooled(f.clone()).expand(f.dims());
        Tensor::cat(vec![f, heard], 3)
    }

    fn write(&self, to: &mut Written, extent: Extent, x: Place) -> Place {
        let f = to.block("node", &self.node, x);
        let gate = to.dense("gate", f);
        let shares = to.add(Operation::SoftmaxOverNeurons, &[gate]);
        let values = to.dense("value", f);
        let shared = to.add(Operation::Multiply, &[values, shares]);
        let pooled = to.add(Operation::SumOverNeurons, &[shared]);
        match extent {
            Extent::Recording(_) => pooled,
            Extent::RollOut => {
                let heard = to.add(Operation::ToEveryNeuron, &[pooled, f]);
                to.add(Operation::Join, &[f, heard])
            }
        }
    }
}
