//! The graph isomorphism network ([`gin`](crate::gin)) substituted for `f`: `gin-0` and `gin-eps`.
//!
//! "The GIN-0 simply symmetrizes node features after a message passing step": on the fully
//! connected graph every neuron hears the same sum, and every neuron gets the same increment. That
//! is what the definition says, and it is left so. The isomorphism network's own MLP is the block
//! `g` of what follows.

use super::TrajectoryConfig;
use crate::forecast::{ForecastingNetwork, Increment};
use crate::gin::{Epsilon, heard, own_and_all};
use crate::network::Dimensions;
use crate::written::{Operation, Place, Written};
use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};
use nervering_nn::block::MlpBlock;
use nervering_nn::init::constant;
use nervering_nn::linear::Linear;
use nervering_nn::pass::Pass;
use rand::Rng;

/// The graph isomorphism network that forecasts.
#[derive(Module, Debug)]
pub struct TrajectoryGin {
    node: MlpBlock,
    /// `[replica, 1]`.
    epsilon: Option<Param<Tensor<2>>>,
    message: MlpBlock,
    out: Linear,
    #[module(skip)]
    increment: Increment,
}

impl TrajectoryGin {
    /// One replica per generator. The network is the same for any number of neurons.
    pub fn new<R: Rng>(
        config: TrajectoryConfig,
        epsilon: Epsilon,
        sizes: Dimensions,
        rngs: &mut [R],
        device: &Device,
    ) -> Self {
        let learned = epsilon == Epsilon::Learned;
        Self {
            node: config.block(sizes.n_features).init(rngs, device),
            epsilon: learned.then(|| constant(0., 1, rngs.len(), device)),
            message: config.block(config.width).init(rngs, device),
            out: config.out(sizes.n_features, rngs, device),
            increment: config.increment,
        }
    }
}

impl ForecastingNetwork for TrajectoryGin {
    type Memory = ();

    fn next(&self, pass: &Pass, x: Tensor<4>, (): &mut ()) -> Tensor<4> {
        // Without ε one node stands for all, and its increment is added to each.
        let heard = heard(
            self.node.forward_nodes(pass, x.clone()),
            self.epsilon.as_ref().map(|epsilon| epsilon.val()),
        );
        let raw = self.out.forward_nodes(self.message.forward_nodes(pass, heard));
        self.increment.added_to(x, raw)
    }

    fn write(&self, to: &mut Written, x: Place) -> Place {
        let f = to.block("node", &self.node, x);
        let all = to.add(Operation::SumOverNeurons, &[f]);
        let heard = match &self.epsilon {
            None => all,
            Some(_) => own_and_all(to, f, all),
        };
        let hidden = to.block("message", &self.message, heard);
        let raw = to.dense("out", hidden);
        self.increment.write(to, x, raw)
    }
}
