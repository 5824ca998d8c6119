//! What a Parquet file begins and ends with, and where a recording says what it is.

/// The first and the last bytes of a file.
pub(super) const MAGIC: &[u8] = b"PAR1";

/// Those of a file that is encrypted as a whole.
pub(super) const ENCRYPTED_MAGIC: &[u8] = b"PARE";

/// The key of our metadata.
pub(super) const METADATA_KEY: &str = "nervering-recording";
