//! Keeping a second run out of a folder: [`Lock`] holds `study.lock`, which names its owner. The system
//! lets go of it when its owner dies, so that what a dead owner has left is taken over.

use crate::disk;
use crate::error::GridError;
use std::fs::{self, File, TryLockError};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

const LOCK: &str = "study.lock";
/// Bytes read of what stands in a lock.
const MOST_BYTES: u64 = 300;
/// How often one that is held is tried again, and after how long.
const TRIES: usize = 3;
const BETWEEN: Duration = Duration::from_millis(20);

/// A folder that no other run may change until this is dropped.
#[derive(Debug)]
pub struct Lock {
    path: PathBuf,
    /// Locked until it is closed.
    file: File,
}

impl Lock {
    /// Takes a folder, which is made if it is not there; `owner` says in words who has it, for
    /// example host, process and time.
    ///
    /// # Errors
    /// [`GridError::InUse`] when another run has it, [`GridError::Io`] when the system refuses.
    pub fn take(root: &Path, owner: &str) -> Result<Self, GridError> {
        Self::of_file(root.join(LOCK), owner)
    }

    /// Takes a share of a folder: others may have one too, and nobody the whole.
    ///
    /// # Errors
    /// As [`Lock::take`].
    pub(crate) fn share(root: &Path, owner: &str) -> Result<Self, GridError> {
        Self::acquire(root.join(LOCK), owner, File::try_lock_shared)
    }

    /// Takes what this file stands for.
    ///
    /// # Errors
    /// As [`Lock::take`].
    pub(crate) fn of_file(path: PathBuf, owner: &str) -> Result<Self, GridError> {
        Self::acquire(path, owner, File::try_lock)
    }

    /// Whether somebody has what this file stands for. Where that cannot be told, nobody.
    pub(crate) fn is_held(path: &Path) -> bool {
        let held = |file: File| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock));
        File::open(path).is_ok_and(held)
    }

    fn acquire(
        path: PathBuf,
        owner: &str,
        try_lock: fn(&File) -> Result<(), TryLockError>,
    ) -> Result<Self, GridError> {
        let error = || GridError::io(&path, "lock the folder");
        let root = path.parent().unwrap_or(Path::new(""));
        disk::create_folder(root).map_err(GridError::io(root, "create the folder"))?;
        let mut n_tries = 0;
        loop {
            let mut file = disk::open_or_create(&path).map_err(error())?;
            match try_lock(&file) {
                Ok(()) => {}
                // Somebody may only have looked whether it is held.
                Err(TryLockError::WouldBlock) if n_tries < TRIES => {
                    n_tries += 1;
                    std::thread::sleep(BETWEEN);
                    continue;
                }
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
            if stands_there(&path, &file).map_err(error())? {
                return Ok(Self { path, file });
            }
        }
    }
}

/// Whether a file is the one at its path.
fn stands_there(path: &Path, file: &File) -> std::io::Result<bool> {
    let found = match fs::metadata(path) {
        Ok(found) => found,
        Err(missing) if missing.kind() == ErrorKind::NotFound => return Ok(false),
        Err(other) => return Err(other),
    };
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let own = file.metadata()?;
        Ok((own.dev(), own.ino()) == (found.dev(), found.ino()))
    }
    // Elsewhere a file that is open is not removed.
    #[cfg(not(unix))]
    {
        let _ = (found, file);
        Ok(true)
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // The last who has a share removes the file. The next owner takes a file that is left as it
        // takes none.
        if self.file.try_lock().is_ok() {
            let _ = disk::remove_file(&self.path);
        }
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

    #[test]
    fn shares_keep_the_whole_out_and_the_whole_keeps_shares_out() {
        let dir = tempfile::tempdir().unwrap();
        let (first, second) = (
            Lock::share(dir.path(), "shard 1").unwrap(),
            Lock::share(dir.path(), "shard 2").unwrap(),
        );
        assert!(matches!(Lock::take(dir.path(), "all"), Err(GridError::InUse { .. })));
        drop(first);
        assert!(Lock::take(dir.path(), "all").is_err());
        assert!(second.path.exists(), "the first has taken the file of the second away");
        drop(second);
        let all = Lock::take(dir.path(), "all").unwrap();
        assert!(Lock::is_held(&dir.path().join(LOCK)));
        let refused = Lock::share(dir.path(), "shard 3").unwrap_err().to_string();
        assert!(refused.contains("in use by all"), "{refused}");
        drop(all);
        assert!(!dir.path().join(LOCK).exists());
    }
}
