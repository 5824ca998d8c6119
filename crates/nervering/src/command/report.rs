//! `nervering report`: the figures, tables and page of a finished study, drawn again from its
//! `report.json`.

use super::lock::lock;
use crate::failure::Failure;
use crate::output::{count, talk};
use crate::progress::Busy;
use clap::Args;
use nervering::grid::redraw;
use nervering::report::{Document, files};
use std::io::ErrorKind;
use std::path::PathBuf;
use std::process::ExitCode;

/// Bytes of `report.json` at most: beyond, it is none of ours.
const MAX_BYTES: u64 = 512 << 20;

/// Draw the figures, tables and page of a finished study again
#[derive(Debug, Args)]
pub struct Report {
    /// Folder of the study, which holds report.json
    #[arg(value_name = "STUDY_DIR")]
    folder: PathBuf,
}

impl Report {
    pub fn run(self) -> Result<ExitCode, Failure> {
        let path = self.folder.join("report.json");
        let read = |path: &PathBuf| {
            let size = std::fs::metadata(path)?.len();
            if size > MAX_BYTES {
                let most = format!("{size} bytes, expected at most {MAX_BYTES}");
                return Err(std::io::Error::other(most));
            }
            std::fs::read_to_string(path)
        };
        let text = read(&path).map_err(|source| {
            let path = path.clone();
            match source.kind() {
                ErrorKind::NotFound => Failure::NoReport { path, source },
                _ => Failure::Read { path, source },
            }
        })?;
        let document = Document::from_json(&text)
            .map_err(|source| Failure::NotAReport { path: path.clone(), source })?;
        let busy = Busy::begin("drawing figures and page");
        let files = files(&document).map_err(Failure::Png)?;
        busy.end();
        let _lock = lock(&self.folder)?;
        if !redraw(&self.folder, &files)? {
            talk("the study is unfinished, and stays so: it has no manifest");
        }
        let figures = count(document.figures.len(), "figure");
        let page = self.folder.join("report.html");
        talk(&format!("{figures} drawn; the page is {}", page.display()));
        Ok(ExitCode::SUCCESS)
    }
}
