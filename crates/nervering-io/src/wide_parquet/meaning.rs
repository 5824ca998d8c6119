//! What the values of a column are: [`Meaning`].

use std::fmt;

/// What a count of time counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Seconds,
    Milliseconds,
    Microseconds,
    Nanoseconds,
}

/// How the values of a column are to be understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// FLOAT, DOUBLE.
    Float,
    Float16,
    Integer {
        bits: u32,
        is_signed: bool,
    },
    /// DECIMAL in an INT32 or INT64: a whole number over ten to the power of the scale.
    ScaledInteger {
        scale: u32,
    },
    /// The same in bytes, the most significant first.
    Decimal {
        scale: u32,
    },
    /// Time since some beginning: a duration, or a time of day.
    Span(Unit),
    /// A point in time.
    Instant {
        unit: Unit,
        is_utc: bool,
    },
    Text,
    /// Nulls alone.
    Nothing,
}

impl Unit {
    /// The power of ten of units in a second.
    pub(super) fn decimals(self) -> u32 {
        match self {
            Self::Seconds => 0,
            Self::Milliseconds => 3,
            Self::Microseconds => 6,
            Self::Nanoseconds => 9,
        }
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Seconds => "s",
            Self::Milliseconds => "ms",
            Self::Microseconds => "us",
            Self::Nanoseconds => "ns",
        })
    }
}
