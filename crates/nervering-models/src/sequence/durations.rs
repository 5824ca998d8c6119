//! How long a state lasts: [`Durations`], a density of the logarithms of the durations that were seen.

/// Narrowest kernel, in natural logarithms of durations: a handful of bouts says little more.
const NARROWEST: f64 = 0.3;
/// Share of the probability that is spread evenly, so that nothing is impossible.
const SPREAD: f64 = 1e-3;
/// Durations are told apart up to so many times the longest that was seen.
const BEYOND: f64 = 3.;
/// And up to so many frames at most.
const MOST_FRAMES: usize = 4_000;

/// Probabilities of durations in frames.
#[derive(Debug, Clone, PartialEq)]
pub struct Durations {
    /// Natural logarithms, from one frame on.
    of: Vec<f64>,
    /// Natural logarithms of the probability of that duration or a longer one.
    at_least: Vec<f64>,
}

impl Durations {
    /// From the durations of a state, in frames; where there are none, from those of all states.
    pub(super) fn fit(seen: &[f64], all: &[f64]) -> Self {
        let seen = if seen.is_empty() { all } else { seen };
        let longest = all.iter().copied().fold(1., f64::max);
        let n = ((BEYOND * longest).ceil() as usize).clamp(2, MOST_FRAMES);
        let logs: Vec<f64> = seen.iter().map(|duration| duration.max(1.).ln()).collect();
        let width = bandwidth(&logs);
        let density = |frames: usize| {
            let log = (frames as f64).ln();
            let kernel = |at: &f64| (-0.5 * ((log - at) / width).powi(2)).exp();
            // A density of logarithms is one of frames divided by their number.
            logs.iter().map(kernel).sum::<f64>() / frames as f64
        };
        let densities: Vec<f64> = (1..=n).map(density).collect();
        let total: f64 = densities.iter().sum();
        let share = |density: &f64| match total > 0. {
            true => (1. - SPREAD) * density / total + SPREAD / n as f64,
            false => 1. / n as f64,
        };
        Self::from_probabilities(&densities.iter().map(share).collect::<Vec<_>>())
    }

    /// Of one frame, two frames and so on; they add up to 1.
    pub fn from_probabilities(probabilities: &[f64]) -> Self {
        let mut tail = 0.;
        let mut at_least: Vec<f64> = probabilities
            .iter()
            .rev()
            .map(|probability| {
                tail += probability;
                f64::ln(tail)
            })
            .collect();
        at_least.reverse();
        Self { of: probabilities.iter().map(|p| p.ln()).collect(), at_least }
    }

    /// The longest that is told apart, in frames.
    pub fn longest(&self) -> usize {
        self.of.len()
    }

    /// Natural logarithm of the probability of so many frames, from 1.
    pub fn of(&self, frames: usize) -> f64 {
        self.of[frames - 1]
    }

    /// Natural logarithm of the probability of so many frames or more, from 1.
    pub fn at_least(&self, frames: usize) -> f64 {
        self.at_least[frames - 1]
    }

    /// Probabilities, from one frame on.
    pub fn probabilities(&self) -> Vec<f64> {
        self.of.iter().map(|log| log.exp()).collect()
    }

    /// Mean, in frames.
    pub fn mean(&self) -> f64 {
        self.of.iter().enumerate().map(|(k, log)| (k + 1) as f64 * log.exp()).sum()
    }
}

/// Silverman's rule.
fn bandwidth(logs: &[f64]) -> f64 {
    let n = logs.len().max(1) as f64;
    let mean = logs.iter().sum::<f64>() / n;
    let deviation = (logs.iter().map(|log| (log - mean).powi(2)).sum::<f64>() / n).sqrt();
    (1.06 * deviation * n.powf(-0.2)).max(NARROWEST)
}
