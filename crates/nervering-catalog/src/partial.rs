//! The file that bytes arrive in, before anyone has verified them.
//!
//! A [`Partial`] is `<name>.part`, locked against other processes. A download that broke off goes on
//! where it stopped, unless the server has another version of the file by then; the version (a strong
//! ETag) is kept in `<name>.part.etag`. What has arrived is hashed on the way, never in memory as a
//! whole, and never beyond the size that the file can have.

use crate::arrival::{How, Received, is_there};
use crate::datasets::RemoteFile;
use crate::error::CatalogError;
use crate::hash::{hash_into, hexadecimal};
use crate::pace::Pace;
use crate::web::{Answer, Rest, Web, is_interruption, parse_content_range};
use sha2::{Digest, Sha256};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Bytes that have arrived and are not verified yet.
pub(crate) struct Arrived {
    pub sha256: String,
    pub how: How,
    /// The address or path they came from.
    pub from: String,
}

/// Whether a checksum will tell in the end if the file is what it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Checksum {
    Known,
    Unknown,
}

/// The file that bytes arrive in, locked against other processes.
pub(crate) struct Partial {
    path: PathBuf,
    file: File,
}

impl Partial {
    /// Makes or opens the part of a file, and locks it.
    pub fn open(target: &Path) -> Result<Self, CatalogError> {
        let path = with_suffix(target, ".part");
        let folder = target.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder).map_err(CatalogError::disk(folder, "create"))?;
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let file = options.open(&path).map_err(CatalogError::disk(&path, "write"))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { path, file }),
            Err(TryLockError::WouldBlock) => Err(CatalogError::Busy { path }),
            Err(TryLockError::Error(error)) => Err(CatalogError::disk(path, "lock")(error)),
        }
    }

    /// Where the bytes are.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn etag_path(&self) -> PathBuf {
        with_suffix(&self.path, ".etag")
    }

    fn disk(&self, what: &'static str) -> impl FnOnce(std::io::Error) -> CatalogError {
        CatalogError::disk(&self.path, what)
    }

    /// What is there of an earlier attempt and can be gone on with. Where no checksum will tell in the
    /// end whether two parts belong together, only if the version of the first is known.
    fn rest(&self, checksum: Checksum) -> Result<Option<Rest>, CatalogError> {
        let from = self.file.metadata().map_err(self.disk("read"))?.len();
        let etag = std::fs::read_to_string(self.etag_path()).ok().filter(|etag| !etag.is_empty());
        let unsafe_to_join = etag.is_none() && checksum == Checksum::Unknown;
        Ok((from > 0 && !unsafe_to_join).then_some(Rest { from, etag }))
    }

    /// Downloads a file, or the rest of it, from an address.
    pub fn download(
        &self,
        web: &Web,
        url: &str,
        file: &RemoteFile,
        checksum: Checksum,
        progress: &mut dyn FnMut(Received),
    ) -> Result<Arrived, CatalogError> {
        let rest = self.rest(checksum)?;
        let mut answer = web.get(url, rest.as_ref())?;
        if let Some(rest) = rest.as_ref().filter(|_| answer.status() == 416) {
            // Nothing follows what is there: it is the whole file, or of no use.
            if answer.content_range() == Some(format!("bytes */{}", rest.from)) {
                let sha256 = hexadecimal(self.keep(rest.from)?);
                let how = How::Downloaded { resumed_from: rest.from };
                return Ok(Arrived { sha256, how, from: answer.url });
            }
            answer = web.get(url, None)?;
        }
        let (from, total) = self.beginning(&answer, rest.as_ref(), checksum)?;
        if let Some(found) = total.filter(|total| *total > file.max_bytes) {
            self.discard()?;
            return Err(CatalogError::TooLarge { url: answer.url, found, limit: file.max_bytes });
        }
        let mut hasher = self.keep(from)?;
        match answer.etag() {
            Some(etag) => std::fs::write(self.etag_path(), etag),
            None => remove_if_there(&self.etag_path()),
        }
        .map_err(CatalogError::disk(self.etag_path(), "write"))?;
        let url = answer.url.clone();
        let broken = |received: u64, source: std::io::Error| CatalogError::Connection {
            url: url.clone(),
            received,
            expected: total.map_or_else(String::new, |total| format!(" of {total}")),
            source,
        };
        let mut received = from;
        let mut body = answer.body();
        let mut buffer = vec![0; 1 << 16];
        let mut pace = Pace::of(web.patience());
        loop {
            progress(Received { bytes: received, of: total });
            let n = match body.read(&mut buffer) {
                Ok(0) => break,
                Ok(n) => n,
                Err(error) if is_interruption(&error) => continue,
                Err(error) => return Err(broken(received, error)),
            };
            received += n as u64;
            if received > file.max_bytes {
                self.discard()?;
                let (found, limit) = (received, file.max_bytes);
                return Err(CatalogError::TooLarge { url: url.clone(), found, limit });
            }
            hasher.update(&buffer[..n]);
            (&self.file).write_all(&buffer[..n]).map_err(self.disk("write"))?;
            pace.check(n).map_err(|slow| broken(received, slow))?;
        }
        if total.is_some_and(|total| received < total) {
            return Err(broken(received, std::io::ErrorKind::UnexpectedEof.into()));
        }
        let how = How::Downloaded { resumed_from: from };
        Ok(Arrived { sha256: hexadecimal(hasher), how, from: url })
    }

    /// The byte with which an answer begins, and the length of the whole file.
    fn beginning(
        &self,
        answer: &Answer,
        rest: Option<&Rest>,
        checksum: Checksum,
    ) -> Result<(u64, Option<u64>), CatalogError> {
        let rest = match (answer.status(), rest) {
            // Also where a rest was asked for: another version, or a server without ranges.
            (200, _) => return Ok((0, answer.length())),
            (206, Some(rest)) => rest,
            (status, _) => return Err(CatalogError::Status { url: answer.url.clone(), status }),
        };
        let said = answer.content_range().unwrap_or_default();
        let other_range = match parse_content_range(&said) {
            Some((from, total)) if from == rest.from => {
                let by_length = answer.length().map(|length| from + length);
                let found = answer.etag();
                let unsaid = found.is_none() || rest.etag.is_none();
                if found == rest.etag || (unsaid && checksum == Checksum::Known) {
                    return Ok((from, total.or(by_length)));
                }
                format!("{said} of version {}", found.unwrap_or_default())
            }
            _ => said,
        };
        self.discard()?;
        let url = answer.url.clone();
        Err(CatalogError::Range { url, asked: rest.from, found: other_range })
    }

    /// Keeps the first bytes, and hashes them.
    fn keep(&self, n_bytes: u64) -> Result<Sha256, CatalogError> {
        let mut file = &self.file;
        file.set_len(n_bytes).map_err(self.disk("write"))?;
        file.seek(SeekFrom::Start(0)).map_err(self.disk("read"))?;
        let mut hasher = Sha256::new();
        hash_into(file, &mut hasher).map_err(self.disk("read"))?;
        Ok(hasher)
    }

    /// Copies a file of this machine.
    pub fn copy(
        &self,
        from: &Path,
        file: &RemoteFile,
        progress: &mut dyn FnMut(Received),
    ) -> Result<Arrived, CatalogError> {
        if !is_there(from)? {
            return Err(CatalogError::NotOnMirror {
                path: from.to_owned(),
                file: file.name.into(),
            });
        }
        let read = || CatalogError::disk(from, "read");
        let mut original = File::open(from).map_err(read())?;
        let length = original.metadata().map_err(read())?.len();
        let mut hasher = self.keep(0)?;
        let mut buffer = vec![0; 1 << 16];
        let mut received = 0;
        loop {
            let found = length.max(received);
            if found > file.max_bytes {
                self.discard()?;
                let (url, limit) = (from.display().to_string(), file.max_bytes);
                return Err(CatalogError::TooLarge { url, found, limit });
            }
            progress(Received { bytes: received, of: Some(found) });
            let n = match original.read(&mut buffer) {
                Ok(0) => break,
                Ok(n) => n,
                Err(error) if is_interruption(&error) => continue,
                Err(error) => return Err(read()(error)),
            };
            hasher.update(&buffer[..n]);
            (&self.file).write_all(&buffer[..n]).map_err(self.disk("write"))?;
            received += n as u64;
        }
        let sha256 = hexadecimal(hasher);
        Ok(Arrived { sha256, how: How::Copied, from: from.display().to_string() })
    }

    /// Deletes what has arrived.
    pub fn discard(&self) -> Result<(), CatalogError> {
        self.file.set_len(0).map_err(self.disk("write"))?;
        remove_if_there(&self.etag_path())
            .and_then(|()| remove_if_there(&self.path))
            .map_err(self.disk("delete"))
    }

    /// Gives the file its name.
    pub fn finish(self, target: &Path) -> Result<(), CatalogError> {
        self.file.sync_all().map_err(self.disk("write"))?;
        remove_if_there(&self.etag_path()).map_err(self.disk("delete"))?;
        std::fs::rename(&self.path, target).map_err(CatalogError::disk(target, "write"))
    }
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn remove_if_there(path: &Path) -> std::io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
