//! Dynamic neural relational inference (Graber and Schwing 2020), `dnri`: a graph of each frame, which a recurrent
//! prior reads out of the frames so far.
//!
//! With the embeddings `e` of a step by the encoder of [`super`], up to its last layer, of each pair
//!
//! ```text
//! h^t = LSTM(h^{t−1}, e^t)                    from the first step on        (Graber and Schwing eq. 6)
//! b^t = LSTM(b^{t+1}, e^t)                    from the last one back         (eq. 8)
//! p^t = softmax(W_p h^{t−1} + b_p)            prior: of the frames up to the present (eq. 7)
//! q^t = softmax(W_q [h^t ‖ b^t] + b_q)        posterior: of a whole window   (eq. 9)
//! ```
//!
//! In training, increments of windows are said by binary-concrete gates drawn from the posterior, each step by its own,
//! and the loss adds the divergence of the posterior from the prior. A forecast goes by the prior alone, which is fed
//! the frames that are forecast too: their graphs may move on. The state of a pair is bounded; each frame costs
//! some `n² (4 f w + 13 w²)` multiplications for `n` neurons, `f` features and width `w`.

mod network;
#[cfg(test)]
mod tests;
mod training;

use super::training::seen;
use crate::arrays::{DecoderArray, ForecasterSizes, RestoreError};
use crate::forecast::markov::{Scales, arrays, restored};
use crate::forecast::{BaselineForecast, Following, ForecastError, ForecastFrames, Forecaster};
use crate::written::Written;
use nervering_nn::lstm::LstmState;
use network::Network;
use rand::Rng;

/// Dynamic neural relational inference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dnri;

/// A fitted one.
struct FittedDnri {
    network: Network,
    scales: Scales,
    sizes: ForecasterSizes,
}

impl BaselineForecast for Dnri {
    fn name(&self) -> &'static str {
        "dnri"
    }

    fn fit(
        &self,
        frames: &ForecastFrames<'_>,
        rng: &mut dyn Rng,
    ) -> Result<Box<dyn Forecaster>, ForecastError> {
        let (network, scales) = training::fit(frames, rng)?;
        let ForecastFrames { n_neurons, n_features, .. } = *frames;
        let sizes = ForecasterSizes { n_neurons, n_features };
        Ok(Box::new(FittedDnri { network, scales, sizes }))
    }

    fn restore(
        &self,
        given: &[DecoderArray],
        sizes: ForecasterSizes,
    ) -> Result<Box<dyn Forecaster>, RestoreError> {
        let (network, scales) =
            restored(Network::zeros(sizes.n_features), given, sizes.n_features)?;
        Ok(Box::new(FittedDnri { network, scales, sizes }))
    }
}

impl Forecaster for FittedDnri {
    fn chosen(&self) -> String {
        String::new()
    }

    fn begin(&self) -> Box<dyn Following + '_> {
        Box::new(self.reading())
    }

    /// The first increment is seen in the second frame.
    fn n_history(&self) -> usize {
        2
    }

    /// The mean of the graphs of its frames.
    fn edges(&self, features: &[f32]) -> Option<Vec<f64>> {
        let mut reading = self.reading();
        let mut sum = vec![0.; self.sizes.n_neurons.pow(2)];
        let mut n_frames = 0;
        for frame in features.chunks_exact(self.sizes.n_columns()) {
            reading.push(frame);
            let weights = self.network.weights(reading.state.as_ref(), self.sizes);
            sum.iter_mut().zip(weights).for_each(|(sum, weight)| *sum += f64::from(weight));
            n_frames += 1;
        }
        Some(sum.into_iter().map(|sum| sum / f64::from(n_frames.max(1))).collect())
    }

    fn written(&self) -> Written {
        let mut to = Written::default();
        self.network.write(&mut to);
        to
    }

    fn arrays(&self) -> Vec<DecoderArray> {
        arrays(&self.network, &self.scales)
    }
}

impl FittedDnri {
    fn reading(&self) -> Reading<'_> {
        Reading { fitted: self, present: None, state: None }
    }

    /// The state of every pair after one more step.
    fn after(&self, state: Option<LstmState>, before: &[f32], after: &[f32]) -> LstmState {
        let seen = seen(&self.scales, before, after, self.sizes.n_features);
        self.network.after(state, seen, self.sizes)
    }
}

/// An animal whose graphs are read as it goes.
struct Reading<'a> {
    fitted: &'a FittedDnri,
    /// The last frame.
    present: Option<Vec<f32>>,
    /// Of every pair; nothing before the first step.
    state: Option<LstmState>,
}

impl Following for Reading<'_> {
    fn push(&mut self, frame: &[f32]) {
        if let Some(before) = &self.present {
            self.state = Some(self.fitted.after(self.state.take(), before, frame));
        }
        self.present = Some(frame.to_vec());
    }

    fn forecast(&self, n_steps: usize) -> Vec<f64> {
        let FittedDnri { network, scales, sizes } = self.fitted;
        let found = usize::from(self.present.is_some()) + usize::from(self.state.is_some());
        assert!(self.state.is_some(), "found {found} frames of history, expected 2 or more");
        let mut present = self.present.clone().expect("frames were pushed");
        let mut state = self.state.clone();
        let mut x: Vec<f64> = present.iter().map(|&value| f64::from(value)).collect();
        let mut steps = Vec::with_capacity(n_steps * x.len());
        for step in 0..n_steps {
            let weights = network.gates(state.as_ref(), *sizes);
            network.decoder.go_on(&mut x, &weights, scales, *sizes);
            steps.extend_from_slice(&x);
            if step + 1 < n_steps {
                let next: Vec<f32> = x.iter().map(|&value| value as f32).collect();
                state = Some(self.fitted.after(state.take(), &present, &next));
                present = next;
            }
        }
        steps
    }
}
