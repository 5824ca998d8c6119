//! `nervering inspect`: what is in files of recordings and what is wrong with them.

use super::cached;
use super::reading::ReadingOptions;
use crate::failure::Failure;
use crate::output::{print, print_json};
use crate::progress::Busy;
use crate::terminal;
use clap::Args;
use nervering::io::inspect::{CHECKS, InspectionJson};
use nervering::io::{Level, inspect, read_all};
use std::path::PathBuf;
use std::process::ExitCode;

/// Say what is in recordings and what is wrong with them (exit code 1 when something is)
#[derive(Debug, Args)]
pub struct Inspect {
    /// Files or folders; their animals are looked at together
    #[arg(value_name = "FILE", required_unless_present = "checks")]
    files: Vec<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// List what is looked for, and look at nothing
    #[arg(long, conflicts_with_all = ["files", "json"])]
    checks: bool,
    #[command(flatten)]
    reading: ReadingOptions,
}

impl Inspect {
    pub fn run(self) -> Result<ExitCode, Failure> {
        if self.checks {
            print(&checks())?;
            return Ok(ExitCode::SUCCESS);
        }
        cached::verify(&self.files)?;
        let busy = Busy::begin("looking at recordings");
        let read = read_all(&self.files, &self.reading.options())?;
        let mut inspection = inspect(&read.recordings, &read.warnings);
        busy.end();
        inspection.series = read.series;
        if self.json {
            print_json(&InspectionJson::from(&inspection))?;
        } else {
            print(&format!("{inspection:0$}", terminal::layout().width()))?;
        }
        let wrong = inspection.count(Level::Wrong) > 0;
        Ok(if wrong { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }
}

fn checks() -> String {
    CHECKS.iter().map(|check| format!("{:25} {}\n", check.kind, check.about)).collect()
}
