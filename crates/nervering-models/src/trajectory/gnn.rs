//! The graph neural network that forecasts (eq. 4–5, 8–12): `gnn`, whose edges are inferred anew
//! from every frame, the predicted ones included, and `gnn-static`, whose edges stay.
//!
//! Static edges: "the aggregation step in (9) also averages hidden features across all timesteps",
//! in the scripts before the pair's block. What is averaged here are the encoded frames from which
//! the forecasts of the batch start, so that a roll-out keeps the edges that it starts with. That
//! mean is taken where batch norms take theirs. Under batch statistics a forecast therefore rests on
//! starts after its own; under the statistics of the training animals the edges are theirs, and a
//! forecast rests on its own start alone.

use super::TrajectoryConfig;
use crate::forecast::{ForecastingNetwork, Increment};
use crate::network::Dimensions;
use crate::written::{Operation, Place, Written};
use burn::module::Module;
use burn::tensor::{Device, Tensor};
use nervering_nn::block::MlpBlock;
use nervering_nn::edges::{EdgeWeights, PairScore};
use nervering_nn::linear::Linear;
use nervering_nn::pass::Pass;
use rand::Rng;

/// How long the edges of a roll-out stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrajectoryEdges {
    /// Inferred at every step, for every forecast.
    Dynamic,
    /// Inferred once, for all forecasts.
    Static,
}

/// The graph neural network that forecasts.
#[derive(Module, Debug)]
pub struct TrajectoryGnn {
    embed: MlpBlock,
    edge: MlpBlock,
    edge_out: Linear,
    message: MlpBlock,
    out: Linear,
    #[module(skip)]
    edges: TrajectoryEdges,
    #[module(skip)]
    increment: Increment,
}

impl TrajectoryGnn {
    /// One replica per generator. The network is the same for any number of neurons.
    pub fn new<R: Rng>(
        config: TrajectoryConfig,
        edges: TrajectoryEdges,
        sizes: Dimensions,
        rngs: &mut [R],
        device: &Device,
    ) -> Self {
        Self::behind(config, edges, [sizes.n_features; 2], rngs, device)
    }

    /// A network on nodes of `n_in` features that forecasts `n_out` features of each.
    pub(super) fn behind<R: Rng>(
        config: TrajectoryConfig,
        edges: TrajectoryEdges,
        [n_in, n_out]: [usize; 2],
        rngs: &mut [R],
        device: &Device,
    ) -> Self {
        let width = config.width;
        Self {
            embed: config.block(n_in).init(rngs, device),
            edge: config.block(2 * width).init(rngs, device),
            edge_out: Linear::new(width, 2, rngs, device),
            message: config.block(n_in).init(rngs, device),
            out: config.out(n_out, rngs, device),
            edges,
            increment: config.increment,
        }
    }

    /// Eq. 8–11; static ones as they are `kept`, or kept from now on.
    pub(super) fn weights(
        &self,
        pass: &Pass,
        nodes: &Tensor<4>,
        kept: &mut Option<EdgeWeights>,
    ) -> EdgeWeights {
        let score = PairScore { block: &self.edge, out: &self.edge_out, scale: 1. };
        match self.edges {
            TrajectoryEdges::Dynamic => {
                let embedded = self.embed.forward_nodes(pass, nodes.clone());
                EdgeWeights::Dynamic(score.dynamic(pass, embedded))
            }
            TrajectoryEdges::Static => {
                let infer = || {
                    let [n_replicas, n_starts, n, n_in] = nodes.dims();
                    let rows = nodes.clone().reshape([n_replicas, n_starts * n, n_in]);
                    score.pooled_before_block(pass, self.embed.mean_over_frames(pass, rows, n))
                };
                kept.get_or_insert_with(infer).clone()
            }
        }
    }

    /// [`TrajectoryGnn::moved`] written out.
    pub(super) fn write_moved(&self, to: &mut Written, x: Place, nodes: Place) -> Place {
        let weights = |to: &mut Written, nodes: Place| {
            let pairs = to.add(Operation::Pairs, &[nodes]);
            let pairs = to.block("edge", &self.edge, pairs);
            to.edge_weights("edge_out", 1., pairs)
        };
        let weights = match self.edges {
            TrajectoryEdges::Dynamic => {
                let embedded = to.block("embed", &self.embed, nodes);
                weights(to, embedded)
            }
            TrajectoryEdges::Static => to.once(|to| {
                let embedded = to.block("embed", &self.embed, nodes);
                let mean = to.add(Operation::MeanOverFrames, &[embedded]);
                weights(to, mean)
            }),
        };
        let messages = to.add(Operation::Mix, &[weights, nodes]);
        let hidden = to.block("message", &self.message, messages);
        let raw = to.dense("out", hidden);
        self.increment.write(to, x, raw)
    }

    /// `x` and the increment that the nodes, of any features, give it.
    pub(super) fn moved(
        &self,
        pass: &Pass,
        x: Tensor<4>,
        nodes: Tensor<4>,
        kept: &mut Option<EdgeWeights>,
    ) -> Tensor<4> {
        let messages = self.weights(pass, &nodes, kept).mix(pass, nodes);
        let raw = self.out.forward_nodes(self.message.forward_nodes(pass, messages));
        self.increment.added_to(x, raw)
    }
}

impl ForecastingNetwork for TrajectoryGnn {
    /// Static edges, once they are inferred.
    type Memory = Option<EdgeWeights>;

    fn next(&self, pass: &Pass, x: Tensor<4>, kept: &mut Self::Memory) -> Tensor<4> {
        self.moved(pass, x.clone(), x, kept)
    }

    fn write(&self, to: &mut Written, x: Place) -> Place {
        self.write_moved(to, x, x)
    }

    fn edges(&self, pass: &Pass, x: Tensor<4>, kept: &mut Self::Memory) -> Option<Tensor<3>> {
        Some(self.weights(pass, &x, kept).mean_over_frames(&pass.frames))
    }
}
