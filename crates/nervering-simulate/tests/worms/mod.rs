//! The real partial worms, for comparison; `None` (and a line that says so) where absent.

use nervering_recording::Recording;
use std::path::PathBuf;

pub fn worms() -> Option<Vec<Recording>> {
    let data = std::env::var_os("NERVERING_DATA").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")),
        PathBuf::from,
    );
    let file = data.join("kato2015/WT_NoStim_part.mat");
    if !file.exists() {
        println!("skipped: no {}", file.display());
        return None;
    }
    Some(
        nervering_io::read_recordings(&file, &nervering_io::ReadOptions::default())
            .unwrap()
            .recordings,
    )
}
