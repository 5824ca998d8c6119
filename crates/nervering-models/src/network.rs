//! What every trained decoder is to the training engine: a `burn` module that turns a cohort's
//! frames into hidden units, which one linear layer reads out as logits.

use burn::module::Module;
use burn::tensor::{Tensor, activation::log_softmax};
use nervering_nn::linear::Linear;
use nervering_nn::ops::Labels;
use nervering_nn::pass::Pass;
use std::sync::Arc;

/// Sizes that the data dictate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dimensions {
    /// Neurons of a frame.
    pub n_neurons: usize,
    /// Features of a neuron: trace and derivative.
    pub n_features: usize,
    /// States told apart.
    pub n_classes: usize,
}

/// What a network is made from besides its configuration and its generators.
#[derive(Debug, Clone, PartialEq)]
pub struct NetworkInputs {
    /// Sizes that the data dictate.
    pub sizes: Dimensions,
    /// Edges from outside, row-major `[receiver, sender]` of the neurons, for networks that are
    /// given theirs; the others do not read them.
    pub adjacency: Option<Arc<[f32]>>,
}

/// Code that runs on whichever network a configuration stands for, so that callers need not list
/// networks: [`NetworkConfig::init_with`](crate::NetworkConfig::init_with) hands it the network.
pub trait NetworkVisitor {
    /// What comes of it.
    type Output;

    /// Takes the freshly initialised network.
    fn visit<N: DecodingNetwork>(self, network: N) -> Self::Output;
}

/// A network that decodes the state of each frame (eq. 1–3), with a replica axis.
pub trait DecodingNetwork: Module {
    /// Hidden units of each frame, `[replica, frame, neuron, feature]` →
    /// `[replica, frame, width]`.
    fn hidden(&self, pass: &Pass, x: Tensor<4>) -> Tensor<3>;

    /// The layer that turns hidden units into logits.
    fn readout(&self) -> &Linear;

    /// Inferred edges `[replica, receiver, sender]`, for networks that infer static ones.
    fn edges(&self, pass: &Pass, x: Tensor<4>) -> Option<Tensor<3>>;

    /// Mean negative log-likelihood over the labelled frames of each replica, `[replica]`.
    fn loss(&self, pass: &Pass, x: Tensor<4>, labels: &Labels) -> Tensor<1> {
        self.readout().nll(pass.engine, self.hidden(pass, x), labels)
    }

    /// Natural logarithms of the class probabilities (eq. 2), `[replica, frame, class]`.
    fn log_probabilities(&self, pass: &Pass, x: Tensor<4>) -> Tensor<3> {
        log_softmax(self.readout().forward(self.hidden(pass, x)), 2)
    }
}
