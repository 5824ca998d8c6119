//! The values of a column chunk, each handed on as its bytes: PLAIN, dictionary, DELTA_* and
//! BYTE_STREAM_SPLIT encoding, with definition levels where a value may be null. Other encodings are
//! refused by name.
//!
//! Source: the Parquet format, `Encodings.md`.

use super::delta::{bits, read_delta};
use super::fault::Fault;
use super::pages::{Kind, Page, Pages};
use super::varint::varint;
use parquet::basic::Type as Physical;

/// Names of `Encoding` in `parquet.thrift` by their numbers.
const ENCODINGS: [&str; 10] = [
    "PLAIN",
    "GROUP_VAR_INT",
    "PLAIN_DICTIONARY",
    "RLE",
    "BIT_PACKED",
    "DELTA_BINARY_PACKED",
    "DELTA_LENGTH_BYTE_ARRAY",
    "DELTA_BYTE_ARRAY",
    "RLE_DICTIONARY",
    "BYTE_STREAM_SPLIT",
];

/// The name of an encoding, or its number where it has none yet.
fn encoding_name(number: i64) -> String {
    let name = usize::try_from(number).ok().and_then(|number| ENCODINGS.get(number));
    name.map_or_else(|| format!("{number} of parquet.thrift"), |name| (*name).to_owned())
}

/// How the values of a column lie.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    pub physical: Physical,
    pub width: Width,
    pub levels: Levels,
    /// Most values of one chunk.
    pub limit: usize,
}

/// Bytes of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Width {
    /// One or more.
    Fixed(usize),
    /// Those of a BYTE_ARRAY.
    Variable,
}

/// Whether a column has definition levels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Levels {
    None,
    OneBit,
}

/// Hands every value of a column chunk to `put`, nothing for a null; says how many there were.
pub(super) fn read_chunk(
    mut pages: Pages<'_>,
    shape: &Shape,
    mut put: impl FnMut(Option<&[u8]>) -> Result<(), Fault>,
) -> Result<usize, Fault> {
    let mut dictionary = None;
    let mut n_values = 0_usize;
    while let Some(page) = pages.next_page()? {
        if page.kind == Kind::Dictionary {
            dictionary = Some(Dictionary::of(page, shape)?);
            continue;
        }
        n_values = n_values.saturating_add(page.n_values);
        if n_values > shape.limit {
            let limit = shape.limit;
            return Err(Fault::Damaged(format!("{n_values} values, more than its {limit} rows")));
        }
        read_page(&page, dictionary.as_ref(), shape, &mut put)?;
    }
    Ok(n_values)
}

/// The values that a chunk refers to by number.
struct Dictionary<'a> {
    page: Page<'a>,
    width: Width,
    /// Where the entries begin and end, if they are of several lengths.
    places: Vec<(u32, u32)>,
}

impl<'a> Dictionary<'a> {
    fn of(page: Page<'a>, shape: &Shape) -> Result<Self, Fault> {
        // PLAIN, and its name in old files.
        if !matches!(page.encoding, 0 | 2) {
            let name = encoding_name(page.encoding);
            return Err(Fault::Foreign(format!("a dictionary in encoding {name}")));
        }
        let damaged = || Fault::Damaged("a dictionary that does not decode".into());
        let mut places = Vec::new();
        match shape.width {
            Width::Fixed(width) => {
                let n_bytes = page.n_values.checked_mul(width);
                if n_bytes.is_none_or(|n_bytes| n_bytes > page.body.len()) {
                    return Err(damaged());
                }
            }
            Width::Variable => {
                let mut rest = &*page.body;
                for _ in 0..page.n_values {
                    let entry = take_text(&mut rest).ok_or_else(damaged)?;
                    // A page has at most 32 MiB.
                    let end = (page.body.len() - rest.len()) as u32;
                    places.push((end - entry.len() as u32, end));
                }
            }
        }
        Ok(Self { page, width: shape.width, places })
    }

    fn get(&self, index: u64) -> Option<&[u8]> {
        let index = usize::try_from(index).ok()?;
        match self.width {
            Width::Fixed(width) if index < self.page.n_values => {
                self.page.body.get(index * width..(index + 1) * width)
            }
            Width::Fixed(_) => None,
            Width::Variable => {
                let &(start, end) = self.places.get(index)?;
                self.page.body.get(start as usize..end as usize)
            }
        }
    }
}

/// A text whose length stands before it.
fn take_text<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let (text, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    *bytes = rest;
    Some(text)
}

/// Hands the values of a page on.
fn read_page(
    page: &Page<'_>,
    dictionary: Option<&Dictionary<'_>>,
    shape: &Shape,
    put: impl FnMut(Option<&[u8]>) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let name = || encoding_name(page.encoding);
    let damaged = || Fault::Damaged(format!("a page in {} whose values do not decode", name()));
    let mut body = &*page.body;
    let is_present = match (shape.levels, page.kind) {
        (Levels::None, _) => None,
        (Levels::OneBit, Kind::DataV2) => Some(page.levels),
        (Levels::OneBit, _) => {
            const RLE: i64 = 3;
            match page.level_encoding {
                Some(RLE) => {}
                Some(other) => {
                    let name = encoding_name(other);
                    return Err(Fault::Foreign(format!("definition levels in encoding {name}")));
                }
                None => return Err(damaged()),
            }
            Some(take_text(&mut body).ok_or_else(damaged)?)
        }
    };
    let is_present = match is_present {
        Some(levels) => Some(read_hybrid(levels, 1, page.n_values).ok_or_else(damaged)?),
        None => None,
    };
    let mut cells = Cells::of(page.n_values, is_present, put);
    let n = cells.n_present;
    if n == 0 {
        return cells.finish();
    }
    match (name().as_str(), shape.width) {
        ("PLAIN", Width::Fixed(width)) => {
            let n_bytes = n.checked_mul(width).ok_or_else(damaged)?;
            let values = body.get(..n_bytes).ok_or_else(damaged)?;
            for value in values.chunks_exact(width) {
                cells.put(value)?;
            }
        }
        ("PLAIN", Width::Variable) => {
            for _ in 0..n {
                cells.put(take_text(&mut body).ok_or_else(damaged)?)?;
            }
        }
        ("PLAIN_DICTIONARY" | "RLE_DICTIONARY", _) => {
            let (&width, rest) = body.split_first().ok_or_else(damaged)?;
            let dictionary = dictionary
                .ok_or_else(|| Fault::Damaged("a page whose dictionary is missing".into()))?;
            for index in read_hybrid(rest, width, n).ok_or_else(damaged)? {
                cells.put(dictionary.get(index.into()).ok_or_else(damaged)?)?;
            }
        }
        ("DELTA_BINARY_PACKED", Width::Fixed(width))
            if matches!(shape.physical, Physical::INT32 | Physical::INT64) =>
        {
            let numbers = read_delta(&mut body, n).ok_or_else(damaged)?;
            for number in numbers {
                cells.put(&number.to_le_bytes()[..width.min(8)])?;
            }
        }
        ("DELTA_LENGTH_BYTE_ARRAY", Width::Variable) => {
            for length in read_delta(&mut body, n).ok_or_else(damaged)? {
                cells.put(take_length(&mut body, length).ok_or_else(damaged)?)?;
            }
        }
        ("DELTA_BYTE_ARRAY", _)
            if matches!(shape.physical, Physical::BYTE_ARRAY | Physical::FIXED_LEN_BYTE_ARRAY) =>
        {
            let prefixes = read_delta(&mut body, n).ok_or_else(damaged)?;
            let suffixes = read_delta(&mut body, n).ok_or_else(damaged)?;
            let mut value = Vec::new();
            for (prefix, suffix) in prefixes.into_iter().zip(suffixes) {
                let prefix = usize::try_from(prefix).ok().filter(|&n| n <= value.len());
                value.truncate(prefix.ok_or_else(damaged)?);
                value.extend(take_length(&mut body, suffix).ok_or_else(damaged)?);
                if shape.width != Width::Variable && shape.width != Width::Fixed(value.len()) {
                    return Err(damaged());
                }
                cells.put(&value)?;
            }
        }
        ("BYTE_STREAM_SPLIT", Width::Fixed(width)) => {
            if n.checked_mul(width) != Some(body.len()) {
                return Err(damaged());
            }
            let mut value = vec![0; width];
            for k in 0..n {
                for (byte, stream) in value.iter_mut().zip(body.chunks_exact(n)) {
                    *byte = stream[k];
                }
                cells.put(&value)?;
            }
        }
        (name, _) => {
            let physical = shape.physical;
            return Err(Fault::Foreign(format!("{physical} in encoding {name}")));
        }
    }
    cells.finish()
}

fn take_length<'a>(bytes: &mut &'a [u8], length: i64) -> Option<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(usize::try_from(length).ok()?)?;
    *bytes = rest;
    Some(taken)
}

/// The cells of a page: values as they come, with nulls put between them.
struct Cells<F> {
    n_present: usize,
    n_left: usize,
    /// One level per cell where there may be nulls.
    levels: Option<std::vec::IntoIter<u32>>,
    put: F,
}

impl<F: FnMut(Option<&[u8]>) -> Result<(), Fault>> Cells<F> {
    fn of(n_values: usize, levels: Option<Vec<u32>>, put: F) -> Self {
        let n_present = levels
            .as_ref()
            .map_or(n_values, |levels| levels.iter().filter(|&&level| level == 1).count());
        Self { n_present, n_left: n_values, levels: levels.map(Vec::into_iter), put }
    }

    /// The next value, after the nulls before it.
    fn put(&mut self, value: &[u8]) -> Result<(), Fault> {
        if let Some(levels) = &mut self.levels {
            while levels.next() == Some(0) {
                (self.put)(None)?;
                self.n_left -= 1;
            }
        }
        self.n_left -= 1;
        (self.put)(Some(value))
    }

    /// The nulls after the last value; every value was there, or this page lacks some.
    fn finish(mut self) -> Result<(), Fault> {
        let n_nulls = self.levels.map_or(0, |levels| levels.filter(|&level| level == 0).count());
        if n_nulls != self.n_left {
            return Err(Fault::Damaged("a page that lacks values".into()));
        }
        (0..n_nulls).try_for_each(|_| (self.put)(None))
    }
}

/// `n` numbers of `width` bits in the hybrid of run-length and bit-packed runs.
fn read_hybrid(mut bytes: &[u8], width: u8, n: usize) -> Option<Vec<u32>> {
    if width > 32 {
        return None;
    }
    let value_bytes = usize::from(width).div_ceil(8);
    let mut numbers = Vec::new();
    while numbers.len() < n {
        let head = varint(&mut bytes)?;
        let left = n - numbers.len();
        if head & 1 == 0 {
            let (value, rest) = bytes.split_at_checked(value_bytes)?;
            bytes = rest;
            let value = value.iter().rev().fold(0_u64, |value, &byte| value << 8 | u64::from(byte));
            let length = usize::try_from(head >> 1).ok()?.min(left);
            if length == 0 || value >> width != 0 {
                return None;
            }
            numbers.resize(numbers.len() + length, value as u32);
        } else {
            let groups = usize::try_from(head >> 1).ok()?;
            let (packed, rest) = bytes.split_at_checked(groups.checked_mul(width.into())?)?;
            bytes = rest;
            let length = groups.checked_mul(8)?.min(left);
            if length == 0 {
                return None;
            }
            let number = |k| bits(packed, k * usize::from(width), width) as u32;
            numbers.extend((0..length).map(number));
        }
    }
    Some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_and_packed_groups_follow_the_format() {
        // The example of Encodings.md: 0 to 7 in three bits each.
        assert_eq!(
            read_hybrid(&[3, 0b1000_1000, 0b1100_0110, 0b1111_1010], 3, 8),
            Some((0..8).collect())
        );
        // Five times 300 in nine bits, then a group of which two are wanted.
        let mut bytes = vec![10, 0x2c, 1, 3];
        bytes.extend([1, 4, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(read_hybrid(&bytes, 9, 7), Some(vec![300, 300, 300, 300, 300, 1, 2]));
        assert_eq!(read_hybrid(&[4], 0, 2), Some(vec![0, 0]));
    }

    #[test]
    fn runs_that_do_not_advance_or_lack_bytes_are_refused() {
        for bytes in [&[0, 7][..], &[1], &[2], &[0xff], &[3, 1, 2], &[0xff; 12]] {
            assert_eq!(read_hybrid(bytes, 8, 9), None, "{bytes:?}");
        }
        assert_eq!(read_hybrid(&[2, 0, 0, 0, 0, 0], 33, 1), None);
    }

    #[test]
    fn a_level_that_is_neither_null_nor_value_is_refused() {
        assert_eq!(read_hybrid(&[4, 1], 1, 2), Some(vec![1, 1]));
        assert_eq!(read_hybrid(&[4, 2], 1, 2), None);
    }

    #[test]
    fn encodings_have_the_names_of_the_format() {
        assert_eq!(encoding_name(5), "DELTA_BINARY_PACKED");
        assert_eq!(encoding_name(10), "10 of parquet.thrift");
        assert_eq!(encoding_name(-1), "-1 of parquet.thrift");
    }
}
