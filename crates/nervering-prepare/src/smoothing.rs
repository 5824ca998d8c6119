//! How traces are smoothed and what their slopes are: [`Smoothing`].

/// Time constant of the smoothing, in seconds.
pub const SMOOTHING_S: f64 = 0.35;

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

/// Mean time from frame to frame, in seconds.
pub(crate) fn frame_interval(seconds: &[f64]) -> f64 {
    match seconds {
        [first, .., last] => (last - first) / (seconds.len() - 1) as f64,
        _ => 1.,
    }
}

/// Smoothed by a Gaussian, which is cut at three deviations and made whole again at the ends; and
/// the central difference per second.
pub(crate) fn around(trace: &[f64], interval: f64) -> (Vec<f64>, Vec<f64>) {
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
pub(crate) fn back(trace: &[f64], interval: f64) -> (Vec<f64>, Vec<f64>) {
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
pub(crate) fn smoothed(level: f64, value: f64, interval: f64) -> (f64, f64) {
    let keeps = (-interval / SMOOTHING_S).exp();
    let next = keeps * level + (1. - keeps) * value;
    (next, (next - level) / interval)
}
