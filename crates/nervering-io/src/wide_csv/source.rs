//! The text of a wide CSV table, plain or in gzip: how much of it is read, and in which line of it a
//! byte stands.

use crate::error::IoError;
use crate::limits::{HEAD_BYTES, MAX_CSV_BYTES, unpacked_budget};
use flate2::read::MultiGzDecoder;
use std::fs::File;
use std::io::{BufReader, Cursor, Read};
use std::path::Path;

/// The first bytes of a gzip file.
const GZIP: [u8; 3] = [0x1f, 0x8b, 8];
/// What some programs write before text in UTF-8.
const MARK: [u8; 3] = [0xef, 0xbb, 0xbf];

/// Whether a file that begins so is in gzip.
pub(crate) fn is_gzip(head: &[u8]) -> bool {
    head.starts_with(&GZIP)
}

/// The beginning of what a gzip file holds, from its own first bytes.
pub(crate) fn unpacked_head(head: &[u8]) -> Vec<u8> {
    let mut unpacked = Vec::new();
    // The head ends in the middle of the stream, so what was unpacked until then is all there is.
    let _ = MultiGzDecoder::new(head).take(HEAD_BYTES).read_to_end(&mut unpacked);
    unpacked
}

/// Opens the text of a table. A gzip file that unpacks to more than its length allows gives an error in
/// the middle.
pub(super) fn open(path: &Path) -> Result<Box<dyn Read>, IoError> {
    let file = File::open(path).map_err(IoError::read(path))?;
    let length = file.metadata().map_err(IoError::read(path))?.len();
    if length > MAX_CSV_BYTES {
        let (path, place) = (path.to_owned(), "file".to_owned());
        let limit = MAX_CSV_BYTES;
        return Err(IoError::Limit { path, place, found: length, unit: "bytes", limit });
    }
    let (start, file) = first_bytes(BufReader::new(file)).map_err(IoError::read(path))?;
    if start != GZIP {
        return Ok(without_mark(start, file));
    }
    let unpacked = MultiGzDecoder::new(BufReader::new(Cursor::new(start).chain(file)));
    let bounded = Bounded { inner: unpacked, left: unpacked_budget(length) };
    let (start, text) = first_bytes(bounded).map_err(IoError::read(path))?;
    Ok(without_mark(start, text))
}

/// The first three bytes, and what follows them.
fn first_bytes<R: Read>(mut stream: R) -> std::io::Result<(Vec<u8>, R)> {
    let mut start = Vec::new();
    stream.by_ref().take(3).read_to_end(&mut start)?;
    Ok((start, stream))
}

/// A text without a byte order mark. The parser would know one, but not one that arrives alone.
fn without_mark(start: Vec<u8>, rest: impl Read + 'static) -> Box<dyn Read> {
    let start = if start == MARK { Vec::new() } else { start };
    Box::new(Cursor::new(start).chain(rest))
}

/// Fails where a stream goes on beyond a number of bytes.
struct Bounded<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let n = self.inner.read(buffer)?;
        let Some(left) = self.left.checked_sub(n as u64) else {
            let text = "the gzip file unpacks to far more than a table of its length does; unpack it, if it is sound";
            return Err(std::io::Error::other(text));
        };
        self.left = left;
        Ok(n)
    }
}

/// The line (from 1) of the row that begins at a byte, as an editor shows it. The parser counts a row
/// from the end of the one before it, so that line breaks may stand before the row itself: those of
/// empty lines, and the second half of one of Windows.
pub(super) fn line_of(path: &Path, byte: u64) -> Result<u64, IoError> {
    let mut line = 1;
    let mut after_return = false;
    for (at, read) in BufReader::new(open(path)?).bytes().enumerate() {
        let found = read.map_err(IoError::read(path))?;
        let is_break = matches!(found, b'\r' | b'\n');
        if at as u64 >= byte && !is_break {
            break;
        }
        if is_break && !(found == b'\n' && after_return) {
            line += 1;
        }
        after_return = found == b'\r';
    }
    Ok(line)
}
