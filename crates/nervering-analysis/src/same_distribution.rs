//! The probability that the dynamics of two animals come from one distribution (the paper's Figure
//! 1D), per neuron and pair of animals.
//!
//! The paper takes its figure from Brennan & Proekt 2019 and does not say what the test is. Ours:
//! a neuron's course through a bout is a point, its aligned values at all phases. Per state the two
//! animals' bouts are compared by their energy distance (Székely & Rizzo 2004),
//! nm/(n + m) · (2 mean|x − y| − mean|x − x′| − mean|y − y′|), and states are summed. The p-value is
//! the share of random exchanges between the animals with at least the sum found, the one found
//! included.
//!
//! What is exchanged is the [`ExchangeUnit`]. Frames are never independent. Bouts may be: then each
//! could as well be the other animal's, and they change animals *within* their state, so that how
//! often a state occurs does not matter. But neighbouring bouts resemble each other for reasons of
//! their own (bleaching, drift), which that test takes for a difference between animals;
//! [`super::AlignedBouts::halves`] shows how much that is. Exchanging blocks of consecutive bouts
//! allows for it, at the price of power.

use super::aligned::{AlignedBout, AlignedBouts};
use super::error::{AnalysisError, at_least};
use nervering_recording::NeuronName;
use nervering_statistics::holm;
use rand::Rng;
use rand::seq::SliceRandom;

/// Bouts of a state that both animals must have for it to count.
const MIN_BOUTS: usize = 2;

/// What could as well be the other animal's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExchangeUnit {
    /// Each bout, for another of the same state.
    Bout,
    /// So many blocks per animal of consecutive bouts of all states, equal in bouts; at least 2.
    /// With b blocks the smallest possible p is 2 b!² / (2b)!, 1/462 for six.
    Block(usize),
}

/// How the test is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SameDistributionConfig {
    /// Random exchanges; at least 1.
    pub n_permutations: usize,
    /// What is exchanged.
    pub unit: ExchangeUnit,
}

/// One neuron in one pair of animals.
#[derive(Debug, Clone, PartialEq)]
pub struct SameDistribution {
    /// The neuron.
    pub neuron: NeuronName,
    /// Index of the first animal.
    pub first: usize,
    /// Index of the second, above the first.
    pub second: usize,
    /// Bouts of the two that were compared.
    pub n_bouts: [usize; 2],
    /// The summed energy distance; 0 when no state could be compared.
    pub distance: f64,
    /// The p-value; `None` when no state could be compared.
    pub p: Option<f64>,
}

/// Tests every neuron in every pair of animals that were aligned in the same way; by neuron, then
/// first, then second animal.
///
/// # Errors
/// [`AnalysisError::Setting`] when no exchange or fewer than two blocks are asked for.
///
/// # Panics
/// When the animals differ in neurons, phases or coding.
pub fn same_distribution(
    animals: &[AlignedBouts],
    config: &SameDistributionConfig,
    rng: &mut impl Rng,
) -> Result<Vec<SameDistribution>, AnalysisError> {
    at_least("number of permutations", config.n_permutations, 1)?;
    if let ExchangeUnit::Block(n_blocks) = config.unit {
        at_least("number of blocks", n_blocks, 2)?;
    }
    let neurons = animals.first().map_or(&[][..], |animal| &animal.neurons);
    let mut tests = Vec::new();
    for (neuron, name) in neurons.iter().enumerate() {
        for first in 0..animals.len() {
            for second in first + 1..animals.len() {
                let pair = [&animals[first], &animals[second]];
                let strata = strata(pair, neuron);
                let (distance, p) = permutation_test(&strata, config, rng);
                let of = |a: usize| {
                    strata.iter().flat_map(|s| &s.animals).filter(|&&animal| animal == a).count()
                };
                let n_bouts = [of(0), of(1)];
                let neuron = name.clone();
                tests.push(SameDistribution { neuron, first, second, n_bouts, distance, p });
            }
        }
    }
    Ok(tests)
}

/// The bouts of one state in both animals: their distances, and whose they are.
struct Stratum {
    /// Euclidean distances over phases, root mean square, row-major `[bout, bout]`.
    distances: Vec<f64>,
    /// 0 or 1 per bout.
    animals: Vec<usize>,
    /// Where in its animal's recording each bout lies, as a share of the bouts, in [0, 1).
    places: Vec<f64>,
}

fn strata(pair: [&AlignedBouts; 2], neuron: usize) -> Vec<Stratum> {
    let [a, b] = pair;
    let same = (&a.neurons, a.n_phases, &a.coding) == (&b.neurons, b.n_phases, &b.coding);
    assert!(same, "animals aligned in different ways");
    let of_state = |state: usize| {
        let of_animal = |animal: usize| {
            let all = &pair[animal].bouts;
            let of_state = all.iter().enumerate().filter(move |(_, bout)| bout.state == state);
            of_state.map(move |(at, bout)| {
                (animal, at as f64 / all.len() as f64, course(bout, neuron, a.n_phases))
            })
        };
        let bouts: Vec<(usize, f64, &[f64])> = of_animal(0).chain(of_animal(1)).collect();
        let n_first = bouts.iter().filter(|(animal, ..)| *animal == 0).count();
        if n_first.min(bouts.len() - n_first) < MIN_BOUTS {
            return None;
        }
        let distances = bouts.iter().flat_map(|x| bouts.iter().map(|y| distance(x.2, y.2)));
        Some(Stratum {
            distances: distances.collect(),
            animals: bouts.iter().map(|bout| bout.0).collect(),
            places: bouts.iter().map(|bout| bout.1).collect(),
        })
    };
    (0..a.coding.n_classes()).filter_map(of_state).collect()
}

/// One neuron's values at all phases of a bout.
fn course(bout: &AlignedBout, neuron: usize, n_phases: usize) -> &[f64] {
    &bout.values[neuron * n_phases..(neuron + 1) * n_phases]
}

fn distance(x: &[f64], y: &[f64]) -> f64 {
    let squares: f64 = x.iter().zip(y).map(|(x, y)| (x - y).powi(2)).sum();
    (squares / x.len() as f64).sqrt()
}

impl Stratum {
    /// nm/(n + m) times the energy distance between the n bouts of animal 0 and the m of animal 1;
    /// 0 when one has none. Its mean over exchanges does not depend on n and m.
    fn energy(&self, animals: &[usize]) -> f64 {
        let n_bouts = animals.len();
        let mut sums = [[0.; 2]; 2];
        for (x, row) in self.distances.chunks_exact(n_bouts).enumerate() {
            for (distance, &y) in row.iter().zip(animals) {
                sums[animals[x]][y] += distance;
            }
        }
        let m: usize = animals.iter().sum();
        let (n, m) = ((n_bouts - m) as f64, m as f64);
        if n * m == 0. {
            return 0.;
        }
        let between = (sums[0][1] + sums[1][0]) / (n * m);
        n * m / (n + m) * (between - sums[0][0] / (n * n) - sums[1][1] / (m * m))
    }
}

fn permutation_test(
    strata: &[Stratum],
    config: &SameDistributionConfig,
    rng: &mut impl Rng,
) -> (f64, Option<f64>) {
    if strata.is_empty() {
        return (0., None);
    }
    let observed: f64 = strata.iter().map(|stratum| stratum.energy(&stratum.animals)).sum();
    // The same exchange sums in another order, and differs in the last bits.
    let tolerance = 1e-10 * (1. + observed.abs());
    let mut exchanged: Vec<Vec<usize>> = strata.iter().map(|s| s.animals.clone()).collect();
    let n_blocks = match config.unit {
        ExchangeUnit::Bout => 0,
        ExchangeUnit::Block(n_blocks) => n_blocks,
    };
    // Whose each block is, those of animal 0 first.
    let mut blocks: Vec<usize> = (0..2 * n_blocks).map(|block| block / n_blocks).collect();
    let mut n_as_far = 1;
    for _ in 0..config.n_permutations {
        blocks.shuffle(rng);
        let mut sum = 0.;
        for (stratum, animals) in strata.iter().zip(&mut exchanged) {
            match config.unit {
                ExchangeUnit::Bout => animals.shuffle(rng),
                ExchangeUnit::Block(_) => {
                    let bouts = stratum.animals.iter().zip(&stratum.places);
                    let block = |(animal, place): (&usize, &f64)| {
                        blocks[animal * n_blocks + (place * n_blocks as f64) as usize]
                    };
                    *animals = bouts.map(block).collect();
                }
            }
            sum += stratum.energy(animals);
        }
        n_as_far += usize::from(sum >= observed - tolerance);
    }
    (observed, Some(n_as_far as f64 / (config.n_permutations + 1) as f64))
}

/// What the pairs of animals say about one neuron.
#[derive(Debug, Clone, PartialEq)]
pub struct NeuronConsistency {
    /// The neuron.
    pub neuron: NeuronName,
    /// Pairs of animals that could be compared.
    pub n_pairs: usize,
    /// Pairs that differ: p after Holm's correction over this neuron's pairs at most α.
    pub n_different: usize,
    /// Smallest p of any pair after that correction; `None` without a pair.
    pub smallest_p_holm: Option<f64>,
}

impl NeuronConsistency {
    /// Whether no pair of animals could be told apart by this neuron. That is no proof that they
    /// are alike: with few bouts nothing can be told apart.
    pub fn is_consistent(&self) -> bool {
        self.n_pairs > 0 && self.n_different == 0
    }
}

/// Gathers tests by neuron, in the order in which they name them. Correcting within a neuron keeps
/// the probability of calling it inconsistent by chance below `alpha`, for each neuron.
pub fn consistency(tests: &[SameDistribution], alpha: f64) -> Vec<NeuronConsistency> {
    let of_neuron = |tests: &[SameDistribution]| {
        let p_values: Vec<f64> = tests.iter().filter_map(|test| test.p).collect();
        let adjusted = holm(&p_values);
        NeuronConsistency {
            neuron: tests[0].neuron.clone(),
            n_pairs: p_values.len(),
            n_different: adjusted.iter().filter(|p| **p <= alpha).count(),
            smallest_p_holm: adjusted.into_iter().min_by(f64::total_cmp),
        }
    };
    tests.chunk_by(|a, b| a.neuron == b.neuron).map(of_neuron).collect()
}

#[cfg(test)]
mod tests {
    use super::super::aligned::tests::names;
    use super::*;
    use nervering_recording::StateCoding;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    /// Bouts of two states whose courses lie around the state, moved by `shift`.
    fn animal(name: &str, n_bouts: usize, shift: f64, rng: &mut ChaCha8Rng) -> AlignedBouts {
        let mut bout = |k: usize| AlignedBout {
            state: k % 2,
            first_frame: 10 * k,
            n_frames: 10,
            values: (0..3).map(|_| (k % 2) as f64 * 9. + shift + rng.random::<f64>()).collect(),
        };
        AlignedBouts {
            animal: name.into(),
            neurons: names(&["AVAL"]),
            n_phases: 3,
            coding: StateCoding::Two,
            bouts: (0..n_bouts).map(&mut bout).collect(),
        }
    }

    fn bouts(n_permutations: usize) -> SameDistributionConfig {
        SameDistributionConfig { n_permutations, unit: ExchangeUnit::Bout }
    }

    #[test]
    fn drift_is_taken_for_a_difference_unless_blocks_are_exchanged() {
        let mut rng = ChaCha8Rng::seed_from_u64(6);
        // Six stretches of eight bouts, each moved by something of its own.
        let drifting = |name: &str, rng: &mut ChaCha8Rng| {
            let mut worm = animal(name, 48, 0., rng);
            for stretch in worm.bouts.chunks_mut(8) {
                let shift = rng.random_range(-0.5..0.5);
                stretch.iter_mut().flat_map(|bout| &mut bout.values).for_each(|v| *v += shift);
            }
            worm
        };
        let blocks = SameDistributionConfig { unit: ExchangeUnit::Block(6), ..bouts(99) };
        let mut n_different = [0, 0];
        for _ in 0..100 {
            let pair = [drifting("a", &mut rng), drifting("b", &mut rng)];
            for (n_different, config) in n_different.iter_mut().zip([bouts(99), blocks]) {
                let p = same_distribution(&pair, &config, &mut rng).unwrap()[0].p.unwrap();
                *n_different += usize::from(p <= 0.05);
            }
        }
        // Five of a hundred are expected, with a standard deviation of 2.2.
        assert!(n_different[0] > 25 && n_different[1] <= 13, "{n_different:?}");
        let apart = [animal("a", 48, 0., &mut rng), animal("b", 48, 0.5, &mut rng)];
        let found = same_distribution(&apart, &blocks, &mut rng).unwrap();
        assert!(found[0].p.unwrap() <= 0.05);
        let one = SameDistributionConfig { unit: ExchangeUnit::Block(1), ..bouts(99) };
        assert!(same_distribution(&apart, &one, &mut rng).is_err());
    }

    #[test]
    fn animals_of_one_distribution_give_uniform_p_values() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let config = bouts(99);
        let mut p_values = Vec::new();
        for _ in 0..200 {
            // States are as 9 to 0 apart, and the animals have different numbers of bouts.
            let pair = [animal("a", 12, 0., &mut rng), animal("b", 17, 0., &mut rng)];
            p_values.push(same_distribution(&pair, &config, &mut rng).unwrap()[0].p.unwrap());
        }
        for level in [0.05, 0.2, 0.5, 0.8] {
            let share = p_values.iter().filter(|p| **p <= level).count() as f64 / 200.;
            let sd = (level * (1. - level) / 200f64).sqrt();
            assert!((share - level).abs() < 3.5 * sd, "{share} of p-values at most {level}");
        }
    }

    #[test]
    fn animals_that_differ_are_told_apart() {
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        let animals = [
            animal("a", 20, 0., &mut rng),
            animal("b", 20, 0., &mut rng),
            animal("c", 20, 0.6, &mut rng),
        ];
        let config = bouts(499);
        let tests = same_distribution(&animals, &config, &mut rng).unwrap();
        let p: Vec<f64> = tests.iter().map(|test| test.p.unwrap()).collect();
        assert!(p[0] > 0.05 && p[1] < 0.01 && p[2] < 0.01, "{p:?}");
        let found = consistency(&tests, 0.05);
        assert_eq!((found.len(), found[0].n_pairs, found[0].n_different), (1, 3, 2));
        assert!(!found[0].is_consistent());
    }

    #[test]
    fn the_p_value_is_the_share_of_all_exchanges() {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let pair = [animal("a", 8, 0., &mut rng), animal("b", 6, 0.3, &mut rng)];
        let strata = strata([&pair[0], &pair[1]], 0);
        // Every choice of 4 of the 7 bouts of each state for the first animal.
        let choices: Vec<Vec<usize>> = (0..1u32 << 7)
            .filter(|pattern| pattern.count_ones() == 3)
            .map(|pattern| (0..7).map(|k| (pattern >> k & 1) as usize).collect())
            .collect();
        assert_eq!((strata.len(), choices.len()), (2, 35));
        let observed: f64 = strata.iter().map(|s| s.energy(&s.animals)).sum();
        let sums = choices
            .iter()
            .flat_map(|x| choices.iter().map(|y| strata[0].energy(x) + strata[1].energy(y)));
        let exact = sums.filter(|sum| *sum >= observed - 1e-10).count() as f64 / (35. * 35.);
        let (distance, p) = permutation_test(&strata, &bouts(20_000), &mut rng);
        assert!((distance - observed).abs() < 1e-12);
        assert!((p.unwrap() - exact).abs() < 4. * (exact * (1. - exact) / 2e4).sqrt() + 1e-4);
    }

    #[test]
    fn the_energy_distance_is_cramers_in_one_dimension() {
        // In one dimension it is 2 ∫ (F − G)² dx.
        let mut rng = ChaCha8Rng::seed_from_u64(4);
        let x: Vec<f64> = (0..5).map(|_| rng.random()).collect();
        let y: Vec<f64> = (0..4).map(|_| rng.random()).collect();
        let all: Vec<f64> = x.iter().chain(&y).copied().collect();
        let distances = all.iter().flat_map(|a| all.iter().map(move |b| (a - b).abs())).collect();
        let animals: Vec<usize> = [0; 5].into_iter().chain([1; 4]).collect();
        let places = vec![0.; 9];
        let stratum = Stratum { distances, animals, places };
        let mut sorted = all.clone();
        sorted.sort_by(f64::total_cmp);
        let share = |values: &[f64], at: f64| {
            values.iter().filter(|v| **v <= at).count() as f64 / values.len() as f64
        };
        let integral: f64 = sorted
            .windows(2)
            .map(|w| (w[1] - w[0]) * (share(&x, w[0]) - share(&y, w[0])).powi(2))
            .sum();
        let found = stratum.energy(&stratum.animals);
        assert!((found - 20. / 9. * 2. * integral).abs() < 1e-12);
    }

    #[test]
    fn a_state_that_one_animal_hardly_shows_is_left_out() {
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        let mut pair = [animal("a", 6, 0., &mut rng), animal("b", 6, 0., &mut rng)];
        pair[1].bouts.retain(|bout| bout.state == 0 || bout.first_frame == 10);
        let config = bouts(9);
        let found = same_distribution(&pair, &config, &mut rng).unwrap();
        assert_eq!(found[0].n_bouts, [3, 3]);
        pair[1].bouts.clear();
        let found = same_distribution(&pair, &config, &mut rng).unwrap();
        assert_eq!((found[0].p, found[0].n_bouts), (None, [0, 0]));
        assert_eq!(consistency(&found, 0.05)[0].smallest_p_holm, None);
        let none = bouts(0);
        assert!(same_distribution(&pair, &none, &mut rng).is_err());
    }
}
