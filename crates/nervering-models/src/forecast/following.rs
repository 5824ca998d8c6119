//! A forecaster at work on one animal: [`Following`] takes its frames one by one, as an experiment
//! gives them, and says at any time how it goes on. Nothing that is pushed later can have been looked
//! at, so that a forecast is causal by construction.

use super::Forecaster;
use std::collections::VecDeque;

/// A forecaster that follows an animal from its first frame on.
pub trait Following {
    /// Takes in the next frame of the animal, `[neuron, feature]`.
    fn push(&mut self, frame: &[f32]);

    /// The `n_steps` frames after the last one that was pushed, row-major `[step, neuron, feature]`.
    ///
    /// # Panics
    /// Before [`Forecaster::n_history`] frames were pushed.
    fn forecast(&self, n_steps: usize) -> Vec<f64>;
}

/// Follows with a forecaster that looks at the last few frames alone. A frame costs a copy, and what
/// is kept does not grow.
pub(super) struct Recent<'a, F> {
    forecaster: &'a F,
    n_history: usize,
    frames: VecDeque<Vec<f32>>,
}

/// What says the next frames from the last few.
pub(super) trait FromRecent: Forecaster {
    /// The `n_steps` frames after the last of `recent`, `[frame, neuron, feature]`, which holds
    /// [`Forecaster::n_history`] frames: row-major `[step, neuron, feature]`.
    fn roll_out(&self, recent: &[f32], n_steps: usize) -> Vec<f64>;
}

impl<'a, F: FromRecent> Recent<'a, F> {
    pub(super) fn new(forecaster: &'a F) -> Self {
        Self { forecaster, n_history: forecaster.n_history(), frames: VecDeque::new() }
    }
}

impl<F: FromRecent> Following for Recent<'_, F> {
    fn push(&mut self, frame: &[f32]) {
        if self.frames.len() == self.n_history {
            self.frames.pop_front();
        }
        self.frames.push_back(frame.to_vec());
    }

    fn forecast(&self, n_steps: usize) -> Vec<f64> {
        let (found, expected) = (self.frames.len(), self.n_history);
        assert!(found == expected, "found {found} frames of history, expected {expected}");
        let recent: Vec<f32> = self.frames.iter().flatten().copied().collect();
        self.forecaster.roll_out(&recent, n_steps)
    }
}

/// Forecasts from each of `starts`, ascending, of an animal whose `features` are
/// `[frame, neuron, feature]` with `n_columns` numbers in each frame: row-major
/// `[start, step, neuron, feature]`. The frames are walked once, up to the last start.
///
/// # Panics
/// Where starts do not ascend, or have too few frames before them or none.
pub fn follow(
    forecaster: &dyn Forecaster,
    features: &[f32],
    n_columns: usize,
    starts: &[usize],
    n_steps: usize,
) -> Vec<f64> {
    if let Some(said) = forecaster.at_once(features, starts, n_steps) {
        return said;
    }
    follow_each(forecaster, features, n_columns, starts, n_steps)
}

/// The same one by one.
pub(super) fn follow_each(
    forecaster: &dyn Forecaster,
    features: &[f32],
    n_columns: usize,
    starts: &[usize],
    n_steps: usize,
) -> Vec<f64> {
    let mut following = forecaster.begin();
    let mut frames = features.chunks_exact(n_columns);
    let (mut pushed, mut said) = (0, Vec::with_capacity(starts.len() * n_steps * n_columns));
    for &start in starts {
        assert!(pushed <= start + 1, "found start {start} after a later one");
        while pushed <= start {
            following.push(frames.next().expect("a start is a frame of the animal"));
            pushed += 1;
        }
        said.extend(following.forecast(n_steps));
    }
    said
}
