//! How the bytes of a page are compressed, and their unfolding to the length that the page states and
//! not a byte more.

use crate::limits::MAX_PARQUET_PAGE_BYTES;
use flate2::read::MultiGzDecoder;
use ruzstd::decoding::FrameDecoder;
use std::borrow::Cow;
use std::io::Read;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Codec {
    None,
    Snappy,
    Gzip,
    Zstd,
    Lz4Raw,
}

impl Codec {
    /// The codec of a number in `parquet.thrift`, or what it is called.
    pub(super) fn of(number: i64) -> Result<Self, String> {
        let name = match number {
            0 => return Ok(Self::None),
            1 => return Ok(Self::Snappy),
            2 => return Ok(Self::Gzip),
            6 => return Ok(Self::Zstd),
            7 => return Ok(Self::Lz4Raw),
            3 => "LZO",
            4 => "BROTLI",
            // Its frame is not specified, and three kinds are about.
            5 => "LZ4 (the old one, not LZ4_RAW)",
            number => return Err(format!("{number} of parquet.thrift")),
        };
        Err(name.to_owned())
    }

    /// Unfolds `values` to `length` bytes, or says why not.
    pub(super) fn unfold(self, values: &[u8], length: usize) -> Result<Cow<'_, [u8]>, String> {
        fn damaged(error: impl std::fmt::Display) -> String {
            format!("that does not unfold: {error}")
        }
        let (found, body) = match self {
            Self::None => (values.len(), Cow::Borrowed(values)),
            // A page of nulls alone may have no bytes at all.
            _ if values.is_empty() => (0, Cow::Borrowed(values)),
            Self::Snappy => {
                let found = snap::raw::decompress_len(values).map_err(damaged)?;
                if found != length {
                    return Err(other_length(found, length));
                }
                let body = snap::raw::Decoder::new().decompress_vec(values).map_err(damaged)?;
                (found, Cow::Owned(body))
            }
            Self::Gzip => {
                let mut body = Vec::new();
                let mut bytes = MultiGzDecoder::new(values).take(length as u64 + 1);
                let found = bytes.read_to_end(&mut body).map_err(damaged)?;
                (found, Cow::Owned(body))
            }
            Self::Zstd => {
                let mut body = vec![0; length];
                let mut decoder = FrameDecoder::new();
                decoder.set_max_window_size(MAX_PARQUET_PAGE_BYTES);
                let found = decoder.decode_all(values, &mut body).map_err(damaged)?;
                (found, Cow::Owned(body))
            }
            Self::Lz4Raw => {
                let mut body = vec![0; length];
                let found = lz4_flex::block::decompress_into(values, &mut body).map_err(damaged)?;
                (found, Cow::Owned(body))
            }
        };
        if found == length { Ok(body) } else { Err(other_length(found, length)) }
    }
}

fn other_length(found: usize, stated: usize) -> String {
    format!("that unfolds to {found} bytes, not to the {stated} it states")
}
