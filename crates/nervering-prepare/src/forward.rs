//! Splits that respect time: train on the past, validate after it, test on the future, with gaps.
//!
//! Shuffled windows put pieces of one bout of behaviour on both sides of a split. Here the second
//! half of a recording is cut into as many test blocks as there are folds; a fold trains on what
//! lies before its block. Between training, validation and test lie gaps of one median bout, so
//! that no bout of usual length reaches from one into the next.

use crate::{PrepareError, Split};
use nervering_recording::State;

/// The split of fold `fold` of `n_folds`: fold 0 tests on the last block and so trains on the most
/// frames, the last fold on the block that begins at half time. The block before the test block
/// validates, less the gap. Nothing about the split depends on frames from the start of the test
/// block on, but for the number of frames.
///
/// # Errors
/// [`PrepareError::TooFewFrames`] when the gaps leave nothing to train or to validate on.
///
/// # Panics
/// Without a fold, or if there is no such fold.
pub fn forward_split(states: &[State], n_folds: usize, fold: usize) -> Result<Split, PrepareError> {
    assert!(fold < n_folds, "fold {fold} of {n_folds}");
    // Blocks of equal length, to a frame: twice as many as folds.
    let bound = |block: usize| states.len() * block / (2 * n_folds);
    let test_block = 2 * n_folds - 1 - fold;
    let (test_start, test_end) = (bound(test_block), bound(test_block + 1));
    let gap = median_bout(&states[..test_start]);
    let validation_start = bound(test_block - 1);
    let train_end = validation_start.saturating_sub(gap);
    let validation_end = test_start.saturating_sub(gap).max(validation_start);
    let split = Split {
        train: (0..train_end).collect(),
        validation: (validation_start..validation_end).collect(),
        test: (test_start..test_end).collect(),
    };
    if split.train.is_empty() || split.validation.is_empty() || split.test.is_empty() {
        return Err(PrepareError::TooFewFrames { n_frames: states.len(), n_folds, gap });
    }
    Ok(split)
}

/// The split of a model that is to be used, not measured: the last of `n_blocks` equal blocks
/// validates, everything before it trains, less a gap of one median bout, and no frame is kept to
/// test. Which frames train and which validate does not depend on the states of the last block.
///
/// # Errors
/// [`PrepareError::TooFewFrames`] when the gap leaves nothing to train on, or a block no frame.
///
/// # Panics
/// Without a block.
pub fn last_block_split(states: &[State], n_blocks: usize) -> Result<Split, PrepareError> {
    assert!(n_blocks > 0, "found no block");
    let n_frames = states.len();
    let validation_start = n_frames * (n_blocks - 1) / n_blocks;
    let gap = median_bout(&states[..validation_start]);
    let train_end = validation_start.saturating_sub(gap);
    if train_end == 0 {
        return Err(PrepareError::TooFewFrames { n_frames, n_folds: 1, gap });
    }
    Ok(Split {
        train: (0..train_end).collect(),
        validation: (validation_start..n_frames).collect(),
        test: Vec::new(),
    })
}

/// Median length in frames of the bouts of known states; 0 without one. A bout that the cut ends
/// counts with what is left of it.
pub fn median_bout(states: &[State]) -> usize {
    let bouts = states.chunk_by(|a, b| a == b).filter(|bout| bout[0] != State::Unknown);
    let mut lengths: Vec<usize> = bouts.map(<[State]>::len).collect();
    lengths.sort_unstable();
    lengths.get(lengths.len() / 2).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn bouts(lengths: &[usize]) -> Vec<State> {
        let known = [State::Forward, State::Reverse1, State::DorsalTurn];
        let of_bout = |(k, &n): (usize, &usize)| vec![known[k % 3]; n];
        lengths.iter().enumerate().flat_map(of_bout).collect()
    }

    #[test]
    fn the_last_block_validates_after_a_gap_and_nothing_tests() {
        let mut states = bouts(&[12; 10]);
        let split = last_block_split(&states, 10).unwrap();
        assert_eq!(split.validation, (108..120).collect::<Vec<_>>());
        assert_eq!(split.train, (0..96).collect::<Vec<_>>());
        assert!(split.test.is_empty());
        states[108..].fill(State::Unknown);
        assert_eq!(last_block_split(&states, 10).unwrap(), split);
        let short = last_block_split(&bouts(&[9, 1]), 10).unwrap_err();
        assert!(matches!(short, PrepareError::TooFewFrames { n_frames: 10, gap: 9, .. }));
        assert!(last_block_split(&[], 10).is_err());
    }

    proptest! {
        #[test]
        fn the_past_trains_and_the_future_tests(
            lengths in prop::collection::vec(1..20usize, 40..80),
            n_folds in 1..6usize,
            change in 0..9usize,
        ) {
            let states = bouts(&lengths);
            for fold in 0..n_folds {
                let Ok(split) = forward_split(&states, n_folds, fold) else { continue };
                let test_start = split.test[0];
                let gap = median_bout(&states[..test_start]);
                prop_assert!(split.train.last().unwrap() + gap < split.validation[0]);
                prop_assert!(split.validation.last().unwrap() + gap < test_start);
                // What happens later does not move the split.
                let mut other = states.clone();
                other[test_start..].fill(State::ALL[change]);
                prop_assert_eq!(&forward_split(&other, n_folds, fold).unwrap(), &split);
            }
        }

        #[test]
        fn test_blocks_cover_the_second_half_once(
            lengths in prop::collection::vec(1..20usize, 60..80),
            n_folds in 1..5usize,
        ) {
            let states = bouts(&lengths);
            let of_fold = |fold| forward_split(&states, n_folds, fold);
            let splits: Result<Vec<Split>, _> = (0..n_folds).map(of_fold).collect();
            prop_assume!(splits.is_ok());
            let mut tested: Vec<usize> =
                splits.unwrap().into_iter().flat_map(|split| split.test).collect();
            tested.sort_unstable();
            prop_assert_eq!(tested, (states.len() / 2..states.len()).collect::<Vec<_>>());
        }
    }

    #[test]
    fn fold_0_trains_on_the_most() {
        // Bouts of ten frames; ten blocks of 100.
        let states = bouts(&[10; 100]);
        let split = forward_split(&states, 5, 0).unwrap();
        assert_eq!((split.train.len(), split.validation[0], split.test[0]), (790, 800, 900));
        assert_eq!(split.validation.len(), 90);
        let split = forward_split(&states, 5, 4).unwrap();
        assert_eq!((split.train.len(), split.test[0], split.test.len()), (390, 500, 100));
    }

    #[test]
    fn a_recording_that_the_gaps_use_up_is_refused() {
        let error = forward_split(&bouts(&[50, 50]), 5, 0).unwrap_err();
        assert!(error.to_string().contains("100 frames"), "{error}");
    }

    #[test]
    fn unknown_states_make_no_bout() {
        let mut states = bouts(&[2, 4, 6]);
        states.extend([State::Unknown; 50]);
        assert_eq!(median_bout(&states), 4);
        assert_eq!(median_bout(&[]), 0);
    }
}
