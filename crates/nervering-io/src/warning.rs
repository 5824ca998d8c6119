//! Warnings are values: what a reader or the inspector noticed and did not refuse.

use std::fmt;

/// How much a warning matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    /// Good to know; nothing need be done.
    Advice,
    /// Probably not what was meant; look before publishing.
    Doubtful,
    /// A study that uses this will be wrong or will fail.
    Wrong,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Advice => "advice",
            Self::Doubtful => "doubtful",
            Self::Wrong => "wrong",
        })
    }
}

/// One thing noticed in a file or a recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// How much it matters.
    pub level: Level,
    /// What kind it is, for example `flat-trace`; the same kind always has the same name.
    pub kind: &'static str,
    /// Where: the file and place, or the animal.
    pub place: String,
    /// What was found, and what to do where that is not plain.
    pub text: String,
}

impl Warning {
    /// A warning of a level and kind about a place.
    pub fn new(
        level: Level,
        kind: &'static str,
        place: impl Into<String>,
        text: impl Into<String>,
    ) -> Self {
        Self { level, kind, place: place.into(), text: text.into() }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {} [{}]", self.level, self.place, self.text, self.kind)
    }
}
