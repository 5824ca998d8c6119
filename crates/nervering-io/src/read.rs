//! Reading files: [`read_recordings`] finds the reader of one, [`read_all`] reads files and folders and puts
//! their animals together.

use crate::error::IoError;
use crate::folder::Folder;
use crate::labels::{self, LabelSet};
use crate::options::ReadOptions;
use crate::other_names;
use crate::outcome::ReadOutcome;
use crate::reader::{Reader, read_head};
use crate::readers::claimant;
use crate::states;
use crate::units;
use crate::unrecognised::unclaimed;
use crate::warning::{Level, Warning};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Reads one file of any known format.
///
/// # Errors
/// [`IoError::Unrecognised`] when no reader knows the file, [`IoError::Foreign`] when it is known and
/// holds no recording, otherwise what its reader says.
pub fn read_recordings(path: &Path, options: &ReadOptions) -> Result<ReadOutcome, IoError> {
    let mut outcome = reader_of(path)?.read(path, options)?;
    other_names::tell(&mut outcome);
    states::map(&mut outcome, options)?;
    units::apply(options, &mut outcome)?;
    tell_unchosen(path, options, &mut outcome);
    Ok(outcome)
}

/// Formats without named series read what they have, whatever series was asked for.
fn tell_unchosen(path: &Path, options: &ReadOptions, outcome: &mut ReadOutcome) {
    if let (Some(wanted), true) = (&options.series, outcome.series.is_empty())
        && !outcome.recordings.is_empty()
    {
        let text = format!("the file has no named series of traces, so {wanted:?} chooses nothing");
        let file = crate::file_name(path);
        outcome.warnings.push(Warning::new(Level::Doubtful, "series-not-chosen", file, text));
    }
}

fn reader_of(path: &Path) -> Result<&'static dyn Reader, IoError> {
    let metadata = std::fs::metadata(path).map_err(IoError::read(path))?;
    if !metadata.is_file() && !metadata.is_dir() {
        // Opening a pipe would wait for whoever writes to it, and it could be read but once.
        let found = "a pipe, socket or device".to_owned();
        let advice = "; write its content to a file first".to_owned();
        return Err(IoError::Foreign { path: path.to_owned(), found, advice });
    }
    let head = read_head(path)?;
    claimant(path, &head)?.ok_or_else(|| unclaimed(path, &head))
}

/// Reads files, and folders of files, and puts their animals together in the given order. Of a
/// folder, the files that some reader claims are read in the order of their names, and the others
/// passed over, each with a warning; subfolders are not entered. Labels that stand in a file of their
/// own are joined to the recordings of the other files by the name of the animal ([`LabelSet`]).
///
/// # Errors
/// Those of [`read_recordings`], but for files of a folder that hold no recording;
/// [`IoError::NoRecordings`] for a folder or a list without any; [`IoError::DuplicateAnimal`] when a
/// name stands for two animals.
pub fn read_all<P: AsRef<Path>>(
    paths: &[P],
    options: &ReadOptions,
) -> Result<ReadOutcome, IoError> {
    let mut found = Collected::default();
    for path in paths.iter().map(AsRef::as_ref) {
        if !path.is_dir() {
            let read = reader_of(path)?.read_with_labels(path, options)?;
            found.add(path, read, options)?;
            continue;
        }
        let mut folder = Folder::open(path)?;
        let mut n_read = 0;
        for (file, reader) in std::mem::take(&mut folder.files) {
            match reader.read_with_labels(&file, options) {
                Ok(read) => {
                    found.add(&file, read, options)?;
                    n_read += 1;
                }
                Err(error @ IoError::Foreign { .. }) => folder.pass_over(file, error),
                Err(error) => return Err(error),
            }
        }
        if n_read == 0 {
            return Err(folder.without_recordings(path));
        }
        found.all.warnings.extend(folder.warnings(path));
    }
    let Collected { mut all, labels, .. } = found;
    if let (true, Some(set)) = (all.recordings.is_empty(), labels.first()) {
        return Err(IoError::LabelsAlone { path: set.path.clone(), n_sets: labels.len() });
    }
    labels::join(&mut all, labels)?;
    units::apply(options, &mut all)?;
    if all.recordings.is_empty() {
        let path = paths.first().map_or_else(PathBuf::new, |path| path.as_ref().to_owned());
        return Err(IoError::NoRecordings { path, about: String::new() });
    }
    other_names::tell(&mut all);
    states::map(&mut all, options)?;
    Ok(all)
}

/// How many animals files and folders hold for certain, told without reading them: those of formats with
/// one animal a file. What cannot be opened counts as none; reading tells of it.
pub fn animals_at_least<P: AsRef<Path>>(paths: &[P]) -> usize {
    let of_path = |path: &Path| {
        if path.is_dir() {
            let files = Folder::open(path).map(|folder| folder.files).unwrap_or_default();
            return files.iter().filter(|(_, reader)| reader.is_one_animal()).count();
        }
        usize::from(reader_of(path).is_ok_and(Reader::is_one_animal))
    };
    paths.iter().map(|path| of_path(path.as_ref())).sum()
}

/// What was read so far.
#[derive(Default)]
struct Collected {
    all: ReadOutcome,
    labels: Vec<LabelSet>,
    files_of_animals: BTreeMap<String, PathBuf>,
}

impl Collected {
    fn add(
        &mut self,
        file: &Path,
        (mut outcome, labels): (ReadOutcome, Vec<LabelSet>),
        options: &ReadOptions,
    ) -> Result<(), IoError> {
        tell_unchosen(file, options, &mut outcome);
        for recording in &outcome.recordings {
            let animal = recording.animal().to_owned();
            if let Some(first) = self.files_of_animals.insert(animal.clone(), file.to_owned()) {
                return Err(IoError::DuplicateAnimal { animal, first, second: file.to_owned() });
            }
        }
        self.all.recordings.extend(outcome.recordings);
        self.all.warnings.extend(outcome.warnings);
        self.all.series.extend(outcome.series);
        self.labels.extend(labels);
        Ok(())
    }
}
