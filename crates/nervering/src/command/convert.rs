//! `nervering convert`: any readable format to one wide table per animal, CSV or Parquet.
//! [`write_recordings`] is shared with `simulate`.

use super::cached;
use super::reading::ReadingOptions;
use crate::failure::Failure;
use crate::output::{count, print, talk};
use crate::progress::Busy;
use clap::{Args, ValueEnum};
use nervering::io::{IoError, read_recordings, write_csv, write_parquet};
use nervering::recording::Recording;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Write the recordings of a file as one wide table per animal
#[derive(Debug, Args)]
pub struct Convert {
    /// A file of recordings
    #[arg(value_name = "IN")]
    file: PathBuf,
    /// Folder for the tables, made if it is not there
    #[arg(value_name = "OUT_DIR")]
    out: PathBuf,
    /// What to write: CSV with a .json of metadata beside it, or Parquet with the metadata inside
    #[arg(long, value_enum, default_value_t = TableFormat::Csv)]
    format: TableFormat,
    /// Replace tables that are there
    #[arg(long)]
    overwrite: bool,
    #[command(flatten)]
    reading: ReadingOptions,
}

/// A file for one wide table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TableFormat {
    /// Text
    Csv,
    /// Binary and smaller; any pandas opens it
    Parquet,
}

impl TableFormat {
    fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Parquet => "parquet",
        }
    }

    /// All files that one table in `path` consists of.
    fn files(self, path: &Path) -> Vec<PathBuf> {
        match self {
            Self::Csv => vec![path.to_owned(), path.with_extension("json")],
            Self::Parquet => vec![path.to_owned()],
        }
    }

    fn write(self, recording: &Recording, path: &Path) -> Result<(), IoError> {
        match self {
            Self::Csv => write_csv(recording, path),
            Self::Parquet => write_parquet(recording, path),
        }
    }
}

impl Convert {
    pub fn run(self) -> Result<ExitCode, Failure> {
        cached::verify(std::slice::from_ref(&self.file))?;
        let busy = Busy::begin("reading recordings");
        let read = read_recordings(&self.file, &self.reading.options())?;
        busy.end();
        for warning in &read.warnings {
            talk(&warning.to_string());
        }
        let recordings: Vec<&Recording> = read.recordings.iter().collect();
        let busy = Busy::begin("writing tables");
        let written = write_recordings(&recordings, &self.out, self.format, self.overwrite)?;
        busy.end();
        print_paths(&written)?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Writes one table called as its animal per recording, and returns the paths of the tables. Nothing is written unless everything can be.
///
/// # Errors
/// [`Failure::AlreadyThere`] for a file that may not be replaced, [`Failure::SameFile`] when two
/// animals have one file name, and what writing says.
pub fn write_recordings(
    recordings: &[&Recording],
    out: &Path,
    format: TableFormat,
    overwrite: bool,
) -> Result<Vec<PathBuf>, Failure> {
    let animals: Vec<&str> = recordings.iter().map(|recording| recording.animal()).collect();
    let paths = paths_of(&animals, out, format.extension())?;
    for path in paths.iter().flat_map(|path| format.files(path)) {
        check_free(&path, overwrite)?;
    }
    make_folder(out)?;
    for (recording, path) in recordings.iter().zip(&paths) {
        format.write(recording, path)?;
    }
    Ok(paths)
}

/// One path in a folder per animal, called as it is.
///
/// # Errors
/// [`Failure::SameFile`] when two animals have one file name.
pub fn paths_of(animals: &[&str], out: &Path, extension: &str) -> Result<Vec<PathBuf>, Failure> {
    let mut taken = BTreeMap::new();
    let mut paths = Vec::new();
    for &animal in animals {
        let stem = file_stem(animal);
        let file = format!("{stem}.{extension}");
        // Some file systems do not tell upper from lower case.
        if let Some(first) = taken.insert(stem.to_lowercase(), animal) {
            let (first, second) = (str::to_owned(first), animal.to_owned());
            return Err(Failure::SameFile { first, second, file });
        }
        paths.push(out.join(file));
    }
    Ok(paths)
}

/// Checks that a file may be written.
///
/// # Errors
/// [`Failure::AlreadyThere`] for one that is there and may not be replaced.
pub fn check_free(path: &Path, overwrite: bool) -> Result<(), Failure> {
    match !overwrite && path.exists() {
        true => Err(Failure::AlreadyThere { path: path.to_owned() }),
        false => Ok(()),
    }
}

/// Makes a folder and those above it.
pub fn make_folder(folder: &Path) -> Result<(), Failure> {
    let refused = |source| Failure::Write { path: folder.to_owned(), source };
    std::fs::create_dir_all(folder).map_err(refused)
}

/// Says what was written, one path per line.
pub fn print_paths(paths: &[PathBuf]) -> Result<(), Failure> {
    let lines: String = paths.iter().map(|path| format!("{}\n", path.display())).collect();
    print(&lines)?;
    talk(&format!("{} written", count(paths.len(), "table")));
    Ok(())
}

/// The name of an animal as that of a file inside a folder: letters, digits, `-` and `_` are kept,
/// everything else becomes `_`. The name itself stands in the metadata.
fn file_stem(animal: &str) -> String {
    let kept = |c: char| if c.is_alphanumeric() || matches!(c, '-' | '_') { c } else { '_' };
    let stem: String = animal.chars().map(kept).take(100).collect();
    if stem.is_empty() { "_".to_owned() } else { stem }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_animal_cannot_name_a_file_elsewhere() {
        assert_eq!(file_stem("../../etc/passwd"), "______etc_passwd");
        assert_eq!(file_stem("TS20140715e_lite-1"), "TS20140715e_lite-1");
        assert_eq!(file_stem("a.b c"), "a_b_c");
        assert_eq!(file_stem(""), "_");
    }
}
