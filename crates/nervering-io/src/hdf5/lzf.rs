//! LZF, the compression that h5py brings along (HDF5 filter 32000).
//!
//! A control byte below 32 is followed by that many bytes and one more, as they are. Any other holds
//! a length in its upper three bits (7 means that another byte is added to it) and, with the byte
//! after it, how far back the bytes to repeat begin; two bytes more than the length are repeated.
//!
//! Source: Lehmann, *LibLZF* 3.6, `lzf_d.c`, as h5py ships it.

/// What does not unfold.
#[derive(Debug, thiserror::Error)]
pub(super) enum Damage {
    #[error("LZF data that end in the middle")]
    Cut,
    #[error("LZF data that refer to before their beginning")]
    Before,
    #[error("LZF data of more than {0} bytes, which is all that there is place for")]
    Long(usize),
}

/// The bytes that some compressed ones stand for, of which there are at most `limit`.
pub(super) fn decompress(compressed: &[u8], limit: usize) -> Result<Vec<u8>, Damage> {
    let mut bytes = Vec::with_capacity(limit.min(compressed.len().saturating_mul(8)));
    let mut rest = compressed;
    let mut next = |n: usize| -> Result<&[u8], Damage> {
        let (taken, left) = rest.split_at_checked(n).ok_or(Damage::Cut)?;
        rest = left;
        Ok(taken)
    };
    // Ends where the input does.
    while let Ok(&[control]) = next(1) {
        let control = usize::from(control);
        if control < 32 {
            bytes.extend_from_slice(next(control + 1)?);
        } else {
            let mut length = control >> 5;
            if length == 7 {
                length += usize::from(next(1)?[0]);
            }
            let back = ((control & 31) << 8) + usize::from(next(1)?[0]) + 1;
            let start = bytes.len().checked_sub(back).ok_or(Damage::Before)?;
            if bytes.len() + length + 2 > limit {
                return Err(Damage::Long(limit));
            }
            // What is repeated may reach into what is being written.
            for at in start..start + length + 2 {
                bytes.push(bytes[at]);
            }
        }
        if bytes.len() > limit {
            return Err(Damage::Long(limit));
        }
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_and_repeats_unfold() {
        assert_eq!(decompress(&[2, b'a', b'b', b'c'], 3).unwrap(), b"abc");
        // Three bytes from one back: a run.
        assert_eq!(decompress(&[0, b'a', 0x20, 0], 4).unwrap(), b"aaaa");
        // 7 + 1 + 2 bytes from two back.
        assert_eq!(decompress(&[1, b'a', b'b', 0xe0, 1, 1], 12).unwrap(), b"abababababab");
        assert_eq!(decompress(&[], 0).unwrap(), b"");
    }

    #[test]
    fn damage_is_told_and_bounded() {
        assert!(matches!(decompress(&[2, b'a'], 9), Err(Damage::Cut)));
        assert!(matches!(decompress(&[0, b'a', 0x20], 9), Err(Damage::Cut)));
        assert!(matches!(decompress(&[0, b'a', 0xe0, 1], 99), Err(Damage::Cut)));
        assert!(matches!(decompress(&[0, b'a', 0x20, 1], 9), Err(Damage::Before)));
        assert!(matches!(decompress(&[0, b'a', 0x20, 0], 3), Err(Damage::Long(3))));
        assert!(matches!(decompress(&[1, b'a', b'b'], 1), Err(Damage::Long(1))));
        let bomb: Vec<u8> = [0, 0].into_iter().chain([0xe0, 255, 0].repeat(1000)).collect();
        assert!(matches!(decompress(&bomb, 1000), Err(Damage::Long(1000))));
    }
}
