//! `nervering data`: the public data sets, and the connectomes that ship with the program.

use crate::failure::Failure;
use crate::output::print;
use clap::{Args, Subcommand};
use nervering::catalog::{ConnectomeName, DATASETS, Dataset};
use std::process::ExitCode;

/// The public data sets and connectomes
#[derive(Debug, Args)]
pub struct Data {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List the public data sets with their files and checksums, and the connectomes that ship
    /// with the program
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
    let mut text = DATASETS.iter().map(entry).collect::<Vec<_>>().join("\n");
    text += "\nconnectomes, part of this program:\n";
    for name in ConnectomeName::ALL {
        text += &format!("  {name:15} {}\n  {:15} {}\n", name.title(), "", name.citation());
    }
    text
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
