//! What principal components see of several animals: of each by itself (the paper's Figure S1), and
//! of all pooled, which the paper says fails. [`components`] asks both, and shows beside each number
//! what it hangs on: the share held by few components under three smoothings, the pooled numbers
//! under both scales and with the neurons of every animal permuted.

use super::error::AnalysisError;
use super::pca::{AnimalPca, PcaConfig, PcaNeurons, PcaScale, pca};
use super::pooled_pca::{PermutedNeurons, PooledPca, permuted_neurons, pooled_pca};
use nervering_recording::{NeuronName, Recording, StateCoding};
use nervering_statistics::mean;
use nervering_statistics::seed::generator;

/// Standard deviations in seconds of the smoothing of differences that are compared. The second is
/// the one that paths are drawn with, and gives the paper's share on the real partial worms.
pub const SMOOTHINGS_S: [f64; 3] = [0., 1., 2.];

/// Components of several animals.
#[derive(Debug, Clone, PartialEq)]
pub struct Components {
    /// The neurons that are pooled.
    pub neurons: Vec<NeuronName>,
    /// How the animals' own components were found.
    pub config: PcaConfig,
    /// One per animal, in the order given.
    pub animals: Vec<OwnComponents>,
    /// All animals together, once per scale.
    pub pooled: Vec<Pooled>,
    /// Permutations of neurons.
    pub n_permutations: usize,
}

/// One animal by itself, all its recorded neurons that have a value at every frame and vary.
#[derive(Debug, Clone, PartialEq)]
pub struct OwnComponents {
    /// With the smoothing of [`Components::config`].
    pub pca: AnimalPca,
    /// Share of the variance that the kept components hold under each of [`SMOOTHINGS_S`].
    pub shares: [f64; SMOOTHINGS_S.len()],
    /// Recorded neurons that were left out.
    pub n_left_out: usize,
}

/// All animals together, on one scale.
#[derive(Debug, Clone, PartialEq)]
pub struct Pooled {
    /// The scale.
    pub scale: PcaScale,
    /// What was found.
    pub pca: PooledPca,
    /// The measures of [`PooledPca`], beside their values with permuted neurons.
    pub measures: Vec<PooledMeasure>,
}

/// One number about pooled components, in [0, 1].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PooledMeasure {
    /// Its name: `retained`, `overlap` or `agreement`.
    pub name: &'static str,
    /// What was found; `None` where no frame has a known state.
    pub found: Option<f64>,
    /// Mean over permutations of the neurons.
    pub permuted: Option<f64>,
}

impl Components {
    /// Mean over animals of [`OwnComponents::shares`].
    pub fn mean_shares(&self) -> [f64; SMOOTHINGS_S.len()] {
        let at = |k: usize| self.animals.iter().map(|a| a.shares[k]).collect::<Vec<_>>();
        std::array::from_fn(|k| mean(&at(k)))
    }
}

/// Components of each animal and of all of them on `neurons`, which all must have.
///
/// # Errors
/// [`AnalysisError`] as for [`pca`] and [`pooled_pca`]: a recording without states, a neuron that is
/// missing, fewer than two animals.
pub fn components(
    recordings: &[Recording],
    neurons: &[NeuronName],
    coding: StateCoding,
    n_permutations: usize,
    seed: u64,
) -> Result<Components, AnalysisError> {
    let config = PcaConfig::new(coding);
    let own = |recording: &Recording| {
        let mut shares = [0.; SMOOTHINGS_S.len()];
        for (share, smoothing_s) in shares.iter_mut().zip(SMOOTHINGS_S) {
            let config = PcaConfig { smoothing_s, ..config.clone() };
            let found = pca(recording, PcaNeurons::Complete, &config)?;
            *share = found.explained_by(config.n_components);
        }
        let pca = pca(recording, PcaNeurons::Complete, &config)?;
        let n_left_out = recording.neurons().len() - pca.neurons.len();
        Ok(OwnComponents { pca, shares, n_left_out })
    };
    let animals = recordings.iter().map(own).collect::<Result<_, AnalysisError>>()?;
    let pooled = |scale: PcaScale| {
        let config = PcaConfig { scale, ..config.clone() };
        let pca = pooled_pca(recordings, neurons, &config)?;
        let mut rng = generator(seed, &["permuted-neurons", scale.as_str()]);
        let permuted = permuted_neurons(recordings, neurons, &config, n_permutations, &mut rng)?;
        Ok(Pooled { scale, measures: measures(&pca, &permuted), pca })
    };
    let pooled = PcaScale::ALL.into_iter().map(pooled).collect::<Result<_, AnalysisError>>()?;
    Ok(Components { neurons: neurons.to_vec(), config, animals, pooled, n_permutations })
}

fn measures(pca: &PooledPca, permuted: &PermutedNeurons) -> Vec<PooledMeasure> {
    let by_chance = |values: &[f64]| (!values.is_empty()).then(|| mean(values));
    let measure = |name, found, values| PooledMeasure { name, found, permuted: by_chance(values) };
    vec![
        measure("retained", Some(pca.retained()), &permuted.retained),
        measure("overlap", Some(pca.overlap()), &permuted.overlap),
        measure("agreement", pca.agreement(), &permuted.agreement),
    ]
}

#[cfg(test)]
mod tests {
    use super::super::aligned::tests::{names, recording, states};
    use super::*;
    use nervering_recording::State;

    #[test]
    fn numbers_stand_beside_what_they_hang_on() {
        let s = states(&[(State::Forward, 20), (State::Reverse1, 20)].repeat(4));
        let neurons = ["AVAL", "AVAR", "RIML", "RIMR", "RID"];
        // A slow cycle seen alike by all animals, under fast noise that differs.
        let worm = |animal: &str, seed: usize| {
            recording(animal, &neurons, &s, move |t, k| {
                let slow = (t as f64 / 40. * std::f64::consts::TAU + k as f64).sin();
                slow + 0.1 * ((t * (7 * k + seed) + t * t) as f64).sin()
            })
        };
        let worms = [worm("a", 3), worm("b", 11)];
        let of = |seed| components(&worms, &names(&neurons), StateCoding::Two, 4, seed).unwrap();
        let found = of(1);
        let [bare, smooth, smoother] = found.mean_shares();
        assert!(bare < smooth && smooth <= smoother, "{bare} {smooth} {smoother}");
        assert_eq!(found.animals[0].shares[1], found.animals[0].pca.explained_by(3));
        for pooled in &found.pooled {
            for measure in &pooled.measures {
                assert!(measure.found > measure.permuted, "{measure:?}");
            }
        }
        assert_eq!(of(1), found);
        assert_ne!(of(2), found);
    }
}
