//! Windows: consecutive frames that stay together when folds are cut.

use crate::PrepareError;
use std::ops::Range;

/// Cuts frames `0..n_frames` into consecutive windows of `window` frames (8 in the paper). The
/// last window is shorter when the lengths do not divide, so every frame belongs to exactly one
/// window. (The authors' scripts drop the excess from the start instead.)
///
/// # Errors
/// [`PrepareError::ZeroWindow`] for windows of no frame.
pub fn cut_windows(n_frames: usize, window: usize) -> Result<Vec<Range<usize>>, PrepareError> {
    if window == 0 {
        return Err(PrepareError::ZeroWindow);
    }
    let starts = (0..n_frames).step_by(window);
    Ok(starts.map(|start| start..start.saturating_add(window).min(n_frames)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_frame_belongs_to_one_window(n_frames in 0..500usize, window in 1..40usize) {
            let windows = cut_windows(n_frames, window).unwrap();
            let frames: Vec<_> = windows.iter().cloned().flatten().collect();
            prop_assert_eq!(frames, (0..n_frames).collect::<Vec<_>>());
            for w in windows.iter().rev().skip(1) {
                prop_assert_eq!(w.len(), window);
            }
        }
    }

    #[test]
    fn the_last_window_is_the_remainder() {
        assert_eq!(cut_windows(20, 8).unwrap(), [0..8, 8..16, 16..20]);
        assert_eq!(cut_windows(3, usize::MAX).unwrap()[0], 0..3);
        assert_eq!(cut_windows(20, 0), Err(PrepareError::ZeroWindow));
    }
}
