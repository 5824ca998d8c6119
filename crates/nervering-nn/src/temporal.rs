//! The residual temporal convolution as a layer: [`TemporalBlock`], and what it looks at.

use crate::init::{constant, normal};
use crate::ops::{Dropout, Taps, TemporalSpec, TemporalTensors, temporal_block};
use crate::pass::Pass;
use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};
use rand::Rng;

/// Share of the hidden units that are left out of a step of training.
const DROPPED: f32 = 0.3;

/// `x + w2 · dropout(relu(w1 · three taps of x + b1)) + b2`, one set of weights per replica.
#[derive(Module, Debug)]
pub struct TemporalBlock {
    w1: Param<Tensor<3>>,
    b1: Param<Tensor<2>>,
    w2: Param<Tensor<3>>,
    b2: Param<Tensor<2>>,
}

impl TemporalBlock {
    /// Of so many units; weights normal with variance 1 / (3 inputs), biases 0; one replica per
    /// generator.
    pub fn new<R: Rng>(width: usize, rngs: &mut [R], device: &Device) -> Self {
        let std = |n_in: usize| (1. / (3 * n_in) as f64).sqrt();
        let bias = |n: usize| constant(0., width, n, device);
        Self {
            w1: normal([3 * width, width], std(3 * width), rngs, device),
            b1: bias(rngs.len()),
            w2: normal([width, width], std(width), rngs, device),
            b2: bias(rngs.len()),
        }
    }

    /// `[replica, frame, width]` → the same, with `distance` frames from tap to tap. `place` tells the
    /// blocks of a network apart where units are left out.
    pub fn forward(
        &self,
        pass: &Pass,
        x: Tensor<3>,
        taps: Taps,
        distance: usize,
        place: u32,
    ) -> Tensor<3> {
        let dropout = pass.dropout().map(|seeds| Dropout {
            share: DROPPED,
            seeds: seeds
                .iter()
                .map(|seed| seed.wrapping_add(place.wrapping_mul(0x85EB_CA77)))
                .collect(),
        });
        let (frames, runs) = (pass.frames.clone(), pass.runs());
        let spec = TemporalSpec { taps, distance, frames, runs, dropout };
        let (w1, w2) = (self.w1.val(), self.w2.val());
        let weights = TemporalTensors { w1, b1: self.b1.val(), w2, b2: self.b2.val() };
        temporal_block(pass.engine, x, weights, &spec)
    }
}
