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
use crate::forecast::markov::{AT_ONCE, RollOuts, Scales, arrays, restored};
use crate::forecast::{BaselineForecast, Following, ForecastError, ForecastFrames, Forecaster};
use crate::written::Written;
use burn::tensor::Tensor;
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

    fn at_once(&self, features: &[f32], starts: &[usize], n_steps: usize) -> Option<Vec<f64>> {
        let mut reading = self.reading();
        let some = |starts: &[usize]| {
            let mut origins = Vec::new();
            for &start in starts {
                reading.go_to(features, start);
                origins.push(reading.origin());
            }
            self.forecasts(&origins, n_steps)
        };
        Some(starts.chunks(AT_ONCE).flat_map(some).collect())
    }

    /// The mean of the graphs of its frames.
    fn edges(&self, features: &[f32]) -> Option<Vec<f64>> {
        let mut reading = self.reading();
        let mut sum = vec![0.; self.sizes.n_neurons.pow(2)];
        let n_frames = features.len() / self.sizes.n_columns();
        for frame in 0..n_frames {
            reading.go_to(features, frame);
            let weights = self.network.weights(reading.state.as_ref(), self.sizes);
            sum.iter_mut().zip(weights).for_each(|(sum, weight)| *sum += f64::from(weight));
        }
        (n_frames > 0).then(|| sum.into_iter().map(|sum| sum / n_frames as f64).collect())
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

/// What a forecast starts from: the present frame, and the memory of every pair.
type Origin = (Vec<f32>, LstmState);

impl FittedDnri {
    fn reading(&self) -> Reading<'_> {
        Reading { fitted: self, present: None, state: None, n_frames: 0, ahead: None }
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
struct Reading<'a> {
    fitted: &'a FittedDnri,
    /// The last frame.
    present: Option<Vec<f32>>,
    /// Of every pair; nothing before the first step.
    state: Option<LstmState>,
    /// Frames taken in.
    n_frames: usize,
    /// What pairs make of the steps from a frame on, where these are known already.
    ahead: Option<(usize, Tensor<3>)>,
}

impl Reading<'_> {
    /// Takes in frames up to one that no later one has been taken in before, of an animal with these features. What
    /// pairs make of a step rests on it alone, and is made of several at once.
    fn go_to(&mut self, features: &[f32], frame: usize) {
        let FittedDnri { network, scales, sizes } = self.fitted;
        let (n, n_pairs) = (sizes.n_columns(), sizes.n_neurons.pow(2));
        assert!(self.n_frames <= frame + 1, "found start {frame} after a later one");
        let row = |frame: usize| &features[frame * n..(frame + 1) * n];
        for at in self.n_frames..=frame {
            if at > 0 {
                let known = self.ahead.take().filter(|(from, steps)| {
                    (*from..from + steps.dims()[1] / n_pairs).contains(&at)
                });
                let (from, steps) = known.unwrap_or_else(|| {
                    let until = (at + AT_ONCE).min(features.len() / n);
                    let steps = (at..until)
                        .flat_map(|at| seen(scales, row(at - 1), row(at), sizes.n_features));
                    (at, network.embedded(steps.collect(), *sizes))
                });
                let embedded = steps.clone().narrow(1, (at - from) * n_pairs, n_pairs);
                self.state = Some(network.after(self.state.take(), embedded));
                self.ahead = Some((from, steps));
            }
        }
        self.n_frames = self.n_frames.max(frame + 1);
        self.present = Some(row(frame).to_vec());
    }

    fn origin(&self) -> Origin {
        let found = self.n_frames;
        assert!(self.state.is_some(), "found {found} frames of history, expected 2 or more");
        let present = self.present.clone().expect("frames were taken in");
        (present, self.state.clone().expect("steps were taken in"))
    }
}

impl Following for Reading<'_> {
    fn push(&mut self, frame: &[f32]) {
        let FittedDnri { network, scales, sizes } = self.fitted;
        if let Some(before) = &self.present {
            let seen = seen(scales, before, frame, sizes.n_features);
            self.state = Some(network.after(self.state.take(), network.embedded(seen, *sizes)));
        }
        self.present = Some(frame.to_vec());
        self.n_frames += 1;
    }

    fn forecast(&self, n_steps: usize) -> Vec<f64> {
        self.fitted.forecasts(&[self.origin()], n_steps)
    }
}
