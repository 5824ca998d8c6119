//! What every grid of fits needs, whatever is fitted: cells on threads, a folder that keeps what they
//! earn, and the proof that it is whole.
//!
//! A [`Task`] is a list of cells; [`run`](fn@run) runs those that are missing in a folder, all of them or
//! one [`Shard`], and gives back what they have earned. A cell under way has a [`Context`], which counts
//! its steps, says whether they go on, and keeps where it stands; a [`Progress`] hears of it.
//!
//! A [`Folder`] is one study's: its `study.toml`, results by key ([`Folder::load`],
//! [`Folder::save`]), of which none is believed that does not carry the study's hash, its own key and
//! a checksum, and last the manifest ([`finish`]), which goes before anything changes and comes back
//! when all is written. [`verify`] compares a folder with its manifest. A [`Lock`] keeps a second
//! run out. [`check_name`] says which texts may become paths.
//!
//! This room knows neither models nor animals nor drawing, and reads no clock.

mod context;
mod disk;
mod error;
pub mod faults;
mod files;
mod folder;
mod injected;
mod lock;
mod manifest;
mod name;
mod progress;
mod run;
mod shard;
mod shards;
mod stored;
mod task;
mod threads;

pub use context::{CheckpointTimes, Context, Next};
pub use error::GridError;
pub use files::{
    read_if_there, remove_folder_if_there, remove_if_there, write_apart, write_atomically,
};
pub use folder::{Folder, remove_study, shards_folder};
pub use lock::Lock;
pub use manifest::{Verified, finish, is_finished, redraw, verify};
pub use name::check_name;
pub use progress::{Progress, Silent};
pub use run::{Left, Run, left, run};
pub use shard::{NoShard, Shard};
pub use shards::{ShardRun, ShardState, Stand, forget_shards, gather, shard_states};
pub use task::Task;
pub use threads::{on_threads, thread_pool};

use sha2::{Digest, Sha256};

/// SHA-256 as lower-case hexadecimal digits.
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
