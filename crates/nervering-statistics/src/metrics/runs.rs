//! Runs of consecutive frames. Timing has a meaning only where frames follow each other: the test
//! windows of shuffled folds are pieces of eight frames, and between two of them nothing is known.

use crate::bouts::frame_edges_s;

/// A run shorter than this says nothing about timing; the median bout lasts 13 to 20 frames
/// (FACTS section 1), and a shuffled window 8.
const SHORTEST: usize = 20;

/// Consecutive evaluated frames.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Run {
    /// What is labelled, one per frame.
    pub labels: Vec<Option<u8>>,
    /// What is predicted, one per frame.
    pub predicted: Vec<u8>,
    /// When each frame starts, and last when the last one ends, in seconds.
    pub edges_s: Vec<f64>,
}

/// The runs of at least [`SHORTEST`] frames, or `None` when they hold less than half of the
/// evaluated frames: shuffled windows that happen to lie side by side are no sample of anything.
///
/// `labels` and `classes` are of the evaluated frames, `times_s` of the whole recording.
pub(super) fn contiguous(
    frames: &[usize],
    labels: &[Option<u8>],
    classes: &[u8],
    times_s: &[f64],
) -> Option<Vec<Run>> {
    let edges_s = frame_edges_s(times_s);
    let (mut runs, mut n_kept, mut start) = (Vec::new(), 0, 0);
    for run in frames.chunk_by(|a, b| a + 1 == *b) {
        let positions = start..start + run.len();
        start = positions.end;
        if run.len() >= SHORTEST {
            n_kept += run.len();
            runs.push(Run {
                labels: labels[positions.clone()].to_vec(),
                predicted: classes[positions].to_vec(),
                edges_s: edges_s[run[0]..=run[0] + run.len()].to_vec(),
            });
        }
    }
    (n_kept > 0 && 2 * n_kept >= frames.len()).then_some(runs)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(frames: &[usize]) -> Option<Vec<Run>> {
        let times: Vec<f64> = (0..200).map(|k| k as f64 / 2.).collect();
        contiguous(frames, &vec![None; frames.len()], &vec![0; frames.len()], &times)
    }

    #[test]
    fn blocks_are_kept_and_shuffled_windows_are_not() {
        let blocks: Vec<usize> = (10..40).chain(50..80).chain(90..98).collect();
        let runs = of(&blocks).unwrap();
        assert_eq!(runs.len(), 2);
        assert_eq!((runs[1].edges_s[0], runs[1].edges_s[30]), (25., 40.));
        let windows: Vec<usize> = (0..8).chain(16..24).chain(32..56).chain(64..88).collect();
        assert_eq!(of(&windows).unwrap().len(), 2);
        let scattered: Vec<usize> = (0..24).chain((5..20).flat_map(|k| 8 * k..8 * k + 7)).collect();
        assert_eq!(of(&scattered), None);
        assert_eq!(of(&[]), None);
    }
}
