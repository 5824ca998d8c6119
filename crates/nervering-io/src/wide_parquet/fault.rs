//! Why a column does not read: damage, an encoding or compression that is not read, or a value that
//! its column cannot mean. The three ask for different things to do, so they are never mixed up.

use std::fmt;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// The bytes do not follow the format: what is wrong.
    Damaged(String),
    /// They may follow it, in a way that is not read here: its name.
    Foreign(String),
    /// A value of the next row is not what the column asks for: what it is.
    Cell(String),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Damaged(what) | Self::Foreign(what) | Self::Cell(what) => f.write_str(what),
        }
    }
}
