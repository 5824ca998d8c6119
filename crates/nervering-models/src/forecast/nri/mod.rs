//! Neural relational inference (Kipf et al. 2018), `nri`: a graph of each animal, or of each simulation, read out
//! of how it moves. What learns to read is shared by all of them, so that animals never seen have a graph too.
//!
//! Of standardised states `x` and the increments after them `δ`, in units of their SD, with the paper's block `g`
//! without its batch norm, at each step of an animal
//!
//! ```text
//! e_ij = g_s([x_i δ_i ‖ x_j δ_j])             node → edge                   (Kipf eq. 6)
//! h_i  = g_n(mean_{j ≠ i} e_ij)               edge → node                   (eq. 7)
//! l_ij = W g_p([h_i ‖ h_j ‖ e_ij]) + b        node → edge, {none, edge}   (eq. 8)
//! w_ij = softmax(mean_t l_ij), the second     over its steps so far
//! ```
//!
//! and what goes along the graph is in [`super::markov`]. Kipf et al. encode the trajectory of a node as one
//! vector, of a fixed number of frames. Here each frame is encoded, as in dNRI (Graber and Schwing 2020), and the
//! logits are averaged, so that an animal may be of any length and no frame to come is looked at. Each frame costs
//! some `n² (4 f w + 5 w²)` multiplications for `n` neurons, `f` features and width `w`. The increment after a state is
//! shown to the encoder alone: the decoder, which sees the present frame, needs edges to say it.
//!
//! In training a graph is read out of some steps of an animal, drawn at random, and has to explain others, by
//! binary-concrete gates instead of weights (eq. 9; of two types of edges, the Gumbel softmax is that). The loss is
//! their squared error and the divergence of the graph from a [`Prior`] (eq. 5). At the beginning gates are held half
//! open: messages mean nothing yet, and what adds noise is shut off, once and for all.

mod dynamic;
mod encoder;
mod network;
mod reading;
#[cfg(test)]
mod tests;
mod training;

pub use dynamic::Dnri;

use super::markov::{AT_ONCE, FittedGraph, Scales};
use super::{BaselineForecast, Following, ForecastError, ForecastFrames, Forecaster};
use crate::arrays::{DecoderArray, ForecasterSizes, RestoreError};
use crate::written::Written;
use burn::tensor::{Device, Tensor, TensorData};
use network::Network;
use rand::Rng;
use reading::Reading;

/// Neural relational inference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nri {
    /// What is known of graphs beforehand.
    pub prior: Prior,
}

/// What is known of a graph before an animal is seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prior {
    /// A pair is joined or not, with the same probability: what `nri` is fitted with.
    Uniform,
    /// Nine in a hundred pairs are joined, as Kipf et al. say of motion capture, where three types of edges have
    /// 0.03 each.
    Sparse,
}

impl Prior {
    /// The probability of an edge.
    fn probability(self) -> f64 {
        match self {
            Self::Uniform => 0.5,
            Self::Sparse => 0.09,
        }
    }
}

type FittedNri = FittedGraph<Network>;

impl BaselineForecast for Nri {
    fn name(&self) -> &'static str {
        "nri"
    }

    fn fit(
        &self,
        frames: &ForecastFrames<'_>,
        rng: &mut dyn Rng,
    ) -> Result<Box<dyn Forecaster>, ForecastError> {
        Ok(Box::new(FittedGraph::new(frames, training::fit(frames, self.prior, rng)?)))
    }

    fn restore(
        &self,
        given: &[DecoderArray],
        sizes: ForecasterSizes,
    ) -> Result<Box<dyn Forecaster>, RestoreError> {
        Ok(Box::new(FittedGraph::restored(Network::zeros(sizes.n_features), given, sizes)?))
    }
}

impl Forecaster for FittedNri {
    fn begin(&self) -> Box<dyn Following + '_> {
        Box::new(self.inferring())
    }

    /// The first increment is seen in the second frame.
    fn n_history(&self) -> usize {
        2
    }

    fn at_once(&self, features: &[f32], starts: &[usize], n_steps: usize) -> Option<Vec<f64>> {
        let mut inferring = self.inferring();
        let some = |starts: &[usize]| {
            let (mut frames, mut weights) = (Vec::new(), Vec::new());
            inferring.go_along(features, starts, |inferring| {
                frames.extend_from_slice(inferring.origin());
                weights.extend(inferring.weights());
            });
            self.roll_out(&frames, &weights, n_steps)
        };
        Some(starts.chunks(AT_ONCE).flat_map(some).collect())
    }

    fn edges(&self, features: &[f32]) -> Option<Vec<f64>> {
        let mut inferring = self.inferring();
        let last = (features.len() / self.sizes.n_columns()).checked_sub(1)?;
        inferring.go_along(features, &[last], |_| {});
        Some(inferring.weights())
    }

    fn written(&self) -> Written {
        let mut to = Written::default();
        self.network.write(&mut to);
        to
    }

    fn arrays(&self) -> Vec<DecoderArray> {
        FittedGraph::arrays(self)
    }
}

impl FittedNri {
    fn inferring(&self) -> Inferring<'_> {
        let sum = vec![0.; self.sizes.n_neurons.pow(2)];
        Inferring { fitted: self, present: None, sum, n_steps: 0 }
    }

    /// From frames `[frame, neuron, feature]`, each by weights of its own, `[frame, receiver, sender]`.
    fn roll_out(&self, frames: &[f32], weights: &[f64], n_steps: usize) -> Vec<f64> {
        let n_pairs = self.sizes.n_neurons.pow(2);
        let shape = [1, weights.len() / n_pairs, n_pairs, 1];
        let weights: Vec<f32> = weights.iter().map(|&weight| weight as f32).collect();
        let weights = Tensor::from_data(TensorData::new(weights, shape), &Device::flex());
        self.network.decoder.roll_out(frames, &weights, &self.scales, self.sizes, n_steps)
    }
}

/// An animal whose graph is inferred as it goes.
struct Inferring<'a> {
    fitted: &'a FittedNri,
    /// The last frame.
    present: Option<Vec<f32>>,
    /// Logits of steps so far, summed, `[receiver, sender]`.
    sum: Vec<f64>,
    n_steps: usize,
}

impl Inferring<'_> {
    /// Weights by the frames so far, `[receiver, sender]`, 0 from each neuron to itself; a half before the first step.
    fn weights(&self) -> Vec<f64> {
        let (n, n_steps) = (self.fitted.sizes.n_neurons, self.n_steps.max(1) as f64);
        let of = |(k, sum): (usize, &f64)| match k / n == k % n {
            true => 0.,
            false => 1. / (1. + (-sum / n_steps).exp()),
        };
        self.sum.iter().enumerate().map(of).collect()
    }

    /// The frame that a forecast starts from.
    fn origin(&self) -> &[f32] {
        let found = self.n_frames();
        assert!(found > 1, "found {found} frames of history, expected 2 or more");
        self.present.as_ref().expect("frames were taken in")
    }
}

impl Reading for Inferring<'_> {
    /// Logits, `[step, receiver, sender]`.
    type Read = Vec<f32>;

    fn scales(&self) -> (&Scales, ForecasterSizes) {
        (&self.fitted.scales, self.fitted.sizes)
    }

    fn n_frames(&self) -> usize {
        self.n_steps + usize::from(self.present.is_some())
    }

    fn present(&self) -> Option<&[f32]> {
        self.present.as_deref()
    }

    fn read(&self, steps: Vec<f32>) -> Vec<f32> {
        self.fitted.network.logits_of(steps, self.fitted.sizes)
    }

    fn take_in(&mut self, frame: &[f32], read: Option<(&Vec<f32>, usize)>) {
        if let Some((logits, step)) = read {
            let logits = &logits[step * self.sum.len()..][..self.sum.len()];
            self.sum.iter_mut().zip(logits).for_each(|(sum, &logit)| *sum += f64::from(logit));
            self.n_steps += 1;
        }
        self.present = Some(frame.to_vec());
    }
}

impl Following for Inferring<'_> {
    fn push(&mut self, frame: &[f32]) {
        self.go_on(frame);
    }

    fn forecast(&self, n_steps: usize) -> Vec<f64> {
        self.fitted.roll_out(self.origin(), &self.weights(), n_steps)
    }
}
