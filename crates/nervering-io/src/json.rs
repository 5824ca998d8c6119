//! Numbers in JSON, taken as a stream into flat memory within [`crate::limits`].

use crate::limits::{MAX_FRAMES, MAX_JSON_BYTES, MAX_TEXT_LENGTH};
use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt;
use std::fs::File;
use std::io::{BufReader, Cursor, Read};
use std::path::Path;

/// What some programs write before text in UTF-8.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// Whether a file that begins so may be a JSON object.
pub(crate) fn is_object(head: &[u8]) -> bool {
    let head = head.strip_prefix(MARK).unwrap_or(head);
    head.trim_ascii_start().first() == Some(&b'{')
}

/// Whether a file is a JSON object with one of these keys; it is parsed up to the first of them.
///
/// # Errors
/// When the system refuses; what is no JSON has no keys.
pub(crate) fn has_key(path: &Path, keys: &[&str]) -> std::io::Result<bool> {
    /// The text of the error that ends the search.
    const FOUND: &str = "found";
    struct Search<'k>(&'k [&'k str]);

    impl<'de> Visitor<'de> for Search<'_> {
        type Value = ();

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
            while let Some(key) = map.next_key::<String>()? {
                if self.0.contains(&key.as_str()) {
                    return Err(A::Error::custom(FOUND));
                }
                map.next_value::<IgnoredAny>()?;
            }
            Ok(())
        }
    }

    let mut parser = serde_json::Deserializer::from_reader(open(path)?.take(MAX_JSON_BYTES));
    match parser.deserialize_map(Search(keys)) {
        Err(error) if error.is_io() => Err(error.into()),
        searched => Ok(searched.is_err_and(|error| error.to_string().starts_with(FOUND))),
    }
}

/// The text of a JSON file, after a byte order mark if there is one.
pub(crate) fn open(path: &Path) -> std::io::Result<impl Read> {
    let mut file = BufReader::new(File::open(path)?);
    let mut start = Vec::new();
    file.by_ref().take(MARK.len() as u64).read_to_end(&mut start)?;
    if start == MARK {
        start.clear();
    }
    Ok(Cursor::new(start).chain(file))
}

/// A list of numbers of at most `limit` entries; null is NaN.
pub(crate) struct Numbers {
    pub limit: usize,
}

impl<'de> DeserializeSeed<'de> for Numbers {
    type Value = Vec<f64>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Vec<f64>, D::Error> {
        let mut values = Vec::new();
        deserializer.deserialize_seq(Extend { values: &mut values, limit: self.limit })?;
        Ok(values)
    }
}

/// A value, or nothing for null.
pub(crate) struct OrNull<S>(pub S);

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for OrNull<S> {
    type Value = Option<S::Value>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_option(self)
    }
}

impl<'de, S: DeserializeSeed<'de>> Visitor<'de> for OrNull<S> {
    type Value = Option<S::Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value or null")
    }

    fn visit_none<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        self.0.deserialize(deserializer).map(Some)
    }
}

/// Appends a list of numbers.
struct Extend<'v> {
    values: &'v mut Vec<f64>,
    /// Most numbers that the vector may hold in the end.
    limit: usize,
}

impl<'de> DeserializeSeed<'de> for Extend<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Extend<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of numbers")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while let Some(value) = list.next_element::<Option<f64>>()? {
            if self.values.len() >= self.limit {
                return Err(A::Error::custom(format!("more than {} numbers", self.limit)));
            }
            self.values.push(value.unwrap_or(f64::NAN));
        }
        Ok(())
    }
}

/// A list of equally long lists of numbers, row-major.
pub(crate) struct Table {
    pub rows: usize,
    pub columns: usize,
    pub values: Vec<f64>,
}

impl<'de> Deserialize<'de> for Table {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TableVisitor;

        impl<'de> Visitor<'de> for TableVisitor {
            type Value = Table;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of lists of numbers")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Table, A::Error> {
                let mut table = Table { rows: 0, columns: 0, values: Vec::new() };
                loop {
                    let before = table.values.len();
                    let limit = before.saturating_add(MAX_FRAMES);
                    let row = Extend { values: &mut table.values, limit };
                    if list.next_element_seed(row)?.is_none() {
                        return Ok(table);
                    }
                    let length = table.values.len() - before;
                    if table.rows == 0 {
                        table.columns = length;
                    }
                    if length != table.columns {
                        return Err(A::Error::custom(format!(
                            "row {} has {length} numbers, the first has {}",
                            table.rows + 1,
                            table.columns
                        )));
                    }
                    table.rows += 1;
                }
            }
        }

        deserializer.deserialize_seq(TableVisitor)
    }
}

/// A short text or number as text; nothing for null.
pub(crate) struct Label;

impl<'de> DeserializeSeed<'de> for Label {
    type Value = Option<String>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Label {
    type Value = Option<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a short text")
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Some(number.to_string()))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        if text.len() > MAX_TEXT_LENGTH {
            return Err(E::custom(format!("a text of {} bytes", text.len())));
        }
        Ok(Some(text.to_owned()))
    }
}
