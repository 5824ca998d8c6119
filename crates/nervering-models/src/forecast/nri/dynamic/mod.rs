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

use super::reading::Reading;
use super::training::seen;
use crate::arrays::{DecoderArray, ForecasterSizes, RestoreError};
use crate::forecast::markov::{AT_ONCE, FittedGraph, RollOuts, Scales};
use crate::forecast::{BaselineForecast, Following, ForecastError, ForecastFrames, Forecaster};
use crate::written::Written;
use burn::tensor::Tensor;
use nervering_nn::lstm::LstmState;
use network::Network;
use rand::Rng;

/// Dynamic neural relational inference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dnri;

type FittedDnri = FittedGraph<Network>;

impl BaselineForecast for Dnri {
    fn name(&self) -> &'static str {
        "dnri"
    }

    fn fit(
        &self,
        frames: &ForecastFrames<'_>,
        rng: &mut dyn Rng,
    ) -> Result<Box<dyn Forecaster>, ForecastError> {
        Ok(Box::new(FittedGraph::new(frames, training::fit(frames, rng)?)))
    }

    fn restore(
        &self,
        given: &[DecoderArray],
        sizes: ForecasterSizes,
    ) -> Result<Box<dyn Forecaster>, RestoreError> {
        Ok(Box::new(FittedGraph::restored(Network::zeros(sizes.n_features), given, sizes)?))
    }
}

impl Forecaster for FittedDnri {
    fn begin(&self) -> Box<dyn Following + '_> {
        Box::new(self.following())
    }

    /// The first increment is seen in the second frame.
    fn n_history(&self) -> usize {
        2
    }

    fn at_once(&self, features: &[f32], starts: &[usize], n_steps: usize) -> Option<Vec<f64>> {
        let mut following = self.following();
        let some = |starts: &[usize]| {
            let mut origins = Vec::new();
            following.go_along(features, starts, |following| origins.push(following.origin()));
            self.forecasts(&origins, n_steps)
        };
        Some(starts.chunks(AT_ONCE).flat_map(some).collect())
    }

    /// The mean of the graphs of its frames.
    fn edges(&self, features: &[f32]) -> Option<Vec<f64>> {
        let mut sum = vec![0.; self.sizes.n_neurons.pow(2)];
        let frames: Vec<usize> = (0..features.len() / self.sizes.n_columns()).collect();
        self.following().go_along(features, &frames, |following| {
            let weights = self.network.weights(following.state.as_ref(), self.sizes);
            sum.iter_mut().zip(weights).for_each(|(sum, weight)| *sum += f64::from(weight));
        });
        let mean = |sum: f64| sum / frames.len() as f64;
        (!frames.is_empty()).then(|| sum.into_iter().map(mean).collect())
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

/// What a forecast starts from: the present frame, and the memory of every pair.
type Origin = (Vec<f32>, LstmState);

impl FittedDnri {
    fn following(&self) -> Follows<'_> {
        Follows { fitted: self, present: None, state: None, n_frames: 0 }
    }

    /// From several frames, `[origin, step, neuron, feature]`.
    fn forecasts(&self, origins: &[Origin], n_steps: usize) -> Vec<f64> {
        let Self { network, scales, sizes } = self;
        let n = sizes.n_columns();
        let mut present: Vec<f32> = origins.iter().flat_map(|(frame, _)| frame).copied().collect();
        let states: Vec<&LstmState> = origins.iter().map(|(_, state)| state).collect();
        let mut state = LstmState::side_by_side(&states);
        let mut x: Vec<f64> = present.iter().map(|&value| f64::from(value)).collect();
        let mut said = RollOuts::new(x.len(), *sizes, n_steps);
        for step in 0..n_steps {
            let weights = network.gates(Some(&state), *sizes);
            network.decoder.go_on(&mut x, &weights, scales, *sizes);
            said.put(step, &x);
            if step + 1 < n_steps {
                let next: Vec<f32> = x.iter().map(|&value| value as f32).collect();
                let both = present.chunks_exact(n).zip(next.chunks_exact(n));
                let seen = both.flat_map(|(a, b)| seen(scales, a, b, sizes.n_features));
                let embedded = network.embedded(seen.collect(), *sizes);
                state = network.after(Some(state), embedded);
                present = next;
            }
        }
        said.values
    }
}

/// An animal whose graphs are read as it goes.
struct Follows<'a> {
    fitted: &'a FittedDnri,
    /// The last frame.
    present: Option<Vec<f32>>,
    /// Of every pair; nothing before the first step.
    state: Option<LstmState>,
    n_frames: usize,
}

impl Follows<'_> {
    fn origin(&self) -> Origin {
        let found = self.n_frames;
        assert!(found > 1, "found {found} frames of history, expected 2 or more");
        let present = self.present.clone().expect("frames were taken in");
        (present, self.state.clone().expect("steps were taken in"))
    }
}

impl Reading for Follows<'_> {
    /// What pairs make of steps, `[1, step · receiver · sender, unit]`.
    type Read = Tensor<3>;

    fn scales(&self) -> (&Scales, ForecasterSizes) {
        (&self.fitted.scales, self.fitted.sizes)
    }

    fn n_frames(&self) -> usize {
        self.n_frames
    }

    fn present(&self) -> Option<&[f32]> {
        self.present.as_deref()
    }

    fn read(&self, steps: Vec<f32>) -> Tensor<3> {
        self.fitted.network.embedded(steps, self.fitted.sizes)
    }

    fn take_in(&mut self, frame: &[f32], read: Option<(&Tensor<3>, usize)>) {
        if let Some((embedded, step)) = read {
            let n_pairs = self.fitted.sizes.n_neurons.pow(2);
            let embedded = embedded.clone().narrow(1, step * n_pairs, n_pairs);
            self.state = Some(self.fitted.network.after(self.state.take(), embedded));
        }
        self.present = Some(frame.to_vec());
        self.n_frames += 1;
    }
}

impl Following for Follows<'_> {
    fn push(&mut self, frame: &[f32]) {
        self.go_on(frame);
    }

    fn forecast(&self, n_steps: usize) -> Vec<f64> {
        self.fitted.forecasts(&[self.origin()], n_steps)
    }
}
