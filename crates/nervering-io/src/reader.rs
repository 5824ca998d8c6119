//! What a reader is, and the list of them.
//!
//! A [`Reader`] recognises its files by content and turns one file into recordings and warnings.
//! [`read_recordings`] finds the reader of a file; [`read_all`] reads files and folders and puts
//! their animals together. A new format is one file with a reader and one line in [`READERS`].

use crate::error::IoError;
use crate::labels::{self, LabelSet};
use crate::limits::{HEAD_BYTES, MAX_FILES};
use crate::options::ReadOptions;
use crate::warning::Warning;
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
    /// of a container that others use too. A file that does not open is not confirmed.
    fn confirms(&self, _path: &Path) -> bool {
        true
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
}

/// Reads one file of any known format.
///
/// # Errors
/// [`IoError::Unrecognised`] when no reader knows the file, otherwise what its reader says.
pub fn read_recordings(path: &Path, options: &ReadOptions) -> Result<ReadOutcome, IoError> {
    reader_of(path)?.read(path, options)
}

fn reader_of(path: &Path) -> Result<&'static dyn Reader, IoError> {
    let head = read_head(path)?;
    let knows = |reader: &&&dyn Reader| reader.recognises(&head) && reader.confirms(path);
    READERS.iter().find(knows).copied().ok_or_else(|| unrecognised(path, &head))
}

/// Reads files, and folders of files, and puts their animals together in the given order. Of a
/// folder, the files that some reader recognises are read in the order of their names, and the
/// others passed over; subfolders are not entered. Labels that stand in a file of their own are
/// joined to the recordings of the other files by the name of the animal ([`LabelSet`]).
///
/// # Errors
/// Those of [`read_recordings`]; [`IoError::NoRecordings`] for a folder or a list without any;
/// [`IoError::DuplicateAnimal`] when a name stands for two animals.
pub fn read_all<P: AsRef<Path>>(
    paths: &[P],
    options: &ReadOptions,
) -> Result<ReadOutcome, IoError> {
    let (mut all, mut labels) = (ReadOutcome::default(), Vec::new());
    let mut files_of_animals = BTreeMap::<String, PathBuf>::new();
    for path in paths {
        for file in files_in(path.as_ref())? {
            let (outcome, sets) = reader_of(&file)?.read_with_labels(&file, options)?;
            for recording in &outcome.recordings {
                let animal = recording.animal().to_owned();
                if let Some(first) = files_of_animals.insert(animal.clone(), file.clone()) {
                    return Err(IoError::DuplicateAnimal { animal, first, second: file });
                }
            }
            all.recordings.extend(outcome.recordings);
            all.warnings.extend(outcome.warnings);
            labels.extend(sets);
        }
    }
    if let (true, Some(set)) = (all.recordings.is_empty(), labels.first()) {
        return Err(IoError::LabelsAlone { path: set.path.clone(), n_sets: labels.len() });
    }
    labels::join(&mut all, labels)?;
    if all.recordings.is_empty() {
        let path = paths.first().map_or_else(PathBuf::new, |path| path.as_ref().to_owned());
        return Err(IoError::NoRecordings { path });
    }
    Ok(all)
}

/// The file itself, or the recognised files of a folder by name.
fn files_in(path: &Path) -> Result<Vec<PathBuf>, IoError> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(path).map_err(IoError::read(path))? {
        entries.push(entry.map_err(IoError::read(path))?.path());
        if entries.len() > MAX_FILES {
            return Err(IoError::Limit {
                path: path.to_owned(),
                place: "folder".into(),
                found: entries.len() as u64,
                unit: "files",
                limit: MAX_FILES as u64,
            });
        }
    }
    entries.sort();
    let mut files = Vec::new();
    for file in entries.into_iter().filter(|entry| entry.is_file()) {
        match reader_of(&file) {
            Ok(_) => files.push(file),
            Err(IoError::Unrecognised { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    if files.is_empty() {
        return Err(IoError::NoRecordings { path: path.to_owned() });
    }
    Ok(files)
}

fn read_head(path: &Path) -> Result<Vec<u8>, IoError> {
    let mut head = Vec::new();
    let file = File::open(path).map_err(IoError::read(path))?;
    file.take(HEAD_BYTES).read_to_end(&mut head).map_err(IoError::read(path))?;
    Ok(head)
}

fn unrecognised(path: &Path, head: &[u8]) -> IoError {
    let (found, advice) = if head.is_empty() {
        ("an empty file".to_owned(), "")
    } else if matches!(head, [0x80, 2..=5, ..]) {
        let advice = "; a pickle can run any program and is never read, write a CSV table instead";
        ("a Python pickle".to_owned(), advice)
    } else if head.starts_with(b"PK\x03\x04") {
        ("a zip archive or a spreadsheet".to_owned(), "; unpack it, or save its sheet as CSV")
    } else if matches!(head, [0xff, 0xfe, ..] | [0xfe, 0xff, ..]) {
        ("text in UTF-16".to_owned(), "; save it as UTF-8")
    } else if let Some(line) = crate::wide_csv::first_line(head) {
        let start: String = line.chars().take(40).collect();
        let advice = if line.contains([';', '\t']) && !line.contains(',') {
            "; a table of text begins with time_s, with commas between columns and points in numbers"
        } else {
            "; a table of text begins with time_s"
        };
        (format!("text that begins with {start:?}"), advice)
    } else {
        let start: Vec<String> = head.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        (format!("bytes that begin with {}", start.join(" ")), "")
    };
    let names: Vec<_> = READERS.iter().map(|reader| reader.name()).collect();
    let expected = format!("one of {}", names.join("; "));
    IoError::Unrecognised { path: path.to_owned(), found, expected, advice }
}
