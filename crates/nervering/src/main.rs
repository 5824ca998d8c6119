//! The program `nervering`: an allocator, and [`program::main`].

use nervering::allocator::{self, Allocator, FreePages};
use nervering::program;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: Allocator = Allocator::new();

fn main() -> ExitCode {
    let reads = program::only_reads(std::env::args_os());
    allocator::set_up(if reads { FreePages::GivenBack } else { FreePages::Kept });
    program::main(std::env::args_os())
}
