//! Where every generator of a study comes from: (seed, purpose, animals by name, fold). No two purposes
//! share a stream, and no result depends on the order in which fits are run or files are given, or on
//! what else is in the study.

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

/// Some animals as one part of a purpose: their names, whatever the order in which they are given and
/// whichever other animals there are.
pub fn of_animals<N: AsRef<str>>(names: &[N]) -> String {
    let mut names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
    names.sort_unstable();
    // With their lengths, so that no two lists of names read the same.
    names.iter().map(|name| format!("{}:{name}", name.len())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::RngExt;

    #[test]
    fn animals_are_told_apart_by_their_names_alone() {
        assert_eq!(of_animals(&["b", "a"]), of_animals(&["a", "b"]));
        let lists: [&[&str]; 5] = [&["ab"], &["a", "b"], &["a"], &["a", "1:b"], &["a", "b", "b"]];
        let parts: std::collections::BTreeSet<String> =
            lists.iter().map(|names| of_animals(names)).collect();
        assert_eq!(parts.len(), lists.len());
    }

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
