//! The graph attention network ([`gat`](crate::gat)) substituted for `f`: `gat`. "We found that the
//! GAT performs equally well on trajectory prediction" (supplement, model selection).

use super::TrajectoryConfig;
use crate::forecast::{ForecastingNetwork, Increment};
use crate::gat::{attend, write_attention};
use crate::network::Dimensions;
use crate::written::{Place, Written};
use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};
use nervering_nn::activation::Activation;
use nervering_nn::block::MlpBlock;
use nervering_nn::edges::EdgeWeights;
use nervering_nn::init::{BIAS, constant, xavier_normal};
use nervering_nn::linear::Linear;
use nervering_nn::pass::Pass;
use rand::Rng;

/// The graph attention network that forecasts.
#[derive(Module, Debug)]
pub struct TrajectoryGat {
    node: MlpBlock,
    /// `[replica, width, width]`.
    w: Param<Tensor<3>>,
    /// The receiver's half first: `[replica, 2 · width, 1]`.
    attention: Param<Tensor<3>>,
    /// `[replica, width]`.
    b: Param<Tensor<2>>,
    message: MlpBlock,
    out: Linear,
    #[module(skip)]
    activation: Activation,
    #[module(skip)]
    increment: Increment,
}

impl TrajectoryGat {
    /// One replica per generator. The network is the same for any number of neurons.
    pub fn new<R: Rng>(
        config: TrajectoryConfig,
        sizes: Dimensions,
        rngs: &mut [R],
        device: &Device,
    ) -> Self {
        let width = config.width;
        Self {
            node: config.block(sizes.n_features).init(rngs, device),
            w: xavier_normal(width, width, rngs, device),
            attention: xavier_normal(2 * width, 1, rngs, device),
            b: constant(BIAS, width, rngs.len(), device),
            message: config.block(width).init(rngs, device),
            out: config.out(sizes.n_features, rngs, device),
            activation: config.activation,
            increment: config.increment,
        }
    }

    /// `W f`, `[replica, sequence, node, width]`, and α, `[replica, sequence, receiver, sender]`.
    fn attend(&self, pass: &Pass, x: Tensor<4>) -> (Tensor<4>, Tensor<4>) {
        attend(self.node.forward_nodes(pass, x), self.w.val(), self.attention.val())
    }
}

impl ForecastingNetwork for TrajectoryGat {
    type Memory = ();

    fn next(&self, pass: &Pass, x: Tensor<4>, (): &mut ()) -> Tensor<4> {
        let (z, weights) = self.attend(pass, x.clone());
        let [n_replicas, _, _, width] = z.dims();
        let heard = weights.matmul(z) + self.b.val().reshape([n_replicas, 1, 1, width]);
        let hidden = self.message.forward_nodes(pass, self.activation.apply(heard));
        self.increment.added_to(x, self.out.forward_nodes(hidden))
    }

    fn write(&self, to: &mut Written, x: Place) -> Place {
        let f = to.block("node", &self.node, x);
        let heard = write_attention(to, f);
        let heard = to.activation(self.activation, heard);
        let hidden = to.block("message", &self.message, heard);
        let raw = to.dense("out", hidden);
        self.increment.write(to, x, raw)
    }

    fn edges(&self, pass: &Pass, x: Tensor<4>, (): &mut ()) -> Option<Tensor<3>> {
        let (_, weights) = self.attend(pass, x);
        Some(EdgeWeights::Dynamic(weights).mean_over_frames(&pass.frames))
    }
}
