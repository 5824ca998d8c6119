//! Nervering: decode behaviour and forecast neurons from whole-brain calcium imaging of
//! *C. elegans*, and ask of each model whether it holds on animals it has never seen.
//!
//! This is the front door: every room of the house under one name. The command-line program of
//! the same name, which is [`program`], is the only part that prints, reads the environment or the
//! clock; the rooms are pure and can be called from other programs. A study as a methods section:
//!
//! ```no_run
//! use nervering::{grid, io, report, study};
//! use nervering::study::{Plan, Preset};
//! use std::path::Path;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let worms = io::read_recordings(Path::new("WT_NoStim.mat"), &io::ReadOptions::default())?.recordings;
//! let plan = Plan::new(study::builtin::table1(Preset::Quick, 0), &worms, &[])?;
//! let folder = Path::new("table1");
//! let results = study::run(&plan, folder, &grid::Run::quietly(2))?;
//! let telling = report::Telling {
//!     recordings: &worms,
//!     folder,
//!     citations: &report::citations(),
//!     edge_tables: &[],
//!     n_nulls: 0,
//!     layout: report::Layout::FILE,
//! };
//! println!("{}", report::write_folder(&plan, &results, &telling)?.text);
//! # Ok(())
//! # }
//! ```

// The program speaks of the rooms as any other does.
extern crate self as nervering;

pub mod allocator;
mod command;
mod failure;
mod interrupt;
mod machine;
mod memory;
mod nearest;
mod output;
pub mod program;
mod program_path;
mod progress;
mod talk;
mod terminal;

pub use failure::Failure;
pub use nervering_analysis as analysis;
pub use nervering_catalog as catalog;
pub use nervering_fit as fit;
pub use nervering_grid as grid;
pub use nervering_io as io;
pub use nervering_models as models;
pub use nervering_nn as nn;
pub use nervering_prepare as prepare;
pub use nervering_recording as recording;
pub use nervering_report as report;
pub use nervering_simulate as simulate;
pub use nervering_statistics as statistics;
pub use nervering_study as study;
pub use nervering_train as train;
