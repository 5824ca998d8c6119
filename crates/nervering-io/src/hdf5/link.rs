//! The links of a group: what its members are called and where each stands.
//!
//! Old groups keep names in a local heap and addresses in a tree, new ones have a message per link, or
//! a heap of such messages. A link is listed whether or not its target can be opened.

use super::container::Container;
use super::header::{Header, kind};
use super::trouble::Trouble;
use crate::limits::{MAX_OBJECTS, MAX_TEXT_LENGTH};
use hdf5_reader::btree_v1::collect_btree_v1_leaves_storage;
use hdf5_reader::btree_v2::{
    BTreeV2Header, BTreeV2Record, collect_btree_v2_records_storage as records_of,
};
use hdf5_reader::fractal_heap::{FractalHeap, FractalHeapDirectBlockCache};
use hdf5_reader::io::Cursor;
use hdf5_reader::local_heap::LocalHeap;
use hdf5_reader::symbol_table::SymbolTableNode;

/// One member of a group.
pub(crate) struct Link {
    pub name: String,
    pub target: Target,
    /// When it was made, where the group keeps count.
    order: Option<u64>,
}

/// Where a member stands.
pub(crate) enum Target {
    Object(u64),
    Soft(String),
    External { file: String, path: String },
    Unknown(u8),
}

/// All links of a group; none where the header is no group's.
pub(super) fn list(container: &Container, header: &Header) -> Result<Vec<Link>, Trouble> {
    if let Some(table) = header.find(container, kind::SYMBOL_TABLE)? {
        return of_symbol_table(container, &table);
    }
    let mut links = Vec::new();
    for message in header.all(kind::LINK) {
        links.push(Link::parse(container, &message.resolve(container)?)?);
    }
    if let Some(info) = header.find(container, kind::LINK_INFO)? {
        let (offset, length) = container.widths();
        let mut cursor = Cursor::new(&info);
        let info =
            hdf5_reader::messages::link_info::parse(&mut cursor, offset, length, info.len())?;
        let heap = (info.fractal_heap_address, info.btree_name_index_address);
        for message in heap_objects(container, heap)? {
            links.push(Link::parse(container, &message)?);
        }
    }
    // Where the group keeps the order in which its members were made, that is their order.
    if links.iter().all(|link| link.order.is_some()) {
        links.sort_by_key(|link| link.order);
    }
    Ok(links)
}

/// Everything in a fractal heap, by the tree that indexes its names: links or attributes.
pub(super) fn heap_objects(
    container: &Container,
    (heap, index): (u64, u64),
) -> Result<Vec<Vec<u8>>, Trouble> {
    if container.is_undefined(heap) || container.is_undefined(index) {
        return Ok(Vec::new());
    }
    let (offset, length) = container.widths();
    let storage = container.storage();
    let heap = FractalHeap::parse_at_storage(storage, heap, offset, length)?;
    let header = BTreeV2Header::parse_at_storage(storage, index, offset, length)?;
    let records = records_of(storage, &header, offset, length, None, &[], None)?;
    check_count(records.len())?;
    let mut cache = FractalHeapDirectBlockCache::default();
    let mut objects = Vec::new();
    for record in &records {
        let (BTreeV2Record::LinkNameHash { heap_id, .. }
        | BTreeV2Record::CreationOrder { heap_id, .. }
        | BTreeV2Record::AttributeNameHash { heap_id, .. }
        | BTreeV2Record::AttributeCreationOrder { heap_id, .. }) = record
        else {
            continue;
        };
        let object = heap.get_object_storage_cached_with_registry(
            heap_id, storage, offset, length, &mut cache, None,
        )?;
        container.charge(object.len())?;
        objects.push(object);
    }
    Ok(objects)
}

fn of_symbol_table(container: &Container, table: &[u8]) -> Result<Vec<Link>, Trouble> {
    let (offset, length) = container.widths();
    let mut cursor = Cursor::new(table);
    let (tree, heap) = (cursor.read_offset(offset)?, cursor.read_offset(offset)?);
    let storage = container.storage();
    let heap = LocalHeap::parse_at_storage(storage, heap, offset, length)?;
    let n_bytes = usize::try_from(heap.data_segment_size).unwrap_or(usize::MAX);
    container.charge(n_bytes)?;
    let names = container.read(heap.data_segment_address, n_bytes)?;
    let text = |at: u64| -> Result<String, Trouble> {
        let bytes = usize::try_from(at).ok().and_then(|at| names.get(at..)).unwrap_or_default();
        let end = bytes.iter().position(|&byte| byte == 0);
        let end = end.ok_or_else(|| Trouble::damaged("a name that does not end in its heap"))?;
        name_of(container, &bytes[..end])
    };
    let mut links = Vec::new();
    for (_, node) in
        collect_btree_v1_leaves_storage(storage, tree, offset, length, None, &[], None)?
    {
        // Signature, version, reserved byte and number of entries; each entry has a name, an
        // address, a kind, four bytes and a scratch pad.
        let head = container.read(node, 8)?;
        let n_entries = usize::from(u16::from_le_bytes([head[6], head[7]]));
        let n_bytes = 8 + n_entries * (2 * usize::from(offset) + 24);
        container.charge(n_bytes)?;
        let node = container.read(node, n_bytes)?;
        let node = SymbolTableNode::parse(&mut Cursor::new(&node), offset, length)?;
        check_count(links.len() + node.entries.len())?;
        for entry in &node.entries {
            let target = match entry.cache_type {
                2 => {
                    let [a, b, c, d, ..] = entry.scratch;
                    Target::Soft(text(u32::from_le_bytes([a, b, c, d]).into())?)
                }
                _ => Target::Object(entry.object_header_address),
            };
            links.push(Link { name: text(entry.link_name_offset)?, target, order: None });
        }
    }
    Ok(links)
}

fn check_count(found: usize) -> Result<(), Trouble> {
    let (found, limit) = (found as u64, MAX_OBJECTS);
    if found > limit {
        return Err(Trouble::Limit { found, unit: "members of a group", limit });
    }
    Ok(())
}

/// A name or path. The format has UTF-8; other bytes are shown as they can be.
fn name_of(container: &Container, bytes: &[u8]) -> Result<String, Trouble> {
    let (found, limit) = (bytes.len() as u64, MAX_TEXT_LENGTH as u64);
    if found > limit {
        return Err(Trouble::Limit { found, unit: "characters of a name", limit });
    }
    container.charge(bytes.len())?;
    Ok(String::from_utf8_lossy(bytes).into_owned())
}

impl Link {
    fn parse(container: &Container, message: &[u8]) -> Result<Self, Trouble> {
        let mut cursor = Cursor::new(message);
        let (version, flags) = (cursor.read_u8()?, cursor.read_u8()?);
        if version != 1 {
            return Err(Trouble::damaged(format!("a link of version {version}")));
        }
        let kind = if flags & 8 != 0 { cursor.read_u8()? } else { 0 };
        let order = if flags & 4 != 0 { Some(cursor.read_u64_le()?) } else { None };
        cursor.skip(if flags & 16 != 0 { 1 } else { 0 })?;
        let length = cursor.read_uvar(1 << (flags & 3))?;
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let name = name_of(container, cursor.read_bytes(length)?)?;
        let target = match kind {
            0 => Target::Object(cursor.read_offset(container.widths().0)?),
            1 => {
                let length = usize::from(cursor.read_u16_le()?);
                Target::Soft(name_of(container, cursor.read_bytes(length)?)?)
            }
            64 => {
                let length = usize::from(cursor.read_u16_le()?);
                let value = cursor.read_bytes(length)?;
                let mut parts = value.get(1..).unwrap_or_default().split(|&byte| byte == 0);
                let mut part = || name_of(container, parts.next().unwrap_or_default());
                Target::External { file: part()?, path: part()? }
            }
            other => Target::Unknown(other),
        };
        Ok(Self { name, target, order })
    }
}
