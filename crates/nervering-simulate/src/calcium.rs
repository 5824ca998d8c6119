//! From neural drive to the ΔF/F that a bleach-corrected file holds.
//!
//! The drive of a neuron is its mix of the latents plus fluctuations of its own; calcium follows
//! it with a rise and a decay; fluorescence bleaches, and the correction leaves a small error;
//! the camera adds noise. ΔF/F is relative to the lowest fluorescence without noise, so the lowest
//! values lie near 0, as in the real files.

use crate::SimulationConfig;
use crate::latent::{Fluctuation, N_LATENTS};
use crate::mixing::Neuron;
use rand::Rng;
use rand_distr::{Distribution, StandardNormal};

/// Rise and decay of calcium in seconds: the order of magnitude for nuclear GCaMP5K at the real
/// frame rate, not a measurement.
const RISE_S: f64 = 0.3;
const DECAY_S: f64 = 1.5;
/// Correlation time of a neuron's own fluctuations in seconds.
const PRIVATE_S: f64 = 6.;
/// Spread of the logarithm of the noise over neurons.
const NOISE_SPREAD: f64 = 0.3;

/// ΔF/F of one neuron, one value per frame, from the latents `[frame, latent]`, and the ΔF/F per
/// unit of its drive, which gives its calcium the range `neuron.amplitude`.
pub(crate) fn image(
    neuron: &Neuron,
    latents: &[f64],
    fps: f64,
    config: &SimulationConfig,
    rng: &mut impl Rng,
) -> (Vec<f64>, f64) {
    let mut own = Fluctuation::start(PRIVATE_S, fps, rng);
    let mut drive: Vec<f64> = latents
        .chunks_exact(N_LATENTS)
        .map(|z| {
            let mixed: f64 = neuron.loadings.iter().zip(z).map(|(l, z)| l * z).sum();
            mixed + neuron.private * own.next(rng)
        })
        .collect();
    low_pass(&mut drive, RISE_S, fps);
    low_pass(&mut drive, DECAY_S, fps);
    let lowest = drive.iter().copied().fold(f64::INFINITY, f64::min);
    let highest = drive.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let scale = if highest > lowest { neuron.amplitude / (highest - lowest) } else { 0. };
    let residual = config.bleaching * normal(rng);
    let noise = config.noise * (NOISE_SPREAD * normal(rng)).exp();
    let last = (drive.len() - 1) as f64;
    for (frame, value) in drive.iter_mut().enumerate() {
        let bleached = (residual * frame as f64 / last).exp();
        *value = (1. + scale * (*value - lowest)) * bleached - 1. + noise * normal(rng);
    }
    (drive, scale)
}

/// A first-order low-pass filter in place, settled at the first value.
fn low_pass(values: &mut [f64], seconds: f64, fps: f64) {
    let keep = (-1. / (fps * seconds)).exp();
    let mut state = values[0];
    for value in values {
        state = keep * state + (1. - keep) * *value;
        *value = state;
    }
}

fn normal(rng: &mut impl Rng) -> f64 {
    StandardNormal.sample(rng)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stream::{Purpose, stream};

    #[test]
    fn the_kernel_rises_and_decays() {
        let mut step = [vec![0.; 10], vec![1.; 60], vec![0.; 60]].concat();
        low_pass(&mut step, RISE_S, 3.);
        low_pass(&mut step, DECAY_S, 3.);
        assert_eq!(step[9], 0.);
        assert!(step[10] < 0.2 && step[69] > 0.99 && step[129] < 0.01);
        assert!(step[10..70].is_sorted() && step[71..].iter().rev().is_sorted());
    }

    #[test]
    fn without_noise_the_trace_is_the_filtered_mix() {
        let config = SimulationConfig { noise: 0., bleaching: 0., ..SimulationConfig::default() };
        let neuron =
            Neuron { name: None, loadings: [2., 0., 0., -1., 0., 0.], private: 0., amplitude: 0.5 };
        let latents: Vec<f64> = (0..100 * N_LATENTS).map(|k| (k as f64 * 0.1).sin()).collect();
        let mut expected: Vec<_> =
            latents.chunks_exact(N_LATENTS).map(|z| 2. * z[0] - z[3]).collect();
        low_pass(&mut expected, RISE_S, 3.);
        low_pass(&mut expected, DECAY_S, 3.);
        let lowest = expected.iter().copied().fold(f64::INFINITY, f64::min);
        let highest = expected.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let mut rng = stream(1, 0, Purpose::Imaging);
        let (trace, scale) = image(&neuron, &latents, 3., &config, &mut rng);
        assert!((scale - 0.5 / (highest - lowest)).abs() < 1e-12);
        for (found, expected) in trace.iter().zip(expected) {
            assert!((found - scale * (expected - lowest)).abs() < 1e-12);
        }
    }

    #[test]
    fn bleaching_tilts_the_fluorescence() {
        let config = SimulationConfig { noise: 0., bleaching: 0.5, ..SimulationConfig::default() };
        let neuron = Neuron { name: None, loadings: [0.; N_LATENTS], private: 0., amplitude: 1. };
        let latents = vec![0.; 50 * N_LATENTS];
        let (trace, _) = image(&neuron, &latents, 3., &config, &mut stream(1, 0, Purpose::Imaging));
        assert_eq!(trace[0], 0.);
        assert!(trace.is_sorted() || trace.iter().rev().is_sorted());
        assert!(trace[49].abs() > 0.01);
    }
}
