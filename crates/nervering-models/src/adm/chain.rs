//! The minimal model: a Markov chain over bins of phase θ and loop α, the states of behaviour that
//! belong to its bins, and when it will switch to another (Brennan & Proekt 2019).

use super::transitions::SparseRows;
use std::f64::consts::{PI, TAU};
use std::ops::Range;

/// Bins of θ on each loop. Source: 125.
pub const N_PHASE_BINS: usize = 125;
/// How far ahead the next switch is predicted where nothing else is asked for, in frames. Source: 30 s,
/// here at the 3 frames/s of the recordings.
pub const HORIZON: usize = 90;
/// Frames added to the count of each class: Laplace's rule. The source has no probabilities.
const PSEUDO_COUNT: f64 = 1.;

/// A stretch of phase on one loop in which at least one training frame lies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bin {
    /// The loop.
    pub alpha: usize,
    /// Phase at the bin's centre, in radians from −π to π.
    pub theta: f64,
}

/// The Markov chain over bins, one step per frame.
#[derive(Debug, Clone, PartialEq)]
pub struct BinChain {
    /// Bins in order of loop and phase.
    pub bins: Vec<Bin>,
    /// Probability of each bin one frame later, row-major `[bin, bin]`; rows sum to 1.
    pub transitions: Vec<f64>,
}

/// Number of the phase bin around `theta`.
fn phase_bin(theta: f64) -> usize {
    (((theta + PI) / TAU * N_PHASE_BINS as f64) as usize).min(N_PHASE_BINS - 1)
}

impl BinChain {
    /// Counts where states go, and tells each state's bin.
    ///
    /// A state gives its bin one transition: to the bin of the state that follows it, or, the last
    /// of a stretch, to those of its row of the diffusion map; no bin is then without a way out. (The
    /// source leaves such a bin for the next in order.)
    pub(super) fn new(
        theta: &[f64],
        alpha: &[usize],
        runs: &[Range<usize>],
        diffusion: &SparseRows,
    ) -> (Self, Vec<usize>) {
        let place = |(&theta, &alpha): (&f64, &usize)| (alpha, phase_bin(theta));
        let places: Vec<_> = theta.iter().zip(alpha).map(place).collect();
        let mut occupied = places.clone();
        occupied.sort_unstable();
        occupied.dedup();
        let number = |place| occupied.partition_point(|other| other < place);
        let bin_of: Vec<usize> = places.iter().map(number).collect();

        let n = occupied.len();
        let mut transitions = vec![0.; n * n];
        for run in runs.iter().filter(|run| !run.is_empty()) {
            let last = run.end - 1;
            for state in run.start..last {
                transitions[bin_of[state] * n + bin_of[state + 1]] += 1.;
            }
            for &(to, p) in diffusion.row(last) {
                transitions[bin_of[last] * n + bin_of[to as usize]] += p;
            }
        }
        for row in transitions.chunks_exact_mut(n) {
            let total: f64 = row.iter().sum();
            row.iter_mut().for_each(|count| *count /= total);
        }
        let width = TAU / N_PHASE_BINS as f64;
        let bin =
            |&(alpha, k): &(usize, usize)| Bin { alpha, theta: (k as f64 + 0.5) * width - PI };
        (Self { bins: occupied.iter().map(bin).collect(), transitions }, bin_of)
    }

    /// What is expected of each bin 0, 1, …, `n_ahead` frames later, where `now` is known of the bins
    /// themselves, row-major `[bin, n_values]`: `[ahead, bin, n_values]`.
    pub(super) fn ahead(&self, now: &[f64], n_values: usize, n_ahead: usize) -> Vec<f64> {
        let n = self.bins.len();
        let links: Vec<Vec<(usize, f64)>> = self
            .transitions
            .chunks_exact(n)
            .map(|row| row.iter().copied().enumerate().filter(|&(_, p)| p > 0.).collect())
            .collect();
        let mut all = Vec::with_capacity((n_ahead + 1) * now.len());
        all.extend_from_slice(now);
        for ahead in 0..n_ahead {
            let before = ahead * now.len();
            for row in &links {
                for value in 0..n_values {
                    let of = |&(to, p): &(usize, f64)| p * all[before + to * n_values + value];
                    let expected = row.iter().map(of).sum();
                    all.push(expected);
                }
            }
        }
        all
    }

    /// For each bin, the probabilities that the first bin of another class is 1, 2, …, `horizon`
    /// frames ahead, and last that it is further: `[bin, horizon + 1]`. `classes` are of the bins.
    pub(super) fn time_to_switch(&self, classes: &[u8], horizon: usize) -> Vec<f64> {
        let n = self.bins.len();
        let links = |from: usize| {
            let row = self.transitions[from * n..][..n].iter().copied().enumerate();
            row.filter(|&(_, p)| p > 0.)
        };
        let within = |from: usize| links(from).filter(move |&(to, _)| classes[to] == classes[from]);
        let staying: Vec<Vec<(usize, f64)>> = (0..n).map(|from| within(from).collect()).collect();
        let after_staying = |then: &[f64]| -> Vec<f64> {
            let of_row = |row: &Vec<(usize, f64)>| row.iter().map(|&(to, p)| p * then[to]).sum();
            staying.iter().map(of_row).collect()
        };
        let out = |from: usize| links(from).filter(move |&(to, _)| classes[to] != classes[from]);
        let mut leaving: Vec<f64> = (0..n).map(|from| out(from).map(|(_, p)| p).sum()).collect();
        let mut stayed = vec![1.; n];
        let mut switch = vec![0.; n * (horizon + 1)];
        for ahead in 0..horizon {
            let rows = switch.chunks_exact_mut(horizon + 1);
            rows.zip(&leaving).for_each(|(row, &leaving)| row[ahead] = leaving);
            leaving = after_staying(&leaving);
            stayed = after_staying(&stayed);
        }
        for (row, stayed) in switch.chunks_exact_mut(horizon + 1).zip(stayed) {
            row[horizon] = stayed;
        }
        switch
    }
}

/// What the labels say of each bin.
pub(super) struct BinLabels {
    /// Majority class of each bin, of equals the first.
    pub(super) classes: Vec<u8>,
    /// Natural logarithms of the smoothed frequencies, `[bin, class]`.
    pub(super) log_probabilities: Vec<f32>,
}

impl BinLabels {
    /// Counts labels by bin: `labelled` are the bins of labelled states and their classes, `all`
    /// the number of labelled frames by class, wherever they lie.
    ///
    /// A bin without a label takes those of the nearest bin in phase that has some, if there is one
    /// on its own loop, else on any, of equals the first; where no bin has any, those of all
    /// frames. (The source labels every frame.)
    pub(super) fn new(
        bins: &[Bin],
        labelled: impl Iterator<Item = (usize, u8)>,
        all: &[usize],
    ) -> Self {
        let n_classes = all.len();
        let mut counts = vec![0usize; bins.len() * n_classes];
        labelled.for_each(|(bin, class)| counts[bin * n_classes + usize::from(class)] += 1);
        let of = |bin: usize| &counts[bin * n_classes..][..n_classes];
        let has_labels = |&bin: &usize| of(bin).iter().any(|&count| count > 0);
        let (mut classes, mut log_probabilities) = (Vec::new(), Vec::new());
        for here in bins {
            let away = |&bin: &usize| {
                let between = (bins[bin].theta - here.theta).abs();
                (bins[bin].alpha != here.alpha, between.min(TAU - between))
            };
            let nearest = (0..bins.len()).filter(has_labels).min_by(|a, b| {
                let ((other_a, away_a), (other_b, away_b)) = (away(a), away(b));
                other_a.cmp(&other_b).then(away_a.total_cmp(&away_b))
            });
            let counts = nearest.map_or(all, of);
            let most = (0..n_classes).rev().max_by_key(|&class| counts[class]).unwrap_or(0);
            classes.push(most as u8);
            let total = counts.iter().sum::<usize>() as f64 + PSEUDO_COUNT * n_classes as f64;
            let log_frequency =
                |&count: &usize| ((count as f64 + PSEUDO_COUNT) / total).ln() as f32;
            log_probabilities.extend(counts.iter().map(log_frequency));
        }
        Self { classes, log_probabilities }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bins(places: &[(usize, f64)]) -> Vec<Bin> {
        places.iter().map(|&(alpha, theta)| Bin { alpha, theta }).collect()
    }

    #[test]
    fn a_bin_without_labels_asks_its_neighbour() {
        let bins = bins(&[(0, -3.), (0, 0.), (0, 3.1), (1, 3.)]);
        let labelled = [(0, 2), (0, 2), (0, 1), (1, 0), (1, 1)].into_iter();
        let labels = BinLabels::new(&bins, labelled, &[4, 2, 2]);
        // the third bin is nearest to the first, across ±π, and so is the fourth, whose loop has
        // no label; 0 and 1 tie in the second
        assert_eq!(labels.classes, [2, 0, 2, 2]);
        let expected = [1. / 6., 2. / 6., 3. / 6., 2. / 5., 2. / 5., 1. / 5.];
        let found: Vec<_> = labels.log_probabilities.iter().map(|p| p.exp()).collect();
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-6, "{found}, {expected}");
        }
        assert_eq!(found[9..], found[..3]);
        // a manifold none of whose frames has a label
        assert_eq!(BinLabels::new(&bins, std::iter::empty(), &[1, 0, 3]).classes, [2; 4]);
    }

    #[test]
    fn the_time_to_switch_of_a_known_chain() {
        // the first bin stays with .9, else goes to the second, of its class too, and that leaves
        let chain = BinChain {
            bins: bins(&[(0, 0.), (0, 1.), (0, 2.)]),
            transitions: vec![0.9, 0.1, 0., 0., 0., 1., 0.5, 0., 0.5],
        };
        let switch = chain.time_to_switch(&[1, 1, 0], HORIZON);
        for row in switch.chunks_exact(HORIZON + 1) {
            assert!((row.iter().sum::<f64>() - 1.).abs() < 1e-12);
        }
        let [first, second, third] = [0, 1, 2].map(|bin| &switch[bin * (HORIZON + 1)..]);
        assert_eq!(first[0], 0.);
        for ahead in 2..HORIZON {
            let expected = 0.9f64.powi(ahead as i32 - 2) * 0.1;
            assert!((first[ahead - 1] - expected).abs() < 1e-12);
        }
        assert_eq!(second[0], 1.);
        assert!((third[2] - 0.125).abs() < 1e-12);
    }
    #[test]
    fn what_is_expected_ahead_is_the_chain_taken_so_many_steps() {
        let chain =
            BinChain { bins: bins(&[(0, 0.), (0, 1.)]), transitions: vec![0.75, 0.25, 0.5, 0.5] };
        // Two classes, of which the first bin is surely the one, the second the other.
        let ahead = chain.ahead(&[1., 0., 0., 1.], 2, 2);
        let expected = [1., 0., 0., 1., 0.75, 0.25, 0.5, 0.5, 0.6875, 0.3125, 0.625, 0.375];
        assert_eq!(ahead, expected);
    }
}
