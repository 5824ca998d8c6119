//! The v5 container against scipy: files of MATLAB's and scipy's own, and the text of what scipy
//! reads from each (`tests/fixtures/mat5/generate.py`). `NERVERING_MAT5` names another folder, for
//! example the whole of scipy's `io/matlab/tests/data` with texts written by that program.

use super::{Class, MatFile, Value};
use crate::error::IoError;
use std::path::Path;

/// A value in the words of the generating program.
fn words(value: &Value<'_>) -> Result<String, IoError> {
    if value.class() == Class::Struct {
        let elements = value.elements()?;
        let structs: Result<Vec<String>, IoError> = elements.iter().map(struct_words).collect();
        let structs = structs?.join("; ");
        return Ok(if structs.is_empty() { "no struct".into() } else { structs });
    }
    if value.class() == Class::Other {
        return Ok("other".into());
    }
    if value.is_empty() {
        return Ok("empty".into());
    }
    Ok(match value.class() {
        Class::Text => value.text().map_or("lines".into(), |text| format!("text(\"{text}\")")),
        Class::Cell => {
            let cells: Result<Vec<String>, IoError> = value.cells()?.iter().map(words).collect();
            format!("cell({})", cells?.join(", "))
        }
        _ => match value.matrix() {
            // MATLAB's columns are the rows here.
            Ok(matrix) => {
                let bits = matrix.values.iter().map(|value| format!("{:016x}", value.to_bits()));
                let bits: Vec<String> = bits.collect();
                format!("numbers({} x {}: {})", matrix.columns, matrix.rows, bits.join(" "))
            }
            Err(_) => "axes".into(),
        },
    })
}

fn struct_words(value: &Value<'_>) -> Result<String, IoError> {
    let names = value.field_names()?;
    let fields: Result<Vec<String>, IoError> =
        names.iter().map(|name| Ok(format!("{name}: {}", words(&value.field(name)?)?))).collect();
    Ok(format!("struct({})", fields?.join(", ")))
}

fn file_words(path: &Path) -> Result<String, IoError> {
    let file = MatFile::open(path)?;
    let root = file.root();
    let variables = root.field_names()?;
    variables.iter().map(|name| Ok(format!("{name} = {}\n", words(&root.field(name)?)?))).collect()
}

#[test]
fn v5_files_read_as_scipy_reads_them() {
    let folder = match std::env::var_os("NERVERING_MAT5") {
        Some(folder) => folder.into(),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/mat5"),
    };
    let (mut n_files, mut differing) = (0, Vec::new());
    for entry in std::fs::read_dir(folder).unwrap() {
        let text = entry.unwrap().path();
        if text.extension().is_some_and(|extension| extension == "txt") {
            let expected = std::fs::read_to_string(&text).unwrap();
            let read = file_words(&text.with_extension("mat")).unwrap_or_else(|e| e.chain());
            if read != expected {
                differing.push(format!("{}\n  read  {read}\n  scipy {expected}", text.display()));
            }
            n_files += 1;
        }
    }
    assert!(n_files > 0);
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}
