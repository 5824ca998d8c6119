//! Files to recordings and back, and the inspector.
//!
//! [`read_recordings`] reads one file of any known format, [`read_all`] several files or folders;
//! both return the recordings together with [`Warning`]s about what was noticed and not refused.
//! A format is a [`Reader`]: MATLAB, v7.3 and v5, in the layouts of Kato et al. and Nichols et al.
//! ([`Matlab`]) and the wide CSV ([`WideCsv`], written by [`write_csv`]). [`inspect()`] says what is
//! in recordings and what is wrong with them.
//!
//! Foreign bytes never panic, allocate beyond [`limits`], or get repaired in silence. This room
//! knows no models and no network.

mod atomic;
mod error;
pub mod inspect;
mod labels;
pub mod limits;
mod mat;
mod mat5;
mod mat73;
mod matlab;
mod reader;
mod warning;
mod wide_csv;

pub use error::IoError;
pub use inspect::{Inspection, inspect};
pub use labels::LabelSet;
pub use matlab::Matlab;
pub use reader::{READERS, ReadOutcome, Reader, read_all, read_recordings};
pub use warning::{Level, Warning};
pub use wide_csv::{WideCsv, write_csv};
