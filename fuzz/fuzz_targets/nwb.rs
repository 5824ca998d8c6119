//! NWB files.

#![no_main]

use libfuzzer_sys::fuzz_target;
use nervering_fuzz::read;
use nervering_io::Nwb;

fuzz_target!(|bytes: &[u8]| {
    read(&Nwb, bytes);
});
