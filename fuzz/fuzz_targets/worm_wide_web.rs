//! WormWideWeb JSON.

#![no_main]

use libfuzzer_sys::fuzz_target;
use nervering_fuzz::read;
use nervering_io::WormWideWeb;

fuzz_target!(|bytes: &[u8]| {
    read(&WormWideWeb, bytes);
});
