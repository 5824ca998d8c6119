//! What a column means: its physical type under its logical type, the type that Arrow's schema adds
//! where Parquet has no word for it (durations), and what pandas says that neither does.
//!
//! A type is read when its meaning as a number, a text or a time is beyond doubt; every other one is
//! refused by the name that [`Column::type_name`] gives it. Going by the physical type alone would make
//! DECIMAL a hundred times and TIMESTAMP a thousand times what its writer meant.
//!
//! Source: the Parquet format, `LogicalTypes.md` and `parquet.thrift` (`LogicalType`, `ConvertedType`).

use super::arrow::ArrowType;
use super::meaning::{Meaning, Unit};
use parquet::basic::Type as Physical;
use std::fmt;

/// Digits of a DECIMAL, the most that any writer offers, and the bytes that they take.
const MAX_DIGITS: i64 = 76;
const MAX_DECIMAL_BYTES: i64 = 32;

/// A column, which is a leaf of the schema and stands in no group.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Column {
    pub name: String,
    pub physical: Physical,
    /// Bytes of a FIXED_LEN_BYTE_ARRAY.
    pub length: i64,
    pub logical: Option<Logical>,
    /// Whether values may be null.
    pub is_optional: bool,
}

/// A logical type, or the older converted type of the same meaning.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Logical {
    /// STRING or ENUM.
    Text(&'static str),
    Decimal {
        precision: i64,
        scale: i64,
    },
    /// A time of day; fastparquet also writes durations so.
    Time(Unit),
    Timestamp {
        unit: Unit,
        is_utc: bool,
    },
    Integer {
        bits: i64,
        is_signed: bool,
    },
    Float16,
    /// A column without any value.
    Unknown,
    /// One that is not read.
    Other(&'static str),
    /// One that did not exist when this was written, by its number in `parquet.thrift`.
    New(u32),
}

impl Column {
    /// The logical and the physical type, for example `DECIMAL(8, 2) in INT32`.
    pub(super) fn type_name(&self) -> String {
        let physical = match self.physical {
            Physical::FIXED_LEN_BYTE_ARRAY => format!("FIXED_LEN_BYTE_ARRAY({})", self.length),
            physical => physical.to_string(),
        };
        match &self.logical {
            Some(logical) => format!("{logical} in {physical}"),
            None => physical,
        }
    }

    /// What the values mean; where that is not known, what they are called. `arrow` is the type of the
    /// column in Arrow's schema, `pandas` its kind in the words of pandas, when that is no number.
    pub(super) fn meaning(
        &self,
        arrow: Option<ArrowType<'_>>,
        pandas: Option<&str>,
    ) -> Result<Meaning, String> {
        if let Some(ArrowType::Extension(name)) = arrow {
            let name: String = name.chars().take(40).collect();
            return Err(format!("{} of the type {name:?}", self.type_name()));
        }
        let physical_bits = if self.physical == Physical::INT32 { 32 } else { 64 };
        match (self.physical, self.logical) {
            (_, Some(Logical::Unknown)) => Ok(Meaning::Nothing),
            (Physical::FLOAT | Physical::DOUBLE, None) => Ok(Meaning::Float),
            (Physical::FIXED_LEN_BYTE_ARRAY, Some(Logical::Float16)) if self.length == 2 => {
                Ok(Meaning::Float16)
            }
            (Physical::INT32 | Physical::INT64, None) => match (arrow, pandas) {
                (Some(arrow), _) => arrow.of_bare_integers(physical_bits).ok_or_else(|| {
                    format!("{} that Arrow's schema calls {arrow}", self.type_name())
                }),
                (None, Some(pandas)) => {
                    let pandas: String = pandas.chars().take(40).collect();
                    Err(format!("{} that pandas calls {pandas}", self.type_name()))
                }
                (None, None) => Ok(Meaning::Integer { bits: physical_bits, is_signed: true }),
            },
            (Physical::INT32 | Physical::INT64, Some(Logical::Integer { bits, is_signed })) => {
                match u32::try_from(bits) {
                    Ok(bits @ (8 | 16 | 32 | 64)) if bits <= physical_bits => {
                        Ok(Meaning::Integer { bits, is_signed })
                    }
                    _ => Err(self.type_name()),
                }
            }
            (
                Physical::INT32
                | Physical::INT64
                | Physical::BYTE_ARRAY
                | Physical::FIXED_LEN_BYTE_ARRAY,
                Some(Logical::Decimal { precision, scale }),
            ) => {
                let fits = self.physical != Physical::FIXED_LEN_BYTE_ARRAY
                    || (1..=MAX_DECIMAL_BYTES).contains(&self.length);
                match (self.physical, u32::try_from(scale)) {
                    (_, Err(_)) => Err(self.type_name()),
                    _ if !fits || precision > MAX_DIGITS || scale > precision => {
                        Err(self.type_name())
                    }
                    (Physical::INT32 | Physical::INT64, Ok(scale)) => {
                        Ok(Meaning::ScaledInteger { scale })
                    }
                    (_, Ok(scale)) => Ok(Meaning::Decimal { scale }),
                }
            }
            (Physical::INT32, Some(Logical::Time(unit @ Unit::Milliseconds)))
            | (
                Physical::INT64,
                Some(Logical::Time(unit @ (Unit::Microseconds | Unit::Nanoseconds))),
            ) => Ok(Meaning::Span(unit)),
            (Physical::INT64, Some(Logical::Timestamp { unit, is_utc })) => {
                Ok(Meaning::Instant { unit, is_utc })
            }
            // Only points in time were ever written so.
            (Physical::INT96, None) => {
                Ok(Meaning::Instant { unit: Unit::Nanoseconds, is_utc: false })
            }
            (Physical::BYTE_ARRAY, None | Some(Logical::Text(_))) => Ok(Meaning::Text),
            _ => Err(self.type_name()),
        }
    }
}

impl fmt::Display for Logical {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(name) | Self::Other(name) => f.write_str(name),
            Self::Decimal { precision, scale } => write!(f, "DECIMAL({precision}, {scale})"),
            Self::Time(unit) => write!(f, "TIME({unit})"),
            Self::Timestamp { unit, is_utc } => {
                write!(f, "TIMESTAMP({unit}{})", if *is_utc { ", UTC" } else { "" })
            }
            Self::Integer { bits, is_signed } => {
                write!(f, "{}INT({bits})", if *is_signed { "" } else { "U" })
            }
            Self::Float16 => f.write_str("FLOAT16"),
            Self::Unknown => f.write_str("UNKNOWN"),
            Self::New(number) => write!(f, "logical type {number} of parquet.thrift"),
        }
    }
}

impl Logical {
    /// The converted type of a number; `precision` and `scale` belong to decimals.
    pub(super) fn of_converted(number: i64, precision: i64, scale: i64) -> Self {
        let integer = |bits, is_signed| Self::Integer { bits, is_signed };
        let timestamp = |unit| Self::Timestamp { unit, is_utc: true };
        match number {
            0 => Self::Text("STRING"),
            1 => Self::Other("MAP"),
            2 => Self::Other("MAP_KEY_VALUE"),
            3 => Self::Other("LIST"),
            4 => Self::Text("ENUM"),
            5 => Self::Decimal { precision, scale },
            6 => Self::Other("DATE"),
            7 => Self::Time(Unit::Milliseconds),
            8 => Self::Time(Unit::Microseconds),
            9 => timestamp(Unit::Milliseconds),
            10 => timestamp(Unit::Microseconds),
            11..=14 => integer(8 << (number - 11), false),
            15..=18 => integer(8 << (number - 15), true),
            19 => Self::Other("JSON"),
            20 => Self::Other("BSON"),
            21 => Self::Other("INTERVAL"),
            _ => Self::Other("an unknown converted type"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(physical: Physical, logical: Option<Logical>) -> Column {
        Column { name: "a".into(), physical, length: 12, logical, is_optional: false }
    }

    #[test]
    fn what_is_not_known_is_called_by_its_name() {
        let decimal = |precision, scale| Some(Logical::Decimal { precision, scale });
        for (physical, logical, name) in [
            (Physical::INT32, Some(Logical::Other("DATE")), "DATE in INT32"),
            (Physical::DOUBLE, decimal(8, 2), "DECIMAL(8, 2) in DOUBLE"),
            (Physical::INT64, decimal(4, 5), "DECIMAL(4, 5) in INT64"),
            (Physical::INT64, decimal(4, -1), "DECIMAL(4, -1) in INT64"),
            (Physical::INT32, Some(Logical::Time(Unit::Nanoseconds)), "TIME(ns) in INT32"),
            (Physical::BOOLEAN, None, "BOOLEAN"),
            (
                Physical::FIXED_LEN_BYTE_ARRAY,
                Some(Logical::Float16),
                "FLOAT16 in FIXED_LEN_BYTE_ARRAY(12)",
            ),
            (
                Physical::INT32,
                Some(Logical::Integer { bits: 64, is_signed: false }),
                "UINT(64) in INT32",
            ),
            (Physical::INT64, Some(Logical::New(99)), "logical type 99 of parquet.thrift in INT64"),
        ] {
            assert_eq!(column(physical, logical).meaning(None, None), Err(name.into()));
        }
    }

    #[test]
    fn bare_integers_are_what_arrow_or_pandas_call_them() {
        let integers = column(Physical::INT64, None);
        let meaning = |arrow, pandas| integers.meaning(arrow, pandas);
        let number = Meaning::Integer { bits: 64, is_signed: true };
        assert_eq!(meaning(None, None), Ok(number));
        let duration = ArrowType::Duration(Unit::Microseconds);
        assert_eq!(meaning(Some(duration), None), Ok(Meaning::Span(Unit::Microseconds)));
        let pandas = Some("timedelta64[ns]");
        assert_eq!(meaning(Some(duration), pandas), Ok(Meaning::Span(Unit::Microseconds)));
        let refused = "INT64 that pandas calls timedelta64[ns]";
        assert_eq!(meaning(None, pandas), Err(refused.into()));
        let refused = "INT64 that Arrow's schema calls date";
        assert_eq!(meaning(Some(ArrowType::Other(8)), None), Err(refused.into()));
        let refused = "INT64 of the type \"pandas.period\"";
        assert_eq!(meaning(Some(ArrowType::Extension("pandas.period")), None), Err(refused.into()));
    }

    #[test]
    fn converted_types_are_the_logical_types_of_the_same_meaning() {
        let of = |number| Logical::of_converted(number, 8, 2).to_string();
        for (number, name) in [
            (0, "STRING"),
            (5, "DECIMAL(8, 2)"),
            (7, "TIME(ms)"),
            (10, "TIMESTAMP(us, UTC)"),
            (11, "UINT(8)"),
            (14, "UINT(64)"),
            (15, "INT(8)"),
            (18, "INT(64)"),
            (21, "INTERVAL"),
            (22, "an unknown converted type"),
            (-1, "an unknown converted type"),
        ] {
            assert_eq!(of(number), name);
        }
    }
}
