//! The list of all readers. A new format is one file with a [`Reader`] and one line in [`READERS`].

use crate::error::IoError;
use crate::flavell_h5::FlavellH5;
use crate::matlab::Matlab;
use crate::nwb::Nwb;
use crate::reader::Reader;
use crate::wide_csv::WideCsv;
use crate::wide_parquet::WideParquet;
use crate::worm_wide_web::WormWideWeb;
use std::path::Path;

/// Every reader, the most particular first: the first that recognises a file reads it.
pub static READERS: &[&dyn Reader] =
    &[&Nwb, &FlavellH5, &Matlab, &WideCsv, &WideParquet, &WormWideWeb];

/// The reader that claims a file, if one does.
pub(crate) fn claimant(path: &Path, head: &[u8]) -> Result<Option<&'static dyn Reader>, IoError> {
    for reader in READERS {
        if reader.recognises(head) && reader.confirms(path)? {
            return Ok(Some(*reader));
        }
    }
    Ok(None)
}
