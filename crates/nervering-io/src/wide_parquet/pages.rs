//! The headers of a column's pages, checked before the pages are decoded.
//!
//! A page header is a Thrift struct in the compact protocol; of it only the type and the two sizes
//! are taken, the rest is stepped over. The `parquet` crate allocates the size that a header states
//! before it decompresses, and a length inside the header before it reads, so a changed number
//! would cost gigabytes or end the process.
//!
//! Source: the Parquet format, `parquet.thrift` (`PageHeader`), and the Thrift compact protocol.

use crate::limits::MAX_PARQUET_PAGE_BYTES;

/// How deep structs may lie in the header; the format has three levels.
const MAX_DEPTH: usize = 8;

/// Checks the headers of all pages of one column chunk. Returns what is wrong, if anything.
pub(super) fn check(chunk: &[u8]) -> Result<(), String> {
    let mut rest = chunk;
    while !rest.is_empty() {
        let at = chunk.len() - rest.len();
        let wrong = |what: &str| format!("the page at byte {at} of the column {what}");
        let mut header = Cursor { rest, compressed: None, uncompressed: None };
        header.read_struct(0).ok_or_else(|| wrong("has a header that does not read"))?;
        let (Some(compressed), Some(uncompressed)) = (header.compressed, header.uncompressed)
        else {
            return Err(wrong("does not state its size"));
        };
        let after = header.rest;
        let compressed = usize::try_from(compressed).ok().filter(|&bytes| bytes <= after.len());
        let Some(compressed) = compressed else {
            return Err(wrong("is longer than the column"));
        };
        if !(0..=MAX_PARQUET_PAGE_BYTES as i64).contains(&uncompressed) {
            return Err(wrong(&format!(
                "would unfold to {uncompressed} bytes, more than {MAX_PARQUET_PAGE_BYTES}"
            )));
        }
        rest = &after[compressed..];
    }
    Ok(())
}

/// What is left of the chunk, and what the header has said so far.
struct Cursor<'a> {
    rest: &'a [u8],
    uncompressed: Option<i64>,
    compressed: Option<i64>,
}

impl Cursor<'_> {
    /// Reads a struct to its end; only the outermost one has sizes that matter.
    fn read_struct(&mut self, depth: usize) -> Option<()> {
        let mut id = 0_i64;
        loop {
            let head = self.byte()?;
            if head == 0 {
                return Some(());
            }
            // A delta of 0 says that the number of the field follows.
            id = match head >> 4 {
                0 => self.zigzag()?,
                delta => id.checked_add(i64::from(delta))?,
            };
            match (depth, id, head & 0xf) {
                (0, 2, 5) => self.uncompressed = Some(self.zigzag()?),
                (0, 3, 5) => self.compressed = Some(self.zigzag()?),
                (0, 2 | 3, _) => return None,
                // A boolean field has its value in its type.
                (_, _, 1 | 2) => {}
                (_, _, kind) => self.skip(kind, depth)?,
            }
        }
    }

    fn skip(&mut self, kind: u8, depth: usize) -> Option<()> {
        if depth >= MAX_DEPTH {
            return None;
        }
        match kind {
            1..=3 => self.take(1),
            4..=6 => self.varint().map(|_| ()),
            7 => self.take(8),
            8 => {
                let length = usize::try_from(self.varint()?).ok()?;
                self.take(length)
            }
            9 | 10 => {
                let head = self.byte()?;
                let length = match head >> 4 {
                    15 => self.varint()?,
                    length => u64::from(length),
                };
                // Every element takes a byte or more, so this ends with the bytes.
                (0..length).try_for_each(|_| self.skip(head & 0xf, depth + 1))
            }
            12 => self.read_struct(depth + 1),
            // The header has no map, and nothing else exists.
            _ => None,
        }
    }

    fn zigzag(&mut self) -> Option<i64> {
        let value = self.varint()?;
        Some((value >> 1) as i64 ^ -((value & 1) as i64))
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    fn byte(&mut self) -> Option<u8> {
        let (&first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(first)
    }

    fn take(&mut self, length: usize) -> Option<()> {
        self.rest = self.rest.get(length..)?;
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Type DATA_PAGE, uncompressed 300 bytes, compressed 2, a struct with one number, and the two
    /// bytes.
    const PAGE: &[u8] = &[0x15, 0, 0x15, 0xd8, 4, 0x15, 4, 0x2c, 0x15, 8, 0, 0, 0xaa, 0xbb];

    #[test]
    fn a_chain_of_pages_is_followed_to_its_end() {
        assert_eq!(check(&[PAGE, PAGE].concat()), Ok(()));
        assert_eq!(check(&[]), Ok(()));
    }

    #[test]
    fn every_cut_of_a_page_is_refused() {
        for at in 1..PAGE.len() {
            assert!(check(&PAGE[..at]).is_err(), "{at}");
        }
    }

    #[test]
    fn a_page_that_would_unfold_to_gigabytes_is_refused() {
        let mut page = vec![0x15, 0, 0x15, 0xfe, 0xff, 0xff, 0xff, 0xf];
        page.extend([0x15, 4, 0, 0xaa, 0xbb]);
        assert!(check(&page).unwrap_err().contains("unfold to 2147483647 bytes"));
    }

    #[test]
    fn structs_nested_without_end_are_refused() {
        assert!(check(&[0x1c; 100_000]).is_err());
    }
}
