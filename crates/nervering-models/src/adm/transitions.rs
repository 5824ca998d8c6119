//! The asymmetric diffusion map: from each state, the probability of every state one frame later
//! (Brennan & Proekt 2019).
//!
//! A state goes to its successor and to the successor's [`N_NEIGHBOURS`] nearest places, the nearer
//! the likelier. Neighbours keep their distance in time from each other and from the successor, so
//! that each is another passage of the trajectory and not the same one a frame later.

use super::distance::{States, for_each_row};
use super::embedding::Trajectory;
use std::ops::Range;

/// Neighbours besides the successor. Source: 20.
pub(super) const N_NEIGHBOURS: usize = 20;
/// The least number of frames between two of them. Source: 10 between neighbours; here also
/// between a neighbour and the successor, whose own next frames would else be the first.
pub(super) const MIN_APART: usize = 10;
/// Width, in frames, of the Gaussian that smooths how often states are gone to. Source: 16, padded
/// with zeros at the ends; here renormalised there, since zeros make the ends look rare.
const DENSITY_SMOOTHING: f64 = 16.;

/// The highest power that is looked at. Ours: animals that share no place never fill a quarter of
/// the matrix, and the source does not end.
const MAX_POWER: usize = 20;

/// Sparse rows.
#[derive(Debug)]
pub(super) struct SparseRows {
    /// Where each row starts, and where the last ends.
    starts: Vec<usize>,
    /// Column and value, ascending in column within a row.
    entries: Vec<(u32, f64)>,
}

impl SparseRows {
    pub(super) fn from_rows(rows: impl IntoIterator<Item = Vec<(u32, f64)>>) -> Self {
        let mut sparse = Self { starts: vec![0], entries: Vec::new() };
        for mut row in rows {
            row.sort_unstable_by_key(|&(column, _)| column);
            sparse.entries.extend(row);
            sparse.starts.push(sparse.entries.len());
        }
        sparse
    }

    pub(super) fn n_rows(&self) -> usize {
        self.starts.len() - 1
    }

    pub(super) fn row(&self, row: usize) -> &[(u32, f64)] {
        &self.entries[self.starts[row]..self.starts[row + 1]]
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = &[(u32, f64)]> {
        self.starts.windows(2).map(|bounds| &self.entries[bounds[0]..bounds[1]])
    }

    /// `row` · matrix.
    pub(super) fn advance(&self, row: &[f64]) -> Vec<f64> {
        let mut next = vec![0.; row.len()];
        for (&mass, to) in row.iter().zip(self.rows()) {
            if mass != 0. {
                to.iter().for_each(|&(column, p)| next[column as usize] += mass * p);
            }
        }
        next
    }

    /// matrix · `column`.
    pub(super) fn expect(&self, column: &[f64]) -> Vec<f64> {
        let row = |row: &[(u32, f64)]| row.iter().map(|&(to, p)| p * column[to as usize]).sum();
        self.rows().map(row).collect()
    }

    /// The first power of the matrix of whose entries more than `share` are not zero, or
    /// [`MAX_POWER`] where that is lower.
    pub(super) fn filling_power(&self, share: f64) -> usize {
        let n = self.n_rows();
        let n_words = n.div_ceil(64);
        let mut filled = vec![0u64; n * n_words];
        let patterns = filled.chunks_exact_mut(n_words).zip(self.rows());
        for (pattern, row) in patterns {
            row.iter().for_each(|&(to, _)| pattern[to as usize / 64] |= 1 << (to % 64));
        }
        let count = |filled: &[u64]| filled.iter().map(|w| w.count_ones() as usize).sum::<usize>();
        let enough = share * (n * n) as f64;
        for power in 1..MAX_POWER {
            if count(&filled) as f64 > enough {
                return power;
            }
            let mut next = vec![0u64; n * n_words];
            for (pattern, row) in next.chunks_exact_mut(n_words).zip(self.rows()) {
                for &(to, _) in row {
                    let reached = &filled[to as usize * n_words..][..n_words];
                    pattern.iter_mut().zip(reached).for_each(|(word, more)| *word |= more);
                }
            }
            filled = next;
        }
        MAX_POWER
    }
}

/// The transition matrix between the states of a trajectory; rows sum to 1.
pub(super) fn transitions(trajectory: &Trajectory, states: &States) -> SparseRows {
    let frames = states.frames();
    let mut neighbours = Vec::with_capacity(frames.len());
    let mut keys = Vec::new();
    for_each_row(trajectory, trajectory, states, |frame, distances| {
        // the states before `frame`, if it is one, is the one that it succeeds
        if frames.get(neighbours.len()).is_some_and(|state| state + 1 == frame) {
            neighbours.push(neighbours_of(frame, distances, frames, &mut keys));
        }
    });
    let n_links: usize = neighbours.iter().map(Vec::len).sum();
    let total: f64 = neighbours.iter().flatten().map(|&(_, distance)| distance).sum();
    // Source: exp(−d / 2·mean d). Where all passages are the same the mean is 0.
    let falloff = (2. * total / n_links as f64).max(f64::MIN_POSITIVE);
    let weight = |(to, distance): (u32, f64)| (to, (-distance / falloff).exp());
    let weigh = |row: Vec<(u32, f64)>| row.into_iter().map(weight).collect();
    let mut rows: Vec<Vec<(u32, f64)>> = neighbours.into_iter().map(weigh).collect();

    let mut density = vec![0.; frames.len()];
    rows.iter().flatten().for_each(|&(to, weight)| density[to as usize] += weight);
    let density = smoothed_in_time(&density, &states.runs());
    for row in &mut rows {
        // the square root of the row's own density, on the other side, cancels in normalising
        row.iter_mut().for_each(|(to, weight)| *weight /= density[*to as usize].sqrt());
        let total: f64 = row.iter().map(|&(_, weight)| weight).sum();
        row.iter_mut().for_each(|(_, weight)| *weight /= total);
    }
    SparseRows::from_rows(rows)
}

/// The state at `frame`, if there is one, at distance 0, and its nearest neighbours with their
/// distances; `frames` are those of the states, `keys` is workspace.
fn neighbours_of(
    frame: usize,
    distances: &[f32],
    frames: &[usize],
    keys: &mut Vec<u64>,
) -> Vec<(u32, f64)> {
    let itself = frames.binary_search(&frame).ok();
    keys.clear();
    let apart = |a: usize, b: usize| a.abs_diff(b) >= MIN_APART;
    for (state, (&at, &distance)) in frames.iter().zip(distances).enumerate() {
        if apart(at, frame) {
            // bits of numbers from 0 up are in the order of the numbers; equals go by state
            keys.push(u64::from(distance.to_bits()) << 32 | state as u64);
        }
    }
    // each neighbour rules out at most 2·(MIN_APART − 1) others
    let enough = N_NEIGHBOURS * (2 * MIN_APART - 1);
    if keys.len() > enough {
        keys.select_nth_unstable(enough);
        keys.truncate(enough);
    }
    keys.sort_unstable();
    let mut found: Vec<(u32, f64)> = Vec::with_capacity(N_NEIGHBOURS + 1);
    for &key in keys.iter() {
        let state = key as u32;
        let at = frames[state as usize];
        if found.iter().all(|&(other, _)| apart(at, frames[other as usize])) {
            found.push((state, f64::from(f32::from_bits((key >> 32) as u32))));
            if found.len() == N_NEIGHBOURS {
                break;
            }
        }
    }
    found.extend(itself.map(|state| (state as u32, 0.)));
    found
}

/// Gaussian average over the states of the same stretch.
fn smoothed_in_time(values: &[f64], runs: &[Range<usize>]) -> Vec<f64> {
    let reach = (3. * DENSITY_SMOOTHING) as usize;
    let kernel: Vec<f64> =
        (0..=reach).map(|lag| (-(lag as f64 / DENSITY_SMOOTHING).powi(2) / 2.).exp()).collect();
    let mut smoothed = Vec::with_capacity(values.len());
    for run in runs {
        for state in run.clone() {
            let near = state.saturating_sub(reach).max(run.start)..run.end.min(state + reach + 1);
            let weights = near.clone().map(|other| kernel[other.abs_diff(state)]);
            let total: f64 = weights.clone().sum();
            let sum: f64 = weights.zip(&values[near]).map(|(weight, value)| weight * value).sum();
            smoothed.push(sum / total);
        }
    }
    smoothed
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two stretches of a noisy turn around a circle.
    fn circle() -> Trajectory {
        let value = |k: usize| {
            let (frame, input) = (k / 2, k % 2);
            let angle = frame as f32 * 0.11 + input as f32 * 1.5;
            angle.sin() + ((frame * frame * 7 + input * 31 + frame) % 29) as f32 / 60.
        };
        let features: Vec<f32> = (0..2 * 900).map(value).collect();
        Trajectory::of_training(&features, 2, vec![0..520, 520..900]).1
    }

    #[test]
    fn neighbours_are_the_nearest_that_are_apart() {
        let trajectory = circle();
        let states = States::of(&trajectory);
        let frames = states.frames();
        for_each_row(&trajectory, &trajectory, &states, |frame, distances| {
            if !frame.is_multiple_of(7) {
                return;
            }
            let found = neighbours_of(frame, distances, frames, &mut Vec::new());
            // all states by distance, one after the other, unless too close to one taken
            let mut order: Vec<usize> = (0..frames.len()).collect();
            order.sort_by(|&a, &b| distances[a].total_cmp(&distances[b]).then(a.cmp(&b)));
            let mut expected: Vec<usize> = Vec::new();
            for state in order {
                let at = frames[state];
                let apart = expected.iter().all(|&other| at.abs_diff(frames[other]) >= 10);
                if apart && at.abs_diff(frame) >= 10 && expected.len() < 20 {
                    expected.push(state);
                }
            }
            expected.extend(frames.iter().position(|&at| at == frame));
            let found: Vec<_> = found.iter().map(|&(state, _)| state as usize).collect();
            assert_eq!(found, expected, "frame {frame}");
        });
    }

    #[test]
    fn rows_sum_to_one_and_lead_to_the_successor_first() {
        let trajectory = circle();
        let states = States::of(&trajectory);
        let map = transitions(&trajectory, &states);
        assert_eq!(map.n_rows(), 469 + 329);
        for (state, row) in map.rows().enumerate() {
            assert!((row.iter().map(|&(_, p)| p).sum::<f64>() - 1.).abs() < 1e-12);
            let last = state == 468 || state == 469 + 328;
            assert_eq!(row.len(), if last { 20 } else { 21 });
            assert_eq!(row.iter().any(|&(to, _)| to as usize == state + 1), !last, "{state}");
        }
    }

    #[test]
    fn the_filling_power_is_that_of_the_multiplied_matrix() {
        let n = 40u32;
        let row = |i: u32| vec![((i + 1) % n, 0.5), ((i * 7 + 3) % n, 0.3), ((i * i) % n, 0.2)];
        let merged = (0..n).map(|i| {
            let mut row = row(i);
            row.sort_unstable_by_key(|&(to, _)| to);
            row.dedup_by_key(|&mut (to, _)| to);
            row
        });
        let matrix = SparseRows::from_rows(merged);
        for share in [0.01, 0.25, 0.5, 0.9] {
            let mut rows: Vec<Vec<f64>> = (0..n as usize)
                .map(|i| (0..n as usize).map(|j| if i == j { 1. } else { 0. }).collect())
                .collect();
            let mut power = 0;
            let full = |rows: &[Vec<f64>]| {
                rows.iter().flatten().filter(|&&p| p > 0.).count() as f64 > share * f64::from(n * n)
            };
            while power == 0 || !full(&rows) {
                rows = rows.iter().map(|row| matrix.advance(row)).collect();
                power += 1;
            }
            assert_eq!(matrix.filling_power(share), power, "share {share}");
        }
        // two rings that never meet fill half of their matrix, and no more
        let ring = |i: u32| vec![(i, 0.5), (i / 20 * 20 + (i + 1) % 20, 0.5)];
        assert_eq!(SparseRows::from_rows((0..n).map(ring)).filling_power(0.6), MAX_POWER);
    }

    #[test]
    fn smoothing_in_time_keeps_a_constant_to_the_ends() {
        for smooth in smoothed_in_time(&[3.; 130], &[0..100, 100..101, 101..130]) {
            assert!((smooth - 3.).abs() < 1e-12);
        }
        let mut step = vec![0.; 200];
        step[100..].fill(1.);
        assert_eq!(smoothed_in_time(&step, &[0..100, 100..200]), step);
    }
}
