//! The one error of this room: [`IoError`] says which file and which place in it, what was found
//! there, what was expected, and what to do.

use nervering_recording::{ConversionError, RecordingError, TimeError, TracesError};
use std::path::{Path, PathBuf};

type Source = Box<dyn std::error::Error + Send + Sync>;

/// Why reading or writing failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IoError {
    /// The operating system refused to open or read the file.
    #[error("{}: failed to read", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The operating system refused to write the file.
    #[error("{}: failed to write", .path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// No reader knows this kind of file.
    #[error(
        "{}: found {found}, expected {expected}{advice}", .path.display()
    )]
    Unrecognised {
        /// The file.
        path: PathBuf,
        /// What the beginning of the file looks like.
        found: String,
        /// The formats that are read.
        expected: String,
        /// What to do, with a leading separator, or nothing.
        advice: &'static str,
    },
    /// A folder, or a list of files, without any recording.
    #[error("{}: found no recording, expected a file that `inspect` can read{about}", .path.display())]
    NoRecordings {
        /// The folder or file.
        path: PathBuf,
        /// What a folder holds instead, with a leading separator, or nothing.
        about: String,
    },
    /// The file reads, and is nothing that a recording could be made of. In a folder it is passed
    /// over with a warning.
    #[error("{}: found {found}, which holds no recording{advice}", .path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What the file is.
        found: String,
        /// What to do, with a leading separator, or nothing.
        advice: String,
    },
    /// The HDF5 structure is damaged or truncated.
    #[error(
        "{}: {place}: the HDF5 structure does not read; the file is truncated or damaged, {advice}", .path.display()
    )]
    Hdf5 {
        /// The file.
        path: PathBuf,
        /// Place in the file, for example `/WT_NoStim/tv{3}`.
        place: String,
        /// What to do.
        advice: &'static str,
        /// What the decoder said.
        #[source]
        source: Source,
    },
    /// The structure of a MATLAB v5 file is damaged.
    #[error(
        "{}: {place}: the MATLAB v5 structure does not read; the file is damaged, fetch it again or save it again", .path.display()
    )]
    Mat5 {
        /// The file.
        path: PathBuf,
        /// Place in the file, for example `/wbData`.
        place: String,
        /// What the decoder said.
        #[source]
        source: Source,
    },
    /// Something in the file is sound, and of a kind that is not read here.
    #[error("{}: {place}: found {found}, expected values that are read here; {advice}", .path.display())]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// Place in the file.
        place: String,
        /// What stands there.
        found: String,
        /// What to do.
        advice: String,
    },
    /// A file of labels, without the recordings that they belong to.
    #[error(
        "{}: found the labels of {n_sets} recordings and no recording, expected the recordings too; give their files, or the folder that holds all of them, together with this one", .path.display()
    )]
    LabelsAlone {
        /// The file of labels.
        path: PathBuf,
        /// Recordings that it labels.
        n_sets: usize,
    },
    /// The footer of a Parquet file is damaged or missing.
    #[error("{}: the footer of the Parquet file does not read; the file is truncated or damaged, fetch or write it again", .path.display())]
    Parquet {
        /// The file.
        path: PathBuf,
    },
    /// The file is shorter than it says itself.
    #[error("{}: found {found} bytes, expected {expected} as its header says; the file is truncated, fetch or copy it again", .path.display())]
    Truncated {
        /// The file.
        path: PathBuf,
        /// Its length in bytes.
        found: u64,
        /// The length in its header.
        expected: u64,
    },
    /// The file is sound but something in it is not what the layout asks for.
    #[error("{}: {place}: found {found}, expected {expected}", .path.display())]
    Layout {
        /// The file.
        path: PathBuf,
        /// Place in the file.
        place: String,
        /// What stands there.
        found: String,
        /// What should stand there.
        expected: String,
    },
    /// No series of traces can be chosen: the one asked for is not there or not the only one of its
    /// name, or none is activity.
    #[error("{}: found {found}, expected {expected}", .path.display())]
    Series {
        /// The file.
        path: PathBuf,
        /// What was asked for, or what is there.
        found: String,
        /// The series that there are, or what to do.
        expected: String,
    },
    /// Behaviour is given as codes whose meaning the file does not tell.
    #[error(
        "{}: {place}: found state codes without a key that names them, and codes are never guessed because two codings circulate; add a cell array with one name per code", .path.display()
    )]
    StateCodesWithoutKey {
        /// The file.
        path: PathBuf,
        /// Place of the codes.
        place: String,
    },
    /// The file asks for more than this program allocates.
    #[error(
        "{}: {place}: found {found} {unit}, expected at most {limit}; if the recording really is that large, cut it", .path.display()
    )]
    Limit {
        /// The file.
        path: PathBuf,
        /// Place in the file.
        place: String,
        /// How much is asked for.
        found: u64,
        /// Of what.
        unit: &'static str,
        /// The limit, see [`crate::limits`].
        limit: u64,
    },
    /// A cell of a table is not what its column asks for.
    #[error("{}: line {line}, column {column}: found {found}, expected {expected}", .path.display())]
    Table {
        /// The file.
        path: PathBuf,
        /// Line in which the row begins, counted from 1 as an editor does.
        line: u64,
        /// Number (from 1) and name of the column.
        column: String,
        /// What stands there.
        found: String,
        /// What should stand there.
        expected: &'static str,
    },
    /// A row of a table is no text in UTF-8.
    #[error("{}: line {line}: found bytes that are no UTF-8, expected text; save the table as UTF-8", .path.display())]
    NotUtf8 {
        /// The file.
        path: PathBuf,
        /// The line in which the row begins, from 1.
        line: u64,
        /// What the parser said, with the field.
        #[source]
        source: Box<csv::Utf8Error>,
    },
    /// The file is no JSON, or its fields have other types than its format gives them.
    #[error(
        "{}: the JSON does not read; the file is truncated or damaged, or not from WormWideWeb (NaN must be written as null)", .path.display()
    )]
    Json {
        /// The file.
        path: PathBuf,
        /// What the parser said, with line and column.
        #[source]
        source: Box<serde_json::Error>,
    },
    /// The metadata beside a table is not JSON, or not the schema it says it is.
    #[error("{}: the metadata does not parse; correct or remove it", .path.display())]
    Metadata {
        /// The metadata file.
        path: PathBuf,
        /// What the parser said, with line and column.
        #[source]
        source: Box<serde_json::Error>,
    },
    /// The metadata was written by a newer program.
    #[error(
        "{}: found metadata of format version {found}, expected at most {known}; update this program", .path.display()
    )]
    MetadataVersion {
        /// The metadata file.
        path: PathBuf,
        /// Version of the file.
        found: u64,
        /// Newest version known here.
        known: u64,
    },
    /// The times of the frames are no time base.
    #[error("{}: {place}: the time base is unsound", .path.display())]
    Time {
        /// The file.
        path: PathBuf,
        /// Place in the file.
        place: String,
        /// What is wrong, with the frame.
        #[source]
        source: Box<TimeError>,
    },
    /// The values are no traces.
    #[error("{}: {place}: the traces are unsound", .path.display())]
    Traces {
        /// The file.
        path: PathBuf,
        /// Place in the file.
        place: String,
        /// What is wrong, with frame and neuron.
        #[source]
        source: Box<TracesError>,
    },
    /// The parts do not fit together.
    #[error("{}: {place}: the parts do not make a recording", .path.display())]
    Recording {
        /// The file.
        path: PathBuf,
        /// Place in the file.
        place: String,
        /// What does not fit.
        #[source]
        source: Box<RecordingError>,
    },
    /// Traces that cannot be brought to ΔF/F, as was asked for.
    #[error("animal {animal:?}: failed to convert the traces to ΔF/F")]
    Unit {
        /// The animal.
        animal: String,
        /// Why not.
        #[source]
        source: Box<ConversionError>,
    },
    /// One name stands for two animals.
    #[error(
        "animal {animal:?} stands in {} and in {}; give each animal once, or rename one of them", .first.display(), .second.display()
    )]
    DuplicateAnimal {
        /// The name.
        animal: String,
        /// The first file.
        first: PathBuf,
        /// The second file, possibly the same.
        second: PathBuf,
    },
    /// A neuron's label cannot be written so that it reads back.
    #[error(
        "{}: neuron {neuron} (from 0): found the candidate list {label:?}, expected at least two different names; use an identified or an unidentified label", .path.display()
    )]
    UnwritableLabel {
        /// The file that was to be written.
        path: PathBuf,
        /// Column of the neuron.
        neuron: usize,
        /// Its label.
        label: String,
    },
}

impl IoError {
    pub(crate) fn read(path: &Path) -> impl FnOnce(std::io::Error) -> Self + '_ {
        |source| Self::Read { path: path.to_owned(), source }
    }

    pub(crate) fn write(path: &Path) -> impl FnOnce(std::io::Error) -> Self + '_ {
        |source| Self::Write { path: path.to_owned(), source }
    }

    /// Whether the program itself has run out of something, open files or memory, so that it says
    /// nothing about the file.
    pub(crate) fn is_of_process(&self) -> bool {
        /// ENOMEM, ENFILE, EMFILE: the same on every Unix.
        const RUN_OUT: [i32; 3] = [12, 23, 24];
        let Self::Read { source, .. } = self else { return false };
        cfg!(unix) && source.raw_os_error().is_some_and(|code| RUN_OUT.contains(&code))
    }

    /// The same as [`IoError::chain`] without the file, where that is said already.
    pub(crate) fn chain_without_path(&self) -> String {
        let text = self.chain();
        let path = match self {
            Self::Read { path, .. }
            | Self::Unrecognised { path, .. }
            | Self::Foreign { path, .. } => path,
            Self::Layout { path, .. } | Self::Unsupported { path, .. } => path,
            _ => return text,
        };
        text.strip_prefix(&format!("{}: ", path.display())).unwrap_or(&text).to_owned()
    }

    /// The message and those of all its sources on one line.
    pub(crate) fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut source = std::error::Error::source(self);
        while let Some(error) = source {
            text.push_str(": ");
            text.push_str(&error.to_string());
            source = error.source();
        }
        text
    }
}
