//! Where a worm is in phase space: its inputs, smoothed and z-scored, now and at ten delays
//! (Brennan & Proekt 2019, delay embedding), and how noisy each coordinate is there.
//!
//! The delayed coordinates are never written out. A coordinate delayed by d frames, and its noise,
//! are those of the frame d earlier, so [`Trajectory`] holds each frame once and
//! [`super::distance`] adds up over delays. Nothing here looks at a later frame but the noise of
//! training frames ([`NoiseFrom::Around`]).

use std::ops::Range;

/// Frames between two delays. Source: 5.
pub(super) const DELAY: usize = 5;
/// Delays besides the present. Source: 10, which at 3 frames/s reach back some 17 s.
pub(super) const N_DELAYS: usize = 10;
/// Frames before a frame that its embedding reaches back.
pub(super) const HISTORY: usize = DELAY * N_DELAYS;

/// Width of the smoothing Gaussian in frames. Source: 0.5, two-sided; here its past half, so that a
/// frame does not depend on the next.
const SMOOTHING: f64 = 0.5;
/// Frames on each side over which the noise of a velocity is measured. Source: 4.
const NOISE_REACH: usize = 4;
/// The least noise of an input, as a share of its mean over training frames. Ours: the source
/// divides by whatever it measures, and a flat stretch of a trace then outweighs all else.
const NOISE_FLOOR: f64 = 0.1;
/// The least mean noise of an input, in standard deviations, so that a perfectly smooth one has a
/// finite say. Ours.
const LEAST_NOISE: f64 = 1e-3;

/// Frames of a trajectory that lie side by side in memory, a multiple of every vector width.
pub(super) const LANES: usize = 32;

/// Which steps between frames the noise of a frame is measured from.
#[derive(Clone, Copy)]
enum NoiseFrom {
    /// Those up to [`NOISE_REACH`] frames away, as in the source.
    Around,
    /// As many, all of them past: what is known when a frame is to be predicted.
    Before,
}

/// How one input is scaled, by the training frames.
#[derive(Clone, Copy)]
struct InputScale {
    mean: f64,
    /// 0 where the input never varies.
    inverse_sd: f64,
    /// Mean noise, in standard deviations; 0 where the input never varies.
    noise: f64,
}

/// How inputs are scaled, by the training frames.
pub(super) struct Scaling(Vec<InputScale>);

impl Scaling {
    pub(super) fn n_inputs(&self) -> usize {
        self.0.len()
    }
}

/// Frames in z-scores.
pub(super) struct Trajectory {
    n_frames: usize,
    n_inputs: usize,
    runs: Vec<Range<usize>>,
    /// `[block of LANES frames, input, frame]`, zeros after the last frame.
    positions: Vec<f32>,
    /// 1 / noise, in the same order; 0 for an input that never varies.
    sharpness: Vec<f32>,
}

impl Trajectory {
    /// Scales training frames, `[frame, input]`, by themselves.
    pub(super) fn of_training(
        features: &[f32],
        n_inputs: usize,
        runs: Vec<Range<usize>>,
    ) -> (Scaling, Self) {
        let mut trajectory = Self::zeros(features.len() / n_inputs, n_inputs, runs);
        let fit = |input| {
            let mut series = smoothed(features, n_inputs, input, &trajectory.runs);
            let n = series.len() as f64;
            let mean = series.iter().sum::<f64>() / n;
            let variance = series.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / n;
            let constant = features.iter().skip(input).step_by(n_inputs);
            let varies = constant.clone().any(|value| *value != features[input]);
            let inverse_sd = if varies { 1. / variance.sqrt() } else { 0. };
            series.iter_mut().for_each(|value| *value = (*value - mean) * inverse_sd);
            let noise: Vec<_> = noise(&series, &trajectory.runs, NoiseFrom::Around);
            let known = noise.iter().flatten();
            let mean_noise = known.clone().sum::<f64>() / known.count().max(1) as f64;
            let noise = if varies { mean_noise.max(LEAST_NOISE) } else { 0. };
            InputScale { mean, inverse_sd, noise }
        };
        let scaling = Scaling((0..n_inputs).map(fit).collect());
        trajectory.fill(&scaling, features, NoiseFrom::Around);
        (scaling, trajectory)
    }

    /// Scales other frames, `[frame, input]`, by the training frames; no frame depends on a later.
    pub(super) fn unseen(scaling: &Scaling, features: &[f32], runs: Vec<Range<usize>>) -> Self {
        let n_inputs = scaling.0.len();
        let mut trajectory = Self::zeros(features.len() / n_inputs, n_inputs, runs);
        trajectory.fill(scaling, features, NoiseFrom::Before);
        trajectory
    }

    fn zeros(n_frames: usize, n_inputs: usize, runs: Vec<Range<usize>>) -> Self {
        let len = n_frames.div_ceil(LANES) * n_inputs * LANES;
        Self { n_frames, n_inputs, runs, positions: vec![0.; len], sharpness: vec![0.; len] }
    }

    fn fill(&mut self, scaling: &Scaling, features: &[f32], noise_from: NoiseFrom) {
        for (input, scale) in scaling.0.iter().enumerate() {
            let mut series = smoothed(features, self.n_inputs, input, &self.runs);
            series.iter_mut().for_each(|value| *value = (*value - scale.mean) * scale.inverse_sd);
            let noise = noise(&series, &self.runs, noise_from);
            for (frame, (position, noise)) in series.into_iter().zip(noise).enumerate() {
                let at = self.at(frame, input);
                self.positions[at] = position as f32;
                if scale.noise > 0. {
                    let noise = noise.unwrap_or(scale.noise).max(NOISE_FLOOR * scale.noise);
                    self.sharpness[at] = (1. / noise) as f32;
                }
            }
        }
    }

    fn at(&self, frame: usize, input: usize) -> usize {
        (frame / LANES * self.n_inputs + input) * LANES + frame % LANES
    }

    pub(super) fn n_frames(&self) -> usize {
        self.n_frames
    }

    /// Stretches of consecutive frames.
    pub(super) fn runs(&self) -> &[Range<usize>] {
        &self.runs
    }

    /// The z-scores of a frame and their sharpness, input by input.
    pub(super) fn frame(&self, frame: usize) -> impl Iterator<Item = (f32, f32)> + '_ {
        let inputs = (0..self.n_inputs).map(move |input| self.at(frame, input));
        inputs.map(|at| (self.positions[at], self.sharpness[at]))
    }

    /// Block by block, the z-scores of [`LANES`] frames and their sharpness, input by input.
    pub(super) fn blocks(&self) -> impl Iterator<Item = (&[[f32; LANES]], &[[f32; LANES]])> {
        let (positions, _) = self.positions.as_chunks::<LANES>();
        let (sharpness, _) = self.sharpness.as_chunks::<LANES>();
        positions.chunks_exact(self.n_inputs).zip(sharpness.chunks_exact(self.n_inputs))
    }

    /// True where no input varies.
    pub(super) fn is_flat(&self) -> bool {
        self.sharpness.iter().all(|&sharpness| sharpness == 0.)
    }
}

/// One input of all frames, smoothed over the present and the past.
fn smoothed(features: &[f32], n_inputs: usize, input: usize, runs: &[Range<usize>]) -> Vec<f64> {
    let weight = |lag: usize| (-(lag as f64 / SMOOTHING).powi(2) / 2.).exp();
    let reach = (3. * SMOOTHING) as usize;
    let of_run = |run: &Range<usize>| {
        let start = run.start;
        run.clone().map(move |frame| {
            let (mut sum, mut total) = (0., 0.);
            for lag in 0..=reach.min(frame - start) {
                sum += weight(lag) * f64::from(features[(frame - lag) * n_inputs + input]);
                total += weight(lag);
            }
            sum / total
        })
    };
    runs.iter().flat_map(of_run).collect()
}

/// Standard deviation of the steps near each frame; `None` with fewer than two of them.
fn noise(series: &[f64], runs: &[Range<usize>], from: NoiseFrom) -> Vec<Option<f64>> {
    let near = |run: &Range<usize>, frame: usize| {
        // a step is named by the frame that it starts from
        let steps = match from {
            NoiseFrom::Around => frame.saturating_sub(NOISE_REACH)..frame + NOISE_REACH + 1,
            NoiseFrom::Before => frame.saturating_sub(2 * NOISE_REACH + 1)..frame,
        };
        steps.start.max(run.start)..steps.end.min(run.end - 1)
    };
    let deviation = |steps: Range<usize>| {
        let n = steps.len() as f64;
        let steps = steps.map(|from| series[from + 1] - series[from]);
        let mean = steps.clone().sum::<f64>() / n;
        (n >= 2.).then(|| (steps.map(|step| (step - mean).powi(2)).sum::<f64>() / n).sqrt())
    };
    let of_run = |run: &Range<usize>| {
        let run = run.clone();
        run.clone().map(move |frame| deviation(near(&run, frame)))
    };
    runs.iter().flat_map(of_run).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three inputs, the second of which never varies.
    fn features(n: usize) -> Vec<f32> {
        let wave = |frame: usize| ((frame * frame * 7 + frame * 3) % 23) as f32;
        (0..n).flat_map(|frame| [wave(frame), 0.1, -0.3 * wave(frame) + frame as f32]).collect()
    }

    #[test]
    fn training_frames_have_mean_0_and_standard_deviation_1() {
        let (_, trajectory) = Trajectory::of_training(&features(100), 3, vec![0..40, 40..100]);
        for input in [0, 2] {
            let value = |frame| f64::from(trajectory.frame(frame).nth(input).unwrap().0);
            let mean = (0..100).map(value).sum::<f64>() / 100.;
            let square = (0..100).map(|frame| value(frame).powi(2)).sum::<f64>() / 100.;
            assert!(mean.abs() < 1e-6 && (square - 1.).abs() < 1e-5, "{mean}, {square}");
        }
        assert!((0..100).all(|frame| trajectory.frame(frame).nth(1) == Some((0., 0.))));
        assert!(!trajectory.is_flat());
    }

    #[test]
    fn smoothing_looks_back_and_not_over_a_boundary() {
        let features = [0., 1., 0., 0., 5.];
        let weight = (-2f64).exp();
        let expected = [0., 1. / (1. + weight), weight / (1. + weight), 0., 5.];
        let found = smoothed(&features, 1, 0, &[0..4, 4..5]);
        found.iter().zip(expected).for_each(|(a, b)| assert!((a - b).abs() < 1e-12, "{a}, {b}"));
    }

    #[test]
    fn noise_is_the_deviation_of_nine_steps_around_or_before() {
        let series: Vec<f64> = (0..30).map(|k: u32| f64::from(k * k * k % 17)).collect();
        let steps: Vec<f64> = series.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let deviation = |steps: &[f64]| {
            let mean = steps.iter().sum::<f64>() / steps.len() as f64;
            let sum: f64 = steps.iter().map(|step| (step - mean).powi(2)).sum();
            Some((sum / steps.len() as f64).sqrt())
        };
        let runs = [0..20, 20..30];
        let around = noise(&series, &runs, NoiseFrom::Around);
        assert_eq!(around[10], deviation(&steps[6..15]));
        assert_eq!(around[18], deviation(&steps[14..19]));
        assert_eq!(around[20], deviation(&steps[20..25]));
        let before = noise(&series, &runs, NoiseFrom::Before);
        assert_eq!(before[10], deviation(&steps[1..10]));
        assert_eq!(before[22], deviation(&steps[20..22]));
        assert_eq!(before[..2], [None, None]);
        assert_eq!(before[20..22], [None, None]);
    }

    #[test]
    fn later_frames_change_no_unseen_frame() {
        let (scaling, _) = Trajectory::of_training(&features(100), 3, vec![0..60, 60..100]);
        let mut unseen = features(40);
        let before = Trajectory::unseen(&scaling, &unseen, vec![0..15, 15..40]);
        unseen[21 * 3..].fill(1e30);
        let after = Trajectory::unseen(&scaling, &unseen, vec![0..15, 15..40]);
        for frame in 0..=20 {
            assert!(before.frame(frame).eq(after.frame(frame)), "{frame}");
        }
        assert!(!before.frame(21).eq(after.frame(21)));
    }
}
