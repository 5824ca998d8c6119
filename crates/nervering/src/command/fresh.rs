//! A folder that holds something already, before a study begins in it: [`begin`] refuses one of another
//! study and names the keys that differ, and `--fresh` removes what a study has written there.

use super::lock::lock;
use crate::failure::Failure;
use nervering::grid::{Folder, GridError, remove_study};
use std::collections::BTreeMap;
use std::path::Path;

/// Keys that are named, at most.
const MOST_KEYS: usize = 6;
/// Characters of a value that are shown, at most.
const MOST_SHOWN: usize = 40;

/// What is done about what a folder holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// It is gone on from, where it is of this study.
    GoneOnFrom,
    /// It is removed.
    Removed,
}

/// Checks that a study can begin in a folder, or makes it so.
///
/// # Errors
/// [`Failure::OtherStudy`] for a folder of another one, unless what it holds is to be removed, and
/// [`Failure::Grid`] for one that cannot be read or changed.
pub fn begin(out: &Path, study_toml: &str, held: Held) -> Result<(), Failure> {
    if held == Held::Removed {
        let _lock = lock(out)?;
        return Ok(remove_study(out)?);
    }
    match Folder::peek(out, study_toml) {
        Ok(_) => Ok(()),
        Err(GridError::OtherStudy { path }) => {
            let found = std::fs::read_to_string(&path).unwrap_or_default();
            Err(Failure::OtherStudy { differ: differing(&found, study_toml), path })
        }
        Err(error) => Err(error.into()),
    }
}

/// `seed (1 there, 0 now), epochs (…)`.
fn differing(there: &str, now: &str) -> String {
    let (there, now) = (keys(there), keys(now));
    let mut names: Vec<&String> = there.keys().chain(now.keys()).collect();
    names.sort();
    names.dedup();
    let differs = |name: &&&String| there.get(**name) != now.get(**name);
    let value = |of: &BTreeMap<String, String>, name: &String| match of.get(name) {
        Some(value) if value.chars().count() > MOST_SHOWN => {
            value.chars().take(MOST_SHOWN - 1).chain(['…']).collect()
        }
        Some(value) => value.clone(),
        None => "nothing".to_owned(),
    };
    let told: Vec<String> = names
        .iter()
        .filter(differs)
        .map(|name| format!("{name} ({} there, {} now)", value(&there, name), value(&now, name)))
        .collect();
    let more = match told.len().saturating_sub(MOST_KEYS) {
        0 => String::new(),
        n => format!(" and {n} more"),
    };
    match told.is_empty() {
        // Not TOML, or the same but for its spelling.
        true => "its study.toml".to_owned(),
        false => told[..told.len().min(MOST_KEYS)].join(", ") + &more,
    }
}

/// Every value of a TOML text by its path.
fn keys(text: &str) -> BTreeMap<String, String> {
    fn add(into: &mut BTreeMap<String, String>, path: String, value: &toml::Value) {
        let inner =
            |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        match value {
            toml::Value::Table(table) => {
                table.iter().for_each(|(name, value)| add(into, inner(name), value));
            }
            toml::Value::Array(values) if values.iter().any(toml::Value::is_table) => {
                for (k, value) in values.iter().enumerate() {
                    let name = value.get("name").and_then(toml::Value::as_str);
                    let name = name.map_or_else(|| (k + 1).to_string(), str::to_owned);
                    add(into, inner(&name), value);
                }
            }
            value => _ = into.insert(path, value.to_string()),
        }
    }
    let mut keys = BTreeMap::new();
    if let Ok(table) = toml::from_str::<toml::Table>(text) {
        add(&mut keys, String::new(), &toml::Value::Table(table));
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_differ_are_named_with_both_values() {
        let there = "seed = 0\n[[variant]]\nname = \"strict\"\nmodels = [\"gnn\"]\n";
        let now =
            "seed = 3\n[[variant]]\nname = \"strict\"\nmodels = [\"gnn\", \"lstm\"]\nfolds = 2\n";
        assert_eq!(
            differing(there, now),
            "seed (0 there, 3 now), variant.strict.folds (nothing there, 2 now), \
             variant.strict.models ([\"gnn\"] there, [\"gnn\", \"lstm\"] now)"
        );
        assert_eq!(differing("no TOML", "neither"), "its study.toml");
        let many: String = (0..9).map(|k| format!("k{k} = {k}\n")).collect();
        assert!(differing(&many, "").ends_with("and 3 more"));
    }
}
