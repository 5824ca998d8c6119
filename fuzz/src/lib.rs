//! What the fuzz targets share: the input as a file in memory, and the property that what was read
//! can be written and read again. That of what is stored is in [`stored`].

#[path = "../../crates/nervering-fit/tests/common/mod.rs"]
mod common;
#[path = "../../crates/nervering-study/tests/common/stored.rs"]
pub mod stored;

#[path = "../../crates/nervering-io/tests/common/same.rs"]
mod same;

use nervering_io::{IoError, ReadOptions, ReadOutcome, Reader, Warning, read_recordings};
use nervering_recording::Recording;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// A folder in memory where there is one, of this process alone.
pub fn folder() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let memory = Path::new("/dev/shm");
        let base = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
        let folder = base.join(format!("nervering-fuzz-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder for the input");
        folder
    })
}

/// Reads bytes as a file by one reader. An error must name the file.
pub fn read(reader: &dyn Reader, bytes: &[u8]) -> Option<ReadOutcome> {
    check(bytes, |path| {
        let head = &bytes[..bytes.len().min(8192)];
        if !reader.recognises(head) {
            return None;
        }
        let confirmed = reader.confirms(path).map(|_| ());
        Some(confirmed.and_then(|()| reader.read(path, &ReadOptions::default())))
    })
}

/// Reads bytes as a file of whatever format they are recognised as.
pub fn read_any(bytes: &[u8]) -> Option<ReadOutcome> {
    check(bytes, |path| Some(read_recordings(path, &ReadOptions::default())))
}

fn check(
    bytes: &[u8],
    read: impl FnOnce(&Path) -> Option<Result<ReadOutcome, IoError>>,
) -> Option<ReadOutcome> {
    let path = folder().join("input");
    std::fs::write(&path, bytes).expect("to write the input");
    match read(&path)? {
        Ok(outcome) => Some(outcome),
        Err(error) => {
            assert!(error.to_string().contains("input"), "{error}");
            None
        }
    }
}

/// Writes a recording, reads it again, and compares every part to the last bit.
pub fn survives_writing(
    recording: &Recording,
    write: impl Fn(&Recording, &Path) -> Result<(), IoError>,
) {
    let path = folder().join("written");
    match write(recording, &path) {
        Ok(()) => {}
        // The one thing that no table can hold.
        Err(IoError::UnwritableLabel { .. }) => return,
        Err(error) => panic!("failed to write what was read: {error}"),
    }
    let read = read_recordings(&path, &ReadOptions::default()).expect("to read what was written");
    // Any text may look like a name.
    let about_labels = |w: &Warning| matches!(w.kind, "unknown-name" | "not-a-neuron");
    assert!(read.warnings.iter().all(about_labels), "{:?}", read.warnings);
    let [read] = read.recordings.as_slice() else { panic!("one animal was written") };
    same::assert_same(read, recording);
}
