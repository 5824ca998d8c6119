//! The pages of a column, one after the other, each header checked before its page is unfolded.
//!
//! The `parquet` crate writes our files, but its page decoders trust what a header says: a changed
//! number ends in a panic or in gigabytes. So pages are taken apart here and decoded in
//! [`super::decode`], with every length checked.
//!
//! A page header is a Thrift struct in the compact protocol. Its numbers are kept, with those of the
//! structs directly inside; everything else is stepped over.
//!
//! Source: the Parquet format, `parquet.thrift` (`PageHeader`), and the Thrift compact protocol.

use super::codec::Codec;
use super::fault::Fault;
use super::thrift::{FALSE, LIST, SET, STOP, STRUCT, TRUE, Thrift};
use crate::budget::Budget;
use crate::limits::MAX_PARQUET_PAGE_BYTES;
use std::borrow::Cow;

/// How deep structs may lie in the header; the format has three levels.
const MAX_DEPTH: usize = 8;
/// Numbers kept of one header; the format has fewer than thirty.
const MAX_NUMBERS: usize = 64;

/// One page, unfolded.
pub(super) struct Page<'a> {
    pub kind: Kind,
    /// Number of values, nulls included.
    pub n_values: usize,
    /// Number of the encoding of the values in `parquet.thrift`.
    pub encoding: i64,
    /// That of the definition levels, where they stand at the beginning of the body.
    pub level_encoding: Option<i64>,
    /// The definition levels of a version 2 page.
    pub levels: &'a [u8],
    pub body: Cow<'a, [u8]>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Dictionary,
    /// Definition levels, if any, stand at the beginning of the body.
    Data,
    /// Definition levels stand apart.
    DataV2,
}

/// The pages of one column chunk.
pub(super) struct Pages<'a> {
    chunk: &'a [u8],
    rest: &'a [u8],
    codec: Codec,
    budget: &'a Budget,
}

impl<'a> Pages<'a> {
    /// What the pages unfold to is taken from the budget: a few bytes of Zstandard make megabytes, and
    /// a file has room for many such pages.
    pub(super) fn new(chunk: &'a [u8], codec: Codec, budget: &'a Budget) -> Self {
        Self { chunk, rest: chunk, codec, budget }
    }

    /// The next page, nothing after the last, or what is wrong with it.
    pub(super) fn next_page(&mut self) -> Result<Option<Page<'a>>, Fault> {
        loop {
            if self.rest.is_empty() {
                return Ok(None);
            }
            let at = self.chunk.len() - self.rest.len();
            let page = self
                .take_page()
                .map_err(|wrong| Fault::Damaged(format!("a page at byte {at} {wrong}")))?;
            if page.is_some() {
                return Ok(page);
            }
        }
    }

    /// The next page, or nothing for one that holds no values.
    fn take_page(&mut self) -> Result<Option<Page<'a>>, String> {
        let mut header = Header { bytes: Thrift { rest: self.rest }, numbers: Vec::new() };
        header.read_struct(0, 0).ok_or("whose header does not read")?;
        let size = |field: u32| {
            let size = header.number(0, field).ok_or("that does not state its size")?;
            usize::try_from(size).map_err(|_| "of negative size")
        };
        let (unfolded, stored) = (size(2)?, size(3)?);
        if stored > header.bytes.rest.len() {
            return Err("that is longer than its column".into());
        }
        if unfolded as u64 > MAX_PARQUET_PAGE_BYTES {
            return Err(format!(
                "that would unfold to {unfolded} bytes, more than {MAX_PARQUET_PAGE_BYTES}"
            ));
        }
        if self.budget.spend("pages", unfolded as u64).is_err() {
            return Err("that with those before it unfolds to more than its file may hold".into());
        }
        let (stored, rest) = header.bytes.rest.split_at(stored);
        self.rest = rest;
        // Few writers say one; it is that of gzip.
        if let Some(stated) = header.number(0, 4) {
            let mut found = flate2::Crc::new();
            found.update(stored);
            if found.sum() != stated as u32 {
                return Err("whose checksum is another than it states".into());
            }
        }
        // The struct of the kind of page is the field of this number.
        let (kind, own, encoding) = match header.number(0, 1) {
            Some(0) => (Kind::Data, 5, 2),
            Some(1) => return Ok(None),
            Some(2) => (Kind::Dictionary, 7, 2),
            Some(3) => (Kind::DataV2, 8, 4),
            other => return Err(format!("of unknown kind {other:?}")),
        };
        let count = |field: u32| {
            let count = header.number(own, field).unwrap_or(0);
            usize::try_from(count).map_err(|_| "with a negative count")
        };
        let encoding = header.number(own, encoding).ok_or("that does not state its encoding")?;
        let (mut levels, mut values, mut codec) = (&[][..], stored, self.codec);
        if kind == Kind::DataV2 {
            if count(6)? != 0 {
                return Err("of a nested column".into());
            }
            (levels, values) =
                stored.split_at_checked(count(5)?).ok_or("that is shorter than its levels")?;
            // A boolean is kept as 0 or 1; a page that does not say is compressed.
            if header.number(own, 7) == Some(0) {
                codec = Codec::None;
            }
        }
        let unfolded =
            unfolded.checked_sub(levels.len()).ok_or("that is shorter than its levels")?;
        let body = codec.unfold(values, unfolded)?;
        let level_encoding = header.number(own, 3).filter(|_| kind == Kind::Data);
        Ok(Some(Page { kind, n_values: count(1)?, encoding, level_encoding, levels, body }))
    }
}

/// What is left of the chunk, and what the header has said so far: the field of the outermost
/// struct that encloses a number (0 for none), the number's field, and the number.
struct Header<'a> {
    bytes: Thrift<'a>,
    numbers: Vec<(u32, u32, i64)>,
}

impl Header<'_> {
    fn number(&self, within: u32, field: u32) -> Option<i64> {
        let is_it = |&&(w, f, _): &&(u32, u32, i64)| (w, f) == (within, field);
        self.numbers.iter().find(is_it).map(|&(_, _, number)| number)
    }

    fn keep(&mut self, depth: usize, within: u32, field: u32, number: i64) -> Option<()> {
        if depth <= 1 {
            self.numbers.push((within, field, number));
        }
        (self.numbers.len() <= MAX_NUMBERS).then_some(())
    }

    /// Reads a struct to its end.
    fn read_struct(&mut self, depth: usize, within: u32) -> Option<()> {
        let mut field = 0;
        loop {
            match self.bytes.field(&mut field)? {
                STOP => return Some(()),
                // A boolean field has its value in its kind.
                kind @ (TRUE | FALSE) => self.keep(depth, within, field, (kind == TRUE).into())?,
                4..=6 => {
                    let number = self.bytes.zigzag()?;
                    self.keep(depth, within, field, number)?;
                }
                kind => self.skip(kind, depth, field)?,
            }
        }
    }

    fn skip(&mut self, kind: u8, depth: usize, field: u32) -> Option<()> {
        if depth >= MAX_DEPTH {
            return None;
        }
        match kind {
            TRUE | FALSE => self.bytes.take(1).map(drop),
            LIST | SET => {
                let (kind, length) = self.bytes.list()?;
                // Every element takes a byte or more, so this ends with the bytes.
                (0..length).try_for_each(|_| self.skip(kind, depth + 1, field))
            }
            STRUCT => self.read_struct(depth + 1, field),
            // The header has no map, and nothing else exists.
            kind => self.bytes.pass_plain(kind),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    /// A dictionary page of one value in PLAIN encoding and its two bytes.
    const PAGE: &[u8] = &[0x15, 4, 0x15, 4, 0x15, 4, 0x4c, 0x15, 2, 0x15, 0, 0, 0, 0xaa, 0xbb];

    /// The budget of a file of a few bytes: 64 MiB.
    fn budget() -> Budget {
        Budget::new("pages.parquet".as_ref(), 0)
    }

    fn failure(chunk: &[u8], codec: Codec) -> String {
        let budget = budget();
        let mut pages = Pages::new(chunk, codec, &budget);
        loop {
            match pages.next_page() {
                Ok(Some(_)) => {}
                Ok(None) => return String::new(),
                Err(wrong) => return wrong.to_string(),
            }
        }
    }

    #[test]
    fn a_chain_of_pages_is_followed_to_its_end() {
        let chunk = [PAGE, PAGE].concat();
        let budget = budget();
        let mut pages = Pages::new(&chunk, Codec::None, &budget);
        for _ in 0..2 {
            let page = pages.next_page().unwrap().unwrap();
            assert_eq!((page.kind, page.n_values, page.encoding), (Kind::Dictionary, 1, 0));
            assert_eq!(*page.body, [0xaa, 0xbb]);
        }
        assert!(pages.next_page().unwrap().is_none());
    }

    #[test]
    fn every_cut_of_a_page_is_refused() {
        for at in 1..PAGE.len() {
            assert!(!failure(&PAGE[..at], Codec::None).is_empty(), "{at}");
        }
    }

    #[test]
    fn a_page_that_would_unfold_to_gigabytes_is_refused() {
        let mut page = vec![0x15, 0, 0x15, 0xfe, 0xff, 0xff, 0xff, 0xf];
        page.extend([0x15, 4, 0, 0xaa, 0xbb]);
        let text = failure(&page, Codec::None);
        assert!(text.contains("would unfold to 2147483647 bytes"), "{text}");
    }

    /// A dictionary page whose body is said to unfold to some length below 2²⁸.
    fn page(unfolded: u32, body: &[u8]) -> Vec<u8> {
        let mut page = vec![0x15, 4];
        for length in [unfolded, body.len() as u32] {
            let length = length << 1;
            let bytes =
                (0..5).map(|k| (length >> (7 * k)) as u8 & 0x7f | if k < 4 { 0x80 } else { 0 });
            page.push(0x15);
            page.extend(bytes);
        }
        page.extend([0x4c, 0x15, 2, 0x15, 0, 0, 0]);
        page.extend(body);
        page
    }

    /// A Zstandard frame of blocks that each repeat a zero 128 KiB times.
    fn zeros(n_blocks: u32) -> Vec<u8> {
        // The window takes 16 MiB.
        let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0, 0x70];
        for block in 1..=n_blocks {
            let head = 0x20000 << 3 | 1 << 1 | u32::from(block == n_blocks);
            frame.extend(&head.to_le_bytes()[..3]);
            frame.push(0);
        }
        frame
    }

    #[test]
    fn a_page_that_unfolds_to_another_length_than_it_states_is_refused() {
        let mut gzip = flate2::read::GzEncoder::new(&[7; 3000][..], flate2::Compression::fast());
        let mut gzipped = Vec::new();
        gzip.read_to_end(&mut gzipped).unwrap();
        let snappy = snap::raw::Encoder::new().compress_vec(&[7; 3000]).unwrap();
        // One literal, a match of 2994 with itself, five literals, as the block format asks.
        let mut lz4 = vec![0x1f, 7, 1, 0];
        lz4.extend([255; 11]);
        lz4.extend([170, 0x50, 7, 7, 7, 7, 7]);
        for (codec, body, length) in [
            (Codec::None, vec![7; 3000], 3000),
            (Codec::Snappy, snappy, 3000),
            (Codec::Gzip, gzipped, 3000),
            (Codec::Zstd, zeros(2), 2 << 17),
            (Codec::Lz4Raw, lz4, 3000),
        ] {
            assert_eq!(failure(&page(length, &body), codec), "", "{codec:?}");
            for stated in [0, length - 1, length + 1] {
                let text = failure(&page(stated, &body), codec);
                assert!(text.contains("unfold"), "{codec:?}, {stated}: {text}");
            }
        }
    }

    #[test]
    fn many_small_pages_that_unfold_to_gigabytes_are_refused() {
        let chunk = page(16 << 20, &zeros(128)).repeat(100);
        assert!(chunk.len() < 100_000);
        let text = failure(&chunk, Codec::Zstd);
        assert!(text.contains("more than its file may hold"), "{text}");
    }

    #[test]
    fn a_page_with_another_checksum_than_its_bytes_is_refused() {
        // As PAGE, with a field 4: the checksum of its two bytes.
        let sum = {
            let mut sum = flate2::Crc::new();
            sum.update(&[0xaa, 0xbb]);
            sum.sum() as i32
        };
        let with = |sum: i32| {
            let mut page = vec![0x15, 4, 0x15, 4, 0x15, 4, 0x15];
            let zigzag = (sum << 1 ^ sum >> 31) as u32;
            page.extend(
                (0..5).map(|k| (zigzag >> (7 * k)) as u8 & 0x7f | if k < 4 { 0x80 } else { 0 }),
            );
            page.extend([0x3c, 0x15, 2, 0x15, 0, 0, 0, 0xaa, 0xbb]);
            page
        };
        assert_eq!(failure(&with(sum), Codec::None), "");
        assert!(failure(&with(sum ^ 1), Codec::None).contains("checksum"));
    }

    #[test]
    fn structs_nested_without_end_are_refused() {
        assert!(failure(&[0x1c; 100_000], Codec::None).contains("does not read"));
    }
}
