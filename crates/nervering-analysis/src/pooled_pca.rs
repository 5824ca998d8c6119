//! Principal components of all animals together, and whether they fail: "topological structures
//! identified by performing PCA on each worm's neural activity were no longer observed when data
//! from all worms was pooled together" (the paper, after Brennan & Proekt 2019).
//!
//! How that was measured is not said; three numbers do so here. *Retained*: what the pooled components hold of an animal's variance,
//! against what its own hold. *Overlap*: how far the spaces of two animals' own components coincide.
//! And whether states lie in the same places: the share of the variance of the pooled path between
//! states, against the share between states of single animals. If all animals shared their loops,
//! the two would be equal. [`permuted_neurons`] says what the numbers are when neurons have nothing
//! in common but that each animal has some.

use super::aligned::labels;
use super::error::{AnalysisError, at_least};
use super::pca::{PcaConfig, PcaNeurons, between_share, decompose, project, slopes};
use nervering_recording::{NeuronName, Recording};
use nervering_statistics::mean;
use rand::Rng;
use rand::seq::SliceRandom;

/// The components of several animals together.
#[derive(Debug, Clone, PartialEq)]
pub struct PooledPca {
    /// The neurons, in the order of the components' entries.
    pub neurons: Vec<NeuronName>,
    /// Share of the pooled variance that each of all components holds, descending.
    pub explained: Vec<f64>,
    /// The kept components, row-major `[component, neuron]`.
    pub components: Vec<f64>,
    /// The animals, in the order given.
    pub animals: Vec<PooledAnimal>,
    /// Share of the variance of all pooled paths that lies between states, in [0, 1].
    pub state_share: Option<f64>,
    /// The share between states of single animals (state × animal); never below `state_share`.
    pub state_and_animal_share: Option<f64>,
    /// Per pair of animals (first, second): mean squared cosine of the angles between the spaces of
    /// their own components, in [0, 1]. Random spaces have components / neurons.
    pub overlaps: Vec<(usize, usize, f64)>,
}

/// One animal among the pooled ones.
#[derive(Debug, Clone, PartialEq)]
pub struct PooledAnimal {
    /// The animal.
    pub animal: String,
    /// Share of its variance that its own components hold, on the shared neurons.
    pub own_share: f64,
    /// Share of its variance that the pooled components hold.
    pub pooled_share: f64,
    /// Its path through the pooled components, row-major `[frame, component]`.
    pub scores: Vec<f64>,
    /// Share of the variance of its path that lies between states, in its own components.
    pub own_state_share: Option<f64>,
    /// The same in the pooled components.
    pub pooled_state_share: Option<f64>,
}

impl PooledAnimal {
    /// What the pooled components retain of what its own hold, in [0, 1].
    pub fn retained(&self) -> f64 {
        self.pooled_share / self.own_share
    }
}

impl PooledPca {
    /// How much of what states explain in single animals they explain in all at once, in [0, 1]; 1
    /// when states lie in the same places in every animal.
    pub fn agreement(&self) -> Option<f64> {
        Some(self.state_share? / self.state_and_animal_share?)
    }

    /// Mean of [`PooledAnimal::retained`] over animals.
    pub fn retained(&self) -> f64 {
        mean(&self.animals.iter().map(PooledAnimal::retained).collect::<Vec<_>>())
    }

    /// Mean overlap over pairs of animals.
    pub fn overlap(&self) -> f64 {
        mean(&self.overlaps.iter().map(|(_, _, overlap)| *overlap).collect::<Vec<_>>())
    }
}

/// What pooling retains of animals whose neurons correspond to each other by chance only.
#[derive(Debug, Clone, PartialEq)]
pub struct PermutedNeurons {
    /// [`PooledPca::retained`] of each permutation.
    pub retained: Vec<f64>,
    /// [`PooledPca::overlap`] of each.
    pub overlap: Vec<f64>,
    /// [`PooledPca::agreement`] of each; empty when no frame has a known state.
    pub agreement: Vec<f64>,
}

/// The principal components of all recordings together, on neurons that all have. Each animal's
/// derivatives are centred (and scaled, if so configured) by themselves before frames are pooled.
///
/// # Errors
/// [`AnalysisError`] as for [`super::pca`], and for fewer than two recordings.
pub fn pooled_pca(
    recordings: &[Recording],
    neurons: &[NeuronName],
    config: &PcaConfig,
) -> Result<PooledPca, AnalysisError> {
    pool(&paths(recordings, neurons, config)?, neurons, config)
}

/// The same `n_permutations` times with the names of every animal's neurons dealt out at random.
/// Each animal keeps its own components; what it shares with others is lost.
///
/// # Errors
/// [`AnalysisError`] as for [`pooled_pca`].
pub fn permuted_neurons(
    recordings: &[Recording],
    neurons: &[NeuronName],
    config: &PcaConfig,
    n_permutations: usize,
    rng: &mut impl Rng,
) -> Result<PermutedNeurons, AnalysisError> {
    let mut paths = paths(recordings, neurons, config)?;
    let mut order: Vec<usize> = (0..neurons.len()).collect();
    let (mut retained, mut overlap, mut agreement) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..n_permutations {
        for path in &mut paths {
            order.shuffle(rng);
            for row in path.values.chunks_exact_mut(neurons.len()) {
                let permuted: Vec<f64> = order.iter().map(|&k| row[k]).collect();
                row.copy_from_slice(&permuted);
            }
        }
        let found = pool(&paths, neurons, config)?;
        retained.push(found.retained());
        overlap.push(found.overlap());
        agreement.extend(found.agreement());
    }
    Ok(PermutedNeurons { retained, overlap, agreement })
}

/// One animal's prepared derivatives and states.
struct Path {
    animal: String,
    /// Row-major `[frame, neuron]`.
    values: Vec<f64>,
    labels: Vec<Option<u8>>,
}

fn paths(
    recordings: &[Recording],
    neurons: &[NeuronName],
    config: &PcaConfig,
) -> Result<Vec<Path>, AnalysisError> {
    at_least("number of animals", recordings.len(), 2)?;
    let path = |recording: &Recording| {
        let values = slopes(recording, PcaNeurons::Named(neurons), config)?.values;
        let labels = labels(recording, &config.coding)?;
        Ok(Path { animal: recording.animal().to_owned(), values, labels })
    };
    recordings.iter().map(path).collect()
}

fn pool(
    paths: &[Path],
    neurons: &[NeuronName],
    config: &PcaConfig,
) -> Result<PooledPca, AnalysisError> {
    let (n_neurons, n_components) = (neurons.len(), config.n_components);
    let pooled: Vec<f64> = paths.iter().flat_map(|path| path.values.iter().copied()).collect();
    let together = decompose(&pooled, n_neurons, "all animals")?;
    let components = together.first(n_components);

    let (mut animals, mut own_axes) = (Vec::new(), Vec::new());
    for Path { animal, values, labels } in paths {
        let own = decompose(values, n_neurons, animal)?;
        let axes = own.first(n_components);
        let own_scores = project(values, &axes, n_neurons);
        let scores = project(values, &components, n_neurons);
        let states: Vec<Option<usize>> = labels.iter().map(|l| l.map(usize::from)).collect();
        animals.push(PooledAnimal {
            animal: animal.clone(),
            own_share: own.explained[..n_components].iter().sum(),
            pooled_share: power(&scores) / power(values),
            own_state_share: between_share(&own_scores, n_components, &states),
            pooled_state_share: between_share(&scores, n_components, &states),
            scores,
        });
        own_axes.push(axes);
    }
    let pairs = (0..animals.len()).flat_map(|a| (a + 1..animals.len()).map(move |b| (a, b)));
    let overlaps = pairs.map(|(a, b)| {
        let cosines = project(&own_axes[a], &own_axes[b], n_neurons);
        (a, b, power(&cosines) / n_components as f64)
    });
    let overlaps = overlaps.collect();
    let scores: Vec<f64> = animals.iter().flat_map(|a| a.scores.iter().copied()).collect();
    // States of all animals, alone and each animal's by themselves.
    let states_of = |offset: usize| {
        let of_path = move |(k, path): (usize, &Path)| {
            let group = move |label: &Option<u8>| label.map(|l| k * offset + usize::from(l));
            path.labels.iter().map(group).collect::<Vec<_>>()
        };
        paths.iter().enumerate().flat_map(of_path).collect::<Vec<_>>()
    };
    Ok(PooledPca {
        neurons: neurons.to_vec(),
        explained: together.explained,
        components,
        animals,
        state_share: between_share(&scores, n_components, &states_of(0)),
        state_and_animal_share: between_share(
            &scores,
            n_components,
            &states_of(config.coding.n_classes()),
        ),
        overlaps,
    })
}

/// Sum of squares.
fn power(values: &[f64]) -> f64 {
    values.iter().map(|value| value * value).sum()
}

#[cfg(test)]
mod tests {
    use super::super::aligned::tests::{names, recording, states};
    use super::*;
    use nervering_recording::{State, StateCoding};
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    /// A loop through four states, seen by six neurons through the given mixing of its two axes.
    fn worm(name: &str, mixing: [[f64; 6]; 2], seed: u64) -> Recording {
        use State::{DorsalTurn, Forward, Reverse1, VentralTurn};
        let turn = [(Forward, 10), (Reverse1, 10), (DorsalTurn, 10), (VentralTurn, 10)];
        let states = states(&turn.repeat(8));
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let noise: Vec<f64> = (0..320 * 6).map(|_| rng.random_range(-0.05..0.05)).collect();
        recording(name, &["AVAL", "AVAR", "RIML", "RIMR", "RID", "ALA"], &states, |t, k| {
            let (sin, cos) = (t as f64 / 40. * std::f64::consts::TAU).sin_cos();
            mixing[0][k] * sin + mixing[1][k] * cos + noise[t * 6 + k]
        })
    }

    const SAME: [[f64; 6]; 2] = [[1., 1., 0., 0., 1., 0.], [0., 0., 1., 1., 0., 1.]];
    const OTHER: [[f64; 6]; 2] = [[-1., 1., 1., 0., 0., 0.], [0., 0., 0., 1., 1., -1.]];

    fn of(worms: [Recording; 2]) -> PooledPca {
        let config = PcaConfig { n_components: 2, ..PcaConfig::new(StateCoding::Four) };
        pooled_pca(&worms, &names(&["AVAL", "AVAR", "RIML", "RIMR", "RID", "ALA"]), &config)
            .unwrap()
    }

    #[test]
    fn animals_that_share_their_loops_share_their_components() {
        let found = of([worm("a", SAME, 1), worm("b", SAME, 2)]);
        for animal in &found.animals {
            assert!(animal.own_share > 0.9 && animal.retained() > 0.99);
            let lost = animal.own_state_share.unwrap() - animal.pooled_state_share.unwrap();
            assert!(lost.abs() < 0.02);
        }
        assert!(found.overlaps[0].2 > 0.99);
        assert!(found.agreement().unwrap() > 0.99);
    }

    #[test]
    fn animals_that_mix_otherwise_lose_their_loops_when_pooled() {
        let found = of([worm("a", SAME, 1), worm("b", OTHER, 2)]);
        for animal in &found.animals {
            assert!(animal.own_share > 0.9 && animal.retained() < 0.95, "{}", animal.retained());
        }
        assert!(found.overlaps[0].2 < 0.5, "{:?}", found.overlaps);
        assert!(found.agreement().unwrap() < 0.9, "{:?}", found.agreement());
        assert!(found.state_and_animal_share >= found.state_share);
    }

    #[test]
    fn pooling_the_same_animal_twice_changes_nothing() {
        let found = of([worm("a", SAME, 1), worm("b", SAME, 1)]);
        for animal in &found.animals {
            assert!((animal.retained() - 1.).abs() < 1e-9);
            assert_eq!(animal.scores, found.animals[0].scores);
        }
        assert!((found.overlaps[0].2 - 1.).abs() < 1e-9);
        assert!((found.agreement().unwrap() - 1.).abs() < 1e-9);
    }

    #[test]
    fn permuted_neurons_show_what_no_correspondence_looks_like() {
        let mixing = [[1., -0.5, 0.3, 0., -1., 0.2], [0., 0.8, 1., -0.7, 0.3, -1.]];
        let worms = [worm("a", mixing, 1), worm("b", mixing, 2)];
        let config = PcaConfig { n_components: 2, ..PcaConfig::new(StateCoding::Four) };
        let neurons = names(&["AVAL", "AVAR", "RIML", "RIMR", "RID", "ALA"]);
        let found = pooled_pca(&worms, &neurons, &config).unwrap();
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let chance = permuted_neurons(&worms, &neurons, &config, 40, &mut rng).unwrap();
        assert_eq!((chance.retained.len(), chance.agreement.len()), (40, 40));
        // Random spaces of two dimensions in six overlap by a third.
        assert!((mean(&chance.overlap) - 1. / 3.).abs() < 0.1, "{}", mean(&chance.overlap));
        assert!(mean(&chance.retained) < found.retained() - 0.1, "{}", mean(&chance.retained));
        assert!(mean(&chance.agreement) < 0.8, "{}", mean(&chance.agreement));
        assert!(found.overlap() > 0.99 && found.agreement().unwrap() > 0.99);
    }

    #[test]
    fn one_animal_is_not_pooled() {
        let config = PcaConfig::new(StateCoding::Four);
        let error = pooled_pca(&[worm("a", SAME, 1)], &names(&["AVAL"]), &config).unwrap_err();
        assert!(error.to_string().contains("number of animals: found 1"), "{error}");
    }
}
