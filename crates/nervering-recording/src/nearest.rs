//! How far two texts are apart, for errors and warnings that say what may have been meant.

/// Insertions, deletions and replacements between two texts (Levenshtein).
pub fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, &to) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(from != to);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_counted() {
        for (a, b, n) in [("", "", 0), ("", "FWD", 3), ("FWDD", "FWD", 1), ("kitten", "sitting", 3)]
        {
            assert_eq!(edit_distance(a, b), n);
            assert_eq!(edit_distance(b, a), n);
        }
    }
}
