//! Following an animal with a direct regression: with the weights of the training animals alone, or
//! refitted now and then on the animal's own past as well ([`Adapting`]).
//!
//! Every [`REFITTED_EVERY`] frames the moments of the animal's own frames, of which all steps ahead have
//! come by then, are added to those of the training animals: each of its frames counts for as many as
//! `own_weight` frames of a training animal. No label is looked at, and no later frame.

use super::heads::HEADS;
use super::moments::{Moments, Rows, applied};
use super::pooled::Pooled;
use super::watched::{LAGS, Watched};
use crate::forecast::Following;
use faer::Mat;

/// Frames from one refitting to the next: about a quarter of a minute.
pub const REFITTED_EVERY: usize = 48;

/// Whether the weights follow the animal.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Adapting {
    /// They are those of the training animals.
    No,
    /// Refitted on the animal's own past.
    OwnPast {
        /// Frames of a training animal that one of its frames counts for.
        own_weight: f64,
    },
}

/// An animal that is followed.
pub(super) struct Adaptive<'a> {
    pooled: &'a Pooled,
    adapting: Adapting,
    pub(super) watched: Watched<'a>,
    /// Frames of the animal that wait to be added to its moments.
    rows: Rows,
    own: Moments,
    /// Nothing before the first refitting.
    weights: Option<Mat<f64>>,
}

impl<'a> Adaptive<'a> {
    pub(super) fn new(pooled: &'a Pooled, adapting: Adapting) -> Self {
        let Moments { inputs, squares, .. } = &pooled.moments;
        Self {
            pooled,
            adapting,
            watched: Watched::new(&pooled.prior, pooled.n_features),
            rows: Rows::default(),
            own: Moments::none(inputs.nrows(), squares.len()),
            weights: None,
        }
    }

    /// What is said of the steps after the present frame, `[neuron, feature, head]`.
    pub(super) fn said(&self) -> Vec<f64> {
        let weights = self.weights.as_ref().unwrap_or(&self.pooled.weights);
        applied(weights, &self.watched.present().inputs)
    }

    fn refit(&mut self, own_weight: f64) {
        let Self { pooled, own, rows, weights, .. } = self;
        own.add_rows(rows);
        rows.clear();
        // The weight of one of its frames among the frames of all.
        let weight = own_weight * own.weight(pooled.n_features) * own.count;
        let mut all = pooled.moments.clone();
        all.add(own, weight / pooled.frames_of_animal);
        // Equations without a finite answer leave the weights as they are.
        if let Some(refitted) = all.solve(pooled.penalties) {
            *weights = Some(refitted);
        }
    }
}

impl Following for Adaptive<'_> {
    fn push(&mut self, frame: &[f32]) {
        self.watched.push(frame);
        let Adapting::OwnPast { own_weight } = self.adapting else { return };
        let n_frames = self.watched.n_frames();
        if let Some((seen, targets)) = self.watched.completed()
            && n_frames > LAGS + HEADS
        {
            self.rows.push(&seen.inputs, &targets);
        }
        let is_time = (n_frames - 1).is_multiple_of(REFITTED_EVERY);
        if is_time && self.rows.n() + self.own.count as usize > 0 {
            self.refit(own_weight);
        }
    }

    fn forecast(&self, n_steps: usize) -> Vec<f64> {
        self.watched.frames(&self.said(), n_steps)
    }
}
