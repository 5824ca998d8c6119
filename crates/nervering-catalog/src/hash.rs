//! SHA-256 of files, read piece by piece.

use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::Read;

/// Hashes what is left of a file.
pub(crate) fn hash_into(mut file: &File, hasher: &mut Sha256) -> std::io::Result<()> {
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(()),
            n => hasher.update(&buffer[..n]),
        }
    }
}

/// A checksum in lowercase hexadecimal.
pub(crate) fn hexadecimal(hasher: Sha256) -> String {
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The SHA-256 of a whole file, which has just been opened.
pub(crate) fn sha256_of(file: &File) -> std::io::Result<String> {
    let mut hasher = Sha256::new();
    hash_into(file, &mut hasher)?;
    Ok(hexadecimal(hasher))
}
