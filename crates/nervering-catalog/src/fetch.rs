//! Fetching one file into the cache: from its publisher, from a lab's own server, or from a folder.
//!
//! [`fetch`] says the steps. Bytes arrive in `<name>.part`, which is locked; when their SHA-256 is
//! the published one, or the one pinned at first use, the file gets its name in one step. So a file
//! under its own name is whole. A download that broke off goes on where it stopped, unless the
//! server has another version by then; the version is kept in `<name>.part.etag`.

use crate::cache::{Cache, Pin};
use crate::datasets::{Address, Dataset, RemoteFile};
use crate::error::CatalogError;
use crate::listing::address_in;
use crate::web::{Answer, Rest, Web, is_interruption, parse_content_range};
use sha2::{Digest, Sha256};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Where to fetch from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The publisher.
    Publisher,
    /// A lab's own server: `<address>/<file>`.
    MirrorUrl(String),
    /// A folder with copies: `<folder>/<file>`.
    MirrorFolder(PathBuf),
}

impl Source {
    /// Reads what a user names as a mirror: an address, or else a folder.
    pub fn mirror(text: &str) -> Self {
        if text.contains("://") {
            Self::MirrorUrl(text.trim_end_matches('/').to_owned())
        } else {
            Self::MirrorFolder(PathBuf::from(text))
        }
    }
}

/// Whether the network may be used.
#[derive(Debug, Clone)]
pub enum Network {
    /// As far as this goes.
    Allowed(Web),
    /// Not at all.
    Off,
}

/// How far a download is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Received {
    /// Bytes that are there.
    pub bytes: u64,
    /// Bytes there will be, where the server says so.
    pub of: Option<u64>,
}

/// A file that is in the cache and verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// Where it is.
    pub path: PathBuf,
    /// Its SHA-256 in lowercase hexadecimal.
    pub sha256: String,
    /// How it got there.
    pub how: How,
    /// What its checksum was compared with.
    pub verified: Verified,
}

/// How a file got into the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// It was there before.
    AlreadyThere,
    /// From the network; so many of its bytes were there from an earlier attempt.
    Downloaded {
        /// Bytes from an earlier attempt.
        resumed_from: u64,
    },
    /// From a folder.
    Copied,
}

/// What a checksum was compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verified {
    /// The published one.
    Published,
    /// The one of the first copy on this machine.
    Pinned,
    /// Nothing: this is the first copy, and its checksum has been pinned.
    PinnedNow,
}

/// Fetches a file of a data set, or verifies the copy that is there.
///
/// `progress` is called as bytes arrive.
///
/// # Errors
/// [`CatalogError`]: the network is off, the address or an answer is not taken, the connection broke
/// off, the checksum is another one, or the disk refuses.
pub fn fetch(
    dataset: &Dataset,
    file: &RemoteFile,
    cache: &Cache,
    source: &Source,
    network: &Network,
    progress: &mut dyn FnMut(Received),
) -> Result<Fetched, CatalogError> {
    let path = cache.path(dataset, file);
    let known = Known::of(dataset, file, cache)?;
    if path.is_file() {
        let sha256 = sha256_of(&path)?;
        let advice = "it has changed since; move it away and fetch it again".to_owned();
        known.check(&sha256, &path.display().to_string(), advice)?;
        let from = path.display().to_string();
        let arrived = Arrived { sha256, how: How::AlreadyThere, from };
        return known.accept(dataset, file, cache, arrived);
    }
    let web = match (source, network) {
        (Source::MirrorFolder(_), _) => None,
        (_, Network::Allowed(web)) => Some(web),
        (_, Network::Off) => return Err(CatalogError::Offline { file: file.name.into(), path }),
    };
    let partial = Partial::open(&path)?;
    let arrived = match (source, web) {
        (Source::MirrorFolder(folder), _) => {
            partial.copy(&folder.join(file.name), file, progress)?
        }
        (Source::MirrorUrl(base), Some(web)) => {
            partial.download(web, &format!("{base}/{}", file.name), file, &known, progress)?
        }
        (_, Some(web)) => {
            let url = match file.address {
                Address::File(url) => url.to_owned(),
                Address::OsfListing(url) => address_in(&web.get_listing(url)?, url, dataset, file)?,
            };
            partial.download(web, &url, file, &known, progress)?
        }
        (_, None) => return Err(CatalogError::Offline { file: file.name.into(), path }),
    };
    let advice = "what arrived was deleted; the file was changed on its way or replaced by its publisher: look at the project's page".to_owned();
    if let Err(error) = known.check(&arrived.sha256, &arrived.from, advice) {
        partial.discard()?;
        return Err(error);
    }
    partial.finish(&path)?;
    known.accept(dataset, file, cache, arrived)
}

/// The checksum that a file must have.
enum Known {
    Published(&'static str),
    Pinned(String),
    Nothing,
}

impl Known {
    fn of(dataset: &Dataset, file: &RemoteFile, cache: &Cache) -> Result<Self, CatalogError> {
        Ok(match (file.sha256, cache.pin(dataset, file)?) {
            (Some(sha256), _) => Self::Published(sha256),
            (None, Some(sha256)) => Self::Pinned(sha256),
            (None, None) => Self::Nothing,
        })
    }

    fn check(&self, found: &str, from: &str, what_to_do: String) -> Result<(), CatalogError> {
        let (expected, known) = match self {
            Self::Published(sha256) => (*sha256, "as published"),
            Self::Pinned(sha256) => (sha256.as_str(), "as the first copy on this machine had"),
            Self::Nothing => return Ok(()),
        };
        if found == expected {
            return Ok(());
        }
        let (found, expected) = (found.to_owned(), expected.to_owned());
        Err(CatalogError::Checksum { from: from.to_owned(), found, expected, known, what_to_do })
    }

    /// Pins the checksum where none was known.
    fn accept(
        &self,
        dataset: &Dataset,
        file: &RemoteFile,
        cache: &Cache,
        arrived: Arrived,
    ) -> Result<Fetched, CatalogError> {
        let Arrived { sha256, how, from, .. } = arrived;
        let path = cache.path(dataset, file);
        let verified = match self {
            Self::Published(_) => Verified::Published,
            Self::Pinned(_) => Verified::Pinned,
            Self::Nothing => {
                let bytes =
                    std::fs::metadata(&path).map_err(CatalogError::disk(&path, "read"))?.len();
                cache.set_pin(dataset, file, Pin { sha256: sha256.clone(), bytes, from })?;
                Verified::PinnedNow
            }
        };
        Ok(Fetched { path, sha256, how, verified })
    }
}

/// Bytes that have arrived and are not verified yet.
struct Arrived {
    sha256: String,
    how: How,
    from: String,
}

/// The file that bytes arrive in, locked against other processes.
struct Partial {
    path: PathBuf,
    file: File,
}

impl Partial {
    fn open(target: &Path) -> Result<Self, CatalogError> {
        let path = with_suffix(target, ".part");
        let folder = target.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder).map_err(CatalogError::disk(folder, "create"))?;
        let options =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).clone();
        let file = options.open(&path).map_err(CatalogError::disk(&path, "write"))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { path, file }),
            Err(TryLockError::WouldBlock) => Err(CatalogError::Busy { path }),
            Err(TryLockError::Error(error)) => Err(CatalogError::disk(path, "lock")(error)),
        }
    }

    fn etag_path(&self) -> PathBuf {
        with_suffix(&self.path, ".etag")
    }

    fn disk(&self, what: &'static str) -> impl FnOnce(std::io::Error) -> CatalogError {
        CatalogError::disk(&self.path, what)
    }

    /// What is there of an earlier attempt and can be gone on with: where no checksum tells in the
    /// end whether two parts belong together, only if the version of the first is known.
    fn rest(&self, known: &Known) -> Result<Option<Rest>, CatalogError> {
        let from = self.file.metadata().map_err(self.disk("read"))?.len();
        let etag = std::fs::read_to_string(self.etag_path()).ok().filter(|etag| !etag.is_empty());
        let unsafe_to_join = etag.is_none() && matches!(known, Known::Nothing);
        Ok((from > 0 && !unsafe_to_join).then_some(Rest { from, etag }))
    }

    fn download(
        &self,
        web: &Web,
        url: &str,
        file: &RemoteFile,
        known: &Known,
        progress: &mut dyn FnMut(Received),
    ) -> Result<Arrived, CatalogError> {
        let rest = self.rest(known)?;
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
        let (from, total) = self.beginning(&answer, rest.as_ref())?;
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
    ) -> Result<(u64, Option<u64>), CatalogError> {
        let url = || answer.url.clone();
        match (answer.status(), rest) {
            // Also where a rest was asked for: another version, or a server without ranges.
            (200, _) => Ok((0, answer.length())),
            (206, Some(rest)) => {
                let said = answer.content_range().unwrap_or_default();
                match parse_content_range(&said) {
                    Some((from, total)) if from == rest.from => {
                        let by_length = answer.length().map(|length| from + length);
                        Ok((from, total.or(by_length)))
                    }
                    _ => {
                        self.discard()?;
                        Err(CatalogError::Range { url: url(), asked: rest.from, found: said })
                    }
                }
            }
            (status, _) => Err(CatalogError::Status { url: url(), status }),
        }
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

    fn copy(
        &self,
        from: &Path,
        file: &RemoteFile,
        progress: &mut dyn FnMut(Received),
    ) -> Result<Arrived, CatalogError> {
        if !from.is_file() {
            return Err(CatalogError::NotOnMirror {
                path: from.to_owned(),
                file: file.name.into(),
            });
        }
        let read = CatalogError::disk;
        let mut original = File::open(from).map_err(read(from, "read"))?;
        let length = original.metadata().map_err(read(from, "read"))?.len();
        if length > file.max_bytes {
            let (url, limit) = (from.display().to_string(), file.max_bytes);
            return Err(CatalogError::TooLarge { url, found: length, limit });
        }
        self.keep(0)?;
        std::io::copy(&mut original, &mut &self.file).map_err(self.disk("write"))?;
        progress(Received { bytes: length, of: Some(length) });
        let sha256 = sha256_of(&self.path)?;
        Ok(Arrived { sha256, how: How::Copied, from: from.display().to_string() })
    }

    /// Deletes what has arrived.
    fn discard(&self) -> Result<(), CatalogError> {
        self.file.set_len(0).map_err(self.disk("write"))?;
        remove_if_there(&self.etag_path())
            .and_then(|()| remove_if_there(&self.path))
            .map_err(self.disk("delete"))
    }

    /// Gives the file its name.
    fn finish(self, target: &Path) -> Result<(), CatalogError> {
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

fn sha256_of(path: &Path) -> Result<String, CatalogError> {
    let file = File::open(path).map_err(CatalogError::disk(path, "read"))?;
    let mut hasher = Sha256::new();
    hash_into(&file, &mut hasher).map_err(CatalogError::disk(path, "read"))?;
    Ok(hexadecimal(hasher))
}

fn hash_into(mut file: &File, hasher: &mut Sha256) -> std::io::Result<()> {
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(()),
            n => hasher.update(&buffer[..n]),
        }
    }
}

fn hexadecimal(hasher: Sha256) -> String {
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
