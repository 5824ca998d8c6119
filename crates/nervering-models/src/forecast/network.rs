//! What every trained forecaster is to the training engine: a `burn` module that predicts the
//! next frame from one frame, and is rolled out on its own predictions (eq. 4–5).

use burn::module::Module;
use burn::tensor::{Tensor, TensorData};
use nervering_nn::ops::Frames;
use nervering_nn::pass::Pass;

/// How the increment of a frame follows from the network's last layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Increment {
    /// As it is: the text.
    Unbounded,
    /// Through tanh, which the scripts added because roll-outs diverged.
    Tanh,
}

impl Increment {
    /// The increment from the last layer's result.
    pub(crate) fn apply<const D: usize>(self, x: Tensor<D>) -> Tensor<D> {
        match self {
            Self::Unbounded => x,
            Self::Tanh => x.tanh(),
        }
    }
}

/// A network that forecasts traces and derivatives, with a replica axis. What a [`Pass`] calls
/// frames are the sequences here: each starts from one frame, and all of them make one batch.
pub trait ForecastingNetwork: Module {
    /// The next frame of each sequence, `[replica, sequence, neuron, feature]` → the same shape:
    /// the frame plus the predicted increment.
    fn next(&self, pass: &Pass, x: Tensor<4>) -> Tensor<4>;

    /// `n_steps` frames, each predicted from the prediction before it:
    /// `[replica, sequence, step, neuron, feature]`.
    fn roll_out(&self, pass: &Pass, x: Tensor<4>, n_steps: usize) -> Tensor<5> {
        let mut x = x;
        let mut steps = Vec::with_capacity(n_steps);
        for _ in 0..n_steps {
            x = self.next(pass, x);
            steps.push(x.clone());
        }
        Tensor::stack(steps, 2)
    }

    /// Mean squared error of the roll-out over the present sequences, steps, neurons and features
    /// of each replica, `[replica]`. `targets` is `[replica, sequence, step, neuron, feature]`.
    fn mean_squared_error(&self, pass: &Pass, x: Tensor<4>, targets: Tensor<5>) -> Tensor<1> {
        let [n_replicas, n_sequences, n_steps, n_neurons, n_features] = targets.dims();
        let per_sequence = n_steps * n_neurons * n_features;
        let errors = self.roll_out(pass, x, n_steps) - targets;
        let errors = errors.reshape([n_replicas, n_sequences, per_sequence]);
        let weights = weights(&pass.frames, per_sequence, &errors);
        // Weighted before the square would square the weight.
        (errors.clone() * errors * weights).sum_dim(2).sum_dim(1).reshape([n_replicas])
    }
}

/// What each number of a present sequence counts in the mean; nothing in a padded one.
/// `[replica, sequence, 1]`.
fn weights(sequences: &Frames, per_sequence: usize, like: &Tensor<3>) -> Tensor<3> {
    let of_replica = |&n: &usize| {
        let weight = 1. / (n * per_sequence) as f64;
        (0..sequences.padded()).map(move |k| if k < n { weight } else { 0. })
    };
    let values: Vec<f64> = sequences.present().iter().flat_map(of_replica).collect();
    let data = TensorData::new(values, [sequences.present().len(), sequences.padded(), 1]);
    Tensor::from_data(data, (&like.device(), like.dtype()))
}
