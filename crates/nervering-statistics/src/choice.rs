//! Choices that have a name in files and on the command line: the macro [`crate::choices`] gives an
//! enumeration its names, [`UnknownChoice`] is the error of a text that is none of them.

/// A text that names none of the choices there are.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("found {found:?}, expected {expected}")]
pub struct UnknownChoice {
    /// The text as it was written.
    pub found: String,
    /// What there is.
    pub expected: &'static str,
}

/// Names, in files and on the command line, for an enumeration of choices: `choices!(Type, "what there
/// is, in words", Choice => "name", …)` gives it `ALL`, `as_str`, `Display` and `FromStr`.
#[macro_export]
macro_rules! choices {
    ($type:ident, $expected:literal, $($choice:ident => $name:literal),+ $(,)?) => {
        impl $type {
            /// Every choice.
            pub const ALL: &'static [$type] = &[$(Self::$choice),+];

            /// Name in files and on the command line.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$choice => $name),+ }
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $type {
            type Err = $crate::UnknownChoice;

            fn from_str(text: &str) -> Result<Self, $crate::UnknownChoice> {
                let by_name = |choice: &&$type| choice.as_str() == text;
                let unknown = || $crate::UnknownChoice { found: text.to_owned(), expected: $expected };
                Self::ALL.iter().find(by_name).copied().ok_or_else(unknown)
            }
        }
    };
}
