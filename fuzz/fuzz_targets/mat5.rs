//! MATLAB v5 files.

#![no_main]

use libfuzzer_sys::fuzz_target;
use nervering_fuzz::read_any;

fuzz_target!(|bytes: &[u8]| {
    if bytes.starts_with(b"MATLAB 5.0 MAT-file") {
        read_any(bytes);
    }
});
