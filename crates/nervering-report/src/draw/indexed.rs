//! The cells of a heat map, each the number of a colour in a table of at most 256, and their
//! encoding as an indexed PNG. A heat map of one recording has 400,000 cells: as rectangles of an
//! SVG they take 45 MB, as an image inside it 0.3 MB.

use crate::rgb::Rgb;
use flate2::write::ZlibEncoder;
use flate2::{Compression, Crc};
use std::io::Write;

/// Rows of an image in which smoothing is not seen.
const ENOUGH_ROWS: usize = 256;

/// Cells `[row, column]`, row-major, rows from the top.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Pixels {
    pub n_columns: usize,
    pub n_rows: usize,
    /// Numbers of colours.
    pub cells: Vec<u8>,
    /// At most 256.
    pub colours: Vec<Rgb>,
}

impl Pixels {
    /// The colour of a cell.
    pub fn colour(&self, row: usize, column: usize) -> Rgb {
        self.colours[usize::from(self.cells[row * self.n_columns + column])]
    }

    /// PNG (ISO/IEC 15948) of colour type 3, eight bits a cell.
    pub fn png(&self) -> Vec<u8> {
        // Viewers that smooth images blur across rows: each is given several times.
        let repeats = (ENOUGH_ROWS / self.n_rows.max(1)).clamp(1, 8);
        let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
        let mut header = Vec::new();
        header.extend((self.n_columns as u32).to_be_bytes());
        header.extend(((self.n_rows * repeats) as u32).to_be_bytes());
        // Bits, colour type, compression, filter, interlacing.
        header.extend([8, 3, 0, 0, 0]);
        push_chunk(&mut png, b"IHDR", &header);
        push_chunk(&mut png, b"PLTE", self.colours.as_flattened());
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
        let written = "writing to memory does not fail";
        for row in self.cells.chunks(self.n_columns.max(1)) {
            for _ in 0..repeats {
                encoder.write_all(&[0]).expect(written);
                encoder.write_all(row).expect(written);
            }
        }
        push_chunk(&mut png, b"IDAT", &encoder.finish().expect(written));
        push_chunk(&mut png, b"IEND", &[]);
        png
    }
}

fn push_chunk(png: &mut Vec<u8>, kind: &[u8; 4], data: &[u8]) {
    png.extend((data.len() as u32).to_be_bytes());
    let mut crc = Crc::new();
    crc.update(kind);
    crc.update(data);
    png.extend(kind);
    png.extend(data);
    png.extend(crc.sum().to_be_bytes());
}

/// Base 64 (RFC 4648) with padding, for `data:` addresses.
pub(crate) fn base64(data: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(data.len().div_ceil(3) * 4);
    for group in data.chunks(3) {
        let byte = |k: usize| u32::from(group.get(k).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for k in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * k) & 63) as usize];
            text.push(if k <= group.len() { char::from(digit) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_64_is_that_of_the_standard() {
        // RFC 4648, section 10.
        let texts =
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")];
        for (plain, encoded) in texts {
            assert_eq!(base64(plain.as_bytes()), encoded);
        }
    }
}
