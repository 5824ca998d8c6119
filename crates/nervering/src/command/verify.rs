//! `nervering study verify`: every file of a finished study against its checksum.

use crate::failure::Failure;
use crate::output::{count, print, print_json};
use clap::Args;
use nervering::grid::{Verified, verify};
use serde::Serialize;
use std::fmt::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// Files that are named on the screen, of each kind.
const NAMED: usize = 20;

#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// Folder of the study
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl VerifyArgs {
    /// Ends with 1 when a file is missing or altered, or the study unfinished.
    pub fn run(self) -> Result<ExitCode, Failure> {
        let verified = verify(&self.folder)?;
        if self.json {
            print_json(&VerifiedJson::from(&verified))?;
        } else {
            print(&text(&verified))?;
        }
        Ok(if verified.is_whole() { ExitCode::SUCCESS } else { ExitCode::from(1) })
    }
}

fn text(verified: &Verified) -> String {
    let Verified { n_same, missing, altered, additional } = verified;
    let mut text = format!("{} as written\n", count(*n_same, "file"));
    for (what, files) in [("missing", missing), ("altered", altered), ("additional", additional)] {
        for file in files.iter().take(NAMED) {
            _ = writeln!(text, "{what}: {file}");
        }
        if files.len() > NAMED {
            _ = writeln!(text, "{what}: {} more", files.len() - NAMED);
        }
    }
    if !verified.is_whole() {
        text += "run the study again: it makes anew what is missing or altered\n";
    }
    text
}

/// What `--json` prints. Fields may be added within a version; none changes or goes.
#[derive(Debug, Serialize)]
struct VerifiedJson<'a> {
    format: &'static str,
    version: u32,
    whole: bool,
    n_same: usize,
    missing: &'a [String],
    altered: &'a [String],
    additional: &'a [String],
}

impl<'a> From<&'a Verified> for VerifiedJson<'a> {
    fn from(verified: &'a Verified) -> Self {
        let Verified { n_same, missing, altered, additional } = verified;
        let (format, version) = ("nervering-study-verify", 1);
        let (whole, n_same) = (verified.is_whole(), *n_same);
        Self { format, version, whole, n_same, missing, altered, additional }
    }
}
