//! Folds: which windows train, validate and test.
//!
//! [`Folds`] deals shuffled windows into folds, whole; a [`Split`] is what one fit sees of one
//! animal. Shuffled windows put pieces of one bout on both sides of a split (a median bout lasts
//! two windows, FACTS section 1): that is the paper's protocol, not a recommendation.

use crate::PrepareError;
use rand::Rng;
use rand::seq::SliceRandom;
use std::ops::Range;

/// The windows of one animal, dealt into folds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folds {
    folds: Vec<Vec<Range<usize>>>,
}

/// Frames of one animal by their use, each list ascending and disjoint from the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    /// Frames to fit on.
    pub train: Vec<usize>,
    /// Frames that choose the epoch.
    pub validation: Vec<usize>,
    /// Frames that measure.
    pub test: Vec<usize>,
}

impl Folds {
    /// Shuffles the windows and deals them out in turn, so that the sizes of folds differ by at
    /// most one window. The same windows and the same state of `rng` give the same folds.
    ///
    /// # Errors
    /// [`PrepareError`] for fewer than three folds, fewer windows than folds, and windows that
    /// are empty, overlap or are out of order.
    pub fn shuffled(
        windows: &[Range<usize>],
        n_folds: usize,
        rng: &mut impl Rng,
    ) -> Result<Self, PrepareError> {
        if n_folds < 3 {
            return Err(PrepareError::TooFewFolds { n_folds });
        }
        if windows.len() < n_folds {
            return Err(PrepareError::TooFewWindows { n_windows: windows.len(), n_folds });
        }
        let mut previous_end = 0;
        for (window, &Range { start, end }) in windows.iter().enumerate() {
            if start < previous_end || end <= start {
                return Err(PrepareError::Windows { window, start, end, previous_end });
            }
            previous_end = end;
        }
        let mut shuffled = windows.to_vec();
        shuffled.shuffle(rng);
        let mut folds = vec![Vec::new(); n_folds];
        for (k, window) in shuffled.into_iter().enumerate() {
            folds[k % n_folds].push(window);
        }
        for fold in &mut folds {
            fold.sort_by_key(|window| window.start);
        }
        Ok(Self { folds })
    }

    /// Number of folds.
    pub fn n_folds(&self) -> usize {
        self.folds.len()
    }

    /// The windows of one fold, ascending.
    ///
    /// # Panics
    /// If there is no such fold.
    pub fn windows(&self, fold: usize) -> &[Range<usize>] {
        &self.folds[fold]
    }

    /// The split that tests on fold `fold`, validates on the one after it (the first after the
    /// last), and trains on the rest: 8, 1 and 1 of ten in the paper.
    ///
    /// # Panics
    /// If there is no such fold.
    pub fn split(&self, fold: usize) -> Split {
        let n_folds = self.n_folds();
        assert!(fold < n_folds, "fold {fold} of {n_folds}");
        let validation = (fold + 1) % n_folds;
        let frames = |belongs: &dyn Fn(usize) -> bool| {
            let folds = self.folds.iter().enumerate().filter(|(k, _)| belongs(*k));
            let mut frames: Vec<_> =
                folds.flat_map(|(_, windows)| windows.iter().cloned().flatten()).collect();
            frames.sort_unstable();
            frames
        };
        Split {
            train: frames(&|k| k != fold && k != validation),
            validation: frames(&|k| k == validation),
            test: frames(&|k| k == fold),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cut_windows;
    use proptest::prelude::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    fn folds(n_frames: usize, window: usize, n_folds: usize, seed: u64) -> Folds {
        let windows = cut_windows(n_frames, window).unwrap();
        Folds::shuffled(&windows, n_folds, &mut ChaCha8Rng::seed_from_u64(seed)).unwrap()
    }

    proptest! {
        #[test]
        fn splits_are_disjoint_complete_and_keep_windows_whole(
            window in 1..12usize,
            n_folds in 3..12usize,
            extra in 0..400usize,
            seed: u64,
        ) {
            let n_frames = window * n_folds + extra;
            let folds = folds(n_frames, window, n_folds, seed);
            let mut tested = Vec::new();
            for k in 0..n_folds {
                let split = folds.split(k);
                let mut uses = vec![None; n_frames];
                for (tag, part) in [&split.train, &split.validation, &split.test].iter().enumerate() {
                    prop_assert!(part.is_sorted());
                    for &frame in *part {
                        prop_assert_eq!(uses[frame].replace(tag), None);
                    }
                }
                prop_assert!(uses.iter().all(Option::is_some));
                for w in cut_windows(n_frames, window).unwrap() {
                    prop_assert!(uses[w.clone()].iter().all(|tag| *tag == uses[w.start]));
                }
                prop_assert_eq!(&split.validation, &folds.split((k + 1) % n_folds).test);
                tested.extend(split.test);
            }
            tested.sort_unstable();
            prop_assert_eq!(tested, (0..n_frames).collect::<Vec<_>>());
            let sizes: Vec<_> = (0..n_folds).map(|k| folds.windows(k).len()).collect();
            prop_assert!(sizes.iter().max().unwrap() - sizes.iter().min().unwrap() <= 1);
        }

        #[test]
        fn the_seed_decides(seed: u64) {
            prop_assert_eq!(folds(800, 8, 10, seed), folds(800, 8, 10, seed));
            prop_assert_ne!(folds(800, 8, 10, seed), folds(800, 8, 10, seed.wrapping_add(1)));
        }
    }

    #[test]
    fn ten_folds_train_on_eight() {
        let split = folds(800, 8, 10, 1).split(9);
        let sizes = [split.train.len(), split.validation.len(), split.test.len()];
        assert_eq!(sizes, [640, 80, 80]);
    }

    #[test]
    fn what_cannot_be_dealt_is_refused() {
        let rng = &mut ChaCha8Rng::seed_from_u64(0);
        let windows = cut_windows(40, 8).unwrap();
        let few = Folds::shuffled(&windows, 10, rng).unwrap_err();
        assert!(few.to_string().contains("5 windows for 10 folds"), "{few}");
        let two = Folds::shuffled(&windows, 2, rng).unwrap_err();
        assert_eq!(two, PrepareError::TooFewFolds { n_folds: 2 });
        let overlap = Folds::shuffled(&[0..8, 7..15, 15..20], 3, rng).unwrap_err();
        assert!(overlap.to_string().contains("window 1 covers frames 7..15"), "{overlap}");
        let empty = Folds::shuffled(&[0..8, 8..8, 8..9], 3, rng).unwrap_err();
        assert!(matches!(empty, PrepareError::Windows { window: 1, .. }));
    }
}
