//! The study folder: `study.toml` with the effective configuration, one file per fit in `fits/`,
//! written atomically as soon as it is earned, and last `manifest.json` with the SHA-256 of
//! everything. A folder without a manifest is unfinished; running the study again finishes it.

use crate::error::StudyError;
use crate::file::{AnimalEntry, StudyFile, VariantEntry};
use crate::forecast::ForecastFile;
use crate::plan::{Group, Plan, hex};
use crate::result::FitResult;
use crate::toml_file::{FORMAT, Task};
use nervering_prepare::subsets_of_size;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

const STUDY: &str = "study.toml";
const MANIFEST: &str = "manifest.json";
/// The folder of the fits.
pub(crate) const FITS: &str = "fits";

/// `manifest.json`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    format: u32,
    nervering: String,
    /// SHA-256 by path within the folder, `/` between its parts.
    sha256: BTreeMap<String, String>,
}

fn io(path: &Path, action: &'static str) -> impl FnOnce(std::io::Error) -> StudyError {
    let path = path.to_owned();
    move |source| StudyError::Io { path, action, source }
}

/// Writes beside the target and renames, so that a file is whole or absent. Folders above it are
/// made.
///
/// # Errors
/// [`StudyError::Io`] when the path names no file or the system refuses.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), StudyError> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        let none = std::io::Error::other("the path names no file");
        return Err(io(path, "write the file")(none));
    };
    fs::create_dir_all(folder).map_err(io(folder, "create the folder"))?;
    let mut name = name.to_owned();
    name.push(".part");
    let part = folder.join(name);
    let write = || {
        let mut file = fs::File::create(&part)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&part, path)
    };
    write().map_err(io(path, "write the file"))
}

/// Creates the folder of a study with this `study.toml`, or checks that it is this study's.
pub(crate) fn open(out: &Path, text: &str) -> Result<(), StudyError> {
    let path = out.join(STUDY);
    match fs::read_to_string(&path) {
        Ok(found) if found == text => Ok(()),
        Ok(_) => Err(StudyError::OtherStudy { path }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            write_atomically(&path, text.as_bytes())
        }
        Err(error) => Err(io(&path, "read the file")(error)),
    }
}

/// Checks that a folder is this study's, or is not there yet; creates nothing.
pub(crate) fn peek(out: &Path, text: &str) -> Result<(), StudyError> {
    if out.join(STUDY).exists() { open(out, text) } else { Ok(()) }
}

/// The text of `study.toml`: everything that decides the results.
pub fn study_toml(plan: &Plan) -> String {
    let animals = animal_entries(plan.animals(), plan.fingerprints(), plan.n_trainable());
    StudyFile::of(plan.config(), animals).text()
}

/// The animals of a run, those to train on first.
pub(crate) fn animal_entries(
    names: &[String],
    fingerprints: &[String],
    n_trainable: usize,
) -> Vec<AnimalEntry> {
    let entry = |(k, (name, sha256)): (usize, (&String, &String))| AnimalEntry {
        name: name.clone(),
        r#use: if k < n_trainable { "train" } else { "evaluate" }.to_owned(),
        sha256: sha256.clone(),
    };
    names.iter().zip(fingerprints).enumerate().map(entry).collect()
}

/// `fits/strict-gnn-1+3-fold0.json`: variant, model, animals by their place in the study from 1,
/// fold. Names of animals stay out of paths.
fn fit_path(out: &Path, plan: &Plan, group: &Group, fold: usize) -> PathBuf {
    let places: Vec<String> = group.subset.iter().map(|k| (k + 1).to_string()).collect();
    let variant = &plan.variant(group).name;
    let name = format!("{variant}-{}-{}-fold{fold}.json", group.model, places.join("+"));
    out.join(FITS).join(name)
}

/// Saves a fit.
pub(crate) fn save_fit(
    out: &Path,
    plan: &Plan,
    group: &Group,
    fit: &FitResult,
) -> Result<(), StudyError> {
    save(&fit_path(out, plan, group, fit.fold), fit)
}

/// Saves a result as JSON, in one line: a number a line would take more room than the numbers.
pub(crate) fn save(path: &Path, result: &impl Serialize) -> Result<(), StudyError> {
    let mut text = serde_json::to_string(result).expect("a result is plain data");
    text.push('\n');
    write_atomically(path, text.as_bytes())
}

/// The bytes of a file, if there is one.
pub(crate) fn read_if_there(path: &Path) -> Result<Option<Vec<u8>>, StudyError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(io(path, "read the file")(error)),
    }
}

/// A result that an earlier run has saved as JSON; `check` says what it is of where that is not what
/// was looked for.
pub(crate) fn load<T: DeserializeOwned>(
    path: &Path,
    check: impl FnOnce(&T) -> Option<String>,
) -> Result<Option<T>, StudyError> {
    let Some(bytes) = read_if_there(path)? else { return Ok(None) };
    let damaged = |reason| StudyError::DamagedResult { path: path.to_owned(), reason };
    let result: T = serde_json::from_slice(&bytes).map_err(|error| damaged(error.to_string()))?;
    match check(&result) {
        Some(found) => Err(damaged(format!("it is of {found}"))),
        None => Ok(Some(result)),
    }
}

/// A fit that an earlier run has saved.
pub(crate) fn load_fit(
    out: &Path,
    plan: &Plan,
    group: &Group,
    fold: usize,
) -> Result<Option<FitResult>, StudyError> {
    let variant = &plan.variant(group).name;
    load(&fit_path(out, plan, group, fold), |fit: &FitResult| {
        let asked = (variant, group.model.as_str(), fold);
        let FitResult { variant, model, fold, .. } = fit;
        let is_it = (variant, model.as_str(), *fold) == asked;
        (!is_it).then(|| format!("{variant}, {model}, fold {fold}"))
    })
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
    /// Whether its manifest is written.
    pub finished: bool,
}

/// Looks into a study's folder.
///
/// # Errors
/// [`StudyError`] when it holds no study, or one that cannot be read.
pub fn status(folder: &Path) -> Result<Status, StudyError> {
    let path = folder.join(STUDY);
    let text = fs::read_to_string(&path).map_err(io(&path, "read the file"))?;
    let (name, title, n_fits) = match Task::of_file(&text, &path)? {
        Task::Decode => {
            let file = StudyFile::parse(&text, &path)?;
            let n_fits = n_fits(&file);
            (file.name, file.title, n_fits)
        }
        Task::Forecast => {
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
    Ok(Status {
        title: title.unwrap_or_else(|| name.clone()),
        name,
        n_fits,
        n_done: entries.iter().filter(is_fit).count(),
        finished: folder.join(MANIFEST).exists(),
    })
}

/// Fits of a study that a run has written out.
fn n_fits(file: &StudyFile) -> usize {
    let n_subsets = n_subsets(&file.animal, &file.training_sizes, file.max_subsets);
    let of_variant = |v: &VariantEntry| v.models.len() * v.folds_run.unwrap_or(0) * n_subsets;
    file.variant.iter().map(of_variant).sum()
}

/// Subsets of the animals trained on.
pub(crate) fn n_subsets(
    animals: &[AnimalEntry],
    training_sizes: &[usize],
    most: Option<usize>,
) -> usize {
    let n_animals = animals.iter().filter(|animal| animal.r#use == "train").count();
    let of_size =
        |&size: &usize| subsets_of_size(n_animals, size).take(most.unwrap_or(usize::MAX)).count();
    training_sizes.iter().map(of_size).sum()
}

/// Writes files into the study folder and last the manifest.
///
/// # Errors
/// [`StudyError::Io`] when the folder cannot be written or read.
pub fn finish(out: &Path, files: &[(String, Vec<u8>)]) -> Result<(), StudyError> {
    for (path, bytes) in files {
        write_atomically(&out.join(path), bytes)?;
    }
    let mut sha256 = BTreeMap::new();
    collect(out, String::new(), &mut sha256)?;
    let nervering = env!("CARGO_PKG_VERSION").to_owned();
    let manifest = Manifest { format: FORMAT, nervering, sha256 };
    let mut text = serde_json::to_string_pretty(&manifest).expect("a manifest is plain data");
    text.push('\n');
    write_atomically(&out.join(MANIFEST), text.as_bytes())
}

/// Hashes every finished file below `folder` but the manifest.
fn collect(
    folder: &Path,
    prefix: String,
    sha256: &mut BTreeMap<String, String>,
) -> Result<(), StudyError> {
    let entries = fs::read_dir(folder).map_err(io(folder, "list the folder"))?;
    for entry in entries {
        let entry = entry.map_err(io(folder, "list the folder"))?;
        let path = entry.path();
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if path.is_dir() {
            collect(&path, name + "/", sha256)?;
        } else if name != MANIFEST && !name.ends_with(".part") {
            let bytes = fs::read(&path).map_err(io(&path, "read the file"))?;
            sha256.insert(name, hex(&Sha256::digest(&bytes)));
        }
    }
    Ok(())
}
