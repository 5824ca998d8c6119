//! Data sets: shape, element type and layout, and their values as bytes.
//!
//! A data set opens whatever its layout, filters and types are; what is not read is named when its
//! values are asked for. Values that were never written are the fill value, as in libhdf5.

use super::chunk::{self, Chunks};
use super::container::{Container, Object};
use super::datatype::Kind;
use super::filter::Pipeline;
use super::header::{Header, kind};
use super::number::Number;
use super::trouble::{AS_NUMBERS, Trouble};
use crate::limits::{MAX_DATASET_BYTES, decoded_budget};
use hdf5_reader::io::Cursor;
use hdf5_reader::messages::dataspace::{self, DataspaceType, UNLIMITED};
use hdf5_reader::messages::layout::{self, DataLayout};
use hdf5_reader::messages::{fill_value, filter_pipeline};

/// Axes that a data set may have, by the format.
const MAX_AXES: usize = 32;

/// What a data set is.
pub(crate) struct Dataset {
    /// Lengths of the axes: none for a single value, and one of no length for a data set without
    /// values.
    pub shape: Vec<u64>,
    pub kind: Kind,
    /// How far each axis may grow; nothing where it may not.
    max_shape: Option<Vec<u64>>,
}

impl Dataset {
    /// Shape and type, from the header of a data set.
    pub(super) fn of(container: &Container, header: &Header) -> Result<Self, Trouble> {
        let (offset, length) = container.widths();
        let space = required(container, header, kind::DATASPACE, "shape")?;
        let space = dataspace::parse(&mut Cursor::new(&space), offset, length, space.len())?;
        let is_null = space.dataspace_type == DataspaceType::Null;
        let shape = if is_null { vec![0] } else { space.dims };
        if shape.len() > MAX_AXES {
            return Err(Trouble::damaged(format!("{} axes", shape.len())));
        }
        let max_shape = space.max_dims.filter(|axes| axes.len() == shape.len());
        let kind = match required(container, header, kind::DATATYPE, "element type") {
            Ok(message) => Kind::parse(&message),
            Err(Trouble::Unsupported { found, .. }) => Kind::Other { name: found, size: None },
            Err(other) => return Err(other),
        };
        Ok(Self { shape, kind, max_shape })
    }

    /// Number of elements: one for a single value.
    pub(crate) fn n_elements(&self) -> u64 {
        self.shape.iter().fold(1, |n: u64, &axis| n.saturating_mul(axis))
    }

    /// All values, in row-major order, as they stand in the file.
    pub(crate) fn bytes(&self, container: &Container, object: &Object) -> Result<Vec<u8>, Trouble> {
        let width = self.kind.size().unwrap_or(1);
        self.values(container, object, width, |bytes| bytes.to_vec())
    }

    /// All numbers, in row-major order.
    pub(crate) fn numbers(
        &self,
        container: &Container,
        object: &Object,
        number: Number,
    ) -> Result<Vec<f64>, Trouble> {
        self.values(container, object, 1, |bytes| number.decode(bytes))
    }

    /// All values, of which an element takes `width` once it is decoded. Chunks are decoded one by
    /// one, which spares a second copy of everything.
    fn values<T: Copy + Default>(
        &self,
        container: &Container,
        object: &Object,
        width: usize,
        decode: impl Fn(&[u8]) -> Vec<T>,
    ) -> Result<Vec<T>, Trouble> {
        let element_bytes = match &self.kind {
            Kind::Other { name, .. } => return Err(Trouble::unsupported(name, AS_NUMBERS)),
            kind => kind.size().unwrap_or(1),
        };
        let limit = MAX_DATASET_BYTES.min(decoded_budget(container.length()));
        let found = self.n_elements().saturating_mul(element_bytes as u64);
        if found > limit {
            return Err(Trouble::Limit { found, unit: "bytes", limit });
        }
        let n_bytes = found as usize;
        let header = object.header();
        if header.has(&[kind::EXTERNAL]) {
            let found = "values that stand in another file (external storage)";
            let advice = "other files are never followed; write it as one file with h5py or `h5repack in.h5 out.h5`";
            return Err(Trouble::unsupported(found, advice));
        }
        let message = required(container, header, kind::LAYOUT, "layout")?;
        // Version and class; the first two versions have the number of axes between them.
        let class = match *message.as_slice() {
            [1 | 2, _, class, ..] | [_, class, ..] => class,
            _ => return Err(Trouble::damaged("a layout that ends in the middle")),
        };
        if class == 3 {
            let found = "a virtual data set, whose values stand in other data sets";
            let advice = "write its values to a data set of their own with h5py, or with `h5repack in.h5 out.h5`";
            return Err(Trouble::unsupported(found, advice));
        }
        let (offset, length) = container.widths();
        let parsed = layout::parse(&mut Cursor::new(&message), offset, length, message.len())?;
        let n_elements = n_bytes / element_bytes;
        let unwritten = || -> Result<Vec<T>, Trouble> {
            Ok(match fill_value(container, header, element_bytes)? {
                Some(value) => decode(&value).repeat(n_elements),
                None => vec![T::default(); n_elements * width],
            })
        };
        match parsed.layout {
            _ if n_bytes == 0 => Ok(Vec::new()),
            DataLayout::Compact { data } => Ok(decode(&sized(data, n_bytes)?)),
            DataLayout::Contiguous { address, .. } if container.is_undefined(address) => {
                unwritten()
            }
            DataLayout::Contiguous { address, .. } => {
                Ok(decode(&container.read(address, n_bytes)?))
            }
            DataLayout::Chunked { address, .. } if container.is_undefined(address) => unwritten(),
            DataLayout::Chunked { address, mut dims, chunk_indexing, .. } => {
                // Old versions add the bytes of an element as a last axis.
                if dims.len() == self.shape.len() + 1 {
                    dims.pop();
                }
                let filters = match header.find(container, kind::FILTERS)? {
                    Some(message) => {
                        let mut cursor = Cursor::new(&message);
                        filter_pipeline::parse(&mut cursor, offset, length, message.len())?.filters
                    }
                    None => Vec::new(),
                };
                // From version 4 on, a flag says that incomplete chunks are not filtered.
                let whole_only = message.first() >= Some(&4) && message[2] & 1 != 0;
                let chunks = Chunks {
                    shape: &self.shape,
                    max_shape: self.max_shape.as_deref(),
                    chunk: &dims,
                    element_bytes,
                    address,
                    indexing: chunk_indexing.as_ref(),
                    filters: Pipeline::new(filters),
                    partial: if whole_only {
                        chunk::Partial::Plain
                    } else {
                        chunk::Partial::Filtered
                    },
                };
                chunks.read(container, unwritten()?, width, &decode)
            }
        }
    }

    /// How far the axes may grow, where they have an end.
    pub(super) fn bounded(max_shape: Option<&[u64]>) -> Option<&[u64]> {
        max_shape.filter(|axes| axes.iter().all(|&axis| axis != UNLIMITED))
    }
}

/// The value that stands where nothing was written, if it is not zero.
fn fill_value(
    container: &Container,
    header: &Header,
    element_bytes: usize,
) -> Result<Option<Vec<u8>>, Trouble> {
    let (offset, length) = container.widths();
    let mut value = None;
    if let Some(message) = header.find(container, kind::FILL)? {
        let mut cursor = Cursor::new(&message);
        value = fill_value::parse_new(&mut cursor, offset, length, message.len())?.value;
    } else if let Some(message) = header.find(container, kind::OLD_FILL)? {
        let mut cursor = Cursor::new(&message);
        value = fill_value::parse_old(&mut cursor, offset, length, message.len())?.value;
    }
    match value {
        Some(value) if value.len() != element_bytes && !value.is_empty() => {
            let text = format!("a fill value of {} bytes", value.len());
            Err(Trouble::damaged(format!("{text}, where elements have {element_bytes}")))
        }
        value => Ok(value.filter(|value| value.iter().any(|&byte| byte != 0))),
    }
}

fn sized(data: Vec<u8>, n_bytes: usize) -> Result<Vec<u8>, Trouble> {
    let found = data.len();
    let text = || format!("{found} bytes of values, where {n_bytes} belong");
    if found == n_bytes { Ok(data) } else { Err(Trouble::damaged(text())) }
}

fn required(
    container: &Container,
    header: &Header,
    kind: u16,
    what: &str,
) -> Result<Vec<u8>, Trouble> {
    let message = header.find(container, kind)?;
    message.ok_or_else(|| Trouble::damaged(format!("a data set without {what}")))
}
