//! Attributes, in the header of their object or in a heap. Each is split into its parts; what its
//! value means is looked at when it is asked for.

use super::container::Container;
use super::datatype::Kind;
use super::header::{Header, kind, resolve_shared};
use super::link::heap_objects;
use super::trouble::Trouble;
use hdf5_reader::io::Cursor;
use hdf5_reader::messages::attribute_info;
use hdf5_reader::messages::dataspace;

/// One attribute.
pub(crate) struct Attribute {
    pub name: String,
    pub kind: Kind,
    pub n_elements: u64,
    /// The value as it stands.
    pub data: Vec<u8>,
}

/// The attributes of an object that can be split into parts. One that cannot is as if it were not
/// there: nobody but its writer knows what it was for.
pub(super) fn list(container: &Container, header: &Header) -> Result<Vec<Attribute>, Trouble> {
    let mut messages = Vec::new();
    for message in header.all(kind::ATTRIBUTE) {
        messages.extend(message.resolve(container));
    }
    if let Some(info) = header.find(container, kind::ATTRIBUTE_INFO)? {
        let (offset, length) = container.widths();
        let info = attribute_info::parse(&mut Cursor::new(&info), offset, length, info.len())?;
        let heap = (info.fractal_heap_address, info.btree_name_index_address);
        messages.extend(heap_objects(container, heap)?);
    }
    Ok(messages.iter().filter_map(|message| parse(container, message).ok()).collect())
}

fn parse(container: &Container, message: &[u8]) -> Result<Attribute, Trouble> {
    let mut cursor = Cursor::new(message);
    let (version, flags) = (cursor.read_u8()?, cursor.read_u8()?);
    let name_size = usize::from(cursor.read_u16_le()?);
    let type_size = usize::from(cursor.read_u16_le()?);
    let space_size = usize::from(cursor.read_u16_le()?);
    // Version 1 pads each part to eight bytes; version 3 says how the name is encoded.
    let padded = |size: usize| if version == 1 { size.next_multiple_of(8) } else { size };
    cursor.skip(if version == 3 { 1 } else { 0 })?;
    let name = cursor.read_bytes(padded(name_size))?;
    let name = name.split(|&byte| byte == 0).next().unwrap_or_default();
    let name = String::from_utf8_lossy(name).into_owned();
    let mut part = |size: usize| -> Result<Vec<u8>, Trouble> {
        Ok(cursor.read_bytes(padded(size))?[..size].to_vec())
    };
    let (mut datatype, mut space) = (part(type_size)?, part(space_size)?);
    let shared = if version == 1 { 0 } else { flags };
    if shared & 1 != 0 {
        datatype = resolve_shared(container, kind::DATATYPE, &datatype)?;
    }
    if shared & 2 != 0 {
        space = resolve_shared(container, kind::DATASPACE, &space)?;
    }
    let (offset, length) = container.widths();
    let space = dataspace::parse(&mut Cursor::new(&space), offset, length, space.len())?;
    let n_elements = space.num_elements().map_err(|error| Trouble::Damaged(Box::new(error)))?;
    let start = cursor.position() as usize;
    let data = message.get(start..).unwrap_or_default().to_vec();
    Ok(Attribute { name, kind: Kind::parse(&datatype), n_elements, data })
}

impl Attribute {
    /// The bytes of a value that stands alone.
    fn single(&self) -> Option<&[u8]> {
        if self.n_elements != 1 { None } else { self.data.get(..self.kind.size()?) }
    }

    /// The text, if it is one.
    pub(crate) fn text(&self, container: &Container) -> Option<String> {
        match &self.kind {
            Kind::Text(text) => text.decode(self.single()?).ok(),
            Kind::VariableText(text) => text.decode(&container.variable(self.single()?).ok()?).ok(),
            _ => None,
        }
    }

    /// The number, if it is one.
    pub(crate) fn number(&self) -> Option<f64> {
        let Kind::Number(number) = &self.kind else { return None };
        number.decode(self.single()?).first().copied()
    }

    /// The address of the object that it refers to, if it does.
    pub(crate) fn reference(&self) -> Option<u64> {
        let Kind::Reference(size) = self.kind else { return None };
        Cursor::new(self.single()?).read_offset(size).ok()
    }
}
