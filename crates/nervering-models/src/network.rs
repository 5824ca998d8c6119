//! What every trained decoder is to the training engine: a `burn` module that turns a cohort's
//! frames into hidden units, which one linear layer reads out as logits. Most are a
//! [`Body`](crate::body::Body) with the head that decodes, [`Decoding`](crate::decoding::Decoding).

use crate::written::{GIVEN, Operation, Place, Written};
use burn::module::Module;
use burn::tensor::{Tensor, activation::log_softmax};
use nervering_nn::linear::Linear;
use nervering_nn::ops::{Labels, Shares};
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
    /// Of each neuron the number of its class, from 0: one that it shares with the neuron on the other side.
    /// For networks that know neurons by who they are; without it each neuron is a class of its own.
    pub classes: Option<Arc<[usize]>>,
}

impl From<Dimensions> for NetworkInputs {
    /// For networks that are given no edges from outside, and neurons without another side.
    fn from(sizes: Dimensions) -> Self {
        Self { sizes, adjacency: None, classes: None }
    }
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
pub trait DecodingNetwork: Module + 'static {
    /// Hidden units of each frame, `[replica, frame, neuron, feature]` →
    /// `[replica, frame, width]`.
    fn hidden(&self, pass: &Pass, x: Tensor<4>) -> Tensor<3>;

    /// The layer that turns hidden units into logits.
    fn readout(&self) -> &Linear;

    /// The weights by which neurons hear each other, `[replica, receiver, sender]`, for networks
    /// that have them; their mean over frames where they differ from frame to frame.
    fn edges(&self, pass: &Pass, x: Tensor<4>) -> Option<Tensor<3>>;

    /// The steps to the logits `[frame, class]` from `x`, `[frame, neuron, feature]`, in the order in which
    /// [`Self::hidden`] takes what it takes over frames.
    fn write(&self, to: &mut Written, x: Place) -> Place;

    /// The whole pass written out.
    fn written(&self) -> Written {
        let mut to = Written::default();
        let logits = self.write(&mut to, GIVEN);
        to.add(Operation::LogSoftmax, &[logits]);
        to
    }

    /// The labels that count in the loss: all, but in networks that need frames to warm up.
    fn counted(&self, _pass: &Pass, labels: &Labels) -> Labels {
        labels.clone()
    }

    /// Mean negative log-likelihood over the frames of each replica whose labels count,
    /// `[replica]`.
    fn loss(&self, pass: &Pass, x: Tensor<4>, labels: &Labels) -> Tensor<1> {
        let labels = self.counted(pass, labels);
        self.readout().nll(pass.engine, self.hidden(pass, x), &labels)
    }

    /// Cross entropy with what each class of each frame counts, `[replica]`.
    fn cross_entropy(&self, pass: &Pass, x: Tensor<4>, shares: &Shares) -> Tensor<1> {
        self.readout().cross_entropy(pass.engine, self.hidden(pass, x), shares)
    }

    /// Natural logarithms of the class probabilities (eq. 2), `[replica, frame, class]`.
    fn log_probabilities(&self, pass: &Pass, x: Tensor<4>) -> Tensor<3> {
        log_softmax(self.readout().forward(self.hidden(pass, x)), 2)
    }
}
