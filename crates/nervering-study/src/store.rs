//! The names of what a study keeps in its folder, and how far a folder has come. The folder itself is
//! [`nervering_grid`]'s.

use crate::error::StudyError;
use crate::file::StudyFile;
use crate::forecast::ForecastFile;
use crate::toml_file::TaskName;
use nervering_grid::{Folder, GridError, ShardState, is_finished, shard_states};
use std::fs;
use std::path::Path;

const STUDY: &str = "study.toml";
/// The folder of the fits.
const FITS: &str = "fits";

fn io(path: &Path, action: &'static str) -> impl FnOnce(std::io::Error) -> StudyError {
    let path = path.to_owned();
    move |source| GridError::Io { path, action, source }.into()
}

/// What stands in the folder of a study that has run, by path within it, before its tables: its
/// `study.toml` and its results.
pub(crate) fn stored(keys: impl Iterator<Item = String>) -> Vec<String> {
    let results = keys.map(|key| Folder::result_name(&key));
    std::iter::once(STUDY.to_owned()).chain(results).collect()
}

/// How far the study in a folder has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Short name of the study.
    pub name: String,
    /// Its title.
    pub title: String,
    /// Fits that it asks for.
    pub n_fits: usize,
    /// Fits that are saved.
    pub n_done: usize,
    /// Whether its manifest is written, and no fit missing since.
    pub finished: bool,
    /// Its shards, where it is run in some, each with whether somebody runs it now.
    pub shards: Vec<(ShardState, bool)>,
}

/// Looks into a study's folder.
///
/// # Errors
/// [`StudyError`] when it holds no study, or one that cannot be read.
pub fn status(folder: &Path) -> Result<Status, StudyError> {
    let path = folder.join(STUDY);
    let text = fs::read_to_string(&path).map_err(io(&path, "read the file"))?;
    let (name, title, n_fits) = match TaskName::of_file(&text, &path)? {
        TaskName::Decode => {
            let file = StudyFile::parse(&text, &path)?;
            let n_fits = file.n_fits();
            (file.name, file.title, n_fits)
        }
        TaskName::Forecast => {
            let file = ForecastFile::parse(&text, &path)?;
            let n_fits = file.n_fits();
            (file.name, file.title, n_fits)
        }
    };
    let fits = folder.join(FITS);
    let entries = match fs::read_dir(&fits) {
        Ok(entries) => {
            entries.collect::<Result<Vec<_>, _>>().map_err(io(&fits, "list the folder"))?
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(io(&fits, "list the folder")(error)),
    };
    let is_fit = |entry: &&fs::DirEntry| entry.path().extension().is_some_and(|e| e == "json");
    let n_done = entries.iter().filter(is_fit).count();
    Ok(Status {
        title: title.unwrap_or_else(|| name.clone()),
        name,
        n_fits,
        n_done: n_done.min(n_fits),
        finished: is_finished(folder) && n_done >= n_fits,
        shards: shard_states(folder)?,
    })
}
