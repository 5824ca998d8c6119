//! The program `nervering`: parse, run one command, say what went wrong. Every command is one file
//! of [`command`]; what a command may print stands in [`output`], what a failure looks like in
//! [`failure`].

mod command;
mod failure;
mod interrupt;
mod output;
mod progress;

use std::process::ExitCode;

/// Training allocates and frees temporaries of several megabytes at every step. The system's
/// allocator gives such pages back to the kernel each time; this one keeps them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match command::run() {
        Ok(exit_code) => exit_code,
        Err(failure) => {
            output::talk(&failure.report());
            failure.exit_code()
        }
    }
}
