//! The program `nervering`: an allocator, and [`program::main`].

use nervering::allocator::{self, Allocator};
use nervering::program;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: Allocator = Allocator::new();

fn main() -> ExitCode {
    allocator::set_up();
    program::main(std::env::args_os())
}
