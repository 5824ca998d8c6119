//! The h5 files of the Flavell laboratory.

#![no_main]

use libfuzzer_sys::fuzz_target;
use nervering_fuzz::read;
use nervering_io::FlavellH5;

fuzz_target!(|bytes: &[u8]| {
    read(&FlavellH5, bytes);
});
