//! Animal-specific linear mixing: the loadings of an animal's neurons on the latent loop.
//!
//! The paper's account of individual variability is that animals share the latent dynamics and
//! differ in the linear combinations of it that their neurons show. Here an animal's loadings are
//! the shared ones of [`crate::roles`], mixed among latents in a way that all its neurons share,
//! plus a deviation of each neuron. Neurons without a name have loadings of their own altogether.

use crate::latent::N_LATENTS;
use crate::roles::{PAPER_15, Role, SOMETIMES};
use rand::seq::SliceRandom;
use rand::{Rng, RngExt};
use rand_distr::{Distribution, StandardNormal};

/// Standard deviation of the mixing among latents at variability 1.
const MIXING: f64 = 0.10;
/// Standard deviation of the deviation of each loading at variability 1.
const DEVIATION: f64 = 0.17;
/// Spread of the logarithm of amplitudes over animals.
const AMPLITUDE_SPREAD: f64 = 0.3;

/// One neuron of one animal.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Neuron {
    /// Its name where it is identified in this animal.
    pub(crate) name: Option<&'static str>,
    /// Relative to each other and to `private`; `amplitude` sets the scale.
    pub(crate) loadings: [f64; N_LATENTS],
    /// Standard deviation of its own fluctuations, in the unit of the loadings.
    pub(crate) private: f64,
    /// Range of its ΔF/F, highest minus lowest, but for noise and bleaching.
    pub(crate) amplitude: f64,
}

/// The neurons of one animal in the order of its columns, which differs between animals: the
/// paper's fifteen and `n_other_neurons` more, of which the first are those of [`SOMETIMES`].
pub(crate) fn draw_neurons(
    n_other_neurons: usize,
    variability: f64,
    rng: &mut impl Rng,
) -> Vec<Neuron> {
    let mixing = draw_mixing(variability, rng);
    let mut neurons: Vec<_> =
        PAPER_15.iter().map(|role| draw_named(role, &mixing, variability, rng)).collect();
    for k in 0..n_other_neurons {
        neurons.push(match SOMETIMES.get(k) {
            Some(role) => draw_named(role, &mixing, variability, rng),
            None => draw_unnamed(rng),
        });
    }
    neurons.shuffle(rng);
    neurons
}

type Mixing = [[f64; N_LATENTS]; N_LATENTS];

/// The identity plus noise: how an animal's latents appear in all its neurons.
fn draw_mixing(variability: f64, rng: &mut impl Rng) -> Mixing {
    let mut mixing = [[0.; N_LATENTS]; N_LATENTS];
    for (k, line) in mixing.iter_mut().enumerate() {
        line.fill_with(|| variability * MIXING * normal(rng));
        line[k] += 1.;
    }
    mixing
}

fn draw_named(role: &Role, mixing: &Mixing, variability: f64, rng: &mut impl Rng) -> Neuron {
    let mut loadings = [0.; N_LATENTS];
    for (k, loading) in loadings.iter_mut().enumerate() {
        let mixed: f64 = role.loadings.iter().zip(mixing).map(|(l, line)| l * line[k]).sum();
        *loading = mixed + variability * DEVIATION * normal(rng);
    }
    Neuron {
        name: rng.random_bool(role.identified).then_some(role.name),
        loadings,
        private: role.private,
        amplitude: role.amplitude * (AMPLITUDE_SPREAD * normal(rng)).exp(),
    }
}

/// A neuron that no one identifies: about half of them follow the loop in their own way, the
/// others hardly at all.
fn draw_unnamed(rng: &mut impl Rng) -> Neuron {
    let scale = if rng.random_bool(0.5) { 0.35 } else { 0.04 };
    let mut loadings = [0.; N_LATENTS];
    loadings.fill_with(|| scale * normal(rng));
    let amplitude = 0.7 * (AMPLITUDE_SPREAD * normal(rng)).exp();
    Neuron { name: None, loadings, private: 0.12, amplitude }
}

fn normal(rng: &mut impl Rng) -> f64 {
    StandardNormal.sample(rng)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stream::{Purpose, stream};

    fn neurons(animal: usize, variability: f64) -> Vec<Neuron> {
        draw_neurons(90, variability, &mut stream(3, animal, Purpose::Neurons))
    }

    #[test]
    fn without_variability_named_neurons_have_the_shared_loadings() {
        for neuron in neurons(0, 0.) {
            let roles = PAPER_15.iter().chain(&SOMETIMES);
            for role in roles.filter(|role| Some(role.name) == neuron.name) {
                assert_eq!(neuron.loadings, role.loadings);
            }
        }
    }

    #[test]
    fn every_animal_has_the_fifteen_and_some_others_in_its_own_order() {
        let names = |animal| neurons(animal, 1.).into_iter().map(|neuron| neuron.name);
        for animal in 0..20 {
            let named: Vec<_> = names(animal).flatten().collect();
            assert!(PAPER_15.iter().all(|role| named.contains(&role.name)));
            assert!((18..=36).contains(&named.len()), "{}", named.len());
        }
        assert_ne!(names(0).collect::<Vec<_>>(), names(1).collect::<Vec<_>>());
    }

    #[test]
    fn a_list_shorter_than_the_named_others_is_kept_short() {
        let few = draw_neurons(3, 1., &mut stream(3, 0, Purpose::Neurons));
        assert_eq!(few.len(), 18);
    }
}
