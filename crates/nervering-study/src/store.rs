//! The study folder: `study.toml` with the effective configuration, one file per fit in `fits/`,
//! written atomically as soon as it is earned, and last `manifest.json` with the SHA-256 of
//! everything. A folder without a manifest is unfinished; running the study again finishes it.

use crate::error::StudyError;
use crate::file::{AnimalEntry, FORMAT, StudyFile, VariantEntry};
use crate::plan::{Group, Plan, hex, initialisations};
use crate::result::FitResult;
use nervering_prepare::subsets_of_size;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

const MANIFEST: &str = "manifest.json";

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

/// Creates the folder for a plan, or checks that it is this plan's.
pub(crate) fn open(out: &Path, plan: &Plan) -> Result<(), StudyError> {
    let text = study_toml(plan);
    let path = out.join("study.toml");
    match fs::read_to_string(&path) {
        Ok(found) if found == text => Ok(()),
        Ok(_) => Err(StudyError::OtherStudy { path }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            write_atomically(&path, text.as_bytes())
        }
        Err(error) => Err(io(&path, "read the file")(error)),
    }
}

/// Checks that a folder is this plan's, or is not there yet; creates nothing.
pub(crate) fn peek(out: &Path, plan: &Plan) -> Result<(), StudyError> {
    if out.join("study.toml").exists() { open(out, plan) } else { Ok(()) }
}

/// The text of `study.toml`: everything that decides the results.
pub fn study_toml(plan: &Plan) -> String {
    let animals = plan.animals().iter().zip(plan.fingerprints()).enumerate();
    let animals = animals.map(|(k, (name, sha256))| AnimalEntry {
        name: name.clone(),
        r#use: if k < plan.n_trainable() { "train" } else { "evaluate" }.to_owned(),
        sha256: sha256.clone(),
    });
    StudyFile::of(plan.config(), animals.collect()).text()
}

/// `fits/strict-gnn-1+3-fold0.json`: variant, model, animals by their place in the study from 1,
/// fold, and for other than the first initial weights `-init1`. Names of animals stay out of paths.
fn fit_path(out: &Path, plan: &Plan, group: &Group, fold: usize) -> PathBuf {
    let places: Vec<String> = group.subset.iter().map(|k| (k + 1).to_string()).collect();
    let variant = &plan.variant(group).name;
    let initialisation = match group.initialisation {
        0 => String::new(),
        n => format!("-init{n}"),
    };
    let (model, places) = (group.model, places.join("+"));
    let name = format!("{variant}-{model}-{places}-fold{fold}{initialisation}.json");
    out.join("fits").join(name)
}

/// Saves a fit.
pub(crate) fn save_fit(
    out: &Path,
    plan: &Plan,
    group: &Group,
    fit: &FitResult,
) -> Result<(), StudyError> {
    // In one line: a number a line would take more room than the numbers.
    let mut text = serde_json::to_string(fit).expect("a result is plain data");
    text.push('\n');
    write_atomically(&fit_path(out, plan, group, fit.fold), text.as_bytes())
}

/// A fit that an earlier run has saved.
pub(crate) fn load_fit(
    out: &Path,
    plan: &Plan,
    group: &Group,
    fold: usize,
) -> Result<Option<FitResult>, StudyError> {
    let path = fit_path(out, plan, group, fold);
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(io(&path, "read the file")(error)),
    };
    let damaged = |reason| StudyError::DamagedResult { path: path.clone(), reason };
    let fit: FitResult =
        serde_json::from_slice(&bytes).map_err(|error| damaged(error.to_string()))?;
    let variant = &plan.variant(group).name;
    let asked = (variant, group.model.as_str(), fold, group.initialisation);
    if (&fit.variant, fit.model.as_str(), fit.fold, fit.initialisation) != asked {
        let FitResult { variant, model, fold, initialisation, .. } = fit;
        let found = format!("{variant}, {model}, fold {fold}, initial weights {initialisation}");
        return Err(damaged(format!("it is of {found}")));
    }
    Ok(Some(fit))
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
    let path = folder.join("study.toml");
    let text = fs::read_to_string(&path).map_err(io(&path, "read the file"))?;
    let file = StudyFile::parse(&text, &path)?;
    let n_animals = file.animal.iter().filter(|animal| animal.r#use == "train").count();
    let n_subsets = |&size: &usize| {
        let all = subsets_of_size(n_animals, size);
        all.take(file.max_subsets.unwrap_or(usize::MAX)).count()
    };
    let n_subsets: usize = file.training_sizes.iter().map(n_subsets).sum();
    let of_model = |name: &String| {
        name.parse().map_or(1, |model| initialisations(file.initialisations, model))
    };
    let of_variant = |v: &VariantEntry| {
        v.models.iter().map(of_model).sum::<usize>() * v.folds_run.unwrap_or(0) * n_subsets
    };
    let n_fits = file.variant.iter().map(of_variant).sum();
    let fits = folder.join("fits");
    let entries = match fs::read_dir(&fits) {
        Ok(entries) => {
            entries.collect::<Result<Vec<_>, _>>().map_err(io(&fits, "list the folder"))?
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(io(&fits, "list the folder")(error)),
    };
    let is_fit = |entry: &&fs::DirEntry| entry.path().extension().is_some_and(|e| e == "json");
    Ok(Status {
        title: file.title.unwrap_or_else(|| file.name.clone()),
        name: file.name,
        n_fits,
        n_done: entries.iter().filter(is_fit).count(),
        finished: folder.join(MANIFEST).exists(),
    })
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
