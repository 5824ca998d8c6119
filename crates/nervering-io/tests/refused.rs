//! What the operating system refuses is told as that, and not as damage or as another format. A folder
//! stands for it: it opens as a file does, and no byte of it can be read.
#![cfg(unix)]

use nervering_io::{IoError, READERS, ReadOptions, Reader, WormWideWeb};

#[test]
fn no_reader_calls_a_file_damaged_or_foreign_that_could_not_be_read() {
    let folder = tempfile::tempdir().unwrap();
    for reader in READERS {
        let read = reader.read(folder.path(), &ReadOptions::default());
        assert!(matches!(read, Err(IoError::Read { .. })), "{}: {read:?}", reader.name());
        let confirmed = reader.confirms(folder.path());
        let is_told = matches!(confirmed, Ok(true) | Err(IoError::Read { .. }));
        assert!(is_told, "{}: {confirmed:?}", reader.name());
    }
}

/// It once was "the JSON does not read; the file is truncated or damaged".
#[test]
fn json_that_could_not_be_read_is_not_called_damaged() {
    let folder = tempfile::tempdir().unwrap();
    let error = WormWideWeb.read(folder.path(), &ReadOptions::default()).unwrap_err();
    assert!(error.to_string().ends_with("failed to read"), "{error}");
}
