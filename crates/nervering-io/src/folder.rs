//! A folder of recordings: which of its files are read, and what is told of the others.
//!
//! A file that some reader claims is read, and stops everything when it is damaged. One that holds no
//! recording is passed over with a warning, so that nothing is lost in silence; names that begin with
//! a dot or with `~$` belong to the system and to programs that have a file open. What is no file is
//! never opened: opening a FIFO would wait for ever.

use crate::error::IoError;
use crate::hdf5::is_hdf5;
use crate::limits::MAX_FILES;
use crate::reader::{Reader, read_head};
use crate::readers::claimant;
use crate::unrecognised::unclaimed;
use crate::warning::{Level, Warning};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// Names that one warning or error shows.
const SHOWN: usize = 8;
/// Endings of tables as text, which are recordings by intention.
const TABLES: [&str; 3] = ["csv", "tsv", "dat"];

/// What a folder holds.
#[derive(Default)]
pub(crate) struct Folder {
    /// Files that a reader claims, by name.
    pub files: Vec<(PathBuf, &'static dyn Reader)>,
    /// Data files that no reader claims, and why.
    passed_over: Vec<(PathBuf, IoError)>,
    /// Files that nobody would take for a recording.
    others: Vec<PathBuf>,
    /// What is no file, or cannot be opened, with the reason.
    unreadable: Vec<(PathBuf, String)>,
    subfolders: Vec<PathBuf>,
}

impl Folder {
    /// Looks at every file of a folder. Subfolders are not entered.
    ///
    /// # Errors
    /// [`IoError::Read`] for the folder itself; what readers say of a file that they claim and that
    /// does not open; [`IoError::Limit`] for more than [`MAX_FILES`].
    pub(crate) fn open(path: &Path) -> Result<Self, IoError> {
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
        let mut folder = Self::default();
        for entry in &entries {
            let name = crate::file_name(entry);
            if !(name.starts_with('.') || name.starts_with("~$")) {
                folder.add(entry)?;
            }
        }
        // Our own metadata, or someone's, beside a table: the table's reader tells of it.
        let Self { files, passed_over, .. } = &mut folder;
        passed_over.retain(|(path, _)| {
            let table = path.with_extension("csv");
            !(ends_with(path, &["json"]) && files.iter().any(|(file, _)| *file == table))
        });
        Ok(folder)
    }

    fn add(&mut self, path: &Path) -> Result<(), IoError> {
        let path_buf = path.to_owned();
        // Follows links.
        let kind = match std::fs::metadata(path) {
            Ok(metadata) => metadata.file_type(),
            Err(error) => {
                let reason =
                    if path.is_symlink() { "a link to nowhere".into() } else { error.to_string() };
                self.unreadable.push((path_buf, reason));
                return Ok(());
            }
        };
        if kind.is_dir() {
            self.subfolders.push(path_buf);
            return Ok(());
        }
        if !kind.is_file() {
            self.unreadable.push((path_buf, "a pipe, socket or device, no file".into()));
            return Ok(());
        }
        let claimed =
            read_head(path).and_then(|head| claimant(path, &head).map(|claimed| (head, claimed)));
        let (head, claimant) = match claimed {
            Ok(claimed) => claimed,
            // A file that is there and may not be read is told and passed over.
            Err(error @ IoError::Read { .. }) if !error.is_of_process() => {
                self.unreadable.push((path_buf, error.chain_without_path()));
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        match claimant {
            Some(reader) => self.files.push((path_buf, reader)),
            None if is_data(path, &head) => {
                self.passed_over.push((path_buf, unclaimed(path, &head)));
            }
            None => self.others.push(path_buf),
        }
        Ok(())
    }

    /// Notes a file that was claimed and turned out to hold no recording.
    pub(crate) fn pass_over(&mut self, path: PathBuf, error: IoError) {
        self.passed_over.push((path, error));
    }

    /// What is told of everything that was not read.
    pub(crate) fn warnings(&self, folder: &Path) -> Vec<Warning> {
        let mut warnings = Vec::new();
        for (path, error) in &self.passed_over {
            let text = format!("passed over: {}", error.chain_without_path());
            warnings.push(Warning::new(
                Level::Doubtful,
                "passed-over",
                crate::file_name(path),
                text,
            ));
        }
        for (path, reason) in &self.unreadable {
            let text = format!("passed over: {reason}");
            warnings.push(Warning::new(
                Level::Doubtful,
                "unreadable",
                crate::file_name(path),
                text,
            ));
        }
        let mut tell = |kind, paths: &[PathBuf], what: &str| {
            if !paths.is_empty() {
                let text = format!("{what}: {}", names(paths));
                let place = folder.display().to_string();
                warnings.push(Warning::new(Level::Advice, kind, place, text));
            }
        };
        tell("passed-over", &self.others, "files that are no data are passed over");
        tell("subfolders", &self.subfolders, "subfolders are not entered");
        warnings
    }

    /// The error for a folder of which nothing was read.
    pub(crate) fn without_recordings(&self, folder: &Path) -> IoError {
        let mut parts: Vec<String> = self
            .warnings(folder)
            .iter()
            .map(|warning| {
                if warning.level == Level::Advice {
                    warning.text.clone()
                } else {
                    format!("{}: {}", warning.place, warning.text)
                }
            })
            .collect();
        if !self.subfolders.is_empty() {
            parts.push("give a subfolder itself to read it".into());
        }
        let about: String = parts.iter().map(|part| format!("; {part}")).collect();
        IoError::NoRecordings { path: folder.to_owned(), about }
    }
}

/// Whether a file that no reader claims is one that somebody may take for a recording: the containers
/// of data, by their first bytes, and tables of text, which have no such bytes, by their name.
fn is_data(path: &Path, head: &[u8]) -> bool {
    const CONTAINERS: [&[u8]; 5] = [b"PAR1", b"PK\x03\x04", b"\x93NUMPY", b"\x1f\x8b", b"\x80"];
    is_hdf5(head)
        || crate::json::is_object(head)
        || CONTAINERS.iter().any(|first| head.starts_with(first))
        || ends_with(path, &TABLES)
        || ends_with(path, &["mat", "h5", "hdf5", "nwb", "json", "parquet"])
}

fn ends_with(path: &Path, endings: &[&str]) -> bool {
    let ending = path.extension().and_then(OsStr::to_str).unwrap_or_default();
    endings.iter().any(|known| ending.eq_ignore_ascii_case(known))
}

fn names(paths: &[PathBuf]) -> String {
    let shown: Vec<String> = paths.iter().take(SHOWN).map(|path| crate::file_name(path)).collect();
    let more = if paths.len() > SHOWN {
        format!(" and {} more", paths.len() - SHOWN)
    } else {
        String::new()
    };
    format!("{}{more}", shown.join(", "))
}
