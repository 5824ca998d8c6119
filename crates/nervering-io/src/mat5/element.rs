//! Data elements: a tag with type and length, then the data, padded to eight bytes; or both in
//! eight bytes when the data have at most four.

use std::ops::Range;

/// Type of an element that holds an array.
pub(super) const MATRIX: u32 = 14;
/// Type of an element that holds another, compressed.
pub(super) const COMPRESSED: u32 = 15;
/// Bytes of a tag.
const TAG_BYTES: usize = 8;

/// Byte order of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ByteOrder {
    Little,
    Big,
}

/// What is wrong with the bytes.
#[derive(Debug, thiserror::Error)]
pub(super) enum Damage {
    #[error("the header has no known version and byte order")]
    Header,
    #[error("an element ends at byte {end}, after the end of what holds it")]
    Cut { end: u64 },
    #[error("found an element of type {found}, expected {expected}")]
    Kind { found: u32, expected: &'static str },
    #[error("found {found} bytes in {part}, expected {expected}")]
    Length { part: &'static str, found: usize, expected: String },
    #[error("found {found}, expected {expected}")]
    Content { found: String, expected: &'static str },
    #[error("{compressed} compressed bytes say that they hold {found}")]
    Inflation { found: u64, compressed: usize },
    #[error("arrays lie more than {} deep in one another", crate::limits::MAX_MAT5_DEPTH)]
    Depth,
    #[error("the compressed data do not read")]
    Zlib(#[source] std::io::Error),
}

impl ByteOrder {
    /// Two bytes as an unsigned number.
    pub(super) fn u16(self, bytes: [u8; 2]) -> u16 {
        match self {
            Self::Little => u16::from_le_bytes(bytes),
            Self::Big => u16::from_be_bytes(bytes),
        }
    }

    /// Four bytes as an unsigned number.
    pub(super) fn u32(self, bytes: [u8; 4]) -> u32 {
        match self {
            Self::Little => u32::from_le_bytes(bytes),
            Self::Big => u32::from_be_bytes(bytes),
        }
    }

    /// Eight bytes as an unsigned number.
    pub(super) fn u64(self, bytes: [u8; 8]) -> u64 {
        match self {
            Self::Little => u64::from_le_bytes(bytes),
            Self::Big => u64::from_be_bytes(bytes),
        }
    }
}

/// A tag, read but not held against what follows it.
pub(super) struct Tag {
    pub kind: u32,
    pub length: u32,
    /// Where the data begin.
    pub body_start: usize,
    /// Whether the data stand in the tag.
    small: bool,
}

/// One element, whose data lie within the bytes it was read from.
#[derive(Debug, Clone)]
pub(super) struct Element {
    pub kind: u32,
    pub body: Range<usize>,
    /// Where the next element begins; the end of the bytes when the last padding is missing.
    pub next: usize,
}

impl Element {
    /// The tag at a position.
    pub(super) fn tag_at(bytes: &[u8], at: usize, order: ByteOrder) -> Result<Tag, Damage> {
        let cut = || Damage::Cut { end: (at + TAG_BYTES) as u64 };
        let tag: [u8; TAG_BYTES] =
            bytes.get(at..at + TAG_BYTES).and_then(|tag| tag.try_into().ok()).ok_or_else(cut)?;
        let [a, b, c, d, e, f, g, h] = tag;
        let word = order.u32([a, b, c, d]);
        if word >> 16 != 0 {
            let (kind, length) = (word & 0xffff, word >> 16);
            if length > 4 {
                let found = length as usize;
                let expected = "at most 4".into();
                return Err(Damage::Length { part: "a small element", found, expected });
            }
            return Ok(Tag { kind, length, body_start: at + 4, small: true });
        }
        let length = order.u32([e, f, g, h]);
        Ok(Tag { kind: word, length, body_start: at + TAG_BYTES, small: false })
    }

    /// The element at a position.
    pub(super) fn at(bytes: &[u8], at: usize, order: ByteOrder) -> Result<Self, Damage> {
        let tag = Self::tag_at(bytes, at, order)?;
        let end = tag.body_start + tag.length as usize;
        if end > bytes.len() {
            return Err(Damage::Cut { end: end as u64 });
        }
        let next = match tag.kind {
            _ if tag.small => at + TAG_BYTES,
            // Compressed elements are not padded.
            COMPRESSED => end,
            _ => tag.body_start + (tag.length as usize).next_multiple_of(8),
        };
        let (kind, body) = (tag.kind, tag.body_start..end);
        Ok(Self { kind, body, next: next.min(bytes.len()) })
    }
}

/// Elements one after another.
pub(super) struct Elements<'b> {
    pub bytes: &'b [u8],
    pub order: ByteOrder,
    pub at: usize,
}

impl Elements<'_> {
    /// The next element.
    pub(super) fn next(&mut self) -> Result<Element, Damage> {
        let element = Element::at(self.bytes, self.at, self.order)?;
        self.at = element.next;
        Ok(element)
    }

    /// The next element, which must be of one of some types.
    pub(super) fn next_of(
        &mut self,
        kinds: &[u32],
        expected: &'static str,
    ) -> Result<Element, Damage> {
        let element = self.next()?;
        if !kinds.contains(&element.kind) {
            return Err(Damage::Kind { found: element.kind, expected });
        }
        Ok(element)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_and_plain_elements_in_both_byte_orders() {
        let little = [5, 0, 0, 0, 4, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 1, 0, 2, 0, b'a', b'b', 0, 0];
        let mut elements = Elements { bytes: &little, order: ByteOrder::Little, at: 0 };
        let first = elements.next().unwrap();
        assert_eq!((first.kind, first.body, first.next), (5, 8..12, 16));
        let second = elements.next().unwrap();
        assert_eq!((second.kind, &little[second.body]), (1, &b"ab"[..]));
        assert!(matches!(elements.next(), Err(Damage::Cut { end: 32 })));
        let big = [0, 2, 0, 1, b'a', b'b', 0, 0];
        let only = Element::at(&big, 0, ByteOrder::Big).unwrap();
        assert_eq!((only.kind, &big[only.body]), (1, &b"ab"[..]));
    }

    #[test]
    fn an_element_beyond_the_end_says_where_it_would_end() {
        let bytes = [9, 0, 0, 0, 255, 255, 255, 255, 0, 0];
        let damage = Element::at(&bytes, 0, ByteOrder::Little).unwrap_err();
        assert!(matches!(damage, Damage::Cut { end: 0x1_0000_0007 }), "{damage}");
        let small = [9, 0, 5, 0, 1, 2, 3, 4];
        assert!(matches!(
            Element::at(&small, 0, ByteOrder::Little),
            Err(Damage::Length { found: 5, .. })
        ));
    }

    #[test]
    fn the_last_element_need_not_be_padded() {
        let bytes = [2, 0, 0, 0, 5, 0, 0, 0, 1, 2, 3, 4, 5];
        assert_eq!(Element::at(&bytes, 0, ByteOrder::Little).unwrap().next, bytes.len());
    }
}
