//! MATLAB v7.3 files, in whatever layout they are recognised as.

#![no_main]

use libfuzzer_sys::fuzz_target;
use nervering_fuzz::read_any;

fuzz_target!(|bytes: &[u8]| {
    // With or without MATLAB's header of 512 bytes before the HDF5 signature.
    if [0, 512].iter().any(|&at| bytes.get(at..).is_some_and(|b| b.starts_with(b"\x89HDF"))) {
        read_any(bytes);
    }
});
