//! Writing a file so that it is there as a whole or not at all.

use crate::error::IoError;
use std::fs::{self, File, OpenOptions};
use std::io::{BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// How many leftovers of interrupted writers are stepped over before giving up.
const ATTEMPTS: u32 = 100;

/// Writes to a new file in the same folder, then gives it the name `path`, replacing what was
/// there. When `fill` or the disk fails, `path` is as it was and the new file is gone.
pub(crate) fn write_atomically(
    path: &Path,
    fill: impl FnOnce(&mut BufWriter<File>) -> std::io::Result<()>,
) -> Result<(), IoError> {
    let (partial, file) = create_beside(path).map_err(IoError::write(path))?;
    let written = (|| {
        let mut writer = BufWriter::new(file);
        fill(&mut writer)?;
        writer.flush()?;
        writer.into_inner().map_err(|error| error.into_error())?.sync_all()?;
        fs::rename(&partial, path)
    })();
    written.map_err(|source| {
        // The write has failed already; a leftover that cannot be removed changes nothing.
        let _ = fs::remove_file(&partial);
        IoError::Write { path: path.to_owned(), source }
    })
}

fn create_beside(path: &Path) -> std::io::Result<(PathBuf, File)> {
    let Some(name) = path.file_name() else {
        return Err(std::io::Error::new(ErrorKind::InvalidInput, "the path names no file"));
    };
    for attempt in 0..ATTEMPTS {
        let mut partial_name = name.to_owned();
        partial_name.push(format!(".{attempt}.partial"));
        let partial = path.with_file_name(partial_name);
        match OpenOptions::new().write(true).create_new(true).open(&partial) {
            Ok(file) => return Ok((partial, file)),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    let text = format!("{ATTEMPTS} unfinished .partial files stand beside it; remove them");
    Err(std::io::Error::new(ErrorKind::AlreadyExists, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_write_leaves_the_old_file_and_no_other() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.csv");
        write_atomically(&path, |w| w.write_all(b"old")).unwrap();
        let error = write_atomically(&path, |w| {
            w.write_all(b"new")?;
            Err(std::io::Error::other("disk full"))
        })
        .unwrap_err();
        assert!(error.chain().contains("disk full"), "{error}");
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn leftovers_of_an_interrupted_writer_are_stepped_over() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.csv");
        fs::write(dir.path().join("a.csv.0.partial"), b"half").unwrap();
        write_atomically(&path, |w| w.write_all(b"whole")).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"whole");
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let path = Path::new("no-such-folder/a.csv");
        let error = write_atomically(path, |_| Ok(())).unwrap_err();
        assert!(error.to_string().contains("no-such-folder"), "{error}");
    }
}
