//! The loop α that each state is on: communities of states whose futures and pasts are alike, if
//! need be a little later (Brennan & Proekt 2019).
//!
//! Raised to the power at which a quarter of it is filled, the transition matrix says where a state
//! goes; with its transpose, where it comes from too. Two states on one loop, one behind the other,
//! have rows that differ by a shift in time: their similarity is the cosine of their rows at the best
//! shift of the one, and the loops are the communities of that graph.
//!
//! **Where we differ.** The source compares all pairs of frames at all shifts, N³ · 100 operations.
//! No bout of α is to be shorter than five frames anyway, so here blocks of consecutive frames are
//! compared: the mean row of a block, summed over blocks. Nothing is approximated in between; the
//! power is taken of the whole matrix. The source's bouts of fewer than five frames join the bout
//! before; here a block of fewer does, at the end of a recording.

use super::louvain::louvain;
use super::transitions::SparseRows;
use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, MatRef, Par};
use std::ops::Range;

/// The share of the matrix to be filled. Source: 1/4.
pub(super) const FILLED: f64 = 0.25;
/// The shortest bout of α in frames. Source: 5.
const MIN_BOUT: usize = 5;
/// The largest shift in frames. Source: 100.
const MAX_SHIFT: usize = 100;
/// Resolution of the communities. Source: 1.2.
const RESOLUTION: f64 = 1.2;
/// Blocks at most, or else they are longer: comparing them costs the cube of their number.
const MAX_BLOCKS: usize = 1500;

/// The loop of each state, numbered in the order of their appearance; `runs` are stretches of
/// states that follow each other, and rows are taken of `power` of the matrix.
pub(super) fn loops(transitions: &SparseRows, runs: &[Range<usize>], power: usize) -> Vec<usize> {
    let length = MIN_BOUT.max(transitions.n_rows().div_ceil(MAX_BLOCKS));
    let blocks = Blocks::new(runs, length);
    let rows = blocks.connections(transitions, power);
    let similarity = blocks.similarity(&rows, MAX_SHIFT / length);
    let community = louvain(blocks.states.len(), similarity, RESOLUTION);
    let of_block =
        |(states, alpha): (&Range<usize>, usize)| std::iter::repeat_n(alpha, states.len());
    blocks.states.iter().zip(community).flat_map(of_block).collect()
}

/// Consecutive states that are on one loop together.
struct Blocks {
    states: Vec<Range<usize>>,
    /// Stretch of each block.
    run: Vec<usize>,
}

impl Blocks {
    fn new(runs: &[Range<usize>], length: usize) -> Self {
        let (mut states, mut run) = (Vec::new(), Vec::new());
        for (idx, within) in runs.iter().enumerate() {
            let first = states.len();
            for start in within.clone().step_by(length) {
                let end = within.end.min(start + length);
                if end - start < MIN_BOUT && states.len() > first {
                    let before: &mut Range<usize> = states
                        .last_mut()
                        .unwrap_or_else(|| unreachable!("this stretch has a block already"));
                    before.end = end;
                } else {
                    states.push(start..end);
                    run.push(idx);
                }
            }
        }
        Self { states, run }
    }

    /// P + Pᵀ to the `power`, summed over the states of each pair of blocks, `[block, block]`.
    fn connections(&self, transitions: &SparseRows, power: usize) -> Vec<f32> {
        let n = self.states.len();
        let mut sums = vec![0f32; n * n];
        for (from, states) in self.states.iter().enumerate() {
            let mut row = vec![0.; transitions.n_rows()];
            row[states.clone()].fill(1.);
            for _ in 0..power {
                row = transitions.advance(&row);
            }
            for (to, states) in self.states.iter().enumerate() {
                let mass = row[states.clone()].iter().sum::<f64>() as f32;
                sums[from * n + to] += mass;
                sums[to * n + from] += mass;
            }
        }
        sums
    }

    /// For each pair of blocks, the cosine of their `rows` at the best of the shifts of the one up
    /// to `max_shift`, and the same of the other, added up: `[block, block]`.
    fn similarity(&self, rows: &[f32], max_shift: usize) -> Vec<f64> {
        let n = self.states.len();
        let fixed = normalised(rows.to_vec(), n);
        let mut cosines = Mat::<f32>::zeros(n, n);
        let mut best = vec![0f32; n * n];
        for shift in 0..=max_shift {
            let mut shifted = vec![0f32; n * n];
            for (row, to) in rows.chunks_exact(n).zip(shifted.chunks_exact_mut(n)) {
                for block in 0..n.saturating_sub(shift) {
                    // what lies beyond a stretch's end is not what comes next
                    if self.run[block] == self.run[block + shift] {
                        to[block] = row[block + shift];
                    }
                }
            }
            let shifted = normalised(shifted, n);
            // column a of the product: cosines of the shifted row a with all rows
            matmul(
                cosines.as_mut(),
                Accum::Replace,
                MatRef::from_row_major_slice(&fixed, n, n),
                MatRef::from_column_major_slice(&shifted, n, n),
                1.,
                Par::Seq,
            );
            for (column, best) in cosines.col_iter().zip(best.chunks_exact_mut(n)) {
                best.iter_mut().zip(column.iter()).for_each(|(best, &c)| *best = best.max(c));
            }
        }
        (0..n * n).map(|k| f64::from(best[k]) + f64::from(best[k % n * n + k / n])).collect()
    }
}

/// Scales rows of `n` to length 1; rows of zeros stay.
fn normalised(mut rows: Vec<f32>, n: usize) -> Vec<f32> {
    for row in rows.chunks_exact_mut(n) {
        let length = row.iter().map(|value| value * value).sum::<f32>().sqrt();
        if length > 0. {
            row.iter_mut().for_each(|value| *value /= length);
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_too_short_joins_the_one_before() {
        let blocks = Blocks::new(&[0..14, 14..16, 16..31], 5);
        assert_eq!(blocks.states, [0..5, 5..14, 14..16, 16..21, 21..26, 26..31]);
        assert_eq!(blocks.run, [0, 0, 1, 2, 2, 2]);
    }

    #[test]
    fn connections_are_those_of_the_multiplied_matrix() {
        let n = 23u32;
        let row = |i: u32| vec![((i + 1) % n, 0.6), ((i * 5 + 2) % n, 0.4)];
        let map = SparseRows::from_rows((0..n).map(row));
        let blocks = Blocks::new(&[0..12, 12..23], 5);
        let n_blocks = blocks.states.len();
        assert_eq!(n_blocks, 4);
        let mut power = vec![vec![0.; n as usize]; n as usize];
        (0..n as usize).for_each(|i| power[i][i] = 1.);
        for _ in 0..3 {
            let times = |row: &Vec<f64>| -> Vec<f64> {
                let entry = |j| {
                    let of = |(i, value): (usize, &f64)| {
                        let to_j = map.row(i).iter().filter(|&&(to, _)| to as usize == j);
                        value * to_j.map(|&(_, p)| p).sum::<f64>()
                    };
                    row.iter().enumerate().map(of).sum()
                };
                (0..n as usize).map(entry).collect()
            };
            power = power.iter().map(times).collect();
        }
        let found = blocks.connections(&map, 3);
        for (a, b) in (0..n_blocks * n_blocks).map(|k| (k / n_blocks, k % n_blocks)) {
            let (from, to) = (blocks.states[a].clone(), blocks.states[b].clone());
            let pairs = from.flat_map(|i| to.clone().map(move |j| (i, j)));
            let expected: f64 = pairs.map(|(i, j)| power[i][j] + power[j][i]).sum();
            let found = f64::from(found[a * n_blocks + b]);
            assert!((found - expected).abs() < 1e-5, "{a}, {b}: {found}, {expected}");
        }
    }

    #[test]
    fn similarity_is_the_best_cosine_over_shifts_within_a_stretch() {
        let blocks = Blocks::new(&[0..35, 35..60], 5);
        let n = blocks.states.len();
        assert_eq!(n, 12);
        let rows: Vec<f32> = (0..n * n).map(|k| ((k * k * 7 + k * 3) % 23) as f32).collect();
        let found = blocks.similarity(&rows, 4);
        let value = |row: usize, block: usize| f64::from(rows[row * n + block]);
        let cosine = |a: usize, b: usize, shift: usize| {
            let (mut product, mut length_a, mut length_b) = (0., 0., 0.);
            for block in 0..n {
                let same = block + shift < n && (block < 7) == (block + shift < 7);
                let shifted = if same { value(a, block + shift) } else { 0. };
                product += shifted * value(b, block);
                length_a += shifted * shifted;
                length_b += value(b, block).powi(2);
            }
            product / f64::sqrt(length_a * length_b)
        };
        for (a, b) in (0..n * n).map(|k| (k / n, k % n)) {
            let best = |a, b| (0..=4).map(|shift| cosine(a, b, shift)).fold(0., f64::max);
            let expected = best(a, b) + best(b, a);
            let found = found[a * n + b];
            assert!((found - expected).abs() < 1e-5, "{a}, {b}: {found}, {expected}");
        }
    }
}
