//! The head that forecasts: what is substituted for `f` in eq. 4–5, `x_{t+1} = x_t + f(x_t)`, on trace and
//! derivative of every neuron, is a [`Body`], and behind it the block `g` and a linear layer.
//!
//! Text and scripts do not say what stood around the "established models" of the supplement's model selection;
//! here it is what stands around the message passing of the paper's own graph network: `g_enc` (eq. 8) encodes
//! each node, the established layer lets nodes hear each other, and block and linear layer, shared by all nodes,
//! turn what a node has heard into its increment. So they forecast a neuron in the same way wherever it stands
//! among the others, and take any number of neurons.

use crate::body::{Body, Layers, concatenated};
use crate::forecast::network::{ForecastingNetwork, Increment, ResidualOf};
use crate::network::Dimensions;
use crate::written::{Extent, Operation, Place, Written};
use burn::module::Module;
use burn::tensor::{Device, Tensor};
use nervering_nn::activation::Activation;
use nervering_nn::block::MlpBlock;
use nervering_nn::linear::Linear;
use nervering_nn::pass::Pass;
use rand::Rng;

/// What all networks that forecast have alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrajectoryConfig {
    /// Hidden units of every layer, and of the memory where there is one; 256 in the paper.
    pub width: usize,
    /// ReLU in the text, ELU in the scripts.
    pub activation: Activation,
    /// From the last layer to the increment.
    pub increment: Increment,
    /// What is corrected.
    pub residual_of: ResidualOf,
}

impl TrajectoryConfig {
    /// The scripts'.
    pub fn scripts() -> Self {
        Self {
            width: 256,
            activation: Activation::Elu,
            increment: Increment::Tanh,
            residual_of: ResidualOf::Copy,
        }
    }

    /// Of the body and of the head.
    pub fn layers(self) -> Layers {
        Layers { width: self.width, activation: self.activation }
    }

    /// The last layer, which says so many numbers: zeros at first where another forecast is corrected.
    fn out<R: Rng>(self, n_out: usize, rngs: &mut [R], device: &Device) -> Linear {
        match self.residual_of {
            ResidualOf::Copy => Linear::new(self.width, n_out, rngs, device),
            ResidualOf::Linear => Linear::zeros(self.width, n_out, rngs.len(), device),
        }
    }
}

/// What the head makes increments of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moves {
    /// Each node's of what that node has heard, or all nodes' of what one for all has.
    EachNode,
    /// All nodes' of what all have heard, side by side.
    AllNodes,
}

/// A body that forecasts.
#[derive(Module, Debug)]
pub struct Forecasting<B: Module> {
    body: B,
    message: Option<MlpBlock>,
    out: Linear,
    #[module(skip)]
    moves: Moves,
    #[module(skip)]
    increment: Increment,
}

impl<B: Body> Forecasting<B> {
    /// Each node is moved by what it has heard, after a block on `n_heard` numbers unless the body ends with one.
    pub(crate) fn of_each_node<R: Rng>(
        body: B,
        n_heard: Option<usize>,
        config: TrajectoryConfig,
        sizes: Dimensions,
        rngs: &mut [R],
        device: &Device,
    ) -> Self {
        Self {
            body,
            message: n_heard.map(|n_in| config.layers().block(n_in).init(rngs, device)),
            out: config.out(sizes.n_features, rngs, device),
            moves: Moves::EachNode,
            increment: config.increment,
        }
    }

    /// All nodes are moved by what all have heard, `n_heard` numbers.
    pub(crate) fn of_all_nodes<R: Rng>(
        body: B,
        n_heard: usize,
        config: TrajectoryConfig,
        sizes: Dimensions,
        rngs: &mut [R],
        device: &Device,
    ) -> Self {
        Self {
            body,
            message: Some(config.layers().block(n_heard).init(rngs, device)),
            out: config.out(sizes.n_neurons * sizes.n_features, rngs, device),
            moves: Moves::AllNodes,
            increment: config.increment,
        }
    }
}

impl<B: Body> ForecastingNetwork for Forecasting<B> {
    type Memory = B::Memory;

    fn burn_in(&self) -> usize {
        self.body.burn_in()
    }

    fn remember(&self, pass: &Pass, x: Tensor<4>, memory: &mut B::Memory) {
        self.body.remember(pass, x, memory);
    }

    fn next(&self, pass: &Pass, x: Tensor<4>, memory: &mut B::Memory) -> Tensor<4> {
        let mut heard = self.body.heard_next(pass, x.clone(), memory);
        if self.moves == Moves::AllNodes {
            heard = concatenated(heard).unsqueeze_dim(2);
        }
        if let Some(message) = &self.message {
            heard = message.forward_nodes(pass, heard);
        }
        let mut raw = self.out.forward_nodes(heard);
        if self.moves == Moves::AllNodes {
            raw = raw.reshape(x.dims());
        }
        self.increment.added_to(x, raw)
    }

    fn write(&self, to: &mut Written, x: Place) -> Place {
        let mut heard = to.within("body", |to| match self.moves {
            Moves::EachNode => self.body.write(to, Extent::RollOut, x),
            Moves::AllNodes => self.body.write_side_by_side(to, Extent::RollOut, x),
        });
        if let Some(message) = &self.message {
            heard = to.block("message", message, heard);
        }
        let mut raw = to.dense("out", heard);
        if self.moves == Moves::AllNodes {
            raw = to.add(Operation::ByNeuron, &[raw, x]);
        }
        self.increment.write(to, x, raw)
    }

    fn edges(&self, pass: &Pass, x: Tensor<4>, memory: &mut B::Memory) -> Option<Tensor<3>> {
        self.body.edges_next(pass, x, memory)
    }
}
