//! The values of a column chunk: PLAIN and dictionary encoding, with definition levels where a value
//! may be null. Writers use nothing else unless told to; other encodings are refused by number.
//!
//! Source: the Parquet format, `Encodings.md`.

use super::pages::{Kind, Page, Pages};
use std::borrow::Cow;

/// Numbers of `Encoding` in `parquet.thrift`.
const PLAIN: i64 = 0;
const PLAIN_DICTIONARY: i64 = 2;
const RLE_DICTIONARY: i64 = 8;

/// How one kind of value is decoded.
pub(super) struct Decoding<'a, T> {
    /// Takes one PLAIN value off the front, of at least one byte.
    pub plain: &'a dyn Fn(&mut &[u8]) -> Option<T>,
    /// What a null is.
    pub null: T,
    /// Whether values may be null.
    pub levels: Levels,
    /// Most values of the whole column.
    pub limit: usize,
}

/// Whether a column has definition levels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Levels {
    None,
    OneBit,
}

/// Appends the values of one column chunk to `values`, or says what is wrong with it.
pub(super) fn read_chunk<T: Clone>(
    mut pages: Pages<'_>,
    decoding: &Decoding<'_, T>,
    values: &mut Vec<T>,
) -> Result<(), String> {
    let mut dictionary = None;
    while let Some(page) = pages.next_page()? {
        if page.kind == Kind::Dictionary {
            dictionary = Some(read_dictionary(&page, decoding)?);
            continue;
        }
        let after = values.len().saturating_add(page.n_values);
        if after > decoding.limit {
            return Err(format!("{after} values, more than {}", decoding.limit));
        }
        read_page(&page, dictionary.as_deref(), decoding, values)
            .ok_or("a page whose values do not decode")?;
        if values.len() != after {
            let encoding = page.encoding;
            return Err(format!("a page of unsupported encoding {encoding} (parquet.thrift)"));
        }
    }
    Ok(())
}

fn read_dictionary<T>(page: &Page<'_>, decoding: &Decoding<'_, T>) -> Result<Vec<T>, String> {
    let mut body = &*page.body;
    let mut entries = Vec::new();
    for _ in 0..page.n_values {
        let entry = (decoding.plain)(&mut body).ok_or("a dictionary that does not decode")?;
        entries.push(entry);
    }
    Ok(entries)
}

/// Appends the values of a page; none when its encoding is not known.
fn read_page<T: Clone>(
    page: &Page<'_>,
    dictionary: Option<&[T]>,
    decoding: &Decoding<'_, T>,
    values: &mut Vec<T>,
) -> Option<()> {
    let mut body = &*page.body;
    let is_present = match (decoding.levels, page.kind) {
        (Levels::None, _) => Cow::Borrowed(&[][..]),
        (Levels::OneBit, Kind::DataV2) => Cow::Owned(read_hybrid(page.levels, 1, page.n_values)?),
        (Levels::OneBit, _) => {
            let (length, rest) = body.split_first_chunk::<4>()?;
            let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
            let (levels, rest) = rest.split_at_checked(length)?;
            body = rest;
            Cow::Owned(read_hybrid(levels, 1, page.n_values)?)
        }
    };
    let n_present = match decoding.levels {
        Levels::None => page.n_values,
        Levels::OneBit => is_present.iter().filter(|&&level| level == 1).count(),
    };
    let mut put = {
        let mut levels = is_present.iter();
        move |values: &mut Vec<T>, value: T| {
            while levels.next() == Some(&0) {
                values.push(decoding.null.clone());
            }
            values.push(value);
        }
    };
    let end = values.len() + page.n_values;
    match page.encoding {
        PLAIN => {
            for _ in 0..n_present {
                let value = (decoding.plain)(&mut body)?;
                put(values, value);
            }
        }
        PLAIN_DICTIONARY | RLE_DICTIONARY => {
            let (indices, dictionary) = match body.split_first() {
                _ if n_present == 0 => (Vec::new(), &[][..]),
                Some((&width, rest)) => (read_hybrid(rest, width, n_present)?, dictionary?),
                None => return None,
            };
            for index in indices {
                put(values, dictionary.get(index as usize)?.clone());
            }
        }
        _ => return Some(()),
    }
    // Nulls after the last value.
    values.resize(end, decoding.null.clone());
    Some(())
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
            let value = value.iter().rev().fold(0, |value, &byte| value << 8 | u32::from(byte));
            let length = usize::try_from(head >> 1).ok()?.min(left);
            if length == 0 {
                return None;
            }
            numbers.resize(numbers.len() + length, value);
        } else {
            let groups = usize::try_from(head >> 1).ok()?;
            let (packed, rest) = bytes.split_at_checked(groups.checked_mul(width.into())?)?;
            bytes = rest;
            let length = groups.checked_mul(8)?.min(left);
            if length == 0 {
                return None;
            }
            numbers.extend((0..length).map(|k| bits(packed, k * usize::from(width), width)));
        }
    }
    Some(numbers)
}

/// `width` bits from bit `at` on, the lowest bit of a byte first.
fn bits(packed: &[u8], at: usize, width: u8) -> u32 {
    let bytes = packed[at / 8..].iter().take(5).rev();
    let word = bytes.fold(0_u64, |word, &byte| word << 8 | u64::from(byte));
    // At most 7 + 32 bits are needed.
    let word = word >> (at % 8) & ((1 << width) - 1);
    word as u32
}

/// A number in seven bits per byte, the lowest first.
pub(super) fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
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
}
