//! Study files, of both tasks.

#![no_main]

use libfuzzer_sys::fuzz_target;
use nervering_fuzz::stored::reads_as_study;

fuzz_target!(|bytes: &[u8]| {
    reads_as_study(bytes);
});
