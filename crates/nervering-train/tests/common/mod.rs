//! All networks, and a generator for each replica.

use nervering_models::{DecoderModel, ModelName, NetworkConfig};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// Every network that has a name.
pub fn networks() -> impl Iterator<Item = (ModelName, NetworkConfig)> {
    ModelName::ALL.iter().filter_map(|&name| match name.model() {
        DecoderModel::Network(config) => Some((name, config)),
        DecoderModel::Direct(_) => None,
    })
}

/// One per replica, the same whatever the cohort.
pub fn rngs(replicas: &[usize]) -> Vec<ChaCha8Rng> {
    replicas.iter().map(|&r| ChaCha8Rng::seed_from_u64(r as u64)).collect()
}
