//! The wide table as a Parquet file: smaller and faster than CSV, and opened by pandas as well.
//!
//! The columns are those of [`crate::table`]: `time_s` and the neurons are DOUBLE, `state` is a
//! STRING; a missing value is NaN or null. Our metadata stand in the key-value block of the file
//! under `nervering-recording`. [`write_parquet`] writes one row group, compressed with Snappy;
//! [`WideParquet`] also reads the tables of others: any number of row groups, 32-bit numbers,
//! integers, dictionaries, with Snappy, gzip, Zstandard (what polars writes) or no compression.
//!
//! The `parquet` crate writes; [`footer`], [`pages`] and [`decode`] read, since the crate's readers trust
//! the file.

mod decode;
mod footer;
mod pages;
mod read;
mod thrift;
mod write;

pub use write::write_parquet;

use crate::error::IoError;
use crate::options::ReadOptions;
use crate::reader::{ReadOutcome, Reader};
use std::path::Path;

/// The first and the last bytes of a file.
const MAGIC: &[u8] = b"PAR1";
/// The key of our metadata.
const METADATA_KEY: &str = "nervering-recording";

/// Reads the wide table.
pub struct WideParquet;

impl Reader for WideParquet {
    fn name(&self) -> &'static str {
        "wide Parquet"
    }

    /// Any Parquet file; one that is no wide table is refused with what it lacks.
    fn recognises(&self, head: &[u8]) -> bool {
        head.starts_with(MAGIC)
    }

    fn read(&self, path: &Path, options: &ReadOptions) -> Result<ReadOutcome, IoError> {
        read::read_parquet(path, options)
    }
}
