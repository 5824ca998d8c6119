//! The time base of a recording: when each frame was taken.
//!
//! Frames are consecutive volumes at a nearly constant rate. A time base that runs backwards or
//! has a hole is refused, because windows, derivatives and dwell times would silently span it.

/// Times of all frames in seconds, strictly increasing and without gaps.
#[derive(Debug, Clone, PartialEq)]
pub struct TimeBase {
    seconds: Vec<f64>,
    fps: f64,
}

/// An interval above this many median intervals is a gap.
const GAP: f64 = 2.5;

/// Why a sequence of times is not a time base. Frames are counted from 0.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TimeError {
    /// Fewer than two frames, so that there is no rate.
    #[error("found {found} frames, expected at least two")]
    TooShort {
        /// Frames given.
        found: usize,
    },
    /// A time that is not a number.
    #[error("frame {frame}: found time {value}, expected a finite number of seconds")]
    NotFinite {
        /// The frame.
        frame: usize,
        /// Its time.
        value: f64,
    },
    /// Time stands still or runs backwards.
    #[error("frame {frame}: time goes from {before} s to {after} s, expected it to increase")]
    NotIncreasing {
        /// The later frame.
        frame: usize,
        /// Time of the frame before.
        before: f64,
        /// Time of this frame.
        after: f64,
    },
    /// A hole in the recording.
    #[error(
        "frame {frame}: {interval:.3} s after the frame before, but the median interval is {median:.3} s; cut the recording at the gap"
    )]
    Gap {
        /// The frame after the hole.
        frame: usize,
        /// Length of the hole in seconds.
        interval: f64,
        /// Median interval in seconds.
        median: f64,
    },
}

impl TimeBase {
    /// Takes the time of every frame in seconds. The rate is the inverse of the median interval.
    ///
    /// # Errors
    /// [`TimeError`] for fewer than two frames, times that are not finite or not increasing, and
    /// gaps (an interval above 2.5 median intervals).
    pub fn new(seconds: Vec<f64>) -> Result<Self, TimeError> {
        if seconds.len() < 2 {
            return Err(TimeError::TooShort { found: seconds.len() });
        }
        if let Some(frame) = seconds.iter().position(|t| !t.is_finite()) {
            return Err(TimeError::NotFinite { frame, value: seconds[frame] });
        }
        let mut intervals = Vec::with_capacity(seconds.len() - 1);
        for (k, pair) in seconds.windows(2).enumerate() {
            if pair[1] <= pair[0] {
                let (before, after) = (pair[0], pair[1]);
                return Err(TimeError::NotIncreasing { frame: k + 1, before, after });
            }
            intervals.push(pair[1] - pair[0]);
        }
        let mut sorted = intervals.clone();
        sorted.sort_by(f64::total_cmp);
        let median = sorted[sorted.len() / 2];
        if let Some(k) = intervals.iter().position(|&d| d > GAP * median) {
            return Err(TimeError::Gap { frame: k + 1, interval: intervals[k], median });
        }
        Ok(Self { seconds, fps: 1. / median })
    }

    /// Frames `start + k / fps` for `k` below `n_frames`.
    ///
    /// # Errors
    /// As [`TimeBase::new`]; a rate that is not positive gives times that do not increase.
    pub fn regular(n_frames: usize, fps: f64, start: f64) -> Result<Self, TimeError> {
        Self::new((0..n_frames).map(|k| start + k as f64 / fps).collect())
    }

    /// Times in seconds, one per frame.
    pub fn seconds(&self) -> &[f64] {
        &self.seconds
    }

    /// Volumes per second (inverse median interval).
    pub fn fps(&self) -> f64 {
        self.fps
    }

    /// Seconds from the first frame to the end of the last.
    pub fn duration(&self) -> f64 {
        self.seconds[self.seconds.len() - 1] - self.seconds[0] + 1. / self.fps
    }

    /// Number of frames.
    pub fn n_frames(&self) -> usize {
        self.seconds.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_the_inverse_median_interval() {
        let time = TimeBase::regular(301, 3., 5.).unwrap();
        assert!((time.fps() - 3.).abs() < 1e-9);
        assert!((time.duration() - 301. / 3.).abs() < 1e-9);
    }

    #[test]
    fn gaps_and_backward_steps_are_refused_at_their_frame() {
        let gap = TimeBase::new(vec![0., 1., 2., 6., 7.]).unwrap_err();
        assert!(matches!(gap, TimeError::Gap { frame: 3, .. }), "{gap}");
        let back = TimeBase::new(vec![0., 1., 1., 2.]).unwrap_err();
        assert!(matches!(back, TimeError::NotIncreasing { frame: 2, .. }), "{back}");
        let nan = TimeBase::new(vec![0., f64::NAN, 2.]).unwrap_err();
        assert!(matches!(nan, TimeError::NotFinite { frame: 1, .. }), "{nan}");
        assert!(TimeBase::new(vec![1.]).is_err());
        assert!(TimeBase::regular(3, 0., 0.).is_err());
        assert!(TimeBase::regular(3, -2., 0.).is_err());
    }

    #[test]
    fn a_late_frame_within_the_jitter_is_accepted() {
        assert!(TimeBase::new(vec![0., 1., 2.4, 3., 4.]).is_ok());
    }
}
