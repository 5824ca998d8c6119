//! How far ahead weights go, and how many rows are taken in at once.

/// Steps ahead that have weights of their own. Forecasts beyond stay as they are there.
pub const HEADS: usize = 16;
/// Rows that enter moments at once: a matter of speed.
pub(super) const WALKED_AS_ONE: usize = 256;
