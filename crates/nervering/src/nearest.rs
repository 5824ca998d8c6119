//! What may have been meant by a name that stands for nothing: the known names nearest to it, and of a path
//! the names beside it.

use nervering::recording::edit_distance;
use std::path::{Path, PathBuf};

/// Names that are told at most.
const MOST: usize = 3;
/// Names of a folder that are looked at, at most.
const MOST_ENTRIES: usize = 10_000;

/// The known names nearest to a text, the nearest first: those a third of it or less away, or that it
/// begins.
pub fn nearest<'a>(text: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let folded = text.to_lowercase();
    let within = (folded.chars().count() / 3).max(1);
    let distance = |name: &str| {
        let name = name.to_lowercase();
        match folded.len() > 1 && name.starts_with(&folded) {
            true => 1,
            false => edit_distance(&folded, &name),
        }
    };
    let known = known.into_iter().map(|name| (distance(name), name));
    let mut near: Vec<(usize, &str)> = known.filter(|&(away, _)| away <= within).collect();
    near.sort_unstable();
    near.dedup();
    near.into_iter().take(MOST).map(|(_, name)| name).collect()
}

/// `; did you mean gnn or gnn-static?`, or nothing.
pub fn meant<'a>(text: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    match nearest(text, known).as_slice() {
        [] => String::new(),
        names => format!("; did you mean {}?", names.join(" or ")),
    }
}

/// What stands beside a path where nothing is: the names nearest to it in its folder, or the first folder
/// of the path that is missing. Nothing where all of it is there.
pub fn beside(path: &Path) -> Option<String> {
    if path.symlink_metadata().is_ok() {
        return None;
    }
    let folder = match path.parent() {
        Some(folder) if folder.as_os_str().is_empty() => PathBuf::from("."),
        Some(folder) => folder.to_owned(),
        None => return None,
    };
    let Ok(entries) = std::fs::read_dir(&folder) else {
        let is_missing = |folder: &&Path| folder.symlink_metadata().is_err();
        let named = folder.ancestors().filter(|folder| !folder.as_os_str().is_empty());
        let first = named.take_while(is_missing).last()?;
        return Some(format!("there is no folder {}", first.display()));
    };
    let entries =
        entries.take(MOST_ENTRIES).filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let names: Vec<String> = entries.filter(|name| !name.starts_with('.')).collect();
    let wanted = path.file_name()?.to_str()?;
    match nearest(wanted, names.iter().map(String::as_str)).as_slice() {
        [] => None,
        near => Some(format!("in that folder is {}", near.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_near_is_told_nearest_first() {
        let known = ["gnn", "gnn-static", "lstm", "majority", "logistic"];
        assert_eq!(nearest("gnm", known), ["gnn"]);
        assert_eq!(nearest("logistc", known), ["logistic"]);
        assert_eq!(nearest("log", known), ["logistic"]);
        assert_eq!(nearest("svm", known), [""; 0]);
        assert_eq!(meant("lstn", known), "; did you mean lstm?");
    }

    #[test]
    fn of_a_path_that_is_not_there_the_names_beside_it_are_told() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("worm-1.csv"), "").unwrap();
        let told = beside(&folder.path().join("worm1.csv")).unwrap();
        assert!(told.contains("worm-1.csv"), "{told}");
        assert_eq!(beside(&folder.path().join("worm-1.csv")), None);
        assert_eq!(beside(&folder.path().join("quite-different.mat")), None);
        let told = beside(&folder.path().join("a/b.csv")).unwrap();
        assert!(told.contains("no folder") && told.ends_with("/a"), "{told}");
    }
}
