//! What does not fit in the data of a figure.

/// A part of a figure's data that does not fit the others.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("figure {figure:?}: found {found} {part}, expected {expected}")]
pub struct Mismatch {
    /// Name of the figure.
    pub figure: String,
    /// What there are too many or too few of.
    pub part: &'static str,
    /// How many there are.
    pub found: usize,
    /// How many there should be.
    pub expected: usize,
}
