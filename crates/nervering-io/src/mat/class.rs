//! What kinds of values there are.

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    Struct,
    Cell,
    Text,
    Numbers,
    Other,
}
