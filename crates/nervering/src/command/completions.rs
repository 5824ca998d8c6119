//! `nervering completions` and `nervering man`: what a shell completes, and manual pages, made of the
//! definition of the arguments.

use super::convert::make_folder;
use crate::failure::Failure;
use crate::output::{count, print, talk};
use clap::{Args, Command};
use clap_complete::Shell;
use std::path::PathBuf;
use std::process::ExitCode;

/// Print what a shell needs to complete commands, options and their values
///
/// For bash: nervering completions bash > ~/.local/share/bash-completion/completions/nervering
#[derive(Debug, Args)]
pub struct Completions {
    /// The shell
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

impl Completions {
    pub fn run(self, mut program: Command) -> Result<ExitCode, Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut program, "nervering", &mut script);
        print(&String::from_utf8_lossy(&script))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Write a manual page per command, for man
#[derive(Debug, Args)]
pub struct Man {
    /// Folder for the pages, made if it is not there, for example ~/.local/share/man/man1
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

impl Man {
    pub fn run(self, program: Command) -> Result<ExitCode, Failure> {
        make_folder(&self.folder)?;
        let refused = |source| Failure::Write { path: self.folder.clone(), source };
        clap_mangen::generate_to(program, &self.folder).map_err(refused)?;
        let entries = std::fs::read_dir(&self.folder).map_err(refused)?.flatten();
        let is_ours = |entry: &std::fs::DirEntry| {
            entry.file_name().to_str().is_some_and(|name| name.starts_with("nervering"))
        };
        let pages = count(entries.filter(is_ours).count(), "page");
        talk(&format!("{pages} in {}", self.folder.display()));
        Ok(ExitCode::SUCCESS)
    }
}
