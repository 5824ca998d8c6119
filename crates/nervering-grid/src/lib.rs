//! What every grid of fits needs, whatever is fitted: jobs on threads ([`on_threads`]), a folder that
//! keeps what they earn, and the proof that it is whole.
//!
//! A [`Folder`] is one study's: its `study.toml`, results by key ([`Folder::load`],
//! [`Folder::save`]), of which none is believed that does not carry the study's hash, its own key and
//! a checksum, and last the manifest ([`finish`]), which goes before anything changes and comes back
//! when all is written. [`verify`] compares a folder with its manifest. A [`Lock`] keeps a second
//! run out. [`check_name`] says which texts may become paths.
//!
//! This room knows neither models nor animals nor drawing, and reads no clock.

mod disk;
mod error;
#[cfg(feature = "faults")]
pub mod faults;
mod folder;
mod lock;
mod manifest;
mod name;
mod stored;
mod threads;

pub use error::GridError;
pub use folder::{
    Folder, read_if_there, remove_folder_if_there, remove_if_there, write_atomically,
};
pub use lock::Lock;
pub use manifest::{Verified, finish, is_finished, redraw, verify};
pub use name::check_name;
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
