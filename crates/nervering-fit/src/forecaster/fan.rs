//! How sure a forecast of traces is: [`Fans`], fitted on what a forecaster missed in validation frames,
//! and [`FollowingFan`], which follows an animal and widens or narrows by what it missed there so far.
//!
//! What was missed is measured in units of the size of recent one-step errors, since neurons and animals
//! are lively at some times and calm at others; that size forgets with [`FORGETTING`]. Three intervals of
//! 90 % are told: of a normal distribution, of the empirical quantiles, and conformal ones, whose ends
//! start at those quantiles and move by [`RATE`] of their distance with each miss and each hit, per neuron and
//! step ahead, so that in the long run one in twenty lies beyond either end whatever the animal (quantile
//! tracking: Gibbs & Candès 2021; Angelopoulos et al. 2023). A forecast's interval rests on nothing after
//! its start.

use super::{FittedForecaster, ForecastSource, RollOutFrom, Sequence, ViewForecasts};
use nervering_prepare::N_FEATURES;
use nervering_statistics::{normal_crps, normal_nll, quantile, quantile_crps};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Share of the recent squared error that each new one takes.
pub const FORGETTING: f64 = 0.02;
/// By how much of the width of the interval of quantiles an end of a conformal one moves at most with each
/// frame.
pub const RATE: f64 = 0.02;
/// Levels of the empirical quantiles.
const N_LEVELS: usize = 19;
/// Ends of 90 % intervals of the normal distribution, in SDs.
const NORMAL_90: f64 = 1.644_853_626_951_472_2;
/// What lies beyond either end.
const BEYOND: f64 = 0.05;
/// No error is smaller: a neuron that never moves is forecast exactly.
const LEAST: f64 = 1e-9;

/// The level of an empirical quantile, evenly spaced from 5 % to 95 %.
fn level(at: usize) -> f64 {
    (at + 1) as f64 / (N_LEVELS + 1) as f64
}

/// What a forecaster missed in some frames in a row: `[start, step, neuron]` of traces, truth less
/// forecast, where starts are consecutive frames.
#[derive(Debug, Clone)]
pub struct Missed {
    /// Row-major.
    pub errors: Vec<f64>,
}

/// The spread of a forecaster's errors, in units of recent one-step errors.
#[derive(Debug, Clone, PartialEq)]
pub struct Fans {
    pub(crate) n_neurons: usize,
    pub(crate) n_steps: usize,
    /// Root mean square of one-step errors, one per neuron: where an animal starts.
    pub(crate) sizes: Vec<f64>,
    /// Root mean squares, `[step, neuron]`.
    pub(crate) sds: Vec<f64>,
    /// `[step, neuron, level]`.
    pub(crate) quantiles: Vec<f64>,
}

/// The interval of one forecast, `[step, neuron]` each, around the forecast in the unit that it is in.
#[derive(Debug, Clone, PartialEq)]
pub struct Fan {
    /// 5 %.
    pub low: Vec<f64>,
    /// 50 %.
    pub median: Vec<f64>,
    /// 95 %.
    pub high: Vec<f64>,
}

impl Fans {
    /// Of a forecaster, from the validation frames of the animals that it was trained on: nothing where no
    /// stretch of them holds a forecast of all steps.
    pub fn of(
        fitted: &FittedForecaster,
        source: &ViewForecasts<'_>,
        n_steps: usize,
        from: RollOutFrom,
    ) -> Option<Self> {
        let n_neurons = source.sizes()[0];
        let of_run = |run: &Sequence<'_>| {
            let said = fitted.forecasts(run.features, &run.starts, n_steps, from);
            missed(run.features, n_neurons, n_steps, &run.starts, &said)
        };
        let stretches: Vec<Missed> = source.validation_runs(n_steps).iter().map(of_run).collect();
        Self::fit(&stretches, n_neurons, n_steps)
    }

    /// Fits on what was missed in some stretches; nothing without a start.
    pub fn fit(stretches: &[Missed], n_neurons: usize, n_steps: usize) -> Option<Self> {
        let per_start = n_neurons * n_steps;
        let starts = || stretches.iter().flat_map(|missed| missed.errors.chunks_exact(per_start));
        let n_starts = starts().count();
        if n_starts == 0 {
            return None;
        }
        let square = |neuron: usize| starts().map(|errors| errors[neuron].powi(2)).sum::<f64>();
        let sizes: Vec<f64> = (0..n_neurons)
            .map(|neuron| (square(neuron) / n_starts as f64).sqrt().max(LEAST))
            .collect();
        // `[step, neuron]`, of each the errors of all starts in units of the size of then.
        let mut relative = vec![Vec::with_capacity(n_starts); per_start];
        for missed in stretches {
            let mut recent = Recent::new(&sizes);
            for errors in missed.errors.chunks_exact(per_start) {
                for (at, error) in errors.iter().enumerate() {
                    relative[at].push(error / recent.size(at % n_neurons));
                }
                // Its one-step error is known before the next start.
                recent.observe(&errors[..n_neurons]);
            }
        }
        let (mut sds, mut quantiles) = (Vec::new(), Vec::new());
        for errors in &mut relative {
            let square = errors.iter().map(|error| error * error).sum::<f64>() / n_starts as f64;
            sds.push(square.sqrt().max(LEAST));
            errors.sort_by(f64::total_cmp);
            quantiles.extend((0..N_LEVELS).map(|at| quantile(errors, level(at))));
        }
        let finite = sds.iter().chain(&quantiles).all(|value| value.is_finite());
        finite.then_some(Self { n_neurons, n_steps, sizes, sds, quantiles })
    }

    /// Numbers of each: sizes, SDs and quantiles.
    pub(crate) fn lengths(n_neurons: usize, n_steps: usize) -> [usize; 3] {
        [n_neurons, n_neurons * n_steps, n_neurons * n_steps * N_LEVELS]
    }

    /// Width of the interval of quantiles at a step and neuron, in units of recent errors.
    fn width(&self, at: usize) -> f64 {
        let levels = &self.quantiles[at * N_LEVELS..(at + 1) * N_LEVELS];
        levels[N_LEVELS - 1] - levels[0]
    }

    /// Begins to follow an animal.
    pub fn begin(&self) -> FollowingFan<'_> {
        let end = |at: usize| self.quantiles.iter().skip(at).step_by(N_LEVELS).copied().collect();
        FollowingFan {
            fans: self,
            recent: Recent::new(&self.sizes),
            low: end(0),
            high: end(N_LEVELS - 1),
            pending: VecDeque::new(),
        }
    }
}

/// The size of recent one-step errors, per neuron.
struct Recent {
    squares: Vec<f64>,
}

impl Recent {
    fn new(sizes: &[f64]) -> Self {
        Self { squares: sizes.iter().map(|size| size * size).collect() }
    }

    fn size(&self, neuron: usize) -> f64 {
        self.squares[neuron].sqrt().max(LEAST)
    }

    fn observe(&mut self, errors: &[f64]) {
        for (square, error) in self.squares.iter_mut().zip(errors) {
            // An error that is not finite says nothing of the next.
            if error.is_finite() {
                *square += FORGETTING * (error * error - *square);
            }
        }
    }
}

/// A forecast whose steps are still to come.
struct Pending {
    /// Traces, `[step, neuron]`.
    said: Vec<f64>,
    /// Sizes of recent errors then.
    sizes: Vec<f64>,
    /// Ends of the conformal intervals then, in units of these.
    low: Vec<f64>,
    high: Vec<f64>,
}

/// An animal that is followed from frame to frame.
pub struct FollowingFan<'a> {
    fans: &'a Fans,
    recent: Recent,
    /// Ends of the conformal intervals, `[step, neuron]`, in units of recent errors.
    low: Vec<f64>,
    high: Vec<f64>,
    /// The last forecasts, the latest first.
    pending: VecDeque<Pending>,
}

impl FollowingFan<'_> {
    /// Takes in the traces of the next frame, and what was said after it, traces `[step, neuron]`.
    pub fn push(&mut self, present: &[f64], said: &[f64]) {
        let n = self.fans.n_neurons;
        // The latest forecast said this frame one step ahead, the one before it two, and so on.
        for (step, pending) in self.pending.iter().enumerate() {
            for (neuron, trace) in present[..n].iter().enumerate() {
                let at = step * n + neuron;
                let error = (trace - pending.said[at]) / pending.sizes[neuron];
                if !error.is_finite() {
                    continue;
                }
                let moved = RATE * self.fans.width(at);
                let beyond = |is_beyond: bool| if is_beyond { 1. - BEYOND } else { -BEYOND };
                // It is the interval that was told which has hit or missed.
                let (above, below) = (error > pending.high[at], error < pending.low[at]);
                self.high[at] += moved * beyond(above);
                self.low[at] -= moved * beyond(below);
            }
        }
        if let Some(latest) = self.pending.front() {
            let error = |neuron: usize| present[neuron] - latest.said[neuron];
            let errors: Vec<f64> = (0..n).map(error).collect();
            self.recent.observe(&errors);
        }
        self.pending.truncate(self.fans.n_steps - 1);
        let sizes = (0..n).map(|neuron| self.recent.size(neuron)).collect();
        let (low, high) = (self.low.clone(), self.high.clone());
        self.pending.push_front(Pending { said: said.to_vec(), sizes, low, high });
    }

    /// The interval of the forecast that was pushed last: conformal ends, and the empirical median.
    ///
    /// # Panics
    /// Before the first one.
    pub fn fan(&self) -> Fan {
        let Pending { said, sizes, .. } = self.pending.front().expect("a forecast was pushed");
        let n = self.fans.n_neurons;
        let shifted = |of: &dyn Fn(usize) -> f64| -> Vec<f64> {
            (0..said.len()).map(|at| said[at] + of(at) * sizes[at % n]).collect()
        };
        Fan {
            low: shifted(&|at| self.low[at]),
            median: shifted(&|at| self.fans.quantiles[at * N_LEVELS + N_LEVELS / 2]),
            high: shifted(&|at| self.high[at]),
        }
    }
}

/// How an interval of 90 % did, one value per step ahead, means over starts and scored neurons.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IntervalScores {
    /// Share of what came that lies within.
    pub coverage: Vec<f64>,
    /// Its width, in the unit of the features.
    pub width: Vec<f64>,
}

/// How sure forecasts were, and with what right: one value per step ahead.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FanScores {
    /// Of normal distributions.
    pub normal: IntervalScores,
    /// Of empirical quantiles.
    pub empirical: IntervalScores,
    /// Of conformal intervals.
    pub conformal: IntervalScores,
    /// Negative log density of the normal distributions, nats.
    pub nll: Vec<f64>,
    /// Continuous ranked probability score of the normal distributions, in the unit of the features.
    pub normal_crps: Vec<f64>,
    /// The same of the empirical quantiles.
    pub empirical_crps: Vec<f64>,
}

/// Follows an animal along forecasts from consecutive frames and scores their intervals. `features` are
/// row-major `[frame, neuron, feature]`, `forecasts` `[start, step, neuron, feature]`; the frames of all
/// steps exist. Scores are of the neurons at the places `scored`. Nothing where a forecast is not finite.
pub fn fan_scores(
    fans: &Fans,
    features: &[f32],
    starts: &[usize],
    forecasts: &[f64],
    scored: &[usize],
) -> Option<FanScores> {
    let (n, n_steps) = (fans.n_neurons, fans.n_steps);
    if starts.is_empty() || forecasts.iter().any(|value| !value.is_finite()) {
        return None;
    }
    let levels: Vec<f64> = (0..N_LEVELS).map(level).collect();
    let zeros = || vec![0.; n_steps];
    let interval = || IntervalScores { coverage: zeros(), width: zeros() };
    let mut scores = FanScores {
        normal: interval(),
        empirical: interval(),
        conformal: interval(),
        nll: zeros(),
        normal_crps: zeros(),
        empirical_crps: zeros(),
    };
    let mut following = fans.begin();
    let each = 1. / (starts.len() * scored.len()) as f64;
    for (&start, forecast) in starts.iter().zip(forecasts.chunks_exact(n_steps * n * N_FEATURES)) {
        let present = traces_of(features, n, start);
        let said: Vec<f64> = forecast.iter().step_by(N_FEATURES).copied().collect();
        following.push(&present, &said);
        let sizes = &following.pending[0].sizes;
        for step in 0..n_steps {
            let truth = traces_of(features, n, start + step + 1);
            for &neuron in scored {
                let at = step * n + neuron;
                let size = sizes[neuron];
                // In units of recent errors, as everything that is known of them.
                let error = (truth[neuron] - said[at]) / size;
                let sd = fans.sds[at];
                let quantiles = &fans.quantiles[at * N_LEVELS..(at + 1) * N_LEVELS];
                let score = |scores: &mut IntervalScores, low: f64, high: f64| {
                    let within = low <= error && error <= high;
                    scores.coverage[step] += if within { each } else { 0. };
                    scores.width[step] += each * (high - low) * size;
                };
                score(&mut scores.normal, -NORMAL_90 * sd, NORMAL_90 * sd);
                score(&mut scores.empirical, quantiles[0], quantiles[N_LEVELS - 1]);
                score(&mut scores.conformal, following.low[at], following.high[at]);
                scores.nll[step] += each * normal_nll(error * size, sd * size);
                scores.normal_crps[step] += each * size * normal_crps(error, sd);
                let empirical = quantile_crps(&levels, quantiles, error);
                scores.empirical_crps[step] += each * size * empirical;
            }
        }
    }
    Some(scores)
}

/// Traces of a frame.
pub(super) fn traces_of(features: &[f32], n_neurons: usize, frame: usize) -> Vec<f64> {
    let row = &features[frame * n_neurons * N_FEATURES..(frame + 1) * n_neurons * N_FEATURES];
    row.iter().step_by(N_FEATURES).map(|&value| f64::from(value)).collect()
}

/// What forecasts from consecutive frames missed.
fn missed(
    features: &[f32],
    n_neurons: usize,
    n_steps: usize,
    starts: &[usize],
    forecasts: &[f64],
) -> Missed {
    let mut errors = Vec::with_capacity(starts.len() * n_steps * n_neurons);
    let of_starts = forecasts.chunks_exact(n_steps * n_neurons * N_FEATURES);
    for (&start, forecast) in starts.iter().zip(of_starts) {
        for (step, said) in forecast.chunks_exact(n_neurons * N_FEATURES).enumerate() {
            let truth = traces_of(features, n_neurons, start + step + 1);
            let said = said.iter().step_by(N_FEATURES);
            errors.extend(truth.iter().zip(said).map(|(truth, said)| truth - said));
        }
    }
    Missed { errors }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    const STEPS: usize = 4;

    /// A normal number, as a sum of twelve even ones.
    fn normal(rng: &mut ChaCha8Rng) -> f64 {
        (0..12).map(|_| rng.random::<f64>()).sum::<f64>() - 6.
    }

    /// Two neurons, each an autoregression of its own with noise of this size, `[frame, neuron, feature]`.
    fn autoregression(n_frames: usize, noise: [f64; 2], seed: u64) -> Vec<f32> {
        let rng = &mut ChaCha8Rng::seed_from_u64(seed);
        let mut x = [0.; 2];
        let frame = |_| {
            x = [0.9 * x[0] + noise[0] * normal(rng), 0.6 * x[1] + noise[1] * normal(rng)];
            [x[0] as f32, 0., x[1] as f32, 0.]
        };
        (0..n_frames).flat_map(frame).collect()
    }

    /// What is best to say, from each start.
    fn forecasts(features: &[f32], starts: &[usize]) -> Vec<f64> {
        let of_start = |&start: &usize| {
            let x = traces_of(features, 2, start);
            (1..=STEPS as i32)
                .flat_map(move |h| [x[0] * 0.9f64.powi(h), 0., x[1] * 0.6f64.powi(h), 0.])
        };
        starts.iter().flat_map(of_start).collect()
    }

    fn fans(noise: [f64; 2]) -> Fans {
        let features = autoregression(3000, noise, 1);
        let starts: Vec<usize> = (0..3000 - STEPS).collect();
        let missed = missed(&features, 2, STEPS, &starts, &forecasts(&features, &starts));
        Fans::fit(&[missed], 2, STEPS).unwrap()
    }

    #[test]
    fn nine_in_ten_lie_within_on_simulated_autoregressions() {
        let fans = fans([0.2, 1.]);
        let features = autoregression(6000, [0.2, 1.], 2);
        let starts: Vec<usize> = (0..6000 - STEPS).collect();
        let said = forecasts(&features, &starts);
        let scores = fan_scores(&fans, &features, &starts, &said, &[0, 1]).unwrap();
        for interval in [&scores.normal, &scores.empirical, &scores.conformal] {
            for coverage in &interval.coverage {
                assert!((0.88..=0.92).contains(coverage), "{scores:?}");
            }
        }
        // The further ahead, the less is known.
        assert!(scores.conformal.width.is_sorted() && scores.normal_crps.is_sorted());
        // Of the right distribution the two scores are nearly one.
        for (normal, empirical) in scores.normal_crps.iter().zip(&scores.empirical_crps) {
            assert!((normal / empirical - 1.).abs() < 0.05, "{normal} {empirical}");
        }
    }

    #[test]
    fn conformal_intervals_hold_where_errors_are_unlike_those_of_training() {
        // The fans are of an animal whose second neuron is calm; this one is said by a forecaster that
        // is wrong for it, so that errors grow with the steps in another way.
        let fans = fans([0.2, 0.2]);
        let features = autoregression(6000, [0.5, 0.1], 2);
        let starts: Vec<usize> = (0..6000 - STEPS).collect();
        let copy = |&start: &usize| {
            let x = traces_of(&features, 2, start);
            (0..STEPS).flat_map(move |_| [x[0], 0., x[1], 0.])
        };
        let said: Vec<f64> = starts.iter().flat_map(copy).collect();
        let scores = fan_scores(&fans, &features, &starts, &said, &[0, 1]).unwrap();
        for coverage in &scores.conformal.coverage {
            assert!((0.88..=0.92).contains(coverage), "{scores:?}");
        }
    }

    #[test]
    fn an_interval_rests_on_nothing_after_its_start() {
        let fans = fans([0.2, 1.]);
        let features = autoregression(300, [0.2, 1.], 5);
        let starts: Vec<usize> = (0..200).collect();
        let said = forecasts(&features, &starts);
        let follow = |features: &[f32]| {
            let mut following = fans.begin();
            for (&start, said) in starts.iter().zip(said.chunks_exact(STEPS * 4)) {
                let said: Vec<f64> = said.iter().step_by(2).copied().collect();
                following.push(&traces_of(features, 2, start), &said);
            }
            following.fan()
        };
        let mut poisoned = features.clone();
        poisoned[200 * 4..].fill(f32::NAN);
        assert_eq!(follow(&features), follow(&poisoned));
        let fan = follow(&features);
        assert!(fan.low.iter().zip(&fan.median).all(|(low, median)| low < median));
        assert!(fan.median.iter().zip(&fan.high).all(|(median, high)| median < high));
    }

    #[test]
    fn without_a_start_there_is_no_fan() {
        assert_eq!(Fans::fit(&[], 2, STEPS), None);
        assert_eq!(Fans::fit(&[Missed { errors: Vec::new() }], 2, STEPS), None);
    }
}
