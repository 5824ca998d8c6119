//! What a direct forecaster knows of an animal at a frame: [`Watched`] turns frames, as they come,
//! into the inputs of a regression.
//!
//! The trace of each neuron is seen relative to its own mean and SD up to now, `z = (x − m) / s`,
//! which start as if [`PRIOR_FRAMES`] frames had had the mean and SD of the training animals. Inputs of
//! a neuron are `z` and how far the trace was from the present value 1 … [`LAGS`] frames ago, in units
//! of `s`; before the first frame it is taken to have been as in the first. A constant comes last.
//! Since everything is relative, a neuron's ΔF/F may be on another scale or level in another animal,
//! and a normalisation by a fixed range changes nothing.

use super::heads::HEADS;
use std::collections::VecDeque;

/// Frames before the present that inputs reach back.
pub const LAGS: usize = 7;
/// Inputs of a neuron.
pub(super) const OF_NEURON: usize = LAGS + 1;
/// Frames that the training animals' mean and SD count for.
pub const PRIOR_FRAMES: f64 = 60.;
/// No SD is less: a neuron that has never moved has none.
pub const LEAST_SD: f64 = 1e-6;

/// Inputs of a frame with so many neurons.
pub(super) fn n_inputs(n_neurons: usize) -> usize {
    n_neurons * OF_NEURON + 1
}

/// What is known of the neurons before an animal is seen.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Prior {
    /// Of the traces, one per neuron.
    pub(super) means: Vec<f64>,
    /// Of the traces, one per neuron.
    pub(super) sds: Vec<f64>,
    /// Means of the other features, `[neuron, feature but the first]`.
    pub(super) levels: Vec<f64>,
}

/// A frame as it was seen when it was the present one.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    /// As it was given, `[neuron, feature]`.
    pub(super) frame: Vec<f64>,
    /// SDs up to then, one per neuron.
    pub(super) sds: Vec<f64>,
    /// Whether a trace has had two values by then, one per neuron.
    pub(super) has_moved: Vec<bool>,
    /// `[neuron, input]`, and 1.
    pub(super) inputs: Vec<f64>,
}

impl Seen {
    /// The present and the [`LAGS`] frames before it relative to the mean and SD of then,
    /// `[neuron, frame]`, the present first.
    pub(super) fn windows(&self) -> Vec<f32> {
        let n = self.inputs.len() - 1;
        let of_neuron = |inputs: &[f64]| {
            let z = inputs[0];
            let at = |lag: usize| (if lag == 0 { z } else { z + inputs[lag] }) as f32;
            std::array::from_fn::<f32, OF_NEURON, _>(at)
        };
        self.inputs[..n].chunks_exact(OF_NEURON).flat_map(of_neuron).collect()
    }
}

/// An animal up to the present: running sums, and the last [`HEADS`] + 1 frames.
#[derive(Debug, Clone)]
pub(super) struct Watched<'a> {
    prior: &'a Prior,
    n_features: usize,
    n_frames: usize,
    /// Of the traces, about the prior mean.
    sums: Vec<f64>,
    squares: Vec<f64>,
    /// The first value of each trace; empty before there is one.
    first: Vec<f64>,
    has_moved: Vec<bool>,
    recent: VecDeque<Seen>,
}

impl<'a> Watched<'a> {
    pub(super) fn new(prior: &'a Prior, n_features: usize) -> Self {
        let n = prior.means.len();
        let (sums, squares) = (vec![0.; n], vec![0.; n]);
        let recent = VecDeque::with_capacity(HEADS + 2);
        let (first, has_moved) = (Vec::new(), vec![false; n]);
        Self { prior, n_features, n_frames: 0, sums, squares, first, has_moved, recent }
    }

    /// Takes in the next frame, `[neuron, feature]`.
    pub(super) fn push(&mut self, frame: &[f32]) {
        let frame: Vec<f64> = frame.iter().map(|&value| f64::from(value)).collect();
        self.n_frames += 1;
        let n = self.prior.means.len();
        let weight = PRIOR_FRAMES + self.n_frames as f64;
        let mut sds = Vec::with_capacity(n);
        let mut inputs = Vec::with_capacity(n_inputs(n));
        for neuron in 0..n {
            let at = neuron * self.n_features;
            let value = frame[at];
            match self.first.get(neuron) {
                None => self.first.push(value),
                Some(first) => self.has_moved[neuron] |= value != *first,
            }
            let from_prior = value - self.prior.means[neuron];
            self.sums[neuron] += from_prior;
            self.squares[neuron] += from_prior * from_prior;
            let mean = self.sums[neuron] / weight;
            let square = self.squares[neuron] + PRIOR_FRAMES * self.prior.sds[neuron].powi(2);
            let sd = (square / weight - mean * mean).max(0.).sqrt().max(LEAST_SD);
            inputs.push((from_prior - mean) / sd);
            for lag in 1..=LAGS {
                let before = self.before(lag).map_or(value, |seen| seen.frame[at]);
                inputs.push((before - value) / sd);
            }
            sds.push(sd);
        }
        inputs.push(1.);
        if self.recent.len() > HEADS {
            self.recent.pop_front();
        }
        let has_moved = self.has_moved.clone();
        self.recent.push_back(Seen { frame, sds, has_moved, inputs });
    }

    /// The frame so long before one that is about to be pushed, or the first one there was.
    fn before(&self, lag: usize) -> Option<&Seen> {
        let at = self.recent.len().saturating_sub(lag);
        self.recent.get(at)
    }

    /// Frames that were pushed.
    pub(super) fn n_frames(&self) -> usize {
        self.n_frames
    }

    /// The present frame.
    ///
    /// # Panics
    /// Before the first one.
    pub(super) fn present(&self) -> &Seen {
        self.recent.back().expect("a frame was pushed")
    }

    /// The frame all of whose [`HEADS`] steps have come by now, if there is one, and these steps as a
    /// regression is to say them: [`Watched::targets`].
    pub(super) fn completed(&self) -> Option<(&Seen, Vec<f64>)> {
        let seen = self.recent.front().filter(|_| self.recent.len() > HEADS)?;
        let after = |step: usize, column: usize| self.recent[step].frame[column];
        Some((seen, self.targets(seen, after)))
    }

    /// What came `step` frames after a frame, `[neuron, feature, head]`, in units of the SD of then:
    /// the distance of the trace from its value of then, and of the other features from their levels.
    fn targets(&self, seen: &Seen, after: impl Fn(usize, usize) -> f64) -> Vec<f64> {
        let mut targets = Vec::with_capacity(seen.frame.len() * HEADS);
        for column in 0..seen.frame.len() {
            let from = self.origin(seen, column);
            let sd = seen.sds[column / self.n_features];
            targets.extend((1..=HEADS).map(|step| (after(step, column) - from) / sd));
        }
        targets
    }

    /// What forecasts of a column are relative to.
    fn origin(&self, seen: &Seen, column: usize) -> f64 {
        let (neuron, feature) = (column / self.n_features, column % self.n_features);
        match feature {
            0 => seen.frame[column],
            _ => self.prior.levels[neuron * (self.n_features - 1) + feature - 1],
        }
    }

    /// The way back: steps as a regression says them, `[neuron, feature, head]`, to the frames after
    /// the present one, row-major `[step, neuron, feature]`. Beyond the last head they stay.
    pub(super) fn frames(&self, said: &[f64], n_steps: usize) -> Vec<f64> {
        let seen = self.present();
        let n_columns = seen.frame.len();
        let of_step = |step: usize| {
            let head = step.min(HEADS - 1);
            (0..n_columns).map(move |column| {
                let sd = seen.sds[column / self.n_features];
                self.origin(seen, column) + sd * said[column * HEADS + head]
            })
        };
        (0..n_steps).flat_map(of_step).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_and_targets_are_those_of_the_definition() {
        let prior = Prior { means: vec![0.5, 0.1], sds: vec![0.2, 0.3], levels: vec![0.4, 0.6] };
        let value = |t: usize, column: usize| ((t * 4 + column) as f32 * 0.37).sin();
        let mut watched = Watched::new(&prior, 2);
        for t in 0..40 {
            watched.push(&[0, 1, 2, 3].map(|column| value(t, column)));
            let neuron = t % 2;
            let x = |t: usize| f64::from(value(t, neuron * 2));
            let (mean, sd) = (prior.means[neuron], prior.sds[neuron]);
            // Sixty frames of the prior's mean and mean square, and those so far.
            let count = 60. + (t + 1) as f64;
            let sum = 60. * mean + (0..=t).map(x).sum::<f64>();
            let square = 60. * (sd * sd + mean * mean) + (0..=t).map(|t| x(t).powi(2)).sum::<f64>();
            let s = (square / count - (sum / count).powi(2)).sqrt();
            let found = &watched.present().inputs[neuron * OF_NEURON..];
            assert!((found[0] - (x(t) - sum / count) / s).abs() < 1e-12);
            let lag = 1 + t % LAGS;
            let before = x(t.saturating_sub(lag));
            assert!((found[lag] - (before - x(t)) / s).abs() < 1e-12, "frame {t}, lag {lag}");
            match watched.completed() {
                None => assert!(t < HEADS),
                Some((seen, targets)) => {
                    let then = t - HEADS;
                    let head = t % HEADS;
                    let at = |column: usize| f64::from(value(then + head + 1, column));
                    let trace = (at(2) - seen.frame[2]) / seen.sds[1];
                    assert!((targets[2 * HEADS + head] - trace).abs() < 1e-12);
                    let other = (at(3) - 0.6) / seen.sds[1];
                    assert!((targets[3 * HEADS + head] - other).abs() < 1e-12);
                }
            }
        }
    }

    #[test]
    fn steps_come_back_from_what_is_said_of_them() {
        let prior = Prior { means: vec![0.5], sds: vec![0.2], levels: vec![0.4] };
        let mut watched = Watched::new(&prior, 2);
        watched.push(&[0.75, 0.5]);
        let mut said = vec![0.; 2 * HEADS];
        (said[0], said[HEADS - 1], said[HEADS]) = (1., 3., -1.);
        let sd = watched.present().sds[0];
        let frames = watched.frames(&said, HEADS + 2);
        assert_eq!(frames[..2], [0.75 + sd, 0.4 - sd]);
        assert_eq!(frames[2 * (HEADS - 1)], 0.75 + 3. * sd);
        assert_eq!(frames[2 * (HEADS + 1)], 0.75 + 3. * sd, "beyond the last head it stays");
    }
}
