//! `nervering cite`: the papers behind what is run.

use crate::failure::Failure;
use crate::output::print;
use crate::terminal::wrapped;
use clap::Args;
use nervering::report::PAPERS;
use std::process::ExitCode;

/// Columns of the widest line.
const WIDTH: usize = 98;

/// Print the papers to cite
#[derive(Debug, Args)]
pub struct Cite {}

impl Cite {
    pub fn run(self) -> Result<ExitCode, Failure> {
        let entry = |(what, text, url): (&str, &str, &str)| {
            let mut entry = what.to_owned();
            let mut width = WIDTH;
            for word in text.split(' ').chain([url]) {
                let length = word.chars().count() + 1;
                if width + length > WIDTH || word == url {
                    entry += "\n ";
                    width = 1;
                }
                entry += " ";
                entry += word;
                width += length;
            }
            entry + "\n"
        };
        print(&wrapped(&PAPERS.map(entry).join("\n")))?;
        Ok(ExitCode::SUCCESS)
    }
}
