//! MATLAB v7.3 files in the layout of Kato et al. 2015.
//!
//! One struct holds, per field, a cell array with one entry per worm. The published `WT_NoStim.mat`
//! has `dataset`, `fps`, `tv`, `deltaFOverF`, `deltaFOverF_bc`, `derivs`, `NeuronNames`, `States`,
//! `Opts` and `stateParams`; a cut-down copy has some of them, and the older deposit of the same
//! recordings has other names ([`fields`]). The struct may have any name, and its fields may stand
//! at the top of the file.
//!
//! The time axis of a matrix is the one as long as the time vector. [`labels`] reads names,
//! [`states`] behaviour, [`derivative`] the file's own derivative; [`worm`] puts a worm together.
//! Per-worm files, v5 files and other laboratories' layouts are not read here.

mod derivative;
mod fields;
mod labels;
mod states;
mod worm;

use crate::error::IoError;
use crate::mat73::{MatFile, Value};
use crate::reader::{ReadOutcome, Reader};
use fields::{Fields, NAMES, TIME, TRACES};
use std::path::Path;

const HDF5_SIGNATURE: &[u8] = b"\x89HDF\r\n\x1a\n";

/// Reads MATLAB v7.3 files in the Kato layout.
pub struct KatoMat;

impl Reader for KatoMat {
    fn name(&self) -> &'static str {
        "MATLAB v7.3, Kato layout"
    }

    /// An HDF5 signature where one may stand, or MATLAB's header of a file cut short before it.
    fn recognises(&self, head: &[u8]) -> bool {
        head.starts_with(b"MATLAB 7.3 MAT-file")
            || [0, 512, 1024, 2048, 4096]
                .iter()
                .any(|&at| head.get(at..).is_some_and(|rest| rest.starts_with(HDF5_SIGNATURE)))
    }

    fn read(&self, path: &Path) -> Result<ReadOutcome, IoError> {
        let file = MatFile::open(path)?;
        let root = find_struct(&file)?;
        let fields = Fields::open(&file, &root)?;
        let mut outcome = ReadOutcome::default();
        fields.warn_of_missing(&mut outcome.warnings);
        for worm in 0..fields.n_worms {
            let recording = worm::read_worm(&fields, worm, &mut outcome.warnings)?;
            let animal = recording.animal();
            if outcome.recordings.iter().any(|other| other.animal() == animal) {
                let (first, second) = (path.to_owned(), path.to_owned());
                return Err(IoError::DuplicateAnimal { animal: animal.into(), first, second });
            }
            outcome.recordings.push(recording);
        }
        Ok(outcome)
    }
}

/// The one struct that has traces, names and times.
fn find_struct(file: &MatFile) -> Result<Value<'_>, IoError> {
    let top = file.root();
    let holds_recordings = |value: &Value<'_>| -> Result<bool, IoError> {
        let names = value.field_names()?;
        Ok([TRACES, NAMES, TIME].iter().all(|field| field.find(&names).is_some()))
    };
    if holds_recordings(&top)? {
        return Ok(top);
    }
    let mut found = Vec::new();
    for variable in top.structs()? {
        if holds_recordings(&variable)? {
            found.push(variable);
        }
    }
    let expected = "one struct with the fields deltaFOverF_bc (or traces), NeuronNames (or IDs) and tv (or timeVectorSeconds)";
    match found.len() {
        1 => Ok(found.remove(0)),
        0 => {
            let variables = listed(&top.field_names()?);
            Err(top.unexpected(format!("the variables {variables}"), expected))
        }
        n => {
            let places: Vec<_> = found.iter().map(Value::place).collect();
            Err(top.unexpected(format!("{n} such structs ({})", places.join(", ")), expected))
        }
    }
}

fn listed(names: &[String]) -> String {
    const SHOWN: usize = 8;
    let more = if names.len() > SHOWN { ", …" } else { "" };
    let shown: Vec<&str> = names.iter().take(SHOWN).map(String::as_str).collect();
    format!("[{}{more}]", shown.join(", "))
}

/// The last component of a path, as text.
fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}
