//! What the operating system refuses while a file is read, kept apart from what is wrong with the file.
//!
//! Much of HDF5 is passed over where it does not read, since only its writer knows what it was for. A
//! disk that fails or a connection that breaks must not look like that, nor like damage: [`Watched`]
//! remembers the first refusal, and whoever opened the file asks for it when all is read.

use hdf5_reader::Storage;
use hdf5_reader::error::{Error, Result};
use hdf5_reader::storage::{DynStorage, StorageBuffer};
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

/// The first refusal, until it is taken.
#[derive(Clone, Default)]
pub(super) struct Refusal(Arc<Mutex<Option<io::Error>>>);

impl Refusal {
    pub fn take(&self) -> Option<io::Error> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Bytes of a file whose refusals are remembered.
pub(super) struct Watched {
    inner: DynStorage,
    refusal: Refusal,
}

impl Watched {
    pub fn new(inner: DynStorage, refusal: Refusal) -> Self {
        Self { inner, refusal }
    }
}

impl Storage for Watched {
    fn len(&self) -> u64 {
        self.inner.len()
    }

    fn read_range(&self, offset: u64, len: usize) -> Result<StorageBuffer> {
        #[cfg(test)]
        let read = if fault::is_now() {
            Err(Error::Io(io::Error::other("a fault of a test")))
        } else {
            self.inner.read_range(offset, len)
        };
        #[cfg(not(test))]
        let read = self.inner.read_range(offset, len);
        read.map_err(|error| match error {
            Error::Io(source) => {
                let told = io::Error::new(source.kind(), source.to_string());
                let mut first = self.refusal.0.lock().unwrap_or_else(PoisonError::into_inner);
                first.get_or_insert(source);
                Error::Io(told)
            }
            other => other,
        })
    }
}

/// Reads that fail, for tests.
#[cfg(test)]
pub(crate) mod fault {
    use std::cell::Cell;

    thread_local! {
        static LEFT: Cell<Option<usize>> = const { Cell::new(None) };
    }

    /// Lets so many reads of this thread pass and the next one fail.
    pub(crate) fn after(n_reads: usize) {
        LEFT.set(Some(n_reads));
    }

    /// Whether the read has not failed yet; no later one will.
    pub(crate) fn is_pending() -> bool {
        LEFT.take().is_some()
    }

    pub(super) fn is_now() -> bool {
        let left = LEFT.get();
        LEFT.set(left.and_then(|left| left.checked_sub(1)));
        left == Some(0)
    }
}
