//! Sound checksums for a changed HDF5 file, so that the code behind them sees the change.

/// Writes the checksums of all version 2 HDF5 object headers anew.
pub fn reseal(bytes: &mut [u8]) {
    let is_header = |at: &usize| bytes[*at..].starts_with(b"OHDR");
    let starts: Vec<usize> = (0..bytes.len().saturating_sub(8)).filter(is_header).collect();
    for start in starts {
        let flags = bytes[start + 5];
        let times = if flags & 0x20 != 0 { 16 } else { 0 };
        let phases = if flags & 0x10 != 0 { 4 } else { 0 };
        let (size_at, size_bytes) = (start + 6 + times + phases, 1 << (flags & 3));
        let size = (0..size_bytes).rev().try_fold(0_usize, |size, k| {
            Some(size.checked_mul(256)? + usize::from(*bytes.get(size_at + k)?))
        });
        let end = size.and_then(|size| size.checked_add(size_at + size_bytes));
        if let Some(end) = end.filter(|end| end.saturating_add(4) <= bytes.len()) {
            let sum = hdf5_reader::checksum::jenkins_lookup3(&bytes[start..end]);
            bytes[end..end + 4].copy_from_slice(&sum.to_le_bytes());
        }
    }
}
