//! Where fetched files are kept, and the checksums seen at first use.
//!
//! A [`Cache`] is a folder with one subfolder per data set. Beside them lies `pins.json`: for files
//! whose publisher states no checksum, the SHA-256 of the first copy that was fetched, which every
//! later copy must have. A pin is never replaced in silence. What a file must be before it is used is
//! in `verify.rs`.

use crate::datasets::{Dataset, RemoteFile};
use crate::error::CatalogError;
use etcetera::app_strategy::{AppStrategy, AppStrategyArgs, choose_native_strategy};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

const FORMAT: &str = "nervering-pins";
const VERSION: u32 = 1;
/// Bytes of a file of pins; one entry takes some 200.
const MAX_PINS_BYTES: u64 = 1 << 20;

/// A folder of fetched files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cache {
    folder: PathBuf,
}

impl Cache {
    /// A cache in a folder, which need not exist yet.
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// The cache in the place that the platform has for caches: `~/.cache/nervering` or
    /// `$XDG_CACHE_HOME/nervering` on Linux, `~/Library/Caches/org.nervering.nervering` on macOS,
    /// `%LOCALAPPDATA%\\nervering\\nervering\\cache` on Windows. Looks at the environment for it.
    ///
    /// # Errors
    /// [`CatalogError::NoHome`] without a home directory.
    pub fn of_platform() -> Result<Self, CatalogError> {
        let strategy = choose_native_strategy(AppStrategyArgs {
            top_level_domain: "org".to_owned(),
            author: "nervering".to_owned(),
            app_name: "nervering".to_owned(),
        })
        .map_err(|_| CatalogError::NoHome)?;
        Ok(Self::at(strategy.cache_dir()))
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where a file is, once it has been fetched.
    pub fn path(&self, dataset: &Dataset, file: &RemoteFile) -> PathBuf {
        self.folder.join(dataset.name).join(file.name)
    }

    fn pins_path(&self) -> PathBuf {
        self.folder.join("pins.json")
    }

    fn read_pins(&self) -> Result<BTreeMap<String, Pin>, CatalogError> {
        let path = self.pins_path();
        let length = match std::fs::metadata(&path) {
            Ok(metadata) => metadata.len(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(BTreeMap::new());
            }
            Err(error) => return Err(CatalogError::disk(path, "read")(error)),
        };
        let unsound = |found: String| CatalogError::Pins { path: path.clone(), found };
        if length > MAX_PINS_BYTES {
            return Err(unsound(format!("{length} bytes")));
        }
        let bytes = std::fs::read(&path).map_err(CatalogError::disk(&path, "read"))?;
        let read: PinsJson =
            serde_json::from_slice(&bytes).map_err(|error| unsound(error.to_string()))?;
        if (read.format.as_str(), read.version) != (FORMAT, VERSION) {
            return Err(unsound(format!("{} version {}", read.format, read.version)));
        }
        Ok(read.pins)
    }

    /// The checksum that a file had at its first use.
    pub(crate) fn pin(
        &self,
        dataset: &Dataset,
        file: &RemoteFile,
    ) -> Result<Option<String>, CatalogError> {
        Ok(self.read_pins()?.remove(&key(dataset, file)).map(|pin| pin.sha256))
    }

    /// Keeps the checksum of a file at its first use.
    pub(crate) fn set_pin(
        &self,
        dataset: &Dataset,
        file: &RemoteFile,
        pin: Pin,
    ) -> Result<(), CatalogError> {
        // Two processes that fetch two files must not lose the pin of one.
        let lock = self.folder.join("pins.lock");
        std::fs::create_dir_all(&self.folder)
            .map_err(CatalogError::disk(&self.folder, "create"))?;
        let locked = File::create(&lock).map_err(CatalogError::disk(&lock, "write"))?;
        locked.lock().map_err(CatalogError::disk(&lock, "lock"))?;
        let mut pins = self.read_pins()?;
        pins.insert(key(dataset, file), pin);
        let pins = PinsJson { format: FORMAT.to_owned(), version: VERSION, pins };
        let path = self.pins_path();
        let text = serde_json::to_string_pretty(&pins)
            .map_err(|error| CatalogError::disk(&path, "write")(std::io::Error::other(error)))?;
        let temporary = path.with_extension("json.part");
        std::fs::write(&temporary, text + "\n")
            .and_then(|()| std::fs::rename(&temporary, &path))
            .map_err(CatalogError::disk(&path, "write"))
    }
}

/// What a file goes by among the pins and what has been seen.
pub(crate) fn key(dataset: &Dataset, file: &RemoteFile) -> String {
    format!("{}/{}", dataset.name, file.name)
}

#[derive(Debug, Serialize, Deserialize)]
struct PinsJson {
    format: String,
    version: u32,
    pins: BTreeMap<String, Pin>,
}

/// What a file was at its first use.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Pin {
    pub sha256: String,
    pub bytes: u64,
    /// The address or path that it came from.
    pub from: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset;

    #[test]
    fn a_pin_is_read_back_and_files_that_are_none_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::at(folder.path().join("new"));
        let (kato, nichols) = (dataset("kato2015").unwrap(), dataset("nichols2017").unwrap());
        assert_eq!(cache.pin(kato, &kato.files[0]).unwrap(), None);
        for (file, sha256) in nichols.files.iter().zip(["aa", "bb"]) {
            let pin = Pin { sha256: sha256.into(), bytes: 7, from: "https://x".into() };
            cache.set_pin(nichols, file, pin).unwrap();
        }
        assert_eq!(cache.pin(nichols, &nichols.files[0]).unwrap().unwrap(), "aa");
        assert_eq!(cache.pin(nichols, &nichols.files[1]).unwrap().unwrap(), "bb");
        for (text, found) in [
            ("{\"format\":\"nervering-pins\",\"version\":2,\"pins\":{}}", "version 2"),
            ("[]", "invalid"),
        ] {
            std::fs::write(cache.pins_path(), text).unwrap();
            let error = cache.pin(kato, &kato.files[0]).unwrap_err().to_string();
            assert!(error.contains(found) && error.contains("pins.json"), "{error}");
        }
    }

    #[test]
    fn the_platform_has_a_place_for_it() {
        let cache = Cache::of_platform().unwrap();
        assert!(cache.folder().ends_with("nervering") || cfg!(any(windows, target_os = "macos")));
    }
}
