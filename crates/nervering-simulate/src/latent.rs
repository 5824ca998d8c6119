//! The shared latent loop: where the command state drives the trajectory that all neurons mix.
//!
//! Each state has a target that moves with the progress through the bout (Kato et al. 2015:
//! phase along a loop of motor commands). The trajectory relaxes towards it, with an amplitude
//! that differs from bout to bout and fluctuations of its own. All animals share the loop.

use crate::commands::Bout;
use nervering_recording::State;
use rand::Rng;
use rand_distr::{Distribution, StandardNormal};
use std::f64::consts::PI;

/// Dimensions of the latent trajectory: reversal, late reversal, reversal onset, forward, ventral
/// turn, dorsal turn.
pub const N_LATENTS: usize = 6;

/// Seconds in which the trajectory relaxes towards its target.
const RELAXATION: f64 = 0.7;
/// Standard deviation of the amplitude of bouts.
const BOUT_JITTER: f64 = 0.15;
/// Standard deviation and correlation time in seconds of the fluctuations.
const FLUCTUATION: (f64, f64) = (0.06, 5.);

/// The target at a phase in (0, 1) of a bout.
fn target(state: State, phase: f64) -> [f64; N_LATENTS] {
    use State::*;
    let left = 1. - phase;
    let hump = (PI * phase).sin();
    match state {
        Forward => [0., 0., 0.10, 0.85, 0., 0.],
        Slowing => [0., 0., 0.02, 1., 0., 0.],
        // A reversal of the second kind breaks into forward movement; the first is announced.
        Reverse1 => [phase, 0.4 * phase, 0.7 + 0.2 * phase, 0.2 * left, 0., 0.],
        Reverse2 => [phase, 0.3 * phase, 0.8 * phase, 0.6 * left, 0., 0.],
        SustainedReverse | Reverse => {
            [1. - 0.2 * phase, 0.3 + 0.7 * (2. * phase).min(1.), 1. - 0.1 * phase, 0., 0., 0.]
        }
        VentralTurn => [0.7 * left, 0.9 * left, 0.9 * left, 0.25 * phase, hump, 0.],
        DorsalTurn => [0.7 * left, 0.8 * left, 0.7 * left, 0.35 * phase, 0., hump],
        // Never commanded, since the direction is always known here.
        Turn => [0.7 * left, 0.85 * left, 0.8 * left, 0.3 * phase, 0.5 * hump, 0.5 * hump],
        Quiescence | Own(_) | Unknown => [0.; N_LATENTS],
    }
}

/// The trajectory `[frame, latent]`, row-major, dimensionless with a range of about 1.
pub(crate) fn simulate_latents(bouts: &[Bout], fps: f64, rng: &mut impl Rng) -> Vec<f64> {
    let keep = (-1. / (fps * RELAXATION)).exp();
    let mut fluctuations = [(); N_LATENTS].map(|()| Fluctuation::start(FLUCTUATION.1, fps, rng));
    let mut position = target(bouts[0].state, 0.5);
    let mut trajectory = Vec::new();
    for bout in bouts {
        let jitter: f64 = StandardNormal.sample(rng);
        let amplitude = (1. + BOUT_JITTER * jitter).max(0.);
        for k in 0..bout.n_frames {
            let target = target(bout.state, bout.phase(k));
            for ((position, target), fluctuation) in
                position.iter_mut().zip(target).zip(&mut fluctuations)
            {
                *position = keep * *position + (1. - keep) * amplitude * target;
                trajectory.push(*position + FLUCTUATION.0 * fluctuation.next(rng));
            }
        }
    }
    trajectory
}

/// An Ornstein–Uhlenbeck process of standard deviation 1, sampled once per frame.
pub(crate) struct Fluctuation {
    keep: f64,
    value: f64,
}

impl Fluctuation {
    /// In equilibrium, with a correlation time in seconds.
    pub(crate) fn start(correlation_s: f64, fps: f64, rng: &mut impl Rng) -> Self {
        Self { keep: (-1. / (fps * correlation_s)).exp(), value: StandardNormal.sample(rng) }
    }

    pub(crate) fn next(&mut self, rng: &mut impl Rng) -> f64 {
        let kick: f64 = StandardNormal.sample(rng);
        self.value = self.keep * self.value + (1. - self.keep * self.keep).sqrt() * kick;
        self.value
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stream::{Purpose, stream};

    #[test]
    fn the_trajectory_follows_the_commands() {
        let bout = |state| Bout { state, n_frames: 60 };
        let bouts = [State::Slowing, State::Reverse1, State::SustainedReverse, State::VentralTurn];
        let mut rng = stream(1, 0, Purpose::Latent);
        let latents = simulate_latents(&bouts.map(bout), 3., &mut rng);
        assert_eq!(latents.len(), 240 * N_LATENTS);
        let mean = |frames: std::ops::Range<usize>, latent: usize| {
            let n = frames.len() as f64;
            frames.map(|t| latents[t * N_LATENTS + latent]).sum::<f64>() / n
        };
        let [reversal, late, forward, ventral] = [0, 1, 3, 4];
        assert!(mean(30..60, forward) > 0.5 && mean(30..60, reversal) < 0.2);
        assert!(mean(60..90, reversal) < mean(90..120, reversal), "a reversal ramps up");
        assert!(mean(60..120, late) < mean(60..120, reversal), "and the late latent follows");
        assert!(mean(150..180, late) > 0.5 && mean(150..180, ventral) < 0.2);
        assert!(mean(195..225, ventral) > 0.5);
    }

    #[test]
    fn fluctuations_have_the_stated_deviation_and_memory() {
        let mut rng = stream(2, 0, Purpose::Latent);
        let mut process = Fluctuation::start(5., 3., &mut rng);
        let values: Vec<_> = (0..60_000).map(|_| process.next(&mut rng)).collect();
        let product = |lag: usize| {
            let pairs = values.iter().zip(&values[lag..]);
            pairs.map(|(a, b)| a * b).sum::<f64>() / (values.len() - lag) as f64
        };
        assert!((product(0) - 1.).abs() < 0.1, "{}", product(0));
        assert!((product(15) - (-1f64).exp()).abs() < 0.1, "{}", product(15));
    }
}
