//! How large a file may say it is: limits that every reader applies before it allocates.
//!
//! The numbers are ten to a hundred times what a whole-brain recording holds today, and small
//! enough that a hostile or damaged file cannot exhaust a laptop. They are constants, not options:
//! whoever meets one has a recording that this program was not made for, and should tell us.

/// Bytes one data set may occupy once decoded. A Kato worm takes 3.5 MB.
pub const MAX_DATASET_BYTES: u64 = 512 << 20;
/// Bytes that all data sets read from one file may occupy once decoded.
pub const MAX_DECODED_BYTES: u64 = 2 << 30;
/// Objects (data sets, groups, cells) that reading one file may visit.
pub const MAX_OBJECTS: u64 = 1_000_000;
/// Largest HDF5 object header in bytes; real ones are a few KiB.
pub const MAX_HDF5_HEADER_BYTES: usize = 1 << 20;
/// Largest HDF5 chunk in bytes; MATLAB's are below 1 MiB.
pub const MAX_HDF5_CHUNK_BYTES: usize = 64 << 20;
/// Bytes of a MATLAB v5 file, which is read into memory; a variable of one cannot exceed 2 GiB.
pub const MAX_MAT5_BYTES: u64 = 2 << 30;
/// How deep arrays may lie in structs and cells of a MATLAB v5 file.
pub const MAX_MAT5_DEPTH: usize = 24;
/// Fields of one struct, and bytes of one field name, in a MATLAB v5 file.
pub const MAX_MAT5_FIELDS: usize = 10_000;

/// Animals in one file.
pub const MAX_ANIMALS: usize = 1_000;
/// Neurons of one animal; the hermaphrodite has 302.
pub const MAX_NEURONS: usize = 20_000;
/// Frames of one recording; a day at 20 volumes a second.
pub const MAX_FRAMES: usize = 2_000_000;
/// Characters of a name or another short text.
pub const MAX_TEXT_LENGTH: usize = 4_096;
/// How deep cells may lie in cells.
pub const MAX_CELL_DEPTH: usize = 4;
/// How deep groups of an NWB file are searched; the format needs five.
pub const MAX_GROUP_DEPTH: usize = 8;
/// Candidate names of one neuron.
pub const MAX_CANDIDATES: usize = 64;

/// Bytes of a CSV file.
pub const MAX_CSV_BYTES: u64 = 2 << 30;
/// Columns of a wide table: time, state, and two per neuron.
pub const MAX_TABLE_COLUMNS: usize = 2 + 2 * MAX_NEURONS;
/// Bytes of one CSV row, quoted line breaks included.
pub const MAX_CSV_ROW_BYTES: u64 = 4 << 20;
/// Bytes of a JSON file of traces; those of WormWideWeb are below 20 MB. A number takes two bytes
/// of the file or more, and eight in memory.
pub const MAX_JSON_BYTES: u64 = 64 << 20;
/// Bytes of a Parquet file.
pub const MAX_PARQUET_BYTES: u64 = 2 << 30;
/// Bytes of the schema and metadata at the end of a Parquet file.
pub const MAX_PARQUET_FOOTER_BYTES: u64 = 32 << 20;
/// Bytes of one Parquet page once decompressed; writers aim at 1 MiB.
pub const MAX_PARQUET_PAGE_BYTES: u64 = 32 << 20;
/// Bytes of the text in which pandas describes a Parquet file; a column takes about a hundred.
pub const MAX_PANDAS_BYTES: u64 = 8 << 20;
/// Bytes of the metadata of a table.
pub const MAX_METADATA_BYTES: u64 = 1 << 20;

/// Files in a folder that is read as a whole.
pub const MAX_FILES: usize = 10_000;
/// Bytes at the beginning of a file by which its format is recognised.
pub const HEAD_BYTES: u64 = 8_192;

/// Bytes that the data of a file of this length may occupy once decoded: compression of real
/// traces saves little, so a small file that unfolds to gigabytes is hostile.
pub const fn decoded_budget(file_bytes: u64) -> u64 {
    let budget = file_bytes.saturating_mul(64).saturating_add(64 << 20);
    if budget < MAX_DECODED_BYTES { budget } else { MAX_DECODED_BYTES }
}

/// Bytes that a CSV file of this length in gzip may unpack to. Tables of traces become two to four
/// times as long; an empty field takes one byte of text, and eight in memory.
pub const fn unpacked_budget(file_bytes: u64) -> u64 {
    let budget = file_bytes.saturating_mul(24).saturating_add(16 << 20);
    if budget < MAX_CSV_BYTES { budget } else { MAX_CSV_BYTES }
}
