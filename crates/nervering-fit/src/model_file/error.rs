//! What can be wrong with the bytes of a model file.

use super::limits::{MAX_HEADER_BYTES, MAX_MODEL_BYTES};
use nervering_models::RestoreError;
use nervering_nn::snapshot::ParametersError;
use nervering_train::StatisticsError;

/// Why bytes are no model's.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelFileError {
    /// More bytes than a model takes.
    #[error("found more than {MAX_MODEL_BYTES} bytes, expected a model file of at most that")]
    TooLarge,
    /// A header that says it is larger than one.
    #[error(
        "found no safetensors file, or a damaged one: a header of {found} bytes, expected at most {MAX_HEADER_BYTES}"
    )]
    HeaderTooLarge {
        /// What it says.
        found: u64,
    },
    /// The bytes are not a safetensors file.
    #[error("found no safetensors file: {0}")]
    NotSafetensors(safetensors::SafeTensorError),
    /// A safetensors file of something else.
    #[error("found no metadata \"nervering\", expected a file that `nervering fit` has written")]
    NotAModel,
    /// Not the bytes that were written.
    #[error(
        "the checksum does not hold: the file was damaged or altered after it was written; fetch it again, or fit the model again"
    )]
    Altered,
    /// The metadata are not those of this version.
    #[error("metadata: {0}")]
    Header(serde_json::Error),
    /// The file is of a version that this program does not read.
    #[error("found model file version {found}, expected {expected}; {}", if *.found > u64::from(*.expected) { "update nervering" } else { "fit the model again" })]
    Version {
        /// Version of the file.
        found: u64,
        /// Version that is read.
        expected: u32,
    },
    /// A part of the metadata that cannot be.
    #[error("metadata, {field}: found {found}, expected {expected}")]
    Field {
        /// The part.
        field: &'static str,
        /// What is there.
        found: String,
        /// What could be.
        expected: String,
    },
    /// A name in the metadata that is none of the choices there are.
    #[error("metadata, {field}: {reason}")]
    Choice {
        /// The part.
        field: &'static str,
        /// What was found and what there is.
        reason: String,
    },
    /// A tensor that is missing, left over, or other than it should be.
    #[error("tensor {name:?}: found {found}, expected {expected}")]
    Tensor {
        /// Its name.
        name: String,
        /// What is there.
        found: String,
        /// What should be.
        expected: String,
    },
    /// Parameters that are not the network's.
    #[error(transparent)]
    Parameters(#[from] ParametersError),
    /// Statistics that are not the network's.
    #[error(transparent)]
    Statistics(#[from] StatisticsError),
    /// Arrays that are not the decoder's.
    #[error(transparent)]
    Decoder(#[from] RestoreError),
}

impl ModelFileError {
    pub(super) fn tensor(
        name: &str,
        found: impl Into<String>,
        expected: impl Into<String>,
    ) -> Self {
        let (found, expected) = (found.into(), expected.into());
        Self::Tensor { name: name.to_owned(), found, expected }
    }
}

/// A part of the metadata that cannot be.
pub(super) fn field(
    field: &'static str,
    found: impl Into<String>,
    expected: impl ToString,
) -> ModelFileError {
    ModelFileError::Field { field, found: found.into(), expected: expected.to_string() }
}
