//! What a model sees that looks at frames in order: the smoothed trace of each neuron and its slope
//! ([`Signals`]), brought to a scale of their own by [`Levels`], over a stated [`SignalScope`].
//!
//! The unit of the traces does not matter: every scale is a difference of traces divided by another.

use crate::{Feature, PrepareError, ScopeKind, Selected};
use std::ops::Range;

/// Time constant of the smoothing, in seconds.
pub const SMOOTHING_S: f64 = 0.35;
/// Standard deviations of a slope that are one unit.
pub const SLOPE_UNIT: f64 = 1.5;
/// Lags to each side of a context.
const CONTEXT: i32 = 13;
/// Seconds between them.
const CONTEXT_STEP_S: f64 = 0.6;
/// Numbers of a neuron in a frame: the level, and the slope.
pub const N_CHANNELS: usize = 2;
/// Numbers of [`NeuronLevels`].
pub const N_LEVELS: usize = 5;
/// Numbers of a neuron that may be absent: 1 where it is there, then the level and the slope.
pub const N_TOKEN: usize = 1 + N_CHANNELS;

/// Which frames a frame's signals rest on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Smoothing {
    /// Those around it: a Gaussian of [`SMOOTHING_S`], and the central difference of its result.
    Around,
    /// Those up to so many seconds after it: an exponential of [`SMOOTHING_S`] and its backward
    /// difference, as they stand so much later.
    Back {
        /// Seconds.
        delay_s: f64,
        /// Seconds from frame to frame, as they are known before the recording is: what its frames turn
        /// out to be on average is known at its end.
        interval_s: f64,
    },
}

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

/// What a level is told in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LevelScale {
    /// Standard deviations from the mean.
    ZScore,
    /// Places between the 2nd and the 98th percentile, which are −1 and 1. Of a neuron whose middle 96 % do not
    /// vary, and where scales run along, z-scores stand instead.
    Range,
}

impl LevelScale {
    /// `z-score` or `range`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ZScore => "z-score",
            Self::Range => "range",
        }
    }
}

/// Over which frames scales are taken.
#[derive(Debug, Clone, Copy)]
pub enum SignalScope<'a> {
    /// All frames of the signals themselves.
    Own,
    /// These, whatever the signals are.
    Fixed(&'a Levels),
    /// The frames up to each, after these, which count as so many frames.
    Running {
        /// What stands before the first frame.
        prior: &'a Levels,
        /// How many frames it counts as, more than 0.
        frames: f64,
    },
}

/// Scales of every neuron.
#[derive(Debug, Clone, PartialEq)]
pub struct Levels {
    of_neurons: Vec<NeuronLevels>,
}

/// Scales of one neuron, in the units of its trace.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NeuronLevels {
    /// Mean of the smoothed trace.
    pub mean: f64,
    /// Its standard deviation.
    pub deviation: f64,
    /// Root mean square of its slope, per second.
    pub slope: f64,
    /// Its 2nd percentile.
    pub low: f64,
    /// Its 98th percentile.
    pub high: f64,
}

/// Share of the frames below the range of a neuron, and above it.
pub const TAIL: f64 = 0.02;

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

    /// Of every neuron.
    pub fn of_neurons(&self) -> &[NeuronLevels] {
        &self.of_neurons
    }

    /// Levels that were taken earlier.
    pub fn from_neurons(of_neurons: Vec<NeuronLevels>) -> Self {
        Self { of_neurons }
    }
}

impl NeuronLevels {
    /// Of a neuron that no animal has.
    const NONE: Self = Self { mean: 0., deviation: 0., slope: 0., low: 0., high: 0. };

    /// Whether some animal had the neuron that these are of.
    pub fn are_known(self) -> bool {
        self != Self::NONE
    }

    fn of(mut levels: Vec<f64>, slopes: &[&[f64]]) -> Self {
        let n = levels.len() as f64;
        let mean = levels.iter().sum::<f64>() / n;
        let variance = levels.iter().map(|level| (level - mean).powi(2)).sum::<f64>() / n;
        let slopes = slopes.iter().flat_map(|slopes| slopes.iter());
        let slope = (slopes.map(|slope| slope * slope).sum::<f64>() / n).sqrt();
        levels.sort_unstable_by(f64::total_cmp);
        let at = |share: f64| levels[((n - 1.) * share).round() as usize];
        Self { mean, deviation: variance.sqrt(), slope, low: at(TAIL), high: at(1. - TAIL) }
    }

    /// Levels by which z-scores are what levels are on the scale.
    fn told_in(self, scale: LevelScale) -> Self {
        match scale {
            LevelScale::Range if self.high > self.low => Self {
                mean: (self.low + self.high) / 2.,
                deviation: (self.high - self.low) / 2.,
                ..self
            },
            _ => self,
        }
    }

    /// z-score and slope.
    fn scaled(self, level: f64, slope: f64) -> [f64; N_CHANNELS] {
        [(level - self.mean) / self.deviation, slope / (SLOPE_UNIT * self.slope)]
    }

    /// Mean, deviation, slope, low, high.
    pub fn values(self) -> [f64; N_LEVELS] {
        [self.mean, self.deviation, self.slope, self.low, self.high]
    }

    /// The way back.
    pub fn from_values([mean, deviation, slope, low, high]: [f64; N_LEVELS]) -> Self {
        Self { mean, deviation, slope, low, high }
    }
}

/// Levels over the frames so far, after a prior.
#[derive(Debug, Clone)]
struct Running {
    prior: NeuronLevels,
    prior_frames: f64,
    n: f64,
    sum: f64,
    squares: f64,
    slopes: f64,
}

impl Running {
    fn after(prior: NeuronLevels, prior_frames: f64) -> Self {
        Self { prior, prior_frames, n: 0., sum: 0., squares: 0., slopes: 0. }
    }

    /// Takes in a frame; levels with it.
    fn add(&mut self, level: f64, slope: f64) -> NeuronLevels {
        let centred = level - self.prior.mean;
        self.n += 1.;
        self.sum += centred;
        self.squares += centred * centred;
        self.slopes += slope * slope;
        let total = self.n + self.prior_frames;
        let mean = self.sum / total;
        let prior_squares = self.prior_frames * self.prior.deviation.powi(2);
        let variance = (prior_squares + self.squares) / total - mean * mean;
        let slopes = (self.prior_frames * self.prior.slope.powi(2) + self.slopes) / total;
        let mean = mean + self.prior.mean;
        NeuronLevels { mean, deviation: variance.sqrt(), slope: slopes.sqrt(), ..self.prior }
    }
}

/// One neuron's signals frame by frame, for recordings under way: the same numbers, to the bit, as
/// [`Signals::scaled`] gives for [`Smoothing::Back`] without a delay.
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

/// Mean time from frame to frame, in seconds.
fn frame_interval(seconds: &[f64]) -> f64 {
    match seconds {
        [first, .., last] => (last - first) / (seconds.len() - 1) as f64,
        _ => 1.,
    }
}

/// Smoothed by a Gaussian, which is cut at three deviations and made whole again at the ends; and
/// the central difference per second.
fn around(trace: &[f64], interval: f64) -> (Vec<f64>, Vec<f64>) {
    let sigma = SMOOTHING_S / interval;
    let reach = (3. * sigma).ceil() as isize;
    let weights: Vec<f64> =
        (-reach..=reach).map(|k| (-0.5 * (k as f64 / sigma).powi(2)).exp()).collect();
    let n = trace.len();
    let smooth = |frame: usize| {
        let (mut sum, mut total) = (0., 0.);
        for (weight, offset) in weights.iter().zip(-reach..) {
            if let Some(&value) = frame.checked_add_signed(offset).and_then(|at| trace.get(at)) {
                sum += weight * value;
                total += weight;
            }
        }
        sum / total
    };
    let level: Vec<f64> = (0..n).map(smooth).collect();
    let slope = |frame: usize| {
        let (before, after) = (frame.saturating_sub(1), (frame + 1).min(n - 1));
        match after - before {
            0 => 0.,
            steps => (level[after] - level[before]) / (steps as f64 * interval),
        }
    };
    let slopes = (0..n).map(slope).collect();
    (level, slopes)
}

/// Smoothed by an exponential that begins at the first value; and the backward difference per second.
fn back(trace: &[f64], interval: f64) -> (Vec<f64>, Vec<f64>) {
    let (mut levels, mut slopes) = (Vec::with_capacity(trace.len()), Vec::new());
    let mut level = trace.first().copied().unwrap_or(0.);
    for &value in trace {
        let slope;
        (level, slope) = smoothed(level, value, interval);
        levels.push(level);
        slopes.push(slope);
    }
    (levels, slopes)
}

/// The next level of the exponential, and its slope.
fn smoothed(level: f64, value: f64, interval: f64) -> (f64, f64) {
    let keeps = (-interval / SMOOTHING_S).exp();
    let next = keeps * level + (1. - keeps) * value;
    (next, (next - level) / interval)
}

#[cfg(test)]
mod tests;
