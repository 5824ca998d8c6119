//! A training animal as it was followed, frame by frame, by a forecaster that does not know it:
//! [`walks`]. What was missed there chooses settings, and is what analogs are made of.

use super::adapted::{Adapting, Adaptive};
use super::heads::HEADS;
use super::pooled::{Learnt, Pooled, parts};
use super::watched::{LAGS, OF_NEURON, Seen};
use crate::forecast::Following;
use std::collections::VecDeque;

/// Inputs of a neuron that make up a state: z, and two lags.
pub(super) const OF_STATE: [usize; 3] = [0, 2, LAGS];

/// What says something of the steps to come, before analogs do.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Base {
    /// Nothing: the traces stay as they are.
    Copy,
    /// The linear forecast that follows the animal.
    Linear(Adapting),
}

/// The complete frames of a training animal, as it was followed.
#[derive(Default)]
pub(super) struct Walk {
    /// `[frame, neuron, 3]`, scaled.
    pub(super) states: Vec<f32>,
    /// `[frame, neuron, feature, head]`: how far the truth was from what was said.
    pub(super) missed: Vec<f32>,
    /// What was to be said.
    pub(super) targets: Vec<f32>,
    /// `[frame, neuron, 8]`, see [`Seen::windows`].
    pub(super) windows: Vec<f32>,
    /// Whether a trace had moved by then, `[frame, neuron]`.
    pub(super) has_moved: Vec<bool>,
}

impl Walk {
    /// Skill over copying in traces, mean over the steps ahead, with every neuron in units of its SD.
    pub(super) fn skill(&self, n_outputs: usize, n_features: usize) -> f64 {
        let (mut errors, mut squares) = ([0f64; HEADS], [0f64; HEADS]);
        for (at, (missed, target)) in self.missed.iter().zip(&self.targets).enumerate() {
            let output = at % n_outputs;
            if (output / HEADS).is_multiple_of(n_features) {
                errors[output % HEADS] += f64::from(*missed).powi(2);
                squares[output % HEADS] += f64::from(*target).powi(2);
            }
        }
        let skills = errors.iter().zip(&squares).map(|(error, square)| 1. - error / square);
        skills.sum::<f64>() / HEADS as f64
    }
}

/// Every training animal followed by what is fitted on the others; a single one by what knows it. Nothing
/// where there is no finite fit.
pub(super) fn walks(pooled: &Pooled, animals: &[Learnt<'_>], base: Base) -> Option<Vec<Walk>> {
    let scales = scales(pooled);
    let mut walks = Vec::new();
    for out in parts(animals.len()) {
        let others = match animals.len() {
            1 => pooled.clone(),
            _ => pooled.without(animals, &out)?,
        };
        walks.extend(animals[out].iter().map(|animal| walk(&others, animal, base, scales)));
    }
    Some(walks)
}

fn walk(pooled: &Pooled, animal: &Learnt<'_>, base: Base, scales: [f64; 3]) -> Walk {
    let mut follower = Follower::new(pooled, base, scales);
    let mut walk = Walk::default();
    let mut wanted = animal.starts.iter().copied().peekable();
    for frame in animal.features.chunks_exact(pooled.n_neurons() * pooled.n_features) {
        if wanted.peek().is_none() {
            break;
        }
        let Some(complete) = follower.push(frame) else { continue };
        if wanted.peek() == Some(&complete.frame) {
            wanted.next();
            walk.states.extend(complete.state);
            walk.missed.extend(complete.missed);
            walk.targets.extend(complete.targets.iter().map(|&target| target as f32));
            walk.windows.extend(complete.windows);
            walk.has_moved.extend(complete.has_moved);
        }
    }
    walk
}

/// Root mean squares of the inputs of a state over the training animals' frames and neurons.
pub(super) fn scales(pooled: &Pooled) -> [f64; 3] {
    let n = pooled.n_neurons();
    let total = pooled.moments.inputs[(n * OF_NEURON, n * OF_NEURON)];
    OF_STATE.map(|input| {
        let of_neuron =
            |k: usize| pooled.moments.inputs[(k * OF_NEURON + input, k * OF_NEURON + input)];
        let square = (0..n).map(of_neuron).sum::<f64>() / (n as f64 * total);
        if square > 0. { square.sqrt() } else { 1. }
    })
}

/// The inputs of a state.
fn state(seen: &Seen, scales: [f64; 3]) -> Vec<f32> {
    let of_neuron = |inputs: &[f64]| {
        let scaled = |k: usize| (inputs[OF_STATE[k]] / scales[k]) as f32;
        [scaled(0), scaled(1), scaled(2)]
    };
    let n = seen.inputs.len() - 1;
    seen.inputs[..n].chunks_exact(OF_NEURON).flat_map(of_neuron).collect()
}

/// A frame all of whose steps have come.
pub(super) struct Complete {
    /// Its place in the animal.
    pub(super) frame: usize,
    pub(super) state: Vec<f32>,
    targets: Vec<f64>,
    pub(super) missed: Vec<f32>,
    windows: Vec<f32>,
    has_moved: Vec<bool>,
}

/// An animal with its base forecast at each of the last frames.
pub(super) struct Follower<'a> {
    pub(super) linear: Adaptive<'a>,
    base: Base,
    scales: [f64; 3],
    /// Of the last [`HEADS`] + 1 frames what the base said and the state, the oldest first.
    pub(super) said: VecDeque<(Vec<f64>, Vec<f32>)>,
}

impl<'a> Follower<'a> {
    pub(super) fn new(pooled: &'a Pooled, base: Base, scales: [f64; 3]) -> Self {
        let adapting = match base {
            Base::Copy => Adapting::No,
            Base::Linear(adapting) => adapting,
        };
        let linear = Adaptive::new(pooled, adapting);
        Self { linear, base, scales, said: VecDeque::with_capacity(HEADS + 2) }
    }

    /// Takes in the next frame; gives the one all of whose steps have come with it.
    pub(super) fn push(&mut self, frame: &[f32]) -> Option<Complete> {
        self.linear.push(frame);
        if self.said.len() > HEADS {
            self.said.pop_front();
        }
        let present = self.linear.watched.present();
        let said = match self.base {
            Base::Copy => vec![0.; present.frame.len() * HEADS],
            Base::Linear(_) => self.linear.said(),
        };
        self.said.push_back((said, state(present, self.scales)));
        let (seen, targets) = self.linear.watched.completed()?;
        let (said, state) = &self.said[0];
        let missed = targets.iter().zip(said).map(|(target, said)| (target - said) as f32);
        let missed = missed.collect();
        let frame = self.linear.watched.n_frames() - 1 - HEADS;
        let (state, windows, has_moved) = (state.clone(), seen.windows(), seen.has_moved.clone());
        Some(Complete { frame, state, targets, missed, windows, has_moved })
    }
}
