//! Model files, of decoders and of forecasters.

#![no_main]

use libfuzzer_sys::fuzz_target;
use nervering_fuzz::stored::reads_as_model;

fuzz_target!(|bytes: &[u8]| {
    reads_as_model(bytes);
});
