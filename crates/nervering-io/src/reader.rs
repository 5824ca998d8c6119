//! What a reader is, and the list of them.
//!
//! A [`Reader`] recognises its files by content and turns one file into recordings and warnings.
//! [`read_recordings`] finds the reader of a file; [`read_all`] reads files and folders and puts
//! their animals together. A new format is one file with a reader and one line in [`READERS`].

use crate::error::IoError;
use crate::folder::Folder;
use crate::hdf5::{self, is_hdf5};
use crate::labels::{self, LabelSet};
use crate::limits::HEAD_BYTES;
use crate::options::ReadOptions;
use crate::other_names;
use crate::series::TraceSeries;
use crate::states;
use crate::units;
use crate::unrecognised::unrecognised;
use crate::warning::{Level, Warning};
use crate::{
    flavell_h5::FlavellH5, matlab::Matlab, nwb::Nwb, wide_csv::WideCsv, wide_parquet::WideParquet,
    worm_wide_web::WormWideWeb,
};
use nervering_recording::Recording;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Every reader, the most particular first: the first that recognises a file reads it.
pub static READERS: &[&dyn Reader] =
    &[&Nwb, &FlavellH5, &Matlab, &WideCsv, &WideParquet, &WormWideWeb];

/// Reads one file format.
pub trait Reader: Sync {
    /// What the format is called, for example `wide CSV`.
    fn name(&self) -> &'static str;

    /// Whether a file whose first bytes are `head` (at most [`HEAD_BYTES`]) is of this format.
    /// The name of the file is no argument: extensions lie.
    fn recognises(&self, head: &[u8]) -> bool;

    /// A second look at a file that [`Reader::recognises`], for formats whose first bytes are those
    /// of a container that others use too: whether its content is meant as a recording of this format.
    ///
    /// # Errors
    /// [`IoError`] for a file that does not open, where no later reader could tell that better.
    fn confirms(&self, _path: &Path) -> Result<bool, IoError> {
        Ok(true)
    }

    /// Reads all animals of the file.
    ///
    /// # Errors
    /// [`IoError`], which always names the file.
    fn read(&self, path: &Path, options: &ReadOptions) -> Result<ReadOutcome, IoError>;

    /// The same, with labels that belong to recordings in other files; a file of labels alone has no
    /// recordings. Most formats have none.
    ///
    /// # Errors
    /// As [`Reader::read`].
    fn read_with_labels(
        &self,
        path: &Path,
        options: &ReadOptions,
    ) -> Result<(ReadOutcome, Vec<LabelSet>), IoError> {
        self.read(path, options).map(|outcome| (outcome, Vec::new()))
    }
}

/// What reading gave.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReadOutcome {
    /// One recording per animal, in the order of the file.
    pub recordings: Vec<Recording>,
    /// What was noticed and not refused.
    pub warnings: Vec<Warning>,
    /// The series of traces that the files offer, with the ones that were read; none of formats
    /// whose series have no names.
    pub series: Vec<TraceSeries>,
}

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

/// The reader that claims a file, if one does.
pub(crate) fn claimant(path: &Path, head: &[u8]) -> Result<Option<&'static dyn Reader>, IoError> {
    for reader in READERS {
        if reader.recognises(head) && reader.confirms(path)? {
            return Ok(Some(*reader));
        }
    }
    Ok(None)
}

/// What a file is that no reader claims.
pub(crate) fn unclaimed(path: &Path, head: &[u8]) -> IoError {
    if is_hdf5(head) {
        return match hdf5::describe(path, head) {
            Ok((found, advice)) => IoError::Foreign { path: path.to_owned(), found, advice },
            Err(error) => error,
        };
    }
    // A Parquet file that is no wide table: its reader says what it lacks.
    if WideParquet.recognises(head)
        && let Err(error) = WideParquet.read(path, &ReadOptions::default())
    {
        return error;
    }
    unrecognised(path, head)
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

pub(crate) fn read_head(path: &Path) -> Result<Vec<u8>, IoError> {
    let mut head = Vec::new();
    let file = File::open(path).map_err(IoError::read(path))?;
    file.take(HEAD_BYTES).read_to_end(&mut head).map_err(IoError::read(path))?;
    Ok(head)
}
