//! What there is to forecast in one animal: frames to start from, and the frames that follow them.
//!
//! A forecast starts at a frame and says the next ones. Which frames may be looked at before the
//! start (a history, for autoregressions) and which must follow it is a matter of the range that
//! [`forecast_starts`] is given; [`forecast_targets`] takes the following frames out of the
//! features. Text: "from one frame", 8 steps in training; scripts: starts every 8th frame in
//! validation, every 16th in evaluation, 16 steps.

use std::ops::Range;

/// Steps ahead that a network learns to forecast; 8 in the paper.
pub const TRAINING_STEPS: usize = 8;
/// Steps ahead over which forecasts are evaluated; 16 in the paper.
pub const EVALUATION_STEPS: usize = 16;

/// Every `every`-th frame of `frames` from which `n_steps` frames follow within the range and which
/// is the last of `n_history` frames within it; ascending. Empty where the range is too short.
///
/// # Panics
/// When `every` or `n_history` is 0: a forecast sees at least the frame that it starts from.
pub fn forecast_starts(
    frames: Range<usize>,
    every: usize,
    n_history: usize,
    n_steps: usize,
) -> Vec<usize> {
    assert!(n_history > 0, "found a history of no frame, expected the start at least");
    let first = frames.start + n_history - 1;
    (first..frames.end.saturating_sub(n_steps)).step_by(every).collect()
}

/// The `n_steps` frames after each start, row-major `[start, step, neuron, feature]`, out of
/// `features`, row-major `[frame, neuron, feature]` with `n_columns` numbers in each frame.
///
/// # Panics
/// When frames are asked for that the features do not have.
pub fn forecast_targets(
    features: &[f32],
    n_columns: usize,
    starts: &[usize],
    n_steps: usize,
) -> Vec<f32> {
    let after = |&start: &usize| &features[(start + 1) * n_columns..][..n_steps * n_columns];
    starts.iter().flat_map(after).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn history_and_targets_lie_within_the_range(
            begin in 0..30usize,
            length in 0..200usize,
            every in 1..20usize,
            n_history in 1..10usize,
            n_steps in 1..20usize,
        ) {
            let frames = begin..begin + length;
            let starts = forecast_starts(frames.clone(), every, n_history, n_steps);
            for &start in &starts {
                prop_assert!(start + 1 >= frames.start + n_history);
                prop_assert!(start + n_steps < frames.end);
            }
            prop_assert!(starts.windows(2).all(|pair| pair[1] == pair[0] + every));
            // None is forgotten.
            let allowed = length.saturating_sub(n_history + n_steps - 1);
            prop_assert_eq!(starts.len(), allowed.div_ceil(every));
        }
    }

    #[test]
    fn targets_are_the_frames_after_the_start() {
        // Two numbers per frame: 10 · frame and 10 · frame + 1.
        let features: Vec<f32> = (0..12).map(|k| (k / 2 * 10 + k % 2) as f32).collect();
        let starts = forecast_starts(0..6, 3, 1, 2);
        assert_eq!(starts, [0, 3]);
        let expected = [10., 11., 20., 21., 40., 41., 50., 51.];
        assert_eq!(forecast_targets(&features, 2, &starts, 2), expected);
    }
}
