//! The filters of a chunk, undone in turn.
//!
//! Deflate, shuffle, Fletcher-32, N-bit, scale-offset and SZIP are the `hdf5-reader` crate's; LZF is
//! read here. All others are named, so that what wrote the file can write it again without them.

use super::lzf;
use super::trouble::{Trouble, WITHOUT_FILTERS};
use hdf5_reader::FilterRegistry;
use hdf5_reader::filters::{
    FILTER_DEFLATE, FILTER_FLETCHER32, FILTER_NBIT, FILTER_SCALEOFFSET, FILTER_SHUFFLE, FILTER_SZIP,
};
use hdf5_reader::messages::filter_pipeline::FilterDescription;

const LZF: u16 = 32000;
/// What an earlier filter may add to the bytes of a chunk: the header of a stream that does not
/// compress, a checksum.
const OVERHEAD_BYTES: usize = 4096;

/// Names of registered filters that are not read, by their numbers.
const NAMES: [(u16, &str); 31] = [
    (305, "LZO"),
    (307, "bzip2"),
    (32001, "Blosc"),
    (32002, "MAFISC"),
    (32003, "Snappy"),
    (32004, "LZ4"),
    (32005, "APAX"),
    (32006, "CBF"),
    (32007, "JPEG-XR"),
    (32008, "bitshuffle"),
    (32009, "SPDP"),
    (32010, "LPC-Rice"),
    (32011, "CCSDS-123"),
    (32012, "JPEG-LS"),
    (32013, "ZFP"),
    (32014, "FPZIP"),
    (32015, "Zstandard"),
    (32016, "B³D"),
    (32017, "SZ"),
    (32018, "FCIDECOMP"),
    (32019, "JPEG"),
    (32020, "VBZ"),
    (32021, "FAPEC"),
    (32022, "BitGroom"),
    (32023, "Granular BitRound"),
    (32024, "SZ3"),
    (32025, "Delta-Rice"),
    (32026, "Blosc2"),
    (32027, "FLAC"),
    (32028, "SPERR"),
    (32030, "FFMPEG"),
];

/// The filters of a data set, in the order in which they were applied.
pub(super) struct Pipeline {
    filters: Vec<FilterDescription>,
    registry: FilterRegistry,
}

impl Pipeline {
    pub(super) fn new(filters: Vec<FilterDescription>) -> Self {
        Self { filters, registry: FilterRegistry::new() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.filters.is_empty()
    }

    /// The chunk of `n_bytes` that stored bytes stand for. A set bit of `mask` says that a filter was
    /// not applied to this chunk.
    pub(super) fn undo(
        &self,
        stored: &[u8],
        mask: u32,
        element_bytes: usize,
        n_bytes: usize,
    ) -> Result<Vec<u8>, Trouble> {
        let applied = |at: &usize| mask.checked_shr(*at as u32).is_none_or(|bits| bits & 1 == 0);
        let mut applied: Vec<usize> = (0..self.filters.len()).filter(applied).collect();
        applied.reverse();
        let mut bytes: Option<Vec<u8>> = None;
        for (k, &at) in applied.iter().enumerate() {
            let filter = &self.filters[at];
            // Only the last result is known to be the chunk itself.
            let is_last = k + 1 == applied.len();
            let limit = if is_last { n_bytes } else { n_bytes + n_bytes / 8 + OVERHEAD_BYTES };
            let input = bytes.as_deref().unwrap_or(stored);
            bytes = Some(self.undo_one(filter, input, element_bytes, limit)?);
        }
        let bytes = bytes.unwrap_or_else(|| stored.to_vec());
        if bytes.len() != n_bytes {
            let text = format!("a chunk of {} bytes, where {n_bytes} belong", bytes.len());
            return Err(Trouble::damaged(text));
        }
        Ok(bytes)
    }

    fn undo_one(
        &self,
        filter: &FilterDescription,
        input: &[u8],
        element_bytes: usize,
        limit: usize,
    ) -> Result<Vec<u8>, Trouble> {
        match filter.id {
            // Of reals, libhdf5 and the crate restore some values with other last bits.
            FILTER_SCALEOFFSET if filter.client_data.get(3) == Some(&1) => {
                let found = "reals rounded by scale-offset (HDF5 filter 6)";
                Err(Trouble::unsupported(found, WITHOUT_FILTERS))
            }
            FILTER_DEFLATE | FILTER_SHUFFLE | FILTER_FLETCHER32 | FILTER_SZIP | FILTER_NBIT
            | FILTER_SCALEOFFSET => {
                // One byte more shows a stream that is too long.
                let limit = Some(limit.saturating_add(1));
                Ok(self.registry.apply_with_limit(filter, input, element_bytes, limit)?)
            }
            LZF => lzf::decompress(input, limit).map_err(|error| Trouble::Damaged(Box::new(error))),
            _ => Err(unread(filter)),
        }
    }
}

fn unread(filter: &FilterDescription) -> Trouble {
    let known = NAMES.iter().find(|(id, _)| *id == filter.id).map(|(_, name)| (*name).to_owned());
    let own = filter.name.as_deref().map(str::trim).filter(|name| !name.is_empty());
    let name = known.or(own.map(str::to_owned)).unwrap_or_else(|| "an unregistered filter".into());
    let found = format!("values compressed by {name} (HDF5 filter {})", filter.id);
    Trouble::unsupported(found, WITHOUT_FILTERS)
}
