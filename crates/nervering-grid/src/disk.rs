//! The operations on files and folders that a grid rests on, in one place, so that tests can let any of
//! them fail ([`faults`](crate::faults)). They say no more than the system does; callers name the path.

use crate::injected::{check, check_write};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// Makes a folder and those above it, where they are not there.
pub(crate) fn create_folder(path: &Path) -> io::Result<()> {
    check(path)?;
    fs::create_dir_all(path)
}

/// A new file, or the one that is there with nothing in it.
pub(crate) fn create(path: &Path) -> io::Result<File> {
    check(path)?;
    File::create(path)
}

/// A file to be read and written, made if it is not there.
pub(crate) fn open_or_create(path: &Path) -> io::Result<File> {
    check(path)?;
    OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)
}

/// Writes all bytes.
pub(crate) fn write(path: &Path, file: &mut File, bytes: &[u8]) -> io::Result<()> {
    check_write(path, file, bytes)?;
    file.write_all(bytes)
}

/// Waits until the disk has what was written.
pub(crate) fn sync(path: &Path, file: &File) -> io::Result<()> {
    check(path)?;
    file.sync_all()
}

/// Gives a file another name, in the place of what has it.
pub(crate) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    check(to)?;
    fs::rename(from, to)
}

/// Removes a file.
pub(crate) fn remove_file(path: &Path) -> io::Result<()> {
    check(path)?;
    fs::remove_file(path)
}

/// Removes a folder and everything in it.
pub(crate) fn remove_folder(path: &Path) -> io::Result<()> {
    check(path)?;
    fs::remove_dir_all(path)
}

/// Opens a file to read it.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    check(path)?;
    File::open(path)
}
