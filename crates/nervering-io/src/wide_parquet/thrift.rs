//! The Thrift compact protocol, as far as page headers and footers need it: what stands for itself,
//! and what is passed over.

use super::decode::varint;

/// What is left to read.
pub(super) struct Thrift<'a> {
    pub(super) rest: &'a [u8],
}

impl Thrift<'_> {
    pub(super) fn byte(&mut self) -> Option<u8> {
        let (&first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(first)
    }

    pub(super) fn take(&mut self, length: usize) -> Option<()> {
        self.rest = self.rest.get(length..)?;
        Some(())
    }

    pub(super) fn varint(&mut self) -> Option<u64> {
        varint(&mut self.rest)
    }

    pub(super) fn zigzag(&mut self) -> Option<i64> {
        let value = self.varint()?;
        Some((value >> 1) as i64 ^ -((value & 1) as i64))
    }

    /// The kind of a list's elements, and how many it announces.
    pub(super) fn list(&mut self) -> Option<(u8, u64)> {
        let head = self.byte()?;
        let length = match head >> 4 {
            15 => self.varint()?,
            length => u64::from(length),
        };
        Some((head & 0xf, length))
    }

    /// Passes over a byte, a number or a text; nothing else.
    pub(super) fn pass_plain(&mut self, kind: u8) -> Option<()> {
        match kind {
            3 => self.take(1),
            4..=6 => self.varint().map(|_| ()),
            7 => self.take(8),
            8 => {
                let length = usize::try_from(self.varint()?).ok()?;
                self.take(length)
            }
            _ => None,
        }
    }
}
