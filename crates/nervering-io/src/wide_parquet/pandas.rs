//! What pandas writes into a Parquet file beside Parquet's own schema: which columns are its index,
//! and what it calls the kind of each column.
//!
//! Source: "Storing pandas DataFrame objects in Apache Parquet format", in the documentation of pandas.

use serde::Deserialize;
use serde::de::{IgnoredAny, MapAccess, Visitor};
use std::collections::{HashMap, HashSet};
use std::fmt;

/// How columns begin that pandas and dask make of an index without a name.
const UNNAMED: [&str; 2] = ["__index_level_", "__null_dask_index__"];
/// Kinds that are no numbers, though their values may lie in the file as integers.
const NO_NUMBERS: [&str; 8] =
    ["timedelta", "duration", "datetime", "timestamp", "period", "date", "time", "decimal"];

/// Whether a column has a name that is given to an index without one, in files that say no more.
pub(super) fn is_named_as_index(column: &str) -> bool {
    UNNAMED.iter().any(|name| column.starts_with(name))
}

/// The entry `pandas` of a file.
#[derive(Debug, Default)]
pub(super) struct Pandas {
    /// Names of the columns that are the index.
    index: HashSet<String>,
    /// Names of an index that is a range, which has no column.
    ranges: HashSet<String>,
    /// Kind of each column that is no number.
    kinds: HashMap<String, String>,
}

impl Pandas {
    /// Parses the entry; none when it is not what pandas writes.
    pub(super) fn of(text: &str) -> Option<Self> {
        let entry: Entry = serde_json::from_str(text).ok()?;
        let mut pandas = Self::default();
        for index in entry.index_columns {
            match index {
                Index::Column(name) => pandas.index.insert(name),
                Index::Range(name) => name.is_some_and(|name| pandas.ranges.insert(name)),
            };
        }
        for column in entry.columns {
            let kinds = [column.numpy_type, column.pandas_type];
            let is_no_number = |kind: &String| NO_NUMBERS.iter().any(|name| kind.starts_with(name));
            // Old files have no field_name.
            let name = column.field_name.or(column.name);
            let kind = kinds.into_iter().flatten().find(is_no_number);
            if let (Some(name), Some(kind)) = (name, kind) {
                pandas.kinds.insert(name, kind);
            }
        }
        Some(pandas)
    }

    /// Whether a column is an index by this entry.
    pub(super) fn is_index(&self, column: &str) -> bool {
        self.index.contains(column)
    }

    /// Whether a column is an index that counts in equal steps and stands in no column.
    pub(super) fn is_range(&self, column: &str) -> bool {
        self.ranges.contains(column)
    }

    /// What pandas calls the kind of a column, when that is no number.
    pub(super) fn kind(&self, column: &str) -> Option<&str> {
        self.kinds.get(column).map(String::as_str)
    }
}

#[derive(Deserialize)]
struct Entry {
    #[serde(default)]
    index_columns: Vec<Index>,
    #[serde(default)]
    columns: Vec<ColumnEntry>,
}

#[derive(Deserialize)]
struct ColumnEntry {
    name: Option<String>,
    field_name: Option<String>,
    pandas_type: Option<String>,
    numpy_type: Option<String>,
}

/// A column of the index: its name, or the description of a range.
enum Index {
    Column(String),
    Range(Option<String>),
}

impl<'de> Deserialize<'de> for Index {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Index;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a column or a range")
            }

            fn visit_str<E>(self, name: &str) -> Result<Index, E> {
                Ok(Index::Column(name.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Index, A::Error> {
                let mut name = None;
                while let Some(key) = map.next_key::<String>()? {
                    if key == "name" {
                        name = map.next_value()?;
                    } else {
                        map.next_value::<IgnoredAny>()?;
                    }
                }
                Ok(Index::Range(name))
            }
        }
        deserializer.deserialize_any(Either)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_is_known_by_the_entry_or_by_its_name() {
        let pandas = Pandas::of(
            r#"{"index_columns": ["time_s", {"kind": "range", "name": "t", "start": 0}],
                "columns": [{"name": null, "field_name": "AVAL", "pandas_type": "object",
                             "numpy_type": "timedelta64[ns]", "metadata": null},
                            {"name": "AVAR", "pandas_type": "float64", "numpy_type": "float64"}],
                "creator": {"library": "pyarrow"}}"#,
        )
        .unwrap();
        assert!(pandas.is_index("time_s") && !pandas.is_index("AVAL"));
        assert!(is_named_as_index("__index_level_0__") && !is_named_as_index("time_s"));
        assert!(pandas.is_range("t") && !pandas.is_range("time_s"));
        assert_eq!(pandas.kind("AVAL"), Some("timedelta64[ns]"));
        assert_eq!(pandas.kind("AVAR"), None);
    }

    #[test]
    fn what_pandas_does_not_write_is_none() {
        for text in ["", "7", "{\"index_columns\": [7]}", "{\"columns\": 3}"] {
            assert!(Pandas::of(text).is_none(), "{text}");
        }
        assert!(Pandas::of("{}").is_some());
    }
}
