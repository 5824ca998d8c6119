//! An architecture without a task: [`Body`], what the nodes of a network hear, in front of a head that decodes
//! ([`Decoding`](crate::decoding::Decoding)) or one that forecasts
//! ([`Forecasting`](crate::forecasting::Forecasting)).

use crate::written::{Extent, Operation, Place, Written};
use burn::module::{Module, ModuleDisplay};
use burn::tensor::Tensor;
use nervering_nn::activation::Activation;
use nervering_nn::block::{MlpBlock, MlpBlockConfig};
use nervering_nn::pass::Pass;

/// What all layers of a network have alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layers {
    /// Hidden units of every layer, and of a memory where there is one.
    pub width: usize,
    /// After each layer: ReLU in the text, ELU in the scripts.
    pub activation: Activation,
}

impl Layers {
    /// The scripts' for decoding.
    pub fn scripts() -> Self {
        Self { width: 16, activation: Activation::Elu }
    }

    /// The block `g` on rows of so many features, with its batch norm.
    pub(crate) fn block(self, n_in: usize) -> MlpBlockConfig {
        let Self { width, activation } = self;
        MlpBlockConfig { n_in, width, activation, batch_norm: true }
    }
}

/// What the nodes of a network hear, `[replica, frame, node, feature]` → `[replica, frame, node, width]`, over the
/// frames of recordings or one step of a roll-out after the other. A body may give one node for all of them.
pub trait Body: Module + ModuleDisplay + 'static {
    /// What it carries from step to step of a roll-out; starts at its default.
    type Memory: Default;

    /// Frames that a result rests on, its own included: 1 without a memory of frames.
    fn burn_in(&self) -> usize {
        1
    }

    /// Over the frames of recordings, in order where there is a memory.
    fn heard(&self, pass: &Pass, x: Tensor<4>) -> Tensor<4>;

    /// At one more step of a roll-out, whose sequences are what the pass calls frames.
    fn heard_next(&self, pass: &Pass, x: Tensor<4>, _memory: &mut Self::Memory) -> Tensor<4> {
        self.heard(pass, x)
    }

    /// Takes in a frame before the start of a roll-out. What nothing is made of yet is not computed, or it would
    /// count among what is taken over frames.
    fn remember(&self, pass: &Pass, x: Tensor<4>, memory: &mut Self::Memory) {
        self.heard_next(pass, x, memory);
    }

    /// [`Self::heard`], or [`Self::heard_next`] for the extent of a roll-out, written out.
    fn write(&self, to: &mut Written, extent: Extent, x: Place) -> Place;

    /// What `block` makes of the nodes side by side, `[replica, frame, width]`; a body that folds layers into
    /// the block does so here.
    fn read(&self, pass: &Pass, block: &MlpBlock, x: Tensor<4>) -> Tensor<3> {
        block.forward(pass, concatenated(self.heard(pass, x)), 1)
    }

    /// [`Self::write`] with the nodes side by side.
    fn write_side_by_side(&self, to: &mut Written, extent: Extent, x: Place) -> Place {
        let nodes = self.write(to, extent, x);
        to.add(Operation::SideBySide, &[nodes])
    }

    /// The weights by which nodes hear each other, `[replica, receiver, sender]`, where there are such; their
    /// mean over frames where they differ.
    fn edges(&self, _pass: &Pass, _x: Tensor<4>) -> Option<Tensor<3>> {
        None
    }

    /// The same at one more step of a roll-out.
    fn edges_next(
        &self,
        pass: &Pass,
        x: Tensor<4>,
        _memory: &mut Self::Memory,
    ) -> Option<Tensor<3>> {
        self.edges(pass, x)
    }
}

/// Nodes side by side: `[replica, frame, node, feature]` → `[replica, frame, node · feature]`.
pub(crate) fn concatenated(nodes: Tensor<4>) -> Tensor<3> {
    let [n_replicas, n_frames, n, n_features] = nodes.dims();
    nodes.reshape([n_replicas, n_frames, n * n_features])
}
