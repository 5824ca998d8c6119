//! The program `nervering`: parse, run one command, say what went wrong. Every command is one file
//! of [`command`]; what a command may print stands in [`output`], how it looks on a terminal in
//! [`terminal`], what a failure looks like in [`failure`].

mod allocator;
mod command;
mod failure;
mod interrupt;
mod memory;
mod nearest;
mod output;
mod progress;
mod terminal;
mod threads;

use std::process::ExitCode;

fn main() -> ExitCode {
    allocator::set_up();
    interrupt::tell_of_files_too_large();
    match command::run() {
        Ok(exit_code) => exit_code,
        Err(failure) => {
            output::talk(&failure.report());
            failure.exit_code()
        }
    }
}
