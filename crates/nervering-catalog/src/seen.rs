//! Which files of the cache have been hashed before, so that using one costs its hash once.
//!
//! `seen.json` in the cache's folder keeps, for each file, the SHA-256 that was found and a [`Stamp`]
//! of the file as it was then: size, time of the last change in nanoseconds and, where there is one,
//! inode and the time of the last change of the inode, which no program can set back. It is only ever
//! a reason not to hash: an entry that says anything else than what is expected, and a memory that is
//! damaged, foreign, missing or cannot be written, mean that the file is hashed.
//!
//! A file may change twice within one tick of its file system's clock and keep its stamp. So a stamp
//! is kept only if it was [`SETTLED`] before the hash began, by the clock of the same file system.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{File, Metadata};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

const NAME: &str = "seen.json";
const FORMAT: &str = "nervering-seen";
const VERSION: u32 = 1;
/// Bytes of a memory; one entry takes some 200.
const MAX_BYTES: u64 = 1 << 20;
/// The coarsest clock of a file system, that of FAT.
const SETTLED: Duration = Duration::from_secs(2);

/// What tells whether a file is still the one that was hashed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stamp {
    bytes: u64,
    modified_ns: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    inode: Option<Inode>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Inode {
    number: u64,
    changed_ns: u64,
}

impl Stamp {
    /// None where the file system tells no time.
    pub fn of(metadata: &Metadata) -> Option<Self> {
        let modified_ns = nanoseconds(metadata.modified().ok()?)?;
        Some(Self { bytes: metadata.len(), modified_ns, inode: inode(metadata) })
    }

    /// When the file changed last, as far as the stamp knows.
    fn newest_ns(&self) -> u64 {
        self.inode.as_ref().map_or(self.modified_ns, |inode| inode.changed_ns)
    }
}

/// Since 1970; none of times before.
fn nanoseconds(time: SystemTime) -> Option<u64> {
    time.duration_since(SystemTime::UNIX_EPOCH).ok()?.as_nanos().try_into().ok()
}

#[cfg(unix)]
fn inode(metadata: &Metadata) -> Option<Inode> {
    use std::os::unix::fs::MetadataExt;
    let seconds = u64::try_from(metadata.ctime()).ok()?;
    let rest = u64::try_from(metadata.ctime_nsec()).ok()?;
    let changed_ns = seconds.checked_mul(1_000_000_000)?.checked_add(rest)?;
    Some(Inode { number: metadata.ino(), changed_ns })
}

#[cfg(not(unix))]
fn inode(_metadata: &Metadata) -> Option<Inode> {
    None
}

#[derive(Debug, Serialize, Deserialize)]
struct SeenJson {
    format: String,
    version: u32,
    files: BTreeMap<String, Seen>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Seen {
    sha256: String,
    stamp: Stamp,
}

/// Whether a file with this stamp had this checksum when it was hashed.
pub(crate) fn holds(folder: &Path, key: &str, stamp: &Stamp, sha256: &str) -> bool {
    let seen = read(folder).remove(key);
    seen.is_some_and(|seen| seen.stamp == *stamp && seen.sha256 == sha256)
}

/// Nothing where there is no memory, or none that reads.
fn read(folder: &Path) -> BTreeMap<String, Seen> {
    let path = folder.join(NAME);
    let short = std::fs::metadata(&path).is_ok_and(|found| found.len() <= MAX_BYTES);
    let bytes = if short { std::fs::read(&path).unwrap_or_default() } else { Vec::new() };
    match serde_json::from_slice::<SeenJson>(&bytes) {
        Ok(read) if (read.format.as_str(), read.version) == (FORMAT, VERSION) => read.files,
        _ => BTreeMap::new(),
    }
}

/// A new memory, begun before a file is hashed; it takes the place of the old one when the hash is
/// kept, and goes when not.
pub(crate) struct Draft {
    file: File,
    path: PathBuf,
    /// When it was begun, by the clock of the file system.
    began_ns: u64,
}

impl Draft {
    /// None where the folder takes no files: then each use hashes.
    pub fn begin(folder: &Path) -> Option<Self> {
        // Two processes that write at once may lose what one has seen, which costs a hash.
        let path = folder.join(format!("{NAME}.{}.part", std::process::id()));
        let file = File::create(&path).ok()?;
        let mut draft = Self { file, path, began_ns: 0 };
        // Sets the time, also of a file that was left behind.
        draft.file.write_all(b" ").ok()?;
        draft.began_ns = nanoseconds(draft.file.metadata().ok()?.modified().ok()?)?;
        Some(draft)
    }

    /// Remembers that a file with this stamp had this checksum.
    pub fn keep(mut self, folder: &Path, key: String, stamp: Stamp, sha256: String) {
        let unchanged_for = self.began_ns.saturating_sub(stamp.newest_ns());
        if Duration::from_nanos(unchanged_for) < SETTLED {
            return;
        }
        let mut files = read(folder);
        files.insert(key, Seen { sha256, stamp });
        let seen = SeenJson { format: FORMAT.to_owned(), version: VERSION, files };
        if let Ok(text) = serde_json::to_string_pretty(&seen)
            && writeln!(self.file, "{text}").is_ok()
        {
            // Where it cannot be written, the file is hashed again.
            let _ = std::fs::rename(&self.path, folder.join(NAME));
        }
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // Gone already when it has taken its place.
        let _ = std::fs::remove_file(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder with a file that is as old as it says, and the memory of it.
    fn seen(unchanged_for: Duration) -> (tempfile::TempDir, Stamp) {
        let folder = tempfile::tempdir().unwrap();
        let draft = Draft::begin(folder.path()).unwrap();
        let changed_ns = draft.began_ns - u64::try_from(unchanged_for.as_nanos()).unwrap();
        let inode = Some(Inode { number: 7, changed_ns });
        let stamp = Stamp { bytes: 5, modified_ns: 1, inode };
        draft.keep(folder.path(), "a/b.mat".into(), stamp.clone(), "aa".into());
        (folder, stamp)
    }

    #[test]
    fn a_file_is_remembered_by_everything_that_is_known_of_it() {
        let (folder, stamp) = seen(SETTLED);
        let holds = |key: &str, stamp: &Stamp, sha256| holds(folder.path(), key, stamp, sha256);
        assert!(holds("a/b.mat", &stamp, "aa"));
        assert!(!holds("a/c.mat", &stamp, "aa") && !holds("a/b.mat", &stamp, "ab"));
        let changed_ns = stamp.inode.as_ref().unwrap().changed_ns;
        let others = [
            Stamp { bytes: 6, ..stamp.clone() },
            Stamp { modified_ns: 2, ..stamp.clone() },
            Stamp { inode: Some(Inode { number: 8, changed_ns }), ..stamp.clone() },
            Stamp { inode: Some(Inode { number: 7, changed_ns: changed_ns + 1 }), ..stamp.clone() },
            Stamp { inode: None, ..stamp },
        ];
        assert!(others.iter().all(|other| !holds("a/b.mat", other, "aa")));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no draft stays");
    }

    #[test]
    fn a_file_that_has_just_changed_is_not_remembered() {
        let (folder, _) = seen(SETTLED - Duration::from_nanos(1));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_damaged_memory_remembers_nothing_and_is_written_anew() {
        let (folder, stamp) = seen(SETTLED);
        let path = folder.path().join(NAME);
        let whole = std::fs::read(&path).unwrap();
        for length in 0..whole.trim_ascii_end().len() {
            std::fs::write(&path, &whole[..length]).unwrap();
            assert!(!holds(folder.path(), "a/b.mat", &stamp, "aa"), "{length}");
        }
        let text = String::from_utf8(whole).unwrap();
        for (from, to) in [("seen\"", "pins\""), ("version\": 1", "version\": 2"), ("{", "[")] {
            std::fs::write(&path, text.replace(from, to)).unwrap();
            assert!(!holds(folder.path(), "a/b.mat", &stamp, "aa"), "{to}");
        }
        std::fs::write(&path, vec![b' '; MAX_BYTES as usize + 1]).unwrap();
        assert!(!holds(folder.path(), "a/b.mat", &stamp, "aa"));
        let draft = Draft::begin(folder.path()).unwrap();
        draft.keep(folder.path(), "a/b.mat".into(), stamp.clone(), "aa".into());
        assert!(holds(folder.path(), "a/b.mat", &stamp, "aa"));
    }
}
