//! Where every generator of a study comes from: (seed, purpose, subset, fold). No two purposes
//! share a stream, and no result depends on the order in which fits are run.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use sha2::{Digest, Sha256};

/// A generator for one purpose, for example `("folds", "worm3")`; the parts are hashed with their
/// lengths, so that no two lists of parts collide.
pub fn generator(seed: u64, parts: &[&str]) -> ChaCha8Rng {
    let mut hash = Sha256::new();
    hash.update(seed.to_le_bytes());
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    ChaCha8Rng::from_seed(hash.finalize().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::RngExt;

    #[test]
    fn streams_differ_by_seed_and_by_every_part() {
        let draw = |seed, parts: &[&str]| generator(seed, parts).random::<u64>();
        let first = draw(1, &["weights", "gnn", "ab"]);
        assert_eq!(first, draw(1, &["weights", "gnn", "ab"]));
        for other in [draw(2, &["weights", "gnn", "ab"]), draw(1, &["weights", "gnna", "b"])] {
            assert_ne!(first, other);
        }
    }
}
