//! The shards of a study in one folder: each has a lock and says in `shards/<i>-of-<n>.json` how it
//! stands; [`gather`] brings results of other folders into one. What is written here is none of the
//! study's results, and goes when the study is finished.

use crate::error::GridError;
use crate::files::{read_if_there, remove_folder_if_there, write_atomically};
use crate::folder::{Folder, shards_folder};
use crate::lock::Lock;
use crate::run::{Left, left, remove_checkpoints};
use crate::shard::Shard;
use crate::task::Task;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Keys that are named of results that are missing.
const MOST_NAMED: usize = 3;

/// How a shard stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stand {
    /// It runs, or has been killed without a word.
    Running,
    /// All its cells are earned.
    Done,
    /// It was stopped, and can go on.
    Stopped,
    /// It failed.
    Failed,
}

/// What a shard says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShardState {
    /// For example `2/8`.
    pub shard: String,
    /// How it stands.
    pub stand: Stand,
    /// Cells that it runs.
    pub n_cells: usize,
    /// Who runs it or has run it: host, process and time.
    pub by: String,
    /// Why it failed or stopped.
    pub reason: Option<String>,
}

/// A shard of a folder, while it is run.
pub struct ShardRun {
    path: PathBuf,
    state: ShardState,
    /// Keeps the whole study out.
    _study: Lock,
    /// Keeps the same shard out.
    _shard: Lock,
}

impl ShardRun {
    /// Takes a shard of a folder, which is made if it is not there; other shards may run in it, the
    /// whole study may not.
    ///
    /// # Errors
    /// [`GridError::InUse`], [`GridError::Io`].
    pub fn begin(root: &Path, shard: Shard, n_cells: usize, by: &str) -> Result<Self, GridError> {
        let study = Lock::share(root, by)?;
        let (folder, name) = (shards_folder(root), format!("{}-of-{}", shard.index(), shard.of()));
        let own = Lock::of_file(folder.join(format!("{name}.lock")), by)?;
        let state = ShardState {
            shard: shard.to_string(),
            stand: Stand::Running,
            n_cells,
            by: by.to_owned(),
            reason: None,
        };
        let path = folder.join(format!("{name}.json"));
        let run = Self { path, state, _study: study, _shard: own };
        run.write()?;
        Ok(run)
    }

    /// Says how it ended.
    ///
    /// # Errors
    /// [`GridError::Io`].
    pub fn end(mut self, stand: Stand, reason: Option<String>) -> Result<(), GridError> {
        (self.state.stand, self.state.reason) = (stand, reason);
        self.write()
    }

    fn write(&self) -> Result<(), GridError> {
        let text = serde_json::to_string(&self.state).expect("a state is plain data") + "\n";
        write_atomically(&self.path, text.as_bytes())
    }
}

/// How the shards of a folder stand, in their order, each with whether somebody holds it now. A state
/// that cannot be read is left out.
///
/// # Errors
/// [`GridError::Io`].
pub fn shard_states(root: &Path) -> Result<Vec<(ShardState, bool)>, GridError> {
    let folder = shards_folder(root);
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(missing) if missing.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(other) => return Err(GridError::io(&folder, "list the folder")(other)),
    };
    let mut states = BTreeMap::new();
    for entry in entries {
        let path = entry.map_err(GridError::io(&folder, "list the folder"))?.path();
        if path.extension().is_none_or(|ending| ending != "json") {
            continue;
        }
        let Some(bytes) = read_if_there(&path)? else { continue };
        let state: Option<ShardState> = serde_json::from_slice(&bytes).ok();
        let shard = state.as_ref().and_then(|state| state.shard.parse::<Shard>().ok());
        if let (Some(state), Some(shard)) = (state, shard) {
            let held = Lock::is_held(&path.with_extension("lock"));
            states.insert((shard.of(), shard.index()), (state, held));
        }
    }
    Ok(states.into_values().collect())
}

/// Removes what shards have said of themselves, once the study is whole.
///
/// # Errors
/// [`GridError::Io`].
pub fn forget_shards(root: &Path) -> Result<(), GridError> {
    remove_folder_if_there(&shards_folder(root))
}

/// Brings what the cells of a task have earned in other folders of the same study into `folder`, each
/// checked as one of its own is, and gives back what all have earned, in their order. `warn` hears of
/// results that cannot be used.
///
/// # Errors
/// [`GridError::Missing`] when cells are left that no folder has, [`GridError::OtherStudy`] for a folder
/// of another study.
pub fn gather<T: Task>(
    task: &T,
    study_toml: &str,
    folder: &Folder<'_>,
    from: &[PathBuf],
    warn: &dyn Fn(String),
) -> Result<BTreeMap<usize, T::Earned>, GridError> {
    let cells = Shard::WHOLE.cells(task);
    let Left { earned: mut all, mut missing } = left(task, &cells, folder, warn)?;
    for root in from {
        if missing.is_empty() {
            break;
        }
        let other = Folder::peek(root, study_toml)?;
        let Left { earned, missing: rest } = left(task, &missing, &other, warn)?;
        for (cell, result) in &earned {
            folder.save(&task.key(*cell), result)?;
        }
        all.extend(earned);
        missing = rest;
    }
    if missing.is_empty() {
        remove_checkpoints(folder)?;
        return Ok(all);
    }
    let named: Vec<String> = missing.iter().take(MOST_NAMED).map(|&cell| task.key(cell)).collect();
    let more = if missing.len() > MOST_NAMED { ", …" } else { "" };
    Err(GridError::Missing { n: missing.len(), total: cells.len(), named: named.join(", ") + more })
}
