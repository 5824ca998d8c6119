//! What is said of a file that no reader knows: what it is, where its first bytes tell, and the way from
//! there to a file that is read.

use crate::error::IoError;
use crate::hdf5::{self, is_hdf5};
use crate::options::ReadOptions;
use crate::reader::Reader;
use crate::readers::READERS;
use crate::wide_csv::{first_line, is_gzip, unpacked_head};
use crate::wide_parquet::WideParquet;
use std::path::Path;

/// First bytes, what they are of, and what to do.
const SIGNATURES: [(&[u8], &str, &str); 12] = [
    (
        b"\x93NUMPY",
        "a NumPy array",
        "; it holds no times and no names of neurons, write a CSV table with pandas",
    ),
    (b"\xd0\xcf\x11\xe0", "an old Office file, perhaps a spreadsheet", "; save its sheet as CSV"),
    (b"ARROW1", "an Arrow or Feather file", "; write Parquet (pandas: to_parquet)"),
    (b"RDX", "a workspace of R", "; write a CSV table (write.csv, row.names=FALSE)"),
    (b"BZh", "a bzip2 file", "; unpack it (bunzip2)"),
    (b"\xfd7zXZ", "an xz file", "; unpack it (unxz)"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard file", "; unpack it (unzstd)"),
    (b"Rar!", "a rar archive", "; unpack it"),
    (b"7z\xbc\xaf", "a 7z archive", "; unpack it"),
    (
        b"version https://git-lfs",
        "a pointer to a file of Git LFS",
        "; fetch the file itself (git lfs pull)",
    ),
    (b"\xff\xfe", "text in UTF-16", "; save it as UTF-8"),
    (b"\xfe\xff", "text in UTF-16", "; save it as UTF-8"),
];

/// What a file is that no reader claims.
pub(crate) fn unclaimed(path: &Path, head: &[u8]) -> IoError {
    if is_hdf5(head) {
        return match hdf5::describe(path, head) {
            Ok((found, advice)) => IoError::Foreign { path: path.to_owned(), found, advice },
            Err(error) => error,
        };
    }
    // A Parquet file that is no wide table: its reader says what it lacks.
    if WideParquet.recognises(head)
        && let Err(error) = WideParquet.read(path, &ReadOptions::default())
    {
        return error;
    }
    unrecognised(path, head)
}

/// The error about a file that begins so.
fn unrecognised(path: &Path, head: &[u8]) -> IoError {
    let (found, advice) = describe(head);
    let names: Vec<_> = READERS.iter().map(|reader| reader.name()).collect();
    let expected = format!("one of {}", names.join("; "));
    IoError::Unrecognised { path: path.to_owned(), found, expected, advice }
}

/// What a file is, and what to do with it.
fn describe(head: &[u8]) -> (String, &'static str) {
    if head.is_empty() {
        return ("an empty file".to_owned(), "");
    }
    if matches!(head, [0x80, 2..=5, ..]) {
        let advice = "; a pickle can run any program and is never read, write a CSV table instead";
        return ("a Python pickle".to_owned(), advice);
    }
    if let Some((_, found, advice)) = SIGNATURES.iter().find(|(start, ..)| head.starts_with(start))
    {
        return ((*found).to_owned(), advice);
    }
    if head.starts_with(b"PK\x03\x04") {
        return of_zip(head);
    }
    if is_gzip(head) {
        return of_gzip(head);
    }
    if is_matlab_4(head) {
        let advice = "; save it again with -v7 (scipy: savemat with format=\"5\")";
        return ("a MATLAB v4 file".to_owned(), advice);
    }
    if let Some(line) = first_line(head) {
        return of_text(line);
    }
    let start: Vec<String> = head.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    (format!("bytes that begin with {}", start.join(" ")), "")
}

fn of_zip(head: &[u8]) -> (String, &'static str) {
    let names = |name: &[u8]| head.windows(name.len()).any(|window| window == name);
    if names(b".npy") {
        let advice =
            "; write a CSV table with times and names of neurons, one column per neuron (pandas)";
        ("an archive of NumPy arrays".to_owned(), advice)
    } else if names(b"[Content_Types].xml") || names(b"xl/") || names(b"mimetype") {
        ("a spreadsheet".to_owned(), "; save its sheet as CSV")
    } else {
        ("a zip archive or a spreadsheet".to_owned(), "; unpack it, or save its sheet as CSV")
    }
}

/// A table that begins with its times is read in gzip, too; nothing else is.
fn of_gzip(head: &[u8]) -> (String, &'static str) {
    let unpacked = unpacked_head(head);
    if unpacked.starts_with(b"RDX") || unpacked.starts_with(b"X\n") {
        let advice = "; write a CSV table (write.csv, row.names=FALSE)";
        return ("a workspace of R".to_owned(), advice);
    }
    let inside = if unpacked.is_empty() { "nothing".to_owned() } else { describe(&unpacked).0 };
    (format!("a gzip file that holds {inside}"), "; unpack it (gunzip)")
}

fn of_text(line: &str) -> (String, &'static str) {
    let start: String = line.chars().take(40).collect();
    let lower = line.trim_start().to_lowercase();
    let advice = if lower.starts_with("<!doctype html") || lower.starts_with("<html") {
        "; this is a web page, fetch the file itself"
    } else if line.contains([';', '\t']) && !line.contains(',') {
        "; a table of text begins with time_s, with commas between columns and points in numbers"
    } else if lower.starts_with('{') {
        "; of JSON, only objects with trace_original or trace_array are read"
    } else {
        "; a table of text begins with time_s"
    };
    (format!("text that begins with {start:?}"), advice)
}

/// The header of a MATLAB v4 file is no text: a type of at most 4052 in either byte order, the two
/// lengths of a matrix, a flag, and the length of its name, which follows.
fn is_matlab_4(head: &[u8]) -> bool {
    let Some(header) = head.first_chunk::<20>() else { return false };
    let words = |of: fn([u8; 4]) -> u32| {
        let (words, _) = header.as_chunks::<4>();
        [words[0], words[1], words[2], words[3], words[4]].map(of)
    };
    let is_header = |[kind, _, _, imaginary, length]: [u32; 5]| {
        let digits = [kind / 1000, kind / 100 % 10, kind / 10 % 10, kind % 10];
        let is_kind = matches!(digits, [0..=4, 0, 0..=5, 0..=2]);
        let name = head.get(20..).unwrap_or_default();
        let ends = name.get((length as usize).wrapping_sub(1)) == Some(&0);
        let letters = name.iter().take((length as usize).saturating_sub(1));
        let is_name = letters.clone().count() > 0
            && letters.into_iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
        is_kind && imaginary <= 1 && (2..=64).contains(&length) && ends && is_name
    };
    is_header(words(u32::from_le_bytes)) || is_header(words(u32::from_be_bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_matlab_4_header_is_told_from_other_bytes() {
        let header = |words: [u32; 5]| words.map(u32::to_le_bytes).concat();
        let mut file = header([0, 60, 3, 0, 2]);
        file.extend(b"x\0");
        assert!(is_matlab_4(&file));
        let mut big: Vec<u8> = [1000_u32, 60, 3, 0, 2].map(u32::to_be_bytes).concat();
        big.extend(b"x\0");
        assert!(is_matlab_4(&big));
        assert!(!is_matlab_4(&[0; 64]));
        assert!(!is_matlab_4(&header([0, 60, 3, 0, 2])));
        assert!(!is_matlab_4(b"time_s,AVAL,AVAR,RIML,RIMR"));
    }
}
