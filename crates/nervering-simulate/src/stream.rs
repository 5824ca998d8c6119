//! Random streams: one per (seed, animal, purpose), so that adding animals or changing the noise
//! leaves everything else as it was.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// What a stream is for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Purpose {
    /// Rate and tendencies of the animal, states and dwell times.
    Behavior,
    /// Fluctuations of the latent trajectory.
    Latent,
    /// Names, order and loadings of the neurons.
    Neurons,
    /// Fluctuations of single neurons, imaging noise, bleaching.
    Imaging,
}

/// The generator of one animal for one purpose.
pub(crate) fn stream(seed: u64, animal: usize, purpose: Purpose) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(animal as u64 * 4 + purpose as u64);
    rng
}
