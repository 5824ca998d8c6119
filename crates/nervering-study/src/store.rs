//! The names of what a study keeps in its folder, and how far a folder has come. The folder itself is
//! [`nervering_grid`]'s.

use crate::error::StudyError;
use crate::file::{AnimalEntry, StudyFile, VariantEntry};
use crate::forecast::ForecastFile;
use crate::plan::{Group, Plan, initialisations, n_subsets_of_size};
use crate::toml_file::Task;
use nervering_grid::{Folder, GridError, is_finished};
use std::fs;
use std::path::Path;

const STUDY: &str = "study.toml";
/// The folder of the fits.
const FITS: &str = "fits";

fn io(path: &Path, action: &'static str) -> impl FnOnce(std::io::Error) -> StudyError {
    let path = path.to_owned();
    move |source| GridError::Io { path, action, source }.into()
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

/// `strict-gnn-1+3-fold0`: variant, model, animals by their place in the study from 1, fold, and for
/// other than the first initial weights `-init1`. Names of animals stay out of paths.
pub(crate) fn key(plan: &Plan, group: &Group, fold: usize) -> String {
    let places: Vec<String> = group.subset.iter().map(|k| (k + 1).to_string()).collect();
    let variant = &plan.variant(group).name;
    let initialisation = match group.initialisation {
        0 => String::new(),
        n => format!("-init{n}"),
    };
    let (model, places) = (group.model, places.join("+"));
    format!("{variant}-{model}-{places}-fold{fold}{initialisation}")
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
    let n_done = entries.iter().filter(is_fit).count();
    Ok(Status {
        title: title.unwrap_or_else(|| name.clone()),
        name,
        n_fits,
        n_done: n_done.min(n_fits),
        finished: is_finished(folder) && n_done >= n_fits,
    })
}

/// Fits of a study that a run has written out.
fn n_fits(file: &StudyFile) -> usize {
    let n_subsets = n_subsets(&file.animal, &file.training_sizes, file.max_subsets);
    let of_model = |name: &String| {
        name.parse().map_or(1, |model| initialisations(file.initialisations, model))
    };
    let of_variant = |v: &VariantEntry| {
        let n_models: usize = v.models.iter().map(of_model).fold(0, usize::saturating_add);
        n_models.saturating_mul(v.folds_run.unwrap_or(0)).saturating_mul(n_subsets)
    };
    file.variant.iter().map(of_variant).fold(0, usize::saturating_add)
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
