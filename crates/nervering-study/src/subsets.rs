//! Subsets of animals, counted before they are listed.

use crate::error::StudyError;
use crate::file::AnimalEntry;
use nervering_prepare::subsets_of_size;

/// Subsets of one size of the animals to train on.
pub(crate) struct Subsets {
    /// Those trained on, in lexicographic order.
    pub(crate) used: Vec<Vec<usize>>,
    /// How many more there are.
    pub(crate) n_cut: usize,
}

impl Subsets {
    pub(crate) fn new(n_animals: usize, size: usize, most: Option<usize>) -> Self {
        let most = most.unwrap_or(usize::MAX);
        let used: Vec<_> = subsets_of_size(n_animals, size).take(most).collect();
        Self { n_cut: n_subsets_of_size(n_animals, size) - used.len(), used }
    }
}

/// How many subsets of a size there are, counted without listing them.
pub(crate) fn n_subsets_of_size(n_animals: usize, size: usize) -> usize {
    if size > n_animals {
        return 0;
    }
    // Every product of so many factors is divisible by that many.
    let next = |n: u128, k: usize| n.saturating_mul((n_animals - k) as u128) / (k as u128 + 1);
    let n = (0..size.min(n_animals - size)).fold(1u128, next);
    usize::try_from(n).unwrap_or(usize::MAX)
}

/// Fits that a study may have at most: more could be neither kept in memory nor waited for.
const MOST_FITS: usize = 1_000_000;

/// Refuses a grid that is too large before it is listed. `per_subset` are the fits of one subset of
/// animals.
pub(crate) fn check_counts(
    n_animals: usize,
    training_sizes: &[usize],
    max_subsets: Option<usize>,
    per_subset: usize,
) -> Result<(), StudyError> {
    let used =
        |&size: &usize| n_subsets_of_size(n_animals, size).min(max_subsets.unwrap_or(usize::MAX));
    let n_subsets = training_sizes.iter().map(used).fold(0, usize::saturating_add);
    let n_fits = n_subsets.saturating_mul(per_subset);
    if n_fits <= MOST_FITS {
        return Ok(());
    }
    let sizes: Vec<String> = training_sizes.iter().map(usize::to_string).collect();
    let sizes = sizes.join(", ");
    let found = format!("{n_fits}, of {n_subsets} subsets of {sizes} of {n_animals} animals");
    let expected = format!("at most {MOST_FITS}; say how many subsets to take with max-subsets");
    Err(StudyError::Config { what: "fits", found, expected })
}

/// Refuses more subsets of so many animals, or of more of them, than fits that a study may have.
///
/// # Errors
/// [`StudyError::Config`] with their number.
pub fn check_subsets(n_animals: usize, training_sizes: &[usize]) -> Result<(), StudyError> {
    check_counts(n_animals, training_sizes, None, 1)
}

/// Subsets of the animals trained on.
pub(crate) fn n_subsets(
    animals: &[AnimalEntry],
    training_sizes: &[usize],
    most: Option<usize>,
) -> usize {
    let n_animals = animals.iter().filter(|animal| animal.r#use == "train").count();
    let of_size =
        |&size: &usize| n_subsets_of_size(n_animals, size).min(most.unwrap_or(usize::MAX));
    training_sizes.iter().map(of_size).fold(0, usize::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subsets_are_counted_without_listing_them() {
        for n in 0..12 {
            for size in 0..=n + 1 {
                assert_eq!(n_subsets_of_size(n, size), subsets_of_size(n, size).count());
            }
        }
        assert_eq!(n_subsets_of_size(30, 15), 155_117_520);
        assert_eq!(n_subsets_of_size(10_000, 5_000), usize::MAX);
    }

    #[test]
    fn a_grid_that_is_too_large_is_refused_with_its_number() {
        let said = check_counts(30, &[15], None, 1).unwrap_err().to_string();
        assert!(said.contains("155117520") && said.contains("max-subsets"), "{said}");
        assert!(check_subsets(30, &[15]).is_err());
        check_counts(30, &[15], Some(100), 1).unwrap();
        assert!(check_counts(5, &[1], None, usize::MAX).is_err());
    }
}
