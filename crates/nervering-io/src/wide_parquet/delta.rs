//! Numbers in DELTA_BINARY_PACKED: a first value, then blocks of differences, each block with its
//! smallest difference, its miniblocks with as many bits per number as they need.
//!
//! Source: the Parquet format, `Encodings.md`.

use super::varint::varint;

/// Takes the numbers off the front; at most `limit` of them. Numbers of 32 bits are those of 64 bits
/// modulo 2³².
pub(super) fn read_delta(bytes: &mut &[u8], limit: usize) -> Option<Vec<i64>> {
    let block = usize::try_from(varint(bytes)?).ok()?;
    let n_miniblocks = usize::try_from(varint(bytes)?).ok()?;
    let count = usize::try_from(varint(bytes)?).ok()?;
    let mut value = zigzag(bytes)?;
    let length = block.checked_div(n_miniblocks)?;
    if length == 0 || length % 32 != 0 || length.checked_mul(n_miniblocks) != Some(block) {
        return None;
    }
    if count > limit {
        return None;
    }
    let mut numbers = Vec::new();
    if count > 0 {
        numbers.push(value);
    }
    while numbers.len() < count {
        let least = zigzag(bytes)?;
        let widths = take(bytes, n_miniblocks)?;
        for &width in widths {
            let left = count - numbers.len();
            // What is announced behind the last number has no bytes.
            if left == 0 {
                break;
            }
            if width > 64 {
                return None;
            }
            let packed = take(bytes, (length / 8).checked_mul(width.into())?)?;
            for k in 0..length.min(left) {
                let more = bits(packed, k * usize::from(width), width);
                value = value.wrapping_add(least).wrapping_add(more as i64);
                numbers.push(value);
            }
        }
    }
    Some(numbers)
}

fn zigzag(bytes: &mut &[u8]) -> Option<i64> {
    let value = varint(bytes)?;
    Some((value >> 1) as i64 ^ -((value & 1) as i64))
}

fn take<'a>(bytes: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(taken)
}

/// `width` bits, at most 64, from bit `at` on, the lowest bit of a byte first.
pub(super) fn bits(packed: &[u8], at: usize, width: u8) -> u64 {
    if width == 0 {
        return 0;
    }
    let mut word = [0; 16];
    // At most 7 + 64 bits are needed.
    let part = packed.get(at / 8..).unwrap_or_default();
    let length = part.len().min(9);
    word[..length].copy_from_slice(&part[..length]);
    let word = (u128::from_le_bytes(word) >> (at % 8)) as u64;
    word & (u64::MAX >> (64 - width))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of `Encodings.md`, 7, 5, 3, 1, 2, 3, 4, 5, in a block of 128 and four miniblocks.
    fn example() -> Vec<u8> {
        let mut bytes = vec![0x80, 1, 4, 8, 14, 3, 2, 0, 0, 0];
        // Differences less the least, which is −2, in two bits: 0 0 0 3, 3 3 3.
        bytes.extend([0b1100_0000, 0b11_1111, 0, 0, 0, 0, 0, 0]);
        bytes
    }

    #[test]
    fn the_example_of_the_format_is_read_and_what_follows_is_left() {
        let bytes = [example(), vec![9]].concat();
        let mut rest = &bytes[..];
        assert_eq!(read_delta(&mut rest, 8), Some(vec![7, 5, 3, 1, 2, 3, 4, 5]));
        assert_eq!(rest, [9]);
        assert_eq!(read_delta(&mut &bytes[..], 7), None);
    }

    #[test]
    fn every_cut_is_refused() {
        let bytes = example();
        for at in 0..bytes.len() {
            assert_eq!(read_delta(&mut &bytes[..at], 8), None, "{at}");
        }
    }

    #[test]
    fn blocks_that_do_not_divide_are_refused() {
        // No miniblocks, miniblocks of 30 and of 0, and a block of 130 in four.
        for head in [[0x80, 1, 0], [0x78, 0, 4], [0, 0, 4], [0x82, 1, 4]] {
            let bytes = [&head[..], &[8, 14, 3, 2, 0, 0, 0], &[0; 64]].concat();
            assert_eq!(read_delta(&mut &bytes[..], 8), None, "{head:?}");
        }
    }

    #[test]
    fn differences_of_64_bits_wrap_around() {
        // From the greatest to the least number and back: differences of 1 and −1.
        let mut bytes = vec![0x80, 1, 4, 3];
        bytes.extend([0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]);
        bytes.extend([1, 64, 0, 0, 0]);
        bytes.extend(2_u64.to_le_bytes());
        bytes.extend([0; 31 * 8]);
        assert_eq!(read_delta(&mut &bytes[..], 9), Some(vec![i64::MAX, i64::MIN, i64::MAX]));
    }

    #[test]
    fn numbers_of_no_bits_announced_without_end_are_refused() {
        let mut bytes = vec![0xff, 0xff, 0xff, 0xff, 0xf, 1, 0xff, 0xff, 0xff, 0xff, 0xf, 0, 0];
        bytes.extend([0; 64]);
        assert_eq!(read_delta(&mut &bytes[..], 1000), None);
    }
}
