//! The folder of one study: `study.toml` with the effective configuration, and one file per result,
//! written atomically as soon as it is earned.

use crate::error::GridError;
use crate::files::{
    read_if_there, remove_folder_if_there, remove_if_there, write_apart, write_atomically,
};
use crate::manifest::{remove_listed, remove_manifest};
use crate::{sha256, stored};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::path::{Path, PathBuf};

/// The effective configuration.
const STUDY: &str = "study.toml";
/// The folder of the results.
const FITS: &str = "fits";
/// The folder of the checkpoints.
pub(crate) const CHECKPOINTS: &str = "checkpoints";
const SHARDS: &str = "shards";

/// Where what shards say stands in a study's folder.
pub fn shards_folder(root: &Path) -> PathBuf {
    root.join(SHARDS)
}

/// The folder of one study.
#[derive(Debug, Clone)]
pub struct Folder<'a> {
    root: &'a Path,
    study: String,
}

impl<'a> Folder<'a> {
    /// Of the study with this `study.toml`; nothing is read or written yet.
    pub fn new(root: &'a Path, study_toml: &str) -> Self {
        Self { root, study: sha256(study_toml.as_bytes()) }
    }

    /// Makes the folder with this `study.toml`, or checks that it is this study's. What is in it is
    /// about to change, so that its manifest goes.
    ///
    /// # Errors
    /// [`GridError::OtherStudy`], [`GridError::Io`].
    pub fn open(root: &'a Path, study_toml: &str) -> Result<Self, GridError> {
        let folder = Self::peek(root, study_toml)?;
        remove_manifest(root)?;
        if !root.join(STUDY).exists() {
            // Shards may begin at the same moment.
            write_apart(&root.join(STUDY), study_toml.as_bytes())?;
        }
        Ok(folder)
    }

    /// Checks that a folder is this study's, or is not there yet; changes nothing.
    ///
    /// # Errors
    /// [`GridError::OtherStudy`], [`GridError::Io`].
    pub fn peek(root: &'a Path, study_toml: &str) -> Result<Self, GridError> {
        let path = root.join(STUDY);
        match read_if_there(&path)? {
            Some(found) if found != study_toml.as_bytes() => Err(GridError::OtherStudy { path }),
            _ => Ok(Self::new(root, study_toml)),
        }
    }

    /// SHA-256 of its `study.toml`.
    pub fn study(&self) -> &str {
        &self.study
    }

    /// A path in it.
    pub fn path(&self, within: &str) -> PathBuf {
        self.root.join(within)
    }

    /// `fits/<key>.json`, as it stands in the manifest.
    pub fn result_name(key: &str) -> String {
        format!("{FITS}/{key}.json")
    }

    /// A result that an earlier run has saved under this key. One that is damaged, of another key or
    /// of another study is no result: `warn` hears of it, and it will be made anew.
    ///
    /// # Errors
    /// [`GridError::Io`] when the system refuses.
    pub fn load<T: DeserializeOwned>(
        &self,
        key: &str,
        warn: &dyn Fn(String),
    ) -> Result<Option<T>, GridError> {
        let path = self.root.join(Self::result_name(key));
        let Some(bytes) = read_if_there(&path)? else { return Ok(None) };
        match stored::from_bytes(&bytes, &self.study, key) {
            Ok(result) => Ok(Some(result)),
            Err(reason) => {
                let path = path.display();
                let is = "found a result that cannot be used";
                warn(format!("{path}: {is} ({reason}); it is made anew"));
                Ok(None)
            }
        }
    }

    /// Saves a result.
    ///
    /// # Errors
    /// [`GridError::Gone`] when the folder is no longer there, [`GridError::Io`] when the system
    /// refuses.
    pub fn save(&self, key: &str, result: &impl Serialize) -> Result<(), GridError> {
        self.write(&Self::result_name(key), stored::to_text(&self.study, key, result).as_bytes())
    }

    /// Writes a file of the study, in a folder of at most one level within it.
    ///
    /// # Errors
    /// As [`Folder::save`].
    pub fn write(&self, within: &str, bytes: &[u8]) -> Result<(), GridError> {
        // Not made anew: what was earned before would be missing in it.
        let study = self.root.join(STUDY);
        if !study.try_exists().map_err(GridError::io(&study, "look for the file"))? {
            return Err(GridError::Gone { path: self.root.to_owned() });
        }
        write_atomically(&self.root.join(within), bytes)
    }
}

/// Removes what a study has written into a folder: everything that its manifest lists, results,
/// checkpoints and what shards say, and last `study.toml`, by which the folder is known for a study's.
/// Of a folder without one, and of files of others, nothing is removed.
///
/// # Errors
/// [`GridError::Io`], and [`GridError::NotAManifest`] for a manifest that cannot be read.
pub fn remove_study(root: &Path) -> Result<(), GridError> {
    let study = root.join(STUDY);
    if read_if_there(&study)?.is_none() {
        return Ok(());
    }
    remove_listed(root)?;
    for within in [Path::new(FITS), Path::new(CHECKPOINTS)] {
        remove_folder_if_there(&root.join(within))?;
    }
    remove_folder_if_there(&shards_folder(root))?;
    remove_if_there(&study)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::finish;
    use std::fs;

    #[test]
    fn a_result_that_cannot_be_used_is_told_by_name_and_missing() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::open(dir.path(), "name = \"a\"").unwrap();
        folder.save("x-1", &7).unwrap();
        folder.save("x-2", &8).unwrap();
        assert_eq!(folder.load::<u8>("x-1", &|_| panic!()).unwrap(), Some(7));
        assert_eq!(folder.load::<u8>("x-3", &|_| panic!()).unwrap(), None);
        fs::copy(dir.path().join("fits/x-1.json"), dir.path().join("fits/x-2.json")).unwrap();
        let said = std::cell::RefCell::new(String::new());
        let warn = |text: String| said.replace(text).truncate(0);
        assert_eq!(folder.load::<u8>("x-2", &warn).unwrap(), None);
        let said = said.into_inner();
        assert!(said.contains("x-2.json") && said.contains("x-1"), "{said}");
    }

    #[test]
    fn a_folder_that_went_away_is_not_made_anew() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("study");
        let folder = Folder::open(&root, "name = \"a\"").unwrap();
        fs::remove_dir_all(&root).unwrap();
        assert!(matches!(folder.save("x", &7), Err(GridError::Gone { .. })));
        assert!(!root.exists());
    }

    #[test]
    fn a_study_is_removed_and_files_of_others_stay() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        fs::write(root.join("notes.txt"), "mine").unwrap();
        fs::create_dir(root.join("fits")).unwrap();
        fs::write(root.join("fits/mine.json"), "mine").unwrap();
        remove_study(root).unwrap();
        assert!(root.join("fits/mine.json").exists(), "no study has been here");
        let folder = Folder::open(root, "name = \"a\"").unwrap();
        folder.save("x", &7).unwrap();
        finish(root, &[], &[("report.html".to_owned(), b"page".to_vec())]).unwrap();
        remove_study(root).unwrap();
        assert!(root.join("notes.txt").exists());
        for gone in ["study.toml", "fits/x.json", "report.html", "manifest.json"] {
            assert!(!root.join(gone).exists(), "{gone}");
        }
    }

    #[test]
    fn a_folder_of_another_study_is_refused_and_left_as_it_is() {
        let dir = tempfile::tempdir().unwrap();
        Folder::open(dir.path(), "name = \"a\"").unwrap();
        let error = Folder::open(dir.path(), "name = \"b\"").unwrap_err();
        assert!(matches!(error, GridError::OtherStudy { .. }));
        assert_eq!(fs::read_to_string(dir.path().join(STUDY)).unwrap(), "name = \"a\"");
    }
}
