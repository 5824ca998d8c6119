//! What brings signals to a scale of their own: [`Levels`] of every neuron, over a stated [`SignalScope`].
//!
//! The unit of the traces does not matter: every scale is a difference of traces divided by another.

/// Standard deviations of a slope that are one unit.
pub const SLOPE_UNIT: f64 = 1.5;
/// Numbers of a neuron in a frame: the level, and the slope.
pub const N_CHANNELS: usize = 2;
/// Numbers of [`NeuronLevels`].
pub const N_LEVELS: usize = 5;

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
    pub(crate) of_neurons: Vec<NeuronLevels>,
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

impl Levels {
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
    pub(crate) const NONE: Self = Self { mean: 0., deviation: 0., slope: 0., low: 0., high: 0. };

    /// Whether some animal had the neuron that these are of.
    pub fn are_known(self) -> bool {
        self != Self::NONE
    }

    pub(crate) fn of(mut levels: Vec<f64>, slopes: &[&[f64]]) -> Self {
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
    pub(crate) fn told_in(self, scale: LevelScale) -> Self {
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
    pub(crate) fn scaled(self, level: f64, slope: f64) -> [f64; N_CHANNELS] {
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
pub(crate) struct Running {
    prior: NeuronLevels,
    prior_frames: f64,
    n: f64,
    sum: f64,
    squares: f64,
    slopes: f64,
}

impl Running {
    pub(crate) fn after(prior: NeuronLevels, prior_frames: f64) -> Self {
        Self { prior, prior_frames, n: 0., sum: 0., squares: 0., slopes: 0. }
    }

    /// Takes in a frame; levels with it.
    pub(crate) fn add(&mut self, level: f64, slope: f64) -> NeuronLevels {
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
