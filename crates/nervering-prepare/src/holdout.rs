//! The split of the published scripts: 70 % of shuffled windows train, 30 % validate, none is kept
//! to test.

use crate::{PrepareError, Split, cut_windows};
use rand::Rng;
use rand::seq::SliceRandom;

/// Windows of which the scripts train on seven in ten.
const TRAIN_TENTHS: usize = 7;

/// Drops excess frames from the start, cuts windows, shuffles and deals them out. What the scripts
/// report for the animals trained on are the validation frames, which also chose the epoch: `test`
/// repeats `validation`.
///
/// # Errors
/// [`PrepareError`] for windows of no frame and for fewer than two windows.
pub fn holdout_split(
    n_frames: usize,
    window: usize,
    rng: &mut impl Rng,
) -> Result<Split, PrepareError> {
    if window == 0 {
        return Err(PrepareError::ZeroWindow);
    }
    let excess = n_frames % window;
    let mut windows = cut_windows(n_frames - excess, window)?;
    if windows.len() < 2 {
        return Err(PrepareError::TooFewWindows { n_windows: windows.len(), n_folds: 2 });
    }
    windows.shuffle(rng);
    let n_train = (windows.len() * TRAIN_TENTHS / 10).max(1);
    let frames = |windows: &[std::ops::Range<usize>]| {
        let mut frames: Vec<usize> =
            windows.iter().cloned().flatten().map(|frame| frame + excess).collect();
        frames.sort_unstable();
        frames
    };
    let validation = frames(&windows[n_train..]);
    Ok(Split { train: frames(&windows[..n_train]), test: validation.clone(), validation })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn seven_tenths_train_and_the_first_frames_are_dropped() {
        let split = holdout_split(805, 8, &mut ChaCha8Rng::seed_from_u64(1)).unwrap();
        assert_eq!((split.train.len(), split.validation.len()), (560, 240));
        assert_eq!(split.validation, split.test);
        let mut all = [split.train, split.validation].concat();
        all.sort_unstable();
        assert_eq!(all, (5..805).collect::<Vec<_>>());
    }

    #[test]
    fn one_window_is_too_few() {
        let rng = &mut ChaCha8Rng::seed_from_u64(1);
        assert!(holdout_split(15, 8, rng).is_err());
        assert_eq!(holdout_split(15, 0, rng), Err(PrepareError::ZeroWindow));
        assert_eq!(holdout_split(16, 8, rng).unwrap().train.len(), 8);
    }
}
