//! Object headers, versions 1 and 2: a list of messages, which are understood one by one, when one is
//! asked for. A message that is not understood costs nothing to an object that does not need it.
//!
//! Source: The HDF Group, *HDF5 File Format Specification*, version 3.0, section IV.A.

use super::container::Container;
use super::trouble::Trouble;
use crate::limits::MAX_HDF5_HEADER_BYTES;
use hdf5_reader::checksum::jenkins_lookup3;
use hdf5_reader::io::Cursor;
use hdf5_reader::messages::shared::{self, SharedMessage};
use std::collections::HashSet;

/// Kinds of messages.
pub(super) mod kind {
    pub const NIL: u16 = 0x00;
    pub const DATASPACE: u16 = 0x01;
    pub const LINK_INFO: u16 = 0x02;
    pub const DATATYPE: u16 = 0x03;
    pub const OLD_FILL: u16 = 0x04;
    pub const FILL: u16 = 0x05;
    pub const LINK: u16 = 0x06;
    pub const EXTERNAL: u16 = 0x07;
    pub const LAYOUT: u16 = 0x08;
    pub const GROUP_INFO: u16 = 0x0a;
    pub const FILTERS: u16 = 0x0b;
    pub const ATTRIBUTE: u16 = 0x0c;
    pub const CONTINUATION: u16 = 0x10;
    pub const SYMBOL_TABLE: u16 = 0x11;
    pub const ATTRIBUTE_INFO: u16 = 0x15;
}

const OBJECT: &[u8] = b"OHDR";
const CHUNK: &[u8] = b"OCHK";
/// Pieces in which one header may lie.
const MAX_PIECES: usize = 1024;

/// The messages of one object.
pub(super) struct Header {
    messages: Vec<Message>,
}

/// One message.
pub(super) struct Message {
    kind: u16,
    /// The body only says where the message stands.
    is_shared: bool,
    body: Box<[u8]>,
}

/// How the messages of a header are written.
#[derive(Clone, Copy)]
enum Version {
    One,
    Two { with_order: bool },
}

impl Header {
    /// Reads all messages at an address.
    pub(super) fn read(container: &Container, address: u64) -> Result<Self, Trouble> {
        let mut header = Self { messages: Vec::new() };
        let mut pieces = Vec::new();
        let mut left = MAX_HDF5_HEADER_BYTES;
        let mut take = |length: u64| -> Result<usize, Trouble> {
            let (limit, unit) = (MAX_HDF5_HEADER_BYTES as u64, "bytes in an object header");
            let taken = usize::try_from(length).ok().filter(|&length| length <= left);
            let taken = taken.ok_or(Trouble::Limit { found: length, unit, limit })?;
            left -= taken;
            container.charge(taken)?;
            Ok(taken)
        };
        let prefix = container.read(address, 6)?;
        let version = if prefix.starts_with(OBJECT) {
            let mut cursor = Cursor::new(&prefix);
            cursor.skip(4)?;
            let (version, flags) = (cursor.read_u8()?, cursor.read_u8()?);
            if version != 2 {
                return Err(Trouble::damaged(format!("object header of version {version}")));
            }
            // Times, and when attributes move elsewhere.
            let skipped =
                if flags & 0x20 != 0 { 16 } else { 0 } + if flags & 0x10 != 0 { 4 } else { 0 };
            let width = 1 << (flags & 3);
            let start = 6 + skipped + width;
            let prefix = container.read(address, start)?;
            let mut cursor = Cursor::new(&prefix);
            cursor.skip(6 + skipped)?;
            let size = cursor.read_uvar(width)?;
            let length = take(size.saturating_add(start as u64 + 4))?;
            let piece = container.read(address, length)?;
            let version = Version::Two { with_order: flags & 4 != 0 };
            header.parse(container, version, &unsealed(&piece)?[start..], &mut pieces)?;
            version
        } else {
            let prefix = container.read(address, 16)?;
            let mut cursor = Cursor::new(&prefix);
            let version = cursor.read_u8()?;
            if version != 1 {
                return Err(Trouble::damaged(format!("object header of version {version}")));
            }
            cursor.skip(7)?;
            let length = take(u64::from(cursor.read_u32_le()?) + 16)?;
            let piece = container.read(address, length)?;
            header.parse(container, Version::One, &piece[16..], &mut pieces)?;
            Version::One
        };
        let mut seen = HashSet::new();
        while let Some((at, length)) = pieces.pop() {
            if !seen.insert(at) || seen.len() > MAX_PIECES {
                return Err(Trouble::damaged("an object header that continues in a circle"));
            }
            let piece = container.read(at, take(length)?)?;
            match version {
                Version::One => header.parse(container, version, &piece, &mut pieces)?,
                Version::Two { .. } => {
                    let body = unsealed(&piece)?.strip_prefix(CHUNK).ok_or_else(|| {
                        Trouble::damaged("an object header that continues where none is")
                    })?;
                    header.parse(container, version, body, &mut pieces)?;
                }
            }
        }
        Ok(header)
    }

    /// The messages in some bytes; where the header goes on is added to `pieces`.
    fn parse(
        &mut self,
        container: &Container,
        version: Version,
        bytes: &[u8],
        pieces: &mut Vec<(u64, u64)>,
    ) -> Result<(), Trouble> {
        let envelope = match version {
            Version::One => 8,
            Version::Two { with_order } => 4 + if with_order { 2 } else { 0 },
        };
        let mut cursor = Cursor::new(bytes);
        while cursor.remaining() >= envelope {
            let (kind, length, flags) = match version {
                Version::One => {
                    let (kind, length) = (cursor.read_u16_le()?, cursor.read_u16_le()?);
                    let flags = cursor.read_u8()?;
                    cursor.skip(3)?;
                    (kind, length, flags)
                }
                Version::Two { with_order } => {
                    let kind = u16::from(cursor.read_u8()?);
                    let (length, flags) = (cursor.read_u16_le()?, cursor.read_u8()?);
                    cursor.skip(if with_order { 2 } else { 0 })?;
                    (kind, length, flags)
                }
            };
            let body = cursor.read_bytes(usize::from(length))?;
            let is_shared = flags & 2 != 0;
            match kind {
                kind::NIL => {}
                kind::CONTINUATION => {
                    let (offset_size, length_size) = container.widths();
                    let mut body = Cursor::new(body);
                    pieces.push((body.read_offset(offset_size)?, body.read_length(length_size)?));
                }
                _ => self.messages.push(Message { kind, is_shared, body: body.into() }),
            }
        }
        Ok(())
    }

    /// Whether there is a message of one of some kinds.
    pub(super) fn has(&self, kinds: &[u16]) -> bool {
        self.messages.iter().any(|message| kinds.contains(&message.kind))
    }

    /// All messages of a kind.
    pub(super) fn all(&self, kind: u16) -> impl Iterator<Item = &Message> {
        self.messages.iter().filter(move |message| message.kind == kind)
    }

    /// The body of the first message of a kind, wherever it stands.
    pub(super) fn find(
        &self,
        container: &Container,
        kind: u16,
    ) -> Result<Option<Vec<u8>>, Trouble> {
        self.all(kind).next().map(|message| message.resolve(container)).transpose()
    }
}

impl Message {
    /// The body, which may stand in the header of a named type.
    pub(super) fn resolve(&self, container: &Container) -> Result<Vec<u8>, Trouble> {
        if !self.is_shared {
            return Ok(self.body.to_vec());
        }
        resolve_shared(container, self.kind, &self.body)
    }
}

/// The body of a message that stands in another object.
pub(super) fn resolve_shared(
    container: &Container,
    kind: u16,
    reference: &[u8],
) -> Result<Vec<u8>, Trouble> {
    let (offset, length) = container.widths();
    let mut cursor = Cursor::new(reference);
    match shared::parse(&mut cursor, kind, offset, length, reference.len())? {
        SharedMessage::SharedInOhdr { address, .. } => {
            let object = container.object(address)?;
            let message = object.header().all(kind).find(|message| !message.is_shared);
            let nothing = || Trouble::damaged(format!("no message {kind:#x} at {address:#x}"));
            message.map(|message| message.body.to_vec()).ok_or_else(nothing)
        }
        SharedMessage::SharedInSohm { .. } => Err(Trouble::unsupported(
            "a description that objects share (a table of shared messages)",
            "write the file again with `h5repack in.h5 out.h5`",
        )),
    }
}

/// Bytes without the checksum at their end, which must be right.
fn unsealed(bytes: &[u8]) -> Result<&[u8], Trouble> {
    let (body, sum) =
        bytes.split_last_chunk().ok_or_else(|| Trouble::damaged("no place for a checksum"))?;
    if jenkins_lookup3(body) != u32::from_le_bytes(*sum) {
        return Err(Trouble::damaged("the checksum of an object header is wrong"));
    }
    Ok(body)
}
