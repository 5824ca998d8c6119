//! Recordings in MATLAB files, v7.3 or v5, in every layout that laboratories are known to use.
//!
//! | layout | seen in |
//! |---|---|
//! | a struct with one cell array per field, one entry per worm | Kato 2015 `WT_NoStim.mat` (`NoStim_Data`), `WT_Stim.mat`, `AVA_HisCl.mat`, the older deposit, v5 re-saves; Nichols 2017 |
//! | an array of structs, or a struct of structs `N1`, `N2`, …, one per worm | `WT_data` |
//! | one struct for one worm | `wbData` |
//! | labels of recordings in other files | `sevenStateColoring.mat` |
//!
//! [`find()`] says which of them a file holds and makes one [`fields::Animal`] per worm of the first
//! three; what their fields are called is in [`fields`], and [`animal`] puts a recording together
//! from one. The time axis of a matrix is the one as long as the time vector. [`names`] reads neuron
//! names, [`states`] and [`codes`] behaviour, [`derivative`] the file's own derivative,
//! [`coloring`] the label file. Stimuli (`stimulus`) are not kept: a recording has no place for them.

mod animal;
mod codes;
mod coloring;
mod derivative;
mod fields;
mod find;
mod names;
mod orientation;
mod states;
mod words;

use crate::error::IoError;
use crate::hdf5::is_hdf5;
use crate::labels::{self, LabelSet};
use crate::mat::MatFile;
use crate::options::ReadOptions;
use crate::outcome::ReadOutcome;
use crate::reader::{Reader, read_head};
use crate::{mat5, mat73};
use std::path::Path;

/// Reads MATLAB files, v7.3 and v5.
pub struct Matlab;

impl Reader for Matlab {
    fn name(&self) -> &'static str {
        "MATLAB"
    }

    fn recognises(&self, head: &[u8]) -> bool {
        mat5::recognises(head) || mat73::recognises(head)
    }

    /// A file of MATLAB's own, or HDF5 in which there are recordings, labels, or what is meant as such.
    fn confirms(&self, path: &Path) -> Result<bool, IoError> {
        if !is_hdf5(&read_head(path)?) || mat73::has_header(&read_head(path)?) {
            return Ok(true);
        }
        MatFile::read(path, |file| {
            let found = find::find(file, &ReadOptions::default());
            Ok(!matches!(found, Err(IoError::Foreign { .. })))
        })
    }

    fn read(&self, path: &Path, options: &ReadOptions) -> Result<ReadOutcome, IoError> {
        joined(self.read_with_labels(path, options)?)
    }

    fn read_with_labels(
        &self,
        path: &Path,
        options: &ReadOptions,
    ) -> Result<(ReadOutcome, Vec<LabelSet>), IoError> {
        MatFile::read(path, |file| read_file(file, options))
    }
}

impl Matlab {
    /// Reads a file that is in memory; `path` is what errors and warnings call it.
    ///
    /// # Errors
    /// As [`Reader::read`].
    pub fn read_bytes(
        path: &Path,
        bytes: Vec<u8>,
        options: &ReadOptions,
    ) -> Result<ReadOutcome, IoError> {
        joined(read_file(&MatFile::from_bytes(path, bytes)?, options)?)
    }
}

fn joined((mut outcome, labels): (ReadOutcome, Vec<LabelSet>)) -> Result<ReadOutcome, IoError> {
    if let (true, Some(set)) = (outcome.recordings.is_empty(), labels.first()) {
        return Err(IoError::LabelsAlone { path: set.path.clone(), n_sets: labels.len() });
    }
    labels::join(&mut outcome, labels)?;
    Ok(outcome)
}

fn read_file(
    file: &MatFile,
    options: &ReadOptions,
) -> Result<(ReadOutcome, Vec<LabelSet>), IoError> {
    let found = find::find(file, options)?;
    let mut outcome = ReadOutcome { warnings: found.warnings, ..ReadOutcome::default() };
    for animal in &found.animals {
        for series in &animal.series {
            if !outcome.series.contains(series) {
                outcome.series.push(series.clone());
            }
        }
        let recording = animal::read_animal(animal, options, &mut outcome.warnings)?;
        let name = recording.animal();
        if outcome.recordings.iter().any(|other| other.animal() == name) {
            let (first, second) = (file.path().to_owned(), file.path().to_owned());
            return Err(IoError::DuplicateAnimal { animal: name.into(), first, second });
        }
        outcome.recordings.push(recording);
    }
    let labels = match &found.labels {
        Some(value) => coloring::read_labels(file, value, options, &mut outcome.warnings)?,
        None => Vec::new(),
    };
    Ok((outcome, labels))
}
