//! What a decoder is told of an animal before it decodes it; `decoder/adapt.rs` does so.

use std::fmt;
use std::str::FromStr;

/// What is known of an animal before it is decoded.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Adaptation {
    /// Its traces.
    Unlabelled,
    /// The labels of its first seconds too.
    Labels {
        /// From its first frame on.
        seconds: f64,
    },
}

impl fmt::Display for Adaptation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unlabelled => f.pad("unlabelled"),
            Self::Labels { seconds } => f.pad(&seconds.to_string()),
        }
    }
}

impl FromStr for Adaptation {
    type Err = String;

    /// Reads `unlabelled`, or seconds of labels.
    ///
    /// # Errors
    /// What was found and expected, in words.
    fn from_str(text: &str) -> Result<Self, String> {
        let seconds =
            text.parse().ok().filter(|seconds: &f64| *seconds > 0. && seconds.is_finite());
        match (text, seconds) {
            ("unlabelled", _) => Ok(Self::Unlabelled),
            (_, Some(seconds)) => Ok(Self::Labels { seconds }),
            _ => Err(format!("found {text:?}, expected unlabelled, or seconds of labels above 0")),
        }
    }
}
