//! Result files, of fits and of forecasts.

#![no_main]

use libfuzzer_sys::fuzz_target;
use nervering_fuzz::folder;
use nervering_fuzz::stored::reads_as_result;

fuzz_target!(|bytes: &[u8]| {
    reads_as_result(bytes, folder());
});
