//! What a model sees that looks at frames in order: the smoothed trace of each neuron and its slope
//! ([`Signals`]), brought to a scale of their own by [`Levels`].

use crate::levels::{LevelScale, Levels, N_CHANNELS, N_LEVELS, NeuronLevels, Running, SignalScope};
use crate::smoothing::{Smoothing, around, back, frame_interval};
use crate::{Feature, PrepareError, ScopeKind, Selected};
use std::ops::Range;

/// Lags to each side of a context.
const CONTEXT: i32 = 13;
/// Seconds between them.
const CONTEXT_STEP_S: f64 = 0.6;
/// Numbers of a neuron that may be absent: 1 where it is there, then the level and the slope.
pub const N_TOKEN: usize = 1 + N_CHANNELS;

/// Smoothed traces and their slopes, in the units of the recording.
#[derive(Debug, Clone, PartialEq)]
pub struct Signals {
    animal: String,
    neurons: Vec<nervering_recording::NeuronName>,
    /// By neuron: whether it is there. One that is not has levels and slopes of 0.
    present: Vec<bool>,
    smoothing: Smoothing,
    /// By neuron, per frame.
    levels: Vec<Vec<f64>>,
    slopes: Vec<Vec<f64>>,
    /// Frames by which rows are later than the frames that they stand for.
    delay: usize,
    /// Seconds from frame to frame.
    interval: f64,
}

impl Signals {
    /// Of some consecutive frames of an animal; no other frame is looked at.
    ///
    /// # Errors
    /// [`PrepareError::MissingValue`].
    pub fn new(
        selected: &Selected,
        frames: Range<usize>,
        smoothing: Smoothing,
    ) -> Result<Self, PrepareError> {
        let (interval, delay) = match smoothing {
            Smoothing::Around => (frame_interval(&selected.seconds[frames.clone()]), 0),
            Smoothing::Back { delay_s, interval_s } => {
                (interval_s, (delay_s / interval_s).round() as usize)
            }
        };
        let (mut levels, mut slopes) = (Vec::new(), Vec::new());
        for (neuron, name) in selected.neurons.iter().enumerate() {
            if !selected.present[neuron] {
                levels.push(vec![0.; frames.len()]);
                slopes.push(vec![0.; frames.len()]);
                continue;
            }
            let at = |frame| selected.values[selected.at(frame, neuron, Feature::Trace)];
            let trace: Vec<f64> = frames.clone().map(at).collect();
            if let Some(missing) = trace.iter().position(|value| !value.is_finite()) {
                return Err(PrepareError::MissingValue {
                    animal: selected.animal.clone(),
                    neuron: name.clone(),
                    feature: Feature::Trace,
                    frame: frames.start + missing,
                });
            }
            let (level, slope) = match smoothing {
                Smoothing::Around => around(&trace, interval),
                Smoothing::Back { .. } => back(&trace, interval),
            };
            levels.push(level);
            slopes.push(slope);
        }
        Ok(Self {
            animal: selected.animal.clone(),
            neurons: selected.neurons.clone(),
            present: selected.present.clone(),
            smoothing,
            levels,
            slopes,
            delay,
            interval,
        })
    }

    /// Without the neurons of which `shown` is false, as if the animal lacked them.
    #[must_use]
    pub fn showing(mut self, shown: impl Fn(usize) -> bool) -> Self {
        for (neuron, present) in self.present.iter_mut().enumerate() {
            *present &= shown(neuron);
        }
        self
    }

    /// Of every neuron whether it is there, its level and its slope, `[frame, neuron, channel]` with
    /// [`N_TOKEN`] channels; 0 of one that is not.
    ///
    /// # Errors
    /// As [`Signals::scaled`].
    pub fn tokens(
        &self,
        scope: SignalScope<'_>,
        scale: LevelScale,
    ) -> Result<Vec<f32>, PrepareError> {
        let scaled = self.scaled(scope, scale)?;
        let of_neurons = scaled.chunks_exact(N_CHANNELS).zip(self.present.iter().cycle());
        let token = |(channels, &present): (&[f32], &bool)| {
            [f32::from(u8::from(present)), channels[0], channels[1]]
        };
        Ok(of_neurons.flat_map(token).collect())
    }

    /// Lags at which a context shows signals, in seconds: from the earliest on.
    pub fn lags_s(smoothing: Smoothing) -> impl Iterator<Item = f64> + Clone {
        let ahead = match smoothing {
            Smoothing::Around => CONTEXT,
            Smoothing::Back { .. } => 0,
        };
        (-CONTEXT..=ahead).map(|k| f64::from(k) * CONTEXT_STEP_S)
    }

    /// Numbers of a neuron in a row of [`Signals::in_context`].
    pub fn n_in_context(smoothing: Smoothing) -> usize {
        N_CHANNELS * Self::lags_s(smoothing).count()
    }

    /// z-score and slope of each neuron at each lag of its context, `[frame, neuron, lag · 2]`. Beyond the
    /// ends the first and the last frame stand.
    ///
    /// # Errors
    /// As [`Signals::scaled`].
    pub fn in_context(&self, scope: SignalScope<'_>) -> Result<Vec<f32>, PrepareError> {
        let scaled = self.scaled(scope, LevelScale::ZScore)?;
        let n_neurons = self.levels.len();
        let row = n_neurons * N_CHANNELS;
        let last = (scaled.len() / row).saturating_sub(1);
        let lags: Vec<isize> = Self::lags_s(self.smoothing)
            .map(|lag_s| (lag_s / self.interval).round() as isize)
            .collect();
        let mut shown = Vec::with_capacity((last + 1) * row * lags.len());
        for frame in 0..scaled.len() / row {
            for neuron in 0..n_neurons {
                for &lag in &lags {
                    let at = frame.saturating_add_signed(lag).min(last);
                    let channels = &scaled[at * row + neuron * N_CHANNELS..][..N_CHANNELS];
                    shown.extend_from_slice(channels);
                }
            }
        }
        Ok(shown)
    }

    /// Brought to scale, `[frame, neuron, channel]`: the level, and the slope in units of one and a half times
    /// its root mean square.
    ///
    /// # Errors
    /// [`PrepareError::Flat`] for a neuron that does not vary, and [`PrepareError::OutOfReach`].
    pub fn scaled(
        &self,
        scope: SignalScope<'_>,
        scale: LevelScale,
    ) -> Result<Vec<f32>, PrepareError> {
        let n_frames = self.levels.first().map_or(0, Vec::len);
        let (n_neurons, n_channels) = (self.levels.len(), N_CHANNELS);
        let mut scaled = vec![0f32; n_frames * n_neurons * n_channels];
        for neuron in (0..n_neurons).filter(|&neuron| self.present[neuron]) {
            let fixed = match scope {
                SignalScope::Own => Some(self.own_levels(neuron).told_in(scale)),
                SignalScope::Fixed(levels) => Some(levels.of_neurons[neuron].told_in(scale)),
                SignalScope::Running { .. } => None,
            };
            let mut running = match scope {
                SignalScope::Running { prior, frames } => {
                    Some(Running::after(prior.of_neurons[neuron], frames))
                }
                _ => None,
            };
            let rows = self.levels[neuron].iter().zip(&self.slopes[neuron]);
            for (frame, (&level, &slope)) in rows.enumerate() {
                let levels = match (&mut running, fixed) {
                    (Some(running), _) => running.add(level, slope),
                    (None, Some(levels)) => levels,
                    (None, None) => unreachable!("a scope is fixed or runs along"),
                };
                if levels.deviation <= 0. || levels.slope <= 0. {
                    return Err(self.flat(neuron, level));
                }
                let at = (frame * n_neurons + neuron) * n_channels;
                for (to, value) in
                    scaled[at..at + n_channels].iter_mut().zip(levels.scaled(level, slope))
                {
                    *to = value as f32;
                    if !to.is_finite() {
                        return Err(PrepareError::OutOfReach {
                            animal: self.animal.clone(),
                            neuron: self.neurons[neuron].clone(),
                            feature: Feature::Trace,
                            frame,
                            value: level,
                            normalized: value,
                        });
                    }
                }
            }
        }
        // What stands for a frame is what is known so much later; at the end, what is known last.
        let late = self.delay.min(n_frames.saturating_sub(1)) * n_neurons * n_channels;
        if late > 0 {
            let last = scaled[scaled.len() - n_neurons * n_channels..].to_vec();
            scaled.drain(..late);
            (0..late / last.len()).for_each(|_| scaled.extend_from_slice(&last));
        }
        Ok(scaled)
    }

    fn flat(&self, neuron: usize, value: f64) -> PrepareError {
        PrepareError::Flat {
            animal: self.animal.clone(),
            neuron: self.neurons[neuron].clone(),
            feature: Feature::Trace,
            scope: ScopeKind::WholeRecording.as_str(),
            value,
        }
    }

    fn own_levels(&self, neuron: usize) -> NeuronLevels {
        NeuronLevels::of(self.levels[neuron].clone(), &[&self.slopes[neuron]])
    }
}

impl Levels {
    /// Over all frames of several animals together, of each neuron those that have it.
    ///
    /// # Panics
    /// Without an animal, or when animals differ in their neurons.
    pub fn pooled(animals: &[&Signals]) -> Self {
        let of_neuron = |neuron: usize| {
            let animals = animals.iter().filter(|animal| animal.present[neuron]);
            let slopes: Vec<&[f64]> =
                animals.clone().map(|animal| animal.slopes[neuron].as_slice()).collect();
            let levels = animals.flat_map(|animal| animal.levels[neuron].iter().copied());
            match slopes.is_empty() {
                true => NeuronLevels::NONE,
                false => NeuronLevels::of(levels.collect(), &slopes),
            }
        };
        Self { of_neurons: (0..animals[0].levels.len()).map(of_neuron).collect() }
    }

    /// The mean of the levels of several animals, each over its own frames: what to expect of another
    /// animal.
    ///
    /// # Panics
    /// As [`Levels::pooled`].
    pub fn expected(animals: &[&Signals]) -> Self {
        let of_neuron = |neuron: usize| {
            let animals = animals.iter().filter(|animal| animal.present[neuron]);
            let n = animals.clone().count() as f64;
            let mut sum = [0.; N_LEVELS];
            for animal in animals {
                let own = animal.own_levels(neuron).values();
                sum.iter_mut().zip(own).for_each(|(sum, value)| *sum += value / n);
            }
            NeuronLevels::from_values(sum)
        };
        Self { of_neurons: (0..animals[0].levels.len()).map(of_neuron).collect() }
    }
}

#[cfg(test)]
mod tests;
