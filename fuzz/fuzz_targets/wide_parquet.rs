//! Wide Parquet tables: read, written and read again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use nervering_fuzz::{read, survives_writing};
use nervering_io::{WideParquet, write_parquet};

fuzz_target!(|bytes: &[u8]| {
    for recording in read(&WideParquet, bytes).into_iter().flat_map(|outcome| outcome.recordings) {
        survives_writing(&recording, write_parquet);
    }
});
