//! Files to recordings and back, and the inspector.
//!
//! [`read_recordings`] reads one file of any known format, [`read_all`] several files or folders;
//! both return the recordings together with [`Warning`]s about what was noticed and not refused.
//! [`ReadOptions`] decide what a file leaves open. A format is a [`Reader`]: MATLAB, v7.3 and v5, in the
//! layouts of Kato et al. and Nichols et al. ([`Matlab`]) and the wide CSV ([`WideCsv`], written by [`write_csv`]). [`inspect()`] says what is
//! in recordings and what is wrong with them.
//!
//! Foreign bytes never panic, allocate beyond [`limits`], or get repaired in silence. This room
//! knows no models and no network.

mod assembly;
mod atomic;
mod budget;
mod error;
mod flavell_h5;
mod folder;
mod hdf5;
pub mod inspect;
mod json;
mod labels;
pub mod limits;
mod long_parquet;
mod mat;
mod mat5;
mod mat73;
mod matlab;
mod motion;
mod nwb;
mod options;
mod other_names;
mod outcome;
mod read;
mod reader;
mod readers;
mod series;
mod states;
mod table;
mod units;
mod unrecognised;
mod warning;
mod wide_csv;
mod wide_parquet;
mod worm_wide_web;

pub use error::IoError;
pub use flavell_h5::FlavellH5;
pub use inspect::{Inspection, inspect};
pub use labels::LabelSet;
pub use long_parquet::{LongColumn, LongValues, write_long_parquet};
pub use matlab::Matlab;
pub use nwb::Nwb;
pub use options::ReadOptions;
pub use outcome::ReadOutcome;
pub use read::{animals_at_least, read_all, read_recordings};
pub use reader::Reader;
pub use readers::READERS;
pub use series::{Carries, TraceSeries};
pub use states::UNUSED_IN_MAP;
pub use warning::{Level, Warning};
pub use wide_csv::{WideCsv, write_csv};
pub use wide_parquet::{WideParquet, write_parquet};
pub use worm_wide_web::WormWideWeb;

/// The last component of a path, as text.
fn file_name(path: &std::path::Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}
