//! How far animals go through their states alike (the paper's Figures 1C and 1D), with what the
//! answer hangs on beside it. [`individuality`] aligns bouts, averages them ([`variability`]), tests
//! every neuron in every pair of animals under two exchange units ([`same_distribution`]), and does
//! the same between the two halves of each animal, where what differs is no individual.

use super::aligned::{AlignConfig, AlignedBouts, align_bouts};
use super::dwell::{Dwell, dwell};
use super::error::AnalysisError;
use super::same_distribution::{
    ExchangeUnit, NeuronConsistency, SameDistribution, SameDistributionConfig, consistency,
    same_distribution,
};
use super::variability::{Variability, variability};
use nervering_recording::{NeuronName, Recording, StateCoding};
use nervering_statistics::seed::generator;

/// Pairs differ at this p after Holm's correction over a neuron's pairs.
pub const ALPHA: f64 = 0.05;
/// Blocks per animal where blocks are exchanged.
pub const N_BLOCKS: usize = 6;

/// Several animals, compared.
#[derive(Debug, Clone, PartialEq)]
pub struct Individuality {
    /// How bouts were aligned.
    pub align: AlignConfig,
    /// Means over bouts.
    pub curves: Variability,
    /// Complete bouts of each animal.
    pub n_bouts: Vec<usize>,
    /// Tests between animals: exchanging bouts, then blocks.
    pub between: Vec<Between>,
    /// Tests between the halves of each animal, exchanging bouts.
    pub halves: Vec<SameDistribution>,
    /// Of [`Individuality::halves`], how many of each neuron's have p of [`ALPHA`] or less, and how
    /// many could be tested; in the order of the neurons. One test per animal: not corrected.
    pub halves_different: Vec<(usize, usize)>,
    /// Exchanges per test.
    pub n_permutations: usize,
    /// How long states last.
    pub dwell: Vec<Dwell>,
}

/// Tests between animals under one exchange unit.
#[derive(Debug, Clone, PartialEq)]
pub struct Between {
    /// What was exchanged.
    pub unit: ExchangeUnit,
    /// By neuron, then pair of animals.
    pub tests: Vec<SameDistribution>,
    /// One per neuron.
    pub neurons: Vec<NeuronConsistency>,
}

impl Between {
    /// The neurons in which no pair of animals differs.
    pub fn consistent(&self) -> Vec<&NeuronName> {
        self.neurons.iter().filter(|n| n.is_consistent()).map(|n| &n.neuron).collect()
    }

    /// Pairs (of animals, per neuron) that differ, and all that could be compared.
    pub fn n_different(&self) -> (usize, usize) {
        let sum = |of: fn(&NeuronConsistency) -> usize| self.neurons.iter().map(of).sum();
        (sum(|n| n.n_different), sum(|n| n.n_pairs))
    }
}

/// Compares animals on neurons that all have.
///
/// # Errors
/// [`AnalysisError`] as for [`align_bouts`], and for fewer than two recordings.
pub fn individuality(
    recordings: &[Recording],
    neurons: &[NeuronName],
    coding: StateCoding,
    n_permutations: usize,
    seed: u64,
) -> Result<Individuality, AnalysisError> {
    super::error::at_least("number of animals", recordings.len(), 2)?;
    let align = AlignConfig::new(coding.clone());
    let aligned: Vec<AlignedBouts> = recordings
        .iter()
        .map(|recording| align_bouts(recording, neurons, &align))
        .collect::<Result<_, _>>()?;
    let test = |animals: &[AlignedBouts], unit: ExchangeUnit, parts: &[&str]| {
        let mut rng = generator(seed, parts);
        let config = SameDistributionConfig { n_permutations, unit };
        same_distribution(animals, &config, &mut rng)
    };
    let mut between = Vec::new();
    for (unit, name) in [(ExchangeUnit::Bout, "bout"), (ExchangeUnit::Block(N_BLOCKS), "block")] {
        let tests = test(&aligned, unit, &["same-distribution", name])?;
        between.push(Between { unit, neurons: consistency(&tests, ALPHA), tests });
    }
    let mut halves = Vec::new();
    for animal in &aligned {
        let parts = ["same-distribution", "halves", &animal.animal];
        halves.extend(test(&animal.halves(), ExchangeUnit::Bout, &parts)?);
    }
    let of_neuron = |neuron: &NeuronName| {
        let tested = halves.iter().filter(|test| test.neuron == *neuron).filter_map(|test| test.p);
        let tested: Vec<f64> = tested.collect();
        (tested.iter().filter(|p| **p <= ALPHA).count(), tested.len())
    };
    let halves_different = neurons.iter().map(of_neuron).collect();
    Ok(Individuality {
        align,
        curves: variability(&aligned),
        n_bouts: aligned.iter().map(|animal| animal.bouts.len()).collect(),
        between,
        halves_different,
        halves,
        n_permutations,
        dwell: recordings.iter().map(|r| dwell(r, &coding)).collect::<Result<_, _>>()?,
    })
}

#[cfg(test)]
mod tests {
    use super::super::aligned::tests::{names, recording, states};
    use super::*;
    use nervering_recording::State;

    #[test]
    fn a_neuron_that_goes_the_other_way_in_one_animal_is_found() {
        let s = states(&[(State::Forward, 8), (State::Reverse1, 8)].repeat(12));
        let worm = |animal: &str, sign: f64, seed: usize| {
            recording(animal, &["AVAL", "ALA"], &s, move |t, k| {
                let noise = 0.3 * ((t * t + 13 * seed * t + 5 * k) as f64).sin();
                let course = (t % 8) as f64 / 8.;
                if k == 0 { course + noise } else { sign * course + noise }
            })
        };
        let worms = [worm("a", 1., 1), worm("b", 1., 2), worm("c", -1., 3)];
        let of = |seed| {
            individuality(&worms, &names(&["AVAL", "ALA"]), StateCoding::Two, 199, seed).unwrap()
        };
        let found = of(1);
        let bouts = &found.between[0];
        assert_eq!(bouts.consistent(), [&names(&["AVAL"])[0]]);
        assert_eq!(bouts.n_different(), (2, 6));
        assert_eq!(found.halves_different.len(), 2);
        assert_eq!(found.halves_different[0].1, 3);
        assert_eq!(found.n_bouts, [22, 22, 22]);
        assert_eq!(of(1), found);
        let one = individuality(&worms[..1], &[], StateCoding::Two, 9, 1).unwrap_err();
        assert!(one.to_string().contains("number of animals: found 1"), "{one}");
    }
}
