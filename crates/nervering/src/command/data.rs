//! `nervering data`: the public data sets.

use crate::failure::Failure;
use crate::output::print;
use clap::{Args, Subcommand};
use nervering::catalog::{DATASETS, Dataset};
use std::process::ExitCode;

/// The public data sets
#[derive(Debug, Args)]
pub struct Data {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List the public data sets: what they are, where their files are, and their checksums
    List,
}

impl Data {
    pub fn run(self) -> Result<ExitCode, Failure> {
        match self.action {
            Action::List => print(&list())?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn list() -> String {
    DATASETS.iter().map(entry).collect::<Vec<_>>().join("\n")
}

fn entry(dataset: &Dataset) -> String {
    let Dataset { name, title, citation, .. } = dataset;
    let mut text = format!("{name}: {title}\n  {citation}; {}\n", dataset.page());
    for file in dataset.files {
        let sha256 = file.sha256.unwrap_or("none published");
        text += &format!("  {}, {} animals\n", file.name, file.n_animals);
        text += &format!("    from    {}\n    sha256  {sha256}\n", file.url);
    }
    text
}
