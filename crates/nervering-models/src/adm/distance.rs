//! Distances in the embedding, scaled by the noise at both ends: between frames j and t
//!
//! D(j, t) = Σ over delays and inputs of ((x_j − x_t) / (noise_j · noise_t))²
//!
//! (Brennan & Proekt 2019). Since a delayed coordinate is an earlier frame's, D is a sum over delays
//! of the distance E between single frames: D(j, t) = Σ_k E(j − 5k, t − 5k). E is computed once
//! per pair, an eleventh of the work; [`for_each_row`] keeps as many rows of it as delays reach back.

use super::embedding::{DELAY, HISTORY, LANES, N_DELAYS, Trajectory};
use std::ops::Range;

/// Frames whose rows of E are computed together, so that a block of the other trajectory is read
/// from the nearest cache.
const TILE: usize = 16;
/// Rows of E that are kept.
const N_ROWS: usize = HISTORY + TILE;

/// The frames of a trajectory that stand for places: those with their whole history before them
/// and a successor after them.
///
/// Frames of different stretches are further apart than [`HISTORY`], also in number.
pub(super) struct States {
    stretches: Vec<Range<usize>>,
    frames: Vec<usize>,
}

impl States {
    pub(super) fn of(trajectory: &Trajectory) -> Self {
        let of_run = |run: &Range<usize>| {
            let (start, end) = (run.start + HISTORY, run.end.saturating_sub(1));
            (start < end).then_some(start..end)
        };
        let stretches: Vec<_> = trajectory.runs().iter().filter_map(of_run).collect();
        let frames = stretches.iter().cloned().flatten().collect();
        Self { stretches, frames }
    }

    pub(super) fn len(&self) -> usize {
        self.frames.len()
    }

    /// Frame of each state, ascending.
    pub(super) fn frames(&self) -> &[usize] {
        &self.frames
    }

    /// Stretches of states whose frames follow each other.
    pub(super) fn runs(&self) -> Vec<Range<usize>> {
        let mut end = 0;
        let of_stretch = |stretch: &Range<usize>| {
            let start = end;
            end += stretch.len();
            start..end
        };
        self.stretches.iter().map(of_stretch).collect()
    }
}

/// Tells `each` frame of `from`, in order, and its distance to every state of `to`.
///
/// The first frames of a stretch have fewer delays behind them: their distances are over those that
/// they have. No distance depends on a later frame of `from`.
pub(super) fn for_each_row(
    from: &Trajectory,
    to: &Trajectory,
    states: &States,
    mut each: impl FnMut(usize, &[f32]),
) {
    let width = to.n_frames().div_ceil(LANES) * LANES;
    let mut kept = vec![0f32; N_ROWS * width];
    let mut distances = vec![0f32; states.len()];
    for run in from.runs() {
        for start in run.clone().step_by(TILE) {
            let tile = start..run.end.min(start + TILE);
            single_frame_distances(from, tile.clone(), to, width, &mut kept);
            for frame in tile {
                distances.fill(0.);
                let n_delays = N_DELAYS.min((frame - run.start) / DELAY);
                for delay in (0..=n_delays).map(|k| k * DELAY) {
                    let row = &kept[(frame - delay) % N_ROWS * width..][..width];
                    let mut rest = &mut distances[..];
                    for stretch in &states.stretches {
                        let (here, after) = rest.split_at_mut(stretch.len());
                        let earlier = &row[stretch.start - delay..stretch.end - delay];
                        here.iter_mut().zip(earlier).for_each(|(sum, e)| *sum += e);
                        rest = after;
                    }
                }
                each(frame, &distances);
            }
        }
    }
}

/// Rows of E for the frames of `tile`, each to its place in `kept`.
fn single_frame_distances(
    from: &Trajectory,
    tile: Range<usize>,
    to: &Trajectory,
    width: usize,
    kept: &mut [f32],
) {
    let frames: Vec<(usize, Vec<(f32, f32)>)> =
        tile.map(|frame| (frame % N_ROWS * width, from.frame(frame).collect())).collect();
    for (block, (positions, sharpness)) in to.blocks().enumerate() {
        for (row, frame) in &frames {
            let mut sums = [0f32; LANES];
            for ((position, sharp), (there, sharp_there)) in
                frame.iter().zip(positions.iter().zip(sharpness))
            {
                for (sum, (x, s)) in sums.iter_mut().zip(there.iter().zip(sharp_there)) {
                    let scaled = (x - position) * (s * sharp);
                    *sum += scaled * scaled;
                }
            }
            kept[row + block * LANES..][..LANES].copy_from_slice(&sums);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers without a pattern in [0, 1).
    fn numbers(n: usize, seed: u64) -> Vec<f32> {
        let mut state = seed;
        let mut draw = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 40) as f32 / (1u64 << 24) as f32
        };
        (0..n).map(|_| draw()).collect()
    }

    #[test]
    fn distances_are_sums_over_delays_and_inputs() {
        let runs = vec![0..90, 90..97, 97..180];
        let (scaling, there) = Trajectory::of_training(&numbers(180 * 3, 1), 3, runs);
        let here = Trajectory::unseen(&scaling, &numbers(75 * 3, 2), vec![0..10, 10..75]);
        let states = States::of(&there);
        assert_eq!(states.len(), 39 + 32);
        assert_eq!(states.runs(), [0..39, 39..71]);
        let mut n_rows = 0;
        for_each_row(&here, &there, &states, |frame, distances| {
            assert_eq!(frame, n_rows);
            n_rows += 1;
            let since = if frame < 10 { frame } else { frame - 10 };
            for (&state, &found) in states.frames().iter().zip(distances) {
                let mut expected = 0.;
                for delay in (0..=10).map(|k| k * 5).filter(|&delay| delay <= since) {
                    let inputs = here.frame(frame - delay).zip(there.frame(state - delay));
                    for ((x, sharp_x), (y, sharp_y)) in inputs {
                        expected += f64::from((x - y) * sharp_x * sharp_y).powi(2);
                    }
                }
                let error = (f64::from(found) - expected).abs();
                assert!(error < 1e-5 * expected, "{frame} {state}: {found}, {expected}");
            }
        });
        assert_eq!(n_rows, 75);
    }
}
