//! Analogs: what came next when neurons were in a state like the present one. [`Analogs`] averages over
//! the nearest such frames of training animals and of the animal's own past what a linear forecast
//! missed there, or, where there is no linear forecast, how the traces went on.
//!
//! A state is three numbers a neuron: `z`, and how far the trace was from the present 2 and 7 frames
//! ago. The [`N_NEAREST`] nearest frames count by `exp(−d² / median d²)`. Of the own past those count all
//! of whose steps have come by now. What a linear forecast missed is taken from forecasts of animals that
//! it was not fitted on.

use super::heads::HEADS;
use super::pooled::Pooled;
use super::walk::{Base, Follower, OF_STATE, Walk, scales};
use super::watched::{LAGS, Watched};
use crate::forecast::Following;

/// Frames that are averaged over.
pub const N_NEAREST: usize = 60;
/// The last frames of the animal's own past that are kept: nearly an hour at three a second.
pub const MOST_OWN: usize = 10_000;
/// Shares of the average that there are to choose from.
const SHARES: [f64; 4] = [0.25, 0.5, 0.75, 1.];
/// Where there is no other animal to choose it on.
const UNCHOSEN_SHARE: f64 = 0.5;
/// Every so manieth frame of a training animal chooses the share.
const CHOOSING_EVERY: usize = 4;

/// States, and what came of each.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Library {
    /// `[frame, neuron, 3]`, scaled.
    pub(super) states: Vec<f32>,
    /// `[frame, neuron, feature, head]`: what was missed.
    pub(super) missed: Vec<f32>,
}

impl Library {
    fn part(&self) -> Part<'_> {
        Part { states: &self.states, missed: &self.missed }
    }
}

/// Fitted analogs.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Analogs {
    pub(super) base: Base,
    /// Of the inputs of a state, SD over frames and neurons.
    pub(super) scales: [f64; 3],
    /// Of the average that is added to the base.
    pub(super) share: f64,
    pub(super) library: Library,
}

impl Analogs {
    /// Keeps what was missed on walks along the training animals with `base`; the share is the best for
    /// animals whose own frames are not in the library. Nothing without a finite skill.
    pub(super) fn fit(pooled: &Pooled, walks: &[Walk], base: Base) -> Option<Self> {
        let n_missed = pooled.moments.squares.len();
        let n_state = pooled.n_neurons() * OF_STATE.len();
        let share = match (base, walks.len()) {
            (Base::Linear(_), 2..) => best_share(walks, [n_state, n_missed], pooled.n_features)?,
            (Base::Linear(_), _) => UNCHOSEN_SHARE,
            (Base::Copy, _) => 1.,
        };
        let mut library = Library::default();
        for walk in walks {
            library.states.extend_from_slice(&walk.states);
            library.missed.extend_from_slice(&walk.missed);
        }
        Some(Self { base, scales: scales(pooled), share, library })
    }

    /// What is still missed at every frame of a walk where its share of the average is added to the base,
    /// `[frame, neuron, feature, head]`; the walk itself is no part of the library, but for its own past.
    pub(super) fn remaining(&self, walks: &[Walk], at: usize, sizes: [usize; 2]) -> Vec<f32> {
        let [n_state, n_missed] = sizes;
        let n_frames = walks[at].states.len() / n_state;
        let of_frame = |frame: usize| {
            let said = at_frame(walks, at, frame, sizes);
            let missed = &walks[at].missed[frame * n_missed..(frame + 1) * n_missed];
            let remaining =
                |(missed, said): (&f32, f64)| (f64::from(*missed) - self.share * said) as f32;
            missed.iter().zip(said).map(remaining).collect::<Vec<_>>()
        };
        (0..n_frames).flat_map(of_frame).collect()
    }
}

/// The average at a frame of a walk, over the other walks and its own past as far as its steps have come.
fn at_frame(walks: &[Walk], at: usize, frame: usize, [n_state, n_missed]: [usize; 2]) -> Vec<f64> {
    let others = walks.iter().enumerate().filter(|(other, _)| *other != at);
    let others = others.map(|(_, walk)| Part { states: &walk.states, missed: &walk.missed });
    let (walk, own) = (&walks[at], frame.saturating_sub(HEADS - 1));
    let own =
        Part { states: &walk.states[..own * n_state], missed: &walk.missed[..own * n_missed] };
    let parts: Vec<Part<'_>> = others.chain([own]).collect();
    average(&parts, &walk.states[frame * n_state..(frame + 1) * n_state], n_missed)
}

/// The share with the most skill in traces, mean over animals and steps ahead.
fn best_share(walks: &[Walk], [n_state, n_missed]: [usize; 2], n_features: usize) -> Option<f64> {
    let mut skills = [0.; SHARES.len()];
    for (at, walk) in walks.iter().enumerate() {
        // Of each share, the squared errors of each head.
        let mut errors = [[0f64; HEADS]; SHARES.len()];
        let mut squares = [0f64; HEADS];
        for frame in (0..walk.states.len() / n_state).step_by(CHOOSING_EVERY) {
            let said = at_frame(walks, at, frame, [n_state, n_missed]);
            let missed = &walk.missed[frame * n_missed..];
            let targets = &walk.targets[frame * n_missed..];
            for (output, said) in said.iter().enumerate() {
                if !(output / HEADS).is_multiple_of(n_features) {
                    continue;
                }
                for (share, errors) in SHARES.iter().zip(&mut errors) {
                    errors[output % HEADS] += (f64::from(missed[output]) - share * said).powi(2);
                }
                squares[output % HEADS] += f64::from(targets[output]).powi(2);
            }
        }
        for (skill, errors) in skills.iter_mut().zip(&errors) {
            *skill +=
                errors.iter().zip(&squares).map(|(error, square)| 1. - error / square).sum::<f64>();
        }
    }
    let mut best: Option<(f64, f64)> = None;
    for (&share, skill) in SHARES.iter().zip(skills) {
        if skill.is_finite() && best.is_none_or(|(most, _)| skill > most) {
            best = Some((skill, share));
        }
    }
    best.map(|(_, share)| share)
}

/// Some states, and what was missed at each.
#[derive(Clone, Copy)]
struct Part<'a> {
    states: &'a [f32],
    missed: &'a [f32],
}

/// `[neuron, feature, head]`: the average of what was missed at the nearest states of all parts.
fn average(parts: &[Part<'_>], state: &[f32], n_missed: usize) -> Vec<f64> {
    // Of each candidate its distance, its part and its place there; equals go by place.
    let mut found: Vec<(f32, usize, usize)> = Vec::new();
    for (part, Part { states, .. }) in parts.iter().enumerate() {
        let distances = states.chunks_exact(state.len()).map(|other| distance(state, other));
        found.extend(distances.enumerate().map(|(at, d)| (d, part, at)));
    }
    let mut said = vec![0.; n_missed];
    if found.is_empty() {
        return said;
    }
    let order = |a: &(f32, usize, usize), b: &(f32, usize, usize)| {
        a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)).then(a.2.cmp(&b.2))
    };
    if found.len() > N_NEAREST {
        found.select_nth_unstable_by(N_NEAREST - 1, order);
        found.truncate(N_NEAREST);
    }
    found.sort_unstable_by(order);
    let median = f64::from(found[found.len() / 2].0).max(f64::MIN_POSITIVE);
    let weights: Vec<f64> = found.iter().map(|(d, ..)| (-f64::from(*d) / median).exp()).collect();
    let total: f64 = weights.iter().sum();
    for ((_, part, at), weight) in found.iter().zip(&weights) {
        let missed = &parts[*part].missed[at * n_missed..(at + 1) * n_missed];
        let weight = weight / total;
        said.iter_mut().zip(missed).for_each(|(sum, m)| *sum += weight * f64::from(*m));
    }
    said
}

/// Squared distance. Eight sums side by side, in an order that does not depend on the machine.
fn distance(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0f32; 8];
    let (a8, b8) = (a.chunks_exact(8), b.chunks_exact(8));
    let rest = a8.remainder().iter().zip(b8.remainder());
    let rest: f32 = rest.map(|(a, b)| (a - b) * (a - b)).sum();
    for (a, b) in a8.zip(b8) {
        for k in 0..8 {
            sums[k] += (a[k] - b[k]) * (a[k] - b[k]);
        }
    }
    sums.iter().sum::<f32>() + rest
}

/// An animal that is followed with analogs.
pub(super) struct WithAnalogs<'a> {
    analogs: &'a Analogs,
    follower: Follower<'a>,
    own: Library,
}

impl<'a> WithAnalogs<'a> {
    pub(super) fn new(pooled: &'a Pooled, analogs: &'a Analogs) -> Self {
        let follower = Follower::new(pooled, analogs.base, analogs.scales);
        Self { analogs, follower, own: Library::default() }
    }

    /// What is said of the steps after the present frame, `[neuron, feature, head]`.
    pub(super) fn said(&self) -> Vec<f64> {
        let (base, state) = self.follower.said.back().expect("a frame was pushed");
        let parts = [&self.analogs.library, &self.own].map(Library::part);
        let average = average(&parts, state, base.len());
        let share = self.analogs.share;
        base.iter().zip(&average).map(|(b, a)| b + share * a).collect()
    }

    pub(super) fn watched(&self) -> &Watched<'a> {
        &self.follower.linear.watched
    }
}

impl Following for WithAnalogs<'_> {
    fn push(&mut self, frame: &[f32]) {
        let Some(complete) = self.follower.push(frame) else { return };
        if complete.frame < LAGS {
            return;
        }
        let (n_state, n_missed) = (complete.state.len(), complete.missed.len());
        let Library { states, missed } = &mut self.own;
        if states.len() >= MOST_OWN * n_state {
            // Some at a time, since those that stay have to be moved.
            states.drain(..MOST_OWN / 10 * n_state);
            missed.drain(..MOST_OWN / 10 * n_missed);
        }
        states.extend(complete.state);
        missed.extend(complete.missed);
    }

    fn forecast(&self, n_steps: usize) -> Vec<f64> {
        self.watched().frames(&self.said(), n_steps)
    }
}
