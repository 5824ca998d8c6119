//! Subsets of animals to train on: all of one size, or all of every size.
//!
//! Both are iterators, because the number of subsets doubles with each animal.

/// All ways to choose `k` of the animals `0..n`, each ascending, in lexicographic order. For
/// k = 0 that is the empty subset alone, for k > n nothing.
pub fn subsets_of_size(n: usize, k: usize) -> impl Iterator<Item = Vec<usize>> {
    let first = (k <= n).then(|| (0..k).collect::<Vec<_>>());
    std::iter::successors(first, move |subset| {
        // The last place that can still move right; what follows it moves up behind it.
        let place = (0..k).rev().find(|&place| subset[place] < n - k + place)?;
        let mut next = subset.clone();
        for (step, animal) in next[place..].iter_mut().enumerate() {
            *animal = subset[place] + 1 + step;
        }
        Some(next)
    })
}

/// All subsets of the animals `0..n` but the empty one: by size, then lexicographic; 31 for the
/// paper's five worms.
pub fn non_empty_subsets(n: usize) -> impl Iterator<Item = Vec<usize>> {
    (1..=n).flat_map(move |k| subsets_of_size(n, k))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_of_four_are_lexicographic() {
        let pairs: Vec<_> = subsets_of_size(4, 2).collect();
        assert_eq!(pairs, [[0, 1], [0, 2], [0, 3], [1, 2], [1, 3], [2, 3]]);
    }

    #[test]
    fn subsets_agree_with_the_binary_numbers() {
        for n in 0..8 {
            let mut expected: Vec<Vec<usize>> = (1..1 << n)
                .map(|bits| (0..n).filter(|&animal| bits >> animal & 1 == 1).collect())
                .collect();
            expected.sort_by_key(|subset| (subset.len(), subset.clone()));
            assert_eq!(non_empty_subsets(n).collect::<Vec<_>>(), expected);
        }
        assert_eq!(non_empty_subsets(5).count(), 31);
    }

    #[test]
    fn the_edges_are_the_empty_subset_and_none() {
        assert_eq!(subsets_of_size(3, 0).collect::<Vec<_>>(), [Vec::<usize>::new()]);
        assert_eq!(subsets_of_size(2, 3).count(), 0);
        assert_eq!(non_empty_subsets(usize::MAX).next(), Some(vec![0]));
    }
}
