//! Single files: whole or absent when they are written, and what is not there is no error.

use crate::disk;
use crate::error::GridError;
use std::fs;
use std::io::{ErrorKind, Read};
use std::path::Path;

/// Writes beside the target and renames, so that a file is whole or absent. Folders above it are
/// made. What a failure leaves is removed.
///
/// # Errors
/// [`GridError::Io`] when the path names no file or the system refuses.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), GridError> {
    write_beside(path, bytes, ".part")
}

/// As [`write_atomically`], where another process may write the same file at the same moment, as shards
/// that begin together do.
///
/// # Errors
/// As [`write_atomically`].
pub fn write_apart(path: &Path, bytes: &[u8]) -> Result<(), GridError> {
    write_beside(path, bytes, &format!(".{}.part", std::process::id()))
}

fn write_beside(path: &Path, bytes: &[u8], ending: &str) -> Result<(), GridError> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        let none = std::io::Error::other("the path names no file");
        return Err(GridError::io(path, "write the file")(none));
    };
    disk::create_folder(folder).map_err(GridError::io(folder, "create the folder"))?;
    let mut name = name.to_owned();
    name.push(ending);
    let part = folder.join(name);
    let write = || {
        let mut file = disk::create(&part)?;
        disk::write(&part, &mut file, bytes)?;
        disk::sync(&part, &file)?;
        disk::rename(&part, path)
    };
    write().map_err(|source| {
        // The write has failed already; a leftover that cannot be removed changes nothing.
        let _ = disk::remove_file(&part);
        GridError::io(path, "write the file")(source)
    })
}

/// The bytes of a file, if there is one.
///
/// # Errors
/// [`GridError::Io`] when the system refuses, or when it is no file but, for example, a pipe that
/// would be waited for.
pub fn read_if_there(path: &Path) -> Result<Option<Vec<u8>>, GridError> {
    let error = || GridError::io(path, "read the file");
    match fs::metadata(path) {
        Ok(found) if found.is_file() => {
            let mut bytes = Vec::new();
            let read = disk::open(path).and_then(|mut file| file.read_to_end(&mut bytes));
            read.map(|_| Some(bytes)).map_err(error())
        }
        Ok(_) => Err(error()(std::io::Error::other("it is no regular file"))),
        Err(missing) if missing.kind() == ErrorKind::NotFound => Ok(None),
        Err(other) => Err(error()(other)),
    }
}

/// Removes a file, if there is one.
///
/// # Errors
/// [`GridError::Io`] when the system refuses.
pub fn remove_if_there(path: &Path) -> Result<(), GridError> {
    match disk::remove_file(path) {
        Err(source) if source.kind() != ErrorKind::NotFound => {
            Err(GridError::io(path, "remove the file")(source))
        }
        _ => Ok(()),
    }
}

/// Removes a folder with everything in it, if there is one.
///
/// # Errors
/// [`GridError::Io`] when the system refuses.
pub fn remove_folder_if_there(path: &Path) -> Result<(), GridError> {
    match disk::remove_folder(path) {
        Err(source) if source.kind() != ErrorKind::NotFound => {
            Err(GridError::io(path, "remove the folder")(source))
        }
        _ => Ok(()),
    }
}
