//! What a wide table itself cannot say: JSON in a file beside a CSV, or in the key-value block of a
//! Parquet file.
//!
//! A schema of its own, with a version; the nouns are never serialised. A table without it is read
//! too: the animal is then called as the file.

use crate::error::IoError;
use crate::limits::MAX_METADATA_BYTES;
use nervering_recording::{NeuronNames, Recording, TraceUnit};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

/// What the `format` key says in our own files.
const FORMAT: &str = "nervering-recording";
/// The version written here, and the newest that is read.
const VERSION: u64 = 1;

/// Contents of the metadata file, version 1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Metadata {
    format: String,
    version: u64,
    /// Name of the animal.
    pub animal: String,
    /// File or generator the recording came from.
    pub source: String,
    /// Place inside that file.
    pub place: String,
    /// Field the traces were taken from.
    pub trace_field: String,
    /// Field the derivatives were taken from, if the table has derivatives.
    pub derivative_field: Option<String>,
    /// Names of neurons that are none of the known ones and count in this table.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    names: Vec<String>,
    /// What the traces are, where that was stated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unit: Option<String>,
}

impl Metadata {
    /// Metadata of the current version.
    pub(crate) fn of(recording: &Recording) -> Self {
        let provenance = recording.provenance();
        Self {
            format: FORMAT.into(),
            version: VERSION,
            animal: recording.animal().into(),
            source: provenance.source.clone(),
            place: provenance.place.clone(),
            trace_field: provenance.trace_field.clone(),
            derivative_field: recording.file_derivative().map(|own| own.field.clone()),
            names: super::other_names(recording).iter().map(ToString::to_string).collect(),
            unit: provenance.unit.map(|unit| unit.as_str().to_owned()),
        }
    }

    /// The names that count in this table, where these do by choice. An entry that has not the form of a
    /// name is none.
    pub(crate) fn accepted(&self, chosen: &NeuronNames) -> NeuronNames {
        chosen.clone().and(self.names.iter().filter_map(|name| name.parse().ok()))
    }

    /// What the traces are, where that is stated; [`parse`] has seen that it is a unit.
    pub(crate) fn unit(&self) -> Option<TraceUnit> {
        self.unit.as_ref()?.parse().ok()
    }
}

/// What stands where a table's metadata would.
pub(crate) enum Found {
    /// Nothing.
    Nothing,
    /// JSON that is not ours.
    Foreign,
    /// Our metadata.
    Ours(Metadata),
}

/// The file beside a table: the same name with `.json`, in place of `.csv.gz` too.
pub(crate) fn path_beside(table: &Path) -> PathBuf {
    without_gz(table).with_extension("json")
}

/// The path without the ending of a gzip file.
pub(crate) fn without_gz(table: &Path) -> PathBuf {
    match table.extension() {
        Some(extension) if extension.eq_ignore_ascii_case("gz") => table.with_extension(""),
        _ => table.to_owned(),
    }
}

/// Reads the metadata beside a table.
pub(crate) fn read_beside(table: &Path) -> Result<Found, IoError> {
    let path = path_beside(table);
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Found::Nothing),
        Err(error) => return Err(IoError::read(&path)(error)),
    };
    let mut bytes = Vec::new();
    file.take(MAX_METADATA_BYTES + 1).read_to_end(&mut bytes).map_err(IoError::read(&path))?;
    if bytes.len() as u64 > MAX_METADATA_BYTES {
        let (found, limit) = (bytes.len() as u64, MAX_METADATA_BYTES);
        return Err(IoError::Limit { path, place: "metadata".into(), found, unit: "bytes", limit });
    }
    parse(&path, &bytes)
}

/// Parses the metadata that stands in the file `path`.
pub(crate) fn parse(path: &Path, bytes: &[u8]) -> Result<Found, IoError> {
    /// Enough of it to know whose it is and which version.
    #[derive(Deserialize)]
    struct Header {
        format: Option<String>,
        version: Option<u64>,
    }
    let path = path.to_owned();
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let header: Header = match serde_json::from_slice(bytes) {
        Ok(header) => header,
        // Sound JSON of another shape is someone else's file.
        Err(error) if error.is_data() => return Ok(Found::Foreign),
        Err(error) => return Err(IoError::Metadata { path, source: Box::new(error) }),
    };
    if header.format.as_deref() != Some(FORMAT) {
        return Ok(Found::Foreign);
    }
    if let Some(found) = header.version.filter(|&version| version > VERSION) {
        return Err(IoError::MetadataVersion { path, found, known: VERSION });
    }
    match serde_json::from_slice::<Metadata>(bytes) {
        Ok(metadata) => match metadata.unit.as_deref().map(str::parse::<TraceUnit>) {
            Some(Err(error)) => {
                let source = Box::new(serde::de::Error::custom(format!("unit: {error}")));
                Err(IoError::Metadata { path, source })
            }
            Some(Ok(_)) | None => Ok(Found::Ours(metadata)),
        },
        Err(error) => Err(IoError::Metadata { path, source: Box::new(error) }),
    }
}
