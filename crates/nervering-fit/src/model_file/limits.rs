//! How large a model file may say that it is.

/// Bytes of a model file at most; a network of fifteen neurons takes 60 KB.
pub const MAX_MODEL_BYTES: u64 = 64 << 20;
/// Bytes of the header of a model file at most.
pub const MAX_HEADER_BYTES: u64 = 1 << 20;
/// Neurons of a model at most; the hermaphrodite has 302.
pub const MAX_MODEL_NEURONS: usize = 1_000;
