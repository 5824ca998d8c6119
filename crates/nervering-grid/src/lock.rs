//! Keeping a second run out of a folder: [`Lock`] holds `study.lock`, which names its owner. The system
//! lets go of it when its owner dies, so that what a dead owner has left is taken over.

use crate::disk;
use crate::error::GridError;
use std::fs::{self, File, TryLockError};
use std::io::Read;
use std::path::{Path, PathBuf};

const LOCK: &str = "study.lock";
/// Bytes read of what stands in a lock.
const MOST_BYTES: u64 = 300;

/// A folder that no other run may change until this is dropped.
#[derive(Debug)]
pub struct Lock {
    path: PathBuf,
    /// Locked until it is closed.
    _file: File,
}

impl Lock {
    /// Takes a folder, which is made if it is not there; `owner` says in words who has it, for
    /// example host, process and time.
    ///
    /// # Errors
    /// [`GridError::InUse`] when another run has it, [`GridError::Io`] when the system refuses.
    pub fn take(root: &Path, owner: &str) -> Result<Self, GridError> {
        let path = root.join(LOCK);
        let error = || GridError::io(&path, "lock the folder");
        disk::create_folder(root).map_err(GridError::io(root, "create the folder"))?;
        loop {
            let mut file = disk::open_or_create(&path).map_err(error())?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    let mut owner = String::new();
                    // What cannot be read cannot be said; that it is locked is sure.
                    let _ = file.take(MOST_BYTES).read_to_string(&mut owner);
                    let owner = owner.trim().to_owned();
                    return Err(GridError::InUse { path, owner });
                }
                Err(TryLockError::Error(source)) => return Err(error()(source)),
            }
            let write = |file: &mut File| {
                file.set_len(0)?;
                disk::write(&path, file, format!("{owner}\n").as_bytes())
            };
            write(&mut file).map_err(error())?;
            // Its last owner removes the file before it lets go of it, so that this may be one that
            // no longer stands there, while another run has the one that does.
            if fs::read_to_string(&path).is_ok_and(|found| found.trim_end() == owner) {
                return Ok(Self { path, _file: file });
            }
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // The next owner takes a file that is left as it takes none.
        let _ = disk::remove_file(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_run_is_told_who_has_the_folder_and_what_a_dead_one_left_is_taken_over() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(LOCK), "process 1 on another host").unwrap();
        let first = Lock::take(dir.path(), "process 7 on worm").unwrap();
        let error = Lock::take(dir.path(), "process 8 on worm").unwrap_err();
        assert!(error.to_string().contains("in use by process 7 on worm"), "{error}");
        drop(first);
        assert!(!dir.path().join(LOCK).exists());
        Lock::take(dir.path(), "process 8 on worm").unwrap();
    }
}
