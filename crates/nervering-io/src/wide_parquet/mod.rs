//! The wide table as a Parquet file: smaller and faster than CSV, and opened by pandas as well.
//!
//! The columns are those of [`crate::table`]: `time_s` and the neurons are DOUBLE, `state` is a
//! STRING; a missing value is NaN or null. Our metadata stand in the key-value block of the file
//! under `nervering-recording`. [`write_parquet`] writes one row group, compressed with Snappy.
//!
//! [`WideParquet`] also reads the tables of others, with their columns in any order and any number of
//! row groups. A column means what its logical type says ([`types`]): whole numbers signed and
//! unsigned, DECIMAL, FLOAT16; `time_s` may also be a duration, a TIME or a TIMESTAMP. A type that is
//! not understood is refused by its name, and so are encodings and compressions that are not read.
//!
//! The `parquet` crate writes; what is here reads, since the crate's readers trust the file: [`footer`]
//! and [`schema`] what there is, [`arrow`] and [`pandas`] what those two add, [`file`](self::file) the
//! columns of the table, [`pages`], [`codec`], [`decode`] and [`delta`] the bytes of every value, and
//! [`values`] the number that it is.

mod arrow;
mod codec;
mod decode;
mod delta;
mod fault;
mod file;
mod footer;
mod marks;
mod meaning;
mod pages;
mod pandas;
mod read;
mod schema;
mod thrift;
mod types;
mod values;
mod varint;
mod write;

pub use write::write_parquet;

use crate::error::IoError;
use crate::options::ReadOptions;
use crate::outcome::ReadOutcome;
use crate::reader::Reader;
use marks::{ENCRYPTED_MAGIC, MAGIC};
use std::path::Path;

/// Reads the wide table.
pub struct WideParquet;

impl Reader for WideParquet {
    fn name(&self) -> &'static str {
        "wide Parquet"
    }

    /// Any Parquet file; one that is no wide table is refused with what it lacks.
    fn recognises(&self, head: &[u8]) -> bool {
        head.starts_with(MAGIC) || head.starts_with(ENCRYPTED_MAGIC)
    }

    /// A column of times; damage is left to reading, which tells it.
    fn confirms(&self, path: &Path) -> Result<bool, IoError> {
        Ok(read::may_be_wide(path))
    }

    fn is_one_animal(&self) -> bool {
        true
    }

    fn read(&self, path: &Path, options: &ReadOptions) -> Result<ReadOutcome, IoError> {
        read::read_parquet(path, options)
    }
}
