//! Why a container could not answer, and what it calls what it does not tell.

use crate::hdf5::Trouble;

/// Why a container could not answer; the place is added by [`Value`].
pub(crate) enum Fault {
    /// The bytes of a v5 file do not read.
    Damaged(Box<dyn std::error::Error + Send + Sync>),
    /// HDF5 could not answer.
    Hdf5(Trouble),
    /// The bytes read, and are something else than was asked for.
    Unexpected {
        /// What stands there.
        found: String,
        /// What should stand there.
        expected: &'static str,
    },
}

impl From<Trouble> for Fault {
    fn from(trouble: Trouble) -> Self {
        Self::Hdf5(trouble)
    }
}

/// What an object of MATLAB is called, whose content neither container tells in the open.
pub(crate) fn object_of(class: &str) -> String {
    match class {
        "string" => "a string array".into(),
        "categorical" => "a categorical array".into(),
        "table" | "timetable" => format!("a {class}"),
        "" => "an object".into(),
        class => format!("an object of the class {class}"),
    }
}
