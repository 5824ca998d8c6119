//! Signals of a recording under way, frame by frame: [`SignalFollower`].

use crate::levels::{N_CHANNELS, NeuronLevels, Running};
use crate::smoothing::smoothed;

/// One neuron's signals frame by frame, for recordings under way: the same numbers, to the bit, as
/// [`Signals::scaled`](crate::Signals::scaled) gives for [`Smoothing::Back`](crate::Smoothing::Back) without a delay.
#[derive(Debug, Clone)]
pub struct SignalFollower {
    interval_s: f64,
    level: Option<f64>,
    scale: Scale,
}

/// What a follower scales by.
#[derive(Debug, Clone)]
enum Scale {
    Fixed(NeuronLevels),
    Running(Running),
}

impl SignalFollower {
    /// By levels that are known beforehand.
    pub fn fixed(levels: NeuronLevels, interval_s: f64) -> Self {
        Self { interval_s, level: None, scale: Scale::Fixed(levels) }
    }

    /// By the frames so far, after levels that count as so many frames.
    pub fn running(prior: NeuronLevels, frames: f64, interval_s: f64) -> Self {
        Self { interval_s, level: None, scale: Scale::Running(Running::after(prior, frames)) }
    }

    /// Takes in the next value of the trace; z-score and slope with it.
    pub fn step(&mut self, value: f64) -> [f32; N_CHANNELS] {
        let before = self.level.unwrap_or(value);
        let (level, slope) = smoothed(before, value, self.interval_s);
        self.level = Some(level);
        let levels = match &mut self.scale {
            Scale::Fixed(levels) => *levels,
            Scale::Running(running) => running.add(level, slope),
        };
        levels.scaled(level, slope).map(|value| value as f32)
    }
}
