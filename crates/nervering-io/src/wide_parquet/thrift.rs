//! The Thrift compact protocol, as far as page headers and footers need it: what stands for itself,
//! and what is passed over.

use super::varint::varint;

/// Kinds of values; 3 is a byte, 4 to 6 are whole numbers, 7 is a double.
pub(super) const STOP: u8 = 0;
pub(super) const TRUE: u8 = 1;
pub(super) const FALSE: u8 = 2;
pub(super) const BINARY: u8 = 8;
pub(super) const LIST: u8 = 9;
pub(super) const SET: u8 = 10;
pub(super) const MAP: u8 = 11;
pub(super) const STRUCT: u8 = 12;

/// What is left to read.
pub(super) struct Thrift<'a> {
    pub(super) rest: &'a [u8],
}

impl<'a> Thrift<'a> {
    pub(super) fn byte(&mut self) -> Option<u8> {
        let (&first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(first)
    }

    pub(super) fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(taken)
    }

    pub(super) fn varint(&mut self) -> Option<u64> {
        varint(&mut self.rest)
    }

    pub(super) fn zigzag(&mut self) -> Option<i64> {
        let value = self.varint()?;
        Some((value >> 1) as i64 ^ -((value & 1) as i64))
    }

    /// The kind of the next field of a struct, or [`STOP`]; `number` becomes the field's number, and is
    /// 0 before the first.
    pub(super) fn field(&mut self, number: &mut u32) -> Option<u8> {
        let head = self.byte()?;
        if head == STOP {
            return Some(STOP);
        }
        // A delta of 0 says that the number follows.
        *number = match head >> 4 {
            0 => self.zigzag()?.try_into().ok()?,
            delta => number.checked_add(u32::from(delta))?,
        };
        Some(head & 0xf).filter(|&kind| kind != STOP)
    }

    /// Reads a struct: `read` is told the number and the kind of each field and takes its value.
    pub(super) fn fields(
        &mut self,
        mut read: impl FnMut(&mut Self, u32, u8) -> Option<()>,
    ) -> Option<()> {
        let mut number = 0;
        loop {
            match self.field(&mut number)? {
                STOP => return Some(()),
                kind => read(self, number, kind)?,
            }
        }
    }

    /// Reads a field that must be a list of structs.
    pub(super) fn structs(
        &mut self,
        kind: u8,
        mut read: impl FnMut(&mut Self) -> Option<()>,
    ) -> Option<()> {
        if kind != LIST {
            return None;
        }
        let (kind, length) = self.list()?;
        if length > 0 && kind != STRUCT {
            return None;
        }
        (0..length).try_for_each(|_| read(self))
    }

    /// Reads a field that must be a whole number.
    pub(super) fn number(&mut self, kind: u8) -> Option<i64> {
        if matches!(kind, 4..=6) { self.zigzag() } else { None }
    }

    /// Reads a field that must be a text or bytes.
    pub(super) fn bytes(&mut self, kind: u8) -> Option<&'a [u8]> {
        if kind != BINARY {
            return None;
        }
        let length = usize::try_from(self.varint()?).ok()?;
        self.take(length)
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
            3 => self.take(1).map(drop),
            4..=6 => self.varint().map(drop),
            7 => self.take(8).map(drop),
            kind => self.bytes(kind).map(drop),
        }
    }
}

/// Structs and lists within each other; a sound footer has six.
const MAX_DEPTH: usize = 32;

/// Passes over the value of a field.
pub(super) fn pass(thrift: &mut Thrift<'_>, kind: u8, depth: usize) -> Option<()> {
    match kind {
        // A flag has its value in its kind.
        TRUE | FALSE => Some(()),
        kind => pass_element(thrift, kind, depth),
    }
}

/// Passes over what takes a byte or more, so no flag.
fn pass_element(thrift: &mut Thrift<'_>, kind: u8, depth: usize) -> Option<()> {
    if depth >= MAX_DEPTH {
        return None;
    }
    match kind {
        LIST | SET => {
            let (kind, length) = thrift.list()?;
            (0..length).try_for_each(|_| pass_element(thrift, kind, depth + 1))
        }
        MAP => {
            let length = thrift.varint()?;
            let kinds = if length > 0 { thrift.byte()? } else { 0 };
            (0..length).try_for_each(|_| {
                pass_element(thrift, kinds >> 4, depth + 1)?;
                pass_element(thrift, kinds & 0xf, depth + 1)
            })
        }
        STRUCT => thrift.fields(|thrift, _, kind| pass(thrift, kind, depth + 1)),
        kind => thrift.pass_plain(kind),
    }
}
