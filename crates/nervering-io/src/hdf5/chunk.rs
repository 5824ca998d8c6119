//! Chunked data sets: which chunks there are, and their values put in place.

use super::container::Container;
use super::dataset::Dataset;
use super::filter::Pipeline;
use super::trouble::Trouble;
use crate::limits::{MAX_HDF5_CHUNK_BYTES, decoded_budget};
use hdf5_reader::btree_v1::{BTreeV1Key, collect_btree_v1_leaves_storage};
use hdf5_reader::chunk_index::{self, ChunkEntry};
use hdf5_reader::extensible_array::collect_extensible_array_chunk_entries_storage;
use hdf5_reader::fixed_array::collect_fixed_array_chunk_entries_storage;
use hdf5_reader::messages::layout::ChunkIndexing;

/// Whether chunks that reach over the edge are filtered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Partial {
    Filtered,
    Plain,
}

/// The chunks of one data set.
pub(super) struct Chunks<'a> {
    pub shape: &'a [u64],
    pub max_shape: Option<&'a [u64]>,
    /// Lengths of the axes of a chunk.
    pub chunk: &'a [u32],
    pub element_bytes: usize,
    /// Where the index stands.
    pub address: u64,
    pub indexing: Option<&'a ChunkIndexing>,
    pub filters: Pipeline,
    pub partial: Partial,
}

impl Chunks<'_> {
    /// Puts every chunk in its place in `values`, decoded, when an element takes `width` of them.
    pub(super) fn read<T: Copy>(
        &self,
        container: &Container,
        mut values: Vec<T>,
        width: usize,
        decode: impl Fn(&[u8]) -> Vec<T>,
    ) -> Result<Vec<T>, Trouble> {
        let n_axes = self.shape.len();
        if self.chunk.len() != n_axes || self.chunk.contains(&0) || n_axes == 0 {
            let text = format!("chunks of {:?} in {:?}", self.chunk, self.shape);
            return Err(Trouble::damaged(text));
        }
        let n = self.chunk.iter().fold(1u64, |n, &axis| n.saturating_mul(axis.into()));
        // Narrow numbers take more once they are decoded, and a chunk may be larger than the data set.
        let element_bytes = self.element_bytes.max(width * size_of::<T>()) as u64;
        let found = n.saturating_mul(element_bytes);
        let limit = (MAX_HDF5_CHUNK_BYTES as u64).min(decoded_budget(container.length()));
        if found > limit {
            return Err(Trouble::Limit { found, unit: "bytes in a chunk", limit });
        }
        let chunk_bytes = n as usize * self.element_bytes;
        let mut entries = self.entries(container)?;
        // Chunks that a data set which became smaller has left behind.
        entries.retain(|entry| entry.offsets.iter().zip(self.shape).all(|(at, axis)| at < axis));
        let found = (entries.len() as u64).saturating_mul(found);
        let limit = decoded_budget(container.length());
        if found > limit {
            return Err(Trouble::Limit { found, unit: "bytes in chunks", limit });
        }
        entries.sort_by(|a, b| a.offsets.cmp(&b.offsets));
        if entries.windows(2).any(|pair| pair[0].offsets == pair[1].offsets) {
            return Err(Trouble::damaged("two chunks for the same place"));
        }
        for entry in &entries {
            let of_grid = |(at, &axis): (&u64, &u32)| at.is_multiple_of(axis.into());
            let is_of_grid = entry.offsets.iter().zip(self.chunk).all(of_grid);
            if entry.offsets.len() != n_axes || !is_of_grid {
                let text = format!("a chunk at {:?}, which is no place of one", entry.offsets);
                return Err(Trouble::damaged(text));
            }
            let chunk = decode(&self.load(container, entry, chunk_bytes)?);
            self.place(&chunk, &entry.offsets, width, &mut values);
        }
        Ok(values)
    }

    fn load(
        &self,
        container: &Container,
        entry: &ChunkEntry,
        chunk_bytes: usize,
    ) -> Result<Vec<u8>, Trouble> {
        let ends = entry.offsets.iter().zip(self.chunk).zip(self.shape);
        let is_partial = ends.into_iter().any(|((at, &n), &axis)| at + u64::from(n) > axis);
        let is_plain = self.filters.is_empty() || is_partial && self.partial == Partial::Plain;
        if is_plain {
            return Ok(container.read(entry.address, chunk_bytes)?.to_vec());
        }
        let n_stored = usize::try_from(entry.size).unwrap_or(usize::MAX);
        let stored = container.read(entry.address, n_stored)?;
        self.filters.undo(&stored, entry.filter_mask, self.element_bytes, chunk_bytes)
    }

    /// Copies what of a chunk lies within the data set.
    fn place<T: Copy>(&self, chunk: &[T], offsets: &[u64], width: usize, values: &mut [T]) {
        let n_axes = self.shape.len();
        // All of these are at most the number of elements, which are in memory.
        let axis = |k: usize| (self.shape[k] as usize, self.chunk[k] as usize, offsets[k] as usize);
        let kept = |k: usize| {
            let (shape, chunk, offset) = axis(k);
            chunk.min(shape - offset)
        };
        let (last_shape, last_chunk, last_offset) = axis(n_axes - 1);
        let length = kept(n_axes - 1) * width;
        let mut row = vec![0; n_axes - 1];
        loop {
            let (mut from, mut to) = (0, 0);
            for (k, &at) in row.iter().enumerate() {
                let (shape, chunk, offset) = axis(k);
                from = from * chunk + at;
                to = to * shape + offset + at;
            }
            let from = from * last_chunk * width;
            let to = (to * last_shape + last_offset) * width;
            values[to..to + length].copy_from_slice(&chunk[from..from + length]);
            // The next row, the last axis but one first.
            let mut k = row.len();
            loop {
                if k == 0 {
                    return;
                }
                k -= 1;
                row[k] += 1;
                if row[k] < kept(k) {
                    break;
                }
                row[k] = 0;
            }
        }
    }

    /// Where each chunk stands, in any order.
    fn entries(&self, container: &Container) -> Result<Vec<ChunkEntry>, Trouble> {
        let ((offset, length), storage) = (container.widths(), container.storage());
        let n_axes = self.shape.len();
        // Both count chunks along the axes as long as they may become.
        let grid = Dataset::bounded(self.max_shape).unwrap_or(self.shape);
        Ok(match self.indexing {
            None => {
                let axes = Some(n_axes as u32);
                let leaves = collect_btree_v1_leaves_storage(
                    storage,
                    self.address,
                    offset,
                    length,
                    axes,
                    self.chunk,
                    None,
                )?;
                leaves
                    .into_iter()
                    .map(|(key, at)| of_leaf(key, at, n_axes))
                    .collect::<Result<_, _>>()?
            }
            Some(&ChunkIndexing::SingleChunk { filtered_size, filters }) => {
                vec![chunk_index::single_chunk_entry(self.address, filtered_size, filters, n_axes)]
            }
            Some(ChunkIndexing::BTreeV2) => chunk_index::collect_v2_chunk_entries_storage(
                storage,
                self.address,
                offset,
                length,
                n_axes as u32,
                self.chunk,
                None,
            )?,
            Some(ChunkIndexing::Implicit) => chunk_index::collect_implicit_chunk_entries(
                self.address,
                grid,
                self.chunk,
                self.element_bytes,
                None,
                storage.len(),
            )?,
            Some(ChunkIndexing::FixedArray { .. }) => collect_fixed_array_chunk_entries_storage(
                storage,
                self.address,
                offset,
                length,
                grid,
                self.chunk,
                None,
            )?,
            Some(ChunkIndexing::ExtensibleArray { .. }) => {
                collect_extensible_array_chunk_entries_storage(
                    storage,
                    self.address,
                    offset,
                    length,
                    self.shape,
                    self.max_shape,
                    self.chunk,
                    None,
                )?
            }
        })
    }
}

fn of_leaf(key: BTreeV1Key, address: u64, n_axes: usize) -> Result<ChunkEntry, Trouble> {
    let BTreeV1Key::RawData { chunk_size, filter_mask, mut offsets } = key else {
        return Err(Trouble::damaged("a tree of names, where one of chunks belongs"));
    };
    // The place within an element follows.
    offsets.truncate(n_axes);
    Ok(ChunkEntry { address, size: chunk_size.into(), filter_mask, offsets })
}
