//! `nervering convert`: any readable format to one wide CSV per animal. [`write_recordings`] is
//! shared with `simulate`.

use crate::failure::Failure;
use crate::output::{count, print, talk};
use clap::Args;
use nervering::io::{read_recordings, write_csv};
use nervering::recording::Recording;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Write the recordings of a file as one wide CSV table per animal
#[derive(Debug, Args)]
pub struct Convert {
    /// A file of recordings
    #[arg(value_name = "IN")]
    file: PathBuf,
    /// Folder for the tables, made if it is not there
    #[arg(value_name = "OUT_DIR")]
    out: PathBuf,
    /// Replace tables that are there
    #[arg(long)]
    overwrite: bool,
}

impl Convert {
    pub fn run(self) -> Result<ExitCode, Failure> {
        let read = read_recordings(&self.file)?;
        for warning in &read.warnings {
            talk(&warning.to_string());
        }
        let recordings: Vec<&Recording> = read.recordings.iter().collect();
        let written = write_recordings(&recordings, &self.out, self.overwrite)?;
        print_paths(&written)?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Writes one `<animal>.csv`, with its `.json`, per recording, and returns the paths of the
/// tables. Nothing is written unless everything can be.
///
/// # Errors
/// [`Failure::AlreadyThere`] for a file that may not be replaced, [`Failure::SameFile`] when two
/// animals have one file name, and what writing says.
pub fn write_recordings(
    recordings: &[&Recording],
    out: &Path,
    overwrite: bool,
) -> Result<Vec<PathBuf>, Failure> {
    let mut animals = BTreeMap::new();
    let mut paths = Vec::new();
    for recording in recordings {
        let stem = file_stem(recording.animal());
        // Some file systems do not tell upper from lower case.
        if let Some(first) = animals.insert(stem.to_lowercase(), recording.animal()) {
            let (first, second) = (first.to_owned(), recording.animal().to_owned());
            return Err(Failure::SameFile { first, second, file: format!("{stem}.csv") });
        }
        let path = out.join(format!("{stem}.csv"));
        for path in [path.clone(), path.with_extension("json")] {
            if !overwrite && path.exists() {
                return Err(Failure::AlreadyThere { path });
            }
        }
        paths.push(path);
    }
    make_folder(out)?;
    for (recording, path) in recordings.iter().zip(&paths) {
        write_csv(recording, path)?;
    }
    Ok(paths)
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
