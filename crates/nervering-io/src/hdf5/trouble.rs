//! Why HDF5 could not answer; the place is added by whoever asked.

use crate::error::IoError;
use std::path::Path;

/// Writes data sets again without compression and other filters, as one command.
pub(super) const WITHOUT_FILTERS: &str = "write the file again without it, with `h5repack -f NONE in.h5 out.h5`, or with h5py (and `import hdf5plugin` where the filter is one of its)";
/// The way out for element types and places of values.
pub(super) const AS_NUMBERS: &str =
    "open the file with h5py and write the values as an array of float64 to a new file";

/// What is wrong with an object that was asked for.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// The bytes end or do not parse.
    Damaged(Box<dyn std::error::Error + Send + Sync>),
    /// Sound HDF5 that is not read here.
    Unsupported { found: String, advice: &'static str },
    /// More than this program allocates.
    Limit { found: u64, unit: &'static str, limit: u64 },
}

impl Trouble {
    pub(super) fn damaged(text: impl Into<String>) -> Self {
        Self::Damaged(text.into().into())
    }

    pub(super) fn unsupported(found: impl Into<String>, advice: &'static str) -> Self {
        Self::Unsupported { found: found.into(), advice }
    }

    /// The error of a file that is not MATLAB's.
    pub(crate) fn at(self, path: &Path, place: &str) -> IoError {
        let (path, place) = (path.to_owned(), place.to_owned());
        match self {
            Self::Damaged(source) => {
                IoError::Hdf5 { path, place, advice: "fetch or copy it again", source }
            }
            Self::Unsupported { found, advice } => {
                IoError::Unsupported { path, place, found, advice: advice.into() }
            }
            Self::Limit { found, unit, limit } => {
                IoError::Limit { path, place, found, unit, limit }
            }
        }
    }
}

impl From<hdf5_reader::error::Error> for Trouble {
    fn from(error: hdf5_reader::error::Error) -> Self {
        Self::Damaged(Box::new(error))
    }
}
