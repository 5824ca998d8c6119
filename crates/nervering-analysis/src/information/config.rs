//! How much of information is measured.

/// How much is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InformationConfig {
    /// Circular shifts per test.
    pub n_shifts: usize,
    /// Neurons chosen one after the other, at most.
    pub most_chosen: usize,
    /// Seed of the shifts.
    pub seed: u64,
}
