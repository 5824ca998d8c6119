//! For tests: [`Faults`] lets the n-th operation on files in one folder fail, as on a full disk, and says
//! afterwards which one that was. Other folders, and so other tests, do not notice. It is part of every build,
//! so that what is tested is what runs; where no test asks for it, an operation on a file costs one free lock
//! more.

use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What happens after the first operation that fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// All others succeed.
    Succeed,
    /// All others fail, those too that tidy up.
    Fail,
}

/// One folder in which an operation is to fail.
#[derive(Debug)]
struct Armed {
    root: PathBuf,
    /// Counted from 0.
    nth: usize,
    then: Then,
    n_seen: usize,
    failed: Vec<PathBuf>,
}

static ARMED: Mutex<Vec<Armed>> = Mutex::new(Vec::new());

fn armed() -> MutexGuard<'static, Vec<Armed>> {
    // A test that failed elsewhere has left nothing half changed here.
    ARMED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Lets operations fail until it is dropped.
#[derive(Debug)]
pub struct Faults {
    root: PathBuf,
}

impl Faults {
    /// The `nth` operation, from 0, on this folder or in it is to fail.
    pub fn at(root: &Path, nth: usize, then: Then) -> Self {
        let root = root.to_owned();
        armed().push(Armed { root: root.clone(), nth, then, n_seen: 0, failed: Vec::new() });
        Self { root }
    }

    /// What the operations that failed were about, if it came to that.
    pub fn failed(&self) -> Vec<PathBuf> {
        let armed = armed();
        let this = armed.iter().find(|armed| armed.root == self.root);
        this.map_or_else(Vec::new, |armed| armed.failed.clone())
    }
}

impl Drop for Faults {
    fn drop(&mut self) {
        armed().retain(|armed| armed.root != self.root);
    }
}

/// Before an operation.
pub(crate) fn check(path: &Path) -> io::Result<()> {
    for armed in armed().iter_mut().filter(|armed| path.starts_with(&armed.root)) {
        let at = armed.n_seen;
        armed.n_seen += 1;
        if at == armed.nth || at > armed.nth && armed.then == Then::Fail {
            armed.failed.push(path.to_owned());
            return Err(ErrorKind::StorageFull.into());
        }
    }
    Ok(())
}

/// Before bytes are written: of a write that fails, half may have been done.
pub(crate) fn check_write(path: &Path, file: &mut File, bytes: &[u8]) -> io::Result<()> {
    check(path).inspect_err(|_| _ = file.write_all(&bytes[..bytes.len() / 2]))
}
